package exporter

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/promslog"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// compareSignIns says how many sign-ins BenchmarkAgainstSQLExporter makes; 100,000 where it is not set.
const compareSignIns = "ENTRA_ACTIVITY_BENCH_SIGNINS"

// countingQueries count in the rows what the exporter publishes of sign-ins.
var countingQueries = map[string]string{
	"signins": `SELECT a.app_id, a.app_display_name AS app, s.variant::text AS kind, s.status::text AS status, count(*) AS n
FROM entra.sign_in s JOIN entra.application a ON a.id = s.application GROUP BY 1, 2, 3, 4`,
	"signin_failures": "SELECT error_code::text, count(*) AS n FROM entra.sign_in WHERE status = 2 GROUP BY 1",
	"client_apps": `SELECT c.client_app_used AS client_app, s.status::text AS status, count(*) AS n
FROM entra.sign_in s JOIN entra.client c ON c.id = s.client GROUP BY 1, 2`,
	"contexts": `SELECT c.conditional_access_status AS ca, c.authentication_requirement AS requirement,
  c.risk_level_during_sign_in AS risk, s.status::text AS status, count(*) AS n
FROM entra.sign_in s JOIN entra.context c ON c.id = s.context GROUP BY 1, 2, 3, 4`,
}

// BenchmarkAgainstSQLExporter compares a scrape with one reading of Debian's prometheus-sql-exporter that counts the
// rows of the same database: time, and the time that PostgreSQL spends on it.
func BenchmarkAgainstSQLExporter(b *testing.B) {
	program, err := exec.LookPath("prometheus-sql-exporter")
	if err != nil {
		b.Skip("LEFT OUT: prometheus-sql-exporter is not installed")
	}
	n := 100_000
	if text := os.Getenv(compareSignIns); text != "" {
		n, err = strconv.Atoi(text)
		require.NoError(b, err)
	}
	server, err := embedded.Start(b.Context(), embedded.Options{Settings: map[string]string{
		"shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.track_planning": "on", "shared_buffers": "512MB",
	}})
	require.NoError(b, err)
	defer func() { require.NoError(b, server.Stop()) }()
	require.NoError(b, server.CreateDatabase(b.Context(), "compare"))
	db := open(b, server.URL("compare"))
	_, err = store.Migrate(b.Context(), db)
	require.NoError(b, err)
	fill(db, n)

	// statements returns how often the statements like a pattern ran, and how long PostgreSQL was at work for them.
	statements := func(like string) (calls int, took time.Duration) {
		var ms float64
		require.NoError(b, db.QueryRow(`SELECT coalesce(sum(calls), 0), coalesce(sum(total_exec_time + total_plan_time), 0)
FROM pg_stat_statements WHERE query LIKE $1`, like).Scan(&calls, &ms))
		return calls, time.Duration(ms * float64(time.Millisecond))
	}

	o := defaults
	for _, c := range allCollectors {
		if !c.optIn && !c.background {
			o.Collectors = append(o.Collectors, c.name)
		}
	}
	ours := open(b, server.URL("compare"))
	handler, err := New(ours, o, promslog.NewNopLogger()).Handler()
	require.NoError(b, err)
	scrape := func() int {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		require.Contains(b, w.Body.String(), "entra_exporter_up 1\n")
		return strings.Count(w.Body.String(), "\nentra_")
	}
	series := scrape() // the first decides about series
	db.MustExec("SELECT pg_stat_statements_reset()")
	scrapes := 0
	for b.Loop() {
		scrape()
		scrapes++
	}
	scrapeTime := b.Elapsed() / time.Duration(scrapes)
	_, ourLoad := statements("%entra.%")
	ourLoad /= time.Duration(scrapes)

	began := time.Now()
	for _, c := range allCollectors {
		if c.background {
			_, err := ours.Exec(c.query)
			require.NoError(b, err)
		}
	}
	refresh := time.Since(began)

	db.MustExec("SELECT pg_stat_statements_reset()")
	stop := startSQLExporter(b, program, server.URL("compare"))
	var theirLoad time.Duration
	for readings := 0; readings < 3; time.Sleep(200 * time.Millisecond) {
		readings, theirLoad = 1<<30, 0
		for _, query := range countingQueries {
			start, _, _ := strings.Cut(query, " AS ")
			start, _, _ = strings.Cut(start, ":")
			calls, took := statements(start + "%")
			if readings = min(readings, calls); calls > 0 {
				theirLoad += took / time.Duration(calls)
			}
		}
	}
	stop()
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(series), "series")
	b.ReportMetric(scrapeTime.Seconds()*1e3, "ms/scrape")
	b.ReportMetric(ourLoad.Seconds()*1e3, "ms-in-database/scrape")
	b.ReportMetric(theirLoad.Seconds()*1e3, "ms-in-database/counting")
	b.ReportMetric(theirLoad.Seconds()/scrapeTime.Seconds(), "times-faster")
	b.ReportMetric(theirLoad.Seconds()/ourLoad.Seconds(), "times-less-load")
	b.ReportMetric(refresh.Seconds()*1e3, "ms/background-refresh")
}

