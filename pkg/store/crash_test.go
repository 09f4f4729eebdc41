package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// crashDatabase names, to the process that the test kills, the database to write to.
const crashDatabase = "ENTRA_ACTIVITY_TEST_CRASH_DATABASE"

const crashBatches = 40

// crashBatch is one of a fixed sequence of batches in which records repeat and change.
func crashBatch(n int) []*activity.Record {
	random := rand.New(rand.NewPCG(uint64(n), 7))
	start := time.Date(2026, 6, 29, 0, 0, 0, 0, time.UTC)
	records := make([]*activity.Record, 200)
	for i := range records {
		id := random.IntN(n*100 + 200)
		records[i] = signIn(strconv.Itoa(id), start.Add(time.Duration(id)*time.Minute),
			"errorCode", strconv.Itoa([]int{0, 50126, 50074}[random.IntN(3)]), "appId", strconv.Itoa(id%7),
			"userId", fmt.Sprint("user ", id%50), "countryOrRegion", []string{"US", "DE"}[id%2])
	}
	return records
}

// writeOn writes the batches that the database does not have yet.
func writeOn(ctx context.Context, db *store.DB) error {
	w, err := store.NewWriter(ctx, db)
	if err != nil {
		return err
	}
	next := 0
	if err := db.Get(&next, "SELECT coalesce(max(position::int), 0) FROM entra.source"); err != nil {
		return err
	}
	for ; next < crashBatches; next++ {
		if _, err := w.Write(ctx, store.Batch{Source: "crash", Position: strconv.Itoa(next + 1), Records: crashBatch(next)}); err != nil {
			return err
		}
	}
	return nil
}

// TestKilledWriter kills a writing process at random moments, again and again, and expects in the end the very database
// that an undisturbed one writes.
func TestKilledWriter(t *testing.T) {
	if url := os.Getenv(crashDatabase); url != "" {
		db, err := store.Open(store.Config{URL: url})
		require.NoError(t, err)
		require.NoError(t, writeOn(t.Context(), db))
		return
	}
	undisturbed, killed := open(t), open(t)
	require.NoError(t, writeOn(t.Context(), undisturbed))
	var name string
	require.NoError(t, killed.Get(&name, "SELECT current_database()"))
	kills := 0
	for attempt := 0; ; attempt++ {
		require.Less(t, attempt, 200, "the writer makes no progress")
		child := exec.Command(os.Args[0], "-test.run=^TestKilledWriter$") //nolint:gosec // this test itself
		child.Env = append(os.Environ(), crashDatabase+"="+pgtest.Server(t).URL(name))
		require.NoError(t, child.Start())
		// Longer and longer, or on a busy machine it would never live long enough to write.
		life := time.Duration(50+rand.IntN(400+40*attempt)) * time.Millisecond
		timer := time.AfterFunc(life, func() { _ = child.Process.Kill() })
		err := child.Wait()
		timer.Stop()
		if err == nil {
			break
		}
		kills++
		// What PostgreSQL has already been told to commit, it still does. Only then may the next one read how far it came.
		require.Eventually(t, func() (gone bool) {
			require.NoError(t, killed.Get(&gone, `SELECT count(*) = 0 FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND state <> 'idle' AND pid <> pg_backend_pid()`))
			return gone
		}, time.Minute, time.Millisecond)
	}
	t.Logf("killed %d times", kills)
	require.Equal(t, contents(t, undisturbed), contents(t, killed))
	requireConsistent(t, killed)
}

// contents returns all that the store holds of sign-ins, by names: ids of entities may differ.
func contents(t *testing.T, db *store.DB) []string {
	t.Helper()
	var lines []string
	for _, query := range []string{
		`SELECT concat_ws(' ', i.text, r.time, r.status, r.error_code, a.key, u.key, p.country_or_region, raw.record::text)
		 FROM entra.sign_in r JOIN entra.identifier i ON i.id = r.id JOIN entra.sign_in_raw raw ON raw.id = r.id
		 JOIN entra.application a ON a.id = r.application JOIN entra.account u ON u.id = r.account
		 JOIN entra.place p ON p.id = r.place ORDER BY 1`,
		`SELECT concat_ws(' ', grouping, tier, bucket, coalesce(a.key, u.key, w.text, k1::text), variant, status, edge, n)
		 FROM entra.rollup r LEFT JOIN entra.application a ON grouping = 2 AND a.id = k1
		 LEFT JOIN entra.account u ON grouping = 9 AND u.id = k1
		 LEFT JOIN entra.word w ON grouping IN (3, 6, 7) AND w.id = k1 WHERE grouping <> 4 ORDER BY 1`,
		`SELECT concat_ws(' ', grouping, coalesce(a.key, w.text, k1::text), variant, status, n, first_event, last_event)
		 FROM entra.total LEFT JOIN entra.application a ON grouping = 2 AND a.id = k1
		 LEFT JOIN entra.word w ON grouping IN (3, 6, 7) AND w.id = k1 WHERE grouping <> 4 ORDER BY 1`,
		`SELECT concat_ws(' ', name, position, new, changed, unchanged, refused, newest_event) FROM entra.source ORDER BY 1`,
	} {
		var some []string
		require.NoError(t, db.Select(&some, query))
		require.NotEmpty(t, some)
		lines = append(lines, some...)
	}
	return lines
}
