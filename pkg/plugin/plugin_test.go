package plugin_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/experimental"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/plugin"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

func TestMain(m *testing.M) { pgtest.Main(m, stop) }

var update = flag.Bool("update", false, "write the golden files anew")

var day = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// database returns the address of a store with four sign-ins, and a role that may only read it.
func database(t *testing.T) (*store.DB, *url.URL) {
	t.Helper()
	db, address := pgtest.Store(t)
	return db, fill(t, db, address)
}

// filled makes the same of an empty database.
func filled(t *testing.T, address string) (*store.DB, *url.URL) {
	t.Helper()
	db, err := store.Open(store.Config{URL: address})
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	_, err = store.Migrate(t.Context(), db)
	require.NoError(t, err)
	return db, fill(t, db, address)
}

func fill(t *testing.T, db *store.DB, address string) *url.URL {
	t.Helper()
	w, err := store.NewWriter(t.Context(), db)
	require.NoError(t, err)
	var records []*activity.Record
	for i, s := range []struct{ user, app, code string }{
		{"megan", "Azure Portal", "0"}, {"megan", "Teams", "50126"}, {"alex", "Teams", "50074"}, {"alex", "Teams", "0"},
	} {
		id, at := fmt.Sprintf("00000000-0000-0000-0000-%012d", i), day.Add(time.Duration(i)*8*time.Hour)
		r := record(t, activity.SignIn, id, at, map[string]string{
			"signInEventTypes": activity.Interactive, "errorCode": s.code,
			"userId": s.user, "userDisplayName": s.user, "userPrincipalName": s.user + "@contoso.example",
			"appId": s.app, "appDisplayName": s.app, "authenticationRequirement": "multiFactorAuthentication",
		})
		r.Complete()
		r.Raw = fmt.Appendf(nil, `{"n": %d}`, i)
		records = append(records, r)
	}
	_, err = w.Write(t.Context(), store.Batch{Source: "test", Records: records})
	require.NoError(t, err)
	return pgtest.Reader(t, db, address)
}

type object = map[string]any

// where returns filters of a query on one field.
func where(field string, values ...string) []any {
	return []any{object{"field": field, "operator": "=", "values": values}}
}

// record returns a record of a kind with values of some fields.
func record(t *testing.T, kind *activity.Kind, id string, at time.Time, values map[string]string) *activity.Record {
	t.Helper()
	r := activity.NewRecord(kind)
	r.ID, r.Tenant, r.Time, r.Fidelity, r.Raw = id, "contoso", at, activity.Full, []byte(`{}`)
	for field, value := range values {
		require.NoError(t, r.Set(kind.Field(field), value), field)
	}
	return r
}

// twoDays is the time range of the records that tests have.
var twoDays = backend.TimeRange{From: day, To: day.AddDate(0, 0, 2)}

// sources numbers data sources: the plugin keeps an instance of each.
var sources atomic.Int64

func settings(t *testing.T, u *url.URL, changes object) backend.DataSourceInstanceSettings {
	t.Helper()
	host, port := u.Hostname(), u.Port()
	number, err := strconv.Atoi(port)
	require.NoError(t, err)
	jsonData := object{"host": host, "port": number, "database": u.Path[1:], "user": "reader", "tlsMode": "disable",
		"queryTimeout": 600} // a busy machine takes long
	secrets := map[string]string{"password": "secret"}
	for key, value := range changes {
		switch key {
		case "password", "tlsCACert", "tlsClientCert", "tlsClientKey":
			secrets[key] = value.(string)
		default:
			jsonData[key] = value
		}
	}
	text, err := json.Marshal(jsonData)
	require.NoError(t, err)
	return backend.DataSourceInstanceSettings{
		ID: sources.Add(1), UID: "entra", Name: "Entra", JSONData: text, DecryptedSecureJSONData: secrets, Updated: day,
	}
}

func run(t *testing.T, d dataSource, model object) backend.DataResponse {
	t.Helper()
	return runWith(t, d, model, nil)
}

