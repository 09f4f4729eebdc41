package metrics

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/VictoriaMetrics/metricsql"

	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// EvalRange says when to evaluate: at the multiples of a step from Start's on, up to End. Without a step it is once, at End.
type EvalRange struct {
	Start, End time.Time
	Step       time.Duration
	Ingest     bool // by when records were stored, not by when they happened
}

// instantStep is the window of an instant query whose expression names none.
const instantStep = 5 * time.Minute

// Series is a line of an answer; NaN stands for no data.
type Series struct {
	Labels map[string]string
	Values []float64
}

// key is what tells series apart, and what orders them.
func (s Series) key() string { return keyOf(s.Labels) }

func keyOf(labels map[string]string) string {
	names := make([]string, 0, len(labels))
	for name := range labels {
		names = append(names, name)
	}
	sort.Strings(names)
	b := make([]byte, 0, 64)
	for _, name := range names {
		b = append(append(b, name...), '=')
		b = append(strconv.AppendQuote(b, labels[name]), ',')
	}
	return string(b)
}

// alive tells series that have a value.
func (s Series) alive() bool {
	return slices.ContainsFunc(s.Values, func(v float64) bool { return v == v })
}

// Result is what an expression amounts to.
type Result struct {
	Times    []time.Time
	Series   []Series
	Infos    []string // what is worth knowing of any such answer
	Warnings []string // what this one may lack
	Leaves   []Counted
	SQL      string
	Served   string
	Read     int64
}

// times are in microseconds, sorted, as the store keeps them.
type times []int64

func (g EvalRange) times() (list times, err error) {
	if g.Step == 0 {
		return times{g.End.UnixMicro()}, nil
	}
	step := g.Step.Microseconds()
	if step <= 0 || step%1000 != 0 {
		return nil, refuse("", "the step %v is not in milliseconds: choose another", g.Step)
	}
	start := floor(g.Start.UnixMicro(), step)
	if n := (g.End.UnixMicro()-start)/step + 1; n > maxPoints {
		return nil, refuse("", "%d points are more than the limit of %d: choose a longer step or a shorter time range", n, maxPoints)
	}
	for t := start; t <= g.End.UnixMicro(); t += step {
		list = append(list, t)
	}
	return list, nil
}

// floor is the multiple of step at or before t.
func floor(t, step int64) int64 {
	rest := t % step
	if rest < 0 {
		rest += step
	}
	return t - rest
}

