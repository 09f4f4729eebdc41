package activity

// The values of signInEventTypes: the four kinds of sign-in.
const (
	Interactive      = "interactiveUser"
	NonInteractive   = "nonInteractiveUser"
	ByPrincipal      = "servicePrincipal"
	ManagedIdentity  = "managedIdentity"
	signInEventTypes = "signInEventTypes"
)

// SignInEventTypes lists the kinds of sign-in. Position plus one is the code under which the store keeps them.
var SignInEventTypes = []string{Interactive, NonInteractive, ByPrincipal, ManagedIdentity}

var (
	riskLevels = []string{"none", "low", "medium", "high", "hidden"}
	riskStates = []string{"none", "confirmedSafe", "remediated", "dismissed", "atRisk", "confirmedCompromised"}
)

// SignIn holds the sign-ins of all four kinds.
// Properties: https://learn.microsoft.com/graph/api/resources/signin?view=graph-rest-beta
var SignIn = newKind(Kind{
	Name:        "signIn",
	Label:       "Sign-ins",
	TimeField:   "createdDateTime",
	Description: "Sign-ins of people, interactive or not, and of service principals and managed identities.",
	Fields: []*Field{
		timestamp("createdDateTime", "Date", "When the sign-in was initiated.").shown(),
		identifier("id", "Request ID", "Identifies the sign-in; shown to the person on error pages."),
		tenantID("The tenant whose log holds the sign-in."),
		enum(signInEventTypes, "Sign-in type",
			"Interactive or not, by a user, a service principal or a managed identity.", SignInEventTypes...).
			derived().metricLabel("kind"),
		enum("status", "Status", "Success, failure or interrupted; follows from the error code.", Statuses...).
			derived().shown().metricLabel("status"),
		integer("errorCode", "Sign-in error code", "The AADSTS code; 0 is success.").
			path("status/errorCode").metricLabel("error_code"),
		text("failureReason", "Failure reason", "The error code's explanation.").
			path("status/failureReason").of(Context).groupable(),
		text("additionalDetails", "Additional details", "More on the outcome, such as how the MFA requirement was met.").
			path("status/additionalDetails").of(Context).groupable(),

		text("userDisplayName", "User", "The user's name, the newest one known.").of(Account).groupable().shown(),
		text("userPrincipalName", "Username", "The name the user signs in with; a guest's is the one of the home tenant.").
			of(Account).groupable().shown().owner(),
		identifier("userId", "User ID", "The user's object ID.").of(Account).groupable(),
		enum("userType", "User type", "Member or guest.", "member", "guest").of(Context).groupable(),
		text("servicePrincipalName", "Service principal name",
			"The application's identity in the tenant, for sign-ins by service principals and managed identities.").
			of(ServicePrincipal).groupable(),
		identifier("servicePrincipalId", "Service principal ID", "The service principal's object ID.").
			of(ServicePrincipal).groupable(),

		text("appDisplayName", "Application", "The application signed in to, by its newest name.").
			of(Application).shown().metricLabel("app"),
		identifier("appId", "Application ID", "The application's (client) ID.").of(Application).metricLabel("app_id"),
		text("resourceDisplayName", "Resource", "The resource the token was asked for.").of(Resource).metricLabel("resource"),
		identifier("resourceId", "Resource ID", "The resource's application ID.").of(Resource).groupable(),

		address("ipAddress", "IP address", "The client's address as Entra ID saw it.").groupable(),
		integer("autonomousSystemNumber", "Autonomous system number", "The network operator's AS number.").
			of(Place).groupable(),
		text("city", "City", "City of the address.").path("location/city").of(Place).groupable(),
		text("state", "State", "State or province of the address.").path("location/state").of(Place).groupable(),
		text("countryOrRegion", "Country or region", "Two-letter country code of the address.").
			path("location/countryOrRegion").of(Place).metricLabel("country"),
		number("latitude", "Latitude", "Latitude of the place, in degrees.").
			path("location/geoCoordinates/latitude").of(Place),
		number("longitude", "Longitude", "Longitude of the place, in degrees.").
			path("location/geoCoordinates/longitude").of(Place),

		text("clientAppUsed", "Client app", "The kind of client: browser, mobile and desktop, or a legacy protocol.").
			of(Client).metricLabel("client_app"),
		enum("clientAppClass", "Client app class",
			"Modern clients can do multifactor authentication, legacy ones cannot.", ClientAppClasses...).
			derived().of(Client).metricLabel("client_app_class"),
		text("operatingSystem", "Operating system", "Operating system of the device.").
			path("deviceDetail/operatingSystem").of(Client).groupable(),
		text("browser", "Browser", "Browser and its version.").path("deviceDetail/browser").of(Client).groupable(),
		text("userAgent", "User agent", "The client's own description of itself.").of(Client).groupable(),
		text("trustType", "Join type", "How the device is joined to the directory.").
			path("deviceDetail/trustType").of(Client).groupable(),
		boolean("isCompliant", "Compliant", "Whether the device complied with policy.").
			path("deviceDetail/isCompliant").of(Client).groupable(),
		boolean("isManaged", "Managed", "Whether the device is managed.").
			path("deviceDetail/isManaged").of(Client).groupable(),
		identifier("deviceId", "Device ID", "The registered device's ID.").
			path("deviceDetail/deviceId").of(Device).groupable(),
		text("deviceDisplayName", "Device", "The registered device's name.").
			path("deviceDetail/displayName").of(Device).groupable(),

		enum("conditionalAccessStatus", "Conditional Access", "Result of all Conditional Access policies together.",
			"success", "failure", "notApplied").of(Context).metricLabel("conditional_access"),
		list("conditionalAccessPolicies", "Conditional Access policies", "Names of the policies evaluated, applied or not.").
			path("appliedConditionalAccessPolicies/displayName").of(Policies),
		list("conditionalAccessPolicyIds", "Conditional Access policy IDs",
			"IDs of the policies evaluated, in the order of their names.").
			path("appliedConditionalAccessPolicies/id").of(Policies),
		list("conditionalAccessPolicyResults", "Conditional Access policy results",
			"Each policy's result, in the order of their names.").
			path("appliedConditionalAccessPolicies/result").of(Policies),

		enum("riskLevelDuringSignIn", "Risk level (during sign-in)",
			"Risk as known at that moment; hidden without a P2 license.", riskLevels...).
			of(Context).shown().metricLabel("risk_level"),
		enum("riskLevelAggregated", "Risk level (aggregate)", "Risk with all that was learnt since.", riskLevels...).
			of(Context).groupable(),
		enum("riskState", "Risk state", "What became of the risk.", riskStates...).of(Context).groupable(),
		enum("riskDetail", "Risk detail", "Why the risk is in its state.").of(Context).groupable(),
		list("riskEventTypes", "Risk event types", "The detections linked to the sign-in.").
			path("riskEventTypes_v2").of(Context),

		enum("authenticationRequirement", "Authentication requirement",
			"The highest level of authentication the sign-in needed. Empty in records of Graph v1.0, which does not tell.",
			"singleFactorAuthentication", "multiFactorAuthentication").of(Context).shown().metricLabel("requirement"),
		list("authenticationMethods", "Authentication methods", "The method of each authentication step.").
			path("authenticationDetails/authenticationMethod").of(Context),
		enum("authenticationProtocol", "Authentication protocol",
			"The protocol or grant used, such as deviceCode or ropc.").of(Context).groupable(),
		enum("incomingTokenType", "Incoming token type", "The token presented to sign in.").of(Context).groupable(),
		enum("clientCredentialType", "Client credential type", "The credential a service principal used.").
			of(Context).groupable(),
		enum("crossTenantAccessType", "Cross tenant access type", "How the user crossed from one tenant to another.").
			of(Context).groupable(),
		enum("tokenIssuerType", "Token issuer type", "The identity provider that issued the token.").of(Context).groupable(),
		enum("originalTransferMethod", "Original transfer method",
			"Whether the session began with device code flow or authentication transfer.").of(Context).groupable(),
		boolean("flaggedForReview", "Flagged for review", "Whether the user asked an administrator to look into it.").
			of(Context).groupable(),
		enum("homeTenantId", "Home tenant ID", "The tenant that owns the user.").of(Context).groupable(),
		enum("resourceTenantId", "Resource tenant ID", "The tenant that owns the resource.").of(Context).groupable(),
		identifier("correlationId", "Correlation ID", "Shared by the requests of one attempt."),
	},
})
