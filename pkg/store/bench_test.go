package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// BenchmarkWrite measures the ingest transaction alone: batches of 5,000 new sign-ins with raw records of 2 kB.
func BenchmarkWrite(b *testing.B) {
	db, err := store.Open(store.Config{URL: pgtest.Database(b)})
	require.NoError(b, err)
	defer db.Close()
	_, err = store.Migrate(b.Context(), db)
	require.NoError(b, err)
	w, err := store.NewWriter(b.Context(), db)
	require.NoError(b, err)
	filler := strings.Repeat("0123456789abcde ", 120)
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const size = 5000
	for n := 0; b.Loop(); n++ {
		b.StopTimer()
		records := make([]*activity.Record, size)
		for i := range records {
			id := n*size + i
			guid := func(factor uint32) string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", uint32(id)*factor, id) }
			records[i] = signIn(guid(2654435761), start.Add(time.Duration(id)*800*time.Millisecond),
				"errorCode", []string{"0", "0", "0", "50126"}[id%4], "signInEventTypes", activity.SignInEventTypes[id%4],
				"appId", fmt.Sprint("app ", id*id%60), "userId", fmt.Sprint("user ", id*7919%2000),
				"countryOrRegion", "US", "clientAppUsed", "Browser",
				"ipAddress", fmt.Sprintf("10.%d.%d.%d", id%5, id%250, id%100), "correlationId", guid(2246822519),
				"conditionalAccessPolicyIds", "a,b,c", "conditionalAccessPolicyResults", "success,failure,notApplied")
			records[i].Raw = fmt.Appendf(nil, `{"id": %d, "filler": %q}`, id, filler)
		}
		b.StartTimer()
		_, err := w.Write(b.Context(), store.Batch{Source: "bench", Records: records})
		require.NoError(b, err)
	}
	b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "records/s")
}