// Evaluate answers an expression by what a source counts. The series are in order of their labels, unless the expression
// sorts them.
func (e *Expr) Evaluate(ctx context.Context, source Source, g EvalRange) (*Result, error) {
	list, err := g.times()
	if err != nil {
		return nil, err
	}
	step := g.Step
	if step == 0 {
		step = instantStep
	}
	ev := &evaluation{ctx: ctx, source: source, ingest: g.Ingest, repeated: e.repeats(), leaves: map[string][]Series{}}
	answer := &Result{}
	for _, t := range list {
		answer.Times = append(answer.Times, time.UnixMicro(t).UTC())
	}
	if len(list) == 0 {
		return answer, nil
	}
	seen := map[string]bool{}
	err = ev.stream(e.root, clock{list, step.Microseconds()}, func(s Series) error {
		if !s.alive() {
			return nil
		}
		key := s.key()
		switch {
		case seen[key]:
			return refuse("", "two series are called {%s}: keep a label that tells them apart", strings.TrimSuffix(key, ","))
		case len(seen) == maxSeries:
			return refuse("", "the answer has more than %d series, which is the limit: use topk, filter, or sum by fewer labels", maxSeries)
		}
		seen[key] = true
		answer.Series = append(answer.Series, s)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if !e.sorted() {
		sort.SliceStable(answer.Series, func(i, j int) bool { return answer.Series[i].key() < answer.Series[j].key() })
	}
	answer.Infos = ev.notices
	return answer, nil
}

// sorted tells expressions that say in which order their series come.
func (e *Expr) sorted() bool {
	f, ok := e.root.(*metricsql.FuncExpr)
	return ok && strings.HasPrefix(strings.ToLower(f.Name), "sort")
}

// repeats counts the leaves of an expression by their text.
func (e *Expr) repeats() map[string]int {
	counts := map[string]int{}
	for _, leaf := range e.leaves {
		counts[leaf]++
	}
	return counts
}

type evaluation struct {
	ctx      context.Context
	source   Source
	ingest   bool
	repeated map[string]int
	leaves   map[string][]Series // of what occurs more than once
	held     int
	notices  []string
}

// hold counts values that are kept in memory.
func (e *evaluation) hold(n int) error {
	if e.held += n; e.held > maxHeld {
		return refuse("", "the expression needs more than %d values at once, which is the limit: filter, sum by fewer labels, or choose a longer step", maxHeld)
	}
	return nil
}

func (e *evaluation) notice(text string) {
	if !slices.Contains(e.notices, text) {
		e.notices = append(e.notices, text)
	}
}

// clock is when an expression is evaluated, and what an omitted window is.
type clock struct {
	times times
	step  int64
}

func (c clock) constant(v float64) Series {
	return Series{map[string]string{}, slices.Repeat([]float64{v}, len(c.times))}
}

func (c clock) each(f func(t int64) float64) Series {
	s := Series{map[string]string{}, make([]float64, len(c.times))}
	for i, t := range c.times {
		s.Values[i] = f(t)
	}
	return s
}

func (c clock) empty() []float64 { return slices.Repeat([]float64{nan()}, len(c.times)) }

// eval returns all series of an expression.
func (e *evaluation) eval(expr metricsql.Expr, c clock) (list []Series, err error) {
	err = e.stream(expr, c, func(s Series) error {
		list = append(list, s)
		return e.hold(len(s.Values))
	})
	return list, err
}

// stream yields the series of an expression, one after the other where they need not be known all at once.
func (e *evaluation) stream(expr metricsql.Expr, c clock, yield func(Series) error) error {
	if err := e.ctx.Err(); err != nil {
		return err
	}
	if _, r, m := leafOf(expr); m != nil {
		metric, _, err := selector(m)
		if err != nil {
			return err
		}
		return e.leaf(expr.(*metricsql.FuncExpr), r, m, metric.Exported, c, yield)
	}
	all := func(list []Series, err error) error {
		for _, s := range list {
			if err == nil {
				err = yield(s)
			}
		}
		return err
	}
	switch x := expr.(type) {
	case *metricsql.NumberExpr:
		return yield(c.constant(x.N))
	case *metricsql.MetricExpr:
		metric, _, err := selector(x)
		if err != nil {
			return err
		}
		return e.gauge(x, metric.Exported, c, yield)
	case *metricsql.DurationExpr:
		d, err := duration(x, c.step)
		return all([]Series{c.constant(float64(d) / 1e6)}, err)
	case *metricsql.RollupExpr: // an expression as a whole at another time
		return all(e.moved(x, c, func(c clock) ([]Series, error) { return e.eval(x.Expr, c) }))
	case *metricsql.AggrFuncExpr:
		return e.aggregate(x, c, yield)
	case *metricsql.BinaryOpExpr:
		if f := withNumber(x); f != nil {
			side := x.Left
			if _, number := side.(*metricsql.NumberExpr); number {
				side = x.Right
			}
			return e.stream(side, c, func(s Series) error {
				if comparisons[x.Op] == "" && !s.alive() { // as arithmetic between series
					return nil
				}
				return yield(f(s))
			})
		}
		return all(e.binary(x, c))
	case *metricsql.FuncExpr:
		if metricsql.IsRollupFunc(x.Name) {
			r := ranged(x)
			return all(e.moved(r, c, func(c clock) ([]Series, error) { return e.subquery(x, r, c) }))
		}
		return all(e.transform(x, c))
	}
	return fmt.Errorf("metrics: %s is not bound", textOf(expr))
}

// moved evaluates at the times that offset and @ lead to.
func (e *evaluation) moved(x *metricsql.RollupExpr, c clock, f func(clock) ([]Series, error)) ([]Series, error) {
	back := int64(0)
	if x.Offset != nil {
		var err error
		if back, err = duration(x.Offset, c.step); err != nil {
			return nil, err
		}
	}
	if x.At == nil {
		moved := clock{make(times, len(c.times)), c.step}
		for i, t := range c.times {
			moved.times[i] = t - back
		}
		return f(moved)
	}
	at, err := e.number(x.At, c)
	if err != nil {
		return nil, err
	}
	if math.IsNaN(at) || math.Abs(at) > maxDuration {
		return nil, refuse(textOf(x.At), "%s is no time: use seconds since 1970, start() or end()", textOf(x.At))
	}
	once, err := f(clock{times{int64(math.Round(at*1000))*1000 - back}, c.step})
	for i := range once {
		once[i].Values = slices.Repeat(once[i].Values, len(c.times))
	}
	return once, err
}

// number is an argument that is the same at all times.
func (e *evaluation) number(expr metricsql.Expr, c clock) (float64, error) {
	list, err := e.eval(expr, c)
	if err != nil {
		return 0, err
	}
	if len(list) != 1 {
		return 0, refuse(textOf(expr), "%s is no number: use a number there, or scalar()", textOf(expr))
	}
	values := list[0].Values
	if slices.ContainsFunc(values, func(v float64) bool { return v != values[0] && !(v != v && values[0] != values[0]) }) {
		return 0, refuse(textOf(expr), "%s changes over time, and has to be the same at all times there: use a number", textOf(expr))
	}
	return values[0], nil
}

// parameters are what functions take beside values: numbers that are the same at all times, and perhaps a label to set.
type parameters struct {
	label   string
	numbers []float64
}

// number is the first; 0 where there is none.
func (p parameters) number() float64 {
	if len(p.numbers) == 0 {
		return 0
	}
	return p.numbers[0]
}

func (e *evaluation) parameters(args []metricsql.Expr, c clock) (p parameters, err error) {
	for _, arg := range args {
		if text, ok := arg.(*metricsql.StringExpr); ok {
			p.label = text.S
			continue
		}
		number, err := e.number(arg, c)
		if err != nil {
			return p, err
		}
		p.numbers = append(p.numbers, number)
	}
	return p, nil
}

// window is a rollup's, in microseconds.
func window(r *metricsql.RollupExpr, c clock) (int64, error) {
	if r.Window == nil {
		return c.step, nil
	}
	w, err := duration(r.Window, c.step)
	if err == nil && w <= 0 {
		err = refuse(textOf(r.Window), "the window %s is empty: use one such as 1h", textOf(r.Window))
	}
	return w, err
}

// leaf counts records in the windows (t-w, t] by labels.
func (e *evaluation) leaf(x *metricsql.FuncExpr, r *metricsql.RollupExpr, m *metricsql.MetricExpr, by []string, c clock, yield func(Series) error) error {
	_, any, err := selector(m)
	if err != nil {
		return err
	}
	memo := ""
	if e.repeated[textOf(x)] > 1 {
		memo = fmt.Sprint(textOf(x), by, c.times[0], len(c.times), c.times[len(c.times)-1], c.step)
		if list, ok := e.leaves[memo]; ok {
			for _, s := range list {
				if err := yield(s); err != nil {
					return err
				}
			}
			return nil
		}
	}
	w, err := window(r, c)
	if err != nil {
		return err
	}
	var list []Series
	keep := func(s Series) error {
		if memo == "" {
			return yield(s)
		}
		list = append(list, s)
		return e.hold(len(s.Values))
	}
	count := func(c clock, repeat int) error {
		return e.count(strings.ToLower(x.Name), any, m, by, c, w, func(s Series) error {
			if repeat > 1 {
				s.Values = slices.Repeat(s.Values, repeat)
			}
			return keep(s)
		})
	}
	if r.At == nil {
		back := int64(0)
		if r.Offset != nil {
			if back, err = duration(r.Offset, c.step); err != nil {
				return err
			}
		}
		moved := clock{make(times, len(c.times)), c.step}
		for i, t := range c.times {
			moved.times[i] = t - back
		}
		err = count(moved, 1)
	} else {
		_, err = e.moved(r, c, func(once clock) ([]Series, error) { return nil, count(once, len(c.times)) })
	}
	if err != nil || memo == "" {
		return err
	}
	e.leaves[memo] = list
	for _, s := range list {
		if err := yield(s); err != nil {
			return err
		}
	}
	return nil
}

const (
	zeroNotice   = "A series of an exported counter is 0 where nothing happened since its first record, as the exporter's is."
	sparseNotice = "Labels that the exporter's metric does not have have a value only where there are records: write \"default 0\" for zeros."
)

func (e *evaluation) count(name string, any [][]metricsql.LabelFilter, m *metricsql.MetricExpr, by []string, c clock, w int64, yield func(Series) error) error {
	metric, _, err := selector(m)
	if err != nil {
		return err
	}
	leaf := &Leaf{Metric: metric, Any: any, By: by, Ingest: e.ingest, Text: textOf(m)}
	zeros := !metric.Stream
	exported := func(label string) bool { return slices.Contains(metric.Exported, label) || metric.Label(label) == nil }
	for _, label := range by {
		zeros = zeros && exported(label)
	}
	for _, filters := range any {
		for _, f := range filters {
			zeros = zeros && exported(f.Label)
		}
	}
	// Edges are the windows' ends; from and to are where each window's lie among them.
	for _, t := range c.times {
		leaf.Edges = append(leaf.Edges, t-w, t)
	}
	slices.Sort(leaf.Edges)
	leaf.Edges = slices.Compact(leaf.Edges)
	from, to := make([]int, len(c.times)), make([]int, len(c.times))
	leaf.Wanted = make([]bool, len(leaf.Edges)-1)
	for i, t := range c.times {
		from[i], _ = slices.BinarySearch(leaf.Edges, t-w)
		to[i], _ = slices.BinarySearch(leaf.Edges, t)
		if i == 0 || from[i] >= to[i-1] {
			for n := from[i]; n < to[i]; n++ {
				leaf.Wanted[n] = true
			}
		} else {
			for n := to[i-1]; n < to[i]; n++ {
				leaf.Wanted[n] = true
			}
		}
	}
	type existence struct {
		labels map[string]string
		first  int64
		seen   bool
	}
	exists := map[string]*existence{}
	if zeros {
		known, err := e.source.First(e.ctx, leaf, func(labels map[string]string, at int64) error {
			key := keyOf(labels)
			if known := exists[key]; known == nil {
				exists[key] = &existence{labels, at, false}
			} else if at < known.first {
				known.first = at
			}
			return nil
		})
		if err != nil {
			return err
		}
		zeros = known
	}
	switch {
	case metric.Stream:
	case zeros:
		e.notice(zeroNotice)
	default:
		e.notice(sparseNotice)
	}
	absent, unit := c.constant(1), 1.0
	presence, absence := name == "present_over_time", name == "absent_over_time"
	if name == "rate" || name == "rate_over_sum" {
		unit = float64(w) / 1e6
	}
	found := make([]float64, len(leaf.Edges)) // in the window that ends at each edge, then before it
	finish := func(labels map[string]string, cells []query.Cell) error {
		first := int64(math.MaxInt64)
		if zeros {
			if known := exists[keyOf(labels)]; known != nil {
				known.seen, first = true, known.first
			}
		}
		clear(found)
		for _, cell := range cells {
			found[cell.Window+1] += float64(cell.N)
		}
		for i, n := range found[1:] {
			found[i+1] = found[i] + n
		}
		values := make([]float64, len(c.times))
		some := false
		for i, t := range c.times {
			n := found[to[i]] - found[from[i]]
			if n == 0 && t < first {
				values[i] = nan()
				continue
			}
			some = true
			switch {
			case presence:
				n = 1
			case absence:
				absent.Values[i] = nan()
			}
			values[i] = n / unit
		}
		if !some || absence {
			return nil
		}
		return yield(Series{labels, values})
	}
	if err := e.source.Count(e.ctx, leaf, finish); err != nil {
		return err
	}
	var keys []string
	for key, known := range exists {
		if !known.seen {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	for _, key := range keys {
		if err := finish(exists[key].labels, nil); err != nil {
			return err
		}
	}
	if absence && absent.alive() {
		return yield(absent)
	}
	return nil
}

// subquery evaluates a function of an expression's values at the multiples u of a step with t-w < u <= t.
func (e *evaluation) subquery(x *metricsql.FuncExpr, r *metricsql.RollupExpr, c clock) ([]Series, error) {
	step := c.step
	w, err := window(r, c)
	if err == nil && r.Step != nil {
		step, err = duration(r.Step, c.step)
	}
	if err != nil {
		return nil, err
	}
	if step <= 0 {
		return nil, refuse(textOf(r.Step), "the step of the subquery %s is empty: use one such as 5m", textOf(r))
	}
	at := metricsql.GetRollupArgIdx(x)
	given, err := e.parameters(slices.Delete(slices.Clone(x.Args), at, at+1), c)
	if err != nil {
		return nil, err
	}
	first, last := c.times[0], c.times[len(c.times)-1]
	begin := floor(first-w, step) + step
	if n := (last - begin) / step; n > maxSubquery {
		return nil, refuse(textOf(r), "the subquery %s is evaluated %d times, and %d are the limit: use a longer step in it, or a shorter window", textOf(r), n, maxSubquery)
	}
	if n := int64(len(c.times)) * (w/step + 1); n > maxSubqueryValues {
		return nil, refuse(textOf(r), "the subquery %s goes through %d values of each series, and %d are the limit: use a longer step in it, or a shorter window", textOf(r), n, maxSubqueryValues)
	}
	inner := clock{step: step}
	for u := begin; u <= last; u += step {
		inner.times = append(inner.times, u)
	}
	if len(inner.times) == 0 {
		return nil, nil
	}
	name := strings.ToLower(x.Name)
	f, several := overTime[name], name == "quantiles_over_time"
	var list []Series
	var in points
	absent := c.constant(1)
	err = e.stream(r.Expr, inner, func(s Series) error {
		out := make([]Series, 1)
		if several {
			out = make([]Series, len(given.numbers))
		}
		for n := range out {
			out[n] = Series{s.Labels, c.empty()}
			if several {
				out[n].Labels = labeled(s.Labels, given.label, fmt.Sprintf("%g", given.numbers[n]))
			}
		}
		for i, t := range c.times {
			in.reset(t, w)
			from := max((floor(t-w, step)+step-begin)/step, 0)
			to := min((floor(t, step)-begin)/step, int64(len(inner.times)-1))
			for n := from; n <= to; n++ {
				if v := s.Values[n]; v == v {
					in.add(inner.times[n], v)
				}
			}
			switch {
			case len(in.values) == 0:
			case name == "absent_over_time":
				absent.Values[i] = nan()
			case several:
				for n := range out {
					out[n].Values[i] = f(in, given.numbers[n])
				}
			default:
				out[0].Values[i] = f(in, given.number())
			}
		}
		for _, s := range out {
			if s.alive() {
				list = append(list, s)
				if err := e.hold(len(s.Values)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if name == "absent_over_time" {
		return []Series{absent}, err
	}
	return list, err
}