// runWith runs a query in a request with headers.
func runWith(t *testing.T, d backend.QueryDataHandler, model object, headers map[string]string) backend.DataResponse {
	t.Helper()
	text, err := json.Marshal(model)
	require.NoError(t, err)
	response, err := d.QueryData(t.Context(), &backend.QueryDataRequest{Headers: headers, Queries: []backend.DataQuery{{
		RefID: "A", QueryType: "signIn", JSON: text, MaxDataPoints: 100, TimeRange: twoDays,
	}}})
	require.NoError(t, err)
	return response.Responses["A"]
}

func TestFrames(t *testing.T) {
	_, u := database(t)
	d := instance(t, settings(t, u, nil))
	for name, model := range map[string]object{
		"list":       {"view": "list"},
		"list_empty": {"view": "list", "filters": where("city", "Atlantis")},
		"list_limit": {"view": "list", "limit": 1,
			"columns": []string{"createdDateTime", "id", "errorCode", "isCompliant", "correlationId"}},
		"timeseries":           {"view": "timeSeries", "interval": "1d"},
		"timeseries_by_status": {"view": "timeSeries", "interval": "1d", "groupBy": []string{"status"}},
		"timeseries_top_other": {"view": "timeSeries", "interval": "1d", "groupBy": []string{"appDisplayName"}, "top": 1, "other": true,
			"timezone": "Europe/Berlin"},
		"timeseries_rate": {"view": "timeSeries", "interval": "1d", "measure": "failureRate",
			"groupBy": []string{"appDisplayName", "status"}},
		"table": {"view": "table", "groupBy": []string{"appDisplayName", "status"}},
		"table_users": {"view": "table", "measure": "distinctUsers", "groupBy": []string{"appDisplayName"}, "top": 1,
			"other": true},
		"table_codes":        {"view": "table", "groupBy": []string{"errorCode"}},
		"timeseries_offset":  {"view": "timeSeries", "interval": "1d", "offset": "1d"},
		"calendar":           {"view": "calendar", "timezone": "Europe/Berlin"},
		"calendar_none":      {"view": "calendar", "filters": where("city", "Atlantis")},
		"value":              {"view": "value"},
		"value_rate":         {"view": "value", "measure": "failureRate"},
		"value_rate_of_none": {"view": "value", "measure": "failureRate", "filters": where("city", "Atlantis")},
		"value_none":         {"view": "value", "filters": where("city", "Atlantis")},
	} {
		t.Run(name, func(t *testing.T) {
			response := run(t, d, model)
			require.NoError(t, response.Error)
			experimental.CheckGoldenJSONResponse(t, "testdata", name, &response, *update)
		})
	}
}

// Grafana's heat map takes the width of its columns from the first two of them.
func TestACalendarOfOneDayHasAColumnBeside(t *testing.T) {
	_, u := database(t)
	response, err := instance(t, settings(t, u, nil)).QueryData(t.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{{
		RefID: "A", JSON: []byte(`{"view": "calendar"}`), TimeRange: backend.TimeRange{From: day, To: day.Add(6 * time.Hour)},
	}}})
	require.NoError(t, err)
	require.NoError(t, response.Responses["A"].Error)
	frame := response.Responses["A"].Frames[0]
	require.Equal(t, 2, frame.Rows())
	require.WithinDuration(t, day.Add(-time.Second), frame.At(0, 0).(time.Time), 0)
	require.WithinDuration(t, day.AddDate(0, 0, 1).Add(-time.Second), frame.At(0, 1).(time.Time), 0)
	require.Nil(t, frame.At(1, 0))
	require.NotNil(t, frame.At(1, 1))
}

// Grafana copies the type from the model, except in the preview of an alert rule. A provisioned rule may have it beside only.
func TestAQuerysTypeIsInItsModelOrBesideIt(t *testing.T) {
	_, u := morning(t)
	d := instance(t, settings(t, u, nil))
	for _, tt := range []struct{ beside, model, name string }{
		{"", `{"view": "value"}`, "Sign-ins"},
		{"auditEvent", `{"view": "value"}`, "Audit events"},
		{"auditEvent", `{"view": "value", "queryType": "riskDetection"}`, "Risk detections"},
		{"", `{"view": "value", "queryType": "riskDetection"}`, "Risk detections"},
		{"metrics", `{"expr": "sum(increase(entra_signins_total[1d]))", "instant": true}`, "sum(increase(entra_signins_total[1d]))"},
		{"", `{"queryType": "metrics", "of": 5, "expr": "vector(1)", "instant": true}`, "vector(1)"},
	} {
		queries := []backend.DataQuery{{RefID: "A", QueryType: tt.beside, JSON: []byte(tt.model), TimeRange: twoDays}}
		all, err := d.QueryData(t.Context(), &backend.QueryDataRequest{Queries: queries})
		require.NoError(t, err)
		response := all.Responses["A"]
		require.NoError(t, response.Error, tt.model)
		fields := response.Frames[0].Fields
		require.Equal(t, tt.name, fields[len(fields)-1].Config.DisplayNameFromDS, tt.model)
	}
}

