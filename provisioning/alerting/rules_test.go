package alerting

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// rule is an alert rule as Grafana's file provisioning has it.
type rule struct {
	UID, Title, Condition string
	Data                  []struct {
		RefID             string                   `yaml:"refId"`
		DatasourceUID     string                   `yaml:"datasourceUid"`
		RelativeTimeRange struct{ From, To int64 } `yaml:"relativeTimeRange"`
		Model             yaml.Node
	}
	NoDataState  string `yaml:"noDataState"`
	ExecErrState string `yaml:"execErrState"`
	For          string
	Annotations  map[string]string
	Labels       map[string]string
}

// threshold is the expression that every rule here has as its condition.
type threshold struct {
	RefID, Type, Expression string
	Conditions              []struct {
		Evaluator struct {
			Type   string
			Params []float64
		}
	}
}

func (r rule) question(t *testing.T) []byte {
	t.Helper()
	var model map[string]any
	require.NoError(t, r.Data[0].Model.Decode(&model))
	text, err := json.Marshal(model)
	require.NoError(t, err)
	return text
}

func (r rule) limit(t *testing.T) float64 {
	t.Helper()
	var e threshold
	require.NoError(t, r.Data[1].Model.Decode(&e))
	require.Equal(t, "threshold", e.Type)
	require.Equal(t, "A", e.Expression)
	require.Len(t, e.Conditions, 1)
	require.Equal(t, "gt", e.Conditions[0].Evaluator.Type)
	require.Len(t, e.Conditions[0].Evaluator.Params, 1)
	return e.Conditions[0].Evaluator.Params[0]
}

// allRules reads the rules of every file, by uid.
func allRules(t *testing.T) map[string]rule {
	t.Helper()
	names, err := filepath.Glob("*.yaml")
	require.NoError(t, err)
	all := map[string]rule{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		var file struct {
			APIVersion int `yaml:"apiVersion"`
			Groups     []struct {
				Name, Folder, Interval string
				Rules                  []rule
			}
		}
		require.NoError(t, yaml.Unmarshal(text, &file), name)
		require.Equal(t, 1, file.APIVersion, name)
		for _, g := range file.Groups {
			assert.Equal(t, "Entra ID", g.Folder, "notifications.yaml routes by the folder")
			for _, r := range g.Rules {
				require.NotContains(t, all, r.UID)
				all[r.UID] = r
			}
		}
	}
	require.NotEmpty(t, all)
	return all
}

func TestRules(t *testing.T) {
	source, err := os.ReadFile("../datasources/entra-activity.yaml")
	require.NoError(t, err)
	detections, err := os.ReadFile("../../docs/detections.md")
	require.NoError(t, err)
	variable := regexp.MustCompile(`\$`)
	label := regexp.MustCompile(`\.Labels\.(\w+)`)
	for uid, r := range allRules(t) {
		require.Len(t, r.Data, 2, uid)
		assert.Contains(t, string(source), "uid: "+r.Data[0].DatasourceUID, uid)
		assert.Equal(t, "__expr__", r.Data[1].DatasourceUID, uid)
		assert.Equal(t, r.Data[1].RefID, r.Condition, uid)
		r.limit(t)
		assert.Positive(t, r.Data[0].RelativeTimeRange.From, uid)
		assert.Equal(t, "OK", r.NoDataState, "%s: that nothing happened is good", uid)
		assert.Equal(t, "Error", r.ExecErrState, uid)

		q, err := query.Decode(r.question(t))
		require.NoError(t, err, uid)
		assert.Equal(t, query.Table, q.View, "%s: a table is an alert for each of its rows", uid)
		for _, text := range r.Annotations {
			assert.False(t, variable.MatchString(text), "%s: Grafana replaces what begins with $ in files", uid)
			for _, m := range label.FindAllStringSubmatch(text, -1) {
				assert.True(t, groupsBy(q, m[1]), "%s: there is no label %s", uid, m[1])
			}
		}
		assert.NotEmpty(t, r.Annotations["summary"], uid)
		assert.NotEmpty(t, r.Annotations["description"], uid)
		assert.Contains(t, []string{"critical", "warning", "info"}, r.Labels["severity"], uid)
		assert.Contains(t, []string{"security", "identity"}, r.Labels["team"], uid)

		// The documentation has a section for each.
		anchor := strings.TrimPrefix(uid, "entra-")
		assert.Equal(t, "https://github.com/entra-activity/entra-activity-datasource/blob/main/docs/detections.md#"+anchor, r.Annotations["runbook_url"])
		section := section(string(detections), anchor)
		window := time.Duration(r.Data[0].RelativeTimeRange.From) * time.Second
		assert.Contains(t, section, fmt.Sprintf("window %gh, more than %g.", window.Hours(), r.limit(t)), uid)
		for _, part := range []string{"- **Source**: ", "- **Do**: "} {
			assert.Contains(t, section, part, uid)
		}
	}
}

// section returns what a link's anchor leads to.
func section(page, anchor string) string {
	for part := range strings.SplitSeq(page, "\n## ") {
		if title, text, _ := strings.Cut(part, "\n"); strings.ReplaceAll(strings.ToLower(title), " ", "-") == anchor {
			return text
		}
	}
	return ""
}

func groupsBy(q *query.Question, name string) bool {
	for _, f := range q.GroupBy {
		if f.Name == name {
			return true
		}
	}
	return false
}
