package main

import (
	"fmt"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/entra-activity/entra-activity-datasource/pkg/frames"
)

// Where a link's value comes from, in the form that addresses need.
const clicked = "${__value.raw:percentencode}" // the cell itself

// cell is another cell of the clicked row, by its field's name.
func cell(field string) string { return "${__data.fields." + field + ":percentencode}" }

// label is a label of the clicked series.
func label(name string) string { return "${__field.labels." + name + ":percentencode}" }

// chosen is what a variable of the dashboard is set to.
func chosen(variable string) string { return "${" + variable + ":percentencode}" }

// link leads to another dashboard, with the same data source and time range, and sets variables there: "user", value,
// ...
func link(title, uid string, variables ...string) *dashboard.DashboardLinkBuilder {
	return leading(title, uid, theTime, variables...)
}

// The time range in addresses: the dashboard's, and that of a panel with a time shift, for which Grafana has no other
// name.
const (
	theTime   = "${__url_time_range}"
	shownTime = "from=${__from}&to=${__to}"
)

func leading(title, uid, time string, variables ...string) *dashboard.DashboardLinkBuilder {
	var url strings.Builder
	fmt.Fprintf(&url, "/d/%s?%s&var-datasource=${datasource}", uid, time)
	for i := 0; i+1 < len(variables); i += 2 {
		fmt.Fprintf(&url, "&var-%s=%s", variables[i], variables[i+1])
	}
	return dashboard.NewDashboardLinkBuilder(title).Type(dashboard.DashboardLinkTypeLink).Url(url.String())
}

// links is the property of a column that leads on.
func links(list ...*dashboard.DashboardLinkBuilder) property {
	built := make([]map[string]any, len(list))
	for i, b := range list {
		l, _ := b.Build() // nothing in it can be wrong
		built[i] = map[string]any{"title": l.Title, "url": *l.Url}
	}
	return property{Id: "links", Value: built}
}

// A period is the time that a point of a graph stands for, from the point's time on, as URL parameters of the list of
// sign-ins.
//
// Grafana's links know the time of the point but cannot add to it. Series by day and by week have the end of each step
// in a field, which is right on days when clocks change, too. Links from other points open a window around the time:
// time is its middle, time.window its width. The list's panels shift that window forward by half its width; their time
// shift is a variable because other links need none.
type period string

const (
	step     period = "from=${__value.time}&to=${__data.fields." + frames.Until + "}" // of a series by day or week
	aDayLong period = "time=${__value.time}&time.window=86400000&var-half=" + halfADay
	halfADay        = "12h"
)

// signInsOf leads from a point of a graph to its sign-ins.
func signInsOf(title string, p period, variables ...string) *dashboard.DashboardLinkBuilder {
	return leading(title, signInsUID, string(p), variables...)
}
