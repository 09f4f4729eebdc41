package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	entra "github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// withoutMFA are the sign-ins that got in with a single factor, and no claim of an earlier second one.
var withoutMFA = []filter{
	is("status", "success"), is("authenticationRequirement", "singleFactorAuthentication"),
	{Field: "additionalDetails", Operator: entra.NotEqual,
		Values: []string{"MFA requirement satisfied by claim in the token"}},
}

// reportOnly are the results of policies that only report what they would have done.
var reportOnly = []string{"reportOnlySuccess", "reportOnlyFailure", "reportOnlyInterrupted", "reportOnlyNotApplied"}

const conditionalAccessKind = "conditionalAccess"

var (
	noSignIns  = noneOfThem("such sign-ins")
	noPolicies = "No policy was evaluated in this time range, or none with these filters. Downloads in CSV do not " +
		"hold policies: import JSON downloads or diagnostic records."
)

// chosenSignIns restricts a query to the application and the user chosen, and further.
func chosenSignIns(further ...filter) []filter {
	return append([]filter{is("appDisplayName", "$application"), is("userPrincipalName", "$user")}, further...)
}

// policyResults restricts a query to the policy chosen, too.
func policyResults(further ...filter) []filter {
	return chosenSignIns(append(further, is("policyDisplayName", "$policy"))...)
}

// peoplesSignIns restricts a query to interactive sign-ins, too.
func peoplesSignIns(further ...filter) []filter {
	return append(interactive(), chosenSignIns(further...)...)
}

// conditionalAccess shows what the policies decide, what those in report-only mode would, and who gets in without MFA.
func conditionalAccess() *dashboard.DashboardBuilder {
	b := newDashboard(conditionalAccessUID, "Conditional Access and MFA",
		"What Conditional Access policies decide, what those in report-only mode would decide, and who gets in "+
			"without multifactor authentication.").
		Annotation(policyChanges()).
		WithVariable(valuesOf("application", "Application", "signIn", "appDisplayName")).
		WithVariable(valuesOf("user", "User", "signIn", "userPrincipalName")).
		WithVariable(valuesOf("policy", "Policy", conditionalAccessKind, "policyDisplayName")).
		WithPanel(number("Signed in with MFA",
			"Successful interactive sign-ins that required multifactor authentication.",
			query{Measure: entra.Count, Filters: peoplesSignIns(is("status", "success"),
				is("authenticationRequirement", "multiFactorAuthentication"))}).GridPos(at(0, 0, 8, 3))).
		WithPanel(judged(number("Signed in without MFA",
			"Successful interactive sign-ins with a single factor, and no claim of an earlier second one: the gap.",
			query{Measure: entra.Count, Filters: peoplesSignIns(withoutMFA...)}), green, limit{1, amber}).
			GridPos(at(8, 0, 8, 3))).
		WithPanel(judged(number("Users without MFA",
			"Different users who signed in with a single factor at least once.",
			query{Measure: entra.DistinctUsers, Filters: peoplesSignIns(withoutMFA...)}), green, limit{1, amber}).
			GridPos(at(16, 0, 8, 3))).
		WithPanel(number("Stopped",
			"Interactive sign-ins that Conditional Access did not let in: a block, or a control that was not met.",
			query{Measure: entra.Count, Filters: peoplesSignIns(is("conditionalAccessStatus", "failure"))}).
			GridPos(at(0, 3, 12, 3))).
		WithPanel(judged(number("Got in by legacy clients",
			"Successful sign-ins, interactive or not, by protocols that cannot ask for multifactor authentication.",
			query{QueryType: "signIn", Measure: entra.Count, Filters: chosenSignIns(legacy, is("status", "success"))}),
			green,
			limit{1, red}).GridPos(at(12, 3, 12, 3))).
		WithPanel(daily("What Conditional Access made of sign-ins",
			"Interactive sign-ins by the result of all policies together: not applied means that no policy matched.",
			noSignIns,
			query{Measure: entra.Count, GroupBy: []string{"conditionalAccessStatus"}, Filters: peoplesSignIns()}).
			GridPos(at(0, 6, 12, 9))).
		WithPanel(daily("What successful sign-ins required",
			"Successful interactive sign-ins by authentication requirement. Records of Graph v1.0 do not tell: "+
				"they are the ones without a name.", noSignIns,
			query{Measure: entra.Count, GroupBy: []string{"authenticationRequirement"},
				Filters: peoplesSignIns(is("status", "success"))}).GridPos(at(12, 6, 12, 9))).
		WithPanel(sized("What each policy decided",
			"How often each enforced policy let in or stopped a sign-in. Click on a policy to see only it.", noPolicies,
			"Evaluations", blue,
			query{QueryType: conditionalAccessKind, Measure: entra.Count,
				GroupBy: []string{"policyDisplayName", "policyResult"},
				Filters: policyResults(isNot("policyResult",
					append([]string{"notApplied", "notEnabled"}, reportOnly...)...))}).
			OverrideByName("Policy", onward(link("Only this policy", conditionalAccessUID, "policy", clicked))).
			GridPos(at(0, 15, 12, 10))).
		WithPanel(sized("What policies in report-only mode would do",
			"Before a policy is enforced: failure would have stopped the sign-in, interrupted would have asked for "+
				"more.",
			"No policy in report-only mode was evaluated in this time range, or none with these filters.",
			"Evaluations", purple,
			query{QueryType: conditionalAccessKind, Measure: entra.Count,
				GroupBy: []string{"policyDisplayName", "policyResult"},
				Filters: policyResults(is("policyResult", reportOnly[:3]...))}).
			OverrideByName("Policy", onward(link("Only this policy", conditionalAccessUID, "policy", clicked))).
			GridPos(at(12, 15, 12, 10))).
		WithPanel(daily("What report-only policies would stop or interrupt",
			"Evaluations by day and result: what enforcing them would mean for help desk and users.",
			"No policy in report-only mode would have stopped or interrupted a sign-in in this time range.",
			query{QueryType: conditionalAccessKind, Measure: entra.Count, GroupBy: []string{"policyResult"},
				Filters: policyResults(is("policyResult", "reportOnlyFailure", "reportOnlyInterrupted"))}).
			GridPos(at(0, 25, 12, 9))).
		WithPanel(sized("Whom report-only policies would stop",
			"Users and policies with most sign-ins that would have failed.",
			"No policy in report-only mode would have stopped a sign-in in this time range.", "Evaluations", red,
			query{QueryType: conditionalAccessKind, Measure: entra.Count,
				GroupBy: []string{"userPrincipalName", "policyDisplayName"},
				Filters: policyResults(is("policyResult", "reportOnlyFailure"))}).
			OverrideByName("Username", onward(link("Only this user", conditionalAccessUID, "user", clicked))).
			GridPos(at(12, 25, 12, 9)))
	return mfaGaps(b)
}

