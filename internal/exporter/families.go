package exporter

import (
	"slices"
	"strconv"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

const (
	unknown = "unknown"
	other   = "other"
)

// family is a metric that counts records: what a grouping's totals say. Its labels are the tenant, those of the subject,
// the details and, where there are statuses, the status.
type family struct {
	*metric

	grouping *store.Grouping
	// keys is how many of the grouping's keys make the subject, which has series of its own or counts as "other".
	// 0: there are few, and each has its own.
	keys    int
	subject func(c *counted) []string
	// details are bounded in number, whatever records say.
	details func(t *total) []string
	// statuses are those published from a label set's first record on, so that the first failure after days of
	// success is an increase from 0.
	statuses []string
	// width is how many series a subject can have.
	width int
	// counts tells which totals belong to the metric; nil: all.
	counts func(t *total) bool
}

// What metrics call the values of lists that Microsoft may extend.
var (
	signInKinds = map[string]string{
		activity.Interactive: "interactive", activity.NonInteractive: "noninteractive",
		activity.ByPrincipal: "service_principal", activity.ManagedIdentity: "managed_identity",
	}
	requirements  = map[string]string{"singleFactorAuthentication": "single", "multiFactorAuthentication": "multi"}
	policyResults = map[string]string{
		"success": "success", "failure": "failure", "notApplied": "not_applied", "notEnabled": "not_enabled",
		"reportOnlySuccess": "report_only_success", "reportOnlyFailure": "report_only_failure",
		"reportOnlyNotApplied": "report_only_not_applied", "reportOnlyInterrupted": "report_only_interrupted",
	}
)

// A provisioning event has more outcomes than a sign-in, an audit event others.
var (
	provisioningStatuses = []string{activity.Success, activity.Failure, activity.Skipped, activity.Warning}
	auditStatuses        = []string{activity.Success, activity.Failure, activity.Timeout}
	riskLevels           = activity.RiskDetection.Field("riskLevel").Values
	riskStates           = activity.RiskyUser.Field("riskState").Values
)

var signIns = newFamily("entra_signins_total", "Sign-ins ingested, by application, kind of sign-in and status.",
	[]string{"app_id", "app"}, []string{"kind"}, "status", family{
		grouping: groupingOf(activity.SignIn, "appId"), keys: 1, width: 4 * 3, statuses: activity.Statuses,
		subject: func(c *counted) []string { return []string{c.keys[0], c.name} },
		details: func(t *total) []string { return []string{named(store.SignInType(t.signInType), signInKinds)} },
	})

var signInFailures = newFamily("entra_signin_failures_total", "Failed sign-ins ingested, by AADSTS error code.",
	[]string{"error_code", "reason"}, nil, "", family{
		grouping: groupingOf(activity.SignIn, "errorCode"), keys: 1, width: 1,
		counts: func(t *total) bool { return store.Status(t.status) == activity.Failure },
		subject: func(c *counted) []string {
			code, err := strconv.Atoi(c.keys[0])
			if err != nil || code == store.NoInteger {
				return []string{unknown, ""}
			}
			return []string{c.keys[0], activity.ErrorSymbol(code)}
		},
	})

var clientApps = newFamily("entra_signins_by_client_app_total", "Sign-ins ingested, by client application and status.",
	[]string{"client_app", "client_app_class"}, nil, "status", family{
		grouping: groupingOf(activity.SignIn, "clientAppUsed"), keys: 1, width: 3, statuses: activity.Statuses,
		subject: func(c *counted) []string {
			return []string{orUnknown(c.keys[0]), activity.ClientAppClass(c.keys[0])}
		},
	})

var countries = newFamily("entra_signins_by_country_total", "Sign-ins ingested, by country of the address and status.",
	[]string{"country"}, nil, "status", family{
		grouping: groupingOf(activity.SignIn, "countryOrRegion"), keys: 1, width: 3, statuses: activity.Statuses,
		subject: func(c *counted) []string { return []string{orUnknown(c.keys[0])} },
	})

var mfa = newFamily("entra_signins_mfa_total", "Sign-ins ingested, by authentication requirement and outcome.",
	nil, []string{"requirement"}, "result", family{
		grouping: groupingOf(activity.SignIn, "conditionalAccessStatus", "authenticationRequirement"), statuses: activity.Statuses,
		details: func(t *total) []string {
			return []string{named(t.keys[1], requirements)}
		},
	})

var conditionalAccess = newFamily("entra_signins_conditional_access_total", "Sign-ins ingested, by the result of Conditional Access.",
	nil, []string{"result"}, "", family{
		grouping: groupingOf(activity.SignIn, "conditionalAccessStatus", "authenticationRequirement"),
		details: func(t *total) []string {
			return []string{named(t.keys[0], policyResults)}
		},
	})

var policies = newFamily("entra_conditional_access_policy_results_total", "Evaluations of Conditional Access policies ingested, report-only ones included.",
	[]string{"policy_id", "policy"}, []string{"result"}, "", family{
		grouping: groupingOf(activity.SignIn, "conditionalAccessPolicyIds", "conditionalAccessPolicyResults"), keys: 1, width: 9,
		subject: func(c *counted) []string { return []string{c.keys[0], c.name} },
		details: func(t *total) []string { return []string{named(t.keys[1], policyResults)} },
	})

var signInRisk = newFamily("entra_signins_risk_total", "Sign-ins ingested, by the risk during them.",
	nil, []string{"risk_level"}, "", family{
		grouping: groupingOf(activity.SignIn, "riskLevelDuringSignIn"),
		details:  func(t *total) []string { return []string{oneOf(t.keys[0], riskLevels)} },
	})

var riskDetections = newFamily("entra_risk_detections_total", "Risk detections ingested, by type, level and timing.",
	[]string{"type"}, []string{"level", "timing"}, "", family{
		grouping: groupingOf(activity.RiskDetection, "riskEventType", "riskLevel", "detectionTimingType"), keys: 1, width: 6 * 5,
		subject: func(c *counted) []string { return []string{orUnknown(c.keys[0])} },
		details: func(t *total) []string {
			return []string{oneOf(t.keys[1], riskLevels), oneOf(t.keys[2], activity.RiskDetection.Field("detectionTimingType").Values)}
		},
	})

var auditEvents = newFamily("entra_audit_events_total", "Directory audit events ingested, by service, category and result.",
	[]string{"service", "category"}, nil, "result", family{
		grouping: groupingOf(activity.AuditEvent, "loggedByService", "category"), keys: 2, width: 3, statuses: auditStatuses,
		subject: func(c *counted) []string { return []string{orUnknown(c.keys[0]), orUnknown(c.keys[1])} },
	})

var provisioningEvents = newFamily("entra_provisioning_events_total", "Provisioning events ingested, by application, action and status.",
	[]string{"service"}, []string{"action"}, "status", family{
		grouping: groupingOf(activity.ProvisioningEvent, "servicePrincipalDisplayName", "provisioningAction"), keys: 1, width: 7 * 4, statuses: provisioningStatuses,
		subject: func(c *counted) []string { return []string{orUnknown(c.keys[0])} },
		details: func(t *total) []string {
			return []string{oneOf(t.keys[1], activity.ProvisioningEvent.Field("provisioningAction").Values)}
		},
	})

func newFamily(name, help string, subject, details []string, status string, f family) *family {
	labels := slices.Concat([]string{"tenant"}, subject, details)
	if status != "" {
		labels = append(labels, status)
	}
	f.metric = counter(name, help, labels...)
	return &f
}

// groupingOf finds the grouping of the store that counts a kind of record by fields.
func groupingOf(kind *activity.Kind, fields ...string) *store.Grouping {
	return store.Groupings[slices.IndexFunc(store.Groupings, func(g *store.Grouping) bool {
		return g.Kind == kind && g.Total && slices.Equal(keyNames(g), fields)
	})]
}

// keyNames lists the fields behind a grouping's keys.
func keyNames(g *store.Grouping) []string {
	switch {
	case g.Entity != nil:
		return []string{g.Entity.Key}
	case g.PerPolicy:
		return []string{"conditionalAccessPolicyIds", "conditionalAccessPolicyResults"}
	}
	var names []string
	for _, f := range g.Fields {
		names = append(names, f.Name)
	}
	return names
}

func orUnknown(text string) string {
	if text == "" {
		return unknown
	}
	return text
}

// named returns the label of a value from a list that Microsoft may extend.
func named(value string, names map[string]string) string { return orUnknown(names[value]) }

// oneOf returns a value from a list that Microsoft may extend.
func oneOf(value string, values []string) string {
	if slices.Contains(values, value) {
		return value
	}
	return unknown
}
