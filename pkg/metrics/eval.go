package metrics

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// EvalRange says when to evaluate: at the multiples of a step from Start's on, up to End. Without a step it is once, at End.
type EvalRange struct {
	Start, End time.Time
	Step       time.Duration
	Ingest     bool // by when records were stored, not by when they happened
}

// instantStep is the window of an instant query whose expression names none.
const instantStep = 5 * time.Minute

// Series is a line of a result; NaN stands for no data.
type Series struct {
	Labels map[string]string
	Values []float64
}

// key tells series apart and orders them.
func (s Series) key() string { return keyOf(s.Labels) }

func keyOf(labels map[string]string) string {
	names := make([]string, 0, len(labels))
	for name := range labels {
		names = append(names, name)
	}
	slices.Sort(names)
	b := make([]byte, 0, 64)
	for _, name := range names {
		b = append(append(b, name...), '=')
		b = append(strconv.AppendQuote(b, labels[name]), ',')
	}
	return string(b)
}

func compareKeys(a, b Series) int { return strings.Compare(a.key(), b.key()) }

// hasValues reports whether the series has a value at any time.
func (s Series) hasValues() bool {
	return slices.ContainsFunc(s.Values, func(v float64) bool { return v == v })
}

// mapValues applies a function to every value there is.
func (s Series) mapValues(f func(v float64, i int) float64) Series {
	values := make([]float64, len(s.Values))
	for i, v := range s.Values {
		if values[i] = nan; v == v {
			values[i] = f(v, i)
		}
	}
	return Series{s.Labels, values}
}

// repeat repeats each value of a series that was evaluated once.
func (s Series) repeat(n int) Series {
	if n > 1 {
		s.Values = slices.Repeat(s.Values, n)
	}
	return s
}

// withLabel adds a label to others.
func withLabel(labels map[string]string, name, value string) map[string]string {
	own := maps.Clone(labels)
	own[name] = value
	return own
}

// Result is what an expression amounts to.
type Result struct {
	Times     []time.Time
	Series    []Series
	Infos     []string // what is worth knowing of any such result
	Warnings  []string // what this one may lack
	Selectors []Counted
	SQL       string
	Served    string
	Read      int64
}

// timestamps are the times at which an expression is evaluated, in microseconds as the store keeps them, in order.
type timestamps struct {
	times []int64
	step  int64 // the window that an expression has where it names none
}

func (r EvalRange) timestamps() (ts timestamps, err error) {
	if r.Step == 0 {
		return timestamps{[]int64{r.End.UnixMicro()}, instantStep.Microseconds()}, nil
	}
	ts.step = r.Step.Microseconds()
	if ts.step <= 0 || ts.step%1000 != 0 {
		return ts, refuse("", "the step %v is not in milliseconds: choose another", r.Step)
	}
	start, end := floor(r.Start.UnixMicro(), ts.step), r.End.UnixMicro()
	if n := (end-start)/ts.step + 1; n > maxPoints {
		return ts, refuse("", "%d points are more than the limit of %d: choose a longer step or a shorter time range", n, maxPoints)
	}
	ts.times = multiples(start, end, ts.step)
	return ts, nil
}

