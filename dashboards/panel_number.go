package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/stat"

	entra "github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// numberSize leaves the unit, which is smaller, the 24 pixels from which on colors need less contrast to be read.
const numberSize = 40

// number is one number, large.
func number(title, description string, q query) *stat.PanelBuilder {
	q.View = entra.Value
	return large(title, description, datasource).WithTarget(targetOf(q))
}

// large is the panel of one number.
func large(title, description string, source common.DataSourceRef) *stat.PanelBuilder {
	return stat.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(source).
		NoValue("no data").
		Unit("locale").
		ColorScheme(fixed(plain)).
		Mappings([]dashboard.ValueMapping{unknown}).
		GraphMode(common.BigValueGraphModeNone).
		ColorMode(common.BigValueColorModeValue).
		Text(common.NewVizTextDisplayOptionsBuilder().ValueSize(numberSize)).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"}))
}

// unknown paints what has no value, as after an error, in no color that judges. Grafana would take it for less than any
// limit.
var unknown = dashboard.ValueMapping{SpecialValueMap: &dashboard.SpecialValueMap{
	Type: dashboard.MappingTypeSpecialValue,
	Options: dashboard.DashboardSpecialValueMapOptions{
		Match:  dashboard.SpecialValueMatchNullAndNan,
		Result: dashboard.ValueMappingResult{Color: cog.ToPtr(plain)},
	},
}}

// rate is a share of something, painted from the limits on.
func rate(title, description string, q query, below string, limits ...limit) *stat.PanelBuilder {
	q.Measure = entra.FailureRate
	return number(title, description, q).
		Unit("percentunit").
		Decimals(1).
		ColorScheme(byThreshold()).
		Thresholds(thresholds(below, limits...))
}
