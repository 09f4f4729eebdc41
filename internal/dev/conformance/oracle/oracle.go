// Package oracle evaluates MetricsQL over events in the plainest way that the definitions allow: for every instant it
// goes through all events and counts. It knows no buckets, no prefix sums and no SQL, so that it can be the judge of
// what does. It shares the parser with what it judges, and nothing else.
package oracle

import (
	"fmt"
	"iter"
	"maps"
	"math"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/VictoriaMetrics/metricsql"
)

// Event is one record as a metric sees it.
type Event struct {
	Happened, Arrived time.Time
	Labels            map[string]string
}

// Metric is a counter of events, or a stream of them.
type Metric struct {
	Exported []string // labels of the exporter's family: whoever uses only these sees zeros between events
	Stream   bool
	Events   []Event
}

// Data are the metrics by name.
type Data map[string]*Metric

// EvalRange says when to evaluate. Without a step it is one instant, the end.
type EvalRange struct {
	Start, End time.Time
	Step       time.Duration
	Ingest     bool // by when events arrived, not by when they happened
}

// Series is a line of a result; NaN stands for no data.
type Series struct {
	Labels map[string]string
	Values []float64
}

// Key is what tells series apart.
func (s Series) Key() string { return key(s.Labels) }

func key(labels map[string]string) string {
	names := slices.Sorted(maps.Keys(labels))
	for i, name := range names {
		names[i] = name + "=" + strconv.Quote(labels[name])
	}
	return "{" + strings.Join(names, ",") + "}"
}

// times are in microseconds, as the store keeps them.
type times []int64

// Times lists the instants of the range.
func (g EvalRange) Times() (list []time.Time) {
	for _, t := range g.times() {
		list = append(list, time.UnixMicro(t).UTC())
	}
	return list
}

func (g EvalRange) times() (list times) {
	if g.Step == 0 {
		return times{g.End.UnixMicro()}
	}
	step := g.Step.Microseconds()
	for t := floor(g.Start.UnixMicro(), step); t <= g.End.UnixMicro(); t += step {
		list = append(list, t)
	}
	return list
}

// floor is the multiple of step at or before t.
func floor(t, step int64) int64 {
	rest := t % step
	if rest < 0 {
		rest += step
	}
	return t - rest
}

// instantStep is the window that an instant query takes where an expression names none.
const instantStep = 5 * time.Minute

// Evaluate evaluates an expression. Series without a value are left out, the others sorted by their labels.
func (d Data) Evaluate(text string, g EvalRange) (list []Series, err error) {
	expr, err := metricsql.Parse(text)
	if err != nil {
		return nil, err
	}
	step := g.Step
	if step == 0 {
		step = instantStep
	}
	e := &evaluation{data: d, ingest: g.Ingest}
	ts := timestamps{times: g.times(), step: step.Microseconds()}
	if len(ts.times) == 0 {
		return nil, nil
	}
	all, err := e.eval(expr, ts)
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		if slices.ContainsFunc(s.Values, func(v float64) bool { return v == v }) {
			list = append(list, s)
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].Key() < list[j].Key() })
	for i := 1; i < len(list); i++ {
		if list[i].Key() == list[i-1].Key() {
			return nil, fmt.Errorf("two series are called %s", list[i].Key())
		}
	}
	return list, nil
}

