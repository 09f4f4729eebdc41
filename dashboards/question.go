package main

import (
	"reflect"

	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// question is what a panel asks, as the plugin's editor saves it.
type question struct {
	RefID     string   `json:"refId"`
	QueryType string   `json:"queryType"`
	Version   int      `json:"version"`
	View      string   `json:"view"`
	Filters   []filter `json:"filters"`
	Measure   string   `json:"measure,omitempty"`
	GroupBy   []string `json:"groupBy,omitempty"`
	Top       int      `json:"top,omitempty"`
	Other     bool     `json:"other"`
	Interval  string   `json:"interval,omitempty"`
	Columns   []string `json:"columns,omitempty"`
	Limit     int      `json:"limit,omitempty"`

	Datasource dashboard.DataSourceRef `json:"datasource"`
}

type filter struct {
	Field    string   `json:"field"`
	Operator string   `json:"operator"`
	Values   []string `json:"values"`
}

func is(field, value string) filter {
	return filter{Field: field, Operator: "=", Values: []string{value}}
}

// interactive restricts a question to what the portal's sign-in reports show first.
var interactive = is("signInEventTypes", "interactiveUser")

// Build completes the query with what all of them share.
func (q question) Build() (variants.Dataquery, error) {
	q.RefID = "A"
	q.QueryType = "signIn"
	q.Version = 1
	q.Filters = append([]filter{interactive}, q.Filters...)
	q.Datasource = dashboard.DataSourceRef{Type: &pluginID, Uid: &datasourceUID}
	return q, nil
}

func (question) ImplementsDataqueryVariant() {}

func (question) DataqueryType() string { return pluginID }

func (question) Validate() error { return nil }

// Equals reports whether the other query asks the same.
func (q question) Equals(other variants.Dataquery) bool { return reflect.DeepEqual(q, other) }
