package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	entra "github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// applications shows how all applications are used, and how one of them is doing.
func applications() *dashboard.DashboardBuilder {
	focus := interactive(is("appDisplayName", "$application"))
	open := links(link("Focus on this application", applicationsUID, "application", clicked))
	return newDashboard(applicationsUID, "Applications",
		"Which applications are used, which are new, no longer used or failing, and how a chosen one is doing.").
		Annotation(policyChanges()).
		WithVariable(oneOf("application", "Application", "signIn", "appDisplayName", interactive()...)).
		WithRow(heading("All applications", 0)).
		WithPanel(ranked("Which are used most?", "Interactive sign-ins by application, the largest 15.", nothing, blue,
			query{Filters: interactive(), GroupBy: []string{"appDisplayName"}, Top: 15}).
			DataLinks(to(link("Focus on this application", applicationsUID, "application", cell("appDisplayName")))).
			GridPos(at(0, 1, 8, 12))).
		WithPanel(groups("Which have most users?", "Different users with an interactive sign-in, by application.",
			nothing,
			query{Measure: entra.DistinctUsers, Filters: interactive(), GroupBy: []string{"appDisplayName"}, Top: 15}).
			OverrideByName("Application", properties{open}).
			OverrideByName("Users", bar(green)).
			GridPos(at(8, 1, 8, 12))).
		WithPanel(groups("Which fail most?", "Failed interactive sign-ins by application.",
			"No sign-in failed in this time range.",
			query{Filters: interactive(is("status", "failure")), GroupBy: []string{"appDisplayName"}, Top: 15}).
			OverrideByName("Application", properties{open}).
			OverrideByName("Sign-ins", append(bar(red), property{Id: "displayName", Value: "Failures"})).
			GridPos(at(16, 1, 8, 12))).
		WithPanel(groups("Which applications are new?",
			"Applications with the first sign-in ever kept within the time range.",
			"No application was signed in to for the first time.",
			query{Measure: entra.FirstSeen, Seen: entra.New, Filters: interactive(),
				GroupBy: []string{"appDisplayName"}}).
			OverrideByName("Application", properties{open}).
			GridPos(at(0, 13, 12, 7))).
		WithPanel(groups("Which applications are no longer used?",
			"Applications with sign-ins before the time range, and none within it.",
			"Every application that was ever used was used in this time range.",
			query{Measure: entra.LastSeen, Seen: entra.Unused, Filters: interactive(),
				GroupBy: []string{"appDisplayName"}}).
			OverrideByName("Application", properties{open}).
			GridPos(at(12, 13, 12, 7))).
		WithRow(heading("In focus: ${application}", 20)).
		WithPanel(signInCount(focus...).
			DataLinks(to(link("These sign-ins", signInsUID, "application", chosen("application")))).
			GridPos(at(0, 21, 8, 3))).
		WithPanel(failureRate(focus...).
			DataLinks(to(link("Failed sign-ins", signInsUID, "application", chosen("application"), "status",
				"failure"))).GridPos(at(8, 21, 8, 3))).
		WithPanel(activeUsers(focus...).GridPos(at(16, 21, 8, 3))).
		WithPanel(againstLastWeek("Is it as healthy as a week ago?",
			"Sign-ins to the application per hour of the last 24 hours, and of the same hours a week before.",
			focus...).
			TimeFrom("24h").GridPos(at(12, 24, 12, 7))).
		WithPanel(shares("How do its sign-ins end?", "Interactive sign-ins to the application by status.", nothing,
			query{Filters: focus, GroupBy: []string{"status"}}).
			Legend(shareLegend(common.LegendPlacementRight)).
			DataLinks(to(link("Sign-ins of this status", signInsUID, "application", chosen("application"), "status",
				label("status")))).
			GridPos(at(0, 24, 12, 7))).
		WithPanel(columns("When is it used?",
			"Interactive sign-ins to the application per day and status. Click on a column for the list of its day.",
			nothing,
			query{Filters: focus, GroupBy: []string{"status"}, Interval: entra.Day}).
			DataLinks(to(signInsOf("Sign-ins of this day", step, "application", chosen("application"), "status",
				label("status")))).
			GridPos(at(0, 31, 12, 9))).
		WithPanel(failureReasons("Why do its sign-ins fail?", focus...).GridPos(at(12, 31, 12, 9))).
		WithPanel(groups("Who uses it most?", "Users by their interactive sign-ins to the application.", nothing,
			query{Filters: focus, GroupBy: []string{"userDisplayName", "userPrincipalName"}, Top: 20}).
			OverrideByName("Username", properties{links(link("This user", usersUID, "user", clicked))}).
			OverrideByName("Sign-ins", append(bar(blue), width(120))).
			GridPos(at(0, 40, 12, 9))).
		WithPanel(groups("By which clients?", "Client apps and operating systems of its sign-ins.", nothing,
			query{Filters: focus, GroupBy: []string{"clientAppUsed", "operatingSystem"}, Top: 20}).
			OverrideByName("Sign-ins", append(bar(blue), width(120))).
			GridPos(at(12, 40, 12, 9)))
}
