package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/engine"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

type object = map[string]any

func decode(t testing.TB, model object) *query.Query {
	t.Helper()
	text, err := json.Marshal(model)
	require.NoError(t, err)
	q, err := query.Decode(text)
	require.NoError(t, err, "%s", text)
	return q
}

func filter(field, operator string, values ...string) object {
	return object{"field": field, "operator": operator, "values": values}
}

// world is a store with random sign-ins in it, and a way to ask.
type world struct {
	*engine.Engine
	from time.Time
	days int
}

var (
	users     = []string{"", "u1", "u2", "u3", "u4", "u5"}
	apps      = []string{"", "Azure Portal", "Office 365", "office 365", "Teams"}
	countries = []string{"", "DE", "FR", "US"}
	codes     = []string{"", "0", "0", "0", "50126", "50074", "53003"}
)

// newWorld returns a world of March 2026: Europe's clocks go forward on the 29th.
func newWorld(t testing.TB, random *rand.Rand, n int) world {
	t.Helper()
	return newWorldFrom(t, random, n, time.Date(2026, 3, 16, 0, 0, 0, 0, time.UTC))
}

func newWorldFrom(t testing.TB, random *rand.Rand, n int, from time.Time) world {
	t.Helper()
	db, _ := pgtest.Store(t)
	w, err := store.NewWriter(t.Context(), db)
	require.NoError(t, err)
	pick := func(list []string) string { return list[random.IntN(len(list))] }
	var records []*activity.Record
	for i := range n {
		r := activity.NewRecord(activity.SignIn)
		r.ID, r.Tenant, r.Fidelity = fmt.Sprintf("00000000-0000-0000-0000-%012d", i), pick([]string{"contoso", "fabrikam"}), activity.Full
		if i%10 == 0 {
			r.ID = fmt.Sprintf("not-a-guid-%d", i)
		}
		// Many lie exactly on the edge of a bucket.
		r.Time = from.Add(time.Duration(random.IntN(28*24*60)) * time.Minute)
		if i%3 == 0 {
			r.Time = r.Time.Truncate(15 * time.Minute)
		}
		user, app := pick(users), pick(apps)
		for name, value := range map[string]string{
			"signInEventTypes": pick(activity.SignInEventTypes), "errorCode": pick(codes), "userId": user, "appId": app,
			"userPrincipalName": name(user, "@contoso.example"), "userDisplayName": name(user, " Name"), "appDisplayName": app,
			"countryOrRegion": pick(countries), "clientAppUsed": pick([]string{"", "Browser", "IMAP4"}),
			"conditionalAccessStatus":   pick([]string{"success", "failure", "notApplied"}),
			"riskLevelDuringSignIn":     pick([]string{"none", "high"}),
			"authenticationRequirement": pick([]string{"", "multiFactorAuthentication"}),
			"ipAddress":                 pick([]string{"", "10.0.0.1", "10.0.1.2", "2001:db8::1"}),
			"isCompliant":               pick([]string{"", "true", "false"}),
			"correlationId":             fmt.Sprintf("00000000-0000-0000-0001-%012d", i/2),
		} {
			require.NoError(t, r.Set(activity.SignIn.Field(name), value))
		}
		r.Complete()
		r.Raw = fmt.Appendf(nil, `{"n": %d}`, i)
		records = append(records, r)
	}
	_, err = w.Write(t.Context(), store.Batch{Source: "test", Records: records})
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), "ANALYZE")
	require.NoError(t, err)
	return world{&engine.Engine{DB: db, Timeout: time.Minute, MaxRows: 10000}, from, 28}
}

func name(base, suffix string) string {
	if base == "" {
		return ""
	}
	return base + suffix
}

func (w world) period() query.Period {
	return query.Period{From: w.from, To: w.from.AddDate(0, 0, w.days), MaxDataPoints: 1000}
}

func (w world) run(t testing.TB, model object, p query.Period) *query.Result {
	t.Helper()
	result, err := w.Run(t.Context(), decode(t, model), access.All(), p)
	require.NoError(t, err, "%v", model)
	return result
}

