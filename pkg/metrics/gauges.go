package metrics

import (
	"slices"
	"strings"

	"github.com/VictoriaMetrics/metricsql"

	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// gauge is how many records have begun and not ended at each time, by labels. A series is there from its first record on.
func (e *evaluation) gauge(m *metricsql.MetricExpr, by []string, c clock, yield func(Series) error) error {
	metric, any, err := selector(m)
	if err != nil {
		return err
	}
	if e.ingest {
		return refuse(metric.Name, "%s is known by when things were so, not by when that was stored: ask by the time of events", metric.Name)
	}
	leaf := &Leaf{Metric: metric, Any: any, By: by, Edges: append([]int64{earliest.UnixMicro()}, c.times...), Text: textOf(m)}
	leaf.Edges = slices.Compact(leaf.Edges)
	leaf.Wanted = slices.Repeat([]bool{true}, len(leaf.Edges)-1)
	if len(leaf.Wanted) != len(c.times) || !slices.IsSorted(leaf.Edges) {
		return refuse(metric.Name, "the time range reaches beyond the year 2000: choose another")
	}
	found := map[string]Series{}
	count := func(sign float64) error {
		leaf.Ended = sign < 0
		return e.source.Count(e.ctx, leaf, func(labels map[string]string, cells []query.Cell) error {
			s, known := found[keyOf(labels)]
			if !known {
				s = Series{labels, c.empty()}
				found[keyOf(labels)] = s
				if err := e.hold(len(s.Values)); err != nil {
					return err
				}
			}
			for _, cell := range cells {
				for i := cell.Window; i < len(s.Values); i++ {
					if s.Values[i] != s.Values[i] {
						s.Values[i] = 0
					}
					s.Values[i] += sign * float64(cell.N)
				}
			}
			return nil
		})
	}
	if err := count(1); err != nil {
		return err
	}
	if err := count(-1); err != nil {
		return err
	}
	for _, key := range sortedKeys(found) {
		if err := yield(found[key]); err != nil {
			return err
		}
	}
	return nil
}

// counted returns the selector that an expression counts by, a rollup's or a gauge itself; nil for other expressions.
func counted(expr metricsql.Expr) *metricsql.MetricExpr {
	if m, ok := expr.(*metricsql.MetricExpr); ok {
		return m
	}
	_, _, m := leafOf(expr)
	return m
}

// pushed tells sums whose leaf counts by their labels at once.
func pushed(x *metricsql.AggrFuncExpr) bool {
	return counted(x.Args[len(x.Args)-1]) != nil && strings.EqualFold(x.Name, "sum") && !strings.EqualFold(x.Modifier.Op, "without")
}
