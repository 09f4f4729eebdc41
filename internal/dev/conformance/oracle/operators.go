package oracle

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/VictoriaMetrics/metricsql"
)

// operators are those of numbers; comparisons return 0 or 1.
var operators = map[string]func(a, b float64) float64{
	"+":  func(a, b float64) float64 { return a + b },
	"-":  func(a, b float64) float64 { return a - b },
	"*":  func(a, b float64) float64 { return a * b },
	"/":  func(a, b float64) float64 { return a / b },
	"%":  math.Mod,
	"^":  math.Pow,
	"==": func(a, b float64) float64 { return truth(a == b) },
	"!=": func(a, b float64) float64 { return truth(a != b) },
	">":  func(a, b float64) float64 { return truth(a > b) },
	"<":  func(a, b float64) float64 { return truth(a < b) },
	">=": func(a, b float64) float64 { return truth(a >= b) },
	"<=": func(a, b float64) float64 { return truth(a <= b) },
}

var comparisons = map[string]string{"==": "==", "!=": "!=", ">": "<", "<": ">", ">=": "<=", "<=": ">="}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// matched is what remains of labels for matching series of both sides.
func matched(labels map[string]string, x *metricsql.BinaryOpExpr) string {
	left := map[string]string{}
	on := strings.ToLower(x.GroupModifier.Op) == "on"
	for name, value := range labels {
		if slices.Contains(x.GroupModifier.Args, name) == on {
			left[name] = value
		}
	}
	return key(left)
}

func (e *evaluation) binary(x *metricsql.BinaryOpExpr, ts timestamps) ([]Series, error) {
	op := strings.ToLower(x.Op)
	left, err := e.eval(x.Left, ts)
	if err != nil {
		return nil, err
	}
	right, err := e.eval(x.Right, ts)
	if err != nil {
		return nil, err
	}
	if op != "default" && comparisons[op] == "" { // default fills also what a comparison has emptied
		left, right = withValues(left), withValues(right)
	}
	if operators[op] == nil {
		return sets(op, x, left, right, ts)
	}
	if _, number := x.Left.(*metricsql.NumberExpr); number && comparisons[op] != "" {
		left, right, op = right, left, comparisons[op]
	}
	apply := func(a, b Series, labels map[string]string) Series {
		out := ts.constant(math.NaN())
		for i := range ts.times {
			p, q := a.Values[i], b.Values[i]
			out.Values[i] = compute(op, x.Bool, p, q)
		}
		return Series{labels, out.Values}
	}

	var list []Series
	plain := x.GroupModifier.Op == "" && x.JoinModifier.Op == ""
	switch {
	case plain && isScalar(right):
		for _, s := range left {
			list = append(list, apply(s, right[0], s.Labels))
		}
		return list, nil
	case plain && isScalar(left):
		for _, s := range right {
			list = append(list, apply(left[0], s, s.Labels))
		}
		return list, nil
	}
	seen := map[string]bool{}
	for _, a := range left {
		for _, b := range right {
			if matched(a.Labels, x) == matched(b.Labels, x) {
				s := apply(a, b, joined(x, op, a.Labels, b.Labels))
				list, seen[s.Key()] = append(list, s), true
			}
		}
	}
	if len(seen) < len(list) {
		return nil, fmt.Errorf("several series match: %s", text(x))
	}
	return list, nil
}

// joined are the labels of what two series become.
func joined(x *metricsql.BinaryOpExpr, op string, left, right map[string]string) map[string]string {
	many, one := left, right
	join := strings.ToLower(x.JoinModifier.Op)
	if join == "group_right" {
		many, one = right, left
	}
	labels := maps.Clone(many)
	switch {
	case join != "":
		for _, name := range x.JoinModifier.Args {
			delete(labels, name)
			if one[name] != "" {
				labels[name] = one[name]
			}
		}
	case comparisons[op] != "" && !x.Bool: // keeps the left side's series
	case strings.ToLower(x.GroupModifier.Op) == "on":
		maps.DeleteFunc(labels, func(name, _ string) bool { return !slices.Contains(x.GroupModifier.Args, name) })
	default:
		maps.DeleteFunc(labels, func(name, _ string) bool { return slices.Contains(x.GroupModifier.Args, name) })
	}
	return labels
}

