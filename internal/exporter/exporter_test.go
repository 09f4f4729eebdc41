package exporter

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/exporter-toolkit/web"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var defaults = Options{ScrapeTimeout: time.Minute, ZeroHold: 2 * time.Minute}

func TestSignIns(t *testing.T) {
	db := migrated(t)
	app := newApplication(t, db, "portal", "Azure Portal")
	addTotal(t, db, app, "interactiveUser", "success", 7, "1 hour")
	addTotal(t, db, app, "interactiveUser", "failure", 2, "30 minutes")
	addTotal(t, db, app, "a new kind", "", 1, "1 hour")
	addTotal(t, db, 0, "servicePrincipal", "interrupted", 3, "1 hour")

	got := scrapeOnce(t, New(db, defaults, promslog.NewNopLogger()))
	for series, want := range map[string]float64{
		`{app="Azure Portal",app_id="portal",kind="interactive",status="success",tenant="contoso"}`:     7,
		`{app="Azure Portal",app_id="portal",kind="interactive",status="failure",tenant="contoso"}`:     2,
		`{app="Azure Portal",app_id="portal",kind="interactive",status="interrupted",tenant="contoso"}`: 0,
		`{app="Azure Portal",app_id="portal",kind="unknown",status="success",tenant="contoso"}`:         0,
		`{app="Azure Portal",app_id="portal",kind="unknown",status="failure",tenant="contoso"}`:         0,
		`{app="Azure Portal",app_id="portal",kind="unknown",status="interrupted",tenant="contoso"}`:     0,
		`{app="Azure Portal",app_id="portal",kind="unknown",status="unknown",tenant="contoso"}`:         1,
		`{app="",app_id="",kind="service_principal",status="success",tenant="contoso"}`:                 0,
		`{app="",app_id="",kind="service_principal",status="failure",tenant="contoso"}`:                 0,
		`{app="",app_id="",kind="service_principal",status="interrupted",tenant="contoso"}`:             3,
	} {
		got.expect("entra_signins_total"+series, want)
	}
	if n := got.count("entra_signins_total"); n != 10 {
		t.Errorf("%d series of entra_signins_total, want 10", n)
	}
	got.expect("entra_exporter_up", 1)
	got.expect(`entra_exporter_collector_success{collector="signins"}`, 1)
	got.expect(`entra_exporter_collector_success{collector="ingest"}`, 1)
	got.expect("entra_exporter_regressions_total", 0)
}

func TestZeroHold(t *testing.T) {
	for name, test := range map[string]struct {
		age  string
		want float64
	}{
		"just created":         {"0", 0},
		"before the hold ends": {"60 seconds", 0},
		"after the hold":       {"130 seconds", 5},
	} {
		t.Run(name, func(t *testing.T) {
			db := migrated(t)
			addTotal(t, db, newApplication(t, db, "portal", "Azure Portal"), "interactiveUser", "success", 5, test.age)
			got := scrapeOnce(t, New(db, defaults, promslog.NewNopLogger()))
			const series = `entra_signins_total{app="Azure Portal",app_id="portal",kind="interactive",status="success",tenant="contoso"}`
			got.expect(series, test.want)
		})
	}

	t.Run("a status that was 0 all the time needs no hold", func(t *testing.T) {
		db := migrated(t)
		app := newApplication(t, db, "portal", "Azure Portal")
		addTotal(t, db, app, "interactiveUser", "success", 5, "1 day")
		addTotal(t, db, app, "interactiveUser", "failure", 1, "0")
		got := scrapeOnce(t, New(db, defaults, promslog.NewNopLogger()))
		got.expect(`entra_signins_total{app="Azure Portal",app_id="portal",kind="interactive",status="failure",tenant="contoso"}`, 1)
	})
}

