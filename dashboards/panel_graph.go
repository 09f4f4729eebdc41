package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// graph draws lines over time, one for each group.
func graph(title, description, empty string, questions ...question) *timeseries.PanelBuilder {
	b := timeseries.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(datasource).
		NoValue(empty).
		Unit("locale").
		Decimals(0).
		Min(0).
		LineWidth(2).
		FillOpacity(8).
		ShowPoints(common.VisibilityModeAuto).
		PointSize(7).
		Legend(common.NewVizLegendOptionsBuilder().
			ShowLegend(true).
			DisplayMode(common.LegendDisplayModeList).
			Placement(common.LegendPlacementBottom).
			Calcs(legendOf(questions))).
		Tooltip(common.NewVizTooltipOptionsBuilder().
			Mode(common.TooltipDisplayModeMulti).
			Sort(common.SortOrderDescending))
	for i, q := range questions {
		q.View = "timeSeries"
		if q.RefID == "" {
			q.RefID = string(rune('A' + i))
		}
		b.WithTarget(q)
	}
	return naming(b, namesOf(questions...)...)
}

// legendOf is what a legend says of each line: what its points add up to, if that means anything.
func legendOf(questions []question) []string {
	for _, q := range questions {
		if q.Measure == "averageDuration" || q.Measure == "failureRate" || q.Measure == "distinctUsers" {
			return []string{"mean"}
		}
	}
	return []string{"sum"}
}

// columns draws what adds up to a whole as stacked columns over time.
func columns(title, description, empty string, questions ...question) *timeseries.PanelBuilder {
	return graph(title, description, empty, questions...).
		DrawStyle(common.GraphDrawStyleBars).
		LineWidth(0).
		FillOpacity(85).
		ShowPoints(common.VisibilityModeNever).
		Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal).Group("A"))
}
