package metrics_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/metrics"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/engine"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// How many users are at risk is known of every time, not only of now.
func TestRiskyUsers(t *testing.T) {
	db, _ := pgtest.Store(t)
	w, err := store.NewWriter(t.Context(), db)
	require.NoError(t, err)
	var records []*activity.Record
	state := func(user string, day int, level, state, deleted string) {
		r := activity.NewRecord(activity.RiskyUser)
		r.ID, r.Tenant, r.Time, r.Fidelity, r.Raw = fmt.Sprint(user, day), "contoso", at.AddDate(0, 0, day), activity.Full, []byte(`{}`)
		for field, value := range map[string]string{"userId": user, "userPrincipalName": user + "@contoso.com",
			"riskLevel": level, "riskState": state, "isDeleted": deleted} {
			require.NoError(t, r.Set(activity.RiskyUser.Field(field), value))
		}
		r.Complete()
		records = append(records, r)
	}
	state("ann", 1, "low", "atRisk", "false")
	state("ann", 3, "high", "atRisk", "false")
	state("ann", 5, "none", "remediated", "false")
	state("ben", 2, "high", "atRisk", "false")
	state("ben", 6, "high", "atRisk", "true") // leaves, and is no longer counted
	state("cleo", 4, "high", "atRisk", "false")
	_, err = w.Write(t.Context(), store.Batch{Source: "test", Records: records})
	require.NoError(t, err)

	st := &engine.Engine{DB: db, Timeout: time.Minute, MaxRows: 1000}
	run := func(expr string, g metrics.EvalRange) (*metrics.Result, error) {
		e, err := metrics.Parse(expr)
		require.NoError(t, err, expr)
		return metrics.Run(t.Context(), st, access.All(), e, g)
	}
	week := metrics.EvalRange{Start: at, End: at.AddDate(0, 0, 7), Step: 12 * time.Hour}
	for _, c := range []struct{ expr, want string }{
		{`sum by (level, state) (entra_risky_users{level="high"})`, "map[level:high state:atRisk]=[- - - - 1 1 2 2 3 3 2 2 1 1 1]"},
		{`sum(entra_risky_users{state="atRisk"})`, "map[]=[- - 1 1 2 2 2 2 3 3 2 2 1 1 1]"},
		{`sum by (user_principal_name) (entra_risky_users{level="low"})`,
			"map[user_principal_name:ann@contoso.com]=[- - 1 1 1 1 0 0 0 0 0 0 0 0 0]"},
		{`max_over_time(sum(entra_risky_users{level="high"})[7d:12h])`, "map[]=[- - - - 1 1 2 2 3 3 3 3 3 3 3]"},
		{`sum(entra_risky_users{level="high"} offset 2d)`, "map[]=[- - - - - - - - 1 1 2 2 3 3 2]"},
		{`sum(max_over_time(entra_risky_users{level="high"}[2d:12h] @ end()))`, "map[]=[2 2 2 2 2 2 2 2 2 2 2 2 2 2 2]"},
		{`sum(count_over_time(entra_risky_user_events{level="high"}[12h]))`, "map[]=[- - - - 1 - 1 - 1 - - - 1 - -]"},
		{`sum(entra_risky_users{level="high"}) > 2`, "map[]=[- - - - - - - - 3 3 - - - - -]"},
	} {
		result, err := run(c.expr, week)
		require.NoError(t, err, c.expr)
		got := ""
		for _, s := range result.Series {
			values := make([]string, len(s.Values))
			for i, v := range s.Values {
				if values[i] = fmt.Sprint(v); v != v {
					values[i] = "-"
				}
			}
			got += fmt.Sprint(s.Labels) + "=" + fmt.Sprint(values)
		}
		require.Equal(t, c.want, got, c.expr)
	}
	week.Ingest = true
	_, err = run(`entra_risky_users`, week)
	require.ErrorContains(t, err, "ask by the time of events")
	for expr, hint := range map[string]string{
		`increase(entra_risky_users[1h])`: "max_over_time(entra_risky_users[1d:1h])",
		`entra_risky_users[1h]`:           "max_over_time(entra_risky_users[1d:1h])",
		`entra_risky_users{lvel="high"}`:  "did you mean level?",
	} {
		_, err := metrics.Parse(expr)
		require.ErrorContains(t, err, hint, expr)
	}
	values, _, err := metrics.Values(t.Context(), st, access.All(), metrics.ValuesQuery{Metric: "entra_risky_users", Label: "level"})
	require.NoError(t, err)
	require.Contains(t, values, "high")
}
