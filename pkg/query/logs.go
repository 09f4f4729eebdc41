package query

import "github.com/entra-activity/entra-activity-datasource/pkg/activity"

// logLines names what a log line of each kind is written from, and labeled with, beside time and ID.
var logLines = map[*activity.Kind][]string{
	activity.SignIn: {
		"status", "errorCode", "failureReason", "userDisplayName", "userPrincipalName", "userId", "servicePrincipalName",
		"appDisplayName", "resourceDisplayName", "ipAddress", "city", "countryOrRegion", "clientAppUsed", "signInEventTypes",
		"conditionalAccessStatus", "authenticationRequirement", "riskLevelDuringSignIn", "deviceDisplayName", "correlationId", "tenantId"},
	activity.AuditEvent: {
		"status", "resultReason", "activityDisplayName", "category", "loggedByService", "operationType",
		"initiatedByUserPrincipalName", "initiatedByUserId", "initiatedByAppDisplayName", "targetDisplayNames",
		"targetUserPrincipalNames", "targetTypes", "ipAddress", "correlationId", "tenantId"},
	activity.ProvisioningEvent: {
		"status", "errorCode", "errorReason", "provisioningAction", "servicePrincipalDisplayName", "sourceSystem", "targetSystem",
		"sourceIdentity", "targetIdentity", "identityType", "initiatedBy", "jobId", "changeId", "tenantId"},
	activity.RiskDetection: {
		"riskEventType", "riskLevel", "riskState", "riskDetail", "detectionTimingType", "userDisplayName", "userPrincipalName",
		"userId", "servicePrincipalDisplayName", "ipAddress", "city", "countryOrRegion", "requestId", "correlationId", "tenantId"},
	activity.RiskyUser: {
		"riskLevel", "riskState", "riskDetail", "riskEventTypes", "userDisplayName", "userPrincipalName", "userId", "tenantId"},
	activity.UserActivity: {
		"kind", "status", "summary", "userDisplayName", "userPrincipalName", "userId", "appDisplayName", "ipAddress",
		"correlationId", "tenantId"},
}

func logFields(kind *activity.Kind) []*activity.Field {
	list := []*activity.Field{kind.Time(), kind.Field("id")}
	for _, name := range logLines[kind.Stored()] {
		list = append(list, kind.Field(name))
	}
	return list
}
