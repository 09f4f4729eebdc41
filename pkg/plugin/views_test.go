package plugin_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/experimental"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/internal/ingest"
	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/engine"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// morning returns the address of a store with the records of testdata/records.jsonl: Adele signs in at the third attempt,
// which is found risky, and gives Alex a role; a program fails, and so does the provisioning of Alex.
func morning(t *testing.T) (*store.DB, *url.URL) {
	t.Helper()
	db, address := pgtest.Store(t)
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
	return db, pgtest.Reader(t, db, address)
}

func TestLogsAndAnnotationsOfEveryKind(t *testing.T) {
	_, u := morning(t)
	d := instance(t, settings(t, u, nil))
	for _, kind := range query.Kinds() {
		for _, view := range []query.View{query.Logs, query.Annotations} {
			if !slices.Contains(query.Views(kind), view) {
				continue
			}
			name := string(view) + "_" + kind.Name
			t.Run(name, func(t *testing.T) {
				model := object{"queryType": kind.Name, "view": view}
				if kind == activity.UserActivity {
					model["filters"] = where("userPrincipalName", "adele@contoso.com")
				}
				response := run(t, d, model)
				require.NoError(t, response.Error)
				experimental.CheckGoldenJSONResponse(t, "testdata", name, &response, *update)
			})
		}
	}
}

func TestTheOldestRecordsFirst(t *testing.T) {
	_, u := morning(t)
	d := instance(t, settings(t, u, object{"maxRows": 2}))
	for _, view := range []string{"list", "logs"} {
		response := run(t, d, object{"view": view, "order": "oldest"})
		require.NoError(t, response.Error)
		frame := response.Frames[0]
		require.Equal(t, 2, frame.Rows())
		first, _ := frame.ConcreteAt(0, 0)
		second, _ := frame.ConcreteAt(0, 1)
		require.Equal(t, "2026-03-02 08:00:00.123456 +0000 UTC", first.(interface{ String() string }).String())
		require.Equal(t, "2026-03-02 08:00:12 +0000 UTC", second.(interface{ String() string }).String())
		require.Contains(t, frame.Meta.Notices[0].Text, "Only the oldest 2 records are shown")
	}
	require.ErrorContains(t, run(t, d, object{"view": "logs", "order": "random"}).Error, `unknown order "random": use newest or oldest`)
}

func TestDetailsOfEveryKind(t *testing.T) {
	_, u := morning(t)
	d := instance(t, settings(t, u, nil))
	ids := map[*activity.Kind]string{
		activity.SignIn:            "00000000-0000-0000-0000-000000000003",
		activity.AuditEvent:        "Directory_00000000_1",
		activity.ProvisioningEvent: "00000000-0000-0000-0000-000000000021",
		activity.RiskDetection:     "00000000-0000-0000-0000-000000000031",
		activity.RiskyUser:         "aaaaaaaa-0000-0000-0000-000000000001@2026-03-02T12:00:00Z",
	}
	for _, kind := range query.Kinds() {
		if !slices.Contains(query.Views(kind), query.Detail) {
			continue
		}
		id := ids[kind.Stored()]
		name := "detail_" + kind.Name
		t.Run(name, func(t *testing.T) {
			model := object{"queryType": kind.Name, "view": "detail", "filters": where("id", id)}
			response := run(t, d, model)
			require.NoError(t, response.Error)
			experimental.CheckGoldenJSONResponse(t, "testdata", name, &response, *update)
			for i, section := range query.Sections(kind) {
				model["section"] = section
				one := run(t, d, model)
				require.NoError(t, one.Error)
				require.Len(t, one.Frames, 1)
				require.Equal(t, response.Frames[i].Name, one.Frames[0].Name)
				require.Equal(t, response.Frames[i].Fields, one.Frames[0].Fields, section)
			}
		})
	}
}

func detail(id, section string) object {
	return object{"view": "detail", "section": section, "filters": where("id", id)}
}

// Whoever passes a record on renames its properties, puts it into an envelope or writes parts of it as text.
func TestDetailsOfARecordInAnotherForm(t *testing.T) {
	db, u := morning(t)
	rows, err := os.ReadFile("../../internal/ingest/testdata/azure-sentinel-training/sign-in_adelete.csv")
	require.NoError(t, err)
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(rows)), nil }
	_, err = ingest.Import(t.Context(), db, []ingest.Source{{Name: "sign-in_adelete.csv", Open: open}}, ingest.Options{})
	require.NoError(t, err)
	d := instance(t, settings(t, u, nil))
	for _, tt := range []struct {
		name, id, section string
		want              []any
	}{
		{"Azure Monitor's envelope, collection as text", "00000000-0000-0000-0000-000000000004", "policies",
			[]any{"Workloads from known networks", "failure", true, false, "Block", "", "eeeeeeee-0000-0000-0000-000000000005"}},
		{"Log Analytics' columns", "cfb68155-70f5-4e28-b046-0a3a7086c401", "policies",
			[]any{"Exchange Online Requires Compliant Device", "notEnabled", false, false, "", "", "defb835a-eb9f-4346-a2ca-7a9184867bf1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			response := run(t, d, detail(tt.id, tt.section))
			require.NoError(t, response.Error)
			frame := response.Frames[0]
			require.NotZero(t, frame.Rows())
			var got []any
			for i := range frame.Fields {
				v, _ := frame.ConcreteAt(i, 0)
				got = append(got, v)
			}
			require.Equal(t, tt.want, got)
		})
	}
}

