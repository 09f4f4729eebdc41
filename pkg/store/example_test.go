package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// A batch is written in one transaction. Writing it again changes nothing.
func ExampleWriter_Write() {
	ctx := context.Background()
	var e example
	defer e.end()
	db, _ := pgtest.Store(&e) // a migrated, empty database of a real PostgreSQL

	record := activity.NewRecord(activity.SignIn)
	record.ID, record.Tenant = "66ea54eb-6301-4ee5-be62-ff5a759b0100", "contoso"
	record.Time = time.Date(2026, time.January, 31, 8, 30, 0, 0, time.UTC)
	record.Fidelity = activity.Full
	record.Raw = []byte(`{"id": "66ea54eb-6301-4ee5-be62-ff5a759b0100", "status": {"errorCode": 50126}}`)
	for name, value := range map[string]string{"errorCode": "50126", "userPrincipalName": "adele@contoso.com"} {
		if err := record.Set(activity.SignIn.Field(name), value); err != nil {
			fmt.Println(err)
		}
	}
	record.Complete()

	writer, err := store.NewWriter(ctx, db)
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		result, err := writer.Write(ctx, store.Batch{Source: "import", Records: []*activity.Record{record}})
		fmt.Printf("%+v %v\n", result.Counts[activity.SignIn], err)
	}
	// Output:
	// {New:1 Changed:0 Unchanged:0 Refused:0} <nil>
	// {New:0 Changed:0 Unchanged:1 Refused:0} <nil>
}

// example stands in for the test that pgtest wants.
type example struct {
	testing.TB
	cleanups []func()
}

func (*example) Helper()                        {}
func (*example) Context() context.Context       { return context.Background() }
func (*example) Fatal(args ...any)              { panic(fmt.Sprint(args...)) }
func (*example) Errorf(text string, arg ...any) { panic(fmt.Sprintf(text, arg...)) }
func (e *example) Cleanup(f func())             { e.cleanups = append(e.cleanups, f) }

func (e *example) end() {
	for _, cleanup := range slices.Backward(e.cleanups) {
		cleanup()
	}
}