// mfaGaps adds the panels about who got in without MFA, and whom policies stopped.
func mfaGaps(b *dashboard.DashboardBuilder) *dashboard.DashboardBuilder {
	return b.
		WithPanel(sized("Applications without MFA",
			"Successful interactive sign-ins with a single factor by application: where a policy is missing, or "+
				"excludes somebody.",
			"Nobody got in without MFA in this time range.", "Sign-ins", amber,
			query{Measure: entra.Count, GroupBy: []string{"appDisplayName"}, Filters: peoplesSignIns(withoutMFA...)}).
			OverrideByName("Application", onward(link("Only this application", conditionalAccessUID, "application",
				clicked))).
			GridPos(at(0, 34, 8, 10))).
		WithPanel(sized("Users who got in without MFA", "Successful interactive sign-ins with a single factor by user.",
			"Nobody got in without MFA in this time range.", "Sign-ins", amber,
			query{Measure: entra.Count, GroupBy: []string{"userPrincipalName"},
				Filters: peoplesSignIns(withoutMFA...)}).
			OverrideByName("Username", onward(link("Only this user", conditionalAccessUID, "user", clicked))).
			GridPos(at(8, 34, 8, 10))).
		WithPanel(sized("How MFA was satisfied",
			"What interactive sign-ins say of it, refusals included: many that were denied can be an attempt to "+
				"tire somebody out.", noSignIns, "Sign-ins", green,
			query{Measure: entra.Count, GroupBy: []string{"additionalDetails"},
				Filters: peoplesSignIns(is("authenticationRequirement", "multiFactorAuthentication"),
					isNot("additionalDetails", ""))}).
			OverrideByName("Additional details", wrapped).
			GridPos(at(16, 34, 8, 10))).
		WithPanel(daily("Legacy clients by day",
			"Sign-ins, interactive or not, by protocols that cannot ask for multifactor authentication, however "+
				"they ended.", "No sign-ins by legacy clients in this time range.",
			query{QueryType: "signIn", Measure: entra.Count, GroupBy: []string{"clientAppUsed"}, Top: 8, Other: true,
				Filters: chosenSignIns(legacy)}).GridPos(at(0, 44, 10, 9))).
		WithPanel(sized("Who still uses legacy clients",
			"By user, client and how it ended. Block legacy authentication once nobody who needs it is left.",
			"No sign-ins by legacy clients in this time range.", "Sign-ins", red,
			query{QueryType: "signIn", Measure: entra.Count,
				GroupBy: []string{"userPrincipalName", "clientAppUsed", "status"}, Filters: chosenSignIns(legacy)}).
			OverrideByName("Client app", properties{width(155)}).
			OverrideByName("Username", onward(link("Only this user", conditionalAccessUID, "user", clicked))).
			GridPos(at(10, 44, 14, 9))).
		WithPanel(records("Sign-ins that policies stopped",
			"The newest interactive sign-ins that Conditional Access did not let in, with the policies evaluated "+
				"and their results.",
			"Conditional Access stopped no sign-in in this time range.",
			query{Columns: []string{"createdDateTime", "id", "userPrincipalName", "appDisplayName", "status",
				"errorCode", "failureReason", "countryOrRegion", "clientAppUsed", "conditionalAccessPolicies",
				"conditionalAccessPolicyResults"},
				Filters: peoplesSignIns(is("conditionalAccessStatus", "failure"))}).
			OverrideByName("Username", onward(link("This user", usersUID, "user", clicked))).
			OverrideByName("Date", onward(link("All details of this sign-in", signInUID, "id", cell("id")))).
			OverrideByName("Request ID", hidden).
			GridPos(at(0, 53, 24, 11)))
}
