package query

import (
	"fmt"
	"slices"
	"time"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// Period is the time range of a question, [From, To), and how finely it can be drawn.
type Period struct {
	From, To      time.Time
	MaxDataPoints int64
	MinInterval   time.Duration
}

// canonical returns the period in the microseconds that the store keeps, and whether it was cut to the years in which
// records can be.
func (p Period) canonical() (canonical Period, cut bool, err error) {
	p.From, p.To = p.From.UTC().Truncate(time.Microsecond), p.To.UTC().Truncate(time.Microsecond)
	if !p.From.Before(p.To) {
		return p, false, invalid("range", "the time range ends before it starts: choose another")
	}
	asked := p
	if p.From, p.To = maxTime(p.From, always.from), minTime(p.To, always.to); !p.From.Before(p.To) {
		return p, false, invalid("range", "the time range lies beyond the years 2000 to 2099, in which records are kept: choose another")
	}
	return p, p != asked, nil
}

// span is [from, to).
type span struct{ from, to time.Time }

func (s span) length() time.Duration { return s.to.Sub(s.from) }

// past is how much of it was before a time.
func (s span) past(now time.Time) time.Duration { return max(0, minTime(s.to, now).Sub(s.from)) }

// plan says which table serves which part of the time range. Together, less what is moved, the parts are exactly the range.
type plan struct {
	steps    []time.Time // starts; a single one where nothing is drawn over time
	grouping *store.Grouping
	tiers    map[store.Tier][]span // of the grouping, whole buckets only; each counts in the step that holds its middle
	moved    []move
	rows     []span
	byRows   time.Duration // how much of the time rows serve
}

// noTier stands for rows.
const noTier store.Tier = 0

// move is what coarse buckets count in one step and belongs to another or to none, in the buckets of a finer tier.
type move struct {
	coarse, fine store.Tier // noTier where rows are as fine as it takes
	spans        []span
}

func newPlan(q *Query, needed []*activity.Field, p Period) (*plan, error) {
	rows := rowsSpan(q, p)
	pl := &plan{steps: []time.Time{p.From}, rows: []span{rows}, byRows: rows.length()}
	if q.View.overTime() {
		var err error
		if pl.steps, err = q.Interval.resolve(p).steps(p.From, p.To, q.Zone); err != nil {
			if q.View == Calendar { // which has no choice of intervals
				err = invalid("range", "a calendar has %d days at most: choose a shorter time range", maxSteps/24)
			}
			return nil, err
		}
	}
	if g := groupingFor(q, needed); g != nil {
		pl.useRollup(g, p, !q.Measure.isDistinct())
	}
	return pl, nil
}

// rowsSpan returns the time of the rows that a question is about. What is so now is so whenever it came about: the time
// range restricts states only where they are drawn over time, or marked in what is.
func rowsSpan(q *Query, p Period) span {
	if q.Kind == activity.RiskyUser && !q.View.overTime() && q.View != Logs && q.View != Annotations {
		return always
	}
	return span{p.From, p.To}
}

// always is the span of all records that can be.
var always = span{time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)}

// groupingFor finds the first grouping of the rollup that knows every field a question names. Users can only be told
// apart in the grouping by user.
func groupingFor(q *Query, needed []*activity.Field) *store.Grouping {
	for _, g := range store.Groupings {
		if len(g.Tiers) == 0 || !counts(g, q.Kind) || q.Measure == DistinctUsers && g.Entity != activity.Account {
			continue
		}
		if !slices.ContainsFunc(needed, func(f *activity.Field) bool { _, ok := rollupDimension(g, f); return !ok }) {
			return g
		}
	}
	return nil
}

// counts tells the groupings that count a kind's records.
func counts(g *store.Grouping, kind *activity.Kind) bool {
	if g.PerPolicy {
		return kind == activity.ConditionalAccess
	}
	return kind == g.Kind
}

// useRollup covers every step with the coarsest whole buckets that fit into it, its ends with finer ones, and what is left
// with rows. Where buckets fit badly, one pass over the rows is cheaper than both. What is additive can be moved: then a
// coarse bucket may reach beyond its step.
func (pl *plan) useRollup(g *store.Grouping, p Period, additive bool) {
	t := newTiles(g)
	bounds := append([]time.Time{p.From}, append(slices.Clone(pl.steps[1:]), p.To)...)
	if additive {
		bounds = t.widen(bounds)
	}
	for i := range pl.steps {
		t.cover(span{bounds[i], bounds[i+1]}, len(g.Tiers))
	}
	pl.use(t, p.To.Sub(p.From))
}

