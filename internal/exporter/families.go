package exporter

import (
	"cmp"
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

// A provisioning event has more outcomes than a sign-in, an audit event others.
var (
	provisioningStatuses = []string{activity.Success, activity.Failure, activity.Skipped, activity.Warning}
	auditStatuses        = []string{activity.Success, activity.Failure, activity.Timeout}
	riskLevels           = activity.RiskDetection.Field("riskLevel").Values
	riskStates           = activity.RiskyUser.Field("riskState").Values
)

var signIns = newFamily(activity.SignInsTotal, family{
	grouping: groupingOf(activity.SignIn, "appId"), keys: 1, width: 4 * 3, statuses: activity.Statuses,
	subject: func(c *counted) []string { return []string{c.keys[0], c.name} },
	details: func(t *total) []string {
		return []string{valueOf(activity.SignIn, "signInEventTypes", store.SignInType(t.signInType))}
	},
})

var signInFailures = newFamily(activity.SignInFailuresTotal, family{
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

var clientApps = newFamily(activity.SignInsByClientAppTotal, family{
	grouping: groupingOf(activity.SignIn, "clientAppUsed"), keys: 1, width: 3, statuses: activity.Statuses,
	subject: func(c *counted) []string {
		return []string{cmp.Or(c.keys[0], unknown), activity.ClientAppClass(c.keys[0])}
	},
})

var countries = newFamily(activity.SignInsByCountryTotal, family{
	grouping: groupingOf(activity.SignIn, "countryOrRegion"), keys: 1, width: 3, statuses: activity.Statuses,
	subject: func(c *counted) []string { return []string{cmp.Or(c.keys[0], unknown)} },
})

var mfa = newFamily(activity.SignInsMFATotal, family{
	grouping: groupingOf(activity.SignIn, "conditionalAccessStatus", "authenticationRequirement"), statuses: activity.Statuses,
	details: func(t *total) []string {
		return []string{valueOf(activity.SignIn, "authenticationRequirement", t.keys[1])}
	},
})

var conditionalAccess = newFamily(activity.SignInsConditionalAccessTotal, family{
	grouping: groupingOf(activity.SignIn, "conditionalAccessStatus", "authenticationRequirement"),
	details: func(t *total) []string {
		return []string{valueOf(activity.SignIn, "conditionalAccessStatus", t.keys[0])}
	},
})

var policies = newFamily(activity.PolicyResultsTotal, family{
	grouping: groupingOf(activity.SignIn, "conditionalAccessPolicyIds", "conditionalAccessPolicyResults"), keys: 1, width: 9,
	subject: func(c *counted) []string { return []string{c.keys[0], c.name} },
	details: func(t *total) []string {
		return []string{valueOf(activity.ConditionalAccess, "policyResult", t.keys[1])}
	},
})

var signInRisk = newFamily(activity.SignInsRiskTotal, family{
	grouping: groupingOf(activity.SignIn, "riskLevelDuringSignIn"),
	details:  func(t *total) []string { return []string{oneOf(t.keys[0], riskLevels)} },
})

var riskDetections = newFamily(activity.RiskDetectionsTotal, family{
	grouping: groupingOf(activity.RiskDetection, "riskEventType", "riskLevel", "detectionTimingType"), keys: 1, width: 6 * 5,
	subject: func(c *counted) []string { return []string{cmp.Or(c.keys[0], unknown)} },
	details: func(t *total) []string {
		return []string{oneOf(t.keys[1], riskLevels), oneOf(t.keys[2], activity.RiskDetection.Field("detectionTimingType").Values)}
	},
})

var auditEvents = newFamily(activity.AuditEventsTotal, family{
	grouping: groupingOf(activity.AuditEvent, "loggedByService", "category"), keys: 2, width: 3, statuses: auditStatuses,
	subject: func(c *counted) []string { return []string{cmp.Or(c.keys[0], unknown), cmp.Or(c.keys[1], unknown)} },
})

var provisioningEvents = newFamily(activity.ProvisioningEventsTotal, family{
	grouping: groupingOf(activity.ProvisioningEvent, "servicePrincipalDisplayName",
		"provisioningAction"), keys: 1, width: 7 * 4, statuses: provisioningStatuses,
	subject: func(c *counted) []string { return []string{cmp.Or(c.keys[0], unknown)} },
	details: func(t *total) []string {
		return []string{oneOf(t.keys[1], activity.ProvisioningEvent.Field("provisioningAction").Values)}
	},
})

func newFamily(c *activity.Counter, f family) *family {
	f.metric = counter(c.Name, c.Help, c.LabelNames()...)
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

// valueOf returns what metrics call a value from a list that Microsoft may extend.
func valueOf(kind *activity.Kind, field, value string) string {
	return kind.Field(field).MetricValue(value)
}

// oneOf returns a value from a list that Microsoft may extend.
func oneOf(value string, values []string) string {
	if slices.Contains(values, value) {
		return value
	}
	return unknown
}