// The answer never depends on the table that served: the same question, its range shifted, grouped and filtered at
// random, is answered from the rollup and once more from the rows alone.
func TestRollupAndRowsGiveTheSameAnswer(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	served := rollupAndRowsAgree(t, random, newWorld(t, random, 3000), 400)
	for _, table := range []string{"rows", "rollup", "rollup and rows", "moved", "rows moved"} {
		require.Greater(t, served[table], 20, "the questions have to try every way: %v", served)
	}
}

// Until what is yet to come, ranges are completed in another way, which does not mind if some of it is there.
func TestRollupAndRowsGiveTheSameAnswerAboutNow(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	served := rollupAndRowsAgree(t, random, newWorldFrom(t, random, 1000, time.Now().UTC().Truncate(time.Hour).AddDate(0, 0, -14)), 150)
	require.Greater(t, served["rows moved"], 20)
}

// rollupAndRowsAgree asks so many questions, and returns what served how often.
func rollupAndRowsAgree(t *testing.T, random *rand.Rand, w world, questions int) map[string]int {
	t.Helper()
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	served := map[string]int{}
	for range questions {
		model := object{
			"view":     pick("timeSeries", "table", "value"),
			"measure":  pick("count", "count", "failureRate", "distinctUsers", "distinctValues"),
			"interval": pick("auto", "15m", "1h", "6h", "1d", "1d", "1w", "1w"), "top": random.IntN(4), "other": random.IntN(2) == 0,
			"timezone": pick("UTC", "Europe/Berlin", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe"),
		}
		pairs := [][]string{{"appDisplayName", "appId"}, {"countryOrRegion"}, {"errorCode"},
			{"clientAppUsed", "clientAppClass"}, {"riskLevelDuringSignIn"},
			{"conditionalAccessStatus", "authenticationRequirement"}, {"userPrincipalName", "userId"}}[random.IntN(7)]
		candidates := append([]string{"status", "signInEventTypes", "tenantId"}, pairs...)
		groups := []string{}
		for range random.IntN(4) {
			groups = append(groups, pick(candidates...))
		}
		model["groupBy"], model["of"] = groups, pick(candidates...)
		filters := []any{}
		for range random.IntN(3) {
			f := pick(candidates...)
			if f == "errorCode" {
				filters = append(filters, filter(f, pick("=", "!=", ">", "=~", "!~", "contains"), pick("0", "50126", "50074")))
			} else {
				filters = append(filters, filter(f, pick("=", "!=", "contains", "=~", "!~"),
					pick("", "failure", "interactiveUser", "contoso", "Office 365", "DE", "u1", ".*o.*", "none", "legacy")))
			}
		}
		model["filters"] = filters
		p := w.period()
		p.From = p.From.Add(time.Duration(random.IntN(10*24*60*60)) * time.Second)
		p.To = p.To.Add(-time.Duration(random.IntN(10*24*60*60)) * time.Second)
		if random.IntN(3) == 0 {
			p.From, p.To = p.From.Truncate(time.Hour), p.To.Truncate(time.Hour)
		}
		p.MaxDataPoints = int64(10 + random.IntN(300))

		got := w.run(t, model, p)
		served[got.Served]++
		if strings.Contains(got.SQL, "-sum(r.n)") {
			served["moved"]++
		}
		if strings.Contains(got.SQL, "-count(*)") {
			served["rows moved"]++
		}
		want, err := w.RunFromRows(t.Context(), decode(t, model), p)
		require.NoError(t, err)
		require.Equal(t, want.Steps, got.Steps, "%v", model)
		require.Equal(t, want.Groups, got.Groups, "%v\n%s", model, got.SQL)
	}
	t.Log(served)
	return served
}

// The rollup knows client apps and not their classes: a filter by class is one by the apps of that class. What asks for the
// class itself, or tells an unknown app from no client at all, is left to the rows.
func TestClassesOfClientAppsAreFilteredInTheRollup(t *testing.T) {
	w := newWorld(t, rand.New(rand.NewPCG(3, 4)), 500)
	count := func(p query.Period, groupBy []string, filters ...any) *query.Result {
		t.Helper()
		model := object{"view": "table", "measure": "count", "groupBy": groupBy, "filters": filters}
		got := w.run(t, model, p)
		want, err := w.RunFromRows(t.Context(), decode(t, model), p)
		require.NoError(t, err)
		require.Equal(t, want.Groups, got.Groups, got.SQL)
		return got
	}
	for _, tt := range []struct {
		filter object
		served string
	}{
		{filter("clientAppClass", "=", "legacy"), "rollup"},
		{filter("clientAppClass", "!=", "legacy"), "rollup"},
		{filter("clientAppClass", "notIn", "modern", "legacy"), "rollup"},
		{filter("clientAppClass", "contains", "mod"), "rollup"},
		{filter("clientAppClass", "=~", "legacy|modern"), "rollup"},
		{filter("clientAppClass", "!~", "leg.*"), "rollup"},
		{filter("clientAppClass", "in", "legacy", "unknown"), "rows"},
		{filter("clientAppClass", "=", ""), "rows"},
	} {
		got := count(w.period(), []string{"clientAppUsed"}, tt.filter, filter("status", "=", "success"))
		require.Equal(t, tt.served, got.Served, "%v", tt.filter)
		require.NotEmpty(t, got.Groups, "%v", tt.filter)
	}
	require.Equal(t, "rows", count(w.period(), []string{"clientAppClass"}).Served)

	ragged := w.period()
	ragged.From = ragged.From.Add(7 * time.Minute)
	require.Equal(t, "rollup and rows", count(ragged, nil, filter("clientAppClass", "=", "legacy")).Served)
}

// Every filter keeps exactly the records that its negation leaves out, whatever the field holds.
func TestAnOffsetAsksTheSameOfAnEarlierTime(t *testing.T) {
	w := newWorld(t, rand.New(rand.NewPCG(5, 6)), 1500)
	p := w.period()
	p.From = p.From.AddDate(0, 0, 7)
	earlier := query.Period{From: w.from, To: p.To.AddDate(0, 0, -7), MaxDataPoints: p.MaxDataPoints}
	for _, model := range []object{
		{"view": "value", "measure": "distinctUsers"},
		{"view": "table", "groupBy": []string{"appDisplayName"}},
		{"view": "timeSeries", "interval": "1d", "groupBy": []string{"status"}},
	} {
		want := w.run(t, model, earlier)
		model["offset"] = "1w"
		got := w.run(t, model, p)
		require.Equal(t, want.Groups, got.Groups, "%v", model)
		for i, step := range got.Steps {
			require.Equal(t, want.Steps[i].AddDate(0, 0, 7), step, "%v", model)
		}
	}
}

func TestAFilterAndItsNegationShareOutAllRecords(t *testing.T) {
	w := newWorld(t, rand.New(rand.NewPCG(3, 4)), 500)
	count := func(filters ...any) float64 {
		return *w.run(t, object{"view": "value", "filters": filters}, w.period()).Groups[0].Values[0]
	}
	all := count()
	require.Equal(t, 500.0, all)
	for _, tt := range []struct{ field, operator, negation, value string }{
		{"userPrincipalName", "=", "!=", "U1@contoso.example"}, {"userPrincipalName", "=", "!=", ""}, {"userId", "in", "notIn", "u2"},
		{"appDisplayName", "=~", "!~", "Office.*"}, {"appDisplayName", "=~", "!~", ".*"}, {"appDisplayName", "=~", "!~", "ffice"},
		{"ipAddress", "inNetwork", "notInNetwork", "10.0.0.0/16"}, {"ipAddress", "=", "!=", "2001:DB8::1"}, {"ipAddress", "=", "!=", ""},
		{"errorCode", "in", "notIn", "50126"}, {"isCompliant", "=", "!=", "true"}, {"isCompliant", "=", "!=", ""},
		{"correlationId", "=", "!=", "00000000-0000-0000-0001-000000000007"}, {"id", "=", "!=", "not-a-guid-10"},
		{"status", "=", "!=", "Failure"}, {"signInEventTypes", "=~", "!~", ".*User"}, {"tenantId", "=", "!=", "CONTOSO"},
		{"conditionalAccessPolicies", "=", "!=", ""}, {"autonomousSystemNumber", "=", "!=", "7"},
		{"autonomousSystemNumber", "=~", "!~", "6..."},
		{"id", "=~", "!~", "not-a-guid-.*"}, {"correlationId", "=~", "!~", ".*7"}, {"errorCode", "=~", "!~", "50.*"},
		{"errorCode", "=~", "!~", "|0"},
		{"ipAddress", "=~", "!~", `10\..*`}, {"ipAddress", "=~", "!~", ""}, {"ipAddress", "=~", "!~", "nothing"},
	} {
		with, without := count(filter(tt.field, tt.operator, tt.value)), count(filter(tt.field, tt.negation, tt.value))
		require.Equal(t, all, with+without, "%v: %v %v", tt, with, without)
	}
	require.Zero(t, count(filter("appDisplayName", "=~", "ffice")), "an expression has to match the whole value")
	require.Equal(t, 1.0, count(filter("id", "=", "not-a-guid-10")))
	require.Equal(t, 2.0, count(filter("correlationId", "=", "00000000-0000-0000-0001-000000000007")))
	require.Equal(t, 50.0, count(filter("id", "startsWith", "NOT-a-")))
	require.Equal(t, count(filter("ipAddress", "inNetwork", "10.0.0.0/23")), count(filter("ipAddress", "startsWith", "10.0.")))
	require.Equal(t, 50.0, count(filter("id", "=~", "not-a-guid-[0-9]+")))
	require.Zero(t, count(filter("id", "=~", "NOT-.*")), "expressions regard case")
	require.Equal(t, count(filter("ipAddress", "startsWith", "10.0.")), count(filter("ipAddress", "=~", `10\.0\..*`)))
	require.Equal(t, count(filter("ipAddress", "=", "")), count(filter("ipAddress", "=~", "")))
	require.Equal(t, count(filter("errorCode", ">", "50000"), filter("errorCode", "<", "51000")),
		count(filter("errorCode", "startsWith", "50")))
	require.Equal(t, count(filter("errorCode", "=", "50126"), filter("ipAddress", "=", "10.0.0.1")),
		count(filter("errorCode", "=~", ".*126"), filter("ipAddress", "=~", ".*0.1")))
	require.Equal(t, count(filter("appDisplayName", "=", "office 365")), count(filter("appDisplayName", "contains", "FFICE")))
}

func TestEveryFieldOfEveryKindCanBeListedFilteredAndGroupedBy(t *testing.T) {
	w := newWorld(t, rand.New(rand.NewPCG(5, 6)), 50)
	for _, kind := range query.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			base := []any{} // what the kind cannot do without
			if kind == activity.UserActivity {
				base = append(base, filter("userId", "startsWith", "u"))
			}
			columns := []string{}
			for _, f := range kind.Fields {
				columns = append(columns, f.Name)
				for _, operator := range query.Operators(f) {
					value := map[activity.Type]string{activity.Integer: "1", activity.Boolean: "true", activity.Address: "10.0.0.1"}[f.Type]
					filters := append(slices.Clone(base), filter(f.Name, string(operator), value),
						filter(f.Name, string(operator), value, value))
					w.run(t, object{"queryType": kind.Name, "view": "list", "filters": filters}, w.period())
				}
				if f.Groupable {
					for _, measure := range query.Measures(kind) {
						w.run(t, object{"queryType": kind.Name, "view": "table", "measure": measure, "of": f.Name,
							"groupBy": []string{f.Name}, "filters": base}, w.period())
					}
				}
				for _, filters := range [][]any{nil, append(slices.Clone(base), filter("tenantId", "=", "contoso"))} {
					w.values(t, kind.Name, f.Name, "o", 10, w.period(), filters...)
				}
			}
			r := w.run(t, object{"queryType": kind.Name, "view": "list", "columns": columns, "limit": 20, "filters": base}, w.period())
			for _, row := range r.Rows {
				require.Len(t, row, len(kind.Fields))
			}
			for i := range r.Rows[:max(len(r.Rows)-1, 0)] {
				require.False(t, r.Rows[i][0].(time.Time).Before(r.Rows[i+1][0].(time.Time)), "newest first")
			}
		})
	}
	require.Contains(t, query.Operators(activity.SignIn.Field("correlationId")), query.Matches)
	r := w.run(t, object{"view": "list", "limit": 20}, w.period())
	require.Len(t, r.Rows, 20)
	require.Contains(t, r.Infos[0], "Only the newest 20 records are shown")
}

