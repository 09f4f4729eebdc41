package promql

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/util/teststorage"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/conformance/engine"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/conformance/oracle"
)

// promqltestFiles are those of Prometheus' own cases that are about numbers and labels, not about samples.
var promqltestFiles = []string{"operators", "aggregators", "functions", "literals", "collision", "selectors"}

// otherwise are the cases in which MetricsQL itself says something else than PromQL, with the reason.
var otherwise = map[string]string{
	`trigy atan2 trigx`: "an operator that only PromQL has",
	`round(-1 * (0.005 * http_requests{group="production",job="api-server"}))`:             halves,
	`round(-1 * (1 + 0.005 * http_requests{group="production",job="api-server"}))`:         halves,
	`round(2.1 + 0.0005 * http_requests{group="production",job="api-server"}, 0.1)`:        halves,
	`round(-1 * (5.2 + 0.0005 * http_requests{group="production",job="api-server"}), 0.1)`: halves,
	`absent(nonexistent{job="testjob", instance="testinstance", method=~".x"})`:            unlabeled,
	`absent(nonexistent{job="testjob",job="testjob2",foo="bar"})`:                          unlabeled,
	`absent(nonexistent{job="testjob",job="testjob2",job="three",foo="bar"})`:              unlabeled,
	`absent(nonexistent{job="testjob",job=~"testjob2",foo="bar"})`:                         unlabeled,
}

const (
	halves    = "MetricsQL rounds halves away from zero, PromQL upwards"
	unlabeled = "of a count, which is no bare selector, absent gives no labels"
)

// TestPromqltest takes the cases that Prometheus' engine is tested with, as far as their vectors can be counts of events.
func TestPromqltest(t *testing.T) {
	root, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/prometheus/prometheus").Output()
	require.NoError(t, err)
	taken, passed := 0, 0
	for _, name := range promqltestFiles {
		text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "promql", "promqltest", "testdata", name+".test"))
		require.NoError(t, err)
		for _, c := range cases(string(text)) {
			data, expr, names, ok := c.events(t)
			if !ok {
				continue
			}
			taken++
			g := oracle.EvalRange{End: c.at}
			want, err := c.result(t, c.expr)
			if err != nil {
				continue // Prometheus refuses it as well
			}
			for i := range want {
				want[i] = oracle.Series{Labels: renamedLabels(want[i].Labels, names), Values: want[i].Values}
			}
			for _, evaluate := range []engine.Evaluator{data.Evaluate, engine.InMemory(t.Context(), data)} {
				var got []oracle.Series
				if got, err = evaluate(expr, g); err == nil {
					if difference := oracle.Difference(g, want, got); difference != "" {
						err = errors.New(difference)
					}
				}
				if err != nil {
					break
				}
			}
			switch reason := otherwise[c.expr]; {
			case err != nil && reason == "":
				t.Errorf("%s: %s: %v", name, c.expr, err)
			case err == nil && reason != "":
				t.Errorf("%s: %s: agrees after all, although: %s", name, c.expr, reason)
			case err == nil:
				passed++
			}
		}
	}
	t.Logf("%d cases, of which %d agree", taken, passed)
	require.Greater(t, passed, 200)
}

// evaluation is one case: what was loaded before, when, and what is evaluated.
type evaluation struct {
	loaded, expr string
	at           time.Time
}

// cases reads a file in Prometheus' notation; what is not evaluated at one time is passed over.
func cases(text string) (list []evaluation) {
	loaded, loading := "", false
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "clear"):
			loaded, loading = "", false
		case strings.HasPrefix(line, "load "):
			loaded, loading = loaded+line, true
		case strings.HasPrefix(line, "eval"):
			loading = false
			var at string
			if n, _ := fmt.Sscanf(line, "eval instant at %s", &at); n != 1 {
				continue
			}
			duration, err := time.ParseDuration(at)
			if err != nil {
				continue
			}
			_, expr, _ := strings.Cut(line, " at "+at+" ")
			list = append(list, evaluation{loaded, strings.TrimSpace(expr), epoch.Add(duration)})
		case loading && !strings.Contains(line, "{{"): // no histograms
			loaded += line
		}
	}
	return list
}

var (
	instants = promql.NewEngine(promql.EngineOpts{MaxSamples: 1e6, Timeout: 10 * time.Minute, LookbackDelta: 5 * time.Minute,
		Parser: parser.NewParser(parser.Options{})})
	epoch    = time.Unix(0, 0)
	storages = map[string]*teststorage.TestStorage{}
)

