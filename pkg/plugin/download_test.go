package plugin_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// received is the response to a resource request, as it is received.
type received struct {
	status   int
	headers  map[string][]string
	messages int
	body     strings.Builder
}

func (r *received) Send(m *backend.CallResourceResponse) error {
	if r.messages++; r.messages == 1 {
		r.status, r.headers = m.Status, m.Headers
	}
	r.body.Write(m.Body)
	return nil
}

func downloadURL(model object, from, to time.Time, format string) string {
	text, _ := json.Marshal(model)
	return "download?" + url.Values{
		"query": {string(text)}, "format": {format},
		"from": {strconv.FormatInt(from.UnixMilli(), 10)}, "to": {strconv.FormatInt(to.UnixMilli(), 10)},
	}.Encode()
}

func download(t *testing.T, d dataSource, model object, format string) *received {
	t.Helper()
	r := &received{}
	url := downloadURL(model, day, day.AddDate(0, 0, 2), format)
	require.NoError(t, d.CallResource(t.Context(), resource("GET", url, ""), r.Send))
	return r
}

func TestDownloads(t *testing.T) {
	_, u := morning(t)
	d := instance(t, settings(t, u, nil))
	columns := []string{
		"createdDateTime", "userDisplayName", "errorCode", "latitude", "isCompliant", "ipAddress", "riskEventTypes", "appDisplayName",
	}
	model := object{"view": "list", "columns": columns, "limit": 1}

	csvFile := download(t, d, model, "csv")
	require.Equal(t, 200, csvFile.status)
	require.Equal(t, `attachment; filename="entra-signIn-20260302T000000Z-20260304T000000Z.csv"`,
		csvFile.headers["Content-Disposition"][0])
	require.Equal(t, "\uFEFF"+strings.ReplaceAll(`Date,User,Sign-in error code,Latitude,Compliant,IP address,Risk event types,Application
2026-03-02T09:00:00Z,,7000215,,,2001:db8::7,,"Nightly, backup"
2026-03-02T08:00:31.5Z,Adele Vance,0,52.52,true,203.0.113.7,unfamiliarFeatures,Office 365 Exchange Online
2026-03-02T08:00:12Z,Adele Vance,50074,52.52,true,203.0.113.7,,Office 365 Exchange Online
2026-03-02T08:00:00.123456Z,Adele Vance,50126,52.52,true,203.0.113.7,,Office 365 Exchange Online
`, "\n", "\r\n"), csvFile.body.String(), "all records, whatever the limit of the panel's list")

	// Also of what a panel shows otherwise, and by POST, as addresses have a limit.
	text, err := json.Marshal(object{
		"query": object{"view": "timeSeries", "columns": columns, "order": "oldest"},
		"from":  day.UnixMilli(), "to": day.AddDate(0, 0, 2).UnixMilli(), "format": "json",
	})
	require.NoError(t, err)
	jsonFile := &received{}
	require.NoError(t, d.CallResource(t.Context(), resource("POST", "download", string(text)), jsonFile.Send))
	exchange := `"latitude":52.52,"isCompliant":true,"ipAddress":"203.0.113.7","riskEventTypes":[],` +
		`"appDisplayName":"Office 365 Exchange Online"}`
	require.Equal(t, `[
{"createdDateTime":"2026-03-02T08:00:00.123456Z","userDisplayName":"Adele Vance","errorCode":50126,`+exchange+`,
{"createdDateTime":"2026-03-02T08:00:12Z","userDisplayName":"Adele Vance","errorCode":50074,`+exchange+`,
{"createdDateTime":"2026-03-02T08:00:31.5Z","userDisplayName":"Adele Vance","errorCode":0,`+
		strings.Replace(exchange, "[]", `["unfamiliarFeatures"]`, 1)+`,
{"createdDateTime":"2026-03-02T09:00:00Z","userDisplayName":null,"errorCode":7000215,"latitude":null,"isCompliant":null,`+
		`"ipAddress":"2001:db8::7","riskEventTypes":[],"appDisplayName":"Nightly, backup"}
]
`, jsonFile.body.String())

	nothing := object{"filters": where("city", "Atlantis")}
	require.Equal(t, "[\n]\n", download(t, d, nothing, "json").body.String())
	require.Equal(t, 1, strings.Count(download(t, d, nothing, "csv").body.String(), "\n"), "the titles alone")

	limited := download(t, instance(t, settings(t, u, object{"downloadLimit": 2})), model, "csv")
	require.Equal(t, 3, strings.Count(limited.body.String(), "\n"))
	require.Equal(t, `attachment; filename="entra-signIn-20260302T000000Z-20260304T000000Z-only-newest-2.csv"`,
		limited.headers["Content-Disposition"][0])
	exact := download(t, instance(t, settings(t, u, object{"downloadLimit": 4})), model, "csv")
	require.NotContains(t, exact.headers["Content-Disposition"][0], "only")
}

