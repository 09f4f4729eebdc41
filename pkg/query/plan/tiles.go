package plan

import (
	"slices"
	"time"

	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// Span is [From, To).
type Span struct{ From, To time.Time }

// Always is the span of all records that can be.
var Always = Span{query.Earliest, query.Latest}

// Instant is what times are kept in: a record after a time is not before that time and an instant.
const Instant = time.Microsecond

// Later returns the span moved.
func (s Span) Later(d time.Duration) Span { return Span{s.From.Add(d), s.To.Add(d)} }

func (s Span) length() time.Duration { return s.To.Sub(s.From) }

// past returns how much of the span was before a time.
func (s Span) past(now time.Time) time.Duration {
	return max(0, min(s.length(), now.Sub(s.From)))
}

// NoTier stands for rows.
const NoTier store.Tier = 0

// Tiles cover spans of time with the whole buckets of a grouping, and the rest with rows. Together, less the corrections,
// they are exactly the spans.
type Tiles struct {
	Grouping    *store.Grouping
	Tiers       map[store.Tier][]Span // whole buckets only; each counts in the step that holds its middle
	Rows        []Span
	Corrections []Correction
	byRows      time.Duration // how much of the time rows serve
	now         time.Time     // what is yet to come holds nothing, or hardly anything, and costs nothing
}

// Correction is what coarse buckets count in one step and belongs to another or to none, in the buckets of a finer tier.
type Correction struct {
	Coarse, Fine store.Tier // NoTier where only rows are fine enough
	Spans        []Span
}

func newTiles(g *store.Grouping) Tiles {
	return Tiles{Grouping: g, Tiers: map[store.Tier][]Span{}, now: time.Now()}
}

// add reads a span by the buckets of a tier, or by rows.
func (t *Tiles) add(tier store.Tier, s Span) {
	if tier == NoTier {
		t.Rows = extend(t.Rows, s)
		t.byRows += s.length()
		return
	}
	t.Tiers[tier] = extend(t.Tiers[tier], s)
}

// subtract corrects what a coarse bucket counts in a step that a span does not belong to.
func (t *Tiles) subtract(coarse, fine store.Tier, s Span) {
	if fine == NoTier {
		t.byRows += s.past(t.now)
	}
	i := slices.IndexFunc(t.Corrections, func(c Correction) bool { return c.Coarse == coarse && c.Fine == fine })
	if i < 0 {
		i, t.Corrections = len(t.Corrections), append(t.Corrections, Correction{Coarse: coarse, Fine: fine})
	}
	t.Corrections[i].Spans = extend(t.Corrections[i].Spans, s)
}

// cover covers a span with the n finest tiers and rows.
func (t *Tiles) cover(s Span, n int) {
	if !s.From.Before(s.To) {
		return
	}
	if n == 0 {
		t.add(NoTier, s)
		return
	}
	tier := t.Grouping.Tiers[n-1]
	first := s.From.Add(tier.Width() - 1).Truncate(tier.Width())
	last := s.To.Truncate(tier.Width())
	if !first.Before(last) {
		t.cover(s, n-1)
		return
	}
	t.cover(Span{s.From, first}, n-1)
	t.add(tier, Span{first, last})
	t.cover(Span{last, s.To}, n-1)
}

// widen moves every bound of the steps to the nearer end of the coarsest bucket that it lies in and its two steps have room
// for, and corrects that with finer buckets. A week that begins at 23:00 is a week of the rollup without its last hour, and
// with the last hour of the week before. One that is over on Sunday at noon is a week without twelve hours. At the end of
// the range, only what has already happened counts as distance.
func (t *Tiles) widen(bounds []time.Time) []time.Time {
	widened := slices.Clone(bounds)
	last := len(bounds) - 1
	for i, bound := range bounds {
		fine := NoTier
		for _, tier := range t.Grouping.Tiers {
			from := bound.Truncate(tier.Width())
			to := from.Add(tier.Width())
			if i > 0 && from.Before(bounds[i-1]) || i < last && to.After(bounds[i+1]) {
				break
			}
			end, beyond := to, to.Sub(bound)
			if i == last {
				beyond = Span{bound, to}.past(t.now)
			}
			if bound.Sub(from) <= beyond {
				end = from
			}
			// What lies between belongs to the step on one side of the bound, and the bucket counts in the one on the other.
			between, belongs, counts := Span{end, widened[i]}, i > 0, i < last
			if end.After(widened[i]) {
				between, belongs, counts = Span{widened[i], end}, counts, belongs
			}
			if between.length() > 0 && belongs {
				t.add(fine, between)
			}
			if between.length() > 0 && counts {
				t.subtract(tier, fine, between)
			}
			widened[i], fine = end, tier
		}
	}
	return widened
}

// extend appends a span to others, extending the last where the two touch.
func extend(spans []Span, s Span) []Span {
	if n := len(spans); n > 0 && spans[n-1].To.Equal(s.From) {
		spans[n-1].To = s.To
		return spans
	}
	return append(spans, s)
}
