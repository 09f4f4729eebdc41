package main

import (
	"cmp"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/table"
)

// ranked lists groups by their size without further ado: their names, as long as they are, and bars.
func ranked(title, description, empty, colour string, q question) *table.PanelBuilder {
	return groups(title, description, empty, q).
		ShowHeader(false).
		OverrideByName(q.GroupBy[0], []dashboard.DynamicConfigValue{width(cmp.Or(widths[q.GroupBy[0]], 225))}).
		OverrideByName("count", bar(colour))
}
