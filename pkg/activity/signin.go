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
		{Name: "createdDateTime", Label: "Date", Type: Time, Path: "createdDateTime", Default: true,
			Description: "When the sign-in was initiated."},
		{Name: "id", Label: "Request ID", Type: Identifier, Path: "id",
			Description: "Identifies the sign-in; shown to the person on error pages."},
		{Name: "tenantId", Label: "Tenant ID", Type: Enum, Groupable: true, MetricLabel: "tenant",
			Description: "The tenant whose log holds the sign-in."},
		{Name: signInEventTypes, Label: "Sign-in type", Type: Enum, Values: SignInEventTypes, Groupable: true, MetricLabel: "kind",
			Description: "Interactive or not, by a user, a service principal or a managed identity."},
		{Name: "status", Label: "Status", Type: Enum, Values: Statuses, Groupable: true, Default: true, MetricLabel: "status",
			Description: "Success, failure or interrupted; follows from the error code."},
		{Name: "errorCode", Label: "Sign-in error code", Type: Integer, Path: "status/errorCode", Groupable: true, MetricLabel: "error_code",
			Description: "The AADSTS code; 0 is success."},
		{Name: "failureReason", Label: "Failure reason", Type: Text, Path: "status/failureReason", Of: Context, Groupable: true,
			Description: "The error code's explanation."},
		{Name: "additionalDetails", Label: "Additional details", Type: Text, Path: "status/additionalDetails", Of: Context, Groupable: true,
			Description: "More on the outcome, such as how the MFA requirement was met."},

		{Name: "userDisplayName", Label: "User", Type: Text, Path: "userDisplayName", Of: Account, Groupable: true, Default: true,
			Description: "The user's name, the newest one known."},
		{Name: "userPrincipalName", Label: "Username", Type: Text, Path: "userPrincipalName", Of: Account, Groupable: true, Default: true, Owner: true,
			Description: "The name the user signs in with; a guest's is the one of the home tenant."},
		{Name: "userId", Label: "User ID", Type: Identifier, Path: "userId", Of: Account, Groupable: true,
			Description: "The user's object ID."},
		{Name: "userType", Label: "User type", Type: Enum, Path: "userType", Of: Context, Values: []string{"member", "guest"}, Groupable: true,
			Description: "Member or guest."},
		{Name: "servicePrincipalName", Label: "Service principal name", Type: Text, Path: "servicePrincipalName", Of: ServicePrincipal, Groupable: true,
			Description: "The application's identity in the tenant, for sign-ins by service principals and managed identities."},
		{Name: "servicePrincipalId", Label: "Service principal ID", Type: Identifier, Path: "servicePrincipalId", Of: ServicePrincipal, Groupable: true,
			Description: "The service principal's object ID."},

		{Name: "appDisplayName", Label: "Application", Type: Text, Path: "appDisplayName", Of: Application, Groupable: true, Default: true, MetricLabel: "app",
			Description: "The application signed in to, by its newest name."},
		{Name: "appId", Label: "Application ID", Type: Identifier, Path: "appId", Of: Application, Groupable: true, MetricLabel: "app_id",
			Description: "The application's (client) ID."},
		{Name: "resourceDisplayName", Label: "Resource", Type: Text, Path: "resourceDisplayName", Of: Resource, Groupable: true, MetricLabel: "resource",
			Description: "The resource the token was asked for."},
		{Name: "resourceId", Label: "Resource ID", Type: Identifier, Path: "resourceId", Of: Resource, Groupable: true,
			Description: "The resource's application ID."},

		{Name: "ipAddress", Label: "IP address", Type: Address, Path: "ipAddress", Groupable: true,
			Description: "The client's address as Entra ID saw it."},
		{Name: "autonomousSystemNumber", Label: "Autonomous system number", Type: Integer, Path: "autonomousSystemNumber", Of: Place, Groupable: true,
			Description: "The network operator's AS number."},
		{Name: "city", Label: "City", Type: Text, Path: "location/city", Of: Place, Groupable: true,
			Description: "City of the address."},
		{Name: "state", Label: "State", Type: Text, Path: "location/state", Of: Place, Groupable: true,
			Description: "State or province of the address."},
		{Name: "countryOrRegion", Label: "Country or region", Type: Text, Path: "location/countryOrRegion", Of: Place, Groupable: true, MetricLabel: "country",
			Description: "Two-letter country code of the address."},
		{Name: "latitude", Label: "Latitude", Type: Number, Path: "location/geoCoordinates/latitude", Of: Place,
			Description: "Latitude of the place, in degrees."},
		{Name: "longitude", Label: "Longitude", Type: Number, Path: "location/geoCoordinates/longitude", Of: Place,
			Description: "Longitude of the place, in degrees."},

		{Name: "clientAppUsed", Label: "Client app", Type: Text, Path: "clientAppUsed", Of: Client, Groupable: true, MetricLabel: "client_app",
			Description: "The kind of client: browser, mobile and desktop, or a legacy protocol."},
		{Name: "clientAppClass", Label: "Client app class", Type: Enum, Values: ClientAppClasses, Of: Client, Groupable: true, MetricLabel: "client_app_class",
			Description: "Modern clients can do multifactor authentication, legacy ones cannot."},
		{Name: "operatingSystem", Label: "Operating system", Type: Text, Path: "deviceDetail/operatingSystem", Of: Client, Groupable: true,
			Description: "Operating system of the device."},
		{Name: "browser", Label: "Browser", Type: Text, Path: "deviceDetail/browser", Of: Client, Groupable: true,
			Description: "Browser and its version."},
		{Name: "userAgent", Label: "User agent", Type: Text, Path: "userAgent", Of: Client, Groupable: true,
			Description: "The client's own description of itself."},
		{Name: "trustType", Label: "Join type", Type: Text, Path: "deviceDetail/trustType", Of: Client, Groupable: true,
			Description: "How the device is joined to the directory."},
		{Name: "isCompliant", Label: "Compliant", Type: Boolean, Path: "deviceDetail/isCompliant", Of: Client, Groupable: true,
			Description: "Whether the device complied with policy."},
		{Name: "isManaged", Label: "Managed", Type: Boolean, Path: "deviceDetail/isManaged", Of: Client, Groupable: true,
			Description: "Whether the device is managed."},
		{Name: "deviceId", Label: "Device ID", Type: Identifier, Path: "deviceDetail/deviceId", Of: Device, Groupable: true,
			Description: "The registered device's ID."},
		{Name: "deviceDisplayName", Label: "Device", Type: Text, Path: "deviceDetail/displayName", Of: Device, Groupable: true,
			Description: "The registered device's name."},

		{Name: "conditionalAccessStatus", Label: "Conditional Access", Type: Enum, Path: "conditionalAccessStatus", Of: Context,
			Values: []string{"success", "failure", "notApplied"}, Groupable: true, MetricLabel: "conditional_access",
			Description: "Result of all Conditional Access policies together."},
		{Name: "conditionalAccessPolicies", Label: "Conditional Access policies", Type: List, Path: "appliedConditionalAccessPolicies/displayName", Of: Policies,
			Description: "Names of the policies evaluated, applied or not."},
		{Name: "conditionalAccessPolicyIds", Label: "Conditional Access policy IDs", Type: List, Path: "appliedConditionalAccessPolicies/id", Of: Policies,
			Description: "IDs of the policies evaluated, in the order of their names."},
		{Name: "conditionalAccessPolicyResults", Label: "Conditional Access policy results", Type: List, Path: "appliedConditionalAccessPolicies/result", Of: Policies,
			Description: "Each policy's result, in the order of their names."},

		{Name: "riskLevelDuringSignIn", Label: "Risk level (during sign-in)", Type: Enum, Path: "riskLevelDuringSignIn", Of: Context, Values: riskLevels,
			Groupable: true, Default: true, MetricLabel: "risk_level", Description: "Risk as known at that moment; hidden without a P2 license."},
		{Name: "riskLevelAggregated", Label: "Risk level (aggregate)", Type: Enum, Path: "riskLevelAggregated", Of: Context, Values: riskLevels, Groupable: true,
			Description: "Risk with all that was learnt since."},
		{Name: "riskState", Label: "Risk state", Type: Enum, Path: "riskState", Of: Context, Values: riskStates, Groupable: true,
			Description: "What became of the risk."},
		{Name: "riskDetail", Label: "Risk detail", Type: Enum, Path: "riskDetail", Of: Context, Groupable: true,
			Description: "Why the risk is in its state."},
		{Name: "riskEventTypes", Label: "Risk event types", Type: List, Path: "riskEventTypes_v2", Of: Context,
			Description: "The detections linked to the sign-in."},

		{Name: "authenticationRequirement", Label: "Authentication requirement", Type: Enum, Path: "authenticationRequirement", Of: Context,
			Values: []string{"singleFactorAuthentication", "multiFactorAuthentication"}, Groupable: true, Default: true, MetricLabel: "requirement",
			Description: "The highest level of authentication the sign-in needed. Empty in records of Graph v1.0, which does not tell."},
		{Name: "authenticationMethods", Label: "Authentication methods", Type: List, Path: "authenticationDetails/authenticationMethod", Of: Context,
			Description: "The method of each authentication step."},
		{Name: "authenticationProtocol", Label: "Authentication protocol", Type: Enum, Path: "authenticationProtocol", Of: Context, Groupable: true,
			Description: "The protocol or grant used, such as deviceCode or ropc."},
		{Name: "incomingTokenType", Label: "Incoming token type", Type: Enum, Path: "incomingTokenType", Of: Context, Groupable: true,
			Description: "The token presented to sign in."},
		{Name: "clientCredentialType", Label: "Client credential type", Type: Enum, Path: "clientCredentialType", Of: Context, Groupable: true,
			Description: "The credential a service principal used."},
		{Name: "crossTenantAccessType", Label: "Cross tenant access type", Type: Enum, Path: "crossTenantAccessType", Of: Context, Groupable: true,
			Description: "How the user crossed from one tenant to another."},
		{Name: "tokenIssuerType", Label: "Token issuer type", Type: Enum, Path: "tokenIssuerType", Of: Context, Groupable: true,
			Description: "The identity provider that issued the token."},
		{Name: "originalTransferMethod", Label: "Original transfer method", Type: Enum, Path: "originalTransferMethod", Of: Context, Groupable: true,
			Description: "Whether the session began with device code flow or authentication transfer."},
		{Name: "flaggedForReview", Label: "Flagged for review", Type: Boolean, Path: "flaggedForReview", Of: Context, Groupable: true,
			Description: "Whether the user asked an administrator to look into it."},
		{Name: "homeTenantId", Label: "Home tenant ID", Type: Enum, Path: "homeTenantId", Of: Context, Groupable: true,
			Description: "The tenant that owns the user."},
		{Name: "resourceTenantId", Label: "Resource tenant ID", Type: Enum, Path: "resourceTenantId", Of: Context, Groupable: true,
			Description: "The tenant that owns the resource."},
		{Name: "correlationId", Label: "Correlation ID", Type: Identifier, Path: "correlationId",
			Description: "Shared by the requests of one attempt."},
	},
})
