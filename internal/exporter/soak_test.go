package exporter

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/promslog"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// TestSoak scrapes two exporters while records are imported again and again, change, are removed by retention and
// classified anew, applications are renamed and get series, and one exporter restarts. No counter ever falls.
func TestSoak(t *testing.T) {
	db := migrated(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	pick := func(values ...string) string { return values[random.IntN(len(values))] }
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	removed := start
	signIn := func(id int) *activity.Record {
		at := start.Add(time.Duration(id) * time.Hour)
		return record(activity.SignIn, fmt.Sprint(id), at, "errorCode", pick("0", "0", "50126", "50074", "53003"),
			"appId", fmt.Sprint("app", id%12), "appDisplayName", pick("One", "Two", "Three"),
			"clientAppUsed", pick("Browser", "IMAP4"), "countryOrRegion", pick("CH", "DE", ""),
			"signInEventTypes", pick(activity.SignInEventTypes...), "riskLevelDuringSignIn", pick("none", "high"),
			"conditionalAccessPolicyIds", "p1", "conditionalAccessPolicyResults", pick("success", "failure"))
	}
	options := everything()
	options.ZeroHold, options.MaxSeries = 0, 4*signIns.width
	exporters := []*Exporter{New(db, options, promslog.NewNopLogger()), New(db, options, promslog.NewNopLogger())}
	highest := map[string]float64{}
	newest, imported := 0, 0
	for step := range 60 {
		switch random.IntN(6) {
		case 0:
			removed = removed.Add(time.Duration(random.IntN(10)) * time.Hour)
			_, err := store.Retain(t.Context(), db, activity.SignIn, removed)
			require.NoError(t, err)
		case 1:
			_, err := store.Reclassify(t.Context(), db, activity.CodeList(pick("A", "B", "C")),
				activity.Classes{50126: pick(activity.Failure, activity.Interrupted)})
			require.NoError(t, err)
		case 2:
			options.MaxSeries = (4 + random.IntN(8)) * signIns.width
			exporters[random.IntN(2)] = New(db, options, promslog.NewNopLogger())
		default: // new ones, and those of some time ago once more
			var batch []*activity.Record
			for id := max(0, newest-15, int(removed.Sub(start).Hours())+1); id < newest+8; id++ {
				batch = append(batch, signIn(id))
				if id >= newest {
					imported++
				}
			}
			newest += 8
			write(t, db, batch...)
		}
		for i, e := range exporters {
			got := scrapeOnce(t, e)
			got.expect("entra_exporter_up", 1)
			got.expect("entra_exporter_regressions_total", 0)
			sum := 0.0
			for series, value := range got.values {
				if strings.HasPrefix(series, "entra_signins_total{") {
					sum += value
				}
				name, _, _ := strings.Cut(series, "{")
				if strings.HasPrefix(name, "entra_") && !strings.HasPrefix(name, "entra_exporter") && strings.HasSuffix(name, "_total") {
					if value < highest[series] {
						t.Errorf("step %d, exporter %d: %s fell from %v to %v", step, i, series, highest[series], value)
					}
					highest[series] = value
				}
			}
			if sum != float64(imported) {
				t.Fatalf("step %d: %v sign-ins are counted, %d were imported", step, sum, imported)
			}
		}
	}
	if len(highest) < 50 {
		t.Errorf("only %d counters: too few to prove anything", len(highest))
	}
}

// An application renamed a thousand times keeps its series; what the exporter remembers does not grow.
func TestRenamedApplication(t *testing.T) {
	db := migrated(t)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	name := func(i int) string { return fmt.Sprintf("%s\n\"%d\" \xff", strings.Repeat("long ", 2000), i) }
	options := defaults
	options.ZeroHold, options.RefreshInterval = 0, time.Hour
	e := New(db, options, promslog.NewNopLogger())
	w, err := store.NewWriter(t.Context(), db)
	require.NoError(t, err)
	remembered := func() (n int) {
		for _, s := range e.samples {
			n += len(s.index)
		}
		return n
	}
	var series int
	for i := range 1000 {
		result, err := w.Write(t.Context(), store.Batch{Source: "import", Records: []*activity.Record{
			record(activity.SignIn, fmt.Sprint(i), at.AddDate(0, 0, i/40), "appId", "a1", "appDisplayName", name(i),
				"errorCode", "0", "signInEventTypes", "interactiveUser"),
		}})
		require.NoError(t, err)
		require.Empty(t, result.Refusals)
		if i%100 == 0 {
			scrapeOnce(t, e)
			if i == 0 {
				awaitRefresh(e)
				series = remembered()
			}
		}
	}
	got := scrapeOnce(t, e)
	got.expect("entra_exporter_up", 1)
	if n := got.count("entra_signins_total"); n != 3 {
		t.Errorf("%d series of entra_signins_total, want one for each status", n)
	}
	if n := got.count("entra_app_info"); n != 1 {
		t.Errorf("%d series of entra_app_info, want 1", n)
	}
	if n := remembered(); n != series {
		t.Errorf("%d label sets are remembered, %d were after the first record", n, series)
	}
	for s, value := range got.values {
		if strings.HasPrefix(s, "entra_signins_total{") && strings.Contains(s, `"success"`) && value != 1000 {
			t.Errorf("%v sign-ins are counted, 1000 were imported", value)
		}
	}
	_, body := fetch(t, serve(t, e).URL+"/metrics", http.Header{"Accept": {"application/openmetrics-text; version=1.0.0"}})
	if !strings.HasSuffix(body, "# EOF\n") {
		t.Error("OpenMetrics does not end as it should")
	}
}
