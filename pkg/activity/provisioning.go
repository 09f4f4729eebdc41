package activity

// ProvisioningEvent holds what the provisioning service did to each object.
// Properties: https://learn.microsoft.com/graph/api/resources/provisioningobjectsummary
var ProvisioningEvent = newKind(Kind{
	Name:        "provisioningEvent",
	Label:       "Provisioning events",
	TimeField:   "activityDateTime",
	Description: "What the provisioning service did to each user and group, in which system, and how it ended.",
	Fields: []*Field{
		timestamp("activityDateTime", "Date", "When the object was provisioned.").shown(),
		identifier("id", "ID", "Identifies the event."),
		tenantID("The tenant whose log holds the event."),
		enum("provisioningAction", "Action", "What was to be done to the object.",
			"create", "update", "delete", "stagedDelete", "disable", "other").of(Provisioning).shown().metricLabel("action"),
		enum("status", "Status", "How it ended.", Success, Failure, Skipped, Warning).
			path("provisioningStatusInfo/status").shown().metricLabel("status"),
		text("errorCode", "Error code", "The error's name, such as EntryConflict.").
			path("provisioningStatusInfo/errorInformation/errorCode").of(Provisioning).groupable(),
		enum("errorCategory", "Error category", "Whether the service or something outside it failed.",
			"failure", "nonServiceFailure", "success").
			path("provisioningStatusInfo/errorInformation/errorCategory").of(Provisioning).groupable(),
		text("errorReason", "Error reason", "The error in words.").path("provisioningStatusInfo/errorInformation/reason"),
		text("recommendedAction", "Recommended action", "What Microsoft recommends to do about the error.").
			path("provisioningStatusInfo/errorInformation/recommendedAction"),
		text("servicePrincipalDisplayName", "Application", "The application provisioned to or from.").
			path("servicePrincipal/displayName").of(ServicePrincipal, "servicePrincipalName").shown().metricLabel("service"),
		identifier("servicePrincipalId", "Service principal ID", "That application's object ID.").
			path("servicePrincipal/id").of(ServicePrincipal).groupable(),
		text("sourceSystem", "Source system", "Where the object came from.").
			path("sourceSystem/displayName").of(Provisioning).groupable().shown(),
		text("targetSystem", "Target system", "Where the object was provisioned to.").
			path("targetSystem/displayName").of(Provisioning).groupable().shown(),
		text("sourceIdentity", "Source identity", "The object's name at its source.").
			path("sourceIdentity/displayName").shown(),
		text("sourceIdentityId", "Source ID", "The object's ID at its source.").path("sourceIdentity/id"),
		text("targetIdentity", "Target identity", "The object's name at its target.").path("targetIdentity/displayName"),
		text("targetIdentityId", "Target ID", "The object's ID at its target.").path("targetIdentity/id"),
		text("identityType", "Identity type", "User, group and so on.").
			path("sourceIdentity/identityType").of(Provisioning).groupable(),
		text("initiatedBy", "Initiated by", "Who or what started it.").
			path("initiatedBy/displayName").of(Provisioning).groupable(),
		text("jobId", "Job ID", "The provisioning job.").of(Provisioning).groupable(),
		identifier("cycleId", "Cycle ID", "The job's run."),
		identifier("changeId", "Change ID", "The change within the run."),
		integer("durationInMilliseconds", "Duration (ms)", "How long it took, in milliseconds."),
	},
})
