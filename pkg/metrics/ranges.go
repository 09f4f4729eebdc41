package metrics

import (
	"math"
	"slices"
)

// accumulated accumulates values, on through gaps.
func accumulated(what string, list []Series) []Series {
	var total, n float64
	return filled(remembering(list, func() { total, n = 0, 0 }, func(v float64) float64 {
		n++
		switch {
		case n == 1:
			total = v
		case what == "min":
			total = math.Min(total, v)
		case what == "max":
			total = math.Max(total, v)
		default:
			total += v
		}
		if what == "avg" {
			return total / n
		}
		return total
	}), false)
}

// remembering applies a function that remembers within a series.
func remembering(list []Series, begin func(), f func(v float64) float64) []Series {
	changed := make([]Series, len(list))
	for n, s := range list {
		begin()
		changed[n] = each([]Series{s}, func(v float64, _ int) float64 { return f(v) })[0]
	}
	return changed
}

// overall evaluates functions of all values of a series.
func overall(what string, parameter float64, list []Series, c clock) (changed []Series) {
	for _, s := range living(list) {
		values := present(s.Values)
		constant := func(v float64) func(float64, int) float64 { return func(float64, int) float64 { return v } }
		keep := func(fits func(v float64) bool) func(float64, int) float64 {
			return func(v float64, _ int) float64 {
				if fits(v) {
					return v
				}
				return nan()
			}
		}
		var f func(v float64, i int) float64
		switch what {
		case "linear_regression":
			start, slope := regression(knownTimes(s, c), values, c.times[0])
			changed = append(changed, Series{s.Labels, c.each(func(t int64) float64 { return start + slope*seconds(t-c.times[0]) }).Values})
			continue
		case "quantile":
			f = constant(quantile(values, parameter))
		case "normalize":
			low, high := slices.Min(values), slices.Max(values)
			f = func(v float64, _ int) float64 { return (v - low) / (high - low) }
		case "zscore":
			f = func(v float64, _ int) float64 { return score(v, values) }
		case "trim_zscore":
			f = keep(func(v float64) bool { return !(math.Abs(score(v, values)) > parameter) })
		case "trim_outliers":
			median, reach := quantile(values, 0.5), parameter*deviation(values)
			f = keep(func(v float64) bool { return math.Abs(v-median) <= reach })
		case "trim_spikes":
			low, high := quantile(values, parameter/2), quantile(values, 1-parameter/2)
			f = keep(func(v float64) bool { return low <= v && v <= high })
		default:
			f = constant(ofValues[what](values, 0))
		}
		switch what {
		case "sum", "avg", "min", "max": // as of running_sum and so on, there are no gaps after the first value
			s = filled([]Series{s}, false)[0]
		}
		changed = append(changed, each([]Series{s}, f)[0])
	}
	return changed
}

// knownTimes are the times at which a series has a value.
func knownTimes(s Series, c clock) (list []int64) {
	for i, v := range s.Values {
		if v == v {
			list = append(list, c.times[i])
		}
	}
	return list
}

// smoothed counts each value by a factor, and what was before by the rest.
func smoothed(list []Series, factors []float64) []Series {
	changed := make([]Series, len(list))
	for n, s := range list {
		before := nan()
		changed[n] = each([]Series{s}, func(v float64, i int) float64 {
			factor := min(max(factors[i], 0), 1)
			if before != before || factor != factor {
				factor = 1
			}
			if factor == 1 {
				before = v
			} else {
				before = before*(1-factor) + v*factor
			}
			return before
		})[0]
	}
	return changed
}

// interpolated puts a straight line into gaps between values.
func interpolated(list []Series) []Series {
	changed := make([]Series, len(list))
	for n, s := range list {
		values := slices.Clone(s.Values)
		last := -1
		for i, v := range values {
			if v != v {
				continue
			}
			for gap := last + 1; last >= 0 && gap < i; gap++ {
				values[gap] = values[last] + (v-values[last])*float64(gap-last)/float64(i-last)
			}
			last = i
		}
		changed[n] = Series{s.Labels, values}
	}
	return changed
}

// filled puts the value before a gap into it, or the one after.
func filled(list []Series, next bool) []Series {
	changed := make([]Series, len(list))
	for n, s := range list {
		values := slices.Clone(s.Values)
		if next {
			slices.Reverse(values)
		}
		for i := 1; i < len(values); i++ {
			if values[i] != values[i] {
				values[i] = values[i-1]
			}
		}
		if next {
			slices.Reverse(values)
		}
		changed[n] = Series{s.Labels, values}
	}
	return changed
}