func TestCreatedTimestamp(t *testing.T) {
	db := migrated(t)
	addTotal(t, db, 0, "interactiveUser", "success", 5, "1 hour")
	families, err := (&scrape{New(db, defaults, promslog.NewNopLogger()), time.Minute}).Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "entra_signins_total" {
			continue
		}
		for _, m := range family.Metric {
			if age := time.Since(m.GetCounter().GetCreatedTimestamp().AsTime()); age < 59*time.Minute || age > 2*time.Hour {
				t.Errorf("created %s ago, want about 1h: %v", age, m)
			}
		}
		return
	}
	t.Error("no entra_signins_total")
}

func TestCountersNeverFall(t *testing.T) {
	const series = `entra_signins_total{app="Azure Portal",app_id="portal",kind="interactive",status="success",tenant="contoso"}`
	db := migrated(t)
	addTotal(t, db, newApplication(t, db, "portal", "Azure Portal"), "interactiveUser", "success", 10, "1 hour")
	e := New(db, defaults, promslog.NewNopLogger())
	for _, step := range []struct {
		total, want, regressions float64
	}{
		{total: 10, want: 10, regressions: 0},
		{total: 4, want: 10, regressions: 1},
		{total: 4, want: 10, regressions: 1}, // one fall is one regression, however long it lasts
		{total: 8, want: 10, regressions: 1},
		{total: 12, want: 12, regressions: 1},
		{total: 11, want: 12, regressions: 2},
	} {
		db.MustExec("UPDATE entra.total SET n = $1", step.total)
		got := scrapeOnce(t, e)
		got.expect(series, step.want)
		got.expect("entra_exporter_regressions_total", step.regressions)
	}

	db.MustExec("UPDATE entra.application SET app_display_name = 'Entra admin center'")
	got := scrapeOnce(t, e)
	got.expect(series, 12)
	got.expect(`entra_app_info{app="Entra admin center",app_id="portal",tenant="contoso"}`, 1)

	if err := store.ResetCounters(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	got = scrapeOnce(t, e)
	got.expect(strings.Replace(series, "Azure Portal", "Entra admin center", 1), 0)
	got.expect("entra_exporter_regressions_total", 2)
}

// So do the ranges of a histogram, of which each is a counter.
func TestDelaysNeverFall(t *testing.T) {
	db := migrated(t)
	db.MustExec(`INSERT INTO entra.source (tenant, name, new, changed, unchanged, refused, last_success, created, delays, delay_seconds)
		VALUES (1, 'graph', 0, 0, 0, 0, 'epoch', 'epoch', '{}', 0)`)
	e := New(db, defaults, promslog.NewNopLogger())
	for _, step := range []struct {
		ranges           string
		seconds          float64
		minute, all, sum float64
		regressions      float64
	}{
		{ranges: "{5,2}", seconds: 200, minute: 5, all: 7, sum: 200},
		{ranges: "{1}", seconds: 10, minute: 5, all: 7, sum: 200, regressions: 1}, // as after a restore
		{ranges: "{6,1}", seconds: 150, minute: 6, all: 8, sum: 200, regressions: 1},
		{ranges: "{7,3,1}", seconds: 900, minute: 7, all: 11, sum: 900, regressions: 1},
	} {
		db.MustExec("UPDATE entra.source SET delays = $1, delay_seconds = $2", step.ranges, step.seconds)
		got := scrapeOnce(t, e)
		got.expect(`entra_ingest_delay_seconds_bucket{source="graph",tenant="contoso",le="60"}`, step.minute)
		got.expect(`entra_ingest_delay_seconds_count{source="graph",tenant="contoso"}`, step.all)
		got.expect(`entra_ingest_delay_seconds_sum{source="graph",tenant="contoso"}`, step.sum)
		got.expect("entra_exporter_regressions_total", step.regressions)
	}
	if err := store.ResetCounters(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	got := scrapeOnce(t, e)
	got.expect(`entra_ingest_delay_seconds_count{source="graph",tenant="contoso"}`, 0)
	got.expect("entra_exporter_regressions_total", 1)
}

func TestIngest(t *testing.T) {
	db := migrated(t)
	db.MustExec(`INSERT INTO entra.source
		(tenant, name, new, changed, unchanged, refused, last_success, newest_event, created, delays, delay_seconds)
		VALUES (1, 'graph', 100, 3, 20, 1, 'epoch'::timestamptz + '1000.5 s', 'epoch'::timestamptz + '900 s', 'epoch',
		  '{90,5,0,0,0,0,3,0,2}', 40000),
		(0, 'empty', 0, 0, 0, 4, 'epoch', NULL, 'epoch', '{}', 0)`)
	got := scrapeOnce(t, New(db, defaults, promslog.NewNopLogger()))
	got.expect(`entra_ingest_events_total{source="graph",tenant="contoso"}`, 100)
	got.expect(`entra_ingest_duplicates_total{source="graph",tenant="contoso"}`, 23)
	got.expect(`entra_ingest_errors_total{reason="refused",source="graph",tenant="contoso"}`, 1)
	got.expect(`entra_ingest_errors_total{reason="refused",source="empty",tenant=""}`, 4)
	got.expect(`entra_ingest_last_success_timestamp_seconds{source="graph",tenant="contoso"}`, 1000.5)
	got.expect(`entra_ingest_newest_event_timestamp_seconds{source="graph",tenant="contoso"}`, 900)
	got.expect(`entra_ingest_delay_seconds_bucket{source="graph",tenant="contoso",le="60"}`, 90)
	got.expect(`entra_ingest_delay_seconds_bucket{source="graph",tenant="contoso",le="3600"}`, 95)
	got.expect(`entra_ingest_delay_seconds_bucket{source="graph",tenant="contoso",le="7200"}`, 98)
	got.expect(`entra_ingest_delay_seconds_bucket{source="graph",tenant="contoso",le="+Inf"}`, 100)
	got.expect(`entra_ingest_delay_seconds_sum{source="graph",tenant="contoso"}`, 40000)
	if n := got.count("entra_ingest_newest_event_timestamp_seconds"); n != 1 {
		t.Errorf("%d series of entra_ingest_newest_event_timestamp_seconds, want 1: a source without records has none", n)
	}
}

func TestOddLabels(t *testing.T) {
	t.Run("long, quoted, over several lines", func(t *testing.T) {
		db := migrated(t)
		for i, name := range []string{
			"two\nlines \"quoted\" \\ {}", strings.Repeat("é", 5000), "\u202eright to left", strings.Repeat("é", 5000),
		} {
			addTotal(t, db, newApplication(t, db, fmt.Sprint("app", i), name), "interactiveUser", "success", int64(i+1), "1 hour")
		}
		e := New(db, defaults, promslog.NewNopLogger())
		expectConsistent(t, e)
		got := scrapeOnce(t, e)
		got.expect("entra_exporter_up", 1)
		if n := got.count("entra_signins_total"); n != 12 {
			t.Errorf("%d series, want 12", n)
		}
		for name := range got.values {
			if len(name) > maxLabelLength+300 {
				t.Errorf("a series of %d bytes", len(name))
			}
		}
	})

	t.Run("applications that cannot be told apart count as one", func(t *testing.T) {
		db := migrated(t)
		for i := range 3 {
			app := newApplication(t, db, fmt.Sprint("app", i), "Same")
			addTotal(t, db, app, "interactiveUser", "success", 5, "1 hour")
		}
		db.MustExec("UPDATE entra.application SET app_id = ''")
		e := New(db, defaults, promslog.NewNopLogger())
		expectConsistent(t, e)
		got := scrapeOnce(t, e)
		got.expect(`entra_signins_total{app="Same",app_id="",kind="interactive",status="success",tenant="contoso"}`, 15)
	})

	for text, want := range map[string]string{
		"":                        "",
		"plain":                   "plain",
		"bad \xff\xfe byte":       "bad \uFFFD byte",
		strings.Repeat("x", 1024): strings.Repeat("x", 1024),
		strings.Repeat("x", 9999): strings.Repeat("x", 1024) + "…",
		// A character is not cut in two.
		"x" + strings.Repeat("é", 5000): "x" + strings.Repeat("é", 511) + "…",
	} {
		if got := label(text); got != want {
			t.Errorf("label(%.20q...) = %q, want %q", text, got, want)
		}
	}
}

func TestLint(t *testing.T) {
	db := migrated(t)
	addTotal(t, db, 0, "interactiveUser", "success", 5, "1 hour")
	db.MustExec("INSERT INTO entra.source (tenant, name, last_success, newest_event) VALUES (1, 'graph', now(), now())")
	server := serve(t, New(db, defaults, promslog.NewNopLogger()))
	fetch(t, server.URL+"/metrics", nil) // makes the metrics about scrapes appear
	_, body := fetch(t, server.URL+"/metrics", nil)
	problems, err := promlint.New(strings.NewReader(body)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	for _, name := range []string{"entra_exporter_build_info", "go_goroutines", "process_start_time_seconds",
		"promhttp_metric_handler_requests_total", "promhttp_metric_handler_errors_total", "entra_exporter_collector_duration_seconds"} {
		if !strings.Contains(body, "\n"+name) {
			t.Errorf("no %s", name)
		}
	}

	problems, err = testutil.GatherAndLint(New(db, defaults, promslog.NewNopLogger()).registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}

	response, body := fetch(t, server.URL+"/metrics", http.Header{"Accept": {"application/openmetrics-text; version=1.0.0"}})
	if !strings.HasPrefix(response.Header.Get("Content-Type"), "application/openmetrics-text") || !strings.HasSuffix(body, "# EOF\n") {
		t.Errorf("no OpenMetrics: %s", response.Header.Get("Content-Type"))
	}
}

// Whatever is wrong with the database, the answer says so and holds no numbers. Where the database never answers, the
// scrape's timeout ends the wait: nothing else would. It is short there, and elsewhere too long to matter.
func TestTrouble(t *testing.T) {
	const silent, answers = 500 * time.Millisecond, 10 * time.Minute
	for name, test := range map[string]struct {
		prepare func(t *testing.T) *store.DB
		timeout time.Duration
		log     string
	}{
		"nobody listens": {func(t *testing.T) *store.DB {
			l := listen(t)
			l.Close()
			return open(t, "postgres://x@"+l.Addr().String()+"/x?sslmode=disable")
		}, answers, "connection refused"},
		"somebody listens, but does not answer": {func(t *testing.T) *store.DB {
			return open(t, "postgres://x@"+listen(t).Addr().String()+"/x?sslmode=disable")
		}, silent, "has not answered in time"},
		"a table is locked": {func(t *testing.T) *store.DB {
			db := migrated(t)
			tx := db.MustBegin()
			t.Cleanup(func() { tx.Rollback() })
			tx.MustExec("LOCK TABLE entra.source IN ACCESS EXCLUSIVE MODE")
			return db
		}, silent, "has not answered in time"},
		"no schema": {func(t *testing.T) *store.DB { return open(t, pgtest.Database(t)) }, answers, "entra-activity migrate"},
		"a damaged schema": {func(t *testing.T) *store.DB {
			db := migrated(t)
			db.MustExec("ALTER TABLE entra.total DROP COLUMN created")
			return db
		}, answers, "entra-activity migrate"},
		"a newer schema": {func(t *testing.T) *store.DB {
			db := migrated(t)
			db.MustExec("UPDATE entra.schema_version SET version_id = $1", store.SchemaVersion+1)
			return db
		}, answers, "update this program"},
	} {
		t.Run(name, func(t *testing.T) {
			var log lines
			e := New(test.prepare(t), Options{ScrapeTimeout: test.timeout}, slog.New(slog.NewTextHandler(&log, nil)))
			server := serve(t, e)
			for range 2 {
				_, body := fetch(t, server.URL+"/metrics", nil)
				got := parse(t, body)
				got.expect("entra_exporter_up", 0)
				got.expect(`entra_exporter_collector_success{collector="signins"}`, 0)
				if n := got.count("entra_signins_total") + got.count("entra_ingest_events_total"); n != 0 {
					t.Errorf("%d series, want none", n)
				}
			}
			if !strings.Contains(log.String(), test.log) {
				t.Errorf("the log does not say %q:\n%s", test.log, log.String())
			}
			if response, _ := fetch(t, server.URL+"/-/ready", nil); response.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("/-/ready: %s", response.Status)
			}
			if response, _ := fetch(t, server.URL+"/-/healthy", nil); response.StatusCode != http.StatusOK {
				t.Errorf("/-/healthy: %s", response.Status)
			}
		})
	}
}

func TestRecovery(t *testing.T) {
	db := migrated(t)
	addTotal(t, db, 0, "interactiveUser", "success", 5, "1 hour")
	e := New(db, Options{ScrapeTimeout: 300 * time.Millisecond}, promslog.NewNopLogger())
	tx := db.MustBegin()
	defer tx.Rollback()
	tx.MustExec("LOCK TABLE entra.total IN ACCESS EXCLUSIVE MODE")
	scrapeOnce(t, e).expect("entra_exporter_up", 0)
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	got := scrapeOnce(t, e)
	for got.values["entra_exporter_up"] != 1 { // a slow machine may need more time than the timeout; one that never recovers, the test's
		got = scrapeOnce(t, e)
	}
	got.expect(`entra_signins_total{app="",app_id="",kind="interactive",status="success",tenant="contoso"}`, 5)
}

func TestOneCollectorFails(t *testing.T) {
	db := migrated(t)
	addTotal(t, db, 0, "interactiveUser", "success", 5, "1 hour")
	db.MustExec("INSERT INTO entra.source (tenant, name, new, last_success, created) VALUES (1, 'graph', 1, now(), 'epoch')")

	address := as(t, db, "GRANT USAGE ON SCHEMA entra TO %s; GRANT SELECT ON ALL TABLES IN SCHEMA entra TO %[1]s;"+
		" REVOKE SELECT ON entra.word FROM %[1]s")
	var log lines
	got := scrapeOnce(t, New(open(t, address), defaults, slog.New(slog.NewTextHandler(&log, nil))))
	got.expect("entra_exporter_up", 1)
	got.expect(`entra_exporter_collector_success{collector="client_apps"}`, 0)
	got.expect(`entra_exporter_collector_success{collector="signins"}`, 1)
	got.expect(`entra_exporter_collector_success{collector="ingest"}`, 1)
	got.expect(`entra_ingest_events_total{source="graph",tenant="contoso"}`, 1)
	if !strings.Contains(log.String(), "SELECT on its tables") {
		t.Errorf("the log does not say what to grant:\n%s", log.String())
	}
}

// A server whose pg_is_in_recovery, found before the real one, says that it is a hot standby.
func TestStandby(t *testing.T) {
	db := migrated(t)
	addTotal(t, db, 0, "interactiveUser", "success", 5, "1 hour")
	db.MustExec("CREATE SCHEMA pretense; CREATE FUNCTION pretense.pg_is_in_recovery() RETURNS boolean LANGUAGE sql AS 'SELECT true'")
	standby := open(t, databases[db]+"&search_path=pretense,pg_catalog")

	var log lines
	got := scrapeOnce(t, New(standby, defaults, slog.New(slog.NewTextHandler(&log, nil))))
	got.expect("entra_exporter_up", 0)
	if !strings.Contains(log.String(), "--allow-standby") {
		t.Errorf("the log does not name --allow-standby:\n%s", log.String())
	}
	allowed := defaults
	allowed.AllowStandby = true
	scrapeOnce(t, New(standby, allowed, promslog.NewNopLogger())).expect("entra_exporter_up", 1)
}

func TestTimeout(t *testing.T) {
	e := New(nil, Options{ScrapeTimeout: 10 * time.Second}, promslog.NewNopLogger())
	for header, want := range map[string]time.Duration{
		"":      10 * time.Second,
		"15":    10 * time.Second,
		"10":    9500 * time.Millisecond,
		"3.333": 2800 * time.Millisecond,
		"0.4":   200 * time.Millisecond,
		"0.001": 100 * time.Millisecond,
		"0":     10 * time.Second,
		"-1":    10 * time.Second,
		"NaN":   10 * time.Second,
		"1e300": 10 * time.Second,
		"soon":  10 * time.Second,
	} {
		r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		r.Header.Set(timeoutHeader, header)
		if got := e.timeout(r); got != want {
			t.Errorf("%s: %q gives %s, want %s", timeoutHeader, header, got, want)
		}
	}
}

func TestConcurrentScrapes(t *testing.T) {
	db := migrated(t)
	addTotal(t, db, 0, "interactiveUser", "success", 0, "1 hour")
	e := New(db, defaults, promslog.NewNopLogger())
	server := serve(t, e)
	var scrapers sync.WaitGroup
	for i := range 4 {
		scrapers.Go(func() {
			header := http.Header{timeoutHeader: {fmt.Sprint(50 + i%2)}}
			last := -1.0
			for range 20 {
				_, body := fetch(t, server.URL+"/metrics", header)
				n := parse(t, body).values[`entra_signins_total{app="",app_id="",kind="interactive",status="success",tenant="contoso"}`]
				if n < last {
					t.Errorf("fell from %v to %v", last, n)
				}
				last = n
				db.MustExec("UPDATE entra.total SET n = n + 1")
			}
		})
	}
	scrapers.Wait()
	scrapeOnce(t, e).expect("entra_exporter_regressions_total", 0)
}

func TestServe(t *testing.T) {
	db := migrated(t)
	config := filepath.Join(t.TempDir(), "web.yml")
	// The password is "test".
	const users = "basic_auth_users:\n  prometheus: $2b$12$hNf2lSsxfm0.i4a.1kVpSOVyBCfIB51VRjgBUyv6kdnyTlgWj81Ay\n"
	if err := os.WriteFile(config, []byte(users), 0o600); err != nil {
		t.Fatal(err)
	}
	l := listen(t)
	address := l.Addr().String()
	l.Close()
	no := false
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() {
		ended <- New(db, defaults, promslog.NewNopLogger()).Serve(ctx, &web.FlagConfig{
			WebListenAddresses: &[]string{address}, WebSystemdSocket: &no, WebConfigFile: &config,
		})
	}()
	await(t, address)

	if response, _ := fetch(t, "http://"+address+"/metrics", nil); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a password: %s", response.Status)
	}
	for path, want := range map[string]string{"/": "Entra ID Activity Exporter", "/metrics": "entra_exporter_up 1",
		"/-/healthy": "runs", "/-/ready": "Ready."} {
		response, body := fetch(t, "http://prometheus:test@"+address+path, nil)
		if response.StatusCode != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %s, want %q in\n%s", path, response.Status, want, body)
		}
	}
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Error("still serving after the context ended")
	}
}

