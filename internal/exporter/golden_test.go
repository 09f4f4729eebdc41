package exporter

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/promslog"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/debian"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

var update = flag.Bool("update", false, "write the golden files anew")

// everything are options with every collector.
func everything() Options {
	o := defaults
	for _, c := range Collectors() {
		o.Collectors = append(o.Collectors, c.Name)
	}
	return o
}

// record makes a record of a kind from the names and values of its fields.
func record(kind *activity.Kind, id string, at time.Time, values ...string) *activity.Record {
	r := activity.NewRecord(kind)
	r.ID, r.Tenant, r.Time, r.Fidelity = id, "contoso", at, activity.Full
	for i := 0; i < len(values); i += 2 {
		f := kind.Field(values[i])
		if f.Type == activity.List {
			r.SetList(f, strings.Split(values[i+1], ","))
		} else if err := r.Set(f, values[i+1]); err != nil {
			panic(err)
		}
	}
	r.Complete()
	raw, err := json.Marshal(append(values, id))
	if err != nil {
		panic(err)
	}
	r.Raw = raw
	return r
}

// write stores records as the import does.
func write(t testing.TB, db *store.DB, records ...*activity.Record) {
	t.Helper()
	w, err := store.NewWriter(t.Context(), db)
	require.NoError(t, err)
	result, err := w.Write(t.Context(), store.Batch{Source: "import", Records: records})
	require.NoError(t, err)
	require.Empty(t, result.Refusals)
}

// TestGolden publishes records of every kind in both text formats.
func TestGolden(t *testing.T) {
	db := migrated(t)
	at := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	signIn := func(id string, values ...string) *activity.Record { return record(activity.SignIn, id, at, values...) }
	write(t, db,
		signIn("1", "errorCode", "0", "appId", "a1", "appDisplayName", "Mail", "signInEventTypes", "interactiveUser",
			"clientAppUsed", "Browser", "countryOrRegion", "CH",
			"conditionalAccessStatus", "success", "authenticationRequirement", "multiFactorAuthentication",
			"riskLevelDuringSignIn", "none", "userId", "u1", "conditionalAccessPolicies", "Require MFA,Block legacy",
			"conditionalAccessPolicyIds", "p1,p2", "conditionalAccessPolicyResults", "success,reportOnlyNotApplied"),
		signIn("2", "errorCode", "50126", "appId", "a1", "appDisplayName", "Mail",
			"signInEventTypes", "interactiveUser", "clientAppUsed", "IMAP4", "countryOrRegion", "DE",
			"conditionalAccessStatus", "notApplied", "authenticationRequirement", "singleFactorAuthentication",
			"riskLevelDuringSignIn", "high"),
		signIn("3", "errorCode", "50074", "appId", "a2", "appDisplayName", "Shop", "signInEventTypes", "nonInteractiveUser"),
		signIn("4", "errorCode", "7000215", "appId", "a3", "signInEventTypes", "servicePrincipal", "riskLevelDuringSignIn", "somethingNew"),
		record(activity.AuditEvent, "5", at, "loggedByService", "Core Directory", "category", "RoleManagement", "status", "success"),
		record(activity.ProvisioningEvent, "6", at, "servicePrincipalDisplayName", "Workday",
			"provisioningAction", "create", "status", "skipped"),
		record(activity.RiskDetection, "7", at, "riskEventType", "unfamiliarFeatures", "riskLevel", "medium",
			"detectionTimingType", "realtime"),
		record(activity.RiskyUser, "8", at, "userId", "u1", "riskLevel", "high", "riskState", "atRisk"),
		record(activity.RiskyUser, "9", at, "userId", "u2", "riskLevel", "low", "riskState", "atRisk"),
		record(activity.RiskyUser, "10", at.Add(time.Hour), "userId", "u2", "riskLevel", "none", "riskState", "remediated"),
	)
	db.MustExec("UPDATE entra.total SET created = $1", at)
	db.MustExec("UPDATE entra.source SET created = $1, last_success = $1, delays = '{7,0,0,0,0,2,0,0,1}', delay_seconds = 90000.5", at)
	db.MustExec("ANALYZE")

	o := everything()
	o.CreatedSamples = true
	e := New(db, o, promslog.NewNopLogger())
	scrapeOnce(t, e) // decides about series
	awaitRefresh(e)
	expectConsistent(t, e)
	server := serve(t, e)
	for file, accept := range map[string]string{
		"metrics.txt":             "text/plain",
		"metrics.openmetrics.txt": "application/openmetrics-text; version=1.0.0",
	} {
		_, body := fetch(t, server.URL+"/metrics", http.Header{"Accept": {accept}})
		if file == "metrics.txt" {
			problems, err := promlint.New(strings.NewReader(body)).Lint()
			require.NoError(t, err)
			require.Empty(t, problems)
			t.Run("promtool finds no fault", func(t *testing.T) {
				check := exec.CommandContext(t.Context(), debian.Program(t, "promtool", "prometheus"), "check", "metrics")
				check.Stdin = strings.NewReader(body)
				out, err := check.CombinedOutput()
				require.NoError(t, err, string(out))
				require.Empty(t, string(out))
			})
		}
		path, got := filepath.Join("testdata", file), aboutActivity(body)
		if *update {
			require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, string(want), got, "go test ./internal/exporter -update writes %s anew", path)
	}
}

