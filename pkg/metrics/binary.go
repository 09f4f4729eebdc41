package metrics

import (
	"maps"
	"math"
	"slices"
	"strings"
)

// operator is what stands between two expressions.
type operator struct {
	compute   func(a, b float64) float64 // of numbers; comparisons return 0 or 1. nil: it chooses between series
	exchanged string                     // of a comparison: what it is when its sides are exchanged
	choose    chooseFunc

	equality   bool // goes with lists of numbers
	ofNothing  bool // has a result where a value is missing
	scalar     bool // a right side without labels goes with every series
	keepsEmpty bool // is told also of what a comparison has emptied
}

// chooseFunc chooses between the series of both sides.
type chooseFunc func(n *binaryNode, left, right []Series, ts timestamps) []Series

var operators = map[string]*operator{
	"+":  {compute: plus},
	"-":  {compute: func(a, b float64) float64 { return a - b }},
	"*":  {compute: func(a, b float64) float64 { return a * b }},
	"/":  {compute: func(a, b float64) float64 { return a / b }},
	"%":  {compute: math.Mod},
	"^":  {compute: math.Pow, ofNothing: true}, // nothing to the power of nothing is 1
	"==": {compute: truthOf(equal), exchanged: "==", keepsEmpty: true, equality: true},
	"!=": {compute: truthOf(notEqual), exchanged: "!=", keepsEmpty: true, equality: true},
	">":  {compute: truthOf(greater), exchanged: "<", keepsEmpty: true},
	"<":  {compute: truthOf(less), exchanged: ">", keepsEmpty: true},
	">=": {compute: truthOf(greaterOrEqual), exchanged: "<=", keepsEmpty: true},
	"<=": {compute: truthOf(lessOrEqual), exchanged: ">=", keepsEmpty: true},

	"and":     {choose: where(true)},
	"if":      {choose: where(true), scalar: true},
	"unless":  {choose: where(false)},
	"ifnot":   {choose: where(false), scalar: true},
	"or":      {choose: unite},
	"default": {choose: fillGaps, scalar: true, keepsEmpty: true},
}

func plus(a, b float64) float64        { return a + b }
func equal(a, b float64) bool          { return a == b }
func notEqual(a, b float64) bool       { return a != b }
func greater(a, b float64) bool        { return a > b }
func less(a, b float64) bool           { return a < b }
func greaterOrEqual(a, b float64) bool { return a >= b }
func lessOrEqual(a, b float64) bool    { return a <= b }

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func truthOf(f func(a, b float64) bool) func(a, b float64) float64 {
	return func(a, b float64) float64 { return truth(f(a, b)) }
}

// mapNode is an operator between an expression and a number.
type mapNode struct {
	syntax
	arg      node
	operator *operator
	f        func(v float64) float64
}

func (n *mapNode) eval(e *evaluation, ts timestamps, yield func(Series) error) error {
	return e.stream(n.arg, ts, func(s Series) error {
		if !n.operator.keepsEmpty && !s.hasValues() { // as arithmetic between series
			return nil
		}
		values := make([]float64, len(s.Values))
		for i, v := range s.Values {
			if values[i] = v; v == v || n.operator.ofNothing {
				values[i] = n.f(v)
			}
		}
		return yield(Series{s.Labels, values})
	})
}

// memberNode keeps the values that are one of some numbers, or none of them.
type memberNode struct {
	syntax
	arg     node
	numbers []float64
	equal   bool
}

func (n *memberNode) eval(e *evaluation, ts timestamps, yield func(Series) error) error {
	return e.stream(n.arg, ts, func(s Series) error {
		values := slices.Clone(s.Values)
		for i, v := range values {
			if slices.Contains(n.numbers, v) != n.equal {
				values[i] = nan
			}
		}
		return yield(Series{s.Labels, values})
	})
}

// binaryNode is an operator between the series of two expressions.
type binaryNode struct {
	syntax
	*operator
	op          string
	left, right node
	asNumber    bool // a comparison returns 0 or 1
	matching    matching
	grouped     bool // there is on or ignoring
	join        *join
}

// join is group_left or group_right, and the labels that the many get from the one.
type join struct {
	labels []string
	prefix string
	right  bool
}

// result returns what an operator does. A comparison keeps the left value, or returns 0 or 1.
func (n *binaryNode) result(op *operator) func(a, b float64) float64 {
	f, asNumber := op.compute, n.asNumber
	if op.exchanged == "" {
		return f
	}
	return func(a, b float64) float64 {
		switch v := f(a, b); {
		case a != a || b != b:
			return nan
		case asNumber:
			return v
		case v == 1:
			return a
		}
		return nan
	}
}

func nonEmpty(list []Series) []Series {
	return slices.DeleteFunc(slices.Clone(list), func(s Series) bool { return !s.hasValues() })
}

// isScalar reports whether there is a single series without labels, which goes with every series of the other side.
func isScalar(list []Series) bool { return len(list) == 1 && len(list[0].Labels) == 0 }

