package query

import (
	"fmt"
	"slices"
	"time"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/graph"
)

// summary is what is known of a record itself, property by property, as the portal shows it.
var summary = section{name: "summary", rows: summaryRows, columns: []*activity.Field{
	{Name: "group", Label: "Group", Type: activity.Text},
	{Name: "property", Label: "Property", Type: activity.Text},
	{Name: "value", Label: "Value", Type: activity.Text},
	{Name: "field", Label: "Field", Type: activity.Text}, // the name by which records can be filtered for the value, if they can be
}}

// group is a tab or a paragraph of the portal's page.
type group struct {
	label      string
	properties []property
	pairs      string // the path of a collection of keys and values
}

// property is a field of the catalog, or, with a label, a path in the raw record.
type property struct{ name, label string }

func cataloged(names ...string) []property {
	list := make([]property, len(names))
	for i, name := range names {
		list[i].name = name
	}
	return list
}

// summaries lists what the portal shows of each kind, in its order. Fields that it does not show come last in the first group.
var summaries = map[*activity.Kind][]group{
	activity.SignIn: {
		{label: "Basic info", properties: []property{
			{"createdDateTime", ""}, {"id", ""}, {"correlationId", ""}, {"authenticationRequirement", ""}, {"status", ""}, {"errorCode", ""}, {"failureReason", ""}, {"additionalDetails", ""},
			{"userDisplayName", ""}, {"userPrincipalName", ""}, {"userId", ""}, {"signInIdentifier", "Sign-in identifier"}, {"sessionId", "Session ID"}, {"userType", ""}, {"crossTenantAccessType", ""},
			{"servicePrincipalName", ""}, {"servicePrincipalId", ""}, {"servicePrincipalCredentialKeyId", "Credential key ID"}, {"servicePrincipalCredentialThumbprint", "Credential thumbprint"},
			{"appDisplayName", ""}, {"appId", ""}, {"appOwnerTenantId", "App owner tenant ID"}, {"resourceDisplayName", ""}, {"resourceId", ""}, {"resourceTenantId", ""}, {"resourceOwnerTenantId", "Resource owner tenant ID"},
			{"homeTenantId", ""}, {"homeTenantName", "Home tenant name"}, {"clientAppUsed", ""}, {"clientAppClass", ""}, {"clientCredentialType", ""}, {"resourceServicePrincipalId", "Resource service principal ID"},
			{"uniqueTokenIdentifier", "Unique token identifier"}, {"tokenIssuerType", ""}, {"tokenIssuerName", "Token issuer name"}, {"incomingTokenType", ""}, {"authenticationProtocol", ""},
			{"processingTimeInMilliseconds", "Latency (ms)"}, {"flaggedForReview", ""}, {"userAgent", ""}, {"originalTransferMethod", ""}, {"signInTokenProtectionStatus", "Token protection"},
		}},
		{label: "Location", properties: []property{
			{"ipAddress", ""}, {"city", ""}, {"state", ""}, {"countryOrRegion", ""}, {"latitude", ""}, {"longitude", ""}, {"autonomousSystemNumber", ""},
			{"networkLocationDetails/networkNames", "Named locations"}, {"ipAddressFromResourceProvider", "IP address (seen by resource)"}, {"globalSecureAccessIpAddress", "Global Secure Access IP address"},
		}},
		{label: "Device info", properties: cataloged("deviceId", "deviceDisplayName", "browser", "operatingSystem", "isCompliant", "isManaged", "trustType")},
		{label: "Authentication details", properties: []property{
			{"authenticationMethods", ""}, {"mfaDetail/authMethod", "Multifactor authentication method"}, {"mfaDetail/authDetail", "Multifactor authentication detail"},
			{"authenticationRequirementPolicies/detail", "Authentication policies applied"}, {"sessionLifetimePolicies/expirationRequirement", "Session lifetime policies"},
		}},
		{label: "Conditional Access", properties: cataloged("conditionalAccessStatus", "conditionalAccessPolicies", "conditionalAccessPolicyIds", "conditionalAccessPolicyResults")},
		{label: "Risk", properties: cataloged("riskLevelDuringSignIn", "riskLevelAggregated", "riskState", "riskDetail", "riskEventTypes")},
		{label: "Additional details", pairs: "authenticationProcessingDetails"},
	},
	activity.AuditEvent: {
		{label: "Activity", properties: cataloged("activityDateTime", "activityDisplayName", "correlationId", "category", "loggedByService", "operationType", "status", "resultReason", "userAgent", "id")},
		{label: "Initiated by (actor)", properties: cataloged("initiatedByUserDisplayName", "initiatedByUserPrincipalName", "initiatedByUserId", "initiatedByAppDisplayName", "initiatedByAppId",
			"initiatedByServicePrincipalId", "ipAddress")},
		{label: "Target(s)", properties: cataloged("targetTypes", "targetDisplayNames", "targetUserPrincipalNames", "targetIds")},
		{label: "Additional details", pairs: "additionalDetails"},
	},
	activity.ProvisioningEvent: {
		{label: "Basic info", properties: cataloged("activityDateTime", "id", "provisioningAction", "status", "servicePrincipalDisplayName", "servicePrincipalId", "identityType", "initiatedBy",
			"durationInMilliseconds", "jobId", "cycleId", "changeId")},
		{label: "Troubleshooting & recommendations", properties: append(cataloged("errorCode", "errorCategory", "errorReason", "recommendedAction"),
			property{"provisioningStatusInfo/errorInformation/additionalDetails", "Additional details"})},
		{label: "Source", properties: cataloged("sourceSystem", "sourceIdentity", "sourceIdentityId")},
		{label: "Target", properties: cataloged("targetSystem", "targetIdentity", "targetIdentityId")},
	},
	activity.RiskDetection: {
		{label: "Detection", properties: cataloged("activityDateTime", "riskEventType", "riskState", "riskLevel", "riskDetail", "source", "detectionTimingType", "activity", "detectedDateTime", "lastUpdatedDateTime",
			"tokenIssuerType", "requestId", "correlationId", "id")},
		{label: "User", properties: cataloged("userDisplayName", "userPrincipalName", "userId", "servicePrincipalDisplayName", "servicePrincipalId")},
		{label: "Location", properties: cataloged("ipAddress", "city", "state", "countryOrRegion", "latitude", "longitude")},
		{label: "Additional info", pairs: "additionalInfo"},
	},
	activity.RiskyUser: {
		{label: "Basic info", properties: cataloged("riskLastUpdatedDateTime", "userDisplayName", "userPrincipalName", "userId", "riskState", "riskLevel", "riskDetail", "riskEventTypes", "isDeleted", "isProcessing", "id")},
	},
}