// multiples returns the times from start to end, both included, that are a step apart.
func multiples(start, end, step int64) (list []int64) {
	for t := start; t <= end; t += step {
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

func (ts timestamps) first() int64 { return ts.times[0] }
func (ts timestamps) last() int64  { return ts.times[len(ts.times)-1] }

func (ts timestamps) constant(v float64) Series {
	return Series{map[string]string{}, slices.Repeat([]float64{v}, len(ts.times))}
}

// series returns a series without labels of what a function says of each time.
func (ts timestamps) series(f func(t int64) float64) Series {
	values := make([]float64, len(ts.times))
	for i, t := range ts.times {
		values[i] = f(t)
	}
	return Series{map[string]string{}, values}
}

// empty returns values of no data.
func (ts timestamps) empty() []float64 { return slices.Repeat([]float64{nan}, len(ts.times)) }

// Evaluate evaluates an expression by what a source counts. The series are in order of their labels, unless the expression
// sorts them.
func (e *Expr) Evaluate(ctx context.Context, source Source, r EvalRange) (*Result, error) {
	ts, err := r.timestamps()
	if err != nil {
		return nil, err
	}
	result := &Result{}
	for _, t := range ts.times {
		result.Times = append(result.Times, time.UnixMicro(t).UTC())
	}
	if len(ts.times) == 0 {
		return result, nil
	}
	repeated := map[string]int{}
	for _, text := range e.selectors {
		repeated[text]++
	}
	ev := &evaluation{ctx: ctx, source: source, ingest: r.Ingest, repeated: repeated, counted: map[memoKey][]Series{}}
	seen := map[string]bool{}
	err = ev.stream(e.root, ts, func(s Series) error {
		if !s.hasValues() {
			return nil
		}
		key := s.key()
		switch {
		case seen[key]:
			return refuse("", "two series are called {%s}: keep a label that tells them apart", strings.TrimSuffix(key, ","))
		case len(seen) == maxSeries:
			return refuse("", "the result has more than %d series, which is the limit: "+
				"use topk, filter, or sum by fewer labels", maxSeries)
		}
		seen[key] = true
		result.Series = append(result.Series, s)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if root, ok := e.root.(*transformNode); !ok || !root.sorted {
		slices.SortStableFunc(result.Series, compareKeys)
	}
	result.Infos = ev.infos
	return result, nil
}

// evaluation is one walk over the nodes of an expression.
type evaluation struct {
	ctx      context.Context
	source   Source
	ingest   bool
	repeated map[string]int       // how often each selector occurs
	counted  map[memoKey][]Series // of selectors that occur more than once
	values   int                  // in memory
	infos    []string
}

// reserve counts values that are kept in memory.
func (e *evaluation) reserve(n int) error {
	if e.values += n; e.values > memoryLimit {
		return refuse("", "the expression needs more than %d values at once, which is the limit: "+
			"filter, sum by fewer labels, or choose a longer step", memoryLimit)
	}
	return nil
}

func (e *evaluation) info(text string) {
	if !slices.Contains(e.infos, text) {
		e.infos = append(e.infos, text)
	}
}

// stream yields the series of a node, one after the other where they need not be known all at once.
func (e *evaluation) stream(n node, ts timestamps, yield func(Series) error) error {
	if err := e.ctx.Err(); err != nil {
		return err
	}
	return n.eval(e, ts, yield)
}

// all returns all series of a node.
func (e *evaluation) all(n node, ts timestamps) (list []Series, err error) {
	err = e.stream(n, ts, func(s Series) error {
		list = append(list, s)
		return e.reserve(len(s.Values))
	})
	return list, err
}

func yieldAll(list []Series, yield func(Series) error) error {
	for _, s := range list {
		if err := yield(s); err != nil {
			return err
		}
	}
	return nil
}

// number returns the value of a node that is the same at all times.
func (e *evaluation) number(n node, ts timestamps) (float64, error) {
	if number, ok := n.(*numberNode); ok {
		return number.value, nil
	}
	list, err := e.all(n, ts)
	if err != nil {
		return 0, err
	}
	return numberOf(list, n)
}

func numberOf(list []Series, n node) (float64, error) {
	if len(list) != 1 {
		return 0, refuse(n.String(), "%s is no number: use a number there, or scalar()", n)
	}
	values := list[0].Values
	if slices.ContainsFunc(values, func(v float64) bool { return v != values[0] && !(v != v && values[0] != values[0]) }) {
		return 0, refuse(n.String(), "%s changes over time, and has to be the same at all times there: use a number", n)
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

func (e *evaluation) parameters(given parameterNodes, ts timestamps) (parameters, error) {
	p := parameters{label: given.label}
	for _, n := range given.numbers {
		number, err := e.number(n, ts)
		if err != nil {
			return p, err
		}
		p.numbers = append(p.numbers, number)
	}
	return p, nil
}
