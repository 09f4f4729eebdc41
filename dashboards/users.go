package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	entra "github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// users shows the pattern of one user: when, from where, with what, to what, and what was done to them.
func users() *dashboard.DashboardBuilder {
	of := func(further ...filter) []filter {
		return append([]filter{is("userPrincipalName", "$user")}, further...)
	}
	return newDashboard(usersUID, "Users",
		"One user's sign-in pattern: when, from where, with which devices and to which applications, what was "+
			"found risky and what was changed.").
		WithVariable(oneOf("user", "User", "signIn", "userPrincipalName", interactive()...)).
		WithPanel(signInCount(interactive(of()...)...).
			DataLinks(to(link("These sign-ins", signInsUID, "user", chosen("user")))).GridPos(at(0, 0, 6, 4))).
		WithPanel(failureRate(interactive(of()...)...).
			DataLinks(to(link("Failed sign-ins", signInsUID, "user", chosen("user"), "status", "failure"))).
			GridPos(at(6, 0, 6, 4))).
		WithPanel(number("Applications", "Different applications the user signed in to.",
			query{Measure: entra.DistinctValues, Of: "appDisplayName", Filters: of()}).
			GridPos(at(12, 0, 6, 4))).
		WithPanel(number("Countries", "Different countries or regions that the user signed in from.",
			query{Measure: entra.DistinctValues, Of: "countryOrRegion", Filters: of()}).
			ColorScheme(byThreshold()).Thresholds(thresholds(green, limit{3, amber}, limit{6, red})).
			GridPos(at(18, 0, 6, 4))).
		WithPanel(calendar("When does the user sign in?",
			"Sign-ins of all types by day and hour of the day, in the dashboard's time zone.", query{Filters: of()}).
			GridPos(at(0, 4, 16, 13))).
		WithPanel(shares("How do they end?", "Interactive sign-ins by status.", nothing,
			query{Filters: interactive(of()...), GroupBy: []string{"status"}}).
			Legend(shareLegend(common.LegendPlacementRight)).
			DataLinks(to(link("Sign-ins of this status", signInsUID, "user", chosen("user"), "status",
				label("status")))).
			GridPos(at(16, 4, 8, 7))).
		WithPanel(ranked("To which applications?", "Sign-ins of all types by application.", nothing, blue,
			query{Filters: of(), GroupBy: []string{"appDisplayName"}, Top: 8}).
			DataLinks(to(link("This application", applicationsUID, "application", cell("appDisplayName")))).
			GridPos(at(16, 11, 8, 6))).
		WithPanel(groups("From which places?", "Addresses and where they are.", nothing,
			query{Filters: of(), GroupBy: []string{"countryOrRegion", "city", "ipAddress"}, Top: 20}).
			OverrideByName("IP address",
				properties{links(link("Sign-ins from this address", signInsUID, "address", clicked, "type",
					everything))}).
			OverrideByName("Sign-ins", append(bar(blue), width(100))).
			GridPos(at(0, 17, 12, 9))).
		WithPanel(groups("With which devices?", "Devices, their operating systems and browsers.", nothing,
			query{Filters: of(), GroupBy: []string{"deviceDisplayName", "operatingSystem", "browser"}, Top: 20}).
			OverrideByName("operatingSystem", named("OS", 90)).
			OverrideByName("Sign-ins", bar(blue)).
			GridPos(at(12, 17, 12, 9))).
		WithPanel(records("What is the user's risk?", "The states of risk that the user has been in.",
			"The user was never found at risk, or Entra ID P2, which tells, is missing.",
			query{QueryType: "riskyUser", Filters: of(),
				Columns: []string{"riskLastUpdatedDateTime", "riskLevel", "riskState", "riskDetail"}, Limit: 100}).
			GridPos(at(0, 26, 12, 6))).
		WithPanel(records("What was found risky?", "Risk detections of the user.",
			"Nothing risky was detected in this time range.",
			query{QueryType: "riskDetection", Filters: of(),
				Columns: []string{"activityDateTime", "riskEventType", "riskLevel", "riskState", "ipAddress",
					"countryOrRegion"}, Limit: 100}).
			GridPos(at(12, 26, 12, 6))).
		WithPanel(records("What was changed, by the user and of the user?",
			"The user's activity of all kinds but sign-ins: audit events, provisioning and risk.",
			"Nothing but sign-ins in this time range.",
			query{QueryType: "userActivity", Filters: of(isNot("kind", "signIn")),
				Columns: []string{"createdDateTime", "kind", "summary", "status", "appDisplayName", "ipAddress"},
				Limit:   200}).
			GridPos(at(0, 32, 24, 7))).
		WithPanel(signInList("Latest sign-ins",
			"The newest 200 sign-ins of all types. Click on a date for all that is known of a sign-in.",
			query{Filters: of(), Limit: 200, Columns: []string{"createdDateTime", "id", "signInEventTypes",
				"appDisplayName", "status", "errorCode", "failureReason", "ipAddress", "city", "countryOrRegion",
				"authenticationRequirement"}}).
			GridPos(at(0, 39, 24, 10)))
}
