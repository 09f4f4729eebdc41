package metrics

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/VictoriaMetrics/metricsql"
)

// ofValues are functions of one or more values.
var ofValues = map[string]func(values []float64, parameter float64) float64{
	"sum": func(values []float64, _ float64) float64 { return sum(values) },
	"sum2": func(values []float64, _ float64) float64 {
		return sumOf(values, func(v float64) float64 { return v * v })
	},
	"count":    func(values []float64, _ float64) float64 { return float64(len(values)) },
	"avg":      func(values []float64, _ float64) float64 { return sum(values) / float64(len(values)) },
	"min":      func(values []float64, _ float64) float64 { return slices.Min(values) },
	"max":      func(values []float64, _ float64) float64 { return slices.Max(values) },
	"first":    func(values []float64, _ float64) float64 { return values[0] },
	"last":     func(values []float64, _ float64) float64 { return values[len(values)-1] },
	"group":    func([]float64, float64) float64 { return 1 },
	"present":  func([]float64, float64) float64 { return 1 },
	"range":    func(values []float64, _ float64) float64 { return slices.Max(values) - slices.Min(values) },
	"stdvar":   func(values []float64, _ float64) float64 { return variance(values) },
	"stddev":   func(values []float64, _ float64) float64 { return math.Sqrt(variance(values)) },
	"median":   func(values []float64, _ float64) float64 { return quantile(values, 0.5) },
	"quantile": quantile,
	"geomean": func(values []float64, _ float64) float64 {
		product := 1.0
		for _, v := range values {
			product *= v
		}
		return math.Pow(product, 1/float64(len(values)))
	},
	"distinct": func(values []float64, _ float64) float64 {
		return float64(len(slices.Compact(slices.Sorted(slices.Values(values)))))
	},
	"mode": mode,
	"mad":  func(values []float64, _ float64) float64 { return deviation(values) },
	"zscore": func(values []float64, _ float64) float64 { // of the last value; 0 where it is the average
		if last := values[len(values)-1]; last != sum(values)/float64(len(values)) {
			return score(last, values)
		}
		return 0
	},
	"outlier_iqr": func(values []float64, _ float64) float64 { // the last value, where it is one
		if last := values[len(values)-1]; outlier(values, last) {
			return last
		}
		return nan()
	},
	"sum_gt": func(values []float64, limit float64) float64 {
		return sumOf(values, func(v float64) float64 { return v * truth(v > limit) })
	},
	"sum_le": func(values []float64, limit float64) float64 {
		return sumOf(values, func(v float64) float64 { return v * truth(v <= limit) })
	},
	"sum_eq": func(values []float64, limit float64) float64 {
		return sumOf(values, func(v float64) float64 { return v * truth(v == limit) })
	},
	"count_gt": func(values []float64, limit float64) float64 {
		return countOf(values, func(v float64) bool { return v > limit })
	},
	"count_le": func(values []float64, limit float64) float64 {
		return countOf(values, func(v float64) bool { return v <= limit })
	},
	"count_eq": func(values []float64, limit float64) float64 {
		return countOf(values, func(v float64) bool { return v == limit })
	},
	"count_ne": func(values []float64, limit float64) float64 {
		return countOf(values, func(v float64) bool { return v != limit })
	},
	"share_gt": func(values []float64, limit float64) float64 {
		return countOf(values, func(v float64) bool { return v > limit }) / float64(len(values))
	},
	"share_le": func(values []float64, limit float64) float64 {
		return countOf(values, func(v float64) bool { return v <= limit }) / float64(len(values))
	},
	"share_eq": func(values []float64, limit float64) float64 {
		return countOf(values, func(v float64) bool { return v == limit }) / float64(len(values))
	},
}

// overTime are the functions of the values of a subquery in a window.
var overTime = func() map[string]func(points, float64) float64 {
	functions := map[string]func(points, float64) float64{}
	for _, f := range subqueryRollups {
		functions[f.Name] = ofPoints[f.Name]
		if of := ofValues[strings.TrimSuffix(f.Name, "_over_time")]; of != nil {
			functions[f.Name] = func(p points, parameter float64) float64 { return of(p.values, parameter) }
		}
	}
	functions["quantiles_over_time"] = functions["quantile_over_time"]
	return functions
}()

func sum(values []float64) float64 { return sumOf(values, func(v float64) float64 { return v }) }

func sumOf(values []float64, f func(float64) float64) (total float64) {
	for _, v := range values {
		total += f(v)
	}
	return total
}

func countOf(values []float64, fits func(float64) bool) (n float64) {
	for _, v := range values {
		if fits(v) {
			n++
		}
	}
	return n
}

