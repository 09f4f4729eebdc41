package engine_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/demo/demotest"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/internal/ingest"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/engine"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// contoso is three weeks of the invented tenant, which has records of every kind.
func contoso(t testing.TB) world {
	t.Helper()
	db, _ := demotest.Store(t)
	return world{&engine.Engine{DB: db, Timeout: time.Minute, MaxRows: 100000}, demotest.Start, 21}
}

// list asks for columns of all records of a kind, in all their time unless told otherwise.
func (w world) list(t testing.TB, kind string, columns []string, filters ...any) [][]any {
	t.Helper()
	return w.run(t, object{"queryType": kind, "view": "list", "columns": columns, "filters": filters, "limit": 100000}, w.period()).Rows
}

func texts(rows [][]any) []string {
	list := make([]string, len(rows))
	for i, row := range rows {
		list[i] = fmt.Sprint(row...)
	}
	slices.Sort(list)
	return list
}

// Whichever table serves, whatever the kind and the view: random questions to rollup and rows have one answer.
func TestEveryKindIsAnsweredAlikeByRollupAndRows(t *testing.T) {
	w := contoso(t)
	random := rand.New(rand.NewPCG(31, 32))
	for _, kind := range query.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			var groupable []string
			for _, f := range kind.Fields {
				if f.Groupable {
					groupable = append(groupable, f.Name)
				}
			}
			measures := slices.DeleteFunc(query.Measures(kind), query.Measure.IsTime)
			served := map[string]bool{}
			for range 40 {
				model := object{
					"queryType": kind.Name, "view": []string{"timeSeries", "table", "value"}[random.IntN(3)],
					"measure":  measures[random.IntN(len(measures))],
					"interval": []string{"auto", "1h", "6h", "1d", "1w"}[random.IntN(5)], "top": random.IntN(4),
					"other": random.IntN(2) == 0, "timezone": "Europe/Berlin",
				}
				groups := []string{}
				for range random.IntN(3) {
					groups = append(groups, groupable[random.IntN(len(groupable))])
				}
				if random.IntN(2) == 0 { // what the rollup is likely to know
					groups = [][]string{{"status"}, {"loggedByService", "category"}, {"provisioningAction"},
						{"riskEventType", "riskLevel"}, {"appDisplayName"},
						{"policyDisplayName", "policyResult"}, {"policyId"}}[random.IntN(7)]
				}
				groups = slices.DeleteFunc(groups, func(name string) bool { return kind.Field(name) == nil })
				filters := []any{}
				if kind == activity.UserActivity {
					filters = append(filters, filter("userDisplayName", "contains", "a"))
				}
				if kind.Field("status") != nil && random.IntN(2) == 0 {
					filters = append(filters, filter("status", "!=", "success"))
				}
				model["groupBy"], model["filters"], model["of"] = groups, filters, groupable[random.IntN(len(groupable))]
				p := w.period()
				p.From = p.From.Add(time.Duration(random.IntN(5*24*60*60)) * time.Second)
				p.To = p.To.Add(-time.Duration(random.IntN(5*24*60*60)) * time.Second)
				p.MaxDataPoints = int64(10 + random.IntN(100))
				got := w.run(t, model, p)
				want, err := w.RunFromRows(t.Context(), decode(t, model), p)
				require.NoError(t, err)
				require.Equal(t, want.Steps, got.Steps, "%v", model)
				require.Equal(t, want.Groups, got.Groups, "%v\n%s", model, got.SQL)
				served[got.Served] = true
			}
			require.True(t, served["rows"])
			kept := kind == activity.ConditionalAccess || slices.ContainsFunc(store.Groupings,
				func(g *store.Grouping) bool { return g.Kind == kind })
			require.Equal(t, kept, served["rollup and rows"], "%v", served)
		})
	}
}

func TestRiskySignInsAreThoseWithARiskOrADetection(t *testing.T) {
	w := contoso(t)
	linked := map[any]bool{}
	for _, row := range w.list(t, "riskDetection", []string{"requestId"}) {
		linked[row[0]] = true
	}
	var want []string
	onlyLinked := 0
	for _, row := range w.list(t, "signIn", []string{"id", "riskLevelDuringSignIn"}) {
		atRisk := slices.Contains([]any{"low", "medium", "high"}, row[1])
		if atRisk || linked[row[0]] {
			want = append(want, row[0].(string))
		}
		if !atRisk && linked[row[0]] {
			onlyLinked++
		}
	}
	slices.Sort(want)
	require.NotEmpty(t, want)
	require.Equal(t, want, texts(w.list(t, "riskySignIn", []string{"id"})))
	t.Logf("%d, %d of them by their detections alone", len(want), onlyLinked)
}

