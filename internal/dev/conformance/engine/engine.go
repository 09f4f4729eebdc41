// Package engine asks pkg/metrics as the oracle is asked, so that they can be compared.
package engine

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/conformance/oracle"
	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/metrics"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/engine"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// Evaluator evaluates expressions.
type Evaluator func(expr string, g oracle.EvalRange) ([]oracle.Series, error)

// evalRangeOf is an evaluation range in the engine's terms.
func evalRangeOf(g oracle.EvalRange) metrics.EvalRange {
	return metrics.EvalRange{Start: g.Start, End: g.End, Step: g.Step, Ingest: g.Ingest}
}

func seriesOf(result *metrics.Result, err error) ([]oracle.Series, error) {
	if err != nil {
		return nil, err
	}
	var list []oracle.Series
	for _, s := range result.Series {
		list = append(list, oracle.Series{Labels: s.Labels, Values: s.Values})
	}
	return list, nil
}

// OnPostgreSQL is the engine over a store.
func OnPostgreSQL(ctx context.Context, db *store.DB) Evaluator {
	st := &engine.Engine{DB: db, Timeout: 10 * time.Minute, MaxRows: 10_000}
	return func(expr string, g oracle.EvalRange) ([]oracle.Series, error) {
		e, err := metrics.Parse(expr)
		if err != nil {
			return nil, err
		}
		return seriesOf(metrics.Run(ctx, st, access.All(), e, evalRangeOf(g)))
	}
}

// InMemory is the engine over events, without a database.
func InMemory(ctx context.Context, data oracle.Data) Evaluator {
	return func(expr string, g oracle.EvalRange) ([]oracle.Series, error) {
		e, err := metrics.Parse(expr)
		if err != nil {
			return nil, err
		}
		return seriesOf(e.Evaluate(ctx, events{data}, evalRangeOf(g)))
	}
}

// events counts events, one by one.
type events struct{ oracle.Data }

// sets calls each with the times of the events of each label set.
func (s events) sets(l *metrics.Selector, each func(labels map[string]string, times []int64) error) error {
	times, sets := map[string][]int64{}, map[string]oracle.Series{}
	for _, event := range s.Data[l.Metric.Name].Events {
		if !l.Matches(event.Labels) {
			continue
		}
		set := oracle.Series{Labels: map[string]string{}}
		for _, label := range l.By {
			if value := event.Labels[label]; value != "" {
				set.Labels[label] = value
			}
		}
		at := event.Happened
		if l.Ingest {
			at = event.Arrived
		}
		sets[set.Key()] = set
		times[set.Key()] = append(times[set.Key()], at.UnixMicro())
	}
	for _, k := range slices.Sorted(maps.Keys(sets)) {
		if err := each(sets[k].Labels, times[k]); err != nil {
			return err
		}
	}
	return nil
}

func (s events) Count(_ context.Context, l *metrics.Selector, each func(labels map[string]string, cells []query.Cell) error) error {
	return s.sets(l, func(labels map[string]string, times []int64) error {
		var cells []query.Cell
		for i, wanted := range l.Wanted {
			n := int64(0)
			for _, at := range times {
				if wanted && l.Edges[i] < at && at <= l.Edges[i+1] {
					n++
				}
			}
			if n > 0 {
				cells = append(cells, query.Cell{Window: i, N: n})
			}
		}
		if cells == nil {
			return nil
		}
		return each(labels, cells)
	})
}

func (s events) First(_ context.Context, l *metrics.Selector, each func(labels map[string]string, at int64) error) (known bool, err error) {
	return true, s.sets(l, func(labels map[string]string, times []int64) error { return each(labels, slices.Min(times)) })
}
