// Package plan decides which tables serve which part of a query's time range: the buckets of the rollup, or the rows.
package plan

import (
	"slices"
	"time"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/tables"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// Plan says which table serves which part of the time range, and the steps to count in.
type Plan struct {
	Steps []time.Time // starts; a single one where nothing is drawn over time
	Tiles
}

// New plans a query that needs some fields.
func New(q *query.Query, needed []*activity.Field, p query.Period) (*Plan, error) {
	pl, err := FromRows(q, p)
	if err != nil {
		return nil, err
	}
	if g := Grouping(q, needed); g != nil {
		t := newTiles(g)
		bounds := append([]time.Time{p.From}, append(slices.Clone(pl.Steps[1:]), p.To)...)
		if !q.Measure.IsDistinct() { // what can be subtracted: a coarse bucket may reach beyond its step
			bounds = t.widen(bounds)
		}
		spans := make([]Span, len(pl.Steps))
		for i := range spans {
			spans[i] = Span{bounds[i], bounds[i+1]}
		}
		pl.use(t, spans, p.To.Sub(p.From))
	}
	return pl, nil
}

// FromRows plans a query for rows alone.
func FromRows(q *query.Query, p query.Period) (*Plan, error) {
	rows := Range(q, p)
	pl := &Plan{Steps: []time.Time{p.From}, Tiles: Tiles{Rows: []Span{rows}, byRows: rows.length()}}
	if q.View.IsOverTime() {
		var err error
		if pl.Steps, err = q.Interval.Resolve(p).Steps(p.From, p.To, q.Zone); err != nil {
			if q.View == query.Calendar { // which has no choice of intervals
				err = query.Invalid("range", "a calendar has %d days at most: choose a shorter time range", query.MaxSteps/24)
			}
			return nil, err
		}
	}
	return pl, nil
}

// Range returns the time of the rows that a query is about. What is so now is so whenever it came about: the time range
// restricts states only where they are drawn over time, or marked in what is.
func Range(q *query.Query, p query.Period) Span {
	if q.Kind == activity.RiskyUser && !q.View.IsOverTime() && q.View != query.Logs && q.View != query.Annotations {
		return Always
	}
	return Span{p.From, p.To}
}

// Wanted returns the windows to count in.
func Wanted(w query.Windows) (spans []Span) {
	for i, wanted := range w.Wanted {
		if wanted {
			spans = append(spans, Span{w.Edges[i], w.Edges[i+1]})
		}
	}
	return spans
}

// ForWindows plans to count in windows. Their spans and steps exclude starts and include ends. The rollup serves where
// useRollup is set and a grouping has all fields that are needed.
func ForWindows(q *query.Query, needed []*activity.Field, edges []time.Time, spans []Span, useRollup bool) *Plan {
	pl := &Plan{Steps: make([]time.Time, len(edges))}
	for i, edge := range edges {
		pl.Steps[i] = edge.Add(Instant)
	}
	for _, s := range spans {
		pl.Rows = extend(pl.Rows, s)
	}
	if g := Grouping(q, needed); g != nil && useRollup {
		var length time.Duration
		for _, s := range spans {
			length += s.length()
		}
		pl.use(newTiles(g), spans, length)
	}
	return pl
}

// Grouping returns the first grouping of the rollup that has every field a query needs, or its users; nil if none does.
func Grouping(q *query.Query, needed []*activity.Field) *store.Grouping {
	for _, g := range store.Groupings {
		kind := g.Kind
		if g.PerPolicy {
			kind = activity.ConditionalAccess
		}
		if len(g.Tiers) == 0 || kind != q.Kind || q.Measure == query.DistinctUsers && g.Entity != activity.Account {
			continue
		}
		missing := func(f *activity.Field) bool { _, ok := tables.OfGrouping(g, f); return !ok }
		if !slices.ContainsFunc(needed, missing) {
			return g
		}
	}
	return nil
}

// FilterField returns the field that a table needs for a filter. The class of a client app follows from the app, which the
// rollup has. Only rows distinguish an unknown app from no client at all, which has no class.
func FilterField(kind *activity.Kind, f *query.Filter) *activity.Field {
	if f.Field.Name == "clientAppClass" && f.Matches("") == f.Matches(activity.Unknown) {
		return kind.Field("clientAppUsed")
	}
	return f.Field
}

// use covers spans with tiles: with the coarsest whole buckets that fit, their ends with finer ones, and the rest with rows.
// Where buckets fit badly, one pass over the rows is cheaper.
func (pl *Plan) use(t Tiles, spans []Span, length time.Duration) {
	for _, s := range spans {
		t.cover(s, len(t.Grouping.Tiers))
	}
	if t.byRows <= length/2 {
		pl.Tiles = t
	}
}

// rowSpans lists the spans that rows serve.
func (pl *Plan) rowSpans() []Span {
	spans := slices.Clip(pl.Rows)
	for _, c := range pl.Corrections {
		if c.Fine == NoTier {
			spans = append(spans, c.Spans...)
		}
	}
	return spans
}

// Oldest returns from when on rows are needed; zero where none are.
func (pl *Plan) Oldest() time.Time {
	spans := pl.rowSpans()
	if len(spans) == 0 {
		return time.Time{}
	}
	return slices.MinFunc(spans, func(a, b Span) int { return a.From.Compare(b.From) }).From
}

// Finest returns the tier that comes nearest to the rows.
func (pl *Plan) Finest() store.Tier {
	if pl.Grouping == nil {
		return NoTier
	}
	return pl.Grouping.Tiers[0]
}

// IsExpensive reports whether a plan reads rows, or distinct or first things, of more than a day.
func (pl *Plan) IsExpensive(q *query.Query, p query.Period) bool {
	const day = 24 * time.Hour
	return pl.byRows > day || p.To.Sub(p.From) > day && (q.Measure.IsDistinct() || q.NeedsHistory())
}

// Served names the tables that serve, for whoever inspects the query.
func (pl *Plan) Served() string {
	switch {
	case pl.Grouping == nil:
		return "rows"
	case len(pl.rowSpans()) == 0:
		return "rollup"
	}
	return "rollup and rows"
}

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

// Tiles cover spans of time exactly: with whole buckets of a grouping, less corrections, and the rest with rows.
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
