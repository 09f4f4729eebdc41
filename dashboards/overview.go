package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/geomap"
	"github.com/grafana/grafana-foundation-sdk/go/piechart"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	entra "github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// nothing is what graphs and lists of sign-ins show instead of an empty frame.
const nothing = "No sign-ins in this time range. Choose another one, or import records with entra-activity import."

// overview recreates the two graphs the portal opens with, and puts beside them how well sign-ins are secured.
func overview() *dashboard.DashboardBuilder {
	return newDashboard(overviewUID, "Overview",
		"Identity security at a glance: who signs in to what, how it ends, how well it is secured, and who is at "+
			"risk.").
		Annotation(policyChanges()).
		WithPanel(signInCount(interactive()...).DataLinks(to(link("These sign-ins", signInsUID))).
			GridPos(at(0, 0, 8, 3))).
		WithPanel(failureRate(interactive()...).DataLinks(to(link("Failed sign-ins", signInsUID, "status", "failure"))).
			GridPos(at(8, 0, 8, 3))).
		WithPanel(interrupted().GridPos(at(16, 0, 8, 3))).
		WithPanel(activeUsers(interactive()...).DataLinks(to(link("One of the users", usersUID))).
			GridPos(at(0, 3, 8, 3))).
		WithPanel(usersAtRisk().GridPos(at(8, 3, 8, 3))).
		WithPanel(legacySignIns().GridPos(at(16, 3, 8, 3))).
		WithPanel(userSignIns().GridPos(at(0, 6, 12, 10))).
		WithPanel(applicationUsage().GridPos(at(12, 6, 12, 10))).
		WithPanel(againstLastWeek("Last day against a week earlier",
			"Interactive sign-ins per hour of the last 24 hours, and of the same hours a week before.",
			interactive()...).
			TimeFrom("24h").GridPos(at(0, 16, 12, 8))).
		WithPanel(shares("How do they end?",
			"Interactive sign-ins by status. Interrupted ones were asked for something more, such as MFA.", nothing,
			query{Filters: interactive(), GroupBy: []string{"status"}}).
			DataLinks(to(link("Sign-ins of this status", signInsUID, "status", label("status")))).
			GridPos(at(12, 16, 6, 8))).
		WithPanel(mfaCoverage().GridPos(at(18, 16, 6, 8))).
		WithPanel(failureCodes("Why do sign-ins fail?", interactive()...).GridPos(at(0, 24, 12, 10))).
		WithPanel(countries("Where do people sign in from?", interactive()...).GridPos(at(12, 24, 12, 10))).
		WithPanel(conditionalAccessCoverage().GridPos(at(0, 34, 7, 8))).
		WithPanel(ranked("Are legacy clients used?",
			"Interactive sign-ins, however they ended, by protocols that cannot do MFA.",
			"No legacy authentication in this time range, as it should be.", amber,
			query{Filters: interactive(legacy), GroupBy: []string{"clientAppUsed"}, Top: 10}).
			DataLinks(to(link("Sign-ins by this client", signInsUID, "client", cell("clientAppUsed")))).
			GridPos(at(7, 34, 8, 8))).
		WithPanel(riskNow().GridPos(at(15, 34, 9, 8))).
		WithPanel(signInList("Latest sign-ins",
			"The newest 100 interactive sign-ins of the time range. Click on a date for all that is known of a "+
				"sign-in.",
			query{Filters: interactive(), Columns: []string{"createdDateTime", "id", "userDisplayName",
				"userPrincipalName", "appDisplayName", "status", "failureReason", "authenticationRequirement",
				"countryOrRegion"}, Limit: 100}).
			OverrideByName("Username", hidden).
			GridPos(at(0, 42, 24, 11)))
}

// to is a list of links, as panels take them.
func to(list ...*dashboard.DashboardLinkBuilder) []cog.Builder[dashboard.DashboardLink] {
	builders := make([]cog.Builder[dashboard.DashboardLink], len(list))
	for i, l := range list {
		builders[i] = l
	}
	return builders
}

func signInCount(filters ...filter) *stat.PanelBuilder {
	return number("Sign-ins", "Sign-ins in the time range that fit what is chosen.", query{Filters: filters})
}

func failureRate(filters ...filter) *stat.PanelBuilder {
	return rate("Failure rate",
		"Share of the sign-ins that failed. Interrupted ones, where something more was asked for, are no failures.",
		query{Filters: filters}, plain, limit{0.1, amber}, limit{0.25, red})
}

func interrupted() *stat.PanelBuilder {
	return number("Interrupted",
		"Interactive sign-ins that were asked for more, such as MFA: most are followed by one that succeeds.",
		query{Filters: interactive(is("status", "interrupted"))}).
		ColorScheme(fixed(ochre)).
		DataLinks(to(link("Interrupted sign-ins", signInsUID, "status", "interrupted")))
}

func activeUsers(filters ...filter) *stat.PanelBuilder {
	return number("Active users", "Different users with at least one sign-in in the time range, however it ended.",
		query{Measure: entra.DistinctUsers, Filters: filters})
}

func usersAtRisk() *stat.PanelBuilder {
	return number("Users at risk",
		"Users who are at risk or confirmed compromised at this moment, whenever that began.",
		query{QueryType: "riskyUser", Filters: []filter{is("riskState", "atRisk", "confirmedCompromised")}}).
		ColorScheme(byThreshold()).
		Thresholds(thresholds(green, limit{1, amber}, limit{10, red})).
		DataLinks(to(link("Users at risk", riskUID)))
}

