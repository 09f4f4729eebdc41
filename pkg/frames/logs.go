package frames

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// logs returns records as log lines: https://grafana.com/developers/dataplane/logs
func logs(r *query.Result) *data.Frame {
	frame := typed(data.FrameTypeLogLines, data.NewField("timestamp", nil, []time.Time{}), data.NewField("body", nil, []string{}),
		data.NewField("severity", nil, []string{}), data.NewField("id", nil, []string{}),
		data.NewField("labels", nil, []json.RawMessage{}))
	frame.Meta.TypeVersion = data.FrameTypeVersion{0, 0}
	frame.Meta.PreferredVisualization = data.VisTypeLogs
	for _, row := range r.Rows {
		l := newLine(r.Query, row)
		frame.AppendRow(l.time, l.body(), l.severity(), l.id(), l.labels())
	}
	return frame
}

// A line is a record on its way to a line of text.
type line struct {
	kind  *activity.Kind
	time  time.Time
	texts map[string]string // by the name of the field; none are empty
}

func newLine(q *query.Query, row []any) line {
	l := line{kind: q.Kind, texts: make(map[string]string, len(row))}
	for i, f := range q.Columns {
		switch v := row[i].(type) {
		case time.Time:
			if f == q.Kind.Time() {
				l.time = v.UTC()
			}
		case nil:
		default:
			if text := fmt.Sprint(v); text != "" {
				l.texts[f.Name] = text
			}
		}
	}
	return l
}

// id returns the same for a record whenever and in whatever kind of list it is queried.
func (l line) id() string {
	if kind := l.texts["kind"]; kind != "" { // the activity of users has a line for each user whom a record concerns
		return kind + "/" + l.texts["id"] + "/" + l.texts["userId"]
	}
	return l.kind.Stored().Name + "/" + l.texts["id"]
}

// labels returns what is known of the record, by the names of fields to filter it by.
func (l line) labels() json.RawMessage {
	known := maps.Clone(l.texts)
	delete(known, "id")
	text, _ := json.Marshal(known) // cannot fail on strings
	return text
}

// severity returns a level that Grafana colors: that of the outcome, or of the risk if there is no outcome.
func (l line) severity() string {
	return cmp.Or(statusSeverities[l.texts["status"]], riskSeverities[l.texts["riskLevel"]], "unknown")
}

var (
	statusSeverities = map[string]string{
		activity.Success: "info", activity.Skipped: "info", activity.Interrupted: "warning", activity.Warning: "warning",
		activity.Failure: "error", activity.Timeout: "error",
	}
	riskSeverities = map[string]string{"none": "info", "low": "info", "medium": "warning", "high": "error"}
)

// body returns what happened, in one line: a name that has a line break must not look like two records.
func (l line) body() string { return strings.Join(strings.Fields(l.sentence()), " ") }

func (l line) sentence() string {
	of := func(name string) string { return l.texts[name] }
	detail := of("riskDetail")
	if detail == "none" {
		detail = ""
	}
	switch l.kind.Stored() {
	case activity.SignIn:
		problem := ""
		if code := of("errorCode"); code != "0" {
			problem = words(code, strings.TrimSuffix(of("failureReason"), "."))
		}
		return sentence(words(of("status"), problem), words(l.who(), after("-> ", of("appDisplayName")), l.where()))
	case activity.AuditEvent:
		return sentence(words(of("status"), of("activityDisplayName")),
			words(l.who(), after("-> ", of("targetDisplayNames")), l.where(), within(of("resultReason"))))
	case activity.ProvisioningEvent:
		return sentence(words(of("status"), of("provisioningAction"), of("errorCode")),
			words(cmp.Or(of("sourceIdentity"), of("targetIdentity")), after("from ", of("sourceSystem")),
				after("to ", of("targetSystem")), within(of("errorReason"))))
	case activity.UserActivity:
		return sentence(words(of("status"), of("kind"), of("summary")), words(l.who(), l.where()))
	case activity.RiskDetection:
		return sentence(words(of("riskLevel"), of("riskEventType"), of("riskState")), words(l.who(), l.where(), within(detail)))
	}
	return sentence(words(of("riskLevel"), of("riskState")), words(l.who(), within(detail)))
}

// who returns the user or the program that the record is about, or that did it.
func (l line) who() string {
	return cmp.Or(l.texts["userPrincipalName"], l.texts["initiatedByUserPrincipalName"], l.texts["servicePrincipalName"],
		l.texts["servicePrincipalDisplayName"], l.texts["initiatedByAppDisplayName"], l.texts["userId"], l.texts["initiatedByUserId"])
}

func (l line) where() string {
	return after("from ", words(l.texts["ipAddress"], within(l.texts["countryOrRegion"])))
}

// sentence returns what happened, and then to whom.
func sentence(what, who string) string {
	if what == "" || who == "" {
		return what + who
	}
	return what + ": " + who
}

func words(list ...string) string {
	return strings.Join(slices.DeleteFunc(list, func(text string) bool { return text == "" }), " ")
}

func after(preposition, text string) string {
	if text == "" {
		return ""
	}
	return preposition + text
}

func within(text string) string {
	if text == "" {
		return ""
	}
	return "(" + text + ")"
}