func TestErrorsSayWhoseTheyAre(t *testing.T) {
	_, u := database(t)
	d := instance(t, settings(t, u, nil))
	response := run(t, d, object{"view": "pie"})
	require.ErrorContains(t, response.Error, "use timeSeries, table, value, calendar, list")
	require.Equal(t, backend.StatusBadRequest, response.Status)
	require.Equal(t, backend.ErrorSourceDownstream, response.ErrorSource)

	i, err := plugin.NewInstance(t.Context(), settings(t, u, nil))
	require.NoError(t, err)
	// No caller from outside is in time to find a context canceled, or a data source gone.
	within := i.(*plugin.DataSource)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	queries := []backend.DataQuery{{RefID: "A", JSON: []byte(`{}`), TimeRange: twoDays}}
	all, err := within.QueryData(ctx, &backend.QueryDataRequest{Queries: queries})
	require.NoError(t, err)
	require.ErrorContains(t, all.Responses["A"].Error, "was canceled")
	require.Equal(t, backend.ErrorSourceDownstream, all.Responses["A"].ErrorSource)

	within.Dispose()
	require.ErrorContains(t, runWith(t, within, object{}, nil).Error, "have just changed: try again")
}

// A result says what it leaves out, and why.
func TestNoticesSayWhatIsMissing(t *testing.T) {
	db, u := database(t)
	_, err := db.ExecContext(t.Context(), "INSERT INTO entra.retention VALUES ('signIn', $1)", day.Add(time.Hour))
	require.NoError(t, err)
	d := instance(t, settings(t, u, object{"maxRows": 2}))
	run := func(from, to time.Time, text string) data.FrameMeta {
		response, err := d.QueryData(t.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{
			{RefID: "A", JSON: []byte(text), MaxDataPoints: 100, TimeRange: backend.TimeRange{From: from, To: to}},
		}})
		require.NoError(t, err)
		require.NoError(t, response.Responses["A"].Error)
		return *response.Responses["A"].Frames[0].Meta
	}
	warning := func(text string) data.Notice { return data.Notice{Severity: data.NoticeSeverityWarning, Text: text} }
	const more = " records are shown, there are more: filter, or choose a shorter time range or a higher limit."
	for _, view := range []string{"list", "logs"} {
		meta := run(time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC), day.AddDate(0, 0, 2), `{"view": "`+view+`"}`)
		require.Equal(t, []data.Notice{
			warning("Only the newest 2" + more),
			warning("Records before 2026-03-02 01:00 UTC have been removed, and this query needs them: " +
				"the result covers what is left."),
			warning("The time range was cut to the years 2000 to 2099, in which records are kept."),
		}, meta.Notices)
		require.Contains(t, meta.ExecutedQueryString, "FROM entra.sign_in", "the statement can be inspected")
	}
	require.Equal(t, []data.Notice{{Severity: data.NoticeSeverityInfo, Text: "Only the newest 1" + more}},
		run(day.Add(time.Hour), day.AddDate(0, 0, 2), `{"view": "list", "limit": 1}`).Notices, "who asks for so few is not surprised")
	meta := run(day, day.AddDate(0, 0, 2), `{"view": "table", "groupBy": ["userPrincipalName", "appDisplayName", "status"]}`)
	require.Contains(t, meta.Notices[0].Text, "Only the 2 largest of 4 groups are shown")
}