func TestADetailNeedsOneRecord(t *testing.T) {
	_, u := morning(t)
	d := instance(t, settings(t, u, nil))
	for _, tt := range []struct {
		model object
		error string
	}{
		{object{"view": "detail"}, "filters: a detail is of one record: filter on id with the operator = and one value"},
		{detail("", ""), "filter on id with the operator = and one value"},
		{detail("$__all", ""), "filter on id with the operator = and one value"},
		{detail("a", "everything"), `section: signIn has no section "everything": ` +
			"use one of summary, policies, authentication, riskDetections, auditEvents, attempt, raw"},
	} {
		require.ErrorContains(t, run(t, d, tt.model).Error, tt.error)
	}
	missing := run(t, d, detail("00000000-0000-0000-0000-000000000099", ""))
	require.NoError(t, missing.Error)
	require.Empty(t, missing.Frames[0].Fields)
	require.Contains(t, missing.Frames[0].Meta.Notices[0].Text,
		"There is no record with the ID 00000000-0000-0000-0000-000000000099 among the sign-ins")

	elsewhere := instance(t, settings(t, u, object{"tenant": "22222222-2222-2222-2222-222222222222"}))
	require.Empty(t, run(t, elsewhere, detail("00000000-0000-0000-0000-000000000003", "")).Frames[0].Fields, "another tenant's record")
}

func TestADetailDoesNotDependOnTheTimeRange(t *testing.T) {
	_, u := morning(t)
	d := instance(t, settings(t, u, nil))
	text, err := json.Marshal(detail("00000000-0000-0000-0000-000000000003", "policies"))
	require.NoError(t, err)
	later := backend.TimeRange{From: day.AddDate(9, 0, 0), To: day.AddDate(9, 0, 1)}
	queries := []backend.DataQuery{{RefID: "A", JSON: text, TimeRange: later}}
	response, err := d.QueryData(t.Context(), &backend.QueryDataRequest{Queries: queries})
	require.NoError(t, err)
	require.NoError(t, response.Responses["A"].Error)
	require.Equal(t, 4, response.Responses["A"].Frames[0].Rows())
}

// A batch has its own records, and no others. Kinds that show records of another kind find theirs among those.
func TestNewRecordsOfEveryKind(t *testing.T) {
	db, _ := morning(t)
	st := engine.Engine{DB: db, Timeout: time.Minute, MaxRows: 100}
	for _, kind := range query.Kinds() {
		if !slices.Contains(query.Views(kind), query.Logs) {
			continue
		}
		filters := ""
		if kind == activity.UserActivity {
			filters = `{"field": "userPrincipalName", "operator": "contains", "values": ["@"]}`
		}
		q, err := query.Decode(fmt.Appendf(nil, `{"queryType": %q, "view": "logs", "filters": [%s]}`, kind.Name, filters))
		require.NoError(t, err)
		for _, stored := range query.StoredKinds(kind) {
			batch := store.BatchNotification{Kind: stored.Name}
			statement := fmt.Sprintf(`SELECT '%s' AS kind, received, min(time) AS "from", max(time) AS "to" FROM %s GROUP BY received`,
				stored.Name, store.Table(stored))
			require.NoError(t, db.GetContext(t.Context(), &batch, statement))
			batched, err := st.RunOnBatch(t.Context(), q, access.All(), batch)
			require.NoError(t, err)
			want := map[string]int{
				"signIn": 4, "riskyUser": 2, "riskyUserHistory": 2, "userActivity signIn": 3, "userActivity riskyUser": 2,
				"userActivity provisioningEvent": 0, // of somebody who has no account
			}
			name := kind.Name
			if kind == activity.UserActivity {
				name += " " + stored.Name
			}
			n, several := want[name]
			if !several {
				n = 1
			}
			require.Len(t, batched.Rows, n, name)
			batch.Received = batch.Received.Add(time.Microsecond)
			other, err := st.RunOnBatch(t.Context(), q, access.All(), batch)
			require.NoError(t, err)
			require.Empty(t, other.Rows, name)
			nothing, err := st.RunOnBatch(t.Context(), q, access.Scope{}, batch)
			require.NoError(t, err)
			require.Empty(t, nothing.Rows, name)
		}
	}
}
