package proof

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/internal/proof/history"
	"github.com/entra-activity/entra-activity-datasource/internal/proof/naive"
	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/metrics"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// gridOf is a grid in the engine's terms.
func gridOf(g naive.Grid) metrics.Grid {
	return metrics.Grid{Start: g.Start, End: g.End, Step: g.Step, Ingest: g.Ingest}
}

func seriesOf(answer *metrics.Answer, err error) ([]naive.Series, error) {
	if err != nil {
		return nil, err
	}
	var list []naive.Series
	for _, s := range answer.Series {
		list = append(list, naive.Series{Labels: s.Labels, Values: s.Values})
	}
	return list, nil
}

// onPostgreSQL is the engine over a store.
func onPostgreSQL(t *testing.T, db *store.DB) asked {
	st := &query.Store{DB: db, Timeout: time.Minute, MaxRows: 10_000}
	return func(expr string, g naive.Grid) ([]naive.Series, error) {
		e, err := metrics.Parse(expr)
		if err != nil {
			return nil, err
		}
		return seriesOf(metrics.Ask(t.Context(), st, access.All(), e, gridOf(g)))
	}
}

// inMemory is the engine over events, without a database.
func inMemory(t *testing.T, data naive.Data) asked {
	return func(expr string, g naive.Grid) ([]naive.Series, error) {
		e, err := metrics.Parse(expr)
		if err != nil {
			return nil, err
		}
		return seriesOf(e.Evaluate(t.Context(), events{data}, gridOf(g)))
	}
}

// events counts events, one by one.
type events struct{ naive.Data }

// sets calls each with the times of the events of each label set.
func (s events) sets(l *metrics.Leaf, each func(labels map[string]string, times []int64) error) error {
	times, sets := map[string][]int64{}, map[string]naive.Series{}
	for _, event := range s.Data[l.Metric.Name].Events {
		if !naive.Selected(l.Any, event.Labels) {
			continue
		}
		set := naive.Series{Labels: map[string]string{}}
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

func (s events) Count(_ context.Context, l *metrics.Leaf, each func(labels map[string]string, window int, n float64) error) error {
	return s.sets(l, func(labels map[string]string, times []int64) error {
		for i, wanted := range l.Wanted {
			n := 0.0
			for _, at := range times {
				if wanted && l.Edges[i] < at && at <= l.Edges[i+1] {
					n++
				}
			}
			if n > 0 {
				if err := each(labels, i, n); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (s events) First(_ context.Context, l *metrics.Leaf, each func(labels map[string]string, at int64) error) error {
	return s.sets(l, func(labels map[string]string, times []int64) error { return each(labels, slices.Min(times)) })
}

var update = flag.Bool("update", false, "write the documentation's tables anew")

// againstOracle has an engine answer invented expressions. Where the oracle finds that labels do not tell series apart, the
// engine may do so, too, or not.
func againstOracle(t *testing.T, engine asked, data naive.Data, seed uint64, n int, ingest bool) {
	t.Helper()
	g, random := generator(seed, data), rand.New(rand.NewPCG(seed, 3))
	answered := 0
	for range n {
		text, _ := g.Expression()
		grid := someGrid(random)
		grid.Ingest = ingest && random.IntN(3) == 0
		want, err := data.Evaluate(text, grid)
		if err != nil {
			continue
		}
		got, err := engine(text, grid)
		if err != nil {
			t.Errorf("%s\n%v: %v", text, grid, err)
			continue
		}
		if difference := naive.Difference(grid, want, got); difference != "" {
			t.Errorf("%s\n%v: %s", text, grid, difference)
		}
		if len(want) > 0 {
			answered++
		}
	}
	require.Greater(t, answered, n/2)
	t.Logf("%d answers compared, %d of them not empty", n, answered)
}

func TestEngineAgreesWithOracle(t *testing.T) {
	for seed := range uint64(6) {
		data := history.New(10+seed, 250).Data()
		againstOracle(t, inMemory(t, data), data, seed, 250, true)
	}
}

// The same through PostgreSQL, with records that the writer has written: from rollups, from rows, and from both.
func TestEngineOnPostgreSQLAgreesWithOracle(t *testing.T) {
	h := history.New(20, 600)
	db, _ := pgtest.Store(t)
	h.Write(t, db, 0)
	data := h.Data()
	againstOracle(t, onPostgreSQL(t, db), data, 20, 250, false)
}

// The engine says what a VictoriaMetrics says, over PostgreSQL; docs/metricsql-comparison.md says how often.
func TestEngineAgreesWithVictoriaMetrics(t *testing.T) {
	h := history.New(1, 1200)
	data := h.Data()
	vm := startFed(t, data)
	db, _ := pgtest.Store(t)
	h.Write(t, db, 0)
	engine := onPostgreSQL(t, db)
	inventedAgainst(t, vm, engine, data, 300)

	const number, all, same, values = "number", "answers", "the same", "values compared"
	agreement := naive.NewAgreement(number, all, same, values)
	for _, x := range history.Expressions(expressionList) {
		agreement.Add(x.Group, number, 1)
		for _, g := range history.Grids {
			agreement.Add(x.Group, all, 1)
			want, err := vm.evaluate(t, x.Text, g.Grid)
			require.NoError(t, err, x.Text)
			got, err := engine(x.Text, g.Grid)
			if !assert.NoError(t, err, x.Text) {
				continue
			}
			if difference := naive.Disagreement(x.Text, g.Grid, want, got); difference != "" {
				t.Errorf("%s, %s: %s", x.Text, g.Name, difference)
				continue
			}
			agreement.Add(x.Group, same, 1)
			for _, s := range want {
				for _, v := range s.Values {
					if !math.IsNaN(v) {
						agreement.Add(x.Group, values, 1)
					}
				}
			}
		}
	}
	require.GreaterOrEqual(t, agreement.Total(number), 200)
	assert.NoError(t, naive.Section(comparison, "VictoriaMetrics", agreement.Table("expressions"), *update))
}

const comparison = "../../docs/metricsql-comparison.md"

// What is said to differ does, and the documentation lists it.
func TestDifferences(t *testing.T) {
	h := history.New(1, 1200)
	vm := startFed(t, h.Data())
	db, _ := pgtest.Store(t)
	h.Write(t, db, 0)
	engine := onPostgreSQL(t, db)
	var table strings.Builder
	table.WriteString("| expression | why |\n|---|---|\n")
	for _, x := range history.Expressions(differenceList) {
		differs := false
		for _, g := range history.Grids {
			got, err := engine(x.Text, g.Grid)
			require.NoError(t, err, x.Text)
			want, err := vm.evaluate(t, x.Text, g.Grid)
			differs = differs || err != nil || naive.Disagreement(x.Text, g.Grid, want, got) != ""
		}
		assert.True(t, differs, "%s: the same everywhere: belongs to expressions.txt", x.Text)
		fmt.Fprintf(&table, "| `%s` | %s |\n", strings.ReplaceAll(x.Text, "|", "\\|"), x.Group)
	}
	assert.NoError(t, naive.Section(comparison, "differences", table.String(), *update))
}
