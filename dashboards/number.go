package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
)

func count(filters ...filter) *stat.PanelBuilder {
	return number("Sign-ins", "Interactive sign-ins by users in the time range.",
		question{Measure: "count", Filters: filters})
}

func failureRate(filters ...filter) *stat.PanelBuilder {
	return number("Failure rate", "Share of the interactive sign-ins that failed. Interrupted ones, where something more was asked for, are no failures.",
		question{Measure: "failureRate", Filters: filters}).
		Unit("percentunit").
		Decimals(1).
		ColorScheme(fixed("red"))
}

func activeUsers(filters ...filter) *stat.PanelBuilder {
	return number("Active users", "Different users with at least one interactive sign-in in the time range, however it ended.",
		question{Measure: "distinctUsers", Filters: filters})
}

func number(title, description string, q question) *stat.PanelBuilder {
	q.View = "value"
	return stat.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(datasource).
		WithTarget(q).
		NoValue("-").
		Unit("locale").
		ColorScheme(fixed("text")).
		GraphMode(common.BigValueGraphModeNone).
		ColorMode(common.BigValueColorModeValue).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"}))
}

func fixed(colour string) *dashboard.FieldColorBuilder {
	return dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdFixed).FixedColor(colour)
}
