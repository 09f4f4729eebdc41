package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"

	entra "github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// graph draws lines over time, one for each group.
func graph(title, description, empty string, queries ...query) *timeseries.PanelBuilder {
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
			Calcs(legendOf(queries))).
		Tooltip(common.NewVizTooltipOptionsBuilder().
			Mode(common.TooltipDisplayModeMulti).
			Sort(common.SortOrderDescending))
	for i, q := range queries {
		q.View = entra.TimeSeries
		b.WithTarget(target{RefID: string(rune('A' + i)), query: q})
	}
	return naming(b, namesOf(queries...)...)
}

// legendOf is what a legend says of each line: what its points add up to, if that means anything.
func legendOf(queries []query) []string {
	for _, q := range queries {
		if q.Measure == entra.AverageDuration || q.Measure == entra.FailureRate || q.Measure == entra.DistinctUsers {
			return []string{"mean"}
		}
	}
	return []string{"sum"}
}

// columns draws what adds up to a whole as stacked columns over time.
func columns(title, description, empty string, queries ...query) *timeseries.PanelBuilder {
	return graph(title, description, empty, queries...).
		DrawStyle(common.GraphDrawStyleBars).
		LineWidth(0).
		FillOpacity(85).
		ShowPoints(common.VisibilityModeNever).
		Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal).Group("A"))
}
