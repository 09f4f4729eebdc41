package metrics

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
)

// aggregateFunc yields what an aggregate makes of the series of its argument.
type aggregateFunc func(e *evaluation, n *aggregateNode, p parameters, ts timestamps, yield func(Series) error) error

// accumulator is what becomes of a group whose series come one by one and need not be held.
type accumulator struct {
	labels      map[string]string
	count, a, b []float64 // how many values, and what becomes of them
}

// accumulate is an aggregate that needs no more of a group than what add makes of it.
func accumulate(add func(acc *accumulator, i int, v float64), end func(acc *accumulator, i int) float64) aggregateFunc {
	return func(e *evaluation, n *aggregateNode, _ parameters, ts timestamps, yield func(Series) error) error {
		groups := map[string]*accumulator{}
		err := e.stream(n.arg, ts, func(s Series) error {
			if !s.hasValues() {
				return nil
			}
			labels := n.by.of(s.Labels)
			key := keyOf(labels)
			acc := groups[key]
			if acc == nil {
				n := len(ts.times)
				if err := e.reserve(3 * n); err != nil {
					return err
				}
				acc = &accumulator{labels, make([]float64, n), make([]float64, n), make([]float64, n)}
				groups[key] = acc
			}
			for i, v := range s.Values {
				if v == v {
					acc.count[i]++
					add(acc, i, v)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, key := range slices.Sorted(maps.Keys(groups)) {
			acc, values := groups[key], ts.empty()
			for i := range values {
				if acc.count[i] > 0 {
					values[i] = end(acc, i)
				}
			}
			if err := yield(Series{acc.labels, values}); err != nil {
				return err
			}
		}
		return nil
	}
}

func addNothing(*accumulator, int, float64)          {}
func addValue(acc *accumulator, i int, v float64)    { acc.a[i] += v }
func addSquare(acc *accumulator, i int, v float64)   { acc.a[i] += v * v }
func endTotal(acc *accumulator, i int) float64       { return acc.a[i] }
func endCount(acc *accumulator, i int) float64       { return acc.count[i] }
func endAverage(acc *accumulator, i int) float64     { return acc.a[i] / acc.count[i] }
func endVariance(acc *accumulator, i int) float64    { return acc.b[i] / acc.count[i] }
func endStandardDev(acc *accumulator, i int) float64 { return math.Sqrt(acc.b[i] / acc.count[i]) }
func endPresent(*accumulator, int) float64           { return 1 }

// keepExtreme keeps the largest value, or where sign is -1 the smallest.
func keepExtreme(sign int) func(acc *accumulator, i int, v float64) {
	return func(acc *accumulator, i int, v float64) {
		if acc.count[i] == 1 || cmp.Compare(v, acc.a[i]) == sign {
			acc.a[i] = v
		}
	}
}

// welford keeps mean and sum of squared differences: https://en.wikipedia.org/wiki/Algorithms_for_calculating_variance
func welford(acc *accumulator, i int, v float64) {
	difference := v - acc.a[i]
	acc.a[i] += difference / acc.count[i]
	acc.b[i] += difference * (v - acc.a[i])
}

// group is the series that an aggregate puts together, in order of their labels.
type group struct {
	parameters
	timestamps
	series  []Series
	labels  map[string]string
	several bool // the aggregate has a result for each parameter
}

// k returns how many series the parameter selects.
func (g *group) k() int {
	return max(0, min(len(g.series), int(min(max(g.number(), 0), math.MaxInt32))))
}

// wholeGroup is an aggregate that has to see a whole group.
func wholeGroup(f func(g *group) []Series) aggregateFunc {
	return func(e *evaluation, n *aggregateNode, p parameters, ts timestamps, yield func(Series) error) error {
		all, err := e.all(n.arg, ts)
		if err != nil {
			return err
		}
		groups := map[string]*group{}
		for _, s := range all {
			if s.hasValues() {
				labels := n.by.of(s.Labels)
				key := keyOf(labels)
				if groups[key] == nil {
					groups[key] = &group{p, ts, nil, labels, n.several}
				}
				groups[key].series = append(groups[key].series, s)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(groups)) {
			slices.SortStableFunc(groups[key].series, compareKeys)
			if err := yieldAll(f(groups[key]), yield); err != nil {
				return err
			}
		}
		return nil
	}
}

// eachTime is an aggregate of the values that a group has at a time, for each of its parameters.
func eachTime(f func(values []float64, parameter float64) float64) aggregateFunc {
	return wholeGroup(func(g *group) []Series {
		numbers := g.numbers
		if len(numbers) == 0 {
			numbers = []float64{0}
		}
		list := make([]Series, len(numbers))
		for n, number := range numbers {
			if list[n] = (Series{g.labels, g.empty()}); g.several {
				list[n].Labels = withLabel(g.labels, g.label, fmt.Sprintf("%g", number))
			}
		}
		values := make([]float64, 0, len(g.series))
		for i := range g.times {
			values = values[:0]
			for _, s := range g.series {
				if v := s.Values[i]; v == v {
					values = append(values, v)
				}
			}
			if len(values) > 0 {
				for n, number := range numbers {
					list[n].Values[i] = f(values, number)
				}
			}
		}
		return list
	})
}

// withoutParameter is a function of values as one that could have a parameter.
func withoutParameter(f func(values []float64) float64) func(values []float64, _ float64) float64 {
	return func(values []float64, _ float64) float64 { return f(values) }
}

func firstSeries(g *group) []Series  { return g.series[:1] }
func firstKSeries(g *group) []Series { return g.series[:g.k()] }

// best keeps the k series whose values in the range measure most, or where sign is -1 least.
func best(sign int, measure func(values []float64) float64) aggregateFunc {
	return wholeGroup(func(g *group) []Series {
		measures := make(map[string]float64, len(g.series))
		for _, s := range g.series {
			measures[s.key()] = measure(present(s.Values))
		}
		return g.top(sign, measures)
	})
}

// top returns the k series whose measures, by their keys, are largest, or where sign is -1 smallest.
func (g *group) top(sign int, measures map[string]float64) []Series {
	slices.SortStableFunc(g.series, func(a, b Series) int { return sign * cmp.Compare(measures[b.key()], measures[a.key()]) })
	return g.series[:g.k()]
}

// countValues counts how often each value occurs.
func countValues(g *group) (list []Series) {
	counts := map[float64][]float64{}
	for _, s := range g.series {
		for i, v := range s.Values {
			if v != v {
				continue
			}
			if counts[v] == nil {
				counts[v] = g.empty()
			}
			if counts[v][i] != counts[v][i] {
				counts[v][i] = 0
			}
			counts[v][i]++
		}
	}
	for _, v := range slices.Sorted(maps.Keys(counts)) {
		list = append(list, Series{withLabel(g.labels, g.label, strconv.FormatFloat(v, 'f', -1, 64)), counts[v]})
	}
	return list
}

func present(values []float64) []float64 {
	return slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return v != v })
}

// shares are the parts that series have of their group's sum. There is no share of less than nothing.
func shares(g *group) []Series {
	totals := make([]float64, len(g.times))
	for _, s := range g.series {
		for i, v := range s.Values {
			if v >= 0 {
				totals[i] += v
			}
		}
	}
	return mapEach(g.series, func(v float64, i int) float64 {
		if v < 0 {
			return nan
		}
		return v / totals[i]
	})
}

// byTime are the group's values at each time.
func (g *group) byTime() [][]float64 {
	at := make([][]float64, len(g.times))
	for _, s := range g.series {
		for i, v := range s.Values {
			if v == v {
				at[i] = append(at[i], v)
			}
		}
	}
	return at
}

// outliers keeps the series that leave, at any time, what is ordinary of the group's values.
func outliers(ordinary func(values []float64, parameter float64) (low, high float64)) aggregateFunc {
	return wholeGroup(func(g *group) []Series {
		low, high := g.empty(), g.empty()
		for i, values := range g.byTime() {
			if len(values) > 0 {
				low[i], high[i] = ordinary(values, g.number())
			}
		}
		return slices.DeleteFunc(g.series, func(s Series) bool {
			for i, v := range s.Values {
				if v < low[i] || v > high[i] {
					return false
				}
			}
			return true
		})
	})
}

func withinFences(values []float64, _ float64) (low, high float64) { return fences(values) }

func nearMedian(values []float64, tolerance float64) (low, high float64) {
	middle, reach := median(values), tolerance*deviation(values)
	return middle - reach, middle + reach
}

// farthest are the k series that are farthest from the group's median, over all times.
func farthest(g *group) []Series {
	at, away := g.byTime(), map[string]float64{}
	for _, s := range g.series {
		for i, v := range s.Values {
			if v == v {
				d := v - median(at[i])
				away[s.key()] += d * d
			}
		}
	}
	return g.top(1, away)
}

// scores are how far each series is from its group's average at each time.
func scores(g *group) []Series {
	at := g.byTime()
	return mapEach(g.series, func(v float64, i int) float64 { return score(v, at[i]) })
}
