package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/bargauge"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// The panels of dashboards about any kind of record.

// noneOfThem is what a panel without an answer says, and what to do about it.
func noneOfThem(records string) string {
	return "No " + records + " in this time range, or none with these filters. Choose others, or import records with entra-activity import."
}

// overTime draws what happened by day, in bars that add up.
func overTime(title, description, none string, q question) *timeseries.PanelBuilder {
	q.View = "timeSeries"
	if q.Interval == "" {
		q.Interval = "1d"
	}
	return timeseries.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(datasource).
		WithTarget(q).
		NoValue(none).
		Unit("locale").
		Min(0).
		DrawStyle(common.GraphDrawStyleBars).
		FillOpacity(80).
		LineWidth(1).
		Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal)).
		Legend(common.NewVizLegendOptionsBuilder().
			ShowLegend(true).
			DisplayMode(common.LegendDisplayModeList).
			Placement(common.LegendPlacementBottom).
			Calcs([]string{"sum"})).
		Tooltip(common.NewVizTooltipOptionsBuilder().
			Mode(common.TooltipDisplayModeMulti).
			Sort(common.SortOrderDescending))
}

// lines draws what is no count, such as durations.
func lines(title, description, none string, q question) *timeseries.PanelBuilder {
	return overTime(title, description, none, q).
		DrawStyle(common.GraphDrawStyleLine).
		FillOpacity(0).
		LineWidth(2).
		PointSize(6).
		ShowPoints(common.VisibilityModeAlways).
		Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNone)).
		Legend(common.NewVizLegendOptionsBuilder().
			ShowLegend(true).
			DisplayMode(common.LegendDisplayModeList).
			Placement(common.LegendPlacementBottom).
			Calcs([]string{"mean"}))
}

// ranked lists groups by their size, which is the column counted.
func ranked(title, description, none, counted, colour string, q question) *table.PanelBuilder {
	q.View = "table"
	if q.Top == 0 {
		q.Top = 20
	}
	return table.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(datasource).
		WithTarget(q).
		NoValue(none).
		Unit("locale").
		Filterable(true).
		OverrideByName(counted, []dashboard.DynamicConfigValue{
			{Id: "custom.cellOptions", Value: map[string]string{"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}},
			{Id: "color", Value: map[string]string{"mode": "fixed", "fixedColor": colour}},
			{Id: "min", Value: 0},
			{Id: "custom.width", Value: 200},
		})
}

// bars shows groups by their size.
func bars(title, description, none, colour string, q question) *bargauge.PanelBuilder {
	q.View = "table"
	return bargauge.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(datasource).
		WithTarget(q).
		NoValue(none).
		Unit("locale").
		Min(0).
		Orientation(common.VizOrientationHorizontal).
		DisplayMode(common.BarGaugeDisplayModeBasic).
		ColorScheme(fixed(colour)).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Values(true).Calcs([]string{"lastNotNull"}))
}

// records lists records, the newest first.
func records(title, description, none string, q question) *table.PanelBuilder {
	q.View = "list"
	if q.Limit == 0 {
		q.Limit = 500
	}
	return table.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(datasource).
		WithTarget(q).
		NoValue(none).
		Unit("none").
		Filterable(true).
		OverrideByName("Status", coloured(110)).
		OverrideByName("Result", coloured(110)).
		OverrideByName("Policy result", coloured(190)).
		OverrideByName("Risk level", coloured(110)).
		OverrideByName("Risk level (during sign-in)", coloured(110)).
		OverrideByFieldType("time", []dashboard.DynamicConfigValue{{Id: "unit", Value: "dateTimeAsIso"}, {Id: "custom.width", Value: 165}})
}

// coloured paints the words of a column in the colours that the data come with.
func coloured(width int) []dashboard.DynamicConfigValue {
	return []dashboard.DynamicConfigValue{
		{Id: "custom.cellOptions", Value: map[string]string{"type": "color-text"}},
		{Id: "custom.width", Value: width},
	}
}

// step is where a colour begins; the first begins anywhere.
type step struct {
	from   float64
	colour string
}

func thresholds(below string, steps ...step) *dashboard.ThresholdsConfigBuilder {
	list := []dashboard.Threshold{{Color: below}}
	for _, s := range steps {
		list = append(list, dashboard.Threshold{Value: cog.ToPtr(s.from), Color: s.colour})
	}
	return dashboard.NewThresholdsConfigBuilder().Mode(dashboard.ThresholdsModeAbsolute).Steps(list)
}

// byThreshold paints a number by what it means.
func byThreshold(panel *stat.PanelBuilder, below string, steps ...step) *stat.PanelBuilder {
	return panel.ColorScheme(dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdThresholds)).Thresholds(thresholds(below, steps...))
}

// choice is a variable of the values that a field has in records of the time range.
func choice(name, label, kind, field string) *dashboard.QueryVariableBuilder {
	return dashboard.NewQueryVariableBuilder(name).
		Label(label).
		Datasource(datasource).
		Query(dashboard.StringOrMap{Map: map[string]any{
			"refId": "variable", "queryType": kind, "field": field, "filters": []filter{}, "search": "$__searchFilter", "limit": 100,
		}}).
		Definition(kind + " " + field).
		Refresh(dashboard.VariableRefreshOnTimeRangeChanged).
		Multi(true).
		IncludeAll(true).
		AllowCustomValue(true).
		Current(option("All", "$__all"))
}

// siblings leads to the other dashboards.
func siblings(d *dashboard.DashboardBuilder) *dashboard.DashboardBuilder {
	return d.Link(dashboard.NewDashboardLinkBuilder("Entra ID dashboards").
		Type(dashboard.DashboardLinkTypeDashboards).
		Tags([]string{tag}).
		AsDropdown(true).
		IncludeVars(true).
		KeepTime(true))
}

// to is a link of a value to another dashboard of the same data source and time range.
func to(title, uid, variables string) *dashboard.DashboardLinkBuilder {
	return dashboard.NewDashboardLinkBuilder(title).
		Type(dashboard.DashboardLinkTypeLink).
		Url("/d/" + uid + "?var-datasource=${datasource}&${__url_time_range}" + variables)
}

// linked makes a column's cells lead to another dashboard.
func linked(properties []dashboard.DynamicConfigValue, title, uid, variables string) []dashboard.DynamicConfigValue {
	return append(properties, dashboard.DynamicConfigValue{Id: "links", Value: []map[string]string{
		{"title": title, "url": "/d/" + uid + "?var-datasource=${datasource}&${__url_time_range}" + variables},
	}})
}
