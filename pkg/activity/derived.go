package activity

import (
	"maps"
	"slices"
)

// RiskySignIn is the sign-ins with a risk: one that was seen during the sign-in, or a risk detection linked to it.
var RiskySignIn = derived(Kind{
	Name:        "riskySignIn",
	Label:       "Risky sign-ins",
	Description: "Sign-ins with a low, medium or high risk during the sign-in, or with a linked risk detection.",
	Base:        SignIn,
})

// ConditionalAccess is the sign-ins once for each Conditional Access policy that was evaluated, applied or not. Their fields
// are the sign-ins', and those of the policy.
var ConditionalAccess = derived(Kind{
	Name:        "conditionalAccess",
	Label:       "Conditional Access policies",
	Counted:     "Evaluations",
	Description: "What each Conditional Access policy made of each sign-in, also of policies in report-only mode.",
	Base:        SignIn,
},
	&Field{Name: "policyDisplayName", Label: "Policy", Type: Text, Of: Policy, Groupable: true, MetricLabel: "policy", Description: "The policy's name, the newest one known."},
	&Field{Name: "policyId", Label: "Policy ID", Type: Identifier, Of: Policy, Groupable: true, MetricLabel: "policy_id", Description: "The policy's object ID."},
	&Field{Name: "policyResult", Label: "Policy result", Type: Enum, Groupable: true, MetricLabel: "result",
		Values:      []string{"success", "failure", "notApplied", "notEnabled", "reportOnlySuccess", "reportOnlyFailure", "reportOnlyInterrupted", "reportOnlyNotApplied", "unknown"},
		Description: "What the policy made of the sign-in; in report-only mode, what it would have."},
)

// RiskyUserHistory is every state that risky users have been in.
var RiskyUserHistory = derived(Kind{
	Name:        "riskyUserHistory",
	Label:       "Risky users: history",
	Counted:     "Changes of risk",
	Description: "Every state that users at risk have been in, at the time it began.",
	Base:        RiskyUser,
},
	&Field{Name: "timeToRemediation", Label: "Time to remediation", Type: Integer,
		Description: "Where the state ends a risk, whoever or whatever ended it: how long the user had been at risk, in milliseconds."},
)

// UserActivity is all that is known of what a user did, and what was done to them, whatever its kind. It shows what the
// kinds of record have in common.
var UserActivity = newKind(Kind{
	Name:        "userActivity",
	Label:       "Activity of a user",
	Counted:     "Activities",
	TimeField:   "createdDateTime",
	Description: "Everything a user did, and audit events of what was done to them, in one place. Needs a filter on the user.",
	Fields: []*Field{
		{Name: "createdDateTime", Label: "Date", Type: Time, Default: true, Description: "When it happened."},
		{Name: "kind", Label: "Kind", Type: Enum, Values: storedNames(), Groupable: true, Default: true, Description: "The kind of record."},
		{Name: "id", Label: "ID", Type: Identifier, Description: "Identifies the record among those of its kind."},
		{Name: "tenantId", Label: "Tenant ID", Type: Enum, Groupable: true, Description: "The tenant whose log holds the record."},
		{Name: "status", Label: "Status", Type: Enum, Values: AllStatuses, Groupable: true, Default: true, Description: "How it ended; empty for kinds that have no outcome."},
		{Name: "summary", Label: "What happened", Type: Text, Groupable: true, Default: true,
			Description: "The application signed in to, the audited activity, the action of provisioning and its target, or the type of risk."},
		{Name: "userDisplayName", Label: "User", Type: Text, Of: Account, Groupable: true, Default: true, Description: "The user's name, the newest one known."},
		{Name: "userPrincipalName", Label: "Username", Type: Text, Of: Account, Groupable: true, Default: true, Owner: true, Description: "The name the user signs in with."},
		{Name: "userId", Label: "User ID", Type: Identifier, Of: Account, Groupable: true, Description: "The user's object ID."},
		{Name: "appDisplayName", Label: "Application", Type: Text, Groupable: true, Default: true, Description: "The application signed in to, or that acted."},
		{Name: "ipAddress", Label: "IP address", Type: Address, Groupable: true, Default: true, Description: "The address it was done from."},
		{Name: "correlationId", Label: "Correlation ID", Type: Identifier, Description: "Shared by the records of one attempt."},
	},
})

// derived completes a kind that shows its base's records, or some of them, by the same fields and those given.
func derived(k Kind, more ...*Field) *Kind {
	k.TimeField, k.Fields, k.byName = k.Base.TimeField, slices.Concat(k.Base.Fields, more), maps.Clone(k.Base.byName)
	for i, f := range more {
		f.index = len(k.Base.Fields) + i
		k.byName[f.Name] = f
	}
	return &k
}

func storedNames() []string {
	var names []string
	for _, k := range Kinds() {
		names = append(names, k.Name)
	}
	return names
}
