// Package metrics evaluates MetricsQL over records: expressions as one writes them against Prometheus or VictoriaMetrics,
// exactly, and by any label of the catalog.
//
// An expression is guarded and parsed, and its names are bound to the catalog. A Source counts records for its selectors,
// in windows; the rest is evaluated here. Windows do not hold their start, but their end:
// increase(m[1h]) at 10:00 counts what happened after 9:00 and up to 10:00.
package metrics

import (
	"slices"
	"strconv"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// Metric counts records of a kind.
type Metric struct {
	Name, Help string
	Kind       *activity.Kind
	// Stream is set for the records themselves, which functions such as count_over_time are about. Others are counters,
	// as the exporter publishes them.
	Stream bool
	// Gauge is set for what is so at a time, as many records as have begun and not ended.
	Gauge bool
	// Exported are the labels of the exporter's metric. Who uses no other sees 0 where nothing happened.
	Exported []string
	Labels   []*Label

	filters []query.Filter
}

// Label is a label of a metric, made of a field's text.
type Label struct {
	Name  string
	Field *activity.Field
	value func(text string) string // nil: the text itself
}

func (l *Label) of(text string) string {
	if l.value == nil {
		return text
	}
	return l.value(text)
}

// Label finds a label by its name; nil where there is none.
func (m *Metric) Label(name string) *Label {
	if i := slices.IndexFunc(m.Labels, func(l *Label) bool { return l.Name == name }); i >= 0 {
		return m.Labels[i]
	}
	return nil
}

// ByName finds a metric; nil where there is none.
func ByName(name string) *Metric {
	if i := slices.IndexFunc(All, func(m *Metric) bool { return m.Name == name }); i >= 0 {
		return All[i]
	}
	return nil
}

// All lists the metrics: the exporter's counters of records, and the records of each kind.
var All = append(counters(),
	gauge("entra_risky_users", "Users by their risk level and state at each time.", activity.RiskyUserHistory, "tenant", "level", "state").
		where("isDeleted", func(text string) bool { return text != "true" }),
	stream("entra_signin_events", "Sign-ins, each by itself.", activity.SignIn),
	stream("entra_audit_events", "Audit events, each by itself.", activity.AuditEvent),
	stream("entra_provisioning_events", "Provisioning events, each by itself.", activity.ProvisioningEvent),
	stream("entra_risk_detection_events", "Risk detections, each by itself.", activity.RiskDetection),
	stream("entra_risky_user_events", "Changes of users' risk, each by itself.", activity.RiskyUserHistory),
)

func counters() (list []*Metric) {
	for _, c := range activity.Counters {
		m := &Metric{Name: c.Name, Help: c.Help, Kind: c.Kind, Exported: c.LabelNames(), Labels: labelsOf(c.Kind)}
		for _, l := range c.Labels {
			if known := m.Label(l.Name); known == nil || known.Field.Name != l.Field {
				m.rename(l)
			}
		}
		if c.Status != "" {
			m.where("status", func(text string) bool { return text == c.Status })
		}
		list = append(list, m)
	}
	return list
}

func stream(name, help string, kind *activity.Kind) *Metric {
	return &Metric{Name: name, Help: help, Kind: kind, Stream: true, Labels: labelsOf(kind)}
}

func gauge(name, help string, kind *activity.Kind, exported ...string) *Metric {
	return &Metric{Name: name, Help: help, Kind: kind, Gauge: true, Exported: exported, Labels: labelsOf(kind)}
}

// where restricts a metric to records with a value that fits.
func (m *Metric) where(field string, fits func(text string) bool) *Metric {
	m.filters = append(m.filters, query.Fits(m.Kind.Field(field), fits))
	return m
}

// rename gives a field another label's name.
func (m *Metric) rename(l activity.CounterLabel) {
	f := m.Kind.Field(l.Field)
	m.Labels = slices.DeleteFunc(m.Labels, func(known *Label) bool { return known.Name == l.Name })
	m.Labels = append(m.Labels, &Label{l.Name, f, f.MetricValue})
}

// labelsOf returns a label for each field that can be grouped by, those that metrics have names for first.
func labelsOf(kind *activity.Kind) (labels []*Label) {
	var others []*Label
	for _, f := range kind.Fields {
		switch {
		case !f.Groupable || f.Type == activity.List || f.Of == activity.Membership || f.Name == "clientAppClass":
		case f.MetricLabel != "":
			labels = append(labels, &Label{f.MetricLabel, f, f.MetricValue})
		default:
			others = append(others, &Label{activity.SnakeCase(f.Name), f, nil})
		}
	}
	if f := kind.Field("errorCode"); f != nil {
		labels = append(labels, &Label{"reason", f, reason})
	}
	if f := kind.Field("clientAppUsed"); f != nil {
		labels = append(labels, &Label{"client_app_class", f, activity.ClientAppClass})
	}
	return append(labels, others...)
}

// reason is the name of an AADSTS code in Microsoft's documentation, empty where it has none.
func reason(code string) string {
	n, err := strconv.Atoi(code)
	if err != nil {
		return ""
	}
	return activity.ErrorSymbol(n)
}
