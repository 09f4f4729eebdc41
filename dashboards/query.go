package main

import (
	"reflect"

	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	entra "github.com/entra-activity/entra-activity-datasource/pkg/query"
)

type (
	query  = entra.Model
	filter = entra.FilterModel
)

func is(field string, values ...string) filter {
	if len(values) == 1 {
		return filter{Field: field, Operator: entra.Equal, Values: values}
	}
	return filter{Field: field, Operator: entra.In, Values: values}
}

func isNot(field string, values ...string) filter {
	return filter{Field: field, Operator: entra.NotIn, Values: values}
}

// interactive restricts a query to what the portal's sign-in reports show first, and further.
func interactive(further ...filter) []filter {
	return append([]filter{is("signInEventTypes", activity.Interactive)}, further...)
}

// A target is a query of a panel, as the plugin's editor saves it.
type target struct {
	RefID string `json:"refId"`
	query
	Datasource dashboard.DataSourceRef `json:"datasource"`
}

// targetOf returns the only query of a panel.
func targetOf(q query) target { return target{RefID: "A", query: q} }

// Build completes the query with what all of them share. Without any filters, Grafana would use those of the plugin's
// default query.
func (t target) Build() (variants.Dataquery, error) {
	if t.QueryType == "" {
		t.QueryType = activity.SignIn.Name
	}
	if t.Filters == nil {
		t.Filters = []filter{}
	}
	t.Version = entra.ModelVersion
	t.Datasource = dashboard.DataSourceRef{Type: &pluginID, Uid: &datasourceUID}
	return t, nil
}

func (target) ImplementsDataqueryVariant() {}

func (target) DataqueryType() string { return pluginID }

func (target) Validate() error { return nil }

// Equals reports whether the other query is the same.
func (t target) Equals(other variants.Dataquery) bool { return reflect.DeepEqual(t, other) }
