package plugin_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/debian"
)

// In transaction mode, PgBouncer gives each transaction whichever connection is free.
func (b built) sharesConnections(t *testing.T) {
	program := debian.Program(t, "pgbouncer", "pgbouncer")
	db, direct := database(t)
	port, err := embedded.FreePort()
	require.NoError(t, err)
	pooler, err := embedded.Run(program, map[string]string{"pgbouncer.ini": fmt.Sprintf(`
[databases]
* = host=%s port=%s user=reader password=secret

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
`, direct.Hostname(), direct.Port(), port)}, "pgbouncer.ini")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pooler.Stop()) })
	require.NoError(t, pooler.AwaitPort(t.Context(), port))
	u, err := url.Parse(fmt.Sprintf("postgres://127.0.0.1:%d%s", port, direct.Path))
	require.NoError(t, err)
	d := b.dataSource(settings(t, u, object{"maxOpenConns": 20, "maxIdleConns": 20}))

	queries := append(slices.Clone(everyView),
		`{"view": "detail", "filters": [{"field": "id", "operator": "=", "values": ["00000000-0000-0000-0000-000000000001"]}]}`,
		`{"view": "logs"}`,
		`{"queryType": "metrics", "expr": "sum by (app) (increase(entra_signins_total[1d]))"}`)
	const clients, rounds = 16, 10
	var succeeded atomic.Int64
	var asking sync.WaitGroup
	for range clients {
		asking.Go(func() {
			for range rounds {
				responses, err := d.query(t.Context(), queries...)
				if err != nil {
					t.Error(err)
					return
				}
				for i, response := range responses {
					if response.Error != nil {
						t.Errorf("%s: %v", queries[i], response.Error)
						continue
					}
					succeeded.Add(1)
				}
				if _, err := d.Health(t.Context()); err != nil {
					t.Error(err)
				}
				for _, url := range []string{
					"values?kind=signIn&field=appDisplayName&search=tea",
					downloadURL(object{"view": "list"}, day, day.AddDate(0, 0, 2), "csv"),
				} {
					if status, body, err := d.get(t.Context(), url); err != nil || status != 200 || !strings.Contains(body, "Teams") {
						t.Errorf("%s: %d %s %v", url, status, body, err)
					}
				}
			}
		})
	}
	asking.Wait()
	require.EqualValues(t, clients*rounds*len(queries), succeeded.Load())
	var connections int
	require.NoError(t, db.Get(&connections,
		"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'reader'"))
	require.LessOrEqual(t, connections, 4, "the queries have to share connections")

	stopsWith(t, db, b.dataSource(settings(t, u, object{"queryTimeout": 1})), d)
}
