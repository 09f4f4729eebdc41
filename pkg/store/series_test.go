package store_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/lib/pq"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

func TestDelays(t *testing.T) {
	db := open(t)
	w := writer(t, db)
	now := time.Now()
	for i, late := range []time.Duration{-time.Hour, time.Second, 2 * time.Minute, 90 * time.Minute, 100 * time.Hour} {
		r := signIn(fmt.Sprint(i), now.Add(-late))
		for range 2 { // the second time it is not new
			_, err := w.Write(t.Context(), store.Batch{Source: "test", Records: []*activity.Record{r}})
			require.NoError(t, err)
		}
	}
	var delays []int64
	var seconds float64
	require.NoError(t, db.QueryRow("SELECT delays, delay_seconds FROM entra.source").Scan(pq.Array(&delays), &seconds))
	require.Equal(t, []int64{2, 1, 0, 0, 0, 0, 1, 0, 1}, delays)
	require.InDelta(t, (time.Second + 2*time.Minute + 90*time.Minute + 100*time.Hour).Seconds(), seconds, 240)
}

// TestAdmissionWhileWriting gives series to applications that counted as "other" while writers count on. Nothing waits
// for ever, and every sign-in counts exactly once: with its application or as "other".
func TestAdmissionWhileWriting(t *testing.T) {
	db := open(t)
	isByApplication := func(g *store.Grouping) bool { return g.Entity == activity.Application }
	byApplication := store.Groupings[slices.IndexFunc(store.Groupings, isByApplication)]
	decide := func(limit int) {
		err := store.Admission{Grouping: byApplication, Keys: 1, Admit: func(own int, candidates []store.Candidate) []bool {
			admitted := make([]bool, len(candidates))
			for i := range admitted {
				admitted[i] = own+i < limit
			}
			return admitted
		}}.Decide(t.Context(), db)
		require.NoError(t, err)
	}
	var writers sync.WaitGroup
	for n := range 3 {
		w := writer(t, db)
		writers.Go(func() {
			for i := range 20 {
				var records []*activity.Record
				for j := range 10 {
					records = append(records, signIn(fmt.Sprint(n, "-", i, "-", j), time.Now(),
						"appId", fmt.Sprint("app ", j), "errorCode", []string{"0", "50126"}[i%2]))
				}
				if _, err := w.Write(context.Background(), store.Batch{Source: "test", Records: records}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for limit := range 12 {
		decide(limit)
		time.Sleep(20 * time.Millisecond)
	}
	writers.Wait()
	decide(12)
	var own, total, asOther int
	require.NoError(t, db.Get(&own, "SELECT count(*) FROM entra.series WHERE grouping = 2 AND own"))
	require.Equal(t, 10, own)
	require.NoError(t, db.QueryRow("SELECT sum(n), sum(aside) FROM entra.total WHERE grouping = 2").Scan(&total, &asOther))
	require.Equal(t, 600, total)
	require.LessOrEqual(t, asOther, total)
}
