package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	entra "github.com/entra-activity/entra-activity-datasource/pkg/query"
)

type (
	property   = dashboard.DynamicConfigValue
	properties = []property
)

// The dashboards, by the names that links know them by.
const (
	overviewUID          = "entra-overview"
	signInsUID           = "entra-sign-ins"
	signInUID            = "entra-sign-in"
	applicationsUID      = "entra-applications"
	usersUID             = "entra-users"
	groupsUID            = "entra-groups"
	mySignInsUID         = "entra-my-sign-ins"
	conditionalAccessUID = "entra-conditional-access"
	auditUID             = "entra-audit"
	provisioningUID      = "entra-provisioning"
	riskUID              = "entra-risk"
	operationsUID        = "entra-operations"
	prometheusUID        = "entra-overview-prometheus"
)

var (
	pluginID     = "entra-activity-datasource"
	prometheusID = "prometheus"
	// datasourceUID refers to the dashboards' variable: which data source it is, is the user's choice.
	datasourceUID = "${datasource}"
	datasource    = common.DataSourceRef{Type: &pluginID, Uid: &datasourceUID}
	prometheus    = common.DataSourceRef{Type: &prometheusID, Uid: &datasourceUID}
)

// newDashboard begins a dashboard with what all of them have: the choice of the data source and ways to the others.
func newDashboard(uid, title, description string) *dashboard.DashboardBuilder {
	return newDashboardOn(pluginID, uid, title, description)
}

// newDashboardOn begins one that queries data sources of another type.
func newDashboardOn(datasourceType, uid, title, description string) *dashboard.DashboardBuilder {
	b := dashboard.NewDashboardBuilder("Entra ID: "+title).
		Uid(uid).
		Description(description).
		Tags([]string{tag}).
		Tooltip(dashboard.DashboardCursorSyncCrosshair).
		Editable().
		Time("now-30d", "now").
		WithVariable(dashboard.NewDatasourceVariableBuilder("datasource").
			Label("Data source").
			Type(datasourceType))
	// A link keeps what is chosen if the other dashboard has the same data source.
	return b.Link(dashboard.NewDashboardLinkBuilder("Entra ID").
		Type(dashboard.DashboardLinkTypeDashboards).
		Tags([]string{tag}).
		AsDropdown(true).
		KeepTime(true).
		IncludeVars(datasourceType == pluginID))
}

// policyChanges marks on graphs when a Conditional Access policy was changed: what changes then, often follows from it.
func policyChanges() *dashboard.AnnotationQueryBuilder {
	return dashboard.NewAnnotationQueryBuilder().
		Name("Policy changes").
		Datasource(datasource).
		Enable(true).
		IconColor(purple).
		Target(target{RefID: "Anno", query: query{
			QueryType: "auditEvent", View: entra.Annotations, Limit: 100, Filters: []filter{
				is("category", "Policy"),
				{Field: "activityDisplayName", Operator: entra.Contains, Values: []string{"conditional access policy"}},
			},
		}})
}

// tag is what all the dashboards have, and by which they list one another.
const tag = "entra-id"

func at(x, y, width, height uint32) dashboard.GridPos {
	return dashboard.GridPos{X: x, Y: y, W: width, H: height}
}

// heading begins a part of a dashboard; the panels below it follow as its own.
func heading(title string, y uint32) *dashboard.RowBuilder {
	return dashboard.NewRowBuilder(title).GridPos(at(0, y, 24, 1))
}