func TestScopeIsPartOfTheSQL(t *testing.T) {
	w := newWorld(t, rand.New(rand.NewPCG(7, 8)), 200)
	users := func(scope access.Scope) []string {
		r, err := w.Run(t.Context(), decode(t, object{"view": "table", "groupBy": []string{"userPrincipalName"}}), scope, w.period())
		require.NoError(t, err)
		var list []string
		for _, g := range r.Groups {
			list = append(list, g.Keys[0])
		}
		return list
	}
	require.Len(t, users(access.All()), 6)
	require.Equal(t, []string{"u1@contoso.example"}, users(access.OwnRecords("U1@contoso.example")))
	require.Empty(t, users(access.Scope{}))
	require.Empty(t, users(access.OwnRecords("")))
	r, err := w.Run(t.Context(), decode(t, object{"view": "value"}), access.OwnRecords("u1@contoso.example"), w.period())
	require.NoError(t, err)
	require.Contains(t, r.Warnings[0], "Only records that you may see")
}

func TestAbsurdTimeRanges(t *testing.T) {
	w := newWorld(t, rand.New(rand.NewPCG(17, 18)), 100)
	year := func(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC) }
	for _, view := range []string{"timeSeries", "table", "value", "list"} {
		r := w.run(t, object{"view": view}, query.Period{From: year(1), To: year(9999)})
		require.Contains(t, r.Warnings[len(r.Warnings)-1], "was cut to the years 2000 to 2099", view)
	}
	q := decode(t, object{})
	for _, tt := range []struct {
		from, to time.Time
		error    string
	}{
		{year(2027), year(2026), "range: the time range ends before it starts"}, {year(2026), year(2026), "range: the time range ends"},
		{year(1969), year(1970), "range: the time range lies beyond the years 2000 to 2099"},
	} {
		_, err := w.Run(t.Context(), q, access.All(), query.Period{From: tt.from, To: tt.to})
		require.ErrorContains(t, err, tt.error)
	}
	_, err := w.Run(t.Context(), decode(t, object{"interval": "1m"}), access.All(), query.Period{From: year(2020), To: year(2026)})
	require.ErrorContains(t, err, "interval: 1m makes more than 11000 points in this time range: use a wider interval or auto")
	_, err = w.Run(t.Context(), decode(t, object{"view": "calendar"}), access.All(), query.Period{From: year(2020), To: year(2026)})
	require.ErrorContains(t, err, "range: a calendar has 458 days at most: choose a shorter time range")

	require.NotEmpty(t, w.values(t, "signIn", "countryOrRegion", "", 0, query.Period{From: year(2), To: year(9999)}))
	id := w.run(t, object{"view": "list", "columns": []string{"id"}}, w.period()).Rows[0][0].(string)
	for _, p := range []query.Period{{}, {From: year(2027), To: year(2026)}, {From: year(1), To: year(9999)}} {
		r := w.run(t, object{"view": "detail", "section": "summary", "filters": []any{filter("id", "=", id), filter("id", "=~", ".*")}}, p)
		require.NotEmpty(t, r.Sections, "one record is found whenever it was")
		require.Empty(t, r.Warnings)
	}
}

