package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/engine"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// What reads much leaves connections to what is quick, here while somebody keeps the rows from being read.
func TestQuickQuestionsDoNotWaitForSlowOnes(t *testing.T) {
	db, address := pgtest.Store(t)
	few, err := store.Open(store.Config{URL: address, MaxOpenConns: 4, MaxIdleConns: 4})
	require.NoError(t, err)
	defer few.Close()
	st := engine.Engine{DB: few, Timeout: 10 * time.Minute, MaxRows: 1000}
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	month := query.Period{From: from, To: from.AddDate(0, 1, 0)}

	lock, err := db.Beginx()
	require.NoError(t, err)
	defer lock.Rollback() //nolint:errcheck // where the test has failed before
	_, err = lock.Exec("LOCK TABLE entra.sign_in IN ACCESS EXCLUSIVE MODE")
	require.NoError(t, err)
	var slow errgroup.Group
	for range 10 {
		slow.Go(func() error {
			_, err := st.Run(t.Context(),
				decode(t, object{"view": "value", "filters": []any{filter("city", "=", "Munich")}}), access.All(), month)
			return err
		})
	}
	require.Eventually(t, func() bool {
		var waiting int
		require.NoError(t, lock.Get(&waiting, "SELECT count(*) FROM pg_locks WHERE relation = 'entra.sign_in'::regclass AND NOT granted"))
		return waiting == 2
	}, time.Minute, 10*time.Millisecond)

	// It has to come while the slow ones wait, which they go on to do for ten times as long.
	soon, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	answer, err := st.Run(soon, decode(t, object{"view": "value"}), access.All(), month)
	require.NoError(t, err)
	require.Equal(t, "rollup", answer.Served)
	require.NoError(t, lock.Rollback())
	require.NoError(t, slow.Wait())
}
