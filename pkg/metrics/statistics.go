package metrics

import (
	"cmp"
	"math"
	"slices"
)

// points are the values of a subquery in one window, with their times and the window's end in microseconds.
type points struct {
	times  []int64
	values []float64
	end    int64
	width  int64
}

func (p *points) reset(end, width int64) {
	p.times, p.values, p.end, p.width = p.times[:0], p.values[:0], end, width
}

func (p *points) add(at int64, v float64) {
	p.times, p.values = append(p.times, at), append(p.values, v)
}

func seconds(t int64) float64 { return float64(t) / 1e6 }

// ofPoints are functions of values and their times.
var ofPoints = map[string]func(p points, parameter float64) float64{
	"deriv": func(p points, _ float64) float64 { _, slope := p.line(); return slope },
	"predict_linear": func(p points, ahead float64) float64 {
		now, slope := p.line()
		return now + slope*ahead
	},
	"tfirst_over_time": func(p points, _ float64) float64 { return seconds(p.times[0]) },
	"tlast_over_time":  func(p points, _ float64) float64 { return seconds(p.times[len(p.times)-1]) },
	"timestamp":        func(p points, _ float64) float64 { return seconds(p.times[len(p.times)-1]) },
	"tmin_over_time":   func(p points, _ float64) float64 { return seconds(p.times[p.extreme(-1)]) },
	"tmax_over_time":   func(p points, _ float64) float64 { return seconds(p.times[p.extreme(1)]) },
	"rate_over_sum":    func(p points, _ float64) float64 { return sum(p.values) / seconds(p.width) },
}

// extreme is where the largest value is, or where sign is -1 the smallest; of equal ones the last.
func (p points) extreme(sign int) (at int) {
	for i, v := range p.values {
		if cmp.Compare(v, p.values[at]) != -sign {
			at = i
		}
	}
	return at
}

// line is the straight line with the least squares: its value at the window's end, and by how much it rises in a second.
func (p points) line() (atEnd, slope float64) { return regression(p.times, p.values, p.end) }

func regression(times []int64, values []float64, at int64) (atTime, slope float64) {
	n := float64(len(values))
	var meanX, meanY float64
	for i, v := range values {
		meanX += seconds(times[i]-at) / n
		meanY += v / n
	}
	var together, alone float64
	for i, v := range values {
		x := seconds(times[i]-at) - meanX
		together += x * (v - meanY)
		alone += x * x
	}
	if alone == 0 {
		return meanY, 0
	}
	slope = together / alone
	return meanY - slope*meanX, slope
}

// deviation is the median of how far values are from their median.
func deviation(values []float64) float64 {
	median := quantile(values, 0.5)
	away := make([]float64, len(values))
	for i, v := range values {
		away[i] = math.Abs(v - median)
	}
	return quantile(away, 0.5)
}

// score is how many standard deviations a value is from the average; NaN where all values are the same.
func score(v float64, among []float64) float64 {
	return (v - sum(among)/float64(len(among))) / math.Sqrt(variance(among))
}

// fences are what Tukey's rule calls ordinary: https://en.wikipedia.org/wiki/Interquartile_range#Outliers
func fences(values []float64) (low, high float64) {
	first, third := quantile(values, 0.25), quantile(values, 0.75)
	reach := 1.5 * (third - first)
	return first - reach, third + reach
}

func outlier(values []float64, v float64) bool {
	low, high := fences(values)
	return v < low || v > high
}

// outlying keeps the series of a group that stand out of it.
func outlying(name string, parameter float64, group []Series, c clock) []Series {
	at := make([][]float64, len(c.times)) // the group's values at each time
	for _, s := range group {
		for i, v := range s.Values {
			if v == v {
				at[i] = append(at[i], v)
			}
		}
	}
	if name == "outliersk" {
		return farthest(int(min(max(parameter, 0), float64(len(group)))), group, at)
	}
	low, high := c.empty(), c.empty()
	for i, values := range at {
		switch {
		case len(values) == 0:
		case name == "outliers_mad":
			median, reach := quantile(values, 0.5), parameter*deviation(values)
			low[i], high[i] = median-reach, median+reach
		default:
			low[i], high[i] = fences(values)
		}
	}
	return slices.DeleteFunc(group, func(s Series) bool {
		for i, v := range s.Values {
			if v < low[i] || v > high[i] {
				return false
			}
		}
		return true
	})
}

// farthest are the k series that are farthest from the group's median, over all times.
func farthest(k int, group []Series, at [][]float64) []Series {
	away := map[string]float64{}
	for _, s := range group {
		for i, v := range s.Values {
			if v == v {
				d := v - quantile(at[i], 0.5)
				away[s.key()] += d * d
			}
		}
	}
	slices.SortStableFunc(group, func(a, b Series) int { return cmp.Compare(away[b.key()], away[a.key()]) })
	return group[:k]
}

// scores are how far each series is from its group's average at each time.
func scores(group []Series, c clock) []Series {
	at := make([][]float64, len(c.times))
	for _, s := range group {
		for i, v := range s.Values {
			if v == v {
				at[i] = append(at[i], v)
			}
		}
	}
	return each(group, func(v float64, i int) float64 { return score(v, at[i]) })
}
