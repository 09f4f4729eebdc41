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
				const days = query.MaxSteps / 24
				err = query.Invalid("range", "a calendar has %d days at most: choose a shorter time range", days)
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

// ForWindows plans to count in windows: their spans and the steps exclude starts and include ends. The rollup serves where
// useRollup is set and a grouping has all fields that are needed.
func ForWindows(q *query.Query, needed []*activity.Field, w query.Windows, useRollup bool) *Plan {
	pl := &Plan{Steps: make([]time.Time, len(w.Edges))}
	for i, edge := range w.Edges {
		pl.Steps[i] = edge.Add(Instant)
	}
	spans := Wanted(w)
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

// Grouping returns the first grouping of the rollup that has every field a query needs; nil if there is none. Only the
// grouping by user can count distinct users.
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

// IsExpensive reports whether a plan reads the rows of more than a day, or looks for distinct or first things in so long a
// range.
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