// use takes tiles for all, unless a pass over the rows is cheaper.
func (pl *plan) use(t tiles, all time.Duration) {
	if t.byRows <= all/2 {
		pl.grouping, pl.tiers, pl.rows, pl.moved, pl.byRows = t.grouping, t.tiers, t.rows, t.moved, t.byRows
	}
}

// tile covers spans like useRollup, without moving anything.
func (pl *plan) tile(g *store.Grouping, spans []span) {
	t := newTiles(g)
	var all time.Duration
	for _, s := range spans {
		t.cover(s, len(g.Tiers))
		all += s.length()
	}
	pl.use(t, all)
}

// tiles cover spans of time with the whole buckets of a grouping, and with rows what is left.
type tiles struct {
	grouping *store.Grouping
	tiers    map[store.Tier][]span
	rows     []span
	moved    []move
	byRows   time.Duration
	now      time.Time // what is yet to come holds nothing, or hardly anything, and costs nothing
}

func newTiles(g *store.Grouping) tiles {
	return tiles{grouping: g, tiers: map[store.Tier][]span{}, now: time.Now()}
}

// add reads a span by the buckets of a tier, or by rows.
func (t *tiles) add(tier store.Tier, s span) {
	if tier == noTier {
		t.rows = join(t.rows, s)
		t.byRows += s.length()
		return
	}
	t.tiers[tier] = join(t.tiers[tier], s)
}

// move adds a span to the step that it belongs to, and takes it from the one in which the coarser bucket counts, where
// there are these steps.
func (t *tiles) move(coarse, fine store.Tier, s span, belongs, counts bool) {
	if belongs {
		t.add(fine, s)
	}
	if !counts {
		return
	}
	if fine == noTier {
		t.byRows += s.past(t.now)
	}
	i := slices.IndexFunc(t.moved, func(m move) bool { return m.coarse == coarse && m.fine == fine })
	if i < 0 {
		i, t.moved = len(t.moved), append(t.moved, move{coarse: coarse, fine: fine})
	}
	t.moved[i].spans = join(t.moved[i].spans, s)
}

// cover covers a span with the n finest tiers and rows.
func (t *tiles) cover(s span, n int) {
	if !s.from.Before(s.to) {
		return
	}
	if n == 0 {
		t.add(noTier, s)
		return
	}
	tier := t.grouping.Tiers[n-1]
	first := s.from.Add(tier.Width() - 1).Truncate(tier.Width())
	last := s.to.Truncate(tier.Width())
	if !first.Before(last) {
		t.cover(s, n-1)
		return
	}
	t.cover(span{s.from, first}, n-1)
	t.add(tier, span{first, last})
	t.cover(span{last, s.to}, n-1)
}

// widen puts every bound of the steps on the nearer end of the coarsest bucket that it lies in and its two steps have room
// for, and completes that with finer ones. A week that begins at 23:00 is a week of the rollup, less its last hour, and with
// that of the week before; one that is over on Sunday at noon is a week less twelve hours. At the end of the range only what
// has happened already counts as distance.
func (t *tiles) widen(bounds []time.Time) []time.Time {
	widened := slices.Clone(bounds)
	last := len(bounds) - 1
	for i, bound := range bounds {
		fine := noTier
		for _, tier := range t.grouping.Tiers {
			from := bound.Truncate(tier.Width())
			to := from.Add(tier.Width())
			if i > 0 && from.Before(bounds[i-1]) || i < last && to.After(bounds[i+1]) {
				break
			}
			end, beyond := to, to.Sub(bound)
			if i == last {
				beyond = span{bound, to}.past(t.now)
			}
			if bound.Sub(from) <= beyond {
				end = from
			}
			switch at := widened[i]; {
			case end.Before(at): // what lies between belongs to the step before the bound, and the bucket counts in the one after it
				t.move(tier, fine, span{end, at}, i > 0, i < last)
			case end.After(at):
				t.move(tier, fine, span{at, end}, i < last, i > 0)
			}
			widened[i], fine = end, tier
		}
	}
	return widened
}

// join appends a span to others, extending the last where the two touch.
func join(spans []span, s span) []span {
	if n := len(spans); n > 0 && spans[n-1].to.Equal(s.from) {
		spans[n-1].to = s.to
		return spans
	}
	return append(spans, s)
}

// ofRows lists the spans that rows serve.
func (pl *plan) ofRows() []span {
	spans := pl.rows
	for _, m := range pl.moved {
		if m.fine == noTier {
			spans = append(slices.Clip(spans), m.spans...)
		}
	}
	return spans
}

// oldest returns from when on rows are needed; zero where none are.
func (pl *plan) oldest() time.Time {
	spans := pl.ofRows()
	if len(spans) == 0 {
		return time.Time{}
	}
	return slices.MinFunc(spans, func(a, b span) int { return a.from.Compare(b.from) }).from
}

