package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

const everything = "$__all"

// valuesOf is a variable with the values that a field of a kind of record has, found while typing. Several can be
// chosen, and All.
func valuesOf(name, title, kind, field string, filters ...filter) *dashboard.QueryVariableBuilder {
	return oneOf(name, title, kind, field, filters...).
		Multi(true).
		IncludeAll(true).
		Current(several("All", everything))
}

// oneOf is a variable with one of the values that a field has.
func oneOf(name, title, kind, field string, filters ...filter) *dashboard.QueryVariableBuilder {
	if filters == nil {
		filters = []filter{}
	}
	return dashboard.NewQueryVariableBuilder(name).
		Label(title).
		Datasource(datasource).
		Query(dashboard.StringOrMap{Map: map[string]any{
			"refId": "variable", "queryType": kind, "field": field, "filters": filters, "search": "$__searchFilter",
		}}).
		AllowCustomValue(true).
		Refresh(dashboard.VariableRefreshOnDashboardLoad).
		Sort(dashboard.VariableSortDisabled)
}

// typed is a variable that is written by hand.
func typed(name, title, description, initial string) *dashboard.TextBoxVariableBuilder {
	return dashboard.NewTextBoxVariableBuilder(name).
		Label(title).
		Description(description).
		DefaultValue(dashboard.StringOrMap{String: cog.ToPtr(initial)}).
		Current(option(initial, initial))
}

func option(text, value string) dashboard.VariableOption {
	return dashboard.VariableOption{
		Text:  dashboard.StringOrArrayOfString{String: &text},
		Value: dashboard.StringOrArrayOfString{String: &value},
	}
}

func several(text, value string) dashboard.VariableOption {
	return dashboard.VariableOption{
		Text:  dashboard.StringOrArrayOfString{ArrayOfString: []string{text}},
		Value: dashboard.StringOrArrayOfString{ArrayOfString: []string{value}},
	}
}
