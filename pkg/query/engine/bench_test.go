package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/engine"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// crowd is a tenant with 200,000 users and a million sign-ins in a month, as far as pickers and first sights need them.
func crowd(b *testing.B) world {
	b.Helper()
	db, err := store.Open(store.Config{URL: pgtest.Database(b)})
	require.NoError(b, err)
	b.Cleanup(func() { db.Close() })
	_, err = store.Migrate(b.Context(), db)
	require.NoError(b, err)
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	_, err = db.ExecContext(b.Context(), `
INSERT INTO entra.tenant (tenant_id) VALUES ('contoso');
INSERT INTO entra.account (tenant, key, user_id, user_principal_name, user_display_name, named_on)
  SELECT 1, id, id, 'given' || n % 997 || '.family' || n || '@contoso.example', 'Given' || n % 997 || ' Family' || n, '2026-03-01'
  FROM (SELECT n, md5(n::text)::uuid::text AS id FROM generate_series(1, 200000) n) u;
INSERT INTO entra.application (tenant, key, app_id, app_display_name, named_on)
  SELECT 1, 'app' || n, 'app' || n, 'Application ' || n, '2026-03-01' FROM generate_series(1, 300) n;
CREATE TABLE entra.sign_in_2026_03 PARTITION OF entra.sign_in FOR VALUES FROM ('2026-03-01 00:00Z') TO ('2026-04-01 00:00Z');
INSERT INTO entra.sign_in
  SELECT 1, md5(n::text)::uuid, timestamptz '2026-03-01 00:00Z' + n * interval '2.6 seconds', now(), 1, 1 + n % 3, 0,
    (1 + (n * 7919::bigint) % 200000)::int, 0, 1 + n % 300, 0, 0, 0, 0, 0, 0, md5(n::text)::uuid, '10.0.0.1'
  FROM generate_series(1, 1000000) n`)
	require.NoError(b, err)
	_, err = db.ExecContext(b.Context(), "VACUUM ANALYZE")
	require.NoError(b, err)
	return world{&engine.Engine{DB: db, Timeout: time.Minute, MaxRows: 10000}, from, 31}
}

func BenchmarkPickingOneOf200000Users(b *testing.B) {
	w := crowd(b)
	for _, bm := range []struct {
		name, search string
		period       query.Period
		filters      []any
	}{
		{"nothing typed", "", query.Period{}, nil},
		{"one letter", "g", query.Period{}, nil},
		{"part of a name", "family1234", query.Period{}, nil},
		{"no such name", "nobody", query.Period{}, nil},
		{"a common part", "contoso", query.Period{}, nil},
		{"in a time range", "family12", w.period(), nil},
		{"nothing typed in a time range", "", w.period(), nil},
		{"of an application", "family12", w.period(), []any{filter("appDisplayName", "=", "Application 7")}},
		{"of an application, nothing typed", "", w.period(), []any{filter("appDisplayName", "=", "Application 7")}},
	} {
		b.Run(bm.name, func(b *testing.B) {
			for b.Loop() {
				w.values(b, "signIn", "userPrincipalName", bm.search, 50, bm.period, bm.filters...)
			}
		})
	}
}

func BenchmarkFirstSightsOf200000Users(b *testing.B) {
	w := crowd(b)
	week := query.Period{From: w.from.AddDate(0, 0, 20), To: w.from.AddDate(0, 0, 27)}
	for _, field := range []string{"appDisplayName", "userPrincipalName"} {
		for _, model := range []object{{"seen": "new"}, {"seen": "unused", "measure": "lastSeen"}, {"measure": "firstSeen"}} {
			model["view"], model["groupBy"] = "table", []string{field}
			model["filters"] = []any{filter("signInEventTypes", "in", "interactiveUser")}
			b.Run(fmt.Sprint(field, " ", model["seen"], " ", model["measure"]), func(b *testing.B) {
				for b.Loop() {
					w.run(b, model, week)
				}
			})
		}
	}
}