// startSQLExporter has prometheus-sql-exporter run the counting queries again and again.
func startSQLExporter(b *testing.B, program, address string) (stop func()) {
	var config strings.Builder
	fmt.Fprintf(&config, "jobs:\n- name: compare\n  interval: 100ms\n  connections: [%q]\n  queries:\n", address)
	for name, query := range countingQueries {
		fmt.Fprintf(&config, "  - {name: %s, help: Compared., labels: [], values: [n], query: %q}\n", name, query)
	}
	path := filepath.Join(b.TempDir(), "config.yaml")
	require.NoError(b, os.WriteFile(path, []byte(config.String()), 0o600))
	ctx, cancel := context.WithCancel(b.Context())
	command := exec.CommandContext(ctx, program, "-config.file", path, "-web.listen-address", "127.0.0.1:0")
	require.NoError(b, command.Start())
	return func() {
		cancel()
		_ = command.Wait() // killed
	}
}

// fill makes sign-ins of 90 days to 300 applications, and what the writer would have counted of them.
func fill(db *store.DB, n int) {
	db.MustExec("CREATE EXTENSION pg_stat_statements")
	db.MustExec("INSERT INTO entra.tenant (tenant_id) VALUES ('contoso')")
	db.MustExec(`INSERT INTO entra.application (tenant, key, app_id, app_display_name, named_on)
		SELECT 1, i::text, i::text, 'Application ' || i, '2026-01-01' FROM generate_series(1, 300) i`)
	db.MustExec(`INSERT INTO entra.client (tenant, digest, client_app_used)
		SELECT 1, md5(i::text)::uuid, 'Client ' || i % 12 FROM generate_series(1, 500) i`)
	db.MustExec(`INSERT INTO entra.context
		(tenant, digest, conditional_access_status, authentication_requirement, risk_level_during_sign_in)
		SELECT 1, md5(i::text)::uuid, (ARRAY['success','failure','notApplied'])[i % 3 + 1],
		  (ARRAY['singleFactorAuthentication','multiFactorAuthentication'])[i % 2 + 1], (ARRAY['none','low','high'])[i % 3 + 1]
		FROM generate_series(1, 2000) i`)
	db.MustExec(`INSERT INTO entra.word (text) SELECT DISTINCT client_app_used FROM entra.client UNION SELECT unnest(ARRAY[
		'success','failure','notApplied','singleFactorAuthentication','multiFactorAuthentication','none','low','high'])`)
	begin := time.Now().UTC().AddDate(0, 0, -90)
	for month := range 4 {
		from := time.Date(begin.Year(), begin.Month()+time.Month(month), 1, 0, 0, 0, 0, time.UTC)
		db.MustExec(fmt.Sprintf("CREATE TABLE entra.sign_in_%s PARTITION OF entra.sign_in FOR VALUES FROM ('%s') TO ('%s')",
			from.Format("2006_01"), from.Format(time.DateOnly), from.AddDate(0, 1, 0).Format(time.DateOnly)))
	}
	db.MustExec(`INSERT INTO entra.sign_in (tenant, id, time, received, variant, status, error_code, account,
		  service_principal, application, resource, device, client, place, context, policies)
		SELECT 1, gen_random_uuid(), $2::timestamptz + i * (interval '90 days' / $1), now(), i % 4 + 1,
		  CASE WHEN i % 10 < 8 THEN 1 ELSE i % 2 + 2 END, CASE WHEN i % 10 < 8 THEN 0 ELSE 50000 + i % 60 END,
		  i % 20000 + 1, 0, (300 * random() ^ 3)::int % 300 + 1, 0, 0, i % 500 + 1, 0, i % 2000 + 1, 0
		FROM generate_series(0, $1 - 1) i`, n, begin)
	const columns = "s.variant, s.status, count(*), now() - interval '1 day', min(time), max(time) FROM entra.sign_in s"
	const contexts = columns + " JOIN entra.context c ON c.id = s.context"
	for _, statement := range []string{
		"SELECT 1, 2, application, 0, 0, " + columns,
		"SELECT 1, 5, error_code, 0, 0, " + columns,
		"SELECT 1, 3, w.id, 0, 0, " + columns + " JOIN entra.client c ON c.id = s.client JOIN entra.word w ON w.text = c.client_app_used",
		"SELECT 1, 4, v.id, w.id, 0, " + contexts +
			" JOIN entra.word v ON v.text = c.conditional_access_status JOIN entra.word w ON w.text = c.authentication_requirement",
		"SELECT 1, 7, w.id, 0, 0, " + contexts + " JOIN entra.word w ON w.text = c.risk_level_during_sign_in",
	} {
		db.MustExec("INSERT INTO entra.total (tenant, grouping, k1, k2, k3, variant, status, n, created, first_event, last_event) " +
			statement + " GROUP BY 3, 4, s.variant, s.status")
	}
	db.MustExec("VACUUM ANALYZE")
}