func legacySignIns() *stat.PanelBuilder {
	return number("Legacy sign-ins", "Successful sign-ins by protocols that cannot ask for a second factor.",
		query{Filters: interactive(legacy, is("status", "success"))}).
		ColorScheme(byThreshold()).
		Thresholds(thresholds(green, limit{1, amber}, limit{100, red})).
		DataLinks(to(link("Gaps and legacy clients", conditionalAccessUID)))
}

const drill = " The first and the last week count as far as they lie in the time range. Click on a point for the list " +
	"of its sign-ins."

func userSignIns() *timeseries.PanelBuilder {
	return weekly("User sign-ins", "Interactive sign-ins by users per week and status."+drill,
		"status", "status", query{Filters: interactive(), GroupBy: []string{"status"}})
}

func applicationUsage() *timeseries.PanelBuilder {
	return weekly("Application usage",
		"Interactive sign-ins per week to the three applications with most of them."+drill,
		"application", "appDisplayName", query{Filters: interactive(), GroupBy: []string{"appDisplayName"}, Top: 3})
}

// weekly draws counts by week. A click on a point leads to its sign-ins: those with the label of its series, which the
// other dashboard takes as the variable.
func weekly(title, description, variable, name string, q query) *timeseries.PanelBuilder {
	q.Interval = "1w"
	return graph(title, description, nothing, q).
		ShowPoints(common.VisibilityModeAlways).
		DataLinks(to(
			signInsOf("Sign-ins of this day", aDayLong, variable, label(name)),
			signInsOf("Sign-ins of this week", step, variable, label(name)),
		))
}

// againstLastWeek draws sign-ins by hour, and those of a week before in the same place.
func againstLastWeek(title, description string, filters ...filter) *timeseries.PanelBuilder {
	return graph(title, description, nothing,
		query{Filters: filters, Interval: entra.Hour},
		query{Filters: filters, Interval: entra.Hour, Offset: "1w"}).
		OverrideByQuery("A", properties{{Id: "displayName", Value: "Now"}, painted(blue)}).
		OverrideByQuery("B", properties{
			{Id: "displayName", Value: "A week earlier"}, painted(gray),
			{Id: "custom.lineStyle", Value: map[string]any{"fill": "dash", "dash": []int{6, 6}}},
			{Id: "custom.fillOpacity", Value: 0},
		})
}

// legacy are the sign-ins by protocols that cannot ask for a second factor.
var legacy = is("clientAppClass", activity.Legacy)

func mfaCoverage() *piechart.PanelBuilder {
	return shares("Is MFA asked for?",
		"Successful interactive sign-ins by the highest level of authentication they needed. Records of Graph v1.0 "+
			"do not tell.", nothing,
		query{Filters: interactive(is("status", "success")), GroupBy: []string{"authenticationRequirement"}}).
		DataLinks(to(link("Where MFA is missing", conditionalAccessUID)))
}

func conditionalAccessCoverage() *piechart.PanelBuilder {
	return shares("Do policies apply?",
		"Interactive sign-ins by the result of all Conditional Access policies together. Not applied: no policy "+
			"was meant for them.", nothing,
		query{Filters: interactive(), GroupBy: []string{"conditionalAccessStatus"}}).
		DataLinks(to(link("Policies", conditionalAccessUID)))
}

// failureCodes is what the rollup knows of failures. The data source shows the codes with their meanings.
func failureCodes(title string, filters ...filter) *table.PanelBuilder {
	return failuresBy([]string{"errorCode"}, title, filters)
}

// failureReasons is what the records say besides.
func failureReasons(title string, filters ...filter) *table.PanelBuilder {
	return failuresBy([]string{"errorCode", "failureReason"}, title, filters).
		OverrideByName("errorCode", properties{width(codeWidth)}).
		OverrideByName("failureReason", wrapped)
}

func failuresBy(fields []string, title string, filters []filter) *table.PanelBuilder {
	return groups(title, "Why sign-ins failed, the most frequent reasons first. Click on a code for the sign-ins.",
		"No failures in this time range.",
		query{Filters: append(filters, is("status", "failure")), GroupBy: fields, Top: 20}).
		OverrideByName("errorCode", onward(link("Sign-ins with this code", signInsUID, "status", "failure", "code",
			clicked))).
		OverrideByName("Sign-ins", append(bar(red), width(140)))
}

func countries(title string, filters ...filter) *geomap.PanelBuilder {
	return worldMap(title,
		"Sign-ins by country or region of the address. The map comes with the plugin and needs no internet.", nothing,
		blue,
		query{Filters: filters}).
		DataLinks(to(link("Sign-ins from this country", signInsUID, "country", cell("countryOrRegion"))))
}

func riskNow() *table.PanelBuilder {
	return groups("Who is at risk now?", "Users at risk or confirmed compromised at this moment, by level and state.",
		"Nobody is at risk, or Entra ID P2, which tells, is missing.",
		query{QueryType: "riskyUser", Filters: []filter{is("riskState", "atRisk", "confirmedCompromised")},
			GroupBy: []string{"riskLevel", "riskState"}}).
		OverrideByName("Risky users", append(bar(amber), links(link("Users at risk", riskUID))))
}

// signInList shows single sign-ins, and where each of them leads. The list needs the field id for that.
func signInList(title, description string, q query) *table.PanelBuilder {
	return signInListOf(theTime, title, description, q)
}

// signInListOf is one whose links take a time range along.
func signInListOf(time, title, description string, q query) *table.PanelBuilder {
	return records(title, description, nothing, q).
		OverrideByName("Date",
			properties{links(leading("All details of this sign-in", signInUID, time, "id", cell("id")))}).
		OverrideByName("Request ID", hidden).
		OverrideByName("User",
			properties{links(leading("This user", usersUID, time, "user", cell("userPrincipalName")))}).
		OverrideByName("Application",
			properties{links(leading("This application", applicationsUID, time, "application", clicked))})
}
