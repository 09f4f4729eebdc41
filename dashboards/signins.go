package main

import (
	"fmt"
	"time"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/table"
)

const signInsUID = "entra-sign-ins"

// A period is what a point of a graph stands for, from the point's time on.
//
// Grafana's links know the time of the point but cannot add to it. They can open a window around it: time is its
// middle, time.window its width. So the list of sign-ins is asked for in a window moved half its width ahead, by its
// panel's time shift, which is a variable because days and weeks need different ones.
type period struct {
	width time.Duration
	half  string
}

var (
	day  = period{24 * time.Hour, "12h"}
	week = period{7 * 24 * time.Hour, "84h"}
)

// after is the query part of an address of the list of sign-ins, for the period that begins at a time.
func (p period) after(start string) string {
	return fmt.Sprintf("time=%s&time.window=%d&var-half=%s", start, p.width.Milliseconds(), p.half)
}

// ahead is the time shift that moves a window by the variable. Grafana shifts into the past only and puts a minus before
// what it is given, hence the zero.
const ahead = "0h+${half}"

// signIns lists the sign-ins behind a point of a graph.
func signIns() *dashboard.DashboardBuilder {
	chosen := []filter{is("status", "$status"), is("appDisplayName", "$application")}
	return newDashboard(signInsUID, "Entra ID: Sign-ins of a day",
		"The sign-ins behind a point of the overview's graphs; the last 24 hours when opened by itself.").
		// Half a day back, as the list looks half a day ahead.
		Time("now-36h", "now-12h").
		// The window's middle is not what the list begins with: showing it would mislead.
		Timepicker(dashboard.NewTimePickerBuilder().Hidden(true)).
		WithVariable(dashboard.NewCustomVariableBuilder("status").
			Label("Status").
			Values(dashboard.StringOrMap{String: cog.ToPtr("success,failure,interrupted")}).
			IncludeAll(true).
			Current(option("All", "$__all"))).
		WithVariable(dashboard.NewTextBoxVariableBuilder("application").
			Label("Application").
			Description("An application's name, or * for all.").
			DefaultValue(dashboard.StringOrMap{String: cog.ToPtr("*")}).
			Current(option("*", "*"))).
		WithVariable(dashboard.NewCustomVariableBuilder("half").
			Label("Half the window").
			Values(dashboard.StringOrMap{String: cog.ToPtr(day.half + "," + week.half)}).
			Current(option(day.half, day.half)).
			Hide(dashboard.VariableHideHideVariable)).
		Link(dashboard.NewDashboardLinkBuilder("Overview").
			Type(dashboard.DashboardLinkTypeLink).
			Icon("dashboard").
			Url("/d/entra-overview?var-datasource=${datasource}")).
		WithPanel(shifted(count(chosen...)).GridPos(at(0, 0, 8, 3))).
		WithPanel(shifted(failureRate(chosen...)).GridPos(at(8, 0, 8, 3))).
		WithPanel(shifted(activeUsers(chosen...)).GridPos(at(16, 0, 8, 3))).
		// Grafana writes these times in the browser's time zone, not the dashboard's: hence the offset.
		WithPanel(signInList("${__from:date:YYYY-MM-DD HH:mm} to ${__to:date:YYYY-MM-DD HH:mm Z}", "Who signed in, to which application, how it ended and whether MFA was asked for; the newest first.",
			question{
				Filters: chosen,
				Columns: []string{"createdDateTime", "userDisplayName", "userPrincipalName", "appDisplayName", "status", "authenticationRequirement"},
				Limit:   1000,
			}).
			TimeShift(ahead).
			HideTimeOverride(true).
			GridPos(at(0, 3, 24, 22)))
}

func shifted(panel *stat.PanelBuilder) *stat.PanelBuilder {
	return panel.TimeShift(ahead).HideTimeOverride(true)
}

// signInList shows single sign-ins.
func signInList(title, description string, q question) *table.PanelBuilder {
	q.View = "list"
	return table.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(datasource).
		WithTarget(q).
		NoValue(nothing).
		// Nothing to count in: dates, names and words stay as they are.
		Unit("none").
		Filterable(true).
		OverrideByName("Status", statusCell()).
		OverrideByName("Authentication requirement", requirementCell()).
		OverrideByFieldType("time", []dashboard.DynamicConfigValue{{Id: "unit", Value: "dateTimeAsIso"}, {Id: "custom.width", Value: 165}})
}

func option(text, value string) dashboard.VariableOption {
	return dashboard.VariableOption{
		Text:  dashboard.StringOrArrayOfString{String: &text},
		Value: dashboard.StringOrArrayOfString{String: &value},
	}
}
