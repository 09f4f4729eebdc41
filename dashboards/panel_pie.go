package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/piechart"
)

// shares is a pie chart of the parts of a whole. It queries series, which have colors, and adds them up.
func shares(title, description, empty string, q query) *piechart.PanelBuilder {
	q.View, q.Interval = "timeSeries", "1w"
	b := piechart.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(datasource).
		WithTarget(targetOf(q)).
		NoValue(empty).
		Unit("locale").
		Decimals(0).
		PieType(piechart.PieChartTypeDonut).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"sum"})).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeSingle)).
		Legend(shareLegend(common.LegendPlacementBottom))
	return naming(b, namesOf(q)...)
}

// shareLegend says of each part how much it is, below the ring or, in a wide panel, beside it.
func shareLegend(placement common.LegendPlacement) *piechart.PieChartLegendOptionsBuilder {
	return piechart.NewPieChartLegendOptionsBuilder().
		ShowLegend(true).
		DisplayMode(common.LegendDisplayModeTable).
		Placement(placement).
		Values([]piechart.PieChartLegendValues{piechart.PieChartLegendValuesValue,
			piechart.PieChartLegendValuesPercent})
}
