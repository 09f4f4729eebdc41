package proof

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/proof/history"
	"github.com/entra-activity/entra-activity-datasource/internal/proof/naive"
)

// generator invents expressions about a history.
func generator(seed uint64, data naive.Data) *naive.Generator {
	values := map[string][]string{}
	for _, m := range data {
		for _, e := range m.Events[:min(400, len(m.Events))] {
			for label, value := range e.Labels {
				values[label] = append(values[label], value)
			}
		}
	}
	return &naive.Generator{Random: rand.New(rand.NewPCG(seed, 1)), Values: values, Data: data,
		Extra: []string{"user_principal_name", "user_id", "ip_address", "error_code", "country", "client_app", "risk_level"}}
}

// someGrid invents a range or an instant, before, within and after the history.
func someGrid(random *rand.Rand) naive.Grid {
	steps := []time.Duration{time.Minute, 5 * time.Minute, 7 * time.Minute, 30 * time.Minute, time.Hour}
	step := steps[random.IntN(len(steps))]
	g := naive.Grid{Start: history.Dawn.Add(time.Duration(random.IntN(25)-1) * time.Hour).Truncate(step), Step: step}
	g.End = g.Start.Add(time.Duration(random.IntN(20)) * step)
	if random.IntN(3) == 0 {
		g = naive.Grid{End: history.Moment(random)}
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
		answer, err := data.Evaluate(text, someGrid(random))
		if err == nil {
			valid++
		} else if testing.Verbose() {
			t.Log(text, err)
		}
		if len(answer) > 0 {
			nonEmpty++
		}
	}
	require.Greater(t, valid, n*3/4)
	require.Greater(t, nonEmpty, n/2)
	t.Logf("of %d expressions %d were valid, %d had an answer", n, valid, nonEmpty)
}
