package detail

import (
	"fmt"
	"slices"
	"time"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/graph"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// group is a tab or a paragraph of the portal's page.
type group struct {
	label      string
	properties []string
	pairs      string // the path of a collection of keys and values
}

// summaries lists what the portal shows of each kind, in its order: fields of the catalog, and other properties of the raw
// record. Fields that the portal does not show come last in the first group.
var summaries = map[*activity.Kind][]group{
	activity.SignIn: {
		{label: "Basic info", properties: []string{
			"createdDateTime", "id", "correlationId", "authenticationRequirement", "status", "errorCode",
			"failureReason", "additionalDetails", "userDisplayName", "userPrincipalName", "userId",
			"signInIdentifier", "sessionId", "userType", "crossTenantAccessType", "servicePrincipalName",
			"servicePrincipalId", "servicePrincipalCredentialKeyId", "servicePrincipalCredentialThumbprint",
			"appDisplayName", "appId", "appOwnerTenantId", "resourceDisplayName", "resourceId", "resourceTenantId",
			"resourceOwnerTenantId", "homeTenantId", "homeTenantName", "clientAppUsed", "clientAppClass",
			"clientCredentialType", "resourceServicePrincipalId", "uniqueTokenIdentifier", "tokenIssuerType",
			"tokenIssuerName", "incomingTokenType", "authenticationProtocol", "processingTimeInMilliseconds",
			"flaggedForReview", "userAgent", "originalTransferMethod", "signInTokenProtectionStatus",
		}},
		{label: "Location", properties: []string{
			"ipAddress", "city", "state", "countryOrRegion", "latitude", "longitude", "autonomousSystemNumber",
			"networkLocationDetails/networkNames", "ipAddressFromResourceProvider", "globalSecureAccessIpAddress",
		}},
		{label: "Device info", properties: []string{
			"deviceId", "deviceDisplayName", "browser", "operatingSystem", "isCompliant", "isManaged", "trustType",
		}},
		{label: "Authentication details", properties: []string{
			"authenticationMethods", "mfaDetail/authMethod", "mfaDetail/authDetail",
			"authenticationRequirementPolicies/detail", "sessionLifetimePolicies/expirationRequirement",
		}},
		{label: "Conditional Access", properties: []string{
			"conditionalAccessStatus", "conditionalAccessPolicies", "conditionalAccessPolicyIds",
			"conditionalAccessPolicyResults",
		}},
		{label: "Risk", properties: []string{
			"riskLevelDuringSignIn", "riskLevelAggregated", "riskState", "riskDetail", "riskEventTypes",
		}},
		{label: "Additional details", pairs: "authenticationProcessingDetails"},
	},
	activity.AuditEvent: {
		{label: "Activity", properties: []string{
			"activityDateTime", "activityDisplayName", "correlationId", "category", "loggedByService",
			"operationType", "status", "resultReason", "userAgent", "id",
		}},
		{label: "Initiated by (actor)", properties: []string{
			"initiatedByUserDisplayName", "initiatedByUserPrincipalName", "initiatedByUserId",
			"initiatedByAppDisplayName", "initiatedByAppId", "initiatedByServicePrincipalId", "ipAddress",
		}},
		{label: "Target(s)", properties: []string{
			"targetTypes", "targetDisplayNames", "targetUserPrincipalNames", "targetIds",
		}},
		{label: "Additional details", pairs: "additionalDetails"},
	},
	activity.ProvisioningEvent: {
		{label: "Basic info", properties: []string{
			"activityDateTime", "id", "provisioningAction", "status", "servicePrincipalDisplayName",
			"servicePrincipalId", "identityType", "initiatedBy", "durationInMilliseconds", "jobId", "cycleId",
			"changeId",
		}},
		{label: "Troubleshooting & recommendations", properties: []string{
			"errorCode", "errorCategory", "errorReason", "recommendedAction",
			"provisioningStatusInfo/errorInformation/additionalDetails",
		}},
		{label: "Source", properties: []string{"sourceSystem", "sourceIdentity", "sourceIdentityId"}},
		{label: "Target", properties: []string{"targetSystem", "targetIdentity", "targetIdentityId"}},
	},
	activity.RiskDetection: {
		{label: "Detection", properties: []string{
			"activityDateTime", "riskEventType", "riskState", "riskLevel", "riskDetail", "source",
			"detectionTimingType", "activity", "detectedDateTime", "lastUpdatedDateTime", "tokenIssuerType",
			"requestId", "correlationId", "id",
		}},
		{label: "User", properties: []string{
			"userDisplayName", "userPrincipalName", "userId", "servicePrincipalDisplayName", "servicePrincipalId",
		}},
		{label: "Location", properties: []string{"ipAddress", "city", "state", "countryOrRegion", "latitude", "longitude"}},
		{label: "Additional info", pairs: "additionalInfo"},
	},
	activity.RiskyUser: {
		{label: "Basic info", properties: []string{
			"riskLastUpdatedDateTime", "userDisplayName", "userPrincipalName", "userId", "riskState", "riskLevel",
			"riskDetail", "riskEventTypes", "isDeleted", "isProcessing", "id",
		}},
	},
}

// rawLabels are the portal's labels of properties that the catalog does not have, by their paths in the raw record.
var rawLabels = map[string]string{
	"signInIdentifier":                                          "Sign-in identifier",
	"sessionId":                                                 "Session ID",
	"servicePrincipalCredentialKeyId":                           "Credential key ID",
	"servicePrincipalCredentialThumbprint":                      "Credential thumbprint",
	"appOwnerTenantId":                                          "App owner tenant ID",
	"resourceOwnerTenantId":                                     "Resource owner tenant ID",
	"homeTenantName":                                            "Home tenant name",
	"resourceServicePrincipalId":                                "Resource service principal ID",
	"uniqueTokenIdentifier":                                     "Unique token identifier",
	"tokenIssuerName":                                           "Token issuer name",
	"processingTimeInMilliseconds":                              "Latency (ms)",
	"signInTokenProtectionStatus":                               "Token protection",
	"networkLocationDetails/networkNames":                       "Named locations",
	"ipAddressFromResourceProvider":                             "IP address (seen by resource)",
	"globalSecureAccessIpAddress":                               "Global Secure Access IP address",
	"mfaDetail/authMethod":                                      "Multifactor authentication method",
	"mfaDetail/authDetail":                                      "Multifactor authentication detail",
	"authenticationRequirementPolicies/detail":                  "Authentication policies applied",
	"sessionLifetimePolicies/expirationRequirement":             "Session lifetime policies",
	"provisioningStatusInfo/errorInformation/additionalDetails": "Additional details",
}

// summaryRows leaves out what the record does not say.
func summaryRows(r *record, _ []*activity.Field) (rows [][]any) {
	groups := slices.Clone(summaries[r.kind])
	groups[0].properties = append(slices.Clone(groups[0].properties), unlisted(r.kind)...)
	for _, g := range groups {
		add := func(label, value, field string) {
			if value != "" {
				rows = append(rows, []any{g.label, label, value, field})
			}
		}
		for _, name := range g.properties {
			f := r.kind.Field(name)
			switch {
			case f == nil:
				add(rawLabels[name], r.object.Text(name), "")
			case len(query.Operators(f)) == 0:
				add(f.Label, format(r.row[name]), "")
			default:
				add(f.Label, format(r.row[name]), name)
			}
		}
		for _, pair := range r.object.At(g.pairs) {
			add(pair.Text("key"), pair.Text("value"), "")
		}
	}
	return rows
}

// unlisted returns the fields of the catalog that no group of the kind's summary names.
func unlisted(kind *activity.Kind) (names []string) {
	for _, f := range kind.Fields {
		lists := func(g group) bool { return slices.Contains(g.properties, f.Name) }
		if !slices.ContainsFunc(summaries[kind], lists) {
			names = append(names, f.Name)
		}
	}
	return names
}

// format returns the text of a value of a row.
func format(v any) string {
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
