package main

import (
	"cmp"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"

	entra "github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// The panels of dashboards about any kind of record.

// noneOfThem is what a panel without data says, and what to do about it.
func noneOfThem(records string) string {
	return "No " + records +
		" in this time range, or none with these filters. Choose others, or import records with entra-activity import."
}

// daily draws what happened by day, unless the query has another interval.
func daily(title, description, empty string, q query) *timeseries.PanelBuilder {
	if q.Interval == "" {
		q.Interval = entra.Day
	}
	return columns(title, description, empty, q)
}

// sized lists groups by their size, which is the column counted.
func sized(title, description, empty, counted, color string, q query) *table.PanelBuilder {
	if q.Top == 0 {
		q.Top = 20
	}
	return groups(title, description, empty, q).
		Filterable(true).
		OverrideByName(counted, append(bar(color), width(sizeWidth(q)),
			property{Id: "displayName", Value: cmp.Or(shortly[counted], counted)}))
}

// shortly are counts under a title that says of what.
var shortly = map[string]string{"Audit events": "Events", "Provisioning events": "Events",
	"Risk detections": "Detections"}

// sizeWidth leaves room for what is sized.
func sizeWidth(q query) int {
	if len(q.GroupBy) > 1 {
		return 100
	}
	return 120
}

// judged paints a number by what it means.
func judged(panel *stat.PanelBuilder, below string, limits ...limit) *stat.PanelBuilder {
	return panel.ColorScheme(byThreshold()).Thresholds(thresholds(below, limits...))
}

// onward makes a column lead to other dashboards.
func onward(list ...*dashboard.DashboardLinkBuilder) properties {
	return properties{links(list...)}
}
