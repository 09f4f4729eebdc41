package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	entra "github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// ofGroups shows how the members of groups sign in.
func ofGroups() *dashboard.DashboardBuilder {
	members := interactive(is("memberOf", "$group"))
	const none = "No sign-ins of members in this time range. Groups and their members come from " +
		"entra-activity groups: import them first."
	return newDashboard(groupsUID, "Groups",
		"How the members of groups sign in: how many do, how it ends, to what, and with how much security. "+
			"Membership is as last imported with entra-activity groups.").
		WithVariable(oneOf("group", "Group", "signIn", "memberOf")).
		WithPanel(signInCount(members...).DataLinks(to(link("These sign-ins", signInsUID, "group", chosen("group")))).
			GridPos(at(0, 0, 6, 4))).
		WithPanel(failureRate(members...).
			DataLinks(to(link("Failed sign-ins", signInsUID, "group", chosen("group"), "status", "failure"))).
			GridPos(at(6, 0, 6, 4))).
		WithPanel(activeUsers(members...).GridPos(at(12, 0, 6, 4))).
		WithPanel(number("Members at risk", "Members who are at risk or confirmed compromised at this moment.",
			query{QueryType: "riskyUser", Filters: []filter{is("memberOf", "$group"),
				is("riskState", "atRisk", "confirmedCompromised")}}).
			ColorScheme(byThreshold()).Thresholds(thresholds(green, limit{1, amber}, limit{5, red})).
			DataLinks(to(link("Users at risk", riskUID))).GridPos(at(18, 0, 6, 4))).
		WithPanel(columns("When do members sign in?",
			"Interactive sign-ins of members per day and status. Click on a column for the list of its day.", none,
			query{Filters: members, GroupBy: []string{"status"}, Interval: entra.Day}).
			DataLinks(to(signInsOf("Sign-ins of this day", step, "group", chosen("group"), "status", label("status")))).
			GridPos(at(0, 4, 16, 9))).
		WithPanel(shares("Is MFA asked for?",
			"Successful interactive sign-ins of members by the highest level of authentication they needed.", none,
			query{Filters: append(members, is("status", "success")), GroupBy: []string{"authenticationRequirement"}}).
			GridPos(at(16, 4, 8, 9))).
		WithPanel(ranked("Which applications do members use?", "Interactive sign-ins of members by application.", none,
			blue,
			query{Filters: members, GroupBy: []string{"appDisplayName"}, Top: 12}).
			DataLinks(to(link("This application", applicationsUID, "application", cell("appDisplayName")))).
			GridPos(at(0, 13, 12, 9))).
		WithPanel(failureReasons("Why do their sign-ins fail?", members...).GridPos(at(12, 13, 12, 9))).
		WithPanel(groups("Which members sign in most?",
			"Members by their interactive sign-ins. Click on a name for the user's pattern.", none,
			query{Filters: members, GroupBy: []string{"userDisplayName", "userPrincipalName"}, Top: 50}).
			OverrideByName("Username", properties{links(link("This user", usersUID, "user", clicked))}).
			OverrideByName("Sign-ins", bar(blue)).
			GridPos(at(0, 22, 12, 10))).
		WithPanel(groups("From which countries?", "Interactive sign-ins of members by country or region.", none,
			query{Filters: members, GroupBy: []string{"countryOrRegion"}, Top: 50}).
			OverrideByName("Sign-ins", bar(blue)).
			GridPos(at(12, 22, 12, 10)))
}
