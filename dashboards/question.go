package main

import (
	"reflect"

	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// question is what a panel asks, as the plugin's editor saves it.
type question struct {
	RefID     string   `json:"refId"` // A, unless a panel asks several
	QueryType string   `json:"queryType"`
	Version   int      `json:"version"`
	View      string   `json:"view"`
	Filters   []filter `json:"filters"`
	Measure   string   `json:"measure,omitempty"`
	Of        string   `json:"of,omitempty"`
	GroupBy   []string `json:"groupBy,omitempty"`
	Top       int      `json:"top,omitempty"`
	Other     bool     `json:"other"`
	Seen      string   `json:"seen,omitempty"`
	Interval  string   `json:"interval,omitempty"`
	Offset    string   `json:"offset,omitempty"`
	Columns   []string `json:"columns,omitempty"`
	Order     string   `json:"order,omitempty"`
	Limit     int      `json:"limit,omitempty"`
	Section   string   `json:"section,omitempty"`

	Datasource dashboard.DataSourceRef `json:"datasource"`
}

type filter struct {
	Field    string   `json:"field"`
	Operator string   `json:"operator"`
	Values   []string `json:"values"`
}

func is(field string, values ...string) filter {
	if len(values) == 1 {
		return filter{Field: field, Operator: "=", Values: values}
	}
	return filter{Field: field, Operator: "in", Values: values}
}

func isNot(field string, values ...string) filter {
	return filter{Field: field, Operator: "notIn", Values: values}
}

// interactive restricts a question to what the portal's sign-in reports show first, and further.
func interactive(further ...filter) []filter {
	return append([]filter{is("signInEventTypes", activity.Interactive)}, further...)
}

// Build completes the query with what all of them share. Grafana would put the filters of the plugin's default query
// in the place of none at all.
func (q question) Build() (variants.Dataquery, error) {
	if q.RefID == "" {
		q.RefID = "A"
	}
	if q.QueryType == "" {
		q.QueryType = activity.SignIn.Name
	}
	if q.Filters == nil {
		q.Filters = []filter{}
	}
	q.Version = 2
	q.Datasource = dashboard.DataSourceRef{Type: &pluginID, Uid: &datasourceUID}
	return q, nil
}

func (question) ImplementsDataqueryVariant() {}

func (question) DataqueryType() string { return pluginID }

func (question) Validate() error { return nil }

// Equals reports whether the other query asks the same.
func (q question) Equals(other variants.Dataquery) bool { return reflect.DeepEqual(q, other) }