func (n *binaryNode) eval(e *evaluation, ts timestamps, yield func(Series) error) error {
	left, err := e.all(n.left, ts)
	if err != nil {
		return err
	}
	right, err := e.all(n.right, ts)
	if err != nil {
		return err
	}
	if !n.keepsEmpty {
		left, right = nonEmpty(left), nonEmpty(right)
	}
	if n.choose != nil {
		return yieldAll(n.choose(n, left, right, ts), yield)
	}
	op := n.operator
	if t, ok := n.left.(*transformNode); ok && t.now && op.exchanged != "" { // what is compared is kept, not the time
		op, left, right = operators[op.exchanged], right, left
	}
	f := n.result(op)
	apply := func(a, b Series, labels map[string]string) (Series, error) {
		values := make([]float64, len(ts.times))
		for i := range values {
			values[i] = f(a.Values[i], b.Values[i])
		}
		return Series{labels, values}, e.reserve(len(values))
	}
	var list []Series
	switch {
	case n.grouped || n.join != nil || !isScalar(right) && !isScalar(left):
		list, err = n.pairs(left, right, apply)
	case isScalar(right):
		list = slices.Clone(left)
		for i, s := range left {
			if list[i], err = apply(s, right[0], s.Labels); err != nil {
				return err
			}
		}
	default:
		list = slices.Clone(right)
		for i, s := range right {
			if list[i], err = apply(left[0], s, s.Labels); err != nil {
				return err
			}
		}
	}
	if err != nil {
		return err
	}
	return yieldAll(list, yield)
}

func (n *binaryNode) partners(list []Series) map[string][]Series {
	partners := map[string][]Series{}
	for _, s := range list {
		key := n.matching.key(s.Labels)
		partners[key] = append(partners[key], s)
	}
	return partners
}

// pairs applies the operator to the series of both sides that go together.
func (n *binaryNode) pairs(
	left, right []Series, apply func(a, b Series, labels map[string]string) (Series, error),
) (list []Series, err error) {
	partners := n.partners(right)
	type pair struct{ left, right Series }
	pairs, at := map[string][]pair{}, map[string]int{} // by the labels of what they become, and where in the list that is
	for _, a := range left {
		for _, b := range partners[n.matching.key(a.Labels)] {
			labels := n.resultLabels(a.Labels, b.Labels)
			key := keyOf(labels)
			for _, other := range pairs[key] {
				if overlap(a, b, other.left, other.right) {
					return nil, refuse(n.op, "several series of both sides of %s go together as {%s}: "+
						"sum them up before, or use group_left or group_right", n.op, strings.TrimSuffix(key, ","))
				}
			}
			s, err := apply(a, b, labels)
			if err != nil {
				return nil, err
			}
			pairs[key] = append(pairs[key], pair{a, b})
			if len(pairs[key]) == 1 {
				at[key] = len(list)
				list = append(list, s)
			} else { // one after the other they are a single series, as at each instant
				list[at[key]] = Series{labels, patch(list[at[key]].Values, s.Values)}
			}
		}
	}
	return list, nil
}

// overlap reports whether series all have a value at the same time.
func overlap(all ...Series) bool {
	for i := range all[0].Values {
		if !slices.ContainsFunc(all, func(s Series) bool { return s.Values[i] != s.Values[i] }) {
			return true
		}
	}
	return false
}

// patch fills gaps with other values.
func patch(values, others []float64) []float64 {
	values = slices.Clone(values)
	for i, v := range values {
		if v != v {
			values[i] = others[i]
		}
	}
	return values
}

// resultLabels are the labels of what two series that go together become.
func (n *binaryNode) resultLabels(left, right map[string]string) map[string]string {
	if n.join == nil {
		return n.matching.of(left)
	}
	many, one := left, right
	if n.join.right {
		many, one = right, left
	}
	labels, names := maps.Clone(many), n.join.labels
	if slices.Equal(names, []string{"*"}) {
		names = slices.Sorted(maps.Keys(one))
	}
	for _, name := range names {
		if value := one[name]; value != "" {
			labels[n.join.prefix+name] = value
		} else if n.join.prefix == "" {
			delete(labels, name)
		}
	}
	return labels
}

// combine applies a function to the values of series and of the first of their partners that has one.
func (n *binaryNode) combine(list, among []Series, ts timestamps, f func(v, other float64) float64) []Series {
	partners, combined := n.partners(among), make([]Series, len(list))
	for k, s := range list {
		others := partners[n.matching.key(s.Labels)]
		if others == nil && n.scalar && isScalar(among) {
			others = among
		}
		values := make([]float64, len(ts.times))
		for i, v := range s.Values {
			other := nan
			for _, o := range others {
				if other = o.Values[i]; other == other {
					break
				}
			}
			values[i] = f(v, other)
		}
		combined[k] = Series{s.Labels, values}
	}
	return combined
}

// where keeps the values whose partner has a value, or those whose partner has none.
func where(has bool) chooseFunc {
	return func(n *binaryNode, left, right []Series, ts timestamps) []Series {
		return nonEmpty(n.combine(left, right, ts, func(v, other float64) float64 {
			if (other == other) != has {
				return nan
			}
			return v
		}))
	}
}

func fillGaps(n *binaryNode, left, right []Series, ts timestamps) []Series {
	if len(left) == 0 {
		return right
	}
	return n.combine(left, right, ts, func(v, other float64) float64 {
		if v != v {
			return other
		}
		return v
	})
}

// unite returns what the left side has, and of the right what has no partner there.
func unite(n *binaryNode, left, right []Series, ts timestamps) []Series {
	list, at := slices.Clone(left), map[string]int{}
	for i, s := range list {
		at[s.key()] = i
	}
	for _, s := range where(false)(n, right, left, ts) {
		if same, ok := at[s.key()]; ok {
			list[same] = Series{s.Labels, patch(list[same].Values, s.Values)}
		} else {
			list = append(list, s)
		}
	}
	return list
}
