package plugin_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded"
)

// PostgreSQL goes away and comes back while dashboards ask.
func (b built) survivesAnOutage(t *testing.T) {
	const clients, connections = 8, 4
	folder, err := os.MkdirTemp("", "outage-") // not t.TempDir, which root's server account cannot enter
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(folder) })
	require.NoError(t, os.Chmod(folder, 0o755))
	options := embedded.Options{Dir: filepath.Join(folder, "postgres")}
	server, err := embedded.Start(t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(func() { server.Stop() }) //nolint:errcheck // the second server; the test has failed where it matters
	options.Port = server.Port()
	require.NoError(t, server.CreateDatabase(t.Context(), "entra"))
	db, u := filled(t, server.URL("entra"))
	d := b.dataSource(settings(t, u, object{"maxOpenConns": connections, "maxIdleConns": connections}))

	var succeeded, failed atomic.Int64
	var away atomic.Bool // from before PostgreSQL stops until after it accepts queries again
	done := make(chan struct{})
	var asking sync.WaitGroup
	for range clients {
		asking.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				expected := away.Load()
				responses, err := d.query(t.Context(), everyView...)
				expected = expected || away.Load()
				if err != nil {
					t.Error(err)
					return
				}
				for i, response := range responses {
					switch {
					case response.Error == nil:
						succeeded.Add(1)
					case !expected:
						t.Errorf("while PostgreSQL is there: %s: %v", everyView[i], response.Error)
					case !saysAway(response.Error):
						t.Errorf("while PostgreSQL is away: %s: %v", everyView[i], response.Error)
					default:
						failed.Add(1)
					}
				}
			}
		})
	}
	some := func(n *atomic.Int64) {
		t.Helper()
		before := n.Load()
		require.Eventually(t, func() bool { return n.Load() > before+int64(clients*len(everyView)) }, 5*time.Minute, 10*time.Millisecond)
	}
	some(&succeeded)
	away.Store(true)
	require.NoError(t, server.Stop())
	some(&failed)
	server, err = embedded.Start(t.Context(), options)
	require.NoError(t, err)
	away.Store(false)
	some(&succeeded)
	close(done)
	asking.Wait()
	t.Logf("%d responses and %d errors", succeeded.Load(), failed.Load())

	var idle, other int
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT
  count(*) FILTER (WHERE state = 'idle'), count(*) FILTER (WHERE state <> 'idle')
FROM pg_stat_activity WHERE usename = 'reader'`).Scan(&idle, &other))
	require.LessOrEqual(t, idle, connections)
	require.Zero(t, other, "connections that are in the middle of something")
}

// saysAway recognizes what is to be said while PostgreSQL is away.
func saysAway(err error) bool {
	for _, sentence := range []string{
		"The database cannot be reached: check that it runs",
		"The database is starting or shutting down: try again.",
		"The database ended the connection: try again",
	} {
		if strings.HasPrefix(err.Error(), sentence) {
			return true
		}
	}
	return false
}
