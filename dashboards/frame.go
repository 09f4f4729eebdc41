package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

var (
	pluginID = "entra-activity-datasource"
	// datasourceUID refers to the dashboards' variable: which data source it is, is the user's choice.
	datasourceUID = "${datasource}"
	datasource    = common.DataSourceRef{Type: &pluginID, Uid: &datasourceUID}
)

// newDashboard begins a dashboard with what all of them have: the choice of the data source and ways to the others.
func newDashboard(uid, title, description string) *dashboard.DashboardBuilder {
	return dashboard.NewDashboardBuilder(title).
		Uid(uid).
		Description(description).
		Tags([]string{tag}).
		Tooltip(dashboard.DashboardCursorSyncCrosshair).
		Editable().
		WithVariable(dashboard.NewDatasourceVariableBuilder("datasource").
			Label("Data source").
			Type(pluginID))
}

const tag = "entra-id"

func at(x, y, width, height uint32) dashboard.GridPos {
	return dashboard.GridPos{X: x, Y: y, W: width, H: height}
}

// nothing is what graphs and lists of sign-ins show instead of an empty frame.
const nothing = "No sign-ins in this time range. Choose another one, or import records with entra-activity import."

// statuses are written and painted as the portal does.
var statuses = []struct{ status, label, colour string }{
	{"success", "Success", "green"},
	{"failure", "Failure", "red"},
	{"interrupted", "Interrupted", "orange"},
}

// statusCell writes and paints the cells of a status column.
func statusCell() []dashboard.DynamicConfigValue {
	written := map[string]dashboard.ValueMappingResult{}
	for i, s := range statuses {
		written[s.status] = dashboard.ValueMappingResult{Text: cog.ToPtr(s.label), Color: cog.ToPtr(s.colour), Index: cog.ToPtr(int32(i))}
	}
	return []dashboard.DynamicConfigValue{
		mapValues(written),
		{Id: "custom.cellOptions", Value: map[string]string{"type": "color-text"}},
		{Id: "custom.width", Value: 110},
	}
}

// requirementCell writes the cells of an authentication requirement column as the portal does.
func requirementCell() []dashboard.DynamicConfigValue {
	return []dashboard.DynamicConfigValue{
		mapValues(map[string]dashboard.ValueMappingResult{
			"multiFactorAuthentication":  {Text: cog.ToPtr("Multifactor"), Index: cog.ToPtr(int32(0))},
			"singleFactorAuthentication": {Text: cog.ToPtr("Single-factor"), Index: cog.ToPtr(int32(1))},
		}),
		{Id: "displayName", Value: "Authentication"},
		{Id: "custom.width", Value: 130},
	}
}

func mapValues(written map[string]dashboard.ValueMappingResult) dashboard.DynamicConfigValue {
	return dashboard.DynamicConfigValue{Id: "mappings", Value: []dashboard.ValueMap{{Type: dashboard.MappingTypeValueToText, Options: written}}}
}
