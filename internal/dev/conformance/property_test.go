package conformance

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/conformance/engine"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/conformance/history"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/conformance/oracle"
	"github.com/entra-activity/entra-activity-datasource/pkg/metrics"
)

// generator invents expressions about a history.
func generator(seed uint64, data oracle.Data) *Generator {
	values := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(data)) { // for the same expressions each time
		m := data[name]
		for _, e := range m.Events[:min(400, len(m.Events))] {
			for label, value := range e.Labels {
				values[label] = append(values[label], value)
			}
		}
	}
	return &Generator{Random: rand.New(rand.NewPCG(seed, 1)), Values: values, Data: data,
		Extra: []string{"user_principal_name", "user_id", "ip_address", "error_code", "country", "client_app", "risk_level"}}
}

// someRange invents a range or an instant, before, within and after the history.
func someRange(random *rand.Rand) oracle.EvalRange {
	steps := []time.Duration{time.Minute, 5 * time.Minute, 7 * time.Minute, 30 * time.Minute, time.Hour}
	step := steps[random.IntN(len(steps))]
	g := oracle.EvalRange{Start: history.Dawn.Add(time.Duration(random.IntN(25)-1) * time.Hour).Truncate(step), Step: step}
	g.End = g.Start.Add(time.Duration(random.IntN(20)) * step)
	if random.IntN(3) == 0 {
		g = oracle.EvalRange{End: history.Moment(random)}
	}
	return g
}

// The oracle is consistent in itself, and what is invented is mostly valid: else the comparisons below would say little.
func TestOracleAndGenerator(t *testing.T) {
	data := history.New(2, 300).Data()
	g := generator(2, data)
	random := rand.New(rand.NewPCG(2, 2))
	valid, nonEmpty := 0, 0
	const n = 400
	for range n {
		text, _ := g.Expression()
		result, err := data.Evaluate(text, someRange(random))
		if err == nil {
			valid++
		} else if testing.Verbose() {
			t.Log(text, err)
		}
		if len(result) > 0 {
			nonEmpty++
		}
	}
	require.Greater(t, valid, n*3/4)
	require.Greater(t, nonEmpty, n/2)
	t.Logf("of %d expressions %d were valid, %d had a result", n, valid, nonEmpty)
}

// What must hold whatever the numbers are.
// The oracle judges what the registry of functions has, and nothing else.
func TestOracleKnowsFunctionsOfTheRegistry(t *testing.T) {
	for _, name := range oracle.Functions() {
		if name != "" { // (a, b), a union
			assert.True(t, slices.ContainsFunc(metrics.Functions(), func(f *metrics.Function) bool { return f.Name == name }), name)
		}
	}
}

func TestInvariants(t *testing.T) {
	data := history.New(30, 300).Data()
	for name, evaluate := range map[string]engine.Evaluator{"oracle": data.Evaluate, "engine": engine.InMemory(t.Context(), data)} {
		t.Run(name, func(t *testing.T) { invariants(t, evaluate, data) })
	}
}

func invariants(t *testing.T, evaluate engine.Evaluator, data oracle.Data) {
	random := rand.New(rand.NewPCG(30, 30))
	ask := func(expr string, g oracle.EvalRange) []oracle.Series {
		series, err := evaluate(expr, g)
		require.NoError(t, err, expr)
		return series
	}
	t.Run("a range is its instants", func(t *testing.T) {
		g := generator(30, data)
		for range 150 {
			text, ranged := g.Expression()
			if ranged {
				continue
			}
			evalRange := someRange(random)
			if evalRange.Step == 0 {
				continue
			}
			whole, err := evaluate(text, evalRange)
			if err != nil {
				continue // what may not be asked is the same for both, see above
			}
			for i, at := range evalRange.Times() {
				if random.IntN(4) > 0 {
					continue
				}
				instant := oracle.EvalRange{End: at}
				once, err := evaluate(text, instant)
				require.NoError(t, err, text)
				var column []oracle.Series
				for _, s := range whole {
					column = append(column, oracle.Series{Labels: s.Labels, Values: s.Values[i : i+1]})
				}
				assert.Empty(t, oracle.Difference(instant, column, once), "%s at %s", text, at)
			}
		}
	})
	t.Run("a sum is that of its series", func(t *testing.T) {
		for _, by := range []string{"app", "status, kind", "tenant", ""} {
			for range 10 {
				g := someRange(random)
				for _, function := range []string{"increase", "rate"} {
					leaf := fmt.Sprintf(`%s(entra_signins_total{kind!="noninteractive"}[%dm])`, function, 1+random.IntN(90))
					assert.Empty(t, oracle.Difference(g, ask(fmt.Sprintf("sum by (%s) (%s)", by, leaf), g),
						ask(fmt.Sprintf("sum by (%s) ((%s) + 0)", by, leaf), g)))
				}
			}
		}
	})
	t.Run("an offset moves", func(t *testing.T) {
		for range 60 {
			g := someRange(random)
			back := 7 * time.Hour // a multiple of every step
			earlier := g
			earlier.Start, earlier.End = g.Start.Add(-back), g.End.Add(-back)
			assert.Empty(t, oracle.Difference(g, ask("sum by (app, user_principal_name) (increase(entra_signins_total[35m]))",
				earlier), ask("sum by (app, user_principal_name) (increase(entra_signins_total[35m] offset 7h))", g)))
		}
	})
	t.Run("or is a union", func(t *testing.T) {
		for range 40 {
			g := someRange(random)
			got := ask(`increase(entra_signins_total{app="Mail" or status="failure"}[1h])`, g)
			want := ask(`increase(entra_signins_total{app="Mail"}[1h]) or increase(entra_signins_total{status="failure"}[1h])`, g)
			assert.Empty(t, oracle.Difference(g, want, got))
		}
	})
}