func TestRemovedRecordsAreSaid(t *testing.T) {
	w := newWorld(t, rand.New(rand.NewPCG(9, 10)), 1000)
	early, late := w.period(), w.period() // nearest to a full hour before and after
	early.From, late.From = w.from.Add(38*time.Hour+20*time.Minute), w.from.Add(38*time.Hour+40*time.Minute)
	count := func(p query.Period) *query.Result {
		return w.run(t, object{"view": "table", "groupBy": []string{"appId"}}, p)
	}
	all, fromHour, fromNext := count(w.period()), w.period(), w.period()
	fromHour.From, fromNext.From = w.from.Add(38*time.Hour), w.from.Add(39*time.Hour)
	wantEarly, wantLate := count(fromHour).Groups, count(fromNext).Groups
	require.NotEqual(t, wantEarly, wantLate)

	_, err := store.Retain(t.Context(), w.DB, activity.SignIn, w.from.AddDate(0, 0, 3).Add(7*time.Hour))
	require.NoError(t, err)
	list := w.run(t, object{"view": "list"}, w.period())
	require.Equal(t, "Records before 2026-03-19 00:00 UTC have been removed, and this query needs them: the result "+
		"covers what is left.", list.Warnings[0])
	require.Equal(t, all, count(w.period()), "the rollup outlives rows")
	require.Empty(t, all.Warnings)
	for p, want := range map[query.Period][]query.Group{early: wantEarly, late: wantLate} {
		got := count(p)
		require.Equal(t, want, got.Groups)
		require.Equal(t, []string{"Records before 2026-03-19 00:00 UTC have been removed. They are still counted by " +
			"the hour, and this result is as exact as that."}, got.Warnings)
	}
}

