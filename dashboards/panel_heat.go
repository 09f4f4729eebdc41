package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/heatmap"

	entra "github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// calendar is a heat map with a column for each day and a row for each hour of it. Grafana's
// has no text for an empty one: the result has a warning.
func calendar(title, description string, q query) *heatmap.PanelBuilder {
	q.View = entra.Calendar
	return heatmap.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(datasource).
		WithTarget(targetOf(q)).
		Unit("locale").
		Calculate(false).
		Color(heatmap.NewHeatmapColorOptionsBuilder().
			Mode(heatmap.HeatmapColorModeScheme).
			Scheme("Oranges").
			Fill("orange").
			Scale(heatmap.HeatmapColorScaleExponential).
			Exponent(0.5).
			Steps(64).
			Min(0)). // else what is counted least would have the background's color
		CellGap(2).
		CellValues(heatmap.NewCellValuesBuilder().Unit("locale").Decimals(0)).
		// Grafana's cells with nothing in them are the background's.
		FilterValues(heatmap.NewFilterValueRangeBuilder().Le(1e-9)).
		YAxis(heatmap.NewYAxisConfigBuilder().AxisPlacement(common.AxisPlacementLeft).Reverse(true).Unit("short")).
		ShowValue(common.VisibilityModeAuto).
		RowsFrame(heatmap.NewRowsHeatmapOptionsBuilder().Value("Sign-ins").Layout(common.HeatmapCellLayoutAuto)).
		Tooltip(heatmap.NewHeatmapTooltipBuilder().Mode(common.TooltipDisplayModeSingle).YHistogram(false).
			ShowColorScale(true)).
		HideLegend()
}