// finest returns the tier that comes nearest to the rows.
func (pl *plan) finest() store.Tier {
	if pl.grouping == nil {
		return noTier
	}
	return pl.grouping.Tiers[0]
}

// readsMuch tells plans that go through the rows of more than a day, or tell apart what there was in it.
func (pl *plan) readsMuch(q *Query, p Period) bool {
	const day = 24 * time.Hour
	return pl.byRows > day || p.To.Sub(p.From) > day && (q.Measure.isDistinct() || q.asksSeen())
}

// served names the tables that serve, for whoever inspects the query.
func (pl *plan) served() string {
	switch {
	case pl.grouping == nil:
		return "rows"
	case len(pl.ofRows()) == 0:
		return "rollup"
	}
	return "rollup and rows"
}

// dimension is where a table, called r, keeps a field.
type dimension struct {
	field         *activity.Field
	expr          string                   // what r holds: the value itself, a code or a reference
	codes         []string                 // the values that codes stand for: the first for 1
	table, column string                   // of the texts that references stand for
	told          func(text string) string // the value, where the texts are what tells it
}

// label returns the value that a code stands for; none for a code that is unknown.
func (d dimension) label(code int64) string {
	if code < 1 || code > int64(len(d.codes)) {
		return ""
	}
	return d.codes[code-1]
}

func rowsDimension(kind *activity.Kind, f *activity.Field) dimension {
	column := store.Column(kind, f)
	if d, ok := sharedDimension(f); ok {
		return d
	}
	if kind == activity.UserActivity && f.Name == "kind" {
		return dimension{field: f, expr: "r.kind", codes: f.Values}
	}
	if kind == activity.ConditionalAccess && f.Name == policyResult {
		return dimension{field: f, expr: "r." + column, table: store.Schema + ".word", column: "text"}
	}
	if f.Of != nil {
		return dimension{field: f, expr: "r." + store.Reference(f.Of), table: store.EntityTable(f.Of), column: column}
	}
	return dimension{field: f, expr: "r." + column}
}

// policyResult is the field of what a policy made of a sign-in.
const policyResult = "policyResult"

// sharedDimension finds the fields that rows and rollup keep alike.
func sharedDimension(f *activity.Field) (dimension, bool) {
	switch {
	case f.Name == "tenantId":
		return dimension{field: f, expr: "r.tenant", table: store.Schema + ".tenant", column: "tenant_id"}, true
	case f.Name == "signInEventTypes":
		return dimension{field: f, expr: "r.variant", codes: activity.SignInEventTypes}, true
	case f.Name == "status" && f.Of == nil:
		return dimension{field: f, expr: "r.status", codes: activity.AllStatuses}, true
	}
	return dimension{}, false
}

// toldBy is the field that a table has to know for a filter. The class of a client app follows from the app, which the
// rollup knows. Only rows tell an unknown app from no client at all, which has no class.
func toldBy(kind *activity.Kind, f *Filter) *activity.Field {
	if f.Field.Name == "clientAppClass" && f.fits("") == f.fits(activity.Unknown) {
		return kind.Field("clientAppUsed")
	}
	return f.Field
}

// inRollup is where a grouping keeps what it was found to know.
func inRollup(g *store.Grouping, f *activity.Field) dimension {
	d, known := rollupDimension(g, f)
	if !known && f.Name == "clientAppClass" {
		d = inRollup(g, g.Kind.Field("clientAppUsed"))
		d.told = activity.ClientAppClass
	}
	return d
}

func rollupDimension(g *store.Grouping, f *activity.Field) (dimension, bool) {
	if d, ok := sharedDimension(f); ok {
		return d, true
	}
	if g.Entity != nil && f.Of != nil && (f.Of == g.Entity || f.Of.Through == g.Entity) {
		return dimension{field: f, expr: "r.k1", table: store.EntityTable(f.Of), column: store.Column(g.Kind, f)}, true
	}
	switch {
	case g.PerPolicy && f.Of == activity.Policy:
		return dimension{field: f, expr: "r.k1", table: store.EntityTable(f.Of), column: store.Column(g.Kind, f)}, true
	case g.PerPolicy && f.Name == policyResult:
		return dimension{field: f, expr: "r.k2", table: store.Schema + ".word", column: "text"}, true
	}
	n := g.Key(f)
	if n < 0 {
		return dimension{}, false
	}
	key := [...]string{"r.k1", "r.k2", "r.k3"}[n]
	if f.Type == activity.Integer {
		return dimension{field: f, expr: fmt.Sprintf("nullif(%s, %d)", key, store.NoInteger)}, true
	}
	return dimension{field: f, expr: key, table: store.Schema + ".word", column: "text"}, true
}
