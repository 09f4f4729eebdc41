package metrics

import (
	"fmt"

	"github.com/VictoriaMetrics/metricsql"
)

// subqueryNode is a function of an expression's values at the multiples u of a step with t-w < u <= t.
type subqueryNode struct {
	syntax
	*Function
	shift
	arg          node
	window, step *metricsql.DurationExpr
	given        parameterNodes
}

// subqueryTimes are the times of a subquery, and those of what it is evaluated for.
type subqueryTimes struct {
	outer, inner timestamps
	begin, width int64
}

func (n *subqueryNode) times(ts timestamps) (times subqueryTimes, err error) {
	step := ts.step
	w, err := windowOf(n.window, ts)
	if err == nil && n.step != nil {
		step, err = micros(n.step, ts.step)
	}
	if err != nil {
		return times, err
	}
	if step <= 0 {
		return times, refuse(textOf(n.step), "the step of the subquery %s is empty: use one such as 5m", n)
	}
	begin := floor(ts.first()-w, step) + step
	if n1 := (ts.last() - begin) / step; n1 > maxSubquery {
		return times, refuse(n.String(), "the subquery %s is evaluated %d times, and %d are the limit: "+
			"use a longer step in it, or a shorter window", n, n1, maxSubquery)
	}
	if n1 := int64(len(ts.times)) * (w/step + 1); n1 > maxSubqueryValues {
		return times, refuse(n.String(), "the subquery %s goes through %d values of each series, and %d are the limit: "+
			"use a longer step in it, or a shorter window", n, n1, maxSubqueryValues)
	}
	return subqueryTimes{ts, timestamps{multiples(begin, ts.last(), step), step}, begin, w}, nil
}

// each calls f with the values of a series in the window of each time at which there are some.
func (t *subqueryTimes) each(s Series, in *points, f func(i int)) {
	step := t.inner.step
	for i, end := range t.outer.times {
		in.reset(end, t.width)
		from := max((floor(end-t.width, step)+step-t.begin)/step, 0)
		to := min((floor(end, step)-t.begin)/step, int64(len(t.inner.times)-1))
		for n := from; n <= to; n++ {
			if v := s.Values[n]; v == v {
				in.add(t.inner.times[n], v)
			}
		}
		if len(in.values) > 0 {
			f(i)
		}
	}
}

func (n *subqueryNode) eval(e *evaluation, ts timestamps, yield func(Series) error) error {
	ts, repeat, err := n.apply(e, ts)
	if err != nil {
		return err
	}
	times, err := n.times(ts)
	if err != nil {
		return err
	}
	given, err := e.parameters(n.given, ts)
	if err != nil || len(times.inner.times) == 0 {
		return err
	}
	var in points
	if n.over == nil { // of what is absent
		absent := ts.constant(1)
		err := e.stream(n.arg, times.inner, func(s Series) error {
			times.each(s, &in, func(i int) { absent.Values[i] = nan })
			return nil
		})
		if err != nil {
			return err
		}
		return yield(absent.repeat(repeat))
	}
	over := n.over
	if len(given.numbers) == 0 {
		given.numbers = []float64{0}
	}
	return e.stream(n.arg, times.inner, func(s Series) error {
		out := make([]Series, len(given.numbers))
		for n, number := range given.numbers {
			if out[n] = (Series{s.Labels, ts.empty()}); given.label != "" {
				out[n].Labels = withLabel(s.Labels, given.label, fmt.Sprintf("%g", number))
			}
		}
		times.each(s, &in, func(i int) {
			for n, number := range given.numbers {
				out[n].Values[i] = over(in, number)
			}
		})
		for _, s := range out {
			if s.hasValues() {
				if err := yield(s.repeat(repeat)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
