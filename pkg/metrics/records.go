package metrics

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/VictoriaMetrics/metricsql"

	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

var nan = math.NaN()

// recordsNode counts records in the windows (t-w, t] by labels.
type recordsNode struct {
	syntax
	*Function
	shift
	selector Selector
	text     string
	window   *metricsql.DurationExpr
}

// memoKey is what a selector that occurs more than once is counted by.
type memoKey struct {
	text, by    string
	first, last int64
	n           int
	step        int64
}

func (n *recordsNode) eval(e *evaluation, ts timestamps, yield func(Series) error) error {
	if e.repeated[n.text] < 2 {
		return n.count(e, ts, yield)
	}
	key := memoKey{n.text, fmt.Sprint(n.selector.By), ts.first(), ts.last(), len(ts.times), ts.step}
	list, known := e.counted[key]
	if !known {
		err := n.count(e, ts, func(s Series) error {
			list = append(list, s)
			return e.reserve(len(s.Values))
		})
		if err != nil {
			return err
		}
		e.counted[key] = list
	}
	return yieldAll(list, yield)
}

// windowOf returns a window in microseconds.
func windowOf(window *metricsql.DurationExpr, ts timestamps) (int64, error) {
	if window == nil {
		return ts.step, nil
	}
	w, err := micros(window, ts.step)
	if err == nil && w <= 0 {
		err = refuse(textOf(window), "the window %s is empty: use one such as 1h", textOf(window))
	}
	return w, err
}

const (
	zeroInfo   = "A series of an exported counter is 0 where nothing happened since its first record, as the exporter's is."
	sparseInfo = "Labels that the exporter's metric does not have have a value only where there are records: write \"default 0\" for zeros."
)

func (n *recordsNode) count(e *evaluation, ts timestamps, yield func(Series) error) error {
	w, err := windowOf(n.window, ts)
	if err != nil {
		return err
	}
	shifted, repeat, err := n.apply(e, ts)
	if err != nil {
		return err
	}
	s := n.selector
	s.Ingest = e.ingest
	c := &counting{
		rollup: n.records, windows: s.windows(shifted, w), ts: shifted, seconds: seconds(w), absent: shifted.constant(1),
		yield: func(s Series) error { return yield(s.repeat(repeat)) },
	}
	if s.exportedOnly() {
		if c.first, err = firsts(e, &s); err != nil {
			return err
		}
	}
	switch {
	case s.Metric.Stream:
	case c.first != nil:
		e.info(zeroInfo)
	default:
		e.info(sparseInfo)
	}
	c.found = make([]float64, len(s.Edges))
	if err := e.source.Count(e.ctx, &s, c.add); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(c.first)) {
		if unseen := c.first[key]; !unseen.seen {
			if err := c.add(unseen.labels, nil); err != nil {
				return err
			}
		}
	}
	if c.rollup == nil && c.absent.hasValues() {
		return c.yield(c.absent)
	}
	return nil
}

// windows are where the window of each time lies among edges.
type windows struct{ from, to []int }

// windows notes in the selector which windows (t-w, t] of timestamps to count in: what lies in several is counted once.
func (s *Selector) windows(ts timestamps, w int64) windows {
	for _, t := range ts.times {
		s.Edges = append(s.Edges, t-w, t)
	}
	slices.Sort(s.Edges)
	s.Edges = slices.Compact(s.Edges)
	s.Wanted = make([]bool, len(s.Edges)-1)
	windows := windows{make([]int, len(ts.times)), make([]int, len(ts.times))}
	last := 0
	for i, t := range ts.times {
		from, _ := slices.BinarySearch(s.Edges, t-w)
		to, _ := slices.BinarySearch(s.Edges, t)
		for n := max(from, last); n < to; n++ {
			s.Wanted[n] = true
		}
		windows.from[i], windows.to[i], last = from, to, to
	}
	return windows
}

// existence is since when there is a series, which is 0 where nothing happens.
type existence struct {
	labels map[string]string
	first  int64
	seen   bool
}

// firsts returns since when there is each series; nil where that is not known.
func firsts(e *evaluation, s *Selector) (map[string]*existence, error) {
	series := map[string]*existence{}
	known, err := e.source.First(e.ctx, s, func(labels map[string]string, at int64) error {
		key := keyOf(labels)
		if one := series[key]; one == nil {
			series[key] = &existence{labels, at, false}
		} else {
			one.first = min(one.first, at)
		}
		return nil
	})
	if err != nil || !known {
		return nil, err
	}
	return series, nil
}

// counting makes series of what a source counts.
type counting struct {
	windows

	rollup  func(n, seconds float64) float64 // nil: of what is absent
	ts      timestamps
	seconds float64               // of a window
	first   map[string]*existence // nil: no series is 0
	found   []float64             // in the window that ends at each edge, then before it
	absent  Series
	yield   func(Series) error
}

// add yields the series of a label set.
func (c *counting) add(labels map[string]string, cells []query.Cell) error {
	first := int64(math.MaxInt64)
	if c.first != nil {
		if known := c.first[keyOf(labels)]; known != nil {
			known.seen, first = true, known.first
		}
	}
	clear(c.found)
	for _, cell := range cells {
		c.found[cell.Window+1] += float64(cell.N)
	}
	for i, n := range c.found[1:] {
		c.found[i+1] = c.found[i] + n
	}
	if c.rollup == nil {
		for i := range c.ts.times {
			if c.found[c.to[i]] > c.found[c.from[i]] {
				c.absent.Values[i] = nan
			}
		}
		return nil
	}
	values := make([]float64, len(c.ts.times))
	some := false
	for i, t := range c.ts.times {
		n := c.found[c.to[i]] - c.found[c.from[i]]
		if n == 0 && t < first {
			values[i] = nan
			continue
		}
		some = true
		values[i] = c.rollup(n, c.seconds)
	}
	if !some {
		return nil
	}
	return c.yield(Series{labels, values})
}

// What n records in a window amount to.
func recordCount(n, _ float64) float64           { return n }
func recordsPerSecond(n, window float64) float64 { return n / window }
func recordPresence(float64, float64) float64    { return 1 }