// Functions lists the names of all functions that the oracle knows.
func Functions() []string {
	names := []string{"topk", "bottomk"}
	for _, list := range []iter.Seq[string]{
		maps.Keys(counterRollups), maps.Keys(streamRollups), maps.Keys(subqueryRollups), maps.Keys(aggregates),
		maps.Keys(ofValue), maps.Keys(ofLabels), maps.Keys(ofSeries),
	} {
		names = slices.AppendSeq(names, list)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

type evaluation struct {
	data   Data
	ingest bool
}

// timestamps is when an expression is evaluated, and what an omitted window is.
type timestamps struct {
	times times
	step  int64
}

func (ts timestamps) at(t int64) timestamps { return timestamps{times{t}, ts.step} }

func (ts timestamps) constant(v float64) Series {
	return Series{map[string]string{}, slices.Repeat([]float64{v}, len(ts.times))}
}

func (ts timestamps) each(f func(t int64) float64) Series {
	s := ts.constant(0)
	for i, t := range ts.times {
		s.Values[i] = f(t)
	}
	return s
}

func (e *evaluation) eval(expr metricsql.Expr, ts timestamps) ([]Series, error) {
	switch x := expr.(type) {
	case *metricsql.NumberExpr:
		return []Series{ts.constant(x.N)}, nil
	case *metricsql.DurationExpr:
		return []Series{ts.constant(float64(x.Duration(ts.step/1000)) / 1000)}, nil
	case *metricsql.RollupExpr: // an expression as a whole at another time
		if x.Window != nil || x.InheritStep || x.Step != nil {
			return nil, fmt.Errorf("a window without a function: %s", text(expr))
		}
		return e.shifted(x, ts, func(ts timestamps) ([]Series, error) { return e.eval(x.Expr, ts) })
	case *metricsql.AggrFuncExpr:
		return e.aggregate(x, ts)
	case *metricsql.BinaryOpExpr:
		return e.binary(x, ts)
	case *metricsql.FuncExpr:
		if metricsql.IsRollupFunc(x.Name) {
			return e.rollup(x, ts)
		}
		return e.transform(x, ts)
	}
	return nil, fmt.Errorf("not evaluated: %s", text(expr))
}

func text(expr metricsql.Expr) string { return string(expr.AppendString(nil)) }

// shifted evaluates at the times that offset and @ lead to.
func (e *evaluation) shifted(x *metricsql.RollupExpr, ts timestamps, f func(timestamps) ([]Series, error)) ([]Series, error) {
	back := int64(0)
	if x.Offset != nil {
		back = x.Offset.Duration(ts.step/1000) * 1000
	}
	if x.At == nil {
		shifted := timestamps{step: ts.step}
		for _, t := range ts.times {
			shifted.times = append(shifted.times, t-back)
		}
		return f(shifted)
	}
	at, err := e.number(x.At, ts)
	if err != nil {
		return nil, err
	}
	once, err := f(ts.at(int64(math.Round(at*1000))*1000 - back))
	for i := range once {
		once[i].Values = slices.Repeat(once[i].Values, len(ts.times))
	}
	return once, err
}

// number is an argument that has to be the same at all times.
func (e *evaluation) number(expr metricsql.Expr, ts timestamps) (float64, error) {
	list, err := e.eval(expr, ts)
	if err != nil {
		return 0, err
	}
	if len(list) != 1 {
		return 0, fmt.Errorf("not a number: %s", text(expr))
	}
	return list[0].Values[0], nil
}

// rollup evaluates a function of events in a window, or of the results of a subquery.
func (e *evaluation) rollup(x *metricsql.FuncExpr, ts timestamps) ([]Series, error) {
	arg := x.Args[metricsql.GetRollupArgIdx(x)]
	r, ok := arg.(*metricsql.RollupExpr)
	if !ok {
		r = &metricsql.RollupExpr{Expr: arg}
	}
	if m, ok := r.Expr.(*metricsql.MetricExpr); ok && !r.ForSubquery() {
		return e.selector(x, r, m, nil, ts)
	}
	return e.shifted(r, ts, func(ts timestamps) ([]Series, error) { return e.subquery(x, r, ts) })
}

// window is a rollup's, in microseconds.
func window(r *metricsql.RollupExpr, ts timestamps) int64 {
	if r.Window == nil {
		return ts.step
	}
	return r.Window.Duration(ts.step/1000) * 1000
}

// metric finds the metric of a selector, and the filters beside its name.
func (e *evaluation) metric(m *metricsql.MetricExpr) (metric *Metric, filters [][]metricsql.LabelFilter, err error) {
	if len(m.LabelFilterss) == 0 || len(m.LabelFilterss[0]) == 0 || m.LabelFilterss[0][0].Label != "__name__" {
		return nil, nil, fmt.Errorf("no metric: %s", text(m))
	}
	if metric = e.data[m.LabelFilterss[0][0].Value]; metric == nil {
		return nil, nil, fmt.Errorf("unknown metric: %s", text(m))
	}
	for _, group := range m.LabelFilterss {
		filters = append(filters, group[1:])
	}
	return metric, filters, nil
}

// zeros reports whether a counter is 0 where nothing happened, as it is for whoever uses only the exporter's labels. A
// label that no event has is no other.
func (m *Metric) zeros(filters [][]metricsql.LabelFilter, by []string) bool {
	var used []string
	for _, label := range by {
		if slices.ContainsFunc(m.Events, func(e Event) bool { return e.Labels[label] != "" }) {
			used = append(used, label)
		}
	}
	for _, f := range slices.Concat(filters...) {
		used = append(used, f.Label)
	}
	return !m.Stream && !slices.ContainsFunc(used, func(label string) bool { return !slices.Contains(m.Exported, label) })
}

// selector counts events in the windows (t-w, t] by labels; nil stands for those of the exporter.
func (e *evaluation) selector(
	x *metricsql.FuncExpr, r *metricsql.RollupExpr, m *metricsql.MetricExpr, by []string, ts timestamps,
) ([]Series, error) {
	metric, filters, err := e.metric(m)
	if err != nil {
		return nil, err
	}
	if by == nil {
		by = metric.Exported
	}
	zeros := metric.zeros(filters, by)
	groups, labels := e.group(metric.Events, filters, by)
	w, name := window(r, ts), strings.ToLower(x.Name)
	rollups := counterRollups
	if metric.Stream {
		rollups = streamRollups
	}
	f := rollups[name]
	if f == nil {
		return nil, fmt.Errorf("not a function of %s: %s", m.LabelFilterss[0][0].Value, x.Name)
	}
	return e.shifted(r, ts, func(ts timestamps) (list []Series, err error) {
		for _, k := range slices.Sorted(maps.Keys(groups)) {
			first := slices.Min(groups[k])
			s := ts.each(func(t int64) float64 {
				n := 0.0
				for _, at := range groups[k] {
					if t-w < at && at <= t {
						n++
					}
				}
				if n == 0 && (!zeros || t < first) {
					return math.NaN()
				}
				return f(n, float64(w)/1e6)
			})
			list = append(list, Series{labels[k], s.Values})
		}
		if name == "absent_over_time" {
			return []Series{absent(list, ts)}, nil
		}
		return withValues(list), nil
	})
}

// Functions of the number of events in a window.
var (
	counterRollups = map[string]func(n, seconds float64) float64{
		"increase": number, "increase_pure": number, "delta": number,
		"rate": func(n, seconds float64) float64 { return n / seconds },
	}
	streamRollups = map[string]func(n, seconds float64) float64{
		"count_over_time": number, "sum_over_time": number, "absent_over_time": number,
		"present_over_time": func(float64, float64) float64 { return 1 },
	}
)

func number(n, _ float64) float64 { return n }

// group returns when the selected events were, by their labels.
func (e *evaluation) group(events []Event, filters [][]metricsql.LabelFilter, by []string) (
	groups map[string]times, labels map[string]map[string]string,
) {
	groups, labels = map[string]times{}, map[string]map[string]string{}
	for _, event := range events {
		if !selected(filters, event.Labels) {
			continue
		}
		at, own := event.Happened, map[string]string{}
		if e.ingest {
			at = event.Arrived
		}
		for _, label := range by {
			if value := event.Labels[label]; value != "" {
				own[label] = value
			}
		}
		labels[key(own)] = own
		groups[key(own)] = append(groups[key(own)], at.UnixMicro())
	}
	return groups, labels
}

func absent(list []Series, ts timestamps) Series {
	a := ts.constant(1)
	for _, s := range list {
		for i, v := range s.Values {
			if v == v {
				a.Values[i] = math.NaN()
			}
		}
	}
	return a
}

// selected reports whether all filters of one of groups fit labels.
func selected(groups [][]metricsql.LabelFilter, labels map[string]string) bool {
	return slices.ContainsFunc(groups, func(group []metricsql.LabelFilter) bool {
		return !slices.ContainsFunc(group, func(f metricsql.LabelFilter) bool {
			fits := labels[f.Label] == f.Value
			if f.IsRegexp {
				fits = regexp.MustCompile("^(?:" + f.Value + ")$").MatchString(labels[f.Label])
			}
			return fits == f.IsNegative
		})
	})
}

// subquery evaluates a function of an expression's values at the multiples u of a step with t-w < u <= t.
func (e *evaluation) subquery(x *metricsql.FuncExpr, r *metricsql.RollupExpr, ts timestamps) ([]Series, error) {
	step, w := ts.step, window(r, ts)
	if r.Step != nil {
		step = r.Step.Duration(ts.step/1000) * 1000
	}
	if step <= 0 || w <= 0 {
		return nil, fmt.Errorf("no time in it: %s", text(r))
	}
	f, phi := subqueryRollups[strings.ToLower(x.Name)], 0.0
	if f == nil {
		return nil, fmt.Errorf("not a function of a subquery: %s", x.Name)
	}
	if len(x.Args) > 1 {
		var err error
		if phi, err = e.number(x.Args[0], ts); err != nil {
			return nil, err
		}
	}
	inner := timestamps{step: step}
	for u := floor(slices.Min(ts.times)-w, step); u <= slices.Max(ts.times); u += step {
		inner.times = append(inner.times, u)
	}
	list, err := e.eval(r.Expr, inner)
	if err != nil {
		return nil, err
	}
	for n, s := range list {
		list[n] = Series{s.Labels, ts.each(func(t int64) float64 {
			var values []float64
			for i, u := range inner.times {
				if t-w < u && u <= t && s.Values[i] == s.Values[i] {
					values = append(values, s.Values[i])
				}
			}
			if len(values) == 0 {
				return math.NaN()
			}
			return f(values, phi)
		}).Values}
	}
	return withValues(list), nil
}

// subqueryRollups are functions of a subquery's values in a window.
var subqueryRollups = map[string]func(values []float64, phi float64) float64{
	"sum_over_time": aggregates["sum"], "count_over_time": aggregates["count"], "avg_over_time": aggregates["avg"],
	"min_over_time": aggregates["min"], "max_over_time": aggregates["max"], "stdvar_over_time": aggregates["stdvar"],
	"stddev_over_time": aggregates["stddev"], "quantile_over_time": aggregates["quantile"],
	"present_over_time": aggregates["group"],
	"last_over_time":    func(values []float64, _ float64) float64 { return values[len(values)-1] },
}

// aggregates are functions of one or more values.
var aggregates = map[string]func(values []float64, phi float64) float64{
	"sum": func(values []float64, _ float64) (sum float64) {
		for _, v := range values {
			sum += v
		}
		return sum
	},
	"count":  func(values []float64, _ float64) float64 { return float64(len(values)) },
	"avg":    func(values []float64, _ float64) float64 { return mean(values) },
	"min":    func(values []float64, _ float64) float64 { return slices.Min(values) },
	"max":    func(values []float64, _ float64) float64 { return slices.Max(values) },
	"group":  func([]float64, float64) float64 { return 1 },
	"stdvar": func(values []float64, _ float64) float64 { return variance(values) },
	"stddev": func(values []float64, _ float64) float64 { return math.Sqrt(variance(values)) },
	"quantile": func(values []float64, phi float64) float64 {
		switch {
		case phi < 0:
			return math.Inf(-1)
		case phi > 1:
			return math.Inf(1)
		}
		sorted := slices.Sorted(slices.Values(values))
		rank := phi * float64(len(sorted)-1)
		low := int(rank)
		high := min(low+1, len(sorted)-1)
		weight := rank - float64(low)
		return sorted[low]*(1-weight) + sorted[high]*weight
	},
}

func mean(values []float64) (sum float64) {
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

func variance(values []float64) (sum float64) {
	m := mean(values)
	for _, v := range values {
		sum += (v - m) * (v - m)
	}
	return sum / float64(len(values))
}

// grouped is what remains of labels by a modifier.
func grouped(labels map[string]string, m metricsql.ModifierExpr) map[string]string {
	left := map[string]string{}
	for name, value := range labels {
		if slices.Contains(m.Args, name) == (strings.ToLower(m.Op) != "without") {
			left[name] = value
		}
	}
	return left
}

// countedBy returns the selector whose events a sum counts by its labels.
func countedBy(x *metricsql.AggrFuncExpr, arg metricsql.Expr) (*metricsql.FuncExpr, *metricsql.RollupExpr, *metricsql.MetricExpr) {
	f, ok := arg.(*metricsql.FuncExpr)
	if !ok || !metricsql.IsRollupFunc(f.Name) || strings.ToLower(x.Name) != "sum" || strings.ToLower(x.Modifier.Op) == "without" {
		return nil, nil, nil
	}
	r, ok := f.Args[0].(*metricsql.RollupExpr)
	if !ok {
		r = &metricsql.RollupExpr{Expr: f.Args[0]}
	}
	m, ok := r.Expr.(*metricsql.MetricExpr)
	if !ok || r.ForSubquery() || strings.HasSuffix(strings.ToLower(f.Name), "sent_over_time") {
		return nil, nil, nil
	}
	return f, r, m
}

func (e *evaluation) aggregate(x *metricsql.AggrFuncExpr, ts timestamps) (list []Series, err error) {
	name := strings.ToLower(x.Name)
	arg, parameter := x.Args[len(x.Args)-1], 0.0
	if len(x.Args) == 2 {
		if parameter, err = e.number(x.Args[0], ts); err != nil {
			return nil, err
		}
	}
	var all []Series
	if f, r, m := countedBy(x, arg); m != nil {
		by := x.Modifier.Args
		if by == nil {
			by = []string{}
		}
		return e.selector(f, r, m, by, ts) // the only way to labels that the exporter's series do not have
	}
	if all, err = e.eval(arg, ts); err != nil {
		return nil, err
	}
	groups, labels := map[string][]Series{}, map[string]map[string]string{}
	for _, s := range withValues(all) {
		g := grouped(s.Labels, x.Modifier)
		groups[key(g)] = append(groups[key(g)], s)
		labels[key(g)] = g
	}
	for _, k := range slices.Sorted(maps.Keys(groups)) {
		group := groups[k]
		if name == "topk" || name == "bottomk" {
			list = append(list, extremes(group, int(parameter), name == "topk")...)
			continue
		}
		f := aggregates[name]
		if f == nil {
			return nil, fmt.Errorf("not an aggregate: %s", name)
		}
		out := ts.constant(math.NaN())
		for i := range ts.times {
			var values []float64
			for _, s := range group {
				if s.Values[i] == s.Values[i] {
					values = append(values, s.Values[i])
				}
			}
			if len(values) > 0 {
				out.Values[i] = f(values, parameter)
			}
		}
		list = append(list, Series{labels[k], out.Values})
	}
	if x.Limit > 0 && len(list) > x.Limit {
		list = list[:x.Limit]
	}
	return list, nil
}

// extremes keeps the k largest or smallest values of each time; of equal ones those whose labels come first.
func extremes(group []Series, k int, largest bool) (list []Series) {
	group = slices.Clone(group)
	sort.Slice(group, func(i, j int) bool { return group[i].Key() < group[j].Key() })
	for _, s := range group {
		list = append(list, Series{s.Labels, slices.Repeat([]float64{math.NaN()}, len(s.Values))})
	}
	if len(group) == 0 {
		return nil
	}
	for i := range group[0].Values {
		var order []int
		for n, s := range group {
			if s.Values[i] == s.Values[i] {
				order = append(order, n)
			}
		}
		sort.SliceStable(order, func(a, b int) bool {
			x, y := group[order[a]].Values[i], group[order[b]].Values[i]
			return largest && x > y || !largest && x < y
		})
		for _, n := range order[:max(0, min(k, len(order)))] {
			list[n].Values[i] = group[n].Values[i]
		}
	}
	return withValues(list)
}
