package main

import (
	"cmp"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	entra "github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// audit shows who changes what in the directory.
func audit() *dashboard.DashboardBuilder {
	none := noneOfThem("audit events")
	only := func(column, variable string) properties {
		return onward(link("Only this "+column, auditUID, variable, clicked))
	}
	return newDashboard(auditUID, "Audit",
		"Changes to the directory: who did what to which users, groups, applications, roles and policies.").
		WithVariable(valuesOf("category", "Category", "auditEvent", "category")).
		WithVariable(valuesOf("service", "Service", "auditEvent", "loggedByService")).
		WithVariable(valuesOf("activity", "Activity", "auditEvent", "activityDisplayName")).
		WithVariable(valuesOf("actor", "Initiated by", "auditEvent", "initiatedByUserPrincipalName")).
		WithVariable(valuesOf("result", "Result", "auditEvent", "status")).
		WithPanel(number("Audit events", "Changes to the directory, and attempts at them, in the time range.",
			auditQuery(query{})).GridPos(at(0, 0, 8, 3))).
		WithPanel(judged(number("Failure rate", "Share of the changes that failed.",
			auditQuery(query{Measure: entra.FailureRate})).Unit("percentunit").Decimals(1), green, limit{0.05, amber},
			limit{0.2, red}).
			GridPos(at(8, 0, 8, 3))).
		WithPanel(number("People making changes", "Different users who initiated a change.",
			auditQuery(query{Measure: entra.DistinctUsers})).GridPos(at(16, 0, 8, 3))).
		WithPanel(judged(number("Role changes", "Changes of who has which role, and of roles.",
			auditQuery(query{Filters: []filter{is("category", "RoleManagement")}})), plain, limit{1, amber}).
			GridPos(at(0, 3, 12, 3))).
		WithPanel(judged(number("Policy changes", "Changes of policies, Conditional Access among them.",
			auditQuery(query{Filters: []filter{is("category", "Policy")}})), plain, limit{1, amber}).
			GridPos(at(12, 3, 12, 3))).
		WithPanel(daily("What changes, by category", "Audit events by day and category, the eight most frequent.", none,
			auditQuery(query{GroupBy: []string{"category"}, Top: 8, Other: true})).GridPos(at(0, 6, 12, 9))).
		WithPanel(daily("How changes end", "Audit events by day and result.", none,
			auditQuery(query{GroupBy: []string{"status"}})).GridPos(at(12, 6, 12, 9))).
		WithPanel(sized("Most frequent activities", "What was done most. Click on one to see only it.", none,
			"Audit events", blue, auditQuery(query{GroupBy: []string{"activityDisplayName"}})).
			OverrideByName("Activity", only("activity", "activity")).GridPos(at(0, 15, 8, 10))).
		WithPanel(sized("Who changes most", "Users by the number of their changes. Click on one to see only theirs.",
			none, "Audit events", blue,
			auditQuery(query{GroupBy: []string{"initiatedByUserPrincipalName"},
				Filters: []filter{isNot("initiatedByUserPrincipalName", "")}})).
			OverrideByName("initiatedByUserPrincipalName", only("user", "actor")).GridPos(at(8, 15, 8, 10))).
		WithPanel(sized("Applications by changes", "Changes that an application made, not a person.", none,
			"Audit events", blue,
			auditQuery(query{GroupBy: []string{"initiatedByAppDisplayName"},
				Filters: []filter{isNot("initiatedByAppDisplayName", "")}})).GridPos(at(16, 15, 8, 10))).
		WithPanel(records("Role and policy changes",
			"What an attacker would do, too: each with the values before and after.",
			"No changes of roles or policies in this time range, or none with these filters.",
			auditQuery(query{Columns: changeColumns, Filters: []filter{is("category", "RoleManagement", "Policy")}})).
			GridPos(at(0, 25, 24, 10))).
		WithPanel(sized("When each activity was done last", "Activities of the time range, those done last first.",
			none, "Last seen", blue,
			auditQuery(query{Measure: entra.LastSeen, GroupBy: []string{"activityDisplayName", "category"}, Top: 100})).
			OverrideByName("Activity", only("activity", "activity")).
			OverrideByName("Last seen", properties{{Id: "custom.cellOptions", Value: map[string]string{"type": "auto"}},
				{Id: "unit", Value: "dateTimeAsIso"}, width(165)}).
			GridPos(at(0, 35, 12, 10))).
		WithPanel(records("What failed", "The newest changes that failed, and why.",
			"No change failed in this time range.",
			auditQuery(query{Columns: []string{"activityDateTime", "activityDisplayName", "resultReason",
				"initiatedByUserPrincipalName", "targetDisplayNames"}, Filters: []filter{isNot("status", "success")}})).
			GridPos(at(12, 35, 12, 10))).
		WithPanel(records("Audit events", "The newest audit events.", none, auditQuery(query{Columns: auditColumns})).
			GridPos(at(0, 45, 24, 12)))
}

var (
	auditColumns = []string{"activityDateTime", "activityDisplayName", "status", "initiatedByUserPrincipalName",
		"initiatedByAppDisplayName", "targetDisplayNames", "targetUserPrincipalNames", "category", "loggedByService"}
	changeColumns = []string{"activityDateTime", "activityDisplayName", "initiatedByUserPrincipalName",
		"targetUserPrincipalNames", "targetDisplayNames", "newValues", "oldValues", "modifiedProperties", "status",
		"initiatedByAppDisplayName"}
)

// auditQuery completes a query with what is chosen.
func auditQuery(q query) query {
	q.QueryType, q.Measure = "auditEvent", cmp.Or(q.Measure, entra.Count)
	q.Filters = append([]filter{
		is("category", "$category"), is("loggedByService", "$service"), is("activityDisplayName", "$activity"),
		is("initiatedByUserPrincipalName", "$actor"), is("status", "$result"),
	}, q.Filters...)
	return q
}