func compute(op string, asNumber bool, p, q float64) float64 {
	v := operators[op](p, q)
	switch {
	case comparisons[op] == "":
		return v
	case p != p || q != q:
		return math.NaN()
	case asNumber:
		return v
	case v == 1:
		return p
	}
	return math.NaN()
}

func isScalar(list []Series) bool { return len(list) == 1 && len(list[0].Labels) == 0 }

func withValues(list []Series) []Series {
	return slices.DeleteFunc(slices.Clone(list), func(s Series) bool {
		return !slices.ContainsFunc(s.Values, func(v float64) bool { return v == v })
	})
}

// sets evaluates the operators that choose between series.
func sets(op string, x *metricsql.BinaryOpExpr, left, right []Series, ts timestamps) ([]Series, error) {
	partners := func(s Series, among []Series) (list []Series) {
		for _, other := range among {
			if matched(s.Labels, x) == matched(other.Labels, x) {
				list = append(list, other)
			}
		}
		if list == nil && isScalar(among) && (op == "default" || op == "if" || op == "ifnot") {
			return among
		}
		return list
	}
	value := func(list []Series, i int) float64 {
		for _, s := range list {
			if s.Values[i] == s.Values[i] {
				return s.Values[i]
			}
		}
		return math.NaN()
	}
	choose := func(from, by []Series, f func(v, other float64) float64) (list []Series) {
		for _, s := range from {
			others := partners(s, by)
			out := ts.constant(0)
			for i, v := range s.Values {
				out.Values[i] = f(v, value(others, i))
			}
			list = append(list, Series{s.Labels, out.Values})
		}
		return list
	}
	switch op {
	case "and", "if":
		return withValues(choose(left, right, keep)), nil
	case "unless", "ifnot":
		return withValues(choose(left, right, drop)), nil
	case "default":
		if len(left) == 0 {
			return right, nil
		}
		return choose(left, right, fill), nil
	case "or":
		list := slices.Clone(left)
		for _, s := range choose(right, left, drop) {
			same := slices.IndexFunc(list, func(l Series) bool { return l.Key() == s.Key() })
			if same < 0 {
				list = append(list, s)
				continue
			}
			merged := slices.Clone(list[same].Values)
			for i := range merged {
				merged[i] = fill(merged[i], s.Values[i])
			}
			list[same] = Series{s.Labels, merged}
		}
		return list, nil
	}
	return nil, fmt.Errorf("not an operator: %s", op)
}

func keep(v, other float64) float64 {
	if other != other {
		return math.NaN()
	}
	return v
}

func drop(v, other float64) float64 {
	if other == other {
		return math.NaN()
	}
	return v
}

func fill(v, other float64) float64 {
	if v != v {
		return other
	}
	return v
}

// transform evaluates a function of values.
func (e *evaluation) transform(x *metricsql.FuncExpr, ts timestamps) ([]Series, error) {
	name := strings.ToLower(x.Name)
	var texts []string
	var args [][]Series
	for _, arg := range x.Args {
		if s, ok := arg.(*metricsql.StringExpr); ok {
			texts = append(texts, s.S)
			continue
		}
		list, err := e.eval(arg, ts)
		if err != nil {
			return nil, err
		}
		args = append(args, list)
	}
	if f := ofValue[name]; f != nil {
		return eachValue(x, args, f)
	}
	if f := ofLabels[name]; f != nil {
		return relabel(args[0], texts, f)
	}
	if f := ofSeries[name]; f != nil {
		return f(args, ts), nil
	}
	return nil, fmt.Errorf("not a function: %s", x.Name)
}

// ofSeries are functions of series, or of time alone.
var ofSeries = map[string]func(args [][]Series, ts timestamps) []Series{
	"sort": asTheyAre, "sort_desc": asTheyAre, "sort_by_label": asTheyAre, "sort_by_label_desc": asTheyAre, "vector": asTheyAre,
	"scalar": func(args [][]Series, ts timestamps) []Series {
		if len(args[0]) != 1 {
			return []Series{ts.constant(math.NaN())}
		}
		return []Series{{map[string]string{}, args[0][0].Values}}
	},
	"time": func(_ [][]Series, ts timestamps) []Series {
		return []Series{ts.each(func(t int64) float64 { return float64(t) / 1e6 })}
	},
	"start": func(_ [][]Series, ts timestamps) []Series { return []Series{ts.constant(float64(ts.times[0]) / 1e6)} },
	"end": func(_ [][]Series, ts timestamps) []Series {
		return []Series{ts.constant(float64(ts.times[len(ts.times)-1]) / 1e6)}
	},
	"step":   func(_ [][]Series, ts timestamps) []Series { return []Series{ts.constant(float64(ts.step) / 1e6)} },
	"absent": func(args [][]Series, ts timestamps) []Series { return []Series{absent(args[0], ts)} },
	"union":  union,
	"":       union,
}

