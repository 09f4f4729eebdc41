package graph

import (
	"strings"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// A Log is a log of Entra ID: what Azure Monitor's diagnostic settings call a category and Log Analytics a table.
// https://learn.microsoft.com/entra/identity/monitoring-health/concept-diagnostic-settings-logs-options
type Log struct {
	Kind            *activity.Kind // of its records; nil if they are not kept
	SignInEventType string
}

// logs by the category in lower case. Tables have the same names, most of them behind "AAD".
var logs = map[string]Log{
	"signinlogs":                          {activity.SignIn, activity.Interactive},
	"noninteractiveusersigninlogs":        {activity.SignIn, activity.NonInteractive},
	"serviceprincipalsigninlogs":          {activity.SignIn, activity.ByPrincipal},
	"microsoftserviceprincipalsigninlogs": {activity.SignIn, activity.ByPrincipal},
	"firstpartytofirstpartysigninlogs":    {activity.SignIn, activity.ByPrincipal},
	"managedidentitysigninlogs":           {activity.SignIn, activity.ManagedIdentity},
	"adfssigninlogs":                      {activity.SignIn, activity.Interactive},
	"auditlogs":                           {activity.AuditEvent, ""},
	"customsecurityattributeauditlogs":    {activity.AuditEvent, ""},
	"provisioninglogs":                    {activity.ProvisioningEvent, ""},
	"userriskevents":                      {activity.RiskDetection, ""},
	"serviceprincipalriskevents":          {activity.RiskDetection, ""},
	"riskyusers":                          {activity.RiskyUser, ""},

	// Of other things, some of which look much like sign-ins.
	"azureactivity": {}, "azureadgraphactivitylogs": {}, "b2crequestlogs": {}, "enrichedoffice365auditlogs": {},
	"graphactivitylogs": {}, "graphnotificationsactivitylogs": {}, "microsoftgraphactivitylogs": {},
	"networkaccessalerts": {}, "networkaccessconnectionevents": {}, "networkaccessgenerativeai": {},
	"networkaccesstraffic": {}, "networkaccesstrafficlogs": {}, "officeactivity": {}, "remotenetworkhealthlogs": {},
	"riskyserviceprincipals": {},
}

// LogOf returns the log of a category or table; ok is false for names that are no log's.
func LogOf(name string) (log Log, ok bool) {
	log, ok = logs[strings.TrimPrefix(strings.ToLower(name), "aad")]
	return log, ok
}
