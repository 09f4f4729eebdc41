package metrics

import (
	"math"
	"slices"
)

// running accumulates values, on through gaps.
func running(f func(total, v float64) float64, average bool) transformFunc {
	return ofSeries(func(_ *call, s Series) Series {
		var total, n float64
		return fill(nil, s.mapValues(func(v float64, _ int) float64 {
			if n++; n == 1 {
				total = v
			} else {
				total = f(total, v)
			}
			if average {
				return total / n
			}
			return total
		}))
	})
}

// overRange is a function that prepare returns of all values of a series; the parameter, if there is one, comes first.
func overRange(prepare func(values []float64, parameter float64) func(v float64) float64) transformFunc {
	return func(c *call) (changed []Series, err error) {
		parameter, lists := 0.0, c.values
		if c.minArgs == 2 {
			if parameter, err = c.number(0); err != nil {
				return nil, err
			}
			lists = c.values[1:]
		}
		for _, s := range nonEmpty(slices.Concat(lists...)) {
			f := prepare(present(s.Values), parameter)
			changed = append(changed, s.mapValues(func(v float64, _ int) float64 { return f(v) }))
		}
		return changed, nil
	}
}

// overall is one value of all values of a series, wherever it has one.
func overall(f func(values []float64) float64) transformFunc {
	return overRange(func(values []float64, _ float64) func(float64) float64 {
		v := f(values)
		return func(float64) float64 { return v }
	})
}

// throughGaps is as overall, and as of running_sum and so on there are no gaps after the first value.
func throughGaps(f func(values []float64) float64) transformFunc {
	once := overall(f)
	return func(c *call) ([]Series, error) {
		list, err := once(c)
		for i, s := range list {
			list[i] = fill(c, s)
		}
		return list, err
	}
}

func overallQuantile(values []float64, phi float64) func(float64) float64 {
	v := quantile(values, phi)
	return func(float64) float64 { return v }
}

func normalized(values []float64, _ float64) func(float64) float64 {
	low, high := slices.Min(values), slices.Max(values)
	return func(v float64) float64 { return (v - low) / (high - low) }
}

func scored(values []float64, _ float64) func(float64) float64 {
	return func(v float64) float64 { return score(v, values) }
}

// keepIf is a function that keeps what fits.
func keepIf(fits func(v float64) bool) func(float64) float64 {
	return func(v float64) float64 {
		if fits(v) {
			return v
		}
		return nan
	}
}

func withoutHighScores(values []float64, limit float64) func(float64) float64 {
	return keepIf(func(v float64) bool { return !(math.Abs(score(v, values)) > limit) })
}

func withoutOutliers(values []float64, k float64) func(float64) float64 {
	middle, reach := median(values), k*deviation(values)
	return keepIf(func(v float64) bool { return math.Abs(v-middle) <= reach })
}

func withoutSpikes(values []float64, phi float64) func(float64) float64 {
	low, high := quantile(values, phi/2), quantile(values, 1-phi/2)
	return keepIf(func(v float64) bool { return low <= v && v <= high })
}

func linearRegression(c *call) (changed []Series, err error) {
	for _, s := range nonEmpty(c.values[0]) {
		var known []int64
		for i, v := range s.Values {
			if v == v {
				known = append(known, c.times[i])
			}
		}
		start, slope := regression(known, present(s.Values), c.first())
		line := c.series(func(t int64) float64 { return start + slope*seconds(t-c.first()) })
		changed = append(changed, Series{s.Labels, line.Values})
	}
	return changed, nil
}

// smooth counts each value by a factor, and what was before by the rest.
func smooth(c *call) ([]Series, error) {
	if len(c.values[1]) != 1 {
		return nil, refuse(c.name, "the factor of %s has to be a number: use a number there, or scalar()", c)
	}
	factors, changed := c.values[1][0].Values, make([]Series, len(c.values[0]))
	for n, s := range c.values[0] {
		before := nan
		changed[n] = s.mapValues(func(v float64, i int) float64 {
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
		})
	}
	return changed, nil
}

// ofSeries is a function of single series.
func ofSeries(f func(c *call, s Series) Series) transformFunc {
	return func(c *call) ([]Series, error) {
		changed := make([]Series, len(c.values[0]))
		for n, s := range c.values[0] {
			changed[n] = f(c, s)
		}
		return changed, nil
	}
}

// interpolate puts a straight line into gaps between values.
func interpolate(_ *call, s Series) Series {
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
	return Series{s.Labels, values}
}

// fill puts the value before a gap into it.
func fill(_ *call, s Series) Series {
	values := slices.Clone(s.Values)
	for i := 1; i < len(values); i++ {
		if values[i] != values[i] {
			values[i] = values[i-1]
		}
	}
	return Series{s.Labels, values}
}

// fillBack puts the value after a gap into it.
func fillBack(c *call, s Series) Series {
	backwards := slices.Clone(s.Values)
	slices.Reverse(backwards)
	filled := fill(c, Series{s.Labels, backwards})
	slices.Reverse(filled.Values)
	return filled
}