// A record comes as one text, which PostgreSQL makes of a limited number of values.
func TestEveryKindIsDownloadedWithAllItsColumns(t *testing.T) {
	_, u := morning(t)
	d := instance(t, settings(t, u, nil))
	for _, kind := range query.Kinds() {
		var columns []string
		for _, f := range kind.Fields {
			columns = append(columns, f.Name)
		}
		model := object{"queryType": kind.Name, "columns": columns}
		if kind == activity.UserActivity {
			model["filters"] = where("userId", "nobody")
		}
		file := download(t, d, model, "csv")
		require.Equal(t, 200, file.status, "%s: %s", kind.Name, file.body.String())
		rows, err := csv.NewReader(strings.NewReader(file.body.String())).ReadAll() // which wants as many values in each
		require.NoError(t, err, kind.Name)
		require.Len(t, rows[0], len(columns), kind.Name)
		if kind == activity.SignIn {
			require.Len(t, rows, 1+4)
		}
	}
}

func TestADownloadTakesADashboardsVariables(t *testing.T) {
	_, u := morning(t)
	d := instance(t, settings(t, u, nil))
	model := object{"columns": []string{"errorCode"}, "filters": []any{
		object{"field": "errorCode", "operator": "=", "values": []string{"$code"}},
		object{"field": "appDisplayName", "operator": "=", "values": []string{"$application"}},
	}}
	for variables, want := range map[string]string{
		"&var-code=$__all&var-application=*":                                        "7000215,0,50074,50126",
		"&var-code=50126&var-code=0&var-application=$__all":                         "0,50126",
		"&var-code=$__all&var-application=" + url.QueryEscape("Nightly, backup"):    "7000215",
		"&var-code=7000215&var-application=" + url.QueryEscape("Nightly & nothing"): "",
	} {
		r := &received{}
		url := downloadURL(model, day, day.AddDate(0, 0, 2), "csv") + variables
		require.NoError(t, d.CallResource(t.Context(), resource("GET", url, ""), r.Send))
		lines := strings.Split(strings.TrimSpace(r.body.String()), "\r\n")
		require.Equal(t, want, strings.Join(lines[1:], ","), variables)
	}
}

func TestADownloadSaysWhatIsWrong(t *testing.T) {
	_, u := database(t)
	d := instance(t, settings(t, u, nil))
	for _, tt := range []struct {
		method, url, body string
		status            int
		message           string
	}{
		{"GET", "download", "", 400, "is not a time: give milliseconds since 1970"},
		{"GET", "download?from=1&to=2&query=7", "", 400, "query: not understood"},
		{"GET", "download?from=1&to=2&query={}&format=xml", "", 400, `format: unknown format \"xml\": use csv or json`},
		{"GET", "download?from=2&to=1&query={}", "", 400, "range: the time range ends before it starts"},
		{"GET", `download?from=1&to=2&query={"filters":[{"field":"x"}]}`, "", 400, `filters[0].field: signIn has no field \"x\"`},
		{"POST", "download", "{", 400, "download: not understood"},
		{"DELETE", "download", "", 400, "download: use GET or POST"},
	} {
		r := &received{}
		require.NoError(t, d.CallResource(t.Context(), resource(tt.method, tt.url, tt.body), r.Send))
		require.Equal(t, tt.status, r.status, tt.url)
		require.Contains(t, r.body.String(), tt.message, tt.url)
	}
}

// A spreadsheet must not calculate what somebody has called an application.
func TestNoCellOfADownloadIsAFormula(t *testing.T) {
	db, u := database(t)
	w, err := store.NewWriter(t.Context(), db)
	require.NoError(t, err)
	names := map[string]string{ // as the record has it, as the cell has it
		`=cmd|' /C calc'!A0`:       `'=cmd|' /C calc'!A0`,
		"=HYPERLINK(\"http://x\")": "'=HYPERLINK(\"http://x\")",
		"+49 30 1234":              "'+49 30 1234",
		"-2+3":                     "'-2+3",
		"@SUM(1,1)":                "'@SUM(1,1)",
		"＝1+1":                     "'＝1+1",
		"1=1":                      "1=1",
		`a "quoted", name`:         `a "quoted", name`,
		"Ångström ✓ مرحبا":         "Ångström ✓ مرحبا",
		"'already":                 "'already",
		"two\nlines; =1+1 on none": "two\nlines; =1+1 on none",
		"one\x1ftwo\x1f":           "one\x1ftwo\x1f", // what records are joined with, but for its random part
		" =2+2":                    "'=2+2",          // blanks at the ends are not kept, and then the rest is a formula
	}
	var records []*activity.Record
	want := map[string]bool{}
	for name, cell := range names {
		id, at := fmt.Sprintf("formula-%d", len(records)), day.Add(time.Duration(len(records))*time.Minute)
		r := record(t, activity.SignIn, id, at, map[string]string{
			"appId": id, "appDisplayName": name, "latitude": "-33.9", "longitude": "-1",
		})
		records, want[cell] = append(records, r), true
	}
	_, err = w.Write(t.Context(), store.Batch{Source: "test", Records: records})
	require.NoError(t, err)
	file := download(t, instance(t, settings(t, u, nil)), object{"columns": []string{"appDisplayName", "longitude", "latitude"},
		"filters": []any{object{"field": "id", "operator": "startsWith", "values": []string{"formula-"}}}}, "csv")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file.body.String(), "\uFEFF"))).ReadAll()
	require.NoError(t, err)
	got := map[string]bool{}
	for _, row := range rows[1:] {
		got[row[0]] = true
		require.Equal(t, []string{"-1", "-33.9"}, row[1:], "numbers stay numbers")
	}
	require.Equal(t, want, got)
}