// What lies just before a range is counted in its first bucket, and taken from it again: it is no group and no value any more.
func TestWhatIsTakenAwayIsNotThere(t *testing.T) {
	db, _ := pgtest.Store(t)
	writer, err := store.NewWriter(t.Context(), db)
	require.NoError(t, err)
	noon := time.Date(2026, 3, 16, 12, 0, 0, 0, time.UTC)
	var records []*activity.Record
	for minute, country := range map[int]string{5: "XX", 30: "DE"} {
		r := activity.NewRecord(activity.SignIn)
		r.ID, r.Tenant = fmt.Sprintf("00000000-0000-0000-0000-%012d", minute), "contoso"
		r.Time, r.Fidelity, r.Raw = noon.Add(time.Duration(minute)*time.Minute), activity.Full, []byte("{}")
		require.NoError(t, r.Set(activity.SignIn.Field("countryOrRegion"), country))
		r.Complete()
		records = append(records, r)
	}
	_, err = writer.Write(t.Context(), store.Batch{Source: "test", Records: records})
	require.NoError(t, err)
	w := world{&engine.Engine{DB: db, Timeout: time.Minute, MaxRows: 10000}, noon, 1}
	p := w.period()
	p.From = noon.Add(20 * time.Minute)
	got := w.run(t, object{"view": "table", "groupBy": []string{"countryOrRegion"}, "limit": 1}, p)
	require.Contains(t, got.SQL, "-count(*)")
	require.Len(t, got.Groups, 1)
	require.Empty(t, got.Warnings, "there is no other group")
	require.Equal(t, []string{"DE"}, w.values(t, "signIn", "countryOrRegion", "", 0, p))
}