// Grafana's alerting works on numbers, and says of anything else only that its shape is wrong.
func TestAlertRulesAreToldWhatGivesNoNumbers(t *testing.T) {
	_, u := database(t)
	d := instance(t, settings(t, u, nil))
	alerting := map[string]string{"FromAlert": "true"}
	for _, tt := range []struct {
		model object
		error string
	}{
		{object{"view": "list"}, "view: an alert rule needs numbers by group, which list does not give: use timeSeries, table or value"},
		{object{"view": "logs"}, "which logs does not give"},
		{object{"view": "annotations"}, "which annotations does not give"},
		{object{"view": "calendar"}, "which calendar does not give"},
		{detail("00000000-0000-0000-0000-000000000000", ""), "which detail does not give"},
		{object{"view": "table", "measure": "lastSeen", "groupBy": []string{"appDisplayName"}},
			"measure: an alert rule needs numbers, and lastSeen is a time: use another measure, such as count"},
		{object{"view": "value", "filters": where("appDisplayName", "$app")},
			"the variable $app in the filter on appDisplayName has no value: " +
				"alert rules and externally shared dashboards have no variables, write the value itself"},
	} {
		response := runWith(t, d, tt.model, alerting)
		require.ErrorContains(t, response.Error, tt.error)
		require.Equal(t, backend.StatusBadRequest, response.Status)
	}
	for _, model := range []object{
		{"view": "timeSeries", "groupBy": []string{"status"}}, {"view": "table", "groupBy": []string{"appDisplayName", "status"}},
		{"view": "value"}, {"queryType": "metrics", "expr": "sum(increase(entra_signins_total[1d]))"},
	} {
		response := runWith(t, d, model, alerting)
		require.NoError(t, response.Error)
		require.Contains(t, []data.FrameType{data.FrameTypeTimeSeriesMulti, data.FrameTypeNumericLong, data.FrameTypeNumericWide},
			response.Frames[0].Meta.Type)
	}
}

func TestAStatementThatTakesTooLongIsCanceledInPostgreSQL(t *testing.T) {
	db, u := database(t)
	d := instance(t, settings(t, u, object{"queryTimeout": 1}))
	tx, err := db.Begin()
	require.NoError(t, err)
	defer tx.Rollback() //nolint:errcheck // only held for its lock
	_, err = tx.Exec("LOCK TABLE entra.sign_in IN ACCESS EXCLUSIVE MODE")
	require.NoError(t, err)
	response := run(t, d, object{"view": "list"})
	require.ErrorContains(t, response.Error, "took longer than the data source allows")
	require.Equal(t, backend.StatusTimeout, response.Status)
}

func TestHealth(t *testing.T) {
	db, u := database(t)
	for role, statements := range map[string]string{
		"stranger LOGIN PASSWORD 'secret'":              "",
		"scribe LOGIN PASSWORD 'secret' IN ROLE reader": "GRANT INSERT ON entra.sign_in TO scribe",
		"forger LOGIN PASSWORD 'secret' IN ROLE reader": "GRANT DELETE ON entra.audit_event TO forger",
	} {
		_, err := db.ExecContext(t.Context(), "DO $$ BEGIN CREATE ROLE "+role+
			"; EXCEPTION WHEN duplicate_object THEN NULL; END $$; "+statements)
		require.NoError(t, err)
	}
	empty, err := url.Parse(pgtest.Database(t))
	require.NoError(t, err)
	for _, tt := range []struct {
		name    string
		changes object
		newer   int // by how many versions to pretend that the schema is newer
		message string
	}{
		{"all is well", nil, 0, "Connected to PostgreSQL "},
		{"wrong password", object{"password": "wrong"}, 0, "The password or the user is wrong: correct them in the data source."},
		{"unknown user", object{"user": "nobody-knows"}, 0, "The password or the user is wrong"},
		{"unknown database", object{"database": "nowhere"}, 0, "There is no such database: check the database of the data source."},
		{"no schema", object{"database": empty.Path[1:]}, 0,
			`the database has no Entra ID activity yet: run "entra-activity migrate" on it`},
		{"schema too old", nil, -1, fmt.Sprintf("the database's schema is too old (version %d, needed is %d): "+
			`run "entra-activity migrate" on it`, store.SchemaVersion-1, store.SchemaVersion)},
		{"schema too new", nil, 1, fmt.Sprintf("the database's schema is newer than is known here (version %d, known is %d): "+
			"update this program", store.SchemaVersion+1, store.SchemaVersion)},
		{"may not read", object{"user": "stranger"}, 0, "The role may not read the records: GRANT USAGE ON SCHEMA entra"},
		{"may write", object{"user": "scribe"}, 0, `The role "scribe" may change the records: use one that can only read.`},
		{"may write something else", object{"user": "forger"}, 0,
			`The role "forger" may change the records: use one that can only read.`},
		{"nobody listens", object{"port": 1}, 0, "The database cannot be reached: check that it runs"},
		{"unknown host", object{"host": "nowhere.invalid"}, 0, "The host nowhere.invalid is not known: check the host"},
		{"no TLS on the server", object{"tlsMode": "require"}, 0, "The server does not offer TLS: set the TLS mode to disable"},
		{"no host", object{"host": ""}, 0, "the data source has no host: fill in the connection settings"},
		{"unknown TLS mode", object{"tlsMode": "maybe"}, 0, `unknown TLS mode "maybe": use disable, require`},
		{"verify-ca without authority", object{"tlsMode": "verify-ca"}, 0, "TLS mode verify-ca needs the certificate of the authority"},
		{"settings of the wrong type", object{"port": "many"}, 0, "the settings are not understood"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.newer != 0 {
				db.MustExec("UPDATE entra.schema_version SET version_id = version_id + $1", tt.newer)
				t.Cleanup(func() { db.MustExec("UPDATE entra.schema_version SET version_id = version_id - $1", tt.newer) })
			}
			d := instance(t, settings(t, u, tt.changes))
			result, err := d.CheckHealth(t.Context())
			require.NoError(t, err)
			require.Contains(t, result.Message, tt.message)
			require.Equal(t, tt.changes == nil && tt.newer == 0, result.Status == backend.HealthStatusOk)
			require.Empty(t, result.JSONDetails, "details are for administrators")
		})
	}
}

