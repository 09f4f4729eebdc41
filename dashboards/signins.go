package main

import (
	"encoding/json"
	"net/url"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// ahead is the time shift that moves a window by the variable. Grafana shifts into the past only and puts a minus
// before what it is given, hence the zero.
const ahead = "0h+${half}"

// A choice is a filter of the portal's report of sign-ins.
type choice struct{ variable, title, field string }

var choices = []choice{
	{"type", "Sign-in type", "signInEventTypes"},
	{"status", "Status", "status"},
	{"user", "Username", "userPrincipalName"},
	{"name", "User", "userDisplayName"},
	{"group", "Member of group", "memberOf"},
	{"application", "Application", "appDisplayName"},
	{"resource", "Resource", "resourceDisplayName"},
	{"address", "IP address", "ipAddress"},
	{"country", "Country or region", "countryOrRegion"},
	{"city", "City", "city"},
	{"client", "Client app", "clientAppUsed"},
	{"os", "Operating system", "operatingSystem"},
	{"browser", "Browser", "browser"},
	{"device", "Device", "deviceDisplayName"},
	{"requirement", "Authentication", "authenticationRequirement"},
	{"access", "Conditional Access", "conditionalAccessStatus"},
	{"code", "Error code", "errorCode"},
	{"risk", "Risk level", "riskLevelDuringSignIn"},
	{"riskstate", "Risk state", "riskState"},
	{"usertype", "User type", "userType"},
	{"crosstenant", "Cross tenant access", "crossTenantAccessType"},
	{"protocol", "Protocol", "authenticationProtocol"},
}

// written are the filters that nobody picks from a list.
var written = []choice{
	{"request", "Request ID", "id"},
	{"correlation", "Correlation ID", "correlationId"},
}

// signIns is the portal's report: every filter, every column, and the rows as a file. It is also the list behind a
// point of the other dashboards' graphs.
func signIns() *dashboard.DashboardBuilder {
	b := newDashboard(signInsUID, "Sign-ins",
		"The report of sign-ins with the portal's filters. Without a choice it shows the interactive ones, as the "+
			"portal does.").
		Time("now-24h", "now").
		Annotation(policyChanges())
	var filters []filter
	for _, c := range choices {
		v := valuesOf(c.variable, c.title, "signIn", c.field)
		if c.variable == "type" {
			v.Current(several(activity.Interactive, activity.Interactive))
		}
		b.WithVariable(v)
		filters = append(filters, is(c.field, "$"+c.variable))
	}
	for _, c := range written {
		b.WithVariable(typed(c.variable, c.title, "The whole ID, or * for all.", "*"))
		filters = append(filters, is(c.field, "$"+c.variable))
	}
	list := query{Filters: filters, Limit: 1000, Columns: []string{
		"createdDateTime", "id", "userDisplayName", "userPrincipalName", "appDisplayName", "status", "errorCode",
		"failureReason", "authenticationRequirement",
		"conditionalAccessStatus", "ipAddress", "city", "countryOrRegion", "clientAppUsed", "operatingSystem",
		"browser", "deviceDisplayName", "resourceDisplayName",
		"riskLevelDuringSignIn", "riskState", "correlationId",
	}}
	return b.
		WithVariable(dashboard.NewAdHocVariableBuilder("more").Label("More filters").Datasource(datasource)).
		WithVariable(dashboard.NewCustomVariableBuilder("half").
			Label("Half the window").
			Values(dashboard.StringOrMap{String: cog.ToPtr("0h," + halfADay)}).
			Current(option("0h", "0h")).
			Hide(dashboard.VariableHideHideVariable)).
		WithPanel(signInCount(filters...).TimeShift(ahead).HideTimeOverride(true).GridPos(at(0, 0, 8, 3))).
		WithPanel(failureRate(filters...).TimeShift(ahead).HideTimeOverride(true).GridPos(at(8, 0, 8, 3))).
		WithPanel(activeUsers(filters...).TimeShift(ahead).HideTimeOverride(true).GridPos(at(16, 0, 8, 3))).
		WithPanel(columns("When did they sign in?",
			"The sign-ins by status. Click on a column for those of the day that begins there.", nothing,
			query{Filters: filters, GroupBy: []string{"status"}}).
			DataLinks(to(signInsOf("Sign-ins of the day from here", aDayLong))).
			MaxDataPoints(100). // a column for a quarter of an hour of a day, as the rollup counts
			TimeShift(ahead).HideTimeOverride(true).GridPos(at(0, 3, 24, 7))).
		// Grafana writes these times in the browser's time zone, not the dashboard's: hence the offset.
		WithPanel(signInListOf(shownTime, "${__from:date:YYYY-MM-DD HH:mm} to ${__to:date:YYYY-MM-DD HH:mm Z}",
			"Who signed in, to what, and how it ended; the newest 1,000 at most, where the downloads hold all. "+
				"Click on a date for all that is known of a sign-in.", list).
			Links(to(download("All of these as CSV", list, "csv"), download("All of these as JSON", list, "json"))).
			TimeShift(ahead).
			HideTimeOverride(true).
			GridPos(at(0, 10, 24, 22)))
}

// download leads to all that a list selects, as a file. What the variables are set to goes along.
func download(title string, q query, format string) *dashboard.DashboardLinkBuilder {
	q.View, q.Limit = "list", 0
	built, _ := targetOf(q).Build() // nothing in it can be wrong
	text, _ := json.Marshal(built)
	return dashboard.NewDashboardLinkBuilder(title).
		Type(dashboard.DashboardLinkTypeLink).
		TargetBlank(true).
		Url("/api/datasources/uid/${datasource}/resources/download?format=" + format +
			"&from=${__from}&to=${__to}&${__all_variables}&query=" + url.QueryEscape(string(text)))
}