// values asks for the labels of values; a period without filters and filters without a period restrict them, too.
func (w world) values(t testing.TB, kind, field, search string, limit int, p query.Period, filters ...any) (list []string) {
	t.Helper()
	text, err := json.Marshal(filters)
	require.NoError(t, err)
	q, err := query.DecodeValues(kind, field, search, string(text), limit, p.From, p.To)
	require.NoError(t, err)
	found, err := w.Values(t.Context(), q, access.All())
	require.NoError(t, err)
	for _, v := range found {
		list = append(list, v.Label)
	}
	return list
}

func TestValuesOfAField(t *testing.T) {
	w := newWorld(t, rand.New(rand.NewPCG(11, 12)), 200)
	values := func(field, search string, limit int) []string {
		return w.values(t, "signIn", field, search, limit, query.Period{})
	}
	require.Equal(t, []string{"Office 365"}, values("appDisplayName", "OFF", 0), "filters find office 365 by it, too")
	require.Len(t, values("appDisplayName", "", 2), 2)
	require.Empty(t, values("appDisplayName", "%", 0), "a sign that means something to LIKE is none that names contain")
	require.Equal(t, []string{"success", "failure", "interrupted"}, values("status", "", 0))
	require.Contains(t, values("errorCode", "501", 0), "50126 InvalidUserNameOrPassword")
	require.Equal(t, []string{"50126 InvalidUserNameOrPassword"}, values("errorCode", "invaliduser", 0))
	require.Equal(t, []string{"contoso", "fabrikam"}, values("tenantId", "", 0))
	newest := w.run(t, object{"view": "list", "columns": []string{"id"}, "limit": 2}, w.period())
	require.Equal(t, []string{newest.Rows[0][0].(string), newest.Rows[1][0].(string)}, values("id", "", 2),
		"the newest records' ids, the newest first")
	require.Equal(t, []string{newest.Rows[1][0].(string)}, values("id", strings.ToUpper(newest.Rows[1][0].(string)), 5))
	require.Empty(t, values("correlationId", "", 0))
	w.Tenant = "fabrikam"
	require.Equal(t, []string{"fabrikam"}, values("tenantId", "", 0))
}

