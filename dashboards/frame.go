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

// statusColours paint each status as the portal does, in panels that name series or columns by status.
var statusColours = []struct{ status, colour string }{
	{"success", "green"},
	{"failure", "red"},
	{"interrupted", "orange"},
}

func colour(name string) []dashboard.DynamicConfigValue {
	return []dashboard.DynamicConfigValue{{Id: "color", Value: map[string]string{"mode": "fixed", "fixedColor": name}}}
}

// statusCell paints the cells of a status column.
func statusCell() []dashboard.DynamicConfigValue {
	mapped := map[string]dashboard.ValueMappingResult{}
	for i, s := range statusColours {
		mapped[s.status] = dashboard.ValueMappingResult{Color: cog.ToPtr(s.colour), Index: cog.ToPtr(int32(i))}
	}
	return []dashboard.DynamicConfigValue{
		{Id: "mappings", Value: []dashboard.ValueMap{{Type: dashboard.MappingTypeValueToText, Options: mapped}}},
		{Id: "custom.cellOptions", Value: map[string]string{"type": "color-text"}},
	}
}
