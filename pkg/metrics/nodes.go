package metrics

import (
	"math"
	"regexp"
	"slices"
	"time"

	"github.com/VictoriaMetrics/metricsql"
)

// node is a part of a bound expression.
type node interface {
	String() string
	// eval yields the part's series. Each belongs to who gets it, its labels and values may be shared.
	eval(e *evaluation, ts timestamps, yield func(Series) error) error
}

// syntax is the text that a node was made of.
type syntax struct{ metricsql.Expr }

func (s syntax) String() string { return textOf(s.Expr) }

// numberNode is a number.
type numberNode struct {
	syntax
	value float64
}

func (n *numberNode) eval(_ *evaluation, ts timestamps, yield func(Series) error) error {
	return yield(ts.constant(n.value))
}

// durationNode is a duration that stands for its seconds.
type durationNode struct {
	syntax
	duration *metricsql.DurationExpr
}

func (n *durationNode) eval(_ *evaluation, ts timestamps, yield func(Series) error) error {
	d, err := micros(n.duration, ts.step)
	if err != nil {
		return err
	}
	return yield(ts.constant(seconds(d)))
}

// shift is another time at which something is evaluated.
type shift struct {
	offset *metricsql.DurationExpr
	at     node // nil where there is no @
}

// apply returns when to evaluate instead, and how often to repeat each value then: @ leads to one time.
func (s shift) apply(e *evaluation, ts timestamps) (timestamps, int, error) {
	offset, err := micros(s.offset, ts.step)
	if err != nil {
		return ts, 0, err
	}
	if s.at == nil {
		if offset == 0 {
			return ts, 1, nil
		}
		shifted := timestamps{make([]int64, len(ts.times)), ts.step}
		for i, t := range ts.times {
			shifted.times[i] = t - offset
		}
		return shifted, 1, nil
	}
	at, err := e.number(s.at, ts)
	if err != nil {
		return ts, 0, err
	}
	if math.IsNaN(at) || math.Abs(at) > maxDuration {
		return ts, 0, refuse(s.at.String(), "%s is no time: use seconds since 1970, start() or end()", s.at)
	}
	return timestamps{[]int64{int64(math.Round(at*1000))*1000 - offset}, ts.step}, len(ts.times), nil
}

// shiftNode is an expression as a whole at another time.
type shiftNode struct {
	syntax
	shift
	arg node
}

func (n *shiftNode) eval(e *evaluation, ts timestamps, yield func(Series) error) error {
	shifted, repeat, err := n.apply(e, ts)
	if err != nil {
		return err
	}
	return e.stream(n.arg, shifted, func(s Series) error { return yield(s.repeat(repeat)) })
}

// parameterNodes are what a function takes beside values.
type parameterNodes struct {
	label   string
	numbers []node
}

// matching is the labels by which series are grouped, or go together.
type matching struct {
	labels []string
	on     bool // by these labels, not by all others
}

// of returns what remains of labels.
func (m matching) of(labels map[string]string) map[string]string {
	left := map[string]string{}
	for name, value := range labels {
		if slices.Contains(m.labels, name) == m.on {
			left[name] = value
		}
	}
	return left
}

func (m matching) key(labels map[string]string) string { return keyOf(m.of(labels)) }

// aggregateNode is an aggregate over groups of series.
type aggregateNode struct {
	syntax
	*Function
	arg   node
	given parameterNodes
	by    matching
}

func (n *aggregateNode) eval(e *evaluation, ts timestamps, yield func(Series) error) error {
	p, err := e.parameters(n.given, ts)
	if err != nil {
		return err
	}
	return n.aggregate(e, n, p, ts, yield)
}

// limitNode keeps the first series of an aggregate.
type limitNode struct {
	syntax
	arg   node
	limit int
	sort  bool // by their labels first
}

func (n *limitNode) eval(e *evaluation, ts timestamps, yield func(Series) error) error {
	if n.sort {
		list, err := e.all(n.arg, ts)
		if err != nil {
			return err
		}
		slices.SortStableFunc(list, compareKeys)
		return yieldAll(list[:min(n.limit, len(list))], yield)
	}
	left := n.limit
	return e.stream(n.arg, ts, func(s Series) error {
		if left--; left < 0 {
			return nil
		}
		return yield(s)
	})
}

// transformNode is a function of values.
type transformNode struct {
	syntax
	*Function
	name    string // as it is written
	args    []node // those that are values
	texts   []string
	pattern *regexp.Regexp
	zone    *time.Location
}

// call is a transformNode with its arguments evaluated.
type call struct {
	*transformNode
	timestamps
	values [][]Series
}

func (n *transformNode) eval(e *evaluation, ts timestamps, yield func(Series) error) error {
	c := &call{n, ts, make([][]Series, len(n.args))}
	for i, arg := range n.args {
		var err error
		if c.values[i], err = e.all(arg, ts); err != nil {
			return err
		}
	}
	list, err := n.transform(c)
	if err != nil {
		return err
	}
	return yieldAll(list, yield)
}

// number returns an argument that is the same at all times.
func (c *call) number(i int) (float64, error) { return numberOf(c.values[i], c.args[i]) }
