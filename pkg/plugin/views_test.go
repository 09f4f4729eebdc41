package plugin_test

import (
	"bufio"
	"net/url"
	"os"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/experimental"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/internal/ingest"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// morning returns the address of a store with the records of testdata/records.jsonl: Adele signs in at the third attempt,
// which is found risky, and gives Alex a role; a program fails, and so does the provisioning of Alex.
func morning(t *testing.T) (*store.DB, *url.URL) {
	t.Helper()
	address := pgtest.Database(t)
	db, err := store.Open(store.Config{URL: address})
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	_, err = store.Migrate(t.Context(), db)
	require.NoError(t, err)
	w, err := store.NewWriter(t.Context(), db)
	require.NoError(t, err)
	file, err := os.Open("testdata/records.jsonl")
	require.NoError(t, err)
	defer file.Close()
	batch := store.Batch{Source: "test"}
	decoder := ingest.NewDecoder("")
	for lines := bufio.NewScanner(file); lines.Scan(); {
		record, err := decoder.Decode(lines.Bytes())
		require.NoError(t, err)
		batch.Records = append(batch.Records, record)
	}
	_, err = w.Write(t.Context(), batch)
	require.NoError(t, err)
	letRead(t, db)
	u, err := url.Parse(address)
	require.NoError(t, err)
	return db, u
}

func TestLogsAndAnnotationsOfEveryKind(t *testing.T) {
	_, u := morning(t)
	d := instance(t, settings(t, u, nil))
	for _, kind := range query.Kinds() {
		for _, view := range []string{"logs", "annotations"} {
			name := view + "_" + kind.Name
			t.Run(name, func(t *testing.T) {
				model := object{"queryType": kind.Name, "view": view}
				if kind == activity.UserActivity {
					model["filters"] = []any{object{"field": "userPrincipalName", "operator": "=", "values": []string{"adele@contoso.com"}}}
				}
				response := ask(t, d, model)
				require.NoError(t, response.Error)
				experimental.CheckGoldenJSONResponse(t, "testdata", name, &response, *update)
			})
		}
	}
}

func TestTheOldestRecordsFirst(t *testing.T) {
	_, u := morning(t)
	d := instance(t, settings(t, u, nil))
	for _, view := range []string{"list", "logs"} {
		response := ask(t, d, object{"view": view, "order": "oldest", "limit": 2})
		require.NoError(t, response.Error)
		frame := response.Frames[0]
		require.Equal(t, 2, frame.Rows())
		first, _ := frame.ConcreteAt(0, 0)
		second, _ := frame.ConcreteAt(0, 1)
		require.Equal(t, "2026-03-02 08:00:00.123456 +0000 UTC", first.(interface{ String() string }).String())
		require.Equal(t, "2026-03-02 08:00:12 +0000 UTC", second.(interface{ String() string }).String())
		require.Contains(t, frame.Meta.Notices[0].Text, "Only the oldest 2 records are shown")
	}
	require.ErrorContains(t, ask(t, d, object{"view": "logs", "order": "random"}).Error, `unknown order "random": use newest or oldest`)
}