// An exporter that is stopped takes its refresh along, which is no failure of the refresh.
func TestStoppedDuringARefresh(t *testing.T) {
	db := migrated(t)
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback() //nolint:errcheck // only held for its lock
	if _, err := tx.Exec("LOCK TABLE entra.risky_user IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	refreshing := func() (n int) {
		if err := db.Get(&n, `SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'`); err != nil {
			t.Fatal(err)
		}
		return n
	}
	var log bytes.Buffer
	e := New(db, defaults, slog.New(slog.NewTextHandler(&log, nil)))
	l := listen(t)
	address := l.Addr().String()
	l.Close()
	no, none := false, ""
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() {
		ended <- e.Serve(ctx, &web.FlagConfig{WebListenAddresses: &[]string{address}, WebSystemdSocket: &no, WebConfigFile: &none})
	}()
	await(t, address)
	fetch(t, "http://"+address+"/metrics", nil)
	for refreshing() == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if n := refreshing(); n != 0 {
		t.Errorf("%d refreshes go on", n)
	}
	if strings.Contains(log.String(), "level=ERROR") {
		t.Error(log.String())
	}
	e.refreshWhenDue()
	if e.background.running {
		t.Error("a refresh has begun since")
	}
}

// databases holds the URL of each database that migrated made.
var databases = map[*store.DB]string{}

