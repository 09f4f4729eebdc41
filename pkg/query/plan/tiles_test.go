package plan

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// Wherever bounds lie, and whenever it is now, each record counts once in its step and in no other; what lies beyond the
// range counts nowhere.
func TestEveryRecordCountsInItsStep(t *testing.T) {
	random := rand.New(rand.NewPCG(21, 22))
	// Bounds are often in the middle of a bucket, where a minute decides which end is the nearer one.
	grids := []time.Duration{time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 12 * time.Hour, 84 * time.Hour}
	for range 30000 {
		g := store.Groupings[random.IntN(len(store.Groupings))]
		length := time.Duration(1+random.IntN(1<<random.IntN(11))) * time.Hour // hours to weeks, each as often
		at := func() time.Time {
			return Always.From.Add(time.Duration(random.Int64N(int64(length)))).Truncate(grids[random.IntN(len(grids))])
		}
		bounds := []time.Time{at(), at(), at(), at(), at(), at()}[:2+random.IntN(5)]
		slices.SortFunc(bounds, time.Time.Compare)
		if bounds = slices.CompactFunc(bounds, time.Time.Equal); len(bounds) < 2 {
			continue
		}
		last := len(bounds) - 1
		steps := slices.Clone(bounds[:last])
		steps[0] = steps[0].Add(-time.Duration(random.IntN(2)) * length) // it may begin before the range
		tiles := newTiles(g)
		tiles.now = at()
		widened := tiles.widen(bounds)
		for i := range steps {
			tiles.cover(Span{widened[i], widened[i+1]}, len(g.Tiers))
		}
		for range 30 {
			record, want := at(), map[int]int{}
			if !record.Before(bounds[0]) && record.Before(bounds[last]) {
				want[slices.IndexFunc(bounds, record.Before)] = 1
			}
			require.Equal(t, want, tiles.counts(steps, record), "%v in %v by %v, now %v", record, bounds, g.Tiers, tiles.now)
		}
	}
}

// counts returns how often the statement that cells makes of tiles counts a record, by step.
func (t *Tiles) counts(steps []time.Time, record time.Time) map[int]int {
	counts := map[int]int{}
	start := func(tier store.Tier) time.Time {
		if tier == NoTier {
			return record
		}
		return record.Truncate(tier.Width())
	}
	add := func(n int, tier store.Tier, spans []Span, at time.Time) {
		step := slices.IndexFunc(steps, at.Before) // as width_bucket
		if step < 0 || len(steps) == 1 {
			step = len(steps)
		}
		for _, s := range spans {
			if !start(tier).Before(s.From) && start(tier).Before(s.To) {
				counts[step] += n
			}
		}
	}
	for tier, spans := range t.Tiers {
		add(1, tier, spans, start(tier).Add(tier.Width()/2))
	}
	for _, m := range t.Corrections {
		add(-1, m.Fine, m.Spans, start(m.Coarse).Add(m.Coarse.Width()/2))
	}
	add(1, NoTier, t.Rows, record)
	maps.DeleteFunc(counts, func(_, n int) bool { return n == 0 })
	return counts
}
