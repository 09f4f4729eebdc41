package metrics

import (
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/VictoriaMetrics/metricsql"
)

// operators are those of numbers; comparisons answer 0 or 1.
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

// comparisons are the operators that leave values out, each with what it is when its sides are exchanged.
var comparisons = map[string]string{"==": "==", "!=": "!=", ">": "<", "<": ">", ">=": "<=", "<=": ">="}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// computing returns what an operator does. A comparison keeps the left value, or answers 0 or 1.
func computing(op string, asNumber bool) func(a, b float64) float64 {
	f := operators[op]
	if comparisons[op] == "" {
		return f
	}
	return func(a, b float64) float64 {
		switch v := f(a, b); {
		case a != a || b != b:
			return nan()
		case asNumber:
			return v
		case v == 1:
			return a
		}
		return nan()
	}
}

// withNumber returns what an operator between an expression and a number does to a series; nil for others.
func withNumber(x *metricsql.BinaryOpExpr) func(Series) Series {
	op := x.Op
	if operators[op] == nil || x.GroupModifier.Op != "" || x.JoinModifier.Op != "" || listed(x.Right) != nil {
		return nil
	}
	each := func(f func(v float64) float64) func(Series) Series {
		return func(s Series) Series {
			values := make([]float64, len(s.Values))
			for i, v := range s.Values {
				if values[i] = v; v == v || op == "^" { // nothing to the power of nothing is 1
					values[i] = f(v)
				}
			}
			return Series{s.Labels, values}
		}
	}
	f := computing(op, x.Bool)
	if right, ok := x.Right.(*metricsql.NumberExpr); ok {
		return each(func(v float64) float64 { return f(v, right.N) })
	}
	if left, ok := x.Left.(*metricsql.NumberExpr); ok {
		if exchanged := comparisons[op]; exchanged != "" {
			f = computing(exchanged, x.Bool)
			return each(func(v float64) float64 { return f(v, left.N) })
		}
		return each(func(v float64) float64 { return f(left.N, v) })
	}
	return nil
}

func living(list []Series) []Series {
	return slices.DeleteFunc(slices.Clone(list), func(s Series) bool { return !s.alive() })
}

// isScalar tells a single series without labels, which goes with every series of the other side.
func isScalar(list []Series) bool { return len(list) == 1 && len(list[0].Labels) == 0 }

// matching is what of labels decides which series of both sides go together.
func matching(labels map[string]string, m metricsql.ModifierExpr) string {
	on := strings.EqualFold(m.Op, "on")
	left := map[string]string{}
	for name, value := range labels {
		if slices.Contains(m.Args, name) == on {
			left[name] = value
		}
	}
	return keyOf(left)
}

func (e *evaluation) binary(x *metricsql.BinaryOpExpr, c clock) ([]Series, error) {
	if numbers := listed(x.Right); numbers != nil && (x.Op == "==" || x.Op == "!=") { // q == (1, 2)
		left, err := e.eval(x.Left, c)
		return among(left, numbers, x.Op == "=="), err
	}
	left, err := e.eval(x.Left, c)
	if err != nil {
		return nil, err
	}
	right, err := e.eval(x.Right, c)
	if err != nil {
		return nil, err
	}
	op := strings.ToLower(x.Op)
	if op != "default" && comparisons[op] == "" { // default fills also what a comparison has emptied
		left, right = living(left), living(right)
	}
	if operators[op] == nil {
		return choose(op, x, left, right, c), nil
	}
	if exchanged := comparisons[op]; exchanged != "" && isTime(x.Left) { // what is compared is kept, not the time
		op, left, right = exchanged, right, left
	}
	f := computing(op, x.Bool)
	var list []Series
	apply := func(a, b Series, labels map[string]string) error {
		values := make([]float64, len(c.times))
		for i := range values {
			values[i] = f(a.Values[i], b.Values[i])
		}
		list = append(list, Series{labels, values})
		return e.hold(len(values))
	}
	if x.GroupModifier.Op == "" && x.JoinModifier.Op == "" {
		switch {
		case isScalar(right):
			for _, s := range left {
				if err := apply(s, right[0], s.Labels); err != nil {
					return nil, err
				}
			}
			return list, nil
		case isScalar(left):
			for _, s := range right {
				if err := apply(left[0], s, s.Labels); err != nil {
					return nil, err
				}
			}
			return list, nil
		}
	}
	partners := map[string][]Series{}
	for _, s := range right {
		key := matching(s.Labels, x.GroupModifier)
		partners[key] = append(partners[key], s)
	}
	type pair struct{ left, right Series }
	pairs, at := map[string][]pair{}, map[string]int{} // by the labels of what they become, and where in the list that is
	for _, a := range left {
		for _, b := range partners[matching(a.Labels, x.GroupModifier)] {
			labels := joined(x, a.Labels, b.Labels)
			key := keyOf(labels)
			for _, other := range pairs[key] {
				if meet(a, b, other.left, other.right) {
					return nil, refuse(x.Op, "several series of both sides of %s go together as {%s}: sum them up before, or use group_left or group_right", x.Op, strings.TrimSuffix(key, ","))
				}
			}
			if err := apply(a, b, labels); err != nil {
				return nil, err
			}
			pairs[key] = append(pairs[key], pair{a, b})
			if n := len(list) - 1; len(pairs[key]) == 1 {
				at[key] = n
			} else { // one after the other they are a single series, as at each instant
				list[at[key]] = Series{labels, patched(list[at[key]].Values, list[n].Values)}
				list = list[:n]
			}
		}
	}
	return list, nil
}

