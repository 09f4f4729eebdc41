package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/piechart"
)

// shares is a ring of what a whole is made of. It asks for series, which bring their colours, and adds them up.
func shares(title, description, empty string, q question) *piechart.PanelBuilder {
	q.View, q.Interval = "timeSeries", "1w"
	b := piechart.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(datasource).
		WithTarget(q).
		NoValue(empty).
		Unit("locale").
		Decimals(0).
		PieType(piechart.PieChartTypeDonut).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"sum"})).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeSingle)).
		Legend(piechart.NewPieChartLegendOptionsBuilder().
			ShowLegend(true).
			DisplayMode(common.LegendDisplayModeList).
			Placement(common.LegendPlacementBottom).
			Values([]piechart.PieChartLegendValues{piechart.PieChartLegendValuesValue, piechart.PieChartLegendValuesPercent}))
	return naming(b, namesOf(q)...)
}