func TestRiskyUsersAreInTheirStateNow(t *testing.T) {
	w := contoso(t)
	columns := []string{"userId", "riskLevel", "riskState"}
	user := w.list(t, "riskyUser", columns)[0][0]
	earlier := fmt.Appendf(nil, `{"id": %q, "riskLastUpdatedDateTime": %q, "riskLevel": "low", "riskState": "atRisk", `+
		`"riskDetail": "none"}`, user, w.from.Format(time.RFC3339))
	_, err := ingest.Import(t.Context(), w.DB, []ingest.Source{{Name: "an earlier state", Objects: slices.Values([][]byte{earlier})}},
		ingest.Options{Tenant: fmt.Sprint(w.list(t, "signIn", []string{"tenantId"})[0][0])})
	require.NoError(t, err)
	newest := map[string]string{}
	history := w.list(t, "riskyUserHistory", columns)
	for _, row := range history { // the newest first
		if _, ok := newest[row[0].(string)]; !ok {
			newest[row[0].(string)] = fmt.Sprint(row...)
		}
	}
	var want []string
	for _, state := range newest {
		want = append(want, state)
	}
	slices.Sort(want)
	require.Less(t, len(want), len(history), "some users have a history")
	require.Equal(t, want, texts(w.list(t, "riskyUser", columns)))

	later := query.Period{From: w.from.AddDate(1, 0, 0), To: w.from.AddDate(1, 0, 1)}
	model := object{"queryType": "riskyUser", "view": "value"}
	require.EqualValues(t, len(want), *w.run(t, model, later).Groups[0].Values[0], "whoever is at risk is so whenever it began")
	model["view"] = "timeSeries"
	require.Zero(t, *w.run(t, model, later).Groups[0].Values[0], "over time, users count when their risk changed")
}

func TestActivityOfAUserIsOfAllKinds(t *testing.T) {
	w := contoso(t)
	users := map[string]int{}
	for _, kind := range []string{"riskDetection", "riskyUserHistory", "auditEvent"} {
		field := "userId"
		if kind == "auditEvent" {
			field = "initiatedByUserId"
		}
		for _, g := range w.run(t, object{"queryType": kind, "view": "table", "groupBy": []string{field}}, w.period()).Groups {
			users[g.Keys[0]]++
		}
	}
	delete(users, "")
	kinds := map[string]int{}
	for user := range users {
		want := []string{}
		add := func(kind string, rows [][]any) {
			for _, row := range rows {
				want = append(want, kind+" "+fmt.Sprint(row[0]))
			}
		}
		add("signIn", w.list(t, "signIn", []string{"id"}, filter("userId", "=", user)))
		add("auditEvent", w.list(t, "auditEvent", []string{"id"}, filter("initiatedByUserId", "=", user)))
		add("auditEvent", w.list(t, "auditEvent", []string{"id"}, filter("initiatedByUserId", "!=", user), filter("targetIds", "=", user)))
		add("provisioningEvent", w.list(t, "provisioningEvent", []string{"id"}, filter("sourceIdentityId", "=", user)))
		add("provisioningEvent", w.list(t, "provisioningEvent", []string{"id"}, filter("sourceIdentityId", "!=", user),
			filter("targetIdentityId", "=", user)))
		add("riskDetection", w.list(t, "riskDetection", []string{"id"}, filter("userId", "=", user)))
		add("riskyUser", w.list(t, "riskyUserHistory", []string{"id"}, filter("userId", "=", user)))
		got := []string{}
		for _, row := range w.list(t, "userActivity", []string{"kind", "id"}, filter("userId", "=", user)) {
			got = append(got, fmt.Sprintf("%s %s", row...))
			kinds[row[0].(string)]++
		}
		require.ElementsMatch(t, want, got)
	}
	for _, kind := range activity.Kinds() {
		require.Positive(t, kinds[kind.Name], "%v", kinds)
	}
}

func TestDurationsAreAveraged(t *testing.T) {
	w := contoso(t)
	var sum, n float64
	for _, row := range w.list(t, "provisioningEvent", []string{"durationInMilliseconds"}, filter("status", "=", "success")) {
		if row[0] != nil {
			sum, n = sum+float64(row[0].(int64)), n+1
		}
	}
	model := object{"queryType": "provisioningEvent", "view": "value", "measure": "averageDuration",
		"filters": []any{filter("status", "=", "success")}}
	require.InDelta(t, sum/n, *w.run(t, model, w.period()).Groups[0].Values[0], 1e-9)
}