// summaryRows leaves out what the record does not tell.
func summaryRows(r *record, _ []*activity.Field) (rows [][]any) {
	groups := slices.Clone(summaries[r.kind])
	groups[0].properties = append(slices.Clone(groups[0].properties), unlisted(r.kind)...)
	for _, g := range groups {
		add := func(label, value, field string) {
			if value != "" {
				rows = append(rows, []any{g.label, label, value, field})
			}
		}
		for _, p := range g.properties {
			if p.label != "" {
				add(p.label, r.object.Text(p.name), "")
				continue
			}
			f := r.kind.Field(p.name)
			add(f.Label, words(r.row[p.name]), filterName(f))
		}
		for _, pair := range r.object.At(g.pairs) {
			add(pair.Text("key"), pair.Text("value"), "")
		}
	}
	return rows
}

// unlisted returns the fields of the catalog that no group of the kind's summary names.
func unlisted(kind *activity.Kind) (list []property) {
	for _, f := range kind.Fields {
		listed := slices.ContainsFunc(summaries[kind], func(g group) bool { return slices.Contains(g.properties, property{name: f.Name}) })
		if !listed {
			list = append(list, property{name: f.Name})
		}
	}
	return list
}

func filterName(f *activity.Field) string {
	if len(Operators(f)) == 0 {
		return ""
	}
	return f.Name
}

// words writes a value of a row.
func words(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		return graph.YesNo(v)
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	}
	return fmt.Sprint(v)
}