// result is what Prometheus' engine says. NaN is no data.
func (c evaluation) result(t *testing.T, expr string) ([]oracle.Series, error) {
	t.Helper()
	if storages[c.loaded] == nil {
		storages[c.loaded] = promqltest.LoadedStorage(t, c.loaded)
	}
	query, err := instants.NewInstantQuery(t.Context(), storages[c.loaded], nil, expr, c.at)
	if err != nil {
		return nil, err
	}
	defer query.Close()
	result := query.Exec(t.Context())
	if result.Err != nil {
		return nil, result.Err
	}
	var list []oracle.Series
	switch v := result.Value.(type) {
	case promql.Scalar:
		list = append(list, oracle.Series{Labels: map[string]string{}, Values: []float64{v.V}})
	case promql.Vector:
		for _, s := range v {
			own := s.Metric.Map()
			delete(own, "__name__")
			list = append(list, oracle.Series{Labels: own, Values: []float64{s.F}})
		}
	default:
		return nil, fmt.Errorf("a %T", v)
	}
	return list, nil
}

// events makes each vector in the expression a counter, if that can be.
func (c evaluation) events(t *testing.T) (data oracle.Data, text string, renamed map[string]string, ok bool) {
	t.Helper()
	root, err := parser.NewParser(parser.Options{}).ParseExpr(c.expr)
	if err != nil {
		return nil, "", nil, false
	}
	var selectors []*parser.VectorSelector
	possible := true
	parser.Inspect(root, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			selectors = append(selectors, n)
		case *parser.MatrixSelector, *parser.SubqueryExpr:
			possible = false
		case *parser.Call:
			possible = possible && slices.Contains(functions, n.Func.Name)
		case *parser.AggregateExpr:
			possible = possible && n.Op != parser.COUNT_VALUES
		}
		return nil
	})
	if !possible {
		return nil, "", nil, false
	}
	vectors, used := make([][]oracle.Series, len(selectors)), map[string]bool{}
	for n, s := range selectors {
		if vectors[n], err = c.result(t, c.expr[s.PosRange.Start:s.PosRange.End]); err != nil {
			return nil, "", nil, false
		}
		for _, series := range vectors[n] {
			if v := series.Values[0]; v < 0 || v > 5000 || v != math.Trunc(v) {
				return nil, "", nil, false
			}
			for name := range series.Labels {
				used[name] = true
			}
		}
	}
	names := slices.Sorted(maps.Keys(used))
	renamed = map[string]string{}
	if len(names) > len(free) {
		return nil, "", nil, false
	}
	for i, name := range names {
		renamed[name] = free[i]
	}
	m := &oracle.Metric{Exported: append([]string{"tenant"}, free...)}
	text = c.expr
	for n, s := range slices.Backward(selectors) {
		vector := fmt.Sprintf("vector %d", n)
		for _, series := range vectors[n] {
			own := map[string]string{"tenant": vector}
			for name, value := range series.Labels {
				own[renamed[name]] = value
			}
			m.Events = append(m.Events, oracle.Event{Happened: c.at.Add(-2000 * time.Hour), Labels: own}) // it exists, also where it is 0
			for range int(series.Values[0]) {
				m.Events = append(m.Events, oracle.Event{Happened: c.at, Labels: own})
			}
		}
		text = text[:s.PosRange.Start] + fmt.Sprintf("(sum by (%s) (increase(entra_signins_total{tenant=%q}[1000h])))",
			strings.Join(free, ", "), vector) + text[s.PosRange.End:]
	}
	return oracle.Data{"entra_signins_total": m}, rename(text, renamed), renamed, true
}

// free are the labels whose names those of a vector get: the exporter's, because only of these a count can be 0.
var free = []string{"app_id", "app", "kind", "status"}

// rename writes an expression with other names of labels.
func rename(expr string, names map[string]string) string {
	return word.ReplaceAllStringFunc(expr, func(w string) string {
		if name := names[w]; name != "" {
			return name
		}
		return w
	})
}

func renamedLabels(labels, names map[string]string) map[string]string {
	own := map[string]string{}
	for name, value := range labels {
		own[rename(name, names)] = value
	}
	return own
}

var word = regexp.MustCompile(`\b\w+\b`)

// functions are those that both know.
var functions = []string{"abs", "absent", "ceil", "clamp", "clamp_max", "clamp_min", "floor", "label_replace", "round",
	"scalar", "sort", "sort_desc", "time", "vector"}