// Asked with filters or a time range, values are those that a table of the same question has.
func TestDependentValuesAreThoseThatOccur(t *testing.T) {
	random := rand.New(rand.NewPCG(15, 16))
	w := newWorld(t, random, 300)
	for _, field := range []string{"appDisplayName", "userPrincipalName", "countryOrRegion", "status",
		"signInEventTypes", "errorCode", "clientAppUsed", "riskLevelDuringSignIn", "ipAddress", "isCompliant", "tenantId"} {
		for _, filters := range [][]any{nil, {filter("userPrincipalName", "=", "u1@contoso.example")},
			{filter("countryOrRegion", "!=", "DE"), filter("status", "=", "failure")}} {
			p := w.period()
			p.From = p.From.Add(time.Duration(random.IntN(10*24)) * time.Hour)
			p.To = p.To.Add(-time.Duration(random.IntN(17*24*60)) * time.Minute)
			var want []string
			for _, g := range w.run(t, object{"view": "table", "groupBy": []string{field}, "filters": filters}, p).Groups {
				if key := strings.ToLower(g.Keys[0]); key != "" && !slices.Contains(want, key) {
					want = append(want, key)
				}
			}
			got := w.values(t, "signIn", field, "", 0, p, filters...)
			for i, v := range got {
				if got[i] = strings.ToLower(v); field == "errorCode" {
					got[i], _, _ = strings.Cut(v, " ")
				}
			}
			require.ElementsMatch(t, want, got, "%s %v", field, filters)
		}
	}
}

// However many names contain what is searched for, and however few of them records have, the same are found.
func TestPartsOfManyNames(t *testing.T) {
	w := newWorld(t, rand.New(rand.NewPCG(17, 18)), 300)
	_, err := w.DB.ExecContext(t.Context(), `INSERT INTO entra.account (tenant, key, user_id, user_principal_name, named_on)
SELECT 1, 'idle' || n, 'idle' || n, 'a' || lpad(n::text, 5, '0') || '@idle.example', '2026-03-01' FROM generate_series(1, 6000) n`)
	require.NoError(t, err)
	_, err = w.DB.ExecContext(t.Context(), "ANALYZE entra.account")
	require.NoError(t, err)
	var active []string
	for _, g := range w.run(t, object{"view": "table", "groupBy": []string{"userPrincipalName"},
		"filters": []any{filter("userPrincipalName", "contains", "contoso.example")}}, w.period()).Groups {
		active = append(active, strings.ToLower(g.Keys[0]))
	}
	slices.Sort(active)
	active = slices.Compact(active)
	require.NotEmpty(t, active)
	search := func(part string, p query.Period, filters ...any) []string {
		found := w.values(t, "signIn", "userPrincipalName", part, 0, p, filters...)
		for i := range found {
			found[i] = strings.ToLower(found[i])
		}
		return found
	}
	require.Equal(t, active, search("EXAMPLE", w.period()), "more names than are sorted, of whom the first never signed in")
	require.Equal(t, active, search("contoso.ex", w.period()))
	require.Equal(t, active, search("", w.period()))
	require.Equal(t, active[:1], search("example", w.period(), filter("userPrincipalName", "=", active[0])))
	require.Empty(t, search("@idle", w.period()))
	require.Equal(t, []string{"a00599@idle.example", "a05990@idle.example"}, search("0599", query.Period{})[:2])
	require.Len(t, search("idle.example", query.Period{}), 50)
	require.Equal(t, "a00001@idle.example", search("example", query.Period{})[0])
}

func TestACanceledQuestionIsNotAsked(t *testing.T) {
	w := newWorld(t, rand.New(rand.NewPCG(13, 14)), 10)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := w.Run(ctx, decode(t, object{"view": "value"}), access.All(), w.period())
	require.ErrorIs(t, err, context.Canceled)
}
