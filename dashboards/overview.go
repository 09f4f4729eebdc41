package main

import (
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// overview recreates the two graphs the portal opens with, and puts the numbers and the list behind them beside.
func overview() *dashboard.DashboardBuilder {
	return newDashboard("entra-overview", "Entra ID: Overview",
		"Who signs in to what, and how it ends: the portal's user sign-ins and application usage, for as long as the records are kept.").
		Time("now-30d", "now").
		WithPanel(count().GridPos(at(0, 0, 6, 4))).
		WithPanel(failureRate().GridPos(at(6, 0, 6, 4))).
		WithPanel(number("Interrupted", "Interactive sign-ins that were asked for more, such as MFA: most are followed by one that succeeds.",
			question{Measure: "count", Filters: []filter{is("status", "interrupted")}}).
			ColorScheme(fixed("orange")).GridPos(at(12, 0, 6, 4))).
		WithPanel(activeUsers().GridPos(at(18, 0, 6, 4))).
		WithPanel(userSignIns().GridPos(at(0, 4, 12, 10))).
		WithPanel(applicationUsage().GridPos(at(12, 4, 12, 10))).
		WithPanel(failureReasons().GridPos(at(0, 14, 24, 8))).
		WithPanel(signInList("Latest sign-ins", "The newest interactive sign-ins of the time range.",
			question{Columns: []string{"createdDateTime", "userDisplayName", "appDisplayName", "status", "authenticationRequirement"}, Limit: 100}).
			GridPos(at(0, 22, 24, 11)))
}

func userSignIns() *timeseries.PanelBuilder {
	panel := graph("User sign-ins", "Interactive sign-ins by users per week and status.",
		"status", "status", question{GroupBy: []string{"status"}})
	for _, s := range statuses {
		panel.OverrideByName(s.status, []dashboard.DynamicConfigValue{
			{Id: "color", Value: map[string]string{"mode": "fixed", "fixedColor": s.colour}},
			{Id: "displayName", Value: s.label},
		})
	}
	return panel
}

func applicationUsage() *timeseries.PanelBuilder {
	return graph("Application usage", "Interactive sign-ins per week to the three applications with most of them.",
		"application", "appDisplayName", question{GroupBy: []string{"appDisplayName"}, Top: 3})
}

// graph draws counts by week. A click on a point leads to its sign-ins: those with the label of its series, which the
// other dashboard takes as the variable.
func graph(title, description, variable, label string, q question) *timeseries.PanelBuilder {
	q.View, q.Measure, q.Interval = "timeSeries", "count", "1w"
	return timeseries.NewPanelBuilder().
		Title(title).
		Description(description + " The first and the last week count as far as they lie in the time range. Click on a point for the list of its sign-ins.").
		Datasource(datasource).
		WithTarget(q).
		NoValue(nothing).
		Unit("locale").
		Decimals(0).
		Min(0).
		LineWidth(2).
		ShowPoints(common.VisibilityModeAlways).
		PointSize(7).
		Legend(common.NewVizLegendOptionsBuilder().
			ShowLegend(true).
			DisplayMode(common.LegendDisplayModeList).
			Placement(common.LegendPlacementBottom).
			Calcs([]string{"sum"})).
		Tooltip(common.NewVizTooltipOptionsBuilder().
			Mode(common.TooltipDisplayModeMulti).
			Sort(common.SortOrderDescending)).
		DataLinks([]cog.Builder[dashboard.DashboardLink]{
			signInsFrom("Sign-ins of this day", day, variable, label),
			signInsFrom("Sign-ins of this week", week, variable, label),
		})
}

func signInsFrom(title string, p period, variable, label string) *dashboard.DashboardLinkBuilder {
	return dashboard.NewDashboardLinkBuilder(title).
		Type(dashboard.DashboardLinkTypeLink).
		Url(fmt.Sprintf("/d/%s?%s&var-%s=${__field.labels.%s}&var-datasource=${datasource}", signInsUID, p.after("${__value.time}"), variable, label))
}

func failureReasons() *table.PanelBuilder {
	return table.NewPanelBuilder().
		Title("Top failure reasons").
		Description("Why interactive sign-ins failed, the most frequent reasons first.").
		Datasource(datasource).
		WithTarget(question{
			View:    "table",
			Measure: "count",
			Filters: []filter{is("status", "failure")},
			GroupBy: []string{"errorCode", "failureReason"},
			Top:     20,
		}).
		NoValue("No failures in this time range.").
		Unit("locale").
		OverrideByName("Sign-in error code", []dashboard.DynamicConfigValue{
			{Id: "displayName", Value: "Error code"}, {Id: "unit", Value: "none"}, {Id: "custom.align", Value: "left"}, {Id: "custom.width", Value: 100},
		}).
		OverrideByName("Failure reason", []dashboard.DynamicConfigValue{
			{Id: "custom.cellOptions", Value: map[string]any{"type": "auto", "wrapText": true}},
		}).
		OverrideByName("Sign-ins", []dashboard.DynamicConfigValue{
			{Id: "custom.cellOptions", Value: map[string]string{"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}},
			{Id: "color", Value: map[string]string{"mode": "fixed", "fixedColor": "red"}},
			{Id: "min", Value: 0},
			{Id: "custom.width", Value: 300},
		})
}
