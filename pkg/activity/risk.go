package activity

// RiskDetection holds the detections of users and service principals at risk.
// Properties: https://learn.microsoft.com/graph/api/resources/riskdetection
var RiskDetection = newKind(Kind{
	Name:        "riskDetection",
	Label:       "Risk detections",
	TimeField:   "activityDateTime",
	Description: "Each suspicious thing that Identity Protection found in a sign-in or an account.",
	Fields: []*Field{
		timestamp("activityDateTime", "Date", "When the risky activity occurred.").shown(),
		identifier("id", "ID", "Identifies the detection."),
		tenantID("The tenant whose log holds the detection."),
		timestamp("detectedDateTime", "Detection time", "When the risk was detected."),
		timestamp("lastUpdatedDateTime", "Last updated", "When the detection last changed."),
		text("riskEventType", "Detection type", "What was detected, such as unfamiliarFeatures.").
			of(Risk).shown().metricLabel("type"),
		enum("riskLevel", "Risk level", "How sure the detection is.", riskLevels...).of(Risk).shown().metricLabel("level"),
		enum("riskState", "Risk state", "What became of the risk.", riskStates...).of(Risk).groupable().shown(),
		enum("riskDetail", "Risk detail", "Why the risk is in its state.").of(Risk).groupable(),
		enum("detectionTimingType", "Detection timing", "During the sign-in or after it.",
			"notDefined", "realtime", "nearRealtime", "offline").of(Risk).metricLabel("timing"),
		enum("activity", "Detected activity", "Whether a sign-in or the account itself is at risk.",
			"signin", "user", "servicePrincipal").of(Risk).groupable(),
		text("source", "Source", "The product that detected it.").of(Risk).groupable(),
		enum("tokenIssuerType", "Token issuer type", "The identity provider that issued the token.").of(Risk).groupable(),
		text("userDisplayName", "User", "The user's name, the newest one known.").of(Account).groupable().shown(),
		text("userPrincipalName", "Username", "The name the user signs in with.").of(Account).groupable().shown().owner(),
		identifier("userId", "User ID", "The user's object ID.").of(Account).groupable(),
		text("servicePrincipalDisplayName", "Service principal name", "The service principal at risk.").
			of(ServicePrincipal, "servicePrincipalName").groupable(),
		identifier("servicePrincipalId", "Service principal ID", "The service principal's object ID.").
			of(ServicePrincipal).groupable(),
		address("ipAddress", "IP address", "The address the risk came from.").groupable().shown(),
		text("city", "City", "City of the address.").path("location/city").of(Place).groupable(),
		text("state", "State", "State or province of the address.").path("location/state").of(Place).groupable(),
		text("countryOrRegion", "Country or region", "Two-letter country code of the address.").
			path("location/countryOrRegion").of(Place).metricLabel("country"),
		number("latitude", "Latitude", "Latitude of the place, in degrees.").
			path("location/geoCoordinates/latitude").of(Place),
		number("longitude", "Longitude", "Longitude of the place, in degrees.").
			path("location/geoCoordinates/longitude").of(Place),
		identifier("requestId", "Request ID", "The sign-in it belongs to."),
		identifier("correlationId", "Correlation ID", "Shared by the requests of one attempt."),
	},
})

// RiskyUser holds the states of users at risk. It is state, not events: each change of a user's state is one record,
// identified by the user and the time of the change, and the newest is the user's state now.
// Properties: https://learn.microsoft.com/graph/api/resources/riskyuser
var RiskyUser = newKind(Kind{
	Name:        "riskyUser",
	Label:       "Risky users",
	TimeField:   "riskLastUpdatedDateTime",
	Description: "Users at risk in their state now, whenever it began; over time, by the last change of their risk.",
	Fields: []*Field{
		timestamp("riskLastUpdatedDateTime", "Risk last updated", "When the user's risk last changed.").shown(),
		identifier("id", "ID", "Identifies the state: the user and the time."),
		tenantID("The tenant the user is in."),
		text("userDisplayName", "User", "The user's name, the newest one known.").of(Account).groupable().shown(),
		text("userPrincipalName", "Username", "The name the user signs in with.").of(Account).groupable().shown().owner(),
		identifier("userId", "User ID", "The user's object ID.").of(Account).groupable(),
		enum("riskLevel", "Risk level", "The user's risk.", riskLevels...).of(Risk).shown().metricLabel("level"),
		enum("riskState", "Risk state", "What became of the risk.", riskStates...).of(Risk).shown().metricLabel("state"),
		enum("riskDetail", "Risk detail", "Why the risk is in its state.").of(Risk).groupable().shown(),
		list("riskEventTypes", "Risk event types", "The detections behind a change of state.").
			path("activity/riskEventTypes"),
		boolean("isDeleted", "Deleted", "Whether the user was deleted."),
		boolean("isProcessing", "Processing", "Whether the risk is being recalculated."),
	},
})
