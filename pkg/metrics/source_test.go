package metrics_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/metrics"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/engine"
)

// 3,000 users sign in once in each of two hours, the first exactly on its end, and ten of them are called the same.
func TestUsersOfAStore(t *testing.T) {
	db, _ := pgtest.Store(t)
	_, err := db.ExecContext(t.Context(), `
INSERT INTO entra.tenant (tenant_id) VALUES ('contoso');
INSERT INTO entra.account (tenant, key, user_id, user_principal_name, named_on)
  SELECT 1, n, n, 'user' || greatest(n, 10), '2026-03-01' FROM generate_series(1, 3000) n;
CREATE TABLE entra.sign_in_2026_03 PARTITION OF entra.sign_in FOR VALUES FROM ('2026-03-01 00:00Z') TO ('2026-04-01 00:00Z');
INSERT INTO entra.sign_in (tenant, id, time, received, variant, status, account, service_principal,
  application, resource, device, client, place, context, policies, correlation_id, ip_address)
  SELECT 1, md5(n || ' ' || hour)::uuid, timestamptz '2026-03-02 10:00Z' + hour * interval '90 minutes',
  now(), 1, 1, n, 0, 0, 0, 0, 0, 0, 0, 0, md5(n::text)::uuid, '10.0.0.1'
  FROM generate_series(1, 3000) n, generate_series(0, 1) hour`)
	require.NoError(t, err)
	st := &engine.Engine{DB: db, Timeout: time.Minute, MaxRows: 10_000}
	run := func(text string) ([]metrics.Series, error) {
		e, err := metrics.Parse(text)
		require.NoError(t, err)
		result, err := metrics.Run(t.Context(), st, access.All(), e, metrics.EvalRange{Start: at.Add(-3 * time.Hour), End: at,
			Step: time.Hour}) // 9:00 to 12:00
		if err != nil {
			return nil, err
		}
		return result.Series, nil
	}
	_, err = run(`sum by (user_principal_name) (increase(entra_signins_total[1h]))`)
	require.ErrorContains(t, err, "more than 1000 series, which is the limit", "and not that reading was stopped")
	series, err := run(`count(sum by (user_principal_name) (increase(entra_signins_total[1h])) > 0) default 0`)
	require.NoError(t, err)
	require.Equal(t, []float64{0, 2991, 0, 2991}, series[0].Values)
	series, err = run(`topk(1, sum by (user_principal_name) (increase(entra_signins_total[4h])))`)
	require.NoError(t, err)
	require.Len(t, series, 1)
	require.Equal(t, "user10", series[0].Labels["user_principal_name"])
	require.Equal(t, []float64{10, 10, 20}, series[0].Values[1:])
}
