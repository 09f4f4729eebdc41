package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	entra "github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// mySignIns is for everyone: their own sign-ins.
func mySignIns() *dashboard.DashboardBuilder {
	mine := func(further ...filter) []filter {
		// Whoever Grafana knows no address of is not to see what has no user.
		return append([]filter{is("userPrincipalName", "${__user.email}"), isNot("userPrincipalName", "")}, further...)
	}
	const none = "No sign-ins of yours in this time range. They are found by the e-mail address that Grafana knows you " +
		"by: it has to be your username in Entra ID."
	return newDashboard(mySignInsUID, "My sign-ins",
		"Your own sign-ins, found by the e-mail address of your Grafana account, which has to be your username in "+
			"Entra ID. This chooses what is shown and protects nothing: who may read which records is for the data "+
			"source to restrict.").
		WithPanel(number("My sign-ins", "How often you signed in, however it ended.",
			query{Filters: interactive(mine()...)}).GridPos(at(0, 0, 8, 4))).
		WithPanel(number("Failed", "Sign-ins with your name that failed. Were they yours?",
			query{Filters: interactive(mine(is("status", "failure"))...)}).
			ColorScheme(byThreshold()).Thresholds(thresholds(green, limit{1, amber}, limit{20, red})).
			GridPos(at(8, 0, 8, 4))).
		WithPanel(number("Countries", "Different countries or regions that your account was used from.",
			query{Measure: entra.DistinctValues, Of: "countryOrRegion", Filters: mine()}).
			GridPos(at(16, 0, 8, 4))).
		WithPanel(calendar("When was my account used?", "Sign-ins of all types by day and hour of the day.",
			query{Filters: mine()}).GridPos(at(0, 4, 13, 12))).
		WithPanel(groups("From where?",
			"Addresses that your account was used from, and where they are. Tell your help desk about those you do "+
				"not know.", none,
			query{Filters: mine(), GroupBy: []string{"countryOrRegion", "city", "ipAddress"}, Top: 20}).
			OverrideByName("City", properties{width(95)}).
			OverrideByName("Sign-ins", append(bar(blue), width(100))).GridPos(at(13, 4, 11, 12))).
		WithPanel(ranked("What did I use?", "Your sign-ins by application.", none, blue,
			query{Filters: mine(), GroupBy: []string{"appDisplayName"}, Top: 10}).
			GridPos(at(0, 16, 8, 10))).
		WithPanel(records("My latest sign-ins", "Your newest 100 interactive sign-ins.", none,
			query{Filters: interactive(mine()...), Limit: 100,
				Columns: []string{"createdDateTime", "id", "appDisplayName", "status", "failureReason", "ipAddress",
					"city", "countryOrRegion", "deviceDisplayName"}}).
			OverrideByName("Date", properties{links(link("All details of this sign-in", signInUID, "id", cell("id")))}).
			OverrideByName("Request ID", hidden).
			GridPos(at(8, 16, 16, 10)))
}