// meet tells whether series all have a value at the same time.
func meet(all ...Series) bool {
	for i := range all[0].Values {
		if !slices.ContainsFunc(all, func(s Series) bool { return s.Values[i] != s.Values[i] }) {
			return true
		}
	}
	return false
}

// patched fills gaps with other values.
func patched(values, others []float64) []float64 {
	values = slices.Clone(values)
	for i, v := range values {
		if v != v {
			values[i] = others[i]
		}
	}
	return values
}

// listed are the numbers of a list such as (1, 2); nil where it is none.
func listed(expr metricsql.Expr) (numbers []float64) {
	f, ok := expr.(*metricsql.FuncExpr)
	if !ok || f.Name != "" {
		return nil
	}
	for _, arg := range f.Args {
		number, ok := arg.(*metricsql.NumberExpr)
		if !ok {
			return nil
		}
		numbers = append(numbers, number.N)
	}
	return numbers
}

func isTime(expr metricsql.Expr) bool {
	f, ok := expr.(*metricsql.FuncExpr)
	return ok && strings.EqualFold(f.Name, "time")
}

// among keeps the values that are one of some numbers, or none of them.
func among(list []Series, numbers []float64, equal bool) []Series {
	changed := make([]Series, len(list))
	for n, s := range list {
		changed[n] = Series{s.Labels, slices.Clone(s.Values)}
		for i, v := range s.Values {
			if slices.Contains(numbers, v) != equal {
				changed[n].Values[i] = nan()
			}
		}
	}
	return changed
}

// joined are the labels of what two series that go together become.
func joined(x *metricsql.BinaryOpExpr, left, right map[string]string) map[string]string {
	many, one := left, right
	if strings.EqualFold(x.JoinModifier.Op, "group_right") {
		many, one = right, left
	}
	labels := maps.Clone(many)
	switch {
	case x.JoinModifier.Op != "":
		names := x.JoinModifier.Args
		if slices.Equal(names, []string{"*"}) {
			names = sortedKeys(one)
		}
		prefix := ""
		if x.JoinModifierPrefix != nil {
			prefix = x.JoinModifierPrefix.S
		}
		for _, name := range names {
			if value := one[name]; value != "" {
				labels[prefix+name] = value
			} else if prefix == "" {
				delete(labels, name)
			}
		}
	default:
		on := strings.EqualFold(x.GroupModifier.Op, "on")
		maps.DeleteFunc(labels, func(name, _ string) bool { return slices.Contains(x.GroupModifier.Args, name) != on })
	}
	return labels
}

// choose evaluates the operators that choose between series.
func choose(op string, x *metricsql.BinaryOpExpr, left, right []Series, c clock) []Series {
	by := func(from, among []Series, f func(v, other float64) float64) (list []Series) {
		partners := map[string][]Series{}
		for _, s := range among {
			key := matching(s.Labels, x.GroupModifier)
			partners[key] = append(partners[key], s)
		}
		for _, s := range from {
			others := partners[matching(s.Labels, x.GroupModifier)]
			if others == nil && isScalar(among) && (op == "default" || op == "if" || op == "ifnot") {
				others = among
			}
			values := make([]float64, len(c.times))
			for i, v := range s.Values {
				other := nan()
				for _, o := range others {
					if other = o.Values[i]; other == other {
						break
					}
				}
				values[i] = f(v, other)
			}
			list = append(list, Series{s.Labels, values})
		}
		return list
	}
	keep := func(v, other float64) float64 {
		if other != other {
			return nan()
		}
		return v
	}
	drop := func(v, other float64) float64 {
		if other == other {
			return nan()
		}
		return v
	}
	switch op {
	case "and", "if":
		return living(by(left, right, keep))
	case "unless", "ifnot":
		return living(by(left, right, drop))
	case "default":
		if len(left) == 0 {
			return right
		}
		return by(left, right, func(v, other float64) float64 {
			if v != v {
				return other
			}
			return v
		})
	}
	// or: what the left side has, and of the right what has no partner there.
	list := slices.Clone(left)
	at := map[string]int{}
	for i, s := range list {
		at[s.key()] = i
	}
	for _, s := range by(right, left, drop) {
		same, ok := at[s.key()]
		if !ok {
			list = append(list, s)
			continue
		}
		list[same] = Series{s.Labels, patched(list[same].Values, s.Values)}
	}
	return list
}
