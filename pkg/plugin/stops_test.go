package plugin_test

import (
	"context"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

func (b built) stops(t *testing.T) {
	db, u := database(t)
	stopsWith(t, db, b.dataSource(settings(t, u, object{"queryTimeout": 1})), b.dataSource(settings(t, u, nil)))
}

// stopsWith shows that PostgreSQL runs no query for longer than the data source allows, nor once nobody waits for it.
func stopsWith(t *testing.T, db *store.DB, impatient, patient dataSource) {
	t.Helper()
	tx, err := db.Begin()
	require.NoError(t, err)
	defer tx.Rollback() //nolint:errcheck // only held for its lock
	_, err = tx.Exec("LOCK TABLE entra.sign_in IN ACCESS EXCLUSIVE MODE")
	require.NoError(t, err)
	working := func() (n int) {
		require.NoError(t, db.Get(&n, `SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND usename = 'reader' AND state <> 'idle'`))
		return n
	}

	responses, err := impatient.query(t.Context(), `{"view": "list"}`)
	require.NoError(t, err)
	require.ErrorContains(t, responses[0].Error, "took longer than the data source allows")
	require.Equal(t, backend.StatusTimeout, responses[0].Status)
	require.Eventually(t, func() bool { return working() == 0 }, time.Minute, 10*time.Millisecond)

	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := patient.query(ctx, `{"view": "list"}`, `{"view": "table", "groupBy": ["city"]}`)
		left <- err
	}()
	require.Eventually(t, func() bool { return working() == 2 }, time.Minute, 10*time.Millisecond)
	cancel()
	require.Error(t, <-left)
	// The lock is still held, and the data source would wait for it ten times as long: only the cancellation ends them.
	require.Eventually(t, func() bool { return working() == 0 }, time.Minute, 10*time.Millisecond,
		"canceled queries still run")
}
