package query

import (
	"slices"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// Kinds lists the kinds of record that can be queried, in the order in which the portal offers its reports.
func Kinds() []*activity.Kind {
	return []*activity.Kind{
		activity.SignIn, activity.RiskySignIn, activity.ConditionalAccess, activity.AuditEvent, activity.ProvisioningEvent,
		activity.RiskDetection, activity.RiskyUser, activity.RiskyUserHistory, activity.UserActivity,
	}
}

// StoredKinds lists the kinds as which the records of a kind come in.
func StoredKinds(kind *activity.Kind) []*activity.Kind {
	if kind == activity.UserActivity {
		return activity.Kinds()
	}
	return []*activity.Kind{kind.Stored()}
}

// Views lists the forms in which results about a kind can be had.
func Views(kind *activity.Kind) []View {
	views := []View{TimeSeries, Table, Value, Calendar, List}
	if kind != activity.ConditionalAccess { // the sign-ins' own views show each of them once
		views = append(views, Logs, Annotations)
	}
	if Sections(kind) != nil {
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
	if Duration(kind) != nil {
		measures = append(measures, AverageDuration)
	}
	if HasSeen(kind) {
		measures = append(measures, FirstSeen, LastSeen)
	}
	return measures
}

// HasSeen reports whether it makes sense to ask when a kind's groups have been seen first and last.
func HasSeen(kind *activity.Kind) bool {
	states := kind == activity.RiskyUser || kind == activity.RiskyUserHistory
	return !states && kind != activity.ConditionalAccess && kind != activity.UserActivity
}

// Duration returns the field that AverageDuration is about; nil for kinds that have none.
func Duration(kind *activity.Kind) *activity.Field {
	if kind == activity.RiskyUserHistory {
		return kind.Field("timeToRemediation")
	}
	return kind.Field("durationInMilliseconds")
}

// MeasureLabel returns the label of a measure of a kind's records.
func MeasureLabel(kind *activity.Kind, m Measure) string {
	switch {
	case m == Count:
		return kind.CountLabel()
	case m == AverageDuration && kind == activity.RiskyUserHistory:
		return "Average time to remediation"
	}
	return measureLabels[m]
}

var measureLabels = map[Measure]string{
	DistinctUsers: "Users", DistinctValues: "Distinct values", FailureRate: "Failure rate", AverageDuration: "Average duration",
	FirstSeen: "First seen", LastSeen: "Last seen",
}

// DefaultFilters lists the filters that an editor puts into a new query, where users see them and can remove them.
// Nothing restricts a query but the filters it has.
func DefaultFilters(kind *activity.Kind) []Filter {
	if f := kind.Field("signInEventTypes"); f != nil { // as the portal, which shows the other types in reports of their own
		return []Filter{{Field: f, Operator: In, Values: []string{activity.Interactive}}}
	}
	return nil
}

// sections are those of a record's detail, which package detail reads.
var sections = map[*activity.Kind][]string{
	activity.SignIn:            {"summary", "policies", "authentication", "riskDetections", "auditEvents", "attempt", "raw"},
	activity.AuditEvent:        {"summary", "targets", "modifiedProperties", "signIns", "attempt", "raw"},
	activity.ProvisioningEvent: {"summary", "steps", "modifiedProperties", "attempt", "raw"},
	activity.RiskDetection:     {"summary", "signIns", "auditEvents", "attempt", "raw"},
	activity.RiskyUser:         {"summary", "riskDetections", "history", "raw"},
}

// Sections lists the sections in which a detail shows a record of a kind, in their order.
func Sections(kind *activity.Kind) []string {
	if kind == activity.ConditionalAccess { // the sign-ins' own sections show it
		return nil
	}
	return sections[kind.Stored()]
}

// linking names the fields, beside the time, that sections other than the summary need to find what belongs to a record.
var linking = []string{"id", "tenantId", "correlationId", "requestId", "changeId", "userId", "sourceIdentity", "targetIdentity"}

// logLines names what a log line of each kind is written from, and labeled with, beside time and ID.
var logLines = map[*activity.Kind][]string{
	activity.SignIn: {"status", "errorCode", "failureReason", "userDisplayName", "userPrincipalName", "userId",
		"servicePrincipalName", "appDisplayName", "resourceDisplayName", "ipAddress", "city", "countryOrRegion",
		"clientAppUsed", "signInEventTypes", "conditionalAccessStatus", "authenticationRequirement",
		"riskLevelDuringSignIn", "deviceDisplayName", "correlationId", "tenantId"},
	activity.AuditEvent: {"status", "resultReason", "activityDisplayName", "category", "loggedByService", "operationType",
		"initiatedByUserPrincipalName", "initiatedByUserId", "initiatedByAppDisplayName", "targetDisplayNames",
		"targetUserPrincipalNames", "targetTypes", "ipAddress", "correlationId", "tenantId"},
	activity.ProvisioningEvent: {"status", "errorCode", "errorReason", "provisioningAction", "servicePrincipalDisplayName",
		"sourceSystem", "targetSystem", "sourceIdentity", "targetIdentity", "identityType", "initiatedBy", "jobId",
		"changeId", "tenantId"},
	activity.RiskDetection: {"riskEventType", "riskLevel", "riskState", "riskDetail", "detectionTimingType",
		"userDisplayName", "userPrincipalName", "userId", "servicePrincipalDisplayName", "ipAddress", "city",
		"countryOrRegion", "requestId", "correlationId", "tenantId"},
	activity.RiskyUser: {"riskLevel", "riskState", "riskDetail", "riskEventTypes", "userDisplayName", "userPrincipalName",
		"userId", "tenantId"},
	activity.UserActivity: {"kind", "status", "summary", "userDisplayName", "userPrincipalName", "userId",
		"appDisplayName", "ipAddress", "correlationId", "tenantId"},
}

func logFields(kind *activity.Kind) []*activity.Field {
	list := []*activity.Field{kind.Time(), kind.Field("id")}
	for _, name := range logLines[kind.Stored()] {
		list = append(list, kind.Field(name))
	}
	return list
}
