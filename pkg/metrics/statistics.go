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

func firstTime(p points, _ float64) float64    { return seconds(p.times[0]) }
func lastTime(p points, _ float64) float64     { return seconds(p.times[len(p.times)-1]) }
func sumPerSecond(p points, _ float64) float64 { return sum(p.values) / seconds(p.width) }

func slope(p points, _ float64) float64 {
	_, slope := regression(p.times, p.values, p.end)
	return slope
}

func predicted(p points, ahead float64) float64 {
	now, slope := regression(p.times, p.values, p.end)
	return now + slope*ahead
}

// extremeTime is when the largest value is, or where sign is -1 the smallest; of equal ones the last.
func extremeTime(sign int) windowFunc {
	return func(p points, _ float64) float64 {
		at := 0
		for i, v := range p.values {
			if cmp.Compare(v, p.values[at]) != -sign {
				at = i
			}
		}
		return seconds(p.times[at])
	}
}

// regression returns the straight line with the least squares: its value at a time, and by how much it rises in a second.
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

// The following are functions of one or more values.

func one([]float64) float64                  { return 1 }
func length(values []float64) float64        { return float64(len(values)) }
func firstValue(values []float64) float64    { return values[0] }
func lastValue(values []float64) float64     { return values[len(values)-1] }
func average(values []float64) float64       { return sum(values) / float64(len(values)) }
func valueRange(values []float64) float64    { return slices.Max(values) - slices.Min(values) }
func standardDev(values []float64) float64   { return math.Sqrt(variance(values)) }
func median(values []float64) float64        { return quantile(values, 0.5) }
func distinctCount(values []float64) float64 { return float64(len(slices.Compact(sorted(values)))) }

func sorted(values []float64) []float64 { return slices.Sorted(slices.Values(values)) }

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}

func sumOfSquares(values []float64) (total float64) {
	for _, v := range values {
		total += v * v
	}
	return total
}

func geometricMean(values []float64) float64 {
	product := 1.0
	for _, v := range values {
		product *= v
	}
	return math.Pow(product, 1/float64(len(values)))
}

func variance(values []float64) (total float64) {
	mean := average(values)
	for _, v := range values {
		total += (v - mean) * (v - mean)
	}
	return total / float64(len(values))
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
	sorted := sorted(values)
	rank := phi * float64(len(sorted)-1)
	low := int(rank)
	high := min(low+1, len(sorted)-1)
	weight := rank - float64(low)
	return sorted[low]*(1-weight) + sorted[high]*weight
}

// mode is the value that occurs most often; of several the smallest.
func mode(values []float64) (best float64) {
	sorted := sorted(values)
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

// deviation is the median of how far values are from their median.
func deviation(values []float64) float64 {
	middle := median(values)
	away := make([]float64, len(values))
	for i, v := range values {
		away[i] = math.Abs(v - middle)
	}
	return median(away)
}

// score is how many standard deviations a value is from the average; NaN where all values are the same.
func score(v float64, among []float64) float64 { return (v - average(among)) / standardDev(among) }

// lastScore is the score of the last value; 0 where it is the average.
func lastScore(values []float64) float64 {
	if last := lastValue(values); last != average(values) {
		return score(last, values)
	}
	return 0
}

// fences are what Tukey's rule calls ordinary: https://en.wikipedia.org/wiki/Interquartile_range#Outliers
func fences(values []float64) (low, high float64) {
	first, third := quantile(values, 0.25), quantile(values, 0.75)
	reach := 1.5 * (third - first)
	return first - reach, third + reach
}

// lastOutlier is the last value, where it is one.
func lastOutlier(values []float64) float64 {
	low, high := fences(values)
	if last := lastValue(values); last < low || last > high {
		return last
	}
	return nan
}

// ofValues is a function of a window's values.
func ofValues(f func(values []float64) float64) windowFunc {
	return func(p points, _ float64) float64 { return f(p.values) }
}

func quantileOf(p points, phi float64) float64 { return quantile(p.values, phi) }

// countIf counts the values that compare so with a limit.
func countIf(compare func(v, limit float64) bool) windowFunc {
	return func(p points, limit float64) (n float64) {
		for _, v := range p.values {
			n += truth(compare(v, limit))
		}
		return n
	}
}

// shareIf is the share of the values that compare so with a limit.
func shareIf(compare func(v, limit float64) bool) windowFunc {
	count := countIf(compare)
	return func(p points, limit float64) float64 { return count(p, limit) / length(p.values) }
}

// sumIf adds up the values that compare so with a limit.
func sumIf(compare func(v, limit float64) bool) windowFunc {
	return func(p points, limit float64) (total float64) {
		for _, v := range p.values {
			total += v * truth(compare(v, limit))
		}
		return total
	}
}