// Distinct values are as many as grouping by their field gives groups, records without a value aside.
func TestDistinctValuesAreTheGroupsOfTheirField(t *testing.T) {
	w := contoso(t)
	for kind, by := range map[string]string{"signIn": "userPrincipalName", "auditEvent": "category",
		"provisioningEvent": "status", "riskDetection": "riskEventType"} {
		for _, f := range query.Kinds()[slices.IndexFunc(query.Kinds(), func(k *activity.Kind) bool { return k.Name == kind })].Fields {
			if !f.Groupable || f.Of == activity.Membership { // of which a record has many
				continue
			}
			values := map[string]map[any]bool{}
			for _, row := range w.list(t, kind, []string{by, f.Name}) {
				if len(row) == 1 { // they are one field
					row = append(row, row[0])
				}
				group := values[row[0].(string)]
				if group == nil {
					group = map[any]bool{}
					values[row[0].(string)] = group
				}
				if row[1] != nil && row[1] != "" {
					group[row[1]] = true
				}
			}
			groups := w.run(t, object{"queryType": kind, "view": "table", "measure": "distinctValues", "of": f.Name,
				"groupBy": []string{by}, "limit": 10000}, w.period()).Groups
			require.Len(t, groups, len(values), "%s of %s", f.Name, kind)
			for _, g := range groups {
				require.EqualValues(t, len(values[g.Keys[0]]), *g.Values[0], "%s of %s %s", f.Name, by, g.Keys[0])
			}
		}
	}
}

func TestSignInsOfAGroupsMembers(t *testing.T) {
	w := contoso(t)
	tenant := fmt.Sprint(w.list(t, "signIn", []string{"tenantId"})[0][0])
	counted := map[string]float64{}
	var users []string
	for _, g := range w.run(t, object{"view": "table", "groupBy": []string{"userId"},
		"filters": []any{filter("userId", "!=", "")}}, w.period()).Groups {
		users, counted[g.Keys[0]] = append(users, g.Keys[0]), *g.Values[0]
	}
	require.NoError(t, store.ReplaceGroups(t.Context(), w.DB, tenant, []store.Group{
		{ID: "G1", Name: "Finance", Members: []string{strings.ToUpper(users[0]), users[1], "never seen"}},
		{ID: "g2", Name: "Board", Members: users[1:4]},
	}))
	count := func(filters ...any) float64 {
		return *w.run(t, object{"view": "value", "filters": filters}, w.period()).Groups[0].Values[0]
	}
	u := func(n int) float64 { return counted[users[n]] }
	all := count()
	require.Equal(t, u(0)+u(1), count(filter("memberOf", "=", "finance")))
	require.Equal(t, u(0)+u(1), count(filter("memberOfIds", "in", "g1")))
	require.Equal(t, u(0)+u(1)+u(2)+u(3), count(filter("memberOf", "in", "Finance", "Board")))
	require.Equal(t, u(1), count(filter("memberOf", "=", "Finance"), filter("memberOf", "=~", "Bo.*")))
	require.Equal(t, all-u(0)-u(1), count(filter("memberOf", "!=", "Finance")))
	require.Equal(t, all-u(0)-u(1)-u(2)-u(3), count(filter("memberOf", "=", "")))
	require.Equal(t, []string{"Board", "Finance"}, w.values(t, "signIn", "memberOf", "", 0, query.Period{}))
	require.Equal(t, []string{"Finance"}, w.values(t, "signIn", "memberOf", "", 0, query.Period{}, filter("userId", "=", users[0])))
	require.Equal(t, "Board, Finance", w.list(t, "signIn", []string{"memberOf"}, filter("userId", "=", users[1]))[0][0])

	require.NoError(t, store.ReplaceGroups(t.Context(), w.DB, tenant, []store.Group{{ID: "g1", Members: users[5:6]}}))
	require.Equal(t, u(5), count(filter("memberOf", "=", "Finance")), "the newest import replaces the members, and keeps the name")
	require.Equal(t, u(1)+u(2)+u(3), count(filter("memberOf", "=", "Board")), "of the groups it has")
}

func TestModifiedPropertiesCanBeFilteredAndChosen(t *testing.T) {
	w := contoso(t)
	columns := []string{"id", "modifiedProperties", "oldValues", "newValues"}
	roles := w.list(t, "auditEvent", columns, filter("activityDisplayName", "=", "Add member to role"),
		filter("modifiedProperties", "=", "Role.DisplayName"))
	require.NotEmpty(t, roles)
	role := w.values(t, "auditEvent", "newValues", "Administrator", 1, query.Period{},
		filter("activityDisplayName", "=", "Add member to role"))
	require.Len(t, role, 1)
	require.NotContains(t, role[0], `"`, "values are texts, not JSON")
	require.NotEmpty(t, w.list(t, "auditEvent", columns, filter("newValues", "=", role[0])))
}

