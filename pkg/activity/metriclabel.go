package activity

import (
	"cmp"
	"slices"
)

// What metrics call the values of lists that Microsoft may extend, by the field.
var metricValues = map[string]map[string]string{
	signInEventTypes: {
		Interactive: "interactive", NonInteractive: "noninteractive",
		ByPrincipal: "service_principal", ManagedIdentity: "managed_identity",
	},
	"authenticationRequirement": {"singleFactorAuthentication": "single", "multiFactorAuthentication": "multi"},
	"conditionalAccessStatus":   policyResults, "conditionalAccessPolicyResults": policyResults, "policyResult": policyResults,
}

var policyResults = map[string]string{
	"success": "success", "failure": "failure", "notApplied": "not_applied", "notEnabled": "not_enabled",
	"reportOnlySuccess": "report_only_success", "reportOnlyFailure": "report_only_failure",
	"reportOnlyNotApplied": "report_only_not_applied", "reportOnlyInterrupted": "report_only_interrupted",
}

// boundedFields are published by metrics with the values known today only.
var boundedFields = []string{"riskLevelDuringSignIn", "riskLevel", "riskState", "detectionTimingType", "provisioningAction"}

// MetricValue returns what metrics call a value of the field. Identifiers and names stay as they are; the values of
// lists that Microsoft may extend are bounded, and Unknown stands for all others.
func (f *Field) MetricValue(text string) string {
	switch names := metricValues[f.Name]; {
	case names != nil:
		text = names[text]
	case f.Of == Application, f.Of == Policy, f.Name == "tenantId":
		return text
	case slices.Contains(boundedFields, f.Name) && !slices.Contains(f.Values, text):
		text = ""
	}
	return cmp.Or(text, Unknown)
}
