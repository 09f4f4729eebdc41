package activity

// AuditEvent holds the directory's audit events.
// Properties: https://learn.microsoft.com/graph/api/resources/directoryaudit
var AuditEvent = newKind(Kind{
	Name:        "auditEvent",
	Label:       "Audit events",
	TimeField:   "activityDateTime",
	Description: "Changes to the directory: who did what to which users, groups, applications, roles and policies.",
	Fields: []*Field{
		timestamp("activityDateTime", "Date", "When the activity was performed.").shown(),
		identifier("id", "ID", "Identifies the event."),
		tenantID("The tenant whose log holds the event."),
		text("loggedByService", "Service", "The service that performed the activity.").
			of(Activity).shown().metricLabel("service"),
		text("category", "Category", "The kind of thing that was changed.").of(Activity).shown().metricLabel("category"),
		text("activityDisplayName", "Activity", "What was done.").of(Activity).shown().metricLabel("activity"),
		text("operationType", "Operation type", "Add, assign, update, delete and so on.").of(Activity).groupable(),
		enum("status", "Result", "Whether it succeeded.", Success, Failure, Timeout).
			path("result").shown().metricLabel("result"),
		text("resultReason", "Result reason", "Why it failed."),
		text("initiatedByUserDisplayName", "Initiated by (user)", "The user who did it.").
			path("initiatedBy/user/displayName").of(Account, "userDisplayName").groupable(),
		text("initiatedByUserPrincipalName", "Initiated by (username)", "The name that user signs in with.").
			path("initiatedBy/user/userPrincipalName").of(Account, "userPrincipalName").groupable().shown().owner(),
		identifier("initiatedByUserId", "Initiated by (user ID)", "That user's object ID.").
			path("initiatedBy/user/id").of(Account, "userId").groupable(),
		text("initiatedByAppDisplayName", "Initiated by (application)", "The application that did it.").
			path("initiatedBy/app/displayName").of(ServicePrincipal, "servicePrincipalName").groupable().shown(),
		identifier("initiatedByServicePrincipalId", "Initiated by (service principal ID)", "That application's object ID.").
			path("initiatedBy/app/servicePrincipalId").of(ServicePrincipal, "servicePrincipalId").groupable(),
		identifier("initiatedByAppId", "Initiated by (application ID)", "That application's (client) ID.").
			path("initiatedBy/app/appId"),
		address("ipAddress", "IP address", "The address it was done from.").path("initiatedBy/user/ipAddress").groupable(),
		text("userAgent", "User agent", "The client it was done with."),
		list("targetDisplayNames", "Targets", "Names of the things it was done to.").
			path("targetResources/displayName").shown().sparse(),
		list("targetUserPrincipalNames", "Target usernames", "Usernames of the users it was done to.").
			path("targetResources/userPrincipalName").sparse(),
		list("targetIds", "Target IDs", "Object IDs of the things it was done to.").path("targetResources/id"),
		list("targetTypes", "Target types", "Types of the things it was done to.").path("targetResources/type"),
		list("modifiedProperties", "Modified properties",
			"Names of the properties that were changed, such as Role.DisplayName.").
			path("targetResources/modifiedProperties/displayName"),
		list("oldValues", "Old values", "Values of the modified properties before, in the order of their names.").
			path("targetResources/modifiedProperties/oldValue"),
		list("newValues", "New values",
			"Values of the modified properties after, such as the name of a role that was assigned.").
			path("targetResources/modifiedProperties/newValue"),
		identifier("correlationId", "Correlation ID", "Shared by the records of one operation."),
	},
})