// A member that is added to a group has a username, and the group, which is the other target, has none.
func TestTargetsWithoutUsernamesLeaveNoGaps(t *testing.T) {
	w := contoso(t)
	rows := w.list(t, "auditEvent", []string{"targetTypes", "targetUserPrincipalNames"}, filter("activityDisplayName",
		"=", "Add member to group"))
	require.NotEmpty(t, rows)
	for _, row := range rows {
		require.Equal(t, "User, Group", row[0])
		require.Regexp(t, `^[^@, ]+@[^@, ]+$`, row[1])
	}
}

func TestEachPolicyIsCountedByItsResult(t *testing.T) {
	w := contoso(t)
	want := map[string]float64{}
	names := map[string]string{}
	for _, row := range w.list(t, "signIn", []string{"conditionalAccessPolicyIds", "conditionalAccessPolicies",
		"conditionalAccessPolicyResults"}, filter("conditionalAccessPolicyIds", "!=", "")) {
		ids, results := strings.Split(row[0].(string), ", "), strings.Split(row[2].(string), ", ")
		require.Len(t, results, len(ids))
		for i, name := range strings.Split(row[1].(string), ", ") {
			want[ids[i]+" "+results[i]]++
			names[ids[i]] = name
		}
	}
	require.Greater(t, len(want), 10)
	answer := w.run(t, object{"queryType": "conditionalAccess", "view": "table", "groupBy": []string{"policyId",
		"policyDisplayName", "policyResult"}}, w.period())
	require.Equal(t, "rollup", answer.Served)
	got := map[string]float64{}
	for _, g := range answer.Groups {
		if g.Keys[0] != "" {
			got[g.Keys[0]+" "+g.Keys[2]] = *g.Values[0]
			require.Equal(t, names[g.Keys[0]], g.Keys[1])
		}
	}
	require.Equal(t, want, got)

	id := slices.Sorted(maps.Keys(names))[0]
	failed := []any{filter("policyDisplayName", "=", names[id]), filter("policyResult", "=", "notApplied")}
	rows := w.list(t, "conditionalAccess", []string{"policyId", "policyResult", "appDisplayName",
		"conditionalAccessPolicyResults"}, failed...)
	require.Len(t, rows, int(want[id+" notApplied"]))
	require.Equal(t, []any{id, "notApplied"}, rows[0][:2])
	require.Equal(t, []string{names[id]}, w.values(t, "conditionalAccess", "policyDisplayName", names[id], 9, query.Period{}, failed...))
}

// A risk lasts from the first state at risk to the first that is none, however often it was raised meanwhile.
func TestTimeToRemediationIsFromTheFirstStateAtRisk(t *testing.T) {
	db, _ := pgtest.Store(t)
	writer, err := store.NewWriter(t.Context(), db)
	require.NoError(t, err)
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	var records []*activity.Record
	for _, s := range []struct {
		user, state string
		hour        int
	}{
		{"ann", "remediated", 1}, // of a risk before what is kept
		{"ann", "atRisk", 2}, {"ann", "confirmedCompromised", 5}, {"ann", "remediated", 12}, {"ann", "dismissed", 13},
		{"ann", "atRisk", 20}, {"ann", "dismissed", 21},
		{"bob", "atRisk", 3},
	} {
		r := activity.NewRecord(activity.RiskyUser)
		r.ID, r.Tenant, r.Time, r.Raw = s.user, "contoso", day.Add(time.Duration(s.hour)*time.Hour), []byte("{}")
		require.NoError(t, r.Set(activity.RiskyUser.Field("userPrincipalName"), s.user))
		require.NoError(t, r.Set(activity.RiskyUser.Field("riskState"), s.state))
		r.Complete()
		records = append(records, r)
	}
	_, err = writer.Write(t.Context(), store.Batch{Source: "test", Records: records})
	require.NoError(t, err)
	w := world{&engine.Engine{DB: db, Timeout: time.Minute, MaxRows: 100}, day, 1}

	const hour = int64(60 * 60 * 1000)
	require.Equal(t, [][]any{{"ann", "dismissed", hour}, {"ann", "dismissed", nil}, {"ann", "remediated", 10 * hour},
		{"ann", "remediated", nil}},
		w.list(t, "riskyUserHistory", []string{"userPrincipalName", "riskState", "timeToRemediation"},
			filter("riskState", "in", "remediated", "dismissed")))
	average := func(from int) []*float64 {
		p := w.period()
		p.From = day.Add(time.Duration(from) * time.Hour)
		var values []*float64
		for _, g := range w.run(t, object{"queryType": "riskyUserHistory", "view": "value", "measure": "averageDuration"}, p).Groups {
			values = append(values, g.Values...)
		}
		return values
	}
	require.InDelta(t, 5.5*float64(hour), *average(0)[0], 1e-9)
	require.InDelta(t, 10*float64(hour)/2+float64(hour)/2, *average(12)[0], 1e-9, "what began before the time range")
	require.Empty(t, average(22))
}
