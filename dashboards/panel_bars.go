package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/bargauge"
	"github.com/grafana/grafana-foundation-sdk/go/common"
)

// ranked draws groups as lying bars, the largest first. The name of a group is the first field grouped by.
func ranked(title, description, empty, colour string, q question) *bargauge.PanelBuilder {
	q.View = "table"
	return bargauge.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(datasource).
		WithTarget(q).
		NoValue(empty).
		Unit("locale").
		Decimals(0).
		Min(0).
		ColorScheme(fixed(colour)).
		Orientation(common.VizOrientationHorizontal).
		DisplayMode(common.BarGaugeDisplayModeBasic).
		ValueMode(common.BarGaugeValueModeText).
		NamePlacement(common.BarGaugeNamePlacementLeft).
		ShowUnfilled(false).
		Text(common.NewVizTextDisplayOptionsBuilder().TitleSize(13).ValueSize(13)).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Values(true).Limit(50).Calcs([]string{"lastNotNull"}))
}
