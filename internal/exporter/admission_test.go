package exporter

import (
	"fmt"
	"maps"
	"net/url"
	"strings"
	"testing"

	"github.com/prometheus/common/promslog"

	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// signInsOf names the series of an application's successful interactive sign-ins.
func signInsOf(id, name string) string {
	return fmt.Sprintf(`entra_signins_total{app=%q,app_id=%q,kind="interactive",status="success",tenant="contoso"}`, name, id)
}

// limitedTo returns options with room for a number of applications.
func limitedTo(applications int) Options {
	o := defaults
	o.MaxSeries = applications * signIns.width
	return o
}

func TestPastTheLimitApplicationsCountAsOther(t *testing.T) {
	db := migrated(t)
	for i, n := range []int64{5, 40, 30, 1} {
		addTotal(t, db, newApplication(t, db, fmt.Sprint("app", i), fmt.Sprint("App ", i)), "interactiveUser", "success", n, "1 hour")
	}
	got := scrapeOnce(t, New(db, limitedTo(2), promslog.NewNopLogger()))
	got.expect(signInsOf("app1", "App 1"), 40)
	got.expect(signInsOf("app2", "App 2"), 30)
	got.expect(signInsOf("other", "other"), 6)
	got.expect(`entra_exporter_series_limited{collector="signins"}`, 2)
	got.expect(`entra_exporter_series_limited{collector="client_apps"}`, 0)
	if n := got.count("entra_app_info"); n != 2 {
		t.Errorf("%d series of entra_app_info, want 2: of the applications with series of their own", n)
	}

	t.Run("who has series keeps them, after a restart and whoever else grows", func(t *testing.T) {
		db.MustExec("UPDATE entra.total SET n = 1000 WHERE k1 = (SELECT id FROM entra.application WHERE app_id = 'app0')")
		addTotal(t, db, newApplication(t, db, "app4", "App 4"), "interactiveUser", "success", 500, "1 hour")
		got := scrapeOnce(t, New(db, limitedTo(2), promslog.NewNopLogger()))
		got.expect(signInsOf("app1", "App 1"), 40)
		got.expect(signInsOf("other", "other"), 1501)
		got.expect(`entra_exporter_series_limited{collector="signins"}`, 3)
	})

	t.Run("with a higher limit others get series, from 0 on", func(t *testing.T) {
		e := New(db, limitedTo(3), promslog.NewNopLogger())
		scrapeOnce(t, e)
		db.MustExec("UPDATE entra.total SET n = n + 7 WHERE k1 = (SELECT id FROM entra.application WHERE app_id = 'app0')")
		got := scrapeOnce(t, e)
		got.expect(signInsOf("app0", "App 0"), 7)
		got.expect(signInsOf("other", "other"), 1501)
		got.expect(`entra_exporter_series_limited{collector="signins"}`, 2)
		got.expect("entra_exporter_regressions_total", 0)
	})

	t.Run("a lower limit takes nothing away", func(t *testing.T) {
		got := scrapeOnce(t, New(db, limitedTo(1), promslog.NewNopLogger()))
		got.expect(signInsOf("app0", "App 0"), 7)
		got.expect(signInsOf("other", "other"), 1501)
	})

	t.Run("a reset decides anew", func(t *testing.T) {
		if err := store.ResetCounters(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		db.MustExec("UPDATE entra.total SET created = now() - interval '1 hour'")
		got := scrapeOnce(t, New(db, limitedTo(1), promslog.NewNopLogger()))
		if n := got.count("entra_app_info"); n != 1 {
			t.Errorf("%d applications have series, want 1", n)
		}
		got.expect(signInsOf("other", "other"), 0)
	})
}

func TestListsOfApplications(t *testing.T) {
	for name, test := range map[string]struct {
		allow, deny []string
		own         []string
	}{
		"none":                {nil, nil, []string{"a", "b", "c"}},
		"allowed":             {[]string{"A", "b"}, nil, []string{"a", "b"}},
		"denied":              {nil, []string{"B"}, []string{"a", "c"}},
		"denied goes further": {[]string{"a", "b"}, []string{"b"}, []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			db := migrated(t)
			for _, id := range []string{"a", "b", "c"} {
				addTotal(t, db, newApplication(t, db, id, id), "interactiveUser", "success", 1, "1 hour")
			}
			o := defaults
			o.AllowApplications, o.DenyApplications = test.allow, test.deny
			got := scrapeOnce(t, New(db, o, promslog.NewNopLogger()))
			for _, id := range test.own {
				got.expect(signInsOf(id, id), 1)
			}
			if rest := 3 - len(test.own); rest > 0 {
				got.expect(signInsOf("other", "other"), float64(rest))
			}
			got.expect(`entra_exporter_series_limited{collector="signins"}`, 0)
		})
	}
}

// The series of an application that is denied later go on until all counters start anew.
func TestDenyingAnApplicationThatHasSeries(t *testing.T) {
	db := migrated(t)
	addTotal(t, db, newApplication(t, db, "a", "a"), "interactiveUser", "success", 1, "1 hour")
	scrapeOnce(t, New(db, defaults, promslog.NewNopLogger())).expect(signInsOf("a", "a"), 1)
	o := defaults
	o.DenyApplications = []string{"a"}
	e := New(db, o, promslog.NewNopLogger())
	scrapeOnce(t, e).expect(signInsOf("a", "a"), 1)
	if err := store.ResetCounters(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	db.MustExec("UPDATE entra.total SET n = 3, created = now() - interval '1 hour'")
	for _, e := range []*Exporter{e, New(db, o, promslog.NewNopLogger())} {
		got := scrapeOnce(t, e)
		got.expect(signInsOf("other", "other"), 3)
		if _, found := got.values[signInsOf("a", "a")]; found {
			t.Error("it still has a series")
		}
	}
}

// A role that may only read can note nothing: those counted first have series.
func TestReadingRole(t *testing.T) {
	db := migrated(t)
	for i, age := range []string{"1 hour", "3 hours", "2 hours"} {
		addTotal(t, db, newApplication(t, db, fmt.Sprint("app", i), fmt.Sprint("App ", i)), "interactiveUser", "success", int64(i+1), age)
	}
	reader := open(t, as(t, db, "GRANT USAGE ON SCHEMA entra TO %s; GRANT SELECT ON ALL TABLES IN SCHEMA entra TO %[1]s"))
	got := scrapeOnce(t, New(reader, limitedTo(2), promslog.NewNopLogger()))
	got.expect("entra_exporter_up", 1)
	got.expect(signInsOf("app1", "App 1"), 2)
	got.expect(signInsOf("app2", "App 2"), 3)
	got.expect(signInsOf("other", "other"), 1)
	got.expect(`entra_exporter_series_limited{collector="signins"}`, 1)
}

// Every series and its value are the same, whichever of several exporters is scraped.
func TestReplicasAgree(t *testing.T) {
	db := migrated(t)
	for i := range 5 {
		addTotal(t, db, newApplication(t, db, fmt.Sprint("app", i), "App"), "interactiveUser", "success", int64(10*i), "1 hour")
	}
	activity := func(x exposition) map[string]float64 {
		maps.DeleteFunc(x.values, func(series string, _ float64) bool {
			return !strings.HasPrefix(series, "entra_") || strings.HasPrefix(series, "entra_exporter_")
		})
		return x.values
	}
	first, second := New(db, limitedTo(3), promslog.NewNopLogger()), New(db, limitedTo(4), promslog.NewNopLogger())
	scrapeOnce(t, first)
	scrapeOnce(t, second) // makes room for one more
	awaitRefresh(first)
	awaitRefresh(second)
	if a, b := activity(scrapeOnce(t, first)), activity(scrapeOnce(t, second)); !maps.Equal(a, b) || len(a) == 0 {
		t.Errorf("two exporters of one database say different things:\n%v\n%v", a, b)
	}
}

// as returns the address of db for a new role with the rights that grants give it.
func as(t *testing.T, db *store.DB, grants string) string {
	t.Helper()
	role := strings.ToLower(strings.NewReplacer("/", "_", "-", "_").Replace(t.Name()))
	db.MustExec("CREATE ROLE " + role + " LOGIN PASSWORD 'secret'")
	t.Cleanup(func() { db.MustExec("DROP OWNED BY " + role + "; DROP ROLE " + role) })
	db.MustExec(fmt.Sprintf(grants, role))
	address, err := url.Parse(databases[db])
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword(role, "secret")
	return address.String()
}
