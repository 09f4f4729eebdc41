package metrics

import (
	"math"
	"slices"
	"time"
	_ "time/tzdata" // so that time zones are known wherever the plugin runs
)

// transformFunc is a function of series.
type transformFunc func(c *call) ([]Series, error)

// mapEach applies a function to every value there is.
func mapEach(list []Series, f func(v float64, i int) float64) []Series {
	changed := make([]Series, len(list))
	for n, s := range list {
		changed[n] = s.mapValues(f)
	}
	return changed
}

// ofNumber is a function of single values.
func ofNumber(f func(v float64) float64) transformFunc {
	return func(c *call) ([]Series, error) {
		return mapEach(c.values[0], func(v float64, _ int) float64 { return f(v) }), nil
	}
}

func degrees(v float64) float64 { return v * 180 / math.Pi }
func radians(v float64) float64 { return v * math.Pi / 180 }
func sign(v float64) float64    { return truth(v > 0) - truth(v < 0) }

// ofTime is a function of times in UTC: those given, or those of the steps.
func ofTime(f func(time.Time) int) transformFunc {
	return func(c *call) ([]Series, error) {
		list := []Series{c.series(seconds)}
		if len(c.values) > 0 {
			list = c.values[0]
		}
		return mapEach(list, func(v float64, _ int) float64 { return float64(f(time.UnixMicro(int64(v * 1e6)).UTC())) }), nil
	}
}

func weekday(t time.Time) int { return int(t.Weekday()) }
func month(t time.Time) int   { return int(t.Month()) }
func daysInMonth(t time.Time) int {
	return time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// constant is a function without arguments whose value is the same at all times.
func constant(f func(ts timestamps) float64) transformFunc {
	return func(c *call) ([]Series, error) { return []Series{c.constant(f(c.timestamps))}, nil }
}

func startTime(ts timestamps) float64  { return seconds(ts.first()) }
func endTime(ts timestamps) float64    { return seconds(ts.last()) }
func stepLength(ts timestamps) float64 { return seconds(ts.step) }
func pi(timestamps) float64            { return math.Pi }

func timeOfStep(c *call) ([]Series, error) { return []Series{c.series(seconds)}, nil }

// parseZone finds the time zone that a function is given.
func parseZone(n *transformNode) (err error) {
	if n.zone, err = time.LoadLocation(n.texts[0]); err != nil || n.texts[0] == "Local" {
		return refuse(n.texts[0], "unknown time zone %q: use an IANA name such as Europe/Berlin", n.texts[0])
	}
	return nil
}

func zoneOffset(c *call) ([]Series, error) {
	return []Series{c.series(func(t int64) float64 {
		_, offset := time.UnixMicro(t).In(c.zone).Zone()
		return float64(offset)
	})}, nil
}

func vector(c *call) ([]Series, error) { return c.values[0], nil }

func scalar(c *call) ([]Series, error) {
	if len(c.values[0]) != 1 {
		return []Series{{map[string]string{}, c.empty()}}, nil
	}
	return []Series{{map[string]string{}, c.values[0][0].Values}}, nil
}

func absent(c *call) ([]Series, error) {
	out := c.constant(1)
	for _, s := range c.values[0] {
		for i, v := range s.Values {
			if v == v {
				out.Values[i] = nan
			}
		}
	}
	return []Series{out}, nil
}

func dropEmpty(c *call) ([]Series, error) { return nonEmpty(c.values[0]), nil }

// union returns the series of all arguments; of those with the same labels the first.
func union(c *call) (list []Series, err error) {
	seen := map[string]bool{}
	for _, s := range nonEmpty(slices.Concat(c.values...)) {
		if key := s.key(); !seen[key] {
			seen[key] = true
			list = append(list, s)
		}
	}
	return list, nil
}

// limitOffset keeps some of the series, in the order of their labels.
func limitOffset(c *call) ([]Series, error) {
	limit, err := c.number(0)
	if err != nil {
		return nil, err
	}
	offset, err := c.number(1)
	if err != nil {
		return nil, err
	}
	list := nonEmpty(c.values[2])
	slices.SortStableFunc(list, compareKeys)
	bounded := func(n float64) int { return int(min(max(n, 0), float64(len(list)))) }
	list = list[bounded(offset):]
	return list[:bounded(limit)], nil
}

// ofBits combines what whole numbers and a mask are made of.
func ofBits(f func(v, mask uint64) uint64) transformFunc {
	return func(c *call) ([]Series, error) {
		mask, err := c.number(1)
		return mapEach(c.values[0], func(v float64, _ int) float64 { return float64(f(uint64(v), uint64(mask))) }), err
	}
}

func bitAnd(v, mask uint64) uint64 { return v & mask }
func bitOr(v, mask uint64) uint64  { return v | mask }
func bitXor(v, mask uint64) uint64 { return v ^ mask }

// bounded is a function whose other arguments are numbers, which may change over time: limit returns them at a time.
func bounded(f func(v float64, limits []float64) float64) transformFunc {
	return func(c *call) ([]Series, error) {
		limits := make([]float64, len(c.values)-1)
		for _, arg := range c.values[1:] {
			if len(arg) != 1 {
				return nil, refuse(c.name, "the limits of %s have to be numbers: use numbers there, or scalar()", c)
			}
		}
		return mapEach(c.values[0], func(v float64, i int) float64 {
			for n, arg := range c.values[1:] {
				limits[n] = arg[0].Values[i]
			}
			return f(v, limits)
		}), nil
	}
}

func clamp(v float64, limits []float64) float64 {
	if v > limits[1] { // one that is missing is none
		return limits[1]
	}
	return clampMin(v, limits)
}

func clampMin(v float64, limits []float64) float64 {
	if v < limits[0] {
		return limits[0]
	}
	return v
}

func clampMax(v float64, limits []float64) float64 {
	if v > limits[0] {
		return limits[0]
	}
	return v
}

func round(v float64, limits []float64) float64 {
	nearest := 1.0
	if len(limits) == 1 {
		nearest = limits[0]
	}
	return math.Round(v/nearest) * nearest
}
