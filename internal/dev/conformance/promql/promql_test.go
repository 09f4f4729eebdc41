package promql

import (
	_ "embed"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/util/teststorage"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/conformance/engine"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/conformance/history"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/conformance/oracle"
)

// vectors are what the expressions are about. Prometheus is given them as they are, as gauges called $A, $B and so on:
// what it makes of counters is its own estimate.
var vectors = map[string]string{
	"$A": `increase(entra_signins_total[1h])`,
	"$B": `sum by (app, status) (increase(entra_signins_total[30m]))`,
	"$C": `sum by (app) (increase(entra_signins_total[1h]))`,
	"$D": `sum by (status) (increase(entra_signins_total[1h]))`,
	"$E": `sum by (app, user_principal_name) (increase(entra_signins_total{status="failure"}[10m]))`, // with gaps
	"$F": `sum by (user_principal_name) (increase(entra_signins_total[10m]))`,
	"$G": `sum(increase(entra_signins_total[10m]))`,
	"$H": `sum by (app, ip_address) (increase(entra_signins_total{status!="success"}[5m]))`,
}

//go:embed testdata/expressions.txt
var expressionList string

var evalRange = oracle.EvalRange{Start: history.Dawn.Add(8 * time.Hour), End: history.Dawn.Add(20 * time.Hour), Step: 10 * time.Minute}

// prometheus is Prometheus' engine on the vectors.
type prometheus struct {
	engine    *promql.Engine
	storage   *teststorage.TestStorage
	evalRange oracle.EvalRange
}

func newPrometheus(t *testing.T, data oracle.Data) *prometheus {
	t.Helper()
	p := &prometheus{
		evalRange: evalRange,
		engine: promql.NewEngine(promql.EngineOpts{
			MaxSamples: 10_000_000, Timeout: 10 * time.Minute, LookbackDelta: evalRange.Step,
			Parser: parser.NewParser(parser.Options{}),
		}),
		storage: teststorage.New(t, func(o *tsdb.Options) { o.OutOfOrderTimeWindow = 0 }),
	}
	app := p.storage.Appender(t.Context())
	for name, expr := range vectors {
		list, err := data.Evaluate(expr, evalRange)
		require.NoError(t, err)
		for _, s := range list {
			s.Labels["__name__"] = strings.TrimPrefix(name, "$")
			for i, at := range evalRange.Times() {
				v := s.Values[i]
				if v != v {
					v = math.Float64frombits(value.StaleNaN)
				}
				_, err := app.Append(0, labels.FromMap(s.Labels), at.UnixMilli(), v)
				require.NoError(t, err)
			}
		}
	}
	require.NoError(t, app.Commit())
	return p
}

func (p *prometheus) evaluate(t *testing.T, expr string) ([]oracle.Series, error) {
	t.Helper()
	times := p.evalRange.Times()
	query, err := p.engine.NewRangeQuery(t.Context(), p.storage, nil, expr, times[0], times[len(times)-1], p.evalRange.Step)
	if err != nil {
		return nil, err
	}
	defer query.Close()
	result := query.Exec(t.Context())
	matrix, err := result.Matrix()
	if err != nil {
		return nil, err
	}
	var list []oracle.Series
	for _, s := range matrix {
		own := s.Metric.Map()
		delete(own, "__name__")
		values := slices.Repeat([]float64{math.NaN()}, len(times))
		for _, f := range s.Floats {
			values[time.UnixMilli(f.T).Sub(times[0])/p.evalRange.Step] = f.F
		}
		list = append(list, oracle.Series{Labels: own, Values: values})
	}
	return list, nil
}

// with puts vectors into an expression.
func with(expr string, vectors map[string]string) string {
	for _, name := range slices.Sorted(maps.Keys(vectors)) {
		expr = strings.ReplaceAll(expr, name, vectors[name])
	}
	return expr
}

func gauges() map[string]string {
	m := map[string]string{}
	for name := range vectors {
		m[name] = strings.TrimPrefix(name, "$")
	}
	return m
}

func TestOracleAgreesWithPrometheus(t *testing.T) {
	data := history.New(3, 900).Data()
	againstPrometheus(t, data, data.Evaluate)
}

func TestEngineAgreesWithPrometheus(t *testing.T) {
	data := history.New(3, 900).Data()
	againstPrometheus(t, data, engine.InMemory(t.Context(), data))
}

func againstPrometheus(t *testing.T, data oracle.Data, evaluate engine.Evaluator) {
	t.Helper()
	p := newPrometheus(t, data)
	n, nonEmpty := 0, 0
	for _, x := range history.Expressions(expressionList) {
		want, err := p.evaluate(t, with(x.Text, gauges()))
		require.NoError(t, err, x.Text)
		text := with(x.Text, vectors)
		got, err := evaluate(text, evalRange)
		require.NoError(t, err, text)
		if difference := oracle.Disagreement(text, evalRange, want, got); difference != "" {
			t.Errorf("%s: %s", x.Text, difference)
		}
		if len(want) > 0 {
			nonEmpty++
		}
		n++
	}
	require.Greater(t, nonEmpty, n*9/10)
	t.Logf("%d results compared, %d of them not empty", n, nonEmpty)
}
