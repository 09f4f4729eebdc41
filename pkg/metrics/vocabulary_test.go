package metrics_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/metrics"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// parsed reads the functions that the parser knows from its own source: it lists them nowhere else.
func parsed(t *testing.T) (names []string) {
	t.Helper()
	folder, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/VictoriaMetrics/metricsql").Output()
	require.NoError(t, err)
	for _, list := range []string{"rollup", "aggr", "transform"} {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(folder)), list+".go"), nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			if entry, ok := n.(*ast.KeyValueExpr); ok {
				name, err := strconv.Unquote(entry.Key.(*ast.BasicLit).Value)
				require.NoError(t, err)
				if name != "" { // that of lists in parentheses
					names = append(names, name)
				}
			}
			return true
		})
	}
	require.Greater(t, len(names), 200)
	return names
}

// arguments stand for the words of signatures.
var arguments = strings.NewReplacer("counter[window]", "entra_signins_total[1h]", "records[window]", "entra_signin_events[1h]",
	"(expression)[window:step]", "(increase(entra_signins_total[5m]))[1h:5m]",
	"\"zone\"", "\"Europe/Berlin\"", "\"label\"", "\"app\"", "\"regex\"", "\"(a|b)\"",
	"values", "sum by (app, kind) (increase(entra_signins_total[1h]))", "phi", "0.5", "[nearest]", "10", "[times]", "time()", ", ...", "")

var wordOfSignature = regexp.MustCompile(`\b(k|min|max|limit|offset|tolerance|factor|z|mask|seconds)\b([,)])`)

// two is a source with two series, of which one has one record in each window, and the other two.
type two struct{ none }

func (two) Count(_ context.Context, l *metrics.Selector, each func(map[string]string, []query.Cell) error) error {
	values := []string{"1", "2"}
	if len(l.By) == 0 {
		values = values[1:]
	}
	for n, value := range values {
		labels := map[string]string{}
		for _, name := range l.By {
			labels[name] = value
		}
		cells := make([]query.Cell, len(l.Wanted))
		for window := range cells {
			cells[window] = query.Cell{Window: window, N: int64(n + 1)}
		}
		if err := each(labels, cells); err != nil {
			return err
		}
	}
	return nil
}

// ofOthers are the functions that answer nothing of the values that the test has.
var ofOthers = strings.Fields("absent absent_over_time label_match label_value outlier_iqr_over_time outliers_iqr outliers_mad zscore " +
	"range_zscore range_normalize asin acos atanh scalar outliersk")

// Every function of MetricsQL is either answered or refused by its own name, with a reason and what to write instead of its
// own, and none is both.
func TestEveryFunctionIsAnsweredOrRefused(t *testing.T) {
	names := parsed(t)
	for _, name := range names {
		there := slices.ContainsFunc(metrics.Functions(), func(f *metrics.Function) bool { return f.Name == name })
		refused := slices.ContainsFunc(metrics.Rejected, func(r metrics.Rejection) bool { return r.Name == name })
		require.True(t, there != refused, "%s: there %v, refused %v", name, there, refused)
		if refused {
			for _, expr := range []string{name + "(increase(entra_signins_total[1h]))", name + "(entra_signins_total[1h])",
				name + "(0.5, entra_signins_total[1h])", name + "()"} {
				_, err := metrics.Parse(expr)
				require.ErrorContains(t, err, name+" ", expr)
			}
		}
	}
	for _, f := range metrics.Functions() {
		require.Contains(t, names, f.Name)
		require.True(t, strings.HasPrefix(f.Signature, f.Name+"("), f.Signature)
		require.True(t, strings.HasSuffix(f.Help, "."), "%s: %s", f.Name, f.Help)
		name, list, _ := strings.Cut(f.Signature, "(")
		expr := name + "(" + wordOfSignature.ReplaceAllString(arguments.Replace(list), "1$2")
		answer, err := evaluate(t, two{}, expr, metrics.EvalRange{Start: at.Add(-time.Hour), End: at, Step: 10 * time.Minute})
		require.NoError(t, err, expr)
		require.True(t, len(answer.Series) > 0 || slices.Contains(ofOthers, f.Name), expr)
	}
	reasons := map[string]string{}
	for _, r := range metrics.Rejected {
		require.Contains(t, names, r.Name)
		reason := r.Why + ": " + r.Instead
		require.Empty(t, reasons[reason], r.Name)
		reasons[reason] = r.Name
	}
}

// What the refused functions' hints offer is there.
func TestHintsAreAnswered(t *testing.T) {
	for _, r := range metrics.Rejected {
		for _, call := range regexp.MustCompile(`\b([a-z][a-z0-9_]*)\(`).FindAllStringSubmatch(r.Instead, -1) {
			require.True(t, slices.ContainsFunc(metrics.Functions(),
				func(f *metrics.Function) bool { return f.Name == call[1] }), "%s: %s", r.Name, call[1])
		}
	}
}

// Counters and gauges are the exporter's, by its own names and labels.
func TestCountersAreTheExporters(t *testing.T) {
	text, err := os.ReadFile("../../docs/metrics.md")
	require.NoError(t, err)
	activities, _, _ := strings.Cut(string(text), "## Ingest and store")
	rows := regexp.MustCompile("(?m)^\\| `(entra_\\w+)` \\| (?:counter|gauge) \\| ([^|]*) \\|").FindAllStringSubmatch(activities, -1)
	var documented []string
	for _, row := range rows {
		documented = append(documented, row[1])
		m := metrics.ByName(row[1])
		if strings.HasPrefix(row[1], "entra_app_") { // what is now
			_, err := metrics.Parse(row[1])
			require.ErrorContains(t, err, row[1]+" ")
			continue
		}
		require.NotNil(t, m, row[1])
		var labels []string
		for _, label := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(row[2], -1) {
			labels = append(labels, label[1])
			require.NotNil(t, m.Label(label[1]), "%s has no label %s", m.Name, label[1])
		}
		require.ElementsMatch(t, labels, m.Exported, m.Name)
	}
	for _, m := range metrics.All {
		require.Equal(t, !m.Stream, slices.Contains(documented, m.Name), m.Name)
	}
}

// Every field that can be grouped by is a label; the client's class is made of its name.
func TestEveryGroupableFieldIsALabel(t *testing.T) {
	for _, m := range metrics.All {
		names := map[string]bool{}
		for _, l := range m.Labels {
			require.False(t, names[l.Name], "%s has two labels %s", m.Name, l.Name)
			names[l.Name] = true
			require.Regexp(t, "^[a-z][a-z0-9_]*$", l.Name)
		}
		for _, f := range m.Kind.Fields {
			if f.Groupable && f.Name != "clientAppClass" && f.Type != activity.List && f.Of != activity.Membership {
				require.True(t, slices.ContainsFunc(m.Labels, func(l *metrics.Label) bool { return l.Field == f }),
					"%s has no label for %s", m.Name, f.Name)
			}
		}
	}
}
