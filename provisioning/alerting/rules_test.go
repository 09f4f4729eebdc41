package alerting

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/entra-activity/entra-activity-datasource/pkg/metrics"
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

func (r rule) query(t *testing.T) []byte {
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
	for uid, r := range allRules(t) {
		require.Len(t, r.Data, 2, uid)
		assert.Contains(t, string(source), "uid: "+r.Data[0].DatasourceUID, uid)
		assert.Equal(t, "__expr__", r.Data[1].DatasourceUID, uid)
		assert.Equal(t, r.Data[1].RefID, r.Condition, uid)
		assert.Positive(t, r.Data[0].RelativeTimeRange.From, uid)
		assert.Equal(t, "OK", r.NoDataState, "%s: that nothing happened is good", uid)
		assert.Equal(t, "Error", r.ExecErrState, uid)

		limit := r.checkQuery(t)
		for _, text := range r.Annotations {
			assert.NotContains(t, text, "$", "%s: Grafana replaces what begins with $ in files", uid)
		}
		assert.NotEmpty(t, r.Annotations["summary"], uid)
		assert.NotEmpty(t, r.Annotations["description"], uid)
		assert.Contains(t, []string{"critical", "warning", "info"}, r.Labels["severity"], uid)
		assert.Contains(t, []string{"security", "identity"}, r.Labels["team"], uid)

		// The documentation has a section for each.
		anchor := strings.TrimPrefix(uid, "entra-")
		assert.Equal(t, "https://github.com/entra-activity/entra-activity-datasource/blob/main/docs/detections.md#"+anchor,
			r.Annotations["runbook_url"])
		section := section(string(detections), anchor)
		window := time.Duration(r.Data[0].RelativeTimeRange.From) * time.Second
		assert.Contains(t, section, fmt.Sprintf("window %gh, more than %g.", window.Hours(), limit), uid)
		for _, part := range []string{"- **Source**: ", "- **Do**: "} {
			assert.Contains(t, section, part, uid)
		}
	}
}

// evaluation is what Grafana has for the annotations of an alert: the labels and the value of a row, if there is one.
type evaluation struct {
	Labels map[string]string
	Values map[string]struct{ Value float64 }
}

// annotation fills one in as Grafana does: what is missing reads <no value>, and on an error the template itself is shown.
func (r rule) annotation(t *testing.T, name string, of evaluation) string {
	t.Helper()
	filled, err := template.New(name).Option("missingkey=invalid").Funcs(template.FuncMap{
		"humanizePercentage": func(v float64) string { return fmt.Sprintf("%.4g%%", 100*v) },
	}).Parse(r.Annotations[name])
	require.NoError(t, err, "%s: %s", r.UID, name)
	var b strings.Builder
	require.NoError(t, filled.Execute(&b, of), "%s: %s", r.UID, name)
	return b.String()
}

func TestAnnotationsReadWellWithAndWithoutData(t *testing.T) {
	for uid, r := range allRules(t) {
		found := evaluation{map[string]string{"alertname": r.Title}, map[string]struct{ Value float64 }{"A": {20}}}
		maps.Copy(found.Labels, examples[uid].labels)
		nothing := evaluation{Labels: map[string]string{"alertname": r.Title, "ref_id": "A", "datasource_uid": "entra-activity"}}
		failed := evaluation{Labels: map[string]string{"alertname": r.Title}}

		for name := range r.Annotations {
			text := r.annotation(t, name, found)
			assert.NotContains(t, text, "<no value>", uid)
			assert.NotContains(t, text, "no data", uid)
		}
		for _, without := range []evaluation{nothing, failed} {
			assert.Equal(t, r.Title+": no data.", r.annotation(t, "summary", without), "%s: says what it knows nothing of", uid)
			assert.Equal(t, "Nothing was found, or the question failed.", r.annotation(t, "description", without), uid)
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

// checkQuery checks a rule's query, and returns above which number the rule fires.
func (r rule) checkQuery(t *testing.T) (limit float64) {
	t.Helper()
	limit = r.limit(t)
	if r.inMetricsQL(t) {
		q, err := metrics.Decode(r.query(t))
		require.NoError(t, err, r.UID)
		assert.True(t, q.Instant, "%s: an alert is about one number, not a line", r.UID)
		expr, err := metrics.Parse(q.Text)
		require.NoError(t, err, r.UID)
		assert.Zero(t, limit, "%s: the expression compares", r.UID)
		_, compared, _ := strings.Cut(expr.Text(), " > ")
		limit, err = strconv.ParseFloat(compared, 64)
		require.NoError(t, err, r.UID)
		return limit
	}
	q, err := query.Decode(r.query(t))
	require.NoError(t, err, r.UID)
	assert.Equal(t, query.Table, q.View, "%s: a table is an alert for each of its rows", r.UID)
	return limit
}

func (r rule) inMetricsQL(t *testing.T) bool {
	t.Helper()
	var model struct {
		QueryType string `yaml:"queryType"`
	}
	require.NoError(t, r.Data[0].Model.Decode(&model))
	return model.QueryType == "metrics"
}