// aboutActivity leaves the lines that are the same every time.
func aboutActivity(body string) string {
	var b strings.Builder
	lines := bufio.NewScanner(strings.NewReader(body))
	for lines.Scan() {
		name, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(lines.Text(), "# HELP "), "# TYPE "), " ")
		if strings.HasPrefix(name, "entra_") && !strings.HasPrefix(name, "entra_exporter_") &&
			!strings.HasPrefix(name, "entra_store_size_bytes") {
			fmt.Fprintln(&b, lines.Text())
		}
	}
	return b.String()
}

// awaitRefresh waits for the refresh that a scrape has started.
func awaitRefresh(e *Exporter) {
	for running := true; running; time.Sleep(10 * time.Millisecond) {
		e.background.lock.Lock()
		running = e.background.running
		e.background.lock.Unlock()
	}
}

func TestBackground(t *testing.T) {
	db := migrated(t)
	signIn := func(id, user, code string, ago time.Duration) *activity.Record {
		return record(activity.SignIn, id, time.Now().Add(-ago).UTC().Truncate(time.Second), "errorCode", code,
			"userId", user, "appId", "mail", "appDisplayName", "Mail")
	}
	const day = 24 * time.Hour
	write(t, db, signIn("1", "ann", "0", time.Hour), signIn("2", "ann", "0", 2*day), signIn("3", "bob", "0", 2*day),
		signIn("4", "cid", "0", 20*day),
		signIn("5", "dan", "0", 40*day), signIn("6", "eve", "50126", time.Hour),
		record(activity.RiskyUser, "7", time.Now(), "userId", "ann", "riskLevel", "high", "riskState", "atRisk"))
	e := New(db, defaults, promslog.NewNopLogger())
	if n := scrapeOnce(t, e).count("entra_app_active_users"); n != 0 {
		t.Errorf("%d series before anything was refreshed", n)
	}
	awaitRefresh(e)
	got := scrapeOnce(t, e)
	for window, want := range map[string]float64{"1d": 1, "7d": 2, "30d": 3} {
		got.expect(fmt.Sprintf(`entra_app_active_users{app="Mail",app_id="mail",tenant="contoso",window=%q}`, window), want)
	}
	got.expect(`entra_exporter_collector_success{collector="active_users"}`, 1)
	var size float64
	if err := db.Get(&size, `SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits
WHERE inhparent = 'entra.sign_in_raw'::regclass`); err != nil || size == 0 {
		t.Fatal(size, err)
	}
	got.expect(`entra_store_size_bytes{table="sign_in_raw"}`, size)
	refreshed := got.values[`entra_exporter_refresh_timestamp_seconds{collector="active_users"}`]
	if age := float64(time.Now().Unix()) - refreshed; age < -2 || age > 600 {
		t.Errorf("refreshed %v seconds ago", age)
	}

	// What fails in the background is published for a while, and then no more.
	const atRisk = `entra_risky_users{level="high",state="atRisk",tenant="contoso"}`
	got.expect(atRisk, 1)
	db.MustExec("ALTER VIEW entra.risky_user_now RENAME TO gone")
	e.refresh(t.Context(), []*collector{riskyUsersCollector})
	got = scrapeOnce(t, e)
	got.expect(`entra_exporter_collector_success{collector="risky_users"}`, 0)
	got.expect(atRisk, 1)
	e.background.succeeded = map[*collector]time.Time{}
	if n := scrapeOnce(t, e).count("entra_risky_users"); n != 0 {
		t.Errorf("%d stale series", n)
	}
}

// A collector that takes long rests long.
func TestBackgroundLoad(t *testing.T) {
	e := New(nil, Options{RefreshInterval: time.Minute}, promslog.NewNopLogger())
	for took, want := range map[time.Duration]time.Duration{0: time.Minute, 10 * time.Millisecond: time.Minute,
		12 * time.Second: 20 * time.Minute} {
		if got := e.interval(outcome{took: took}); got != want {
			t.Errorf("a refresh of %s is repeated after %s, want %s", took, got, want)
		}
	}
}