func TestResources(t *testing.T) {
	_, u := database(t)
	d := instance(t, settings(t, u, nil))
	get := func(url string) (int, string) {
		status, body, err := d.get(t.Context(), url)
		require.NoError(t, err)
		return status, body
	}
	status, body := get("values?kind=signIn&field=appDisplayName&search=por&limit=50")
	require.Equal(t, 200, status)
	require.JSONEq(t, `{"values":[{"value":"Azure Portal","label":"Azure Portal"}]}`, body)
	for url, message := range map[string]string{
		"values?kind=signIn&field=nothing":                              `field: signIn has no field`,
		"values?kind=nothing&field=city":                                `queryType: unknown kind of record`,
		"values?kind=signIn&field=city&limit=many":                      `limit: \"many\" is not a whole number`,
		"values?kind=signIn&field=city&from=1":                          `range: only one end of the time range is given`,
		"values?kind=signIn&field=city&from=2&to=1":                     `range: the time range ends before it starts`,
		"values?kind=signIn&field=city&from=1&to=2":                     `range: the time range lies beyond the years 2000 to 2099`,
		"values?kind=signIn&field=city&filters=" + url.QueryEscape("{"): `filters: not understood`,
	} {
		status, body = get(url)
		require.Equal(t, 400, status, url)
		require.Contains(t, body, message)
	}
	status, body = get("values?kind=signIn&field=appDisplayName&from=-9223372036854775808&to=9223372036854775807")
	require.Equal(t, 200, status, body)
	require.Contains(t, body, "Azure Portal")

	status, body = get("catalog")
	require.Equal(t, 200, status)
	var reply struct {
		Kinds []struct {
			Kind     string
			Views    []string
			Sections []string
			Fields   []struct {
				Name       string
				Filterable bool
				Operators  []string
				Values     []string
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(body), &reply))
	require.Equal(t, "signIn", reply.Kinds[0].Kind)
	require.Len(t, reply.Kinds[0].Fields, len(activity.SignIn.Fields))
	for _, k := range reply.Kinds {
		require.Equal(t, slices.Contains(k.Views, "detail"), len(k.Sections) > 0, k.Kind)
	}
	for _, f := range reply.Kinds[0].Fields {
		require.Equal(t, f.Filterable, len(f.Operators) > 0, f.Name)
		if f.Name == "status" {
			require.Equal(t, activity.Statuses, f.Values)
		}
	}
}
