package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/table"
)

// groups is a table of groups and their measure, for groups of several fields.
func groups(title, description, empty string, q question) *table.PanelBuilder {
	q.View = "table"
	return tabular(title, description, empty, q).Unit("locale")
}

// records is a list of single records.
func records(title, description, empty string, q question) *table.PanelBuilder {
	q.View = "list"
	return tabular(title, description, empty, q).Filterable(true)
}

// part is a section of all that is known of one record.
func part(title, description, empty string, q question) *table.PanelBuilder {
	q.View = "detail"
	return tabular(title, description, empty, q)
}

func tabular(title, description, empty string, q question) *table.PanelBuilder {
	b := table.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(datasource).
		WithTarget(q).
		NoValue(empty).
		// Nothing to count in: dates, names and words stay as they are.
		Unit("none").
		CellHeight(common.TableCellHeightSm).
		// Grafana would write what an empty panel says into every empty cell.
		OverrideByRegexp("/.*/", []dashboard.DynamicConfigValue{{Id: "noValue", Value: "-"}}).
		OverrideByFieldType("time", []dashboard.DynamicConfigValue{{Id: "unit", Value: "dateTimeAsIso"}, {Id: "custom.width", Value: 165}})
	for _, name := range []string{"Status", "Result"} {
		b.OverrideByName(name, statusCell())
	}
	return b.
		OverrideByName("Authentication requirement", requirementCell()).
		OverrideByRegexp("/^Risk level/", []dashboard.DynamicConfigValue{{Id: "custom.cellOptions", Value: map[string]string{"type": "color-text"}}, {Id: "custom.width", Value: 120}})
}

// bar is the property of a column of numbers that draws them as bars.
func bar(colour string) []dashboard.DynamicConfigValue {
	return []dashboard.DynamicConfigValue{
		{Id: "custom.cellOptions", Value: map[string]string{"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}},
		painted(colour),
		{Id: "min", Value: 0},
	}
}

func width(pixels int) dashboard.DynamicConfigValue {
	return dashboard.DynamicConfigValue{Id: "custom.width", Value: pixels}
}

// statusCell writes and paints the cells of a status column.
func statusCell() []dashboard.DynamicConfigValue {
	return []dashboard.DynamicConfigValue{
		wording(statuses...),
		{Id: "custom.cellOptions", Value: map[string]string{"type": "color-text"}},
		width(110),
	}
}

// requirementCell writes the cells of an authentication requirement column as the portal does.
func requirementCell() []dashboard.DynamicConfigValue {
	return []dashboard.DynamicConfigValue{
		wording(requirements...),
		{Id: "displayName", Value: "Authentication"},
		width(130),
	}
}

// requirements are what a sign-in had to do, as the portal writes it.
var requirements = []word{{value: "multiFactorAuthentication", text: "Multifactor"}, {value: "singleFactorAuthentication", text: "Single-factor"}}
