package conformance

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metricsql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/debian"
)

const ruleFolder = "../../../provisioning/prometheus"

// rule is a recording or an alert rule; record is empty for an alert.
type rule struct{ Record, Expr string }

func rules(t *testing.T) (list []rule) {
	t.Helper()
	for _, name := range []string{"rules.yaml", "alerts.yaml"} {
		text, err := os.ReadFile(filepath.Join(ruleFolder, name))
		require.NoError(t, err)
		var file struct{ Groups []struct{ Rules []rule } }
		require.NoError(t, yaml.Unmarshal(text, &file))
		for _, g := range file.Groups {
			list = append(list, g.Rules...)
		}
	}
	return list
}

// namesExist checks that the exporter publishes every metric that a rule is about, with every label it names.
func namesExist(t *testing.T, prometheus server) {
	for _, r := range rules(t) {
		parsed, err := metricsql.Parse(r.Expr)
		require.NoError(t, err)
		var metrics, labels []string
		metricsql.VisitAll(parsed, func(e metricsql.Expr) {
			switch e := e.(type) {
			case *metricsql.MetricExpr:
				for _, filter := range e.LabelFilterss[0] {
					if filter.Label != "__name__" {
						labels = append(labels, filter.Label)
					} else if !strings.Contains(filter.Value, ":") {
						metrics = append(metrics, filter.Value)
					}
				}
			case *metricsql.AggrFuncExpr:
				if e.Modifier.Op == "by" {
					labels = append(labels, e.Modifier.Args...)
				}
			}
		})
		for _, metric := range metrics {
			var series []map[string]string
			assert.Eventually(t, func() bool {
				return prometheus.get(t, "series", url.Values{"match[]": {metric}}, &series) == nil && len(series) > 0
			}, patience, scrapeInterval/5, "there is no %s", metric)
			for _, label := range labels {
				assert.True(t, slices.ContainsFunc(series, func(s map[string]string) bool { return s[label] != "" }),
					"%s has no label %s", metric, label)
			}
		}
	}
}

// rulesWork checks that Prometheus, and vmalert on VictoriaMetrics, evaluate every rule, and record the
// same.
func rulesWork(t *testing.T, prometheus, victoriaMetrics server) {
	address := freeAddress(t)
	files, err := filepath.Abs(ruleFolder)
	require.NoError(t, err)
	start(t, debian.Program(t, "vmalert", "victoria-metrics"), "-rule="+filepath.Join(files, "rules.yaml"),
		"-rule="+filepath.Join(files, "alerts.yaml"),
		"-datasource.url="+victoriaMetrics.url, "-remoteWrite.url="+victoriaMetrics.url, "-remoteWrite.flushInterval=100ms",
		"-notifier.url=http://"+freeAddress(t),
		"-httpListenAddr="+address, "-evaluationInterval="+scrapeInterval.String(), "-loggerLevel=ERROR")
	vmalert := server{"vmalert", "http://" + address}
	for _, s := range []server{prometheus, vmalert} {
		assert.Eventually(t, func() bool { return len(s.evaluated(t)) == len(rules(t)) }, patience, scrapeInterval/5,
			"%s has not evaluated all rules", s.name)
		for name, problem := range s.evaluated(t) {
			assert.Empty(t, problem, "%s: %s", s.name, name)
		}
	}
	for _, r := range rules(t) {
		// What is recorded from what was recorded just before lags behind by evaluations.
		if !strings.Contains(r.Expr, "(entra_signins_total{") {
			continue
		}
		// Prometheus extrapolates by up to a scrape interval at each end: the longer it has scraped, the less that is.
		assert.EventuallyWithT(t, func(c *assert.CollectT) {
			byPrometheus := recorded(t, prometheus, r.Record)
			assert.NotEmpty(c, byPrometheus, r.Record)
			assert.Empty(c, differences(byPrometheus, recorded(t, victoriaMetrics, r.Record)), r.Record)
		}, patience, scrapeInterval/5)
	}
}

// evaluated lists the rules that were evaluated, with what went wrong.
func (s server) evaluated(t *testing.T) map[string]string {
	t.Helper()
	var data struct {
		Groups []struct {
			Rules []struct {
				Name, Health, LastError string
				LastEvaluation          time.Time
			}
		}
	}
	problems := map[string]string{}
	if s.get(t, "rules", url.Values{}, &data) != nil {
		return problems // not up yet
	}
	for _, g := range data.Groups {
		for _, r := range g.Rules {
			if !r.LastEvaluation.IsZero() {
				problems[r.Name] = r.LastError
			}
		}
	}
	return problems
}

// recorded is what a rule has recorded, by labels.
func recorded(t *testing.T, s server, name string) counts {
	t.Helper()
	samples, err := s.query(t, name, time.Now())
	require.NoError(t, err)
	list := counts{}
	for _, x := range samples {
		var labels []string
		for label, value := range x.labels {
			if label != "__name__" {
				labels = append(labels, label+"="+value)
			}
		}
		sort.Strings(labels)
		list[key(labels)] = x.value
	}
	return list
}

// differences lists where numbers disagree by more than Prometheus extrapolates: a scrape interval of the half minute that
// there is.
func differences(a, b counts) (list []string) {
	for k, n := range a {
		if m, ok := b[k]; !ok || n-m > 0.1*n || m-n > 0.1*n {
			list = append(list, fmt.Sprintf("%s: %v, %v", k, n, b[k]))
		}
	}
	return list
}
