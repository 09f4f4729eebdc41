package query

import "github.com/entra-activity/entra-activity-datasource/pkg/activity"

// Order says which records a list begins with, and with that which ones its limit leaves out.
type Order string

// The orders.
const (
	Newest Order = "newest"
	Oldest Order = "oldest"
)

// ofRecords reports whether a view shows records, and not numbers about them.
func (v View) ofRecords() bool { return v == List || v == Logs || v == Annotations || v == Detail }

// overTime reports whether a view shows numbers for steps of time.
func (v View) overTime() bool { return v == TimeSeries || v == Calendar }

// ForAlert says why an alert rule cannot work on the answers to a question; nil if it can. Grafana's own words for it are
// about the shape of frames.
func (q *Query) ForAlert() error {
	switch {
	case q.View != TimeSeries && q.View != Table && q.View != Value:
		return invalid("view", "an alert rule needs numbers by group, which %s does not give: use timeSeries, table or value", q.View)
	case q.Measure.IsTime():
		return invalid("measure", "an alert rule needs numbers, and %s is a time: use another measure, such as count", q.Measure)
	}
	return nil
}

// first names the records that an answer begins with.
func (q *Query) first() Order {
	if q.OldestFirst {
		return Oldest
	}
	return Newest
}

func (q *Query) decodeRecords(m *Model) (err error) {
	switch m.Order {
	case "", Newest:
	case Oldest:
		q.OldestFirst = true
	default:
		return invalid("order", "unknown order %q: use newest or oldest", m.Order)
	}
	switch q.View {
	case Logs, Annotations:
		q.Columns = lineFields(q.Kind)
	case Detail:
		return q.decodeDetail(m)
	default:
		if q.Columns, err = fields(q.Kind, "columns", m.Columns); len(q.Columns) == 0 {
			q.Columns = q.Kind.Defaults()
		}
	}
	return err
}

// lines names what a log line of each kind is written from, and labeled with, beside time and id.
var lines = map[*activity.Kind][]string{
	activity.SignIn: {"status", "errorCode", "failureReason", "userDisplayName", "userPrincipalName", "userId", "servicePrincipalName", "appDisplayName",
		"resourceDisplayName", "ipAddress", "city", "countryOrRegion", "clientAppUsed", "signInEventTypes", "conditionalAccessStatus", "authenticationRequirement",
		"riskLevelDuringSignIn", "deviceDisplayName", "correlationId", "tenantId"},
	activity.AuditEvent: {"status", "resultReason", "activityDisplayName", "category", "loggedByService", "operationType", "initiatedByUserPrincipalName",
		"initiatedByUserId", "initiatedByAppDisplayName", "targetDisplayNames", "targetUserPrincipalNames", "targetTypes", "ipAddress", "correlationId", "tenantId"},
	activity.ProvisioningEvent: {"status", "errorCode", "errorReason", "provisioningAction", "servicePrincipalDisplayName", "sourceSystem", "targetSystem",
		"sourceIdentity", "targetIdentity", "identityType", "initiatedBy", "jobId", "changeId", "tenantId"},
	activity.RiskDetection: {"riskEventType", "riskLevel", "riskState", "riskDetail", "detectionTimingType", "userDisplayName", "userPrincipalName", "userId",
		"servicePrincipalDisplayName", "ipAddress", "city", "countryOrRegion", "requestId", "correlationId", "tenantId"},
	activity.RiskyUser:    {"riskLevel", "riskState", "riskDetail", "riskEventTypes", "userDisplayName", "userPrincipalName", "userId", "tenantId"},
	activity.UserActivity: {"kind", "status", "summary", "userDisplayName", "userPrincipalName", "userId", "appDisplayName", "ipAddress", "correlationId", "tenantId"},
}

func lineFields(kind *activity.Kind) []*activity.Field {
	list := []*activity.Field{kind.Time(), kind.Field("id")}
	for _, name := range lines[kind.Stored()] {
		list = append(list, kind.Field(name))
	}
	return list
}
