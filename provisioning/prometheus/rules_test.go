package prometheus

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/VictoriaMetrics/metricsql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/debian"
)

var files = []string{"rules.yaml", "alerts.yaml"}

func TestFilesAreUpToDate(t *testing.T) {
	folder := t.TempDir()
	out, err := exec.CommandContext(t.Context(), "go", "tool", "jsonnet", "--string", "--multi", folder, "yaml.jsonnet").CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, name := range files {
		want, err := os.ReadFile(filepath.Join(folder, name))
		require.NoError(t, err)
		have, err := os.ReadFile(name)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(have), "%s differs from what the mixin says: go generate ./provisioning/prometheus", name)
	}
}

// rule is a recording or an alert rule.
type rule struct {
	Record, Alert, Expr, For string
	Labels, Annotations      map[string]string
}

func rules(t *testing.T, name string) []rule {
	t.Helper()
	var file struct{ Groups []struct{ Rules []rule } }
	read(t, name, &file)
	var list []rule
	for _, g := range file.Groups {
		list = append(list, g.Rules...)
	}
	require.NotEmpty(t, list)
	return list
}

func read(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, into))
}

// VictoriaMetrics' parser is MetricsQL's; Prometheus' is promtool's, below.
func TestVictoriaMetricsUnderstandsEveryExpression(t *testing.T) {
	for _, name := range files {
		for _, r := range rules(t, name) {
			e, err := metricsql.Parse(r.Expr)
			require.NoError(t, err, r.Record+r.Alert)
			assert.False(t, metricsql.IsLikelyInvalid(e), "%s has a meaning in MetricsQL that PromQL does not know", r.Record+r.Alert)
		}
	}
}

const runbooks = "../../docs/runbooks"

func TestWhoeverIsPagedKnowsWhatToDo(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(runbooks, "Entra*.md"))
	require.NoError(t, err)
	orphans := map[string]bool{}
	for _, page := range pages {
		orphans[strings.TrimSuffix(filepath.Base(page), ".md")] = true
	}
	index, err := os.ReadFile(filepath.Join(runbooks, "README.md"))
	require.NoError(t, err)
	for _, r := range rules(t, "alerts.yaml") {
		assert.Contains(t, string(index), fmt.Sprintf("| [%s](%[1]s.md) | %s | %s |\n", r.Alert, r.Labels["severity"], r.Labels["team"]))
		assert.Contains(t, []string{"critical", "warning", "info"}, r.Labels["severity"], r.Alert)
		assert.Contains(t, []string{"operations", "identity", "security"}, r.Labels["team"], r.Alert)
		assert.NotEmpty(t, r.Annotations["summary"], r.Alert)
		assert.NotEmpty(t, r.Annotations["description"], r.Alert)
		assert.Equal(t, "https://github.com/entra-activity/entra-activity-datasource/blob/main/docs/runbooks/"+r.Alert+".md",
			r.Annotations["runbook_url"])
		page, err := os.ReadFile(filepath.Join(runbooks, r.Alert+".md"))
		require.NoError(t, err)
		for _, heading := range []string{"# " + r.Alert + "\n", "\n## What it means\n", "\n## How to look\n", "\n## What to do\n"} {
			assert.Contains(t, string(page), heading, r.Alert)
		}
		delete(orphans, r.Alert)
	}
	assert.Empty(t, orphans, "runbooks of alerts that are not there")
}

func TestEveryAlertHasExamples(t *testing.T) {
	examples, err := filepath.Glob("tests/*.yaml")
	require.NoError(t, err)
	fires, quiet := map[string]bool{}, map[string]bool{}
	for _, name := range examples {
		var file struct {
			Tests []struct {
				Cases []struct {
					Alert string      `yaml:"alertname"`
					Want  []yaml.Node `yaml:"exp_alerts"`
				} `yaml:"alert_rule_test"`
			}
		}
		read(t, name, &file)
		for _, test := range file.Tests {
			for _, c := range test.Cases {
				fires[c.Alert] = fires[c.Alert] || len(c.Want) > 0
				quiet[c.Alert] = quiet[c.Alert] || len(c.Want) == 0
			}
		}
	}
	for _, r := range rules(t, "alerts.yaml") {
		assert.True(t, fires[r.Alert], "no example of %s that fires", r.Alert)
		assert.True(t, quiet[r.Alert], "no example of %s that does not fire", r.Alert)
	}
}

func TestPrometheusUnderstandsTheRules(t *testing.T) {
	run(t, promtool(t), "check", "rules", "rules.yaml", "alerts.yaml")
}

func TestVictoriaMetricsUnderstandsTheRules(t *testing.T) {
	run(t, debian.Program(t, "vmalert", "victoria-metrics"), "-dryRun", "-rule=rules.yaml", "-rule=alerts.yaml")
}

func TestAlertsFireWhenTheyShouldAndNotOtherwise(t *testing.T) {
	examples, err := filepath.Glob("tests/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, examples)
	program := promtool(t)
	for _, name := range examples {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			run(t, program, "test", "rules", name)
		})
	}
}

func run(t *testing.T, program string, args ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func promtool(t *testing.T) string {
	t.Helper()
	return debian.Program(t, "promtool", "prometheus")
}