func variance(values []float64) float64 {
	mean := sum(values) / float64(len(values))
	return sumOf(values, func(v float64) float64 { return (v - mean) * (v - mean) }) / float64(len(values))
}

func quantile(values []float64, phi float64) float64 {
	switch {
	case math.IsNaN(phi):
		return phi
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
}

// mode is the value that occurs most often; of several the smallest.
func mode(values []float64, _ float64) (best float64) {
	sorted := slices.Sorted(slices.Values(values))
	most, n := 0, 0
	for i, v := range sorted {
		if n++; i > 0 && v != sorted[i-1] {
			n = 1
		}
		if n > most {
			most, best = n, v
		}
	}
	return best
}

// running adds up series one by one, for aggregates that need not hold them.
type running struct {
	labels      map[string]string
	count, a, b []float64 // how many values, and what becomes of them
}

// folds are aggregates that need no more of a group than what add makes of it.
var folds = map[string]struct {
	add func(r *running, i int, v float64)
	end func(r *running, i int) float64
}{
	"sum":    {func(r *running, i int, v float64) { r.a[i] += v }, func(r *running, i int) float64 { return r.a[i] }},
	"sum2":   {func(r *running, i int, v float64) { r.a[i] += v * v }, func(r *running, i int) float64 { return r.a[i] }},
	"count":  {func(*running, int, float64) {}, func(r *running, i int) float64 { return r.count[i] }},
	"group":  {func(*running, int, float64) {}, func(*running, int) float64 { return 1 }},
	"avg":    {func(r *running, i int, v float64) { r.a[i] += v }, func(r *running, i int) float64 { return r.a[i] / r.count[i] }},
	"min":    {func(r *running, i int, v float64) { r.a[i] = least(r.a[i], v, r.count[i], -1) }, func(r *running, i int) float64 { return r.a[i] }},
	"max":    {func(r *running, i int, v float64) { r.a[i] = least(r.a[i], v, r.count[i], 1) }, func(r *running, i int) float64 { return r.a[i] }},
	"stdvar": {welford, func(r *running, i int) float64 { return r.b[i] / r.count[i] }},
	"stddev": {welford, func(r *running, i int) float64 { return math.Sqrt(r.b[i] / r.count[i]) }},
}

// least keeps the first value, and what is less, or more where sign is 1.
func least(kept, v, count float64, sign int) float64 {
	if count == 1 || cmp.Compare(v, kept) == sign {
		return v
	}
	return kept
}

// welford keeps mean and sum of squared differences: https://en.wikipedia.org/wiki/Algorithms_for_calculating_variance
func welford(r *running, i int, v float64) {
	difference := v - r.a[i]
	r.a[i] += difference / r.count[i]
	r.b[i] += difference * (v - r.a[i])
}

// grouped is what remains of labels by a modifier.
func grouped(labels map[string]string, m metricsql.ModifierExpr) map[string]string {
	left := map[string]string{}
	without := strings.EqualFold(m.Op, "without")
	for name, value := range labels {
		if slices.Contains(m.Args, name) != without {
			left[name] = value
		}
	}
	return left
}

func (e *evaluation) aggregate(x *metricsql.AggrFuncExpr, c clock, yield func(Series) error) (err error) {
	if x.Limit > 0 {
		left, all := x.Limit, yield
		yield = func(s Series) error {
			if left--; left < 0 {
				return nil
			}
			return all(s)
		}
	}
	name, arg := strings.ToLower(x.Name), x.Args[len(x.Args)-1]
	if pushed(x) { // counted by these labels at once
		var list []Series
		keep := func(s Series) error {
			if x.Limit == 0 {
				return yield(s)
			}
			list = append(list, s)
			return e.hold(len(s.Values))
		}
		if f, r, m := leafOf(arg); m != nil {
			err = e.leaf(f, r, m, x.Modifier.Args, c, keep)
		} else {
			err = e.gauge(counted(arg), x.Modifier.Args, c, keep)
		}
		sort.Slice(list, func(i, j int) bool { return list[i].key() < list[j].key() })
		for _, s := range list {
			if err == nil {
				err = yield(s)
			}
		}
		return err
	}
	given, err := e.parameters(x.Args[:len(x.Args)-1], c)
	if err != nil {
		return err
	}
	if fold, ok := folds[name]; ok {
		groups := map[string]*running{}
		err := e.stream(arg, c, func(s Series) error {
			if !s.alive() {
				return nil
			}
			labels := grouped(s.Labels, x.Modifier)
			key := keyOf(labels)
			r := groups[key]
			if r == nil {
				n := len(c.times)
				if err := e.hold(3 * n); err != nil {
					return err
				}
				r = &running{labels, make([]float64, n), make([]float64, n), make([]float64, n)}
				groups[key] = r
			}
			for i, v := range s.Values {
				if v == v {
					r.count[i]++
					fold.add(r, i, v)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, key := range sortedKeys(groups) {
			r := groups[key]
			values := c.empty()
			for i := range values {
				if r.count[i] > 0 {
					values[i] = fold.end(r, i)
				}
			}
			if err := yield(Series{r.labels, values}); err != nil {
				return err
			}
		}
		return nil
	}
	if name == "topk" || name == "bottomk" {
		return e.rank(x, given.number(), c, yield)
	}
	all, err := e.eval(arg, c)
	if err != nil {
		return err
	}
	groups, labels := map[string][]Series{}, map[string]map[string]string{}
	for _, s := range all {
		if s.alive() {
			g := grouped(s.Labels, x.Modifier)
			groups[keyOf(g)] = append(groups[keyOf(g)], s)
			labels[keyOf(g)] = g
		}
	}
	for _, key := range sortedKeys(groups) {
		for _, s := range ofGroup(name, given, groups[key], labels[key], c) {
			if err := yield(s); err != nil {
				return err
			}
		}
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

// ofGroup evaluates an aggregate that has to see a whole group.
func ofGroup(name string, given parameters, group []Series, labels map[string]string, c clock) []Series {
	parameter := given.number()
	sort.Slice(group, func(i, j int) bool { return group[i].key() < group[j].key() })
	k := max(0, min(len(group), int(min(max(parameter, 0), math.MaxInt32))))
	switch way, by, _ := strings.Cut(name, "_"); {
	case name == "limitk":
		return group[:k]
	case name == "any":
		return group[:1]
	case name == "share":
		return share(group, c)
	case name == "zscore":
		return scores(group, c)
	case way == "outliersk" || way == "outliers":
		return outlying(name, parameter, group, c)
	case name == "count_values":
		return countValues(given.label, group, labels, c)
	case way == "topk" || way == "bottomk":
		measure := make(map[string]float64, len(group))
		for _, s := range group {
			measure[s.key()] = ofValues[by](present(s.Values), 0)
		}
		sort.SliceStable(group, func(i, j int) bool {
			a, b := measure[group[i].key()], measure[group[j].key()]
			return way == "topk" && a > b || way == "bottomk" && a < b
		})
		return group[:k]
	}
	list := make([]Series, max(1, len(given.numbers)))
	for n := range list {
		list[n] = Series{labels, c.empty()}
		if name == "quantiles" {
			list[n].Labels = labeled(labels, given.label, fmt.Sprintf("%g", given.numbers[n]))
		}
	}
	values := make([]float64, 0, len(group))
	for i := range c.times {
		values = values[:0]
		for _, s := range group {
			if v := s.Values[i]; v == v {
				values = append(values, v)
			}
		}
		switch {
		case len(values) == 0:
		case name == "quantiles":
			for n := range list {
				list[n].Values[i] = quantile(values, given.numbers[n])
			}
		default:
			list[0].Values[i] = ofValues[name](values, parameter)
		}
	}
	return list
}

// countValues counts how often each value occurs.
func countValues(label string, group []Series, labels map[string]string, c clock) (list []Series) {
	counts := map[float64][]float64{}
	for _, s := range group {
		for i, v := range s.Values {
			if v != v {
				continue
			}
			if counts[v] == nil {
				counts[v] = c.empty()
			}
			if counts[v][i] != counts[v][i] {
				counts[v][i] = 0
			}
			counts[v][i]++
		}
	}
	for _, v := range slices.Sorted(maps.Keys(counts)) {
		list = append(list, Series{labeled(labels, label, strconv.FormatFloat(v, 'f', -1, 64)), counts[v]})
	}
	return list
}

// labeled adds a label to others.
func labeled(labels map[string]string, name, value string) map[string]string {
	own := maps.Clone(labels)
	own[name] = value
	return own
}

func present(values []float64) []float64 {
	return slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return v != v })
}

func share(group []Series, c clock) []Series {
	totals := make([]float64, len(c.times))
	for _, s := range group {
		for i, v := range s.Values {
			if v >= 0 {
				totals[i] += v
			}
		}
	}
	list := make([]Series, len(group))
	for n, s := range group {
		list[n] = Series{s.Labels, make([]float64, len(s.Values))}
		for i, v := range s.Values {
			if list[n].Values[i] = nan(); v >= 0 { // there is no share of less than nothing
				list[n].Values[i] = v / totals[i]
			}
		}
	}
	return list
}
