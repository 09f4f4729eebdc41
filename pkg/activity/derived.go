package activity

import "slices"

// RiskySignIn is the sign-ins with a risk: one that was seen during the sign-in, or a risk detection linked to it.
var RiskySignIn = derived(Kind{
	Name:        "riskySignIn",
	Label:       "Risky sign-ins",
	Description: "Sign-ins with a low, medium or high risk during the sign-in, or with a linked risk detection.",
	Base:        SignIn,
})

// ConditionalAccess is the sign-ins once for each Conditional Access policy that was evaluated, applied or not. Their
// fields are the sign-ins' and the policy's.
var ConditionalAccess = derived(Kind{
	Name:        "conditionalAccess",
	Label:       "Conditional Access policies",
	Counted:     "Evaluations",
	Description: "What each Conditional Access policy made of each sign-in, also of policies in report-only mode.",
	Base:        SignIn,
},
	text("policyDisplayName", "Policy", "The policy's name, the newest one known.").of(Policy).metricLabel("policy"),
	identifier("policyId", "Policy ID", "The policy's object ID.").of(Policy).metricLabel("policy_id"),
	enum("policyResult", "Policy result",
		"What the policy made of the sign-in; in report-only mode, what it would have.",
		"success", "failure", "notApplied", "notEnabled", "reportOnlySuccess", "reportOnlyFailure", "reportOnlyInterrupted",
		"reportOnlyNotApplied", "unknown").metricLabel("result"),
)

// RiskyUserHistory is every state that risky users have been in.
var RiskyUserHistory = derived(Kind{
	Name:        "riskyUserHistory",
	Label:       "Risky users: history",
	Counted:     "Changes of risk",
	Description: "Every state that users at risk have been in, at the time it began.",
	Base:        RiskyUser,
},
	integer("timeToRemediation", "Time to remediation",
		"Where the state ends a risk, whoever or whatever ended it: how long the user had been at risk, in milliseconds."),
)

// UserActivity is all that is known of what a user did, and what was done to them, whatever its kind. It shows what the
// kinds of record have in common.
var UserActivity = newKind(Kind{
	Name:        "userActivity",
	Label:       "Activity of a user",
	Counted:     "Activities",
	TimeField:   "createdDateTime",
	Description: "Everything a user did, and audit events of what was done to them, in one place. Needs a filter on the user.",
	Fields: derive(
		timestamp("createdDateTime", "Date", "When it happened.").shown(),
		enum("kind", "Kind", "The kind of record.", storedNames()...).groupable().shown(),
		identifier("id", "ID", "Identifies the record among those of its kind."),
		enum("tenantId", "Tenant ID", "The tenant whose log holds the record.").groupable(),
		enum("status", "Status", "How it ended; empty for kinds that have no outcome.", AllStatuses...).groupable().shown(),
		text("summary", "What happened",
			"The application signed in to, the audited activity, the action of provisioning and its target, or the type of risk.").
			groupable().shown(),
		text("userDisplayName", "User", "The user's name, the newest one known.").of(Account).groupable().shown(),
		text("userPrincipalName", "Username", "The name the user signs in with.").of(Account).groupable().shown().owner(),
		identifier("userId", "User ID", "The user's object ID.").of(Account).groupable(),
		text("appDisplayName", "Application", "The application signed in to, or that acted.").groupable().shown(),
		address("ipAddress", "IP address", "The address it was done from.").groupable().shown(),
		identifier("correlationId", "Correlation ID", "Shared by the records of one attempt."),
	),
})

// derived completes a kind that shows its base's records, or some of them, by the same fields and those given.
func derived(k Kind, more ...*Field) *Kind {
	k.TimeField, k.Fields = k.Base.TimeField, slices.Concat(k.Base.Fields, derive(more...))
	return indexed(k)
}