// many adds sign-ins in the database, faster than anything could import them.
func many(t *testing.T, db *store.DB, n int) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), `INSERT INTO entra.sign_in
SELECT tenant, md5(i::text)::uuid, time + i * interval '1 millisecond', received, variant, status, error_code, account,
  service_principal, application, resource, device, client, place, context, policies, correlation_id, ip_address
FROM (SELECT * FROM entra.sign_in ORDER BY time LIMIT 1) AS one, generate_series(1, $1::int) AS i`, n)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), "ANALYZE entra.sign_in")
	require.NoError(t, err)
}

// activeStatements returns how many statements the plugin runs at the moment.
func activeStatements(t *testing.T, db *store.DB) (n int) {
	t.Helper()
	require.NoError(t, db.GetContext(t.Context(), &n,
		`SELECT count(*) FROM pg_stat_activity
WHERE usename = 'reader' AND datname = current_database() AND backend_type = 'client backend' AND state <> 'idle'`))
	return n
}

// resident returns the memory of a process in bytes.
func resident(t *testing.T, process int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process))
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("this system has no /proc with the memory of a process")
	}
	require.NoError(t, err)
	kilobytes, err := strconv.Atoi(string(regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(status)[1]))
	require.NoError(t, err)
	return kilobytes << 10
}

// everything is a list with every column of a record.
func everything() object {
	var columns []string
	for _, f := range activity.SignIn.Fields {
		if f.Of != activity.Membership {
			columns = append(columns, f.Name)
		}
	}
	return object{"view": "list", "columns": columns}
}

func (d dataSource) download(ctx context.Context, send func(*backend.CallResourceResponse) error) error {
	url := downloadURL(everything(), day, day.AddDate(0, 0, 2), "csv")
	return d.CallResource(ctx, resource("GET", url, ""), backend.CallResourceResponseSenderFunc(send))
}

func (b built) streamsDownloads(t *testing.T) {
	const n = 160_000
	db, u := database(t)
	many(t, db, n)
	d := b.dataSource(settings(t, u, nil))

	t.Run("in constant memory", func(t *testing.T) {
		first := b.dataSource(settings(t, u, object{"downloadLimit": 1000})) // for what is only needed once
		require.NoError(t, first.download(t.Context(), (&received{}).Send))
		before := resident(t, b.PID())
		parts, lines, size, most := 0, 0, 0, 0
		err := d.download(t.Context(), func(m *backend.CallResourceResponse) error {
			lines += strings.Count(string(m.Body), "\n")
			size += len(m.Body)
			require.LessOrEqual(t, len(m.Body), 128<<10, "piece by piece")
			if parts++; parts%50 == 0 {
				most = max(most, resident(t, b.PID()))
			}
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, 1+4+n, lines)
		require.Greater(t, size, 32<<20, "more than may be held")
		t.Logf("%d MB, memory grew by %d MB", size>>20, (most-before)>>20)
		require.Less(t, most-before, 32<<20)
	})

	t.Run("until nobody receives it", func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		err := d.download(ctx, func(*backend.CallResourceResponse) error {
			require.Equal(t, 1, activeStatements(t, db))
			leave()
			return ctx.Err()
		})
		require.ErrorIs(t, err, context.Canceled)
		require.Eventually(t, func() bool { return activeStatements(t, db) == 0 }, time.Minute, 20*time.Millisecond)
	})

	t.Run("and not taken for complete where it breaks off", func(t *testing.T) {
		text := ""
		err := d.download(t.Context(), func(m *backend.CallResourceResponse) error {
			if text == "" {
				_, err := db.ExecContext(t.Context(),
					"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader' AND datname = current_database()")
				require.NoError(t, err)
			}
			text += string(m.Body)
			return nil
		})
		require.Error(t, err, "the stream does not just end")
		lines := strings.Split(strings.TrimSpace(text), "\r\n")
		require.Less(t, len(lines), n)
		require.Contains(t, lines[len(lines)-1], "THIS FILE IS INCOMPLETE. The database", "and the file says so, too")
	})
}
