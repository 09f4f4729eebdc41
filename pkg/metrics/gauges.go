package metrics

import (
	"maps"
	"slices"

	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// gaugeNode is how many records have begun and not ended at each time, by labels. A series is there from its first record on.
type gaugeNode struct {
	syntax
	selector Selector
}

func (n *gaugeNode) eval(e *evaluation, ts timestamps, yield func(Series) error) error {
	s, name := n.selector, n.selector.Metric.Name
	if e.ingest {
		return refuse(name, "%s is known by when things were so, not by when that was stored: ask by the time of events", name)
	}
	s.Edges = slices.Compact(append([]int64{earliest.UnixMicro()}, ts.times...))
	s.Wanted = slices.Repeat([]bool{true}, len(s.Edges)-1)
	if len(s.Wanted) != len(ts.times) || !slices.IsSorted(s.Edges) {
		return refuse(name, "the time range reaches beyond the year 2000: choose another")
	}
	found := map[string]Series{}
	for _, s.Ended = range []bool{false, true} {
		err := e.source.Count(e.ctx, &s, func(labels map[string]string, cells []query.Cell) error {
			series, known := found[keyOf(labels)]
			if !known {
				series = Series{labels, ts.empty()}
				found[keyOf(labels)] = series
				if err := e.reserve(len(series.Values)); err != nil {
					return err
				}
			}
			for _, cell := range cells {
				change := float64(cell.N)
				if s.Ended {
					change = -change
				}
				for i := cell.Window; i < len(series.Values); i++ {
					if series.Values[i] != series.Values[i] {
						series.Values[i] = 0
					}
					series.Values[i] += change
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(found)) {
		if err := yield(found[key]); err != nil {
			return err
		}
	}
	return nil
}
