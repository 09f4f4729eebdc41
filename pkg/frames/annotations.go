package frames

import (
	"html"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// annotations returns records in the fields from which Grafana takes annotations. Grafana shows title and text as HTML, and
// splits tags at commas.
func annotations(r *query.Result) *data.Frame {
	frame := typed(data.FrameTypeTable, data.NewField("time", nil, []time.Time{}), data.NewField("title", nil, []string{}),
		data.NewField("text", nil, []string{}), data.NewField("tags", nil, []string{}), data.NewField("id", nil, []string{}))
	for _, row := range r.Rows {
		l := newLine(r.Query, row)
		frame.AppendRow(l.time, html.EscapeString(l.title()), html.EscapeString(l.body()), l.tags(), l.id())
	}
	return frame
}

// title returns what happened, but not to whom.
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

// tagFields are the fields, of any kind, that make a record's tags.
var tagFields = []string{
	"kind", "status", "category", "loggedByService", "appDisplayName",
	"provisioningAction", "riskEventType", "riskLevel", "riskState", "countryOrRegion",
}

func (l line) tags() string {
	var tags []string
	for _, name := range tagFields {
		if text := l.texts[name]; text != "" {
			tags = append(tags, strings.ReplaceAll(text, ",", ""))
		}
	}
	return strings.Join(tags, ",")
}
