package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
)

// number is one number, large.
func number(title, description string, q question) *stat.PanelBuilder {
	q.View = "value"
	return stat.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(datasource).
		WithTarget(q).
		NoValue("none").
		Unit("locale").
		ColorScheme(fixed(plain)).
		GraphMode(common.BigValueGraphModeNone).
		ColorMode(common.BigValueColorModeValue).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"}))
}

// rate is a share of something, painted from the limits on.
func rate(title, description string, q question, below string, limits ...limit) *stat.PanelBuilder {
	q.Measure = "failureRate"
	return number(title, description, q).
		Unit("percentunit").
		Decimals(1).
		ColorScheme(byThreshold()).
		Thresholds(thresholds(below, limits...))
}