// asTheyAre is for functions that only sort: results are compared as sets.
func asTheyAre(args [][]Series, _ timestamps) []Series { return args[0] }

func union(args [][]Series, _ timestamps) (list []Series) {
	for _, arg := range args {
		for _, s := range withValues(arg) {
			if !slices.ContainsFunc(list, func(l Series) bool { return l.Key() == s.Key() }) {
				list = append(list, s)
			}
		}
	}
	return list
}

// ofValue are functions of a value, and of the other arguments at the same time.
var ofValue = map[string]func(v float64, limits []float64) float64{
	"abs":   func(v float64, _ []float64) float64 { return math.Abs(v) },
	"ceil":  func(v float64, _ []float64) float64 { return math.Ceil(v) },
	"floor": func(v float64, _ []float64) float64 { return math.Floor(v) },
	"round": func(v float64, limits []float64) float64 {
		nearest := append(limits, 1)[0]
		return math.Round(v/nearest) * nearest
	},
	"clamp":     func(v float64, limits []float64) float64 { return math.Max(limits[0], math.Min(limits[1], v)) },
	"clamp_min": func(v float64, limits []float64) float64 { return math.Max(limits[0], v) },
	"clamp_max": func(v float64, limits []float64) float64 { return math.Min(limits[0], v) },
}

func eachValue(x *metricsql.FuncExpr, args [][]Series, f func(v float64, limits []float64) float64) (list []Series, err error) {
	for _, arg := range args[1:] {
		if len(arg) != 1 {
			return nil, fmt.Errorf("not a number in %s", text(x))
		}
	}
	for _, s := range args[0] {
		values := slices.Clone(s.Values)
		for i, v := range values {
			var limits []float64
			for _, arg := range args[1:] {
				limits = append(limits, arg[0].Values[i])
			}
			if v == v {
				values[i] = f(v, limits)
			}
		}
		list = append(list, Series{s.Labels, values})
	}
	return list, nil
}

// ofLabels are functions of labels.
var ofLabels = map[string]func(labels map[string]string, texts []string) error{
	"label_replace": func(labels map[string]string, texts []string) error {
		target, replacement, value := texts[0], texts[1], labels[texts[2]]
		pattern, err := regexp.Compile("^(?:" + texts[3] + ")$")
		if err != nil {
			return err
		}
		if m := pattern.FindStringSubmatchIndex(value); m != nil {
			labels[target] = string(pattern.ExpandString(nil, replacement, value, m))
		}
		return nil
	},
	"label_set": func(labels map[string]string, texts []string) error {
		for i := 0; i+1 < len(texts); i += 2 {
			labels[texts[i]] = texts[i+1]
		}
		return nil
	},
	"label_del": func(labels map[string]string, texts []string) error {
		maps.DeleteFunc(labels, func(name, _ string) bool { return slices.Contains(texts, name) })
		return nil
	},
	"label_keep": func(labels map[string]string, texts []string) error {
		maps.DeleteFunc(labels, func(name, _ string) bool { return !slices.Contains(texts, name) })
		return nil
	},
}

func relabel(series []Series, texts []string, f func(labels map[string]string, texts []string) error) (list []Series, err error) {
	for _, s := range series {
		labels := maps.Clone(s.Labels)
		if err := f(labels, texts); err != nil {
			return nil, err
		}
		maps.DeleteFunc(labels, func(_, value string) bool { return value == "" })
		list = append(list, Series{labels, s.Values})
	}
	return list, nil
}

// Format writes a result, a line for each series.
func Format(list []Series) string {
	lines := make([]string, len(list))
	for i, s := range list {
		lines[i] = fmt.Sprint(s.Key(), " ", s.Values)
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}
