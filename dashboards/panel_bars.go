package main

import "github.com/grafana/grafana-foundation-sdk/go/table"

// ranked lists groups by their size without further ado: their names, and bars beside them.
func ranked(title, description, empty, color string, q query) *table.PanelBuilder {
	return groups(title, description, empty, q).
		ShowHeader(false).
		OverrideByName("count", bar(color))
}
