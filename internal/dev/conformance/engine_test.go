package conformance

import (
	_ "embed"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/conformance/engine"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/conformance/history"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/conformance/oracle"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
)

//go:embed testdata/functions.txt
var functionList string

//go:embed testdata/function-differences.txt
var functionDifferences string

var update = flag.Bool("update", false, "write the documentation's tables anew")

// againstOracle has an engine evaluate invented expressions. Where the oracle finds that labels do not tell series apart, the
// engine may do so, too, or not.
func againstOracle(t *testing.T, evaluate engine.Evaluator, data oracle.Data, seed uint64, n int) {
	t.Helper()
	g, random := generator(seed, data), rand.New(rand.NewPCG(seed, 3))
	nonEmpty := 0
	for range n {
		text, _ := g.Expression()
		evalRange := someRange(random)
		evalRange.Ingest = random.IntN(3) == 0
		want, err := data.Evaluate(text, evalRange)
		if err != nil {
			continue
		}
		got, err := evaluate(text, evalRange)
		if err != nil {
			t.Errorf("%s\n%v: %v", text, evalRange, err)
			continue
		}
		if difference := oracle.Difference(evalRange, want, got); difference != "" {
			t.Errorf("%s\n%v: %s", text, evalRange, difference)
		}
		if len(want) > 0 {
			nonEmpty++
		}
	}
	require.Greater(t, nonEmpty, n/2)
	t.Logf("%d results compared, %d of them not empty", n, nonEmpty)
}

func TestEngineAgreesWithOracle(t *testing.T) {
	for seed := range uint64(6) {
		data := history.New(10+seed, 250).Data()
		againstOracle(t, engine.InMemory(t.Context(), data), data, seed, 250)
	}
}

// An outer sum does not change what an inner one counts by: error_code is no label of the exporter's, so that there is
// no value where nothing happened, rather than 0.
func TestNestedSums(t *testing.T) {
	data := history.New(10, 250).Data()
	evaluate := engine.InMemory(t.Context(), data)
	for _, expr := range []string{
		`sum(sum by (error_code) (increase(entra_signins_total[7m])))`,
		`sum by (app) (sum by (app, error_code) (increase(entra_signins_total[7m])))`,
		`sum(sum(sum by (error_code) (increase(entra_signins_total[7m]))))`,
	} {
		for _, g := range history.Ranges {
			want, err := data.Evaluate(expr, g.EvalRange)
			require.NoError(t, err)
			got, err := evaluate(expr, g.EvalRange)
			require.NoError(t, err)
			assert.Empty(t, oracle.Difference(g.EvalRange, want, got), "%s, %s", expr, g.Name)
		}
	}
}

// The same through PostgreSQL, with records that the writer has written: from the rollup, from rows and from both, by when
// they happened and by when they were stored.
func TestEngineOnPostgreSQLAgreesWithOracle(t *testing.T) {
	h := history.New(20, 600)
	db, _ := pgtest.Store(t)
	h.WriteAsArrived(t, db)
	data := h.Data()
	againstOracle(t, engine.OnPostgreSQL(t.Context(), db), data, 20, 300)
}

// The engine says what a VictoriaMetrics says, over PostgreSQL; docs/metricsql-comparison.md says how often.
func TestEngineAgreesWithVictoriaMetrics(t *testing.T) {
	h := history.New(1, 1200)
	data := h.Data()
	vm := startFed(t, data)
	db, _ := pgtest.Store(t)
	h.Write(t, db, 0)
	evaluate := engine.OnPostgreSQL(t.Context(), db)
	inventedAgainst(t, vm, evaluate, data, 300)

	const number, all, same, values = "number", "answers", "the same", "values compared"
	agreement := oracle.NewAgreement(number, all, same, values)
	for _, x := range history.Expressions(expressionList + functionList) {
		agreement.Add(x.Group, number, 1)
		for _, g := range history.Ranges {
			agreement.Add(x.Group, all, 1)
			want, err := vm.evaluate(t, x.Text, g.EvalRange)
			require.NoError(t, err, x.Text)
			got, err := evaluate(x.Text, g.EvalRange)
			if !assert.NoError(t, err, x.Text) {
				continue
			}
			if difference := oracle.Disagreement(x.Text, g.EvalRange, want, got); difference != "" {
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
	assert.NoError(t, oracle.Section(comparison, "VictoriaMetrics", agreement.Table("expressions"), *update))
}

const comparison = "../../../docs/metricsql-comparison.md"

// What is said to differ does, and the documentation lists it.
func TestDifferences(t *testing.T) {
	h := history.New(1, 1200)
	vm := startFed(t, h.Data())
	db, _ := pgtest.Store(t)
	h.Write(t, db, 0)
	evaluate := engine.OnPostgreSQL(t.Context(), db)
	var table strings.Builder
	table.WriteString("| expression | why |\n|---|---|\n")
	for _, x := range history.Expressions(differenceList + functionDifferences) {
		// Which series VictoriaMetrics chooses is luck, so that it may choose the same; how many there are is not.
		chosen, differs := strings.HasPrefix(x.Group, "Any series will do."), false
		for _, g := range history.Ranges {
			got, err := evaluate(x.Text, g.EvalRange)
			require.NoError(t, err, x.Text)
			want, err := vm.evaluate(t, x.Text, g.EvalRange)
			differs = differs || err != nil || oracle.Disagreement(x.Text, g.EvalRange, want, got) != ""
			if chosen {
				assert.NoError(t, err, x.Text)
				assert.Len(t, got, len(want), x.Text)
			}
		}
		assert.True(t, differs || chosen, "%s: the same everywhere: belongs to expressions.txt", x.Text)
		fmt.Fprintf(&table, "| `%s` | %s |\n", strings.ReplaceAll(x.Text, "|", "\\|"), x.Group)
	}
	assert.NoError(t, oracle.Section(comparison, "differences", table.String(), *update))
}
