package frames

import (
	"html"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// annotations returns an answer's records in the fields that Grafana takes annotations from. It shows title and text as
// HTML, and takes tags apart at commas.
func annotations(r *query.Result) *data.Frame {
	n := len(r.Rows)
	times, titles, texts, tags, ids := make([]time.Time, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i, row := range r.Rows {
		l := newLine(r.Query, row)
		times[i], titles[i], texts[i], tags[i], ids[i] = l.time, html.EscapeString(l.title()), html.EscapeString(l.body()), l.tags(), l.id()
	}
	return typed(data.FrameTypeTable, data.NewField("time", nil, times), data.NewField("title", nil, titles), data.NewField("text", nil, texts),
		data.NewField("tags", nil, tags), data.NewField("id", nil, ids))
}

// title names what happened, without whom it happened to.
func (l line) title() string {
	of := func(name string) string { return l.texts[name] }
	switch l.kind.Stored() {
	case activity.SignIn:
		return words("Sign-in", after("to ", of("appDisplayName")))
	case activity.AuditEvent:
		return of("activityDisplayName")
	case activity.ProvisioningEvent:
		return words("Provisioning", of("provisioningAction"), after("to ", of("targetSystem")))
	case activity.UserActivity:
		return words(of("kind"), of("summary"))
	case activity.RiskDetection:
		return words("Risk detection", of("riskEventType"))
	}
	return words("Risky user", of("riskState"))
}

// tagged are the fields, of any kind, that make a record's tags.
var tagged = []string{"kind", "status", "category", "loggedByService", "appDisplayName", "provisioningAction", "riskEventType", "riskLevel", "riskState", "countryOrRegion"}

func (l line) tags() string {
	var tags []string
	for _, name := range tagged {
		if text := l.texts[name]; text != "" {
			tags = append(tags, strings.ReplaceAll(text, ",", ""))
		}
	}
	return strings.Join(tags, ",")
}
