package query

import (
	"slices"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// Kinds lists the kinds of record that can be asked about, in the order in which the portal offers its reports.
func Kinds() []*activity.Kind {
	return []*activity.Kind{
		activity.SignIn, activity.RiskySignIn, activity.ConditionalAccess, activity.AuditEvent, activity.ProvisioningEvent,
		activity.RiskDetection, activity.RiskyUser, activity.RiskyUserHistory, activity.UserActivity,
	}
}

// Views lists the forms in which answers about a kind can be had.
func Views(kind *activity.Kind) []View {
	views := []View{TimeSeries, Table, Value, Calendar, List}
	if kind == activity.ConditionalAccess { // the sign-ins' own views show each of them once
		return views
	}
	views = append(views, Logs, Annotations)
	if sections[kind.Stored()] != nil {
		views = append(views, Detail)
	}
	return views
}

// Measures lists what can be computed over records of a kind.
func Measures(kind *activity.Kind) []Measure {
	measures := []Measure{Count}
	if slices.Contains(kind.Entities(), activity.Account) {
		measures = append(measures, DistinctUsers)
	}
	measures = append(measures, DistinctValues)
	if f := kind.Field("status"); f != nil && kind != activity.UserActivity { // which mixes outcomes of different things
		measures = append(measures, FailureRate)
	}
	if duration(kind) != nil {
		measures = append(measures, AverageDuration)
	}
	if HasSeen(kind) {
		measures = append(measures, FirstSeen, LastSeen)
	}
	return measures
}

// duration returns the field that AverageDuration is about; nil for kinds that have none.
func duration(kind *activity.Kind) *activity.Field {
	if kind == activity.RiskyUserHistory {
		return kind.Field("timeToRemediation")
	}
	return kind.Field("durationInMilliseconds")
}

// MeasureLabel names what a question measures.
func (q *Query) MeasureLabel() string {
	label := MeasureLabel(q.Kind, q.Measure)
	if q.Of != nil {
		label = q.Of.Label + " (distinct values)"
	}
	if q.Offset != (Offset{}) {
		label += ", " + q.Offset.String() + " earlier"
	}
	return label
}

// MeasureLabel names a measure of a kind's records.
func MeasureLabel(kind *activity.Kind, m Measure) string {
	switch m {
	case DistinctUsers:
		return "Users"
	case DistinctValues:
		return "Distinct values"
	case FailureRate:
		return "Failure rate"
	case AverageDuration:
		if kind == activity.RiskyUserHistory {
			return "Average time to remediation"
		}
		return "Average duration"
	case FirstSeen:
		return "First seen"
	case LastSeen:
		return "Last seen"
	}
	return kind.CountLabel()
}

// DefaultFilters lists the filters that an editor puts into a new question, to be seen and removed there. Nothing is
// restricted that the question does not say.
func DefaultFilters(kind *activity.Kind) []Filter {
	if f := kind.Field("signInEventTypes"); f != nil { // as the portal, which shows the other types in reports of their own
		return []Filter{{Field: f, Operator: In, Values: []string{activity.Interactive}}}
	}
	return nil
}
