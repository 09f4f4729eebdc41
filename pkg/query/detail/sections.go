package detail

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/graph"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// section is a part of a detail that the record itself holds.
type section struct {
	columns []*activity.Field
	rows    func(r *record, columns []*activity.Field) [][]any
}

// sections are by their names. Titles are the portal's; a column's path is where an element of a collection has it.
var sections = map[string]section{
	"summary": {rows: summaryRows, columns: []*activity.Field{
		text("group", "Group", ""), text("property", "Property", ""), text("value", "Value", ""),
		text("field", "Field", ""), // the name to filter records by, if they can be
	}},
	"policies": {rows: policyRows, columns: []*activity.Field{
		text("name", "Policy name", "displayName"), text("result", "Result", "result"),
		{Name: "applied", Label: "Applied", Type: activity.Boolean},
		{Name: "reportOnly", Label: "Report-only", Type: activity.Boolean},
		text("grantControls", "Grant controls", "enforcedGrantControls"),
		text("sessionControls", "Session controls", "enforcedSessionControls"), text("id", "Policy ID", "id"),
	}},
	"authentication": {rows: collection("authenticationDetails"), columns: []*activity.Field{
		{Name: "time", Label: "Date", Type: activity.Time, Path: "authenticationStepDateTime"},
		text("method", "Authentication method", "authenticationMethod"),
		text("methodDetail", "Authentication method detail", "authenticationMethodDetail"),
		{Name: "succeeded", Label: "Succeeded", Type: activity.Boolean, Path: "succeeded"},
		text("resultDetail", "Result detail", "authenticationStepResultDetail"),
		text("requirement", "Requirement", "authenticationStepRequirement"),
	}},
	"targets": {rows: collection("targetResources"), columns: []*activity.Field{
		text("type", "Type", "type"), text("displayName", "Display name", "displayName"),
		text("userPrincipalName", "User principal name", "userPrincipalName"), text("id", "ID", "id"),
		text("groupType", "Group type", "groupType"),
	}},
	"modifiedProperties": {rows: modifiedRows, columns: []*activity.Field{
		text("target", "Target", ""), text("property", "Property name", "displayName"),
		text("oldValue", "Old value", "oldValue"), text("newValue", "New value", "newValue"),
	}},
	"steps": {rows: stepRows, columns: []*activity.Field{
		text("name", "Step", "name"), text("type", "Type", "provisioningStepType"), text("status", "Status", "status"),
		text("description", "Description", "description"), text("details", "Details", "details"),
	}},
	"raw": {rows: rawRows, columns: []*activity.Field{text("record", "Record", "")}},
}

func text(name, label, path string) *activity.Field {
	return &activity.Field{Name: name, Label: label, Type: activity.Text, Path: path}
}

// collection returns a row for each element of a property.
func collection(property string) func(r *record, columns []*activity.Field) [][]any {
	return func(r *record, columns []*activity.Field) (rows [][]any) {
		for _, element := range r.object.At(property) {
			rows = append(rows, cells(element, columns))
		}
		return rows
	}
}

// cells returns the fields of one element of a collection, each by its path.
func cells(element graph.Object, fields []*activity.Field) []any {
	row := make([]any, len(fields))
	for i, f := range fields {
		text := element.Text(f.Path)
		row[i] = text
		switch f.Type {
		case activity.Time:
			row[i] = nil
			if t, err := activity.ParseTime(text); err == nil {
				row[i] = t
			}
		case activity.Boolean:
			row[i] = nil
			if canonical, err := activity.Canonical(f, text); err == nil && canonical != "" {
				row[i] = canonical == "true"
			}
		}
	}
	return row
}

// policyRows returns every policy that the record names: first those that applied. Each says whether it only reports.
// https://learn.microsoft.com/graph/api/resources/appliedconditionalaccesspolicy
func policyRows(r *record, columns []*activity.Field) (rows [][]any) {
	applied := 0
	for _, policy := range r.object.At("appliedConditionalAccessPolicies") {
		row := cells(policy, columns)
		result := policy.Text("result")
		if result != "" {
			result = strings.ToLower(result[:1]) + result[1:] // some write it with a capital
		}
		outcome, reportOnly := strings.CutPrefix(strings.ToLower(result), "reportonly")
		isApplied := slices.Contains([]string{"success", "failure", "interrupted"}, outcome)
		row[1], row[2], row[3] = result, isApplied, reportOnly
		if isApplied {
			rows = slices.Insert(rows, applied, row)
			applied++
		} else {
			rows = append(rows, row)
		}
	}
	return rows
}

func modifiedRows(r *record, columns []*activity.Field) (rows [][]any) {
	add := func(target string, of graph.Object) {
		for _, property := range of.At("modifiedProperties") {
			row := cells(property, columns)
			row[0], row[2], row[3] = target, unquote(property.Text("oldValue")), unquote(property.Text("newValue"))
			rows = append(rows, row)
		}
	}
	for _, target := range r.object.At("targetResources") {
		add(cmp.Or(target.Text("displayName"), target.Text("userPrincipalName"), target.Text("id")), target)
	}
	if r.kind == activity.ProvisioningEvent {
		add(cmp.Or(r.text("targetIdentity"), r.text("sourceIdentity")), r.object)
	}
	return rows
}

// unquote returns the text of the JSON string that old and new values are written as.
func unquote(value string) string {
	var text string
	if json.Unmarshal([]byte(value), &text) == nil {
		return text
	}
	return value
}

// Azure Monitor's records give the number of a step's type and status.
// https://learn.microsoft.com/graph/api/resources/provisioningstep
var (
	stepTypes    = []string{"import", "scoping", "matching", "processing", "referenceResolution", "export"}
	stepStatuses = []string{"success", "failure", "skipped", "warning"}
)

func stepRows(r *record, columns []*activity.Field) (rows [][]any) {
	for _, step := range r.object.At("provisioningSteps") {
		row := cells(step, columns)
		row[1] = named(stepTypes, cmp.Or(step.Text("provisioningStepType"), step.Text("type")))
		row[2] = named(stepStatuses, step.Text("status"))
		rows = append(rows, row)
	}
	return rows
}

func named(names []string, text string) string {
	if len(text) == 1 && text[0] >= '0' && int(text[0]-'0') < len(names) {
		return names[text[0]-'0']
	}
	return text
}

func rawRows(r *record, _ []*activity.Field) [][]any {
	var pretty bytes.Buffer
	if json.Indent(&pretty, r.raw, "", "  ") != nil {
		pretty.Write(r.raw)
	}
	return [][]any{{pretty.String()}}
}

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
	"signInIdentifier": "Sign-in identifier", "sessionId": "Session ID",
	"servicePrincipalCredentialKeyId":      "Credential key ID",
	"servicePrincipalCredentialThumbprint": "Credential thumbprint", "appOwnerTenantId": "App owner tenant ID",
	"resourceOwnerTenantId": "Resource owner tenant ID", "homeTenantName": "Home tenant name",
	"resourceServicePrincipalId": "Resource service principal ID", "uniqueTokenIdentifier": "Unique token identifier",
	"tokenIssuerName": "Token issuer name", "processingTimeInMilliseconds": "Latency (ms)",
	"signInTokenProtectionStatus": "Token protection", "networkLocationDetails/networkNames": "Named locations",
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