// migrated returns a database with the schema and one tenant, contoso, whose id is 1.
func migrated(t testing.TB) *store.DB {
	t.Helper()
	db, address := pgtest.Store(t)
	databases[db] = address
	db.MustExec("INSERT INTO entra.tenant (tenant_id) VALUES ('contoso')")
	return db
}

func open(t testing.TB, address string) *store.DB {
	t.Helper()
	db, err := store.Open(store.Config{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// newApplication adds an application of tenant 1 and returns its id.
func newApplication(t *testing.T, db *store.DB, appID, name string) (id int) {
	t.Helper()
	if err := db.Get(&id, `INSERT INTO entra.application (tenant, key, app_id, app_display_name, named_on)
		VALUES (1, $1, $1, $2, '2026-01-01') RETURNING id`, appID, name); err != nil {
		t.Fatal(err)
	}
	return id
}

// addTotal adds a total of tenant 1 that was created some time ago.
func addTotal(t *testing.T, db *store.DB, application int, signInEventType, status string, n int64, ago string) {
	t.Helper()
	if _, err := db.Exec(`INSERT INTO entra.total (tenant, grouping, k1, k2, k3, variant, status, n, created, first_event, last_event)
		VALUES (1, 2, $1, 0, 0, $2, $3, $4, now() - $5::interval, now(), now())`,
		application, store.SignInTypeCode(signInEventType), store.StatusCode(status), n, ago); err != nil {
		t.Fatal(err)
	}
}

func serve(t *testing.T, e *Exporter) *httptest.Server {
	t.Helper()
	handler, err := e.Handler()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func fetch(t *testing.T, address string, header http.Header) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		request.Header = header.Clone()
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func await(t *testing.T, address string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("nobody listens on %s", address)
}

// exposition is what a scrape says: values by name and labels, as Prometheus writes them.
type exposition struct {
	t      *testing.T
	values map[string]float64
}

func scrapeOnce(t *testing.T, e *Exporter) exposition {
	t.Helper()
	response, body := fetch(t, serve(t, e).URL+"/metrics", nil)
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s\n%s", response.Status, body)
	}
	return parse(t, body)
}

// expectConsistent has client_golang look for what a registry refuses: the same labels twice, labels that differ in their names.
func expectConsistent(t *testing.T, e *Exporter) {
	t.Helper()
	if _, err := (prometheus.Gatherers{&scrape{e, time.Minute}}).Gather(); err != nil {
		t.Error(err)
	}
}

func parse(t *testing.T, body string) exposition {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for name, family := range families {
		for _, m := range family.Metric {
			labels := ""
			for _, pair := range m.Label {
				labels += fmt.Sprintf(",%s=%q", pair.GetName(), pair.GetValue())
			}
			series := func(suffix, le string) string {
				all := strings.TrimPrefix(labels+le, ",")
				if all == "" {
					return name + suffix
				}
				return name + suffix + "{" + all + "}"
			}
			if h := m.Histogram; h != nil {
				values[series("_sum", "")], values[series("_count", "")] = h.GetSampleSum(), float64(h.GetSampleCount())
				for _, b := range h.Bucket {
					bound := strconv.FormatFloat(b.GetUpperBound(), 'g', -1, 64)
					values[series("_bucket", fmt.Sprintf(`,le="%s"`, bound))] = float64(b.GetCumulativeCount())
				}
				continue
			}
			values[series("", "")] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetUntyped().GetValue()
		}
	}
	return exposition{t, values}
}

func (x exposition) expect(series string, want float64) {
	x.t.Helper()
	if got, ok := x.values[series]; !ok {
		x.t.Errorf("no %s", series)
	} else if got != want {
		x.t.Errorf("%s = %v, want %v", series, got, want)
	}
}

// count returns how many series a metric has.
func (x exposition) count(name string) (n int) {
	for series := range x.values {
		if series == name || strings.HasPrefix(series, name+"{") {
			n++
		}
	}
	return n
}

// lines is a log that may be read while it is written.
type lines struct {
	lock sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.text.String()
}
