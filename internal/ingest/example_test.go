package ingest_test

import (
	"fmt"

	"github.com/entra-activity/entra-activity-datasource/internal/ingest"
)

// A row of Log Analytics becomes the same record as Graph's object.
func ExampleDecoder() {
	decoder := ingest.NewDecoder("11111111-1111-1111-1111-111111111111")
	record, err := decoder.Decode([]byte(`{
		"Type": "SigninLogs", "Id": "1", "CreatedDateTime": "2026-01-31T23:59:59Z",
		"AppDisplayName": "Azure Portal", "UserId": "Ada", "ResultType": "50126",
		"LocationDetails": "{\"city\": \"Ulm\", \"countryOrRegion\": \"DE\"}"
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(record.Kind.Name, record.ID, record.Time.Format("2006-01-02"), record.Tenant)
	for _, name := range []string{"appDisplayName", "city", "errorCode", "signInEventTypes"} {
		fmt.Println(name, record.Get(record.Kind.Field(name)))
	}
	// Output:
	// signIn 1 2026-01-31 11111111-1111-1111-1111-111111111111
	// appDisplayName Azure Portal
	// city Ulm
	// errorCode 50126
	// signInEventTypes interactiveUser
}
