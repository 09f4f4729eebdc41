package metrics

import (
	"math"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // so that time zones are known wherever the plugin runs

	"github.com/VictoriaMetrics/metricsql"
)

// ofValue are functions of single values.
var ofValue = map[string]func(float64) float64{
	"abs": math.Abs, "ceil": math.Ceil, "floor": math.Floor, "sqrt": math.Sqrt, "exp": math.Exp, "ln": math.Log, "log2": math.Log2, "log10": math.Log10,
	"sin": math.Sin, "cos": math.Cos, "tan": math.Tan, "asin": math.Asin, "acos": math.Acos, "atan": math.Atan,
	"sinh": math.Sinh, "cosh": math.Cosh, "tanh": math.Tanh, "asinh": math.Asinh, "acosh": math.Acosh, "atanh": math.Atanh,
	"deg": func(v float64) float64 { return v * 180 / math.Pi },
	"rad": func(v float64) float64 { return v * math.Pi / 180 },
	"sgn": func(v float64) float64 { return truth(v > 0) - truth(v < 0) },
}

// ofTime are functions of times in UTC.
var ofTime = map[string]func(time.Time) int{
	"hour": time.Time.Hour, "minute": time.Time.Minute, "day_of_month": time.Time.Day, "day_of_year": time.Time.YearDay, "year": time.Time.Year,
	"day_of_week": func(t time.Time) int { return int(t.Weekday()) },
	"month":       func(t time.Time) int { return int(t.Month()) },
	"days_in_month": func(t time.Time) int {
		return time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	},
}

// transform evaluates a function of values.
func (e *evaluation) transform(x *metricsql.FuncExpr, c clock) ([]Series, error) {
	name := strings.ToLower(x.Name)
	var texts []string
	var args [][]Series
	for _, arg := range x.Args {
		if s, ok := arg.(*metricsql.StringExpr); ok {
			texts = append(texts, s.S)
			continue
		}
		list, err := e.eval(arg, c)
		if err != nil {
			return nil, err
		}
		args = append(args, list)
	}
	if f := ofValue[name]; f != nil {
		return each(args[0], func(v float64, _ int) float64 { return f(v) }), nil
	}
	if f := ofTime[name]; f != nil {
		list := []Series{c.each(func(t int64) float64 { return float64(t) / 1e6 })}
		if len(args) > 0 {
			list = args[0]
		}
		return each(list, func(v float64, _ int) float64 { return float64(f(time.UnixMicro(int64(v * 1e6)).UTC())) }), nil
	}
	switch way, what, _ := strings.Cut(name, "_"); {
	case way == "label", way == "labels":
		return relabel(x, name, args[0], texts)
	case strings.HasPrefix(name, "sort"):
		return inOrder(name, args[0], texts), nil
	case way == "running":
		return accumulated(what, args[0]), nil
	case way == "range" && len(x.Args) == 2: // the other argument comes first
		parameter, err := e.number(x.Args[0], c)
		return overall(what, parameter, args[1], c), err
	case way == "range":
		return overall(what, 0, slices.Concat(args...), c), nil
	case way == "bitmap":
		mask, err := e.number(x.Args[1], c)
		return each(args[0], func(v float64, _ int) float64 { return bits(what, v, mask) }), err
	case name == "clamp", name == "clamp_min", name == "clamp_max", name == "round":
		return e.bounded(x, name, args)
	}
	switch name {
	case "vector":
		return args[0], nil
	case "scalar":
		if len(args[0]) != 1 {
			return []Series{{map[string]string{}, c.empty()}}, nil
		}
		return []Series{{map[string]string{}, args[0][0].Values}}, nil
	case "time":
		return []Series{c.each(func(t int64) float64 { return float64(t) / 1e6 })}, nil
	case "start":
		return []Series{c.constant(float64(c.times[0]) / 1e6)}, nil
	case "end":
		return []Series{c.constant(float64(c.times[len(c.times)-1]) / 1e6)}, nil
	case "step":
		return []Series{c.constant(float64(c.step) / 1e6)}, nil
	case "pi":
		return []Series{c.constant(math.Pi)}, nil
	case "timezone_offset":
		zone, err := time.LoadLocation(texts[0])
		if err != nil || texts[0] == "Local" {
			return nil, refuse(texts[0], "unknown time zone %q: use an IANA name such as Europe/Berlin", texts[0])
		}
		return []Series{c.each(func(t int64) float64 {
			_, offset := time.UnixMicro(t).In(zone).Zone()
			return float64(offset)
		})}, nil
	case "absent":
		out := c.constant(1)
		for _, s := range args[0] {
			for i, v := range s.Values {
				if v == v {
					out.Values[i] = nan()
				}
			}
		}
		return []Series{out}, nil
	case "drop_empty_series":
		return living(args[0]), nil
	case "drop_common_labels":
		return withoutCommonLabels(slices.Concat(args...)), nil
	case "limit_offset":
		return e.page(x, args[2], c)
	case "interpolate":
		return interpolated(args[0]), nil
	case "smooth_exponential":
		if len(args[1]) != 1 {
			return nil, refuse(x.Name, "the factor of %s has to be a number: use a number there, or scalar()", textOf(x))
		}
		return smoothed(args[0], args[1][0].Values), nil
	case "keep_last_value":
		return filled(args[0], false), nil
	case "keep_next_value":
		return filled(args[0], true), nil
	}
	// union, also as (a, b)
	var list []Series
	seen := map[string]bool{}
	for _, arg := range args {
		for _, s := range living(arg) {
			if key := s.key(); !seen[key] {
				seen[key] = true
				list = append(list, s)
			}
		}
	}
	return list, nil
}

// each applies a function to every value there is.
func each(list []Series, f func(v float64, i int) float64) []Series {
	changed := make([]Series, len(list))
	for n, s := range list {
		changed[n] = Series{s.Labels, make([]float64, len(s.Values))}
		for i, v := range s.Values {
			if changed[n].Values[i] = nan(); v == v {
				changed[n].Values[i] = f(v, i)
			}
		}
	}
	return changed
}

// bits combines what two whole numbers are made of.
func bits(how string, v, mask float64) float64 {
	a, b := uint64(v), uint64(mask)
	switch how {
	case "and":
		return float64(a & b)
	case "or":
		return float64(a | b)
	}
	return float64(a ^ b)
}

// bounded evaluates functions whose other arguments are numbers, which may change over time.
func (e *evaluation) bounded(x *metricsql.FuncExpr, name string, args [][]Series) ([]Series, error) {
	for _, arg := range args[1:] {
		if len(arg) != 1 {
			return nil, refuse(x.Name, "the limits of %s have to be numbers: use numbers there, or scalar()", textOf(x))
		}
	}
	number := func(n, i int) float64 { return args[n][0].Values[i] }
	return each(args[0], func(v float64, i int) float64 {
		switch { // a limit that is missing is none
		case name == "clamp" && v > number(2, i):
			return number(2, i)
		case name == "clamp_max" && v > number(1, i), strings.HasPrefix(name, "clamp") && name != "clamp_max" && v < number(1, i):
			return number(1, i)
		case name != "round":
			return v
		}
		nearest := 1.0
		if len(args) == 2 {
			nearest = number(1, i)
		}
		return math.Round(v/nearest) * nearest
	}), nil
}
