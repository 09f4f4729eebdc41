package frames

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// Lines returns an answer's records as log lines.
// https://grafana.com/developers/dataplane/logs
func Lines(r *query.Result) *data.Frame {
	n := len(r.Rows)
	times, bodies, severities, ids, labels := make([]time.Time, n), make([]string, n), make([]string, n), make([]string, n), make([]json.RawMessage, n)
	for i, row := range r.Rows {
		l := newLine(r.Query, row)
		times[i], bodies[i], severities[i], ids[i], labels[i] = l.time, l.body(), l.severity(), l.id(), l.labels()
	}
	frame := typed(data.FrameTypeLogLines, data.NewField("timestamp", nil, times), data.NewField("body", nil, bodies),
		data.NewField("severity", nil, severities), data.NewField("id", nil, ids), data.NewField("labels", nil, labels))
	frame.Meta.TypeVersion = data.FrameTypeVersion{0, 0}
	frame.Meta.PreferredVisualization = data.VisTypeLogs
	return frame
}

// line is a record on its way to a line of text.
type line struct {
	kind   *activity.Kind
	time   time.Time
	fields []*activity.Field
	texts  map[string]string
}

func newLine(q *query.Query, row []any) line {
	l := line{kind: q.Kind, fields: q.Columns, texts: make(map[string]string, len(row))}
	for i, f := range q.Columns {
		switch v := row[i].(type) {
		case time.Time:
			if f == q.Kind.Time() {
				l.time = v.UTC()
			}
		case nil:
		default:
			l.texts[f.Name] = fmt.Sprint(v)
		}
	}
	return l
}

// id stays the same whenever the record is asked for, and in whatever kind of list.
func (l line) id() string {
	if kind := l.texts["kind"]; kind != "" { // of one record there is a line for each user whom it concerns
		return kind + "/" + l.texts["id"] + "/" + l.texts["userId"]
	}
	return l.kind.Stored().Name + "/" + l.texts["id"]
}

// labels are what is known of the record, by the names with which it can be filtered.
func (l line) labels() json.RawMessage {
	known := map[string]string{}
	for _, f := range l.fields {
		if text := l.texts[f.Name]; text != "" && f.Name != "id" {
			known[f.Name] = text
		}
	}
	text, _ := json.Marshal(known) // texts only, which cannot fail
	return text
}

// severity is the level of the line, by the names that Grafana colors: the outcome's, or the risk's where there is none.
func (l line) severity() string {
	switch l.texts["status"] {
	case activity.Success, activity.Skipped:
		return "info"
	case activity.Failure, activity.Timeout:
		return "error"
	case activity.Interrupted, activity.Warning:
		return "warning"
	}
	switch l.texts["riskLevel"] {
	case "high":
		return "error"
	case "medium":
		return "warning"
	case "low", "none":
		return "info"
	}
	return "unknown"
}

// body says what happened in one line. A name with a line break in it must not look like two records.
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
		return sentence(words(of("status"), of("activityDisplayName")), words(l.who(), after("-> ", of("targetDisplayNames")), l.where(), within(of("resultReason"))))
	case activity.ProvisioningEvent:
		return sentence(words(of("status"), of("provisioningAction"), of("errorCode")), words(either(of("sourceIdentity"), of("targetIdentity")),
			after("from ", of("sourceSystem")), after("to ", of("targetSystem")), within(of("errorReason"))))
	case activity.UserActivity:
		return sentence(words(of("status"), of("kind"), of("summary")), words(l.who(), l.where()))
	case activity.RiskDetection:
		return sentence(words(of("riskLevel"), of("riskEventType"), of("riskState")), words(l.who(), l.where(), within(detail)))
	}
	return sentence(words(of("riskLevel"), of("riskState")), words(l.who(), within(detail)))
}

// who is the user or the program that the record is about, or that did it.
func (l line) who() string {
	for _, name := range []string{"userPrincipalName", "initiatedByUserPrincipalName", "servicePrincipalName", "servicePrincipalDisplayName", "initiatedByAppDisplayName", "userId", "initiatedByUserId"} {
		if text := l.texts[name]; text != "" {
			return text
		}
	}
	return ""
}

func (l line) where() string {
	return after("from ", words(l.texts["ipAddress"], within(l.texts["countryOrRegion"])))
}

// sentence says what, and then who it was about.
func sentence(what, who string) string {
	if what == "" || who == "" {
		return what + who
	}
	return what + ": " + who
}

func words(list ...string) string {
	known := list[:0]
	for _, text := range list {
		if text != "" {
			known = append(known, text)
		}
	}
	return strings.Join(known, " ")
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

func either(text, other string) string {
	if text != "" {
		return text
	}
	return other
}
