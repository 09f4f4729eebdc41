package alerting

import (
	"bytes"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// notifications is the file of that name as Grafana's file provisioning has it; nothing else may be in it.
type notifications struct {
	APIVersion    int `yaml:"apiVersion"`
	ContactPoints []struct {
		OrgID     int `yaml:"orgId"`
		Name      string
		Receivers []struct {
			UID, Type string
			Settings  map[string]string
		}
	} `yaml:"contactPoints"`
	Policies []struct {
		OrgID    int `yaml:"orgId"`
		Receiver string
		GroupBy  []string `yaml:"group_by"`
		Routes   []route
	}
	Templates []struct {
		OrgID          int `yaml:"orgId"`
		Name, Template string
	}
}

type route struct {
	Receiver       string
	Matchers       [][3]string `yaml:"object_matchers"`
	GroupWait      string      `yaml:"group_wait"`
	GroupInterval  string      `yaml:"group_interval"`
	RepeatInterval string      `yaml:"repeat_interval"`
}

// takes reports whether a route is for an alert with these labels.
func (r route) takes(labels map[string]string) bool {
	return !slices.ContainsFunc(r.Matchers, func(m [3]string) bool { return labels[m[0]] != m[2] })
}

func readNotifications(t *testing.T) (n notifications, text string) {
	t.Helper()
	file, err := os.ReadFile("notifications.yaml")
	require.NoError(t, err)
	decoder := yaml.NewDecoder(bytes.NewReader(file))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&n))
	require.Equal(t, 1, n.APIVersion)
	return n, string(file)
}

// Every rule's alerts reach somebody, and what is critical is not told later than the rest.
func TestEveryRuleReachesAContactPoint(t *testing.T) {
	n, text := readNotifications(t)
	assert.NotContains(t, text, "$", "Grafana replaces what begins with $ in files")
	points := map[string]bool{}
	for _, p := range n.ContactPoints {
		points[p.Name] = true
		for _, r := range p.Receivers {
			assert.NotEmpty(t, r.UID, p.Name)
			assert.NotEmpty(t, r.Type, p.Name)
		}
	}
	require.Len(t, n.Policies, 1, "a Grafana has one")
	assert.True(t, points[n.Policies[0].Receiver], "Grafana does not start with a policy whose contact point it has not")
	reached := map[string]bool{}
	for uid, r := range allRules(t) {
		labels := map[string]string{"grafana_folder": "Entra ID", "severity": r.Labels["severity"], "team": r.Labels["team"]}
		i := slices.IndexFunc(n.Policies[0].Routes, func(route route) bool { return route.takes(labels) })
		if !assert.GreaterOrEqual(t, i, 0, "%s: nobody is told", uid) {
			continue
		}
		to := n.Policies[0].Routes[i]
		assert.True(t, points[to.Receiver], "%s: there is no contact point %s", uid, to.Receiver)
		assert.Equal(t, labels["severity"] == "critical", to.GroupWait == "0s", "%s: what is critical waits for nothing", uid)
		reached[to.Receiver] = true
	}
	assert.Equal(t, points, reached, "every contact point is told of something")
}

// alert and message are what of Grafana's notifications the templates may use.
type alert struct {
	Labels, Annotations map[string]string
	GeneratorURL        string
}

type alerts []alert

func (a alerts) Firing() alerts { return a[:len(a)-1] }

func (a alerts) Resolved() alerts { return a[len(a)-1:] }

type message struct {
	CommonLabels map[string]string
	Alerts       alerts
}

// The contact points' texts, filled in with rules of this folder: two that fire, one of them as it cannot be evaluated, and one
// that is over.
func TestMessagesReadWell(t *testing.T) {
	n, _ := readNotifications(t)
	all := template.New("").Option("missingkey=error")
	for _, part := range n.Templates {
		_, err := all.New(part.Name).Parse(part.Template)
		require.NoError(t, err, part.Name)
	}
	rules := allRules(t)
	m := message{CommonLabels: map[string]string{"severity": "critical", "alertname": "Password spray"}}
	for _, uid := range []string{"entra-password-spray", "entra-password-guessing", "entra-provisioning-failing"} {
		require.Contains(t, rules, uid)
		m.Alerts = append(m.Alerts, alert{rules[uid].Labels, rules[uid].Annotations, "https://grafana.example.com/alerting/" + uid})
	}
	// Grafana says why in an annotation of its own.
	m.Alerts[1].Annotations = maps.Clone(m.Alerts[1].Annotations)
	m.Alerts[1].Annotations["Error"] = "the database does not answer"
	written := map[string]string{}
	for _, p := range n.ContactPoints {
		for _, r := range p.Receivers {
			for setting, text := range r.Settings {
				filled, err := template.Must(all.Clone()).Parse(text)
				require.NoError(t, err, "%s: %s", p.Name, setting)
				var b strings.Builder
				require.NoError(t, filled.Execute(&b, m), "%s: %s", p.Name, setting)
				written[setting] = b.String()
			}
		}
	}
	assert.Equal(t, "[critical] Password spray (2)", written["subject"])
	for _, a := range m.Alerts.Firing() {
		for _, text := range []string{
			a.Annotations["summary"], a.Annotations["description"], a.Annotations["runbook_url"], a.GeneratorURL,
		} {
			assert.Contains(t, written["message"], text)
		}
	}
	assert.Equal(t, 1, strings.Count(written["message"], "\nError: the database does not answer\nWhat to do: "))
	assert.Contains(t, written["message"], "Over: "+m.Alerts[2].Annotations["summary"])
	assert.NotRegexp(t, regexp.MustCompile(`<no value>|%!`), written["message"])
}
