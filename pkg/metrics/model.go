package metrics

import "github.com/entra-activity/entra-activity-datasource/pkg/query"

// ModelVersion is the version of the model that the editor writes: that of all queries.
const ModelVersion = query.ModelVersion

// Axis is the time by which records are counted.
type Axis string

// The axes.
const (
	EventTime  Axis = "event"  // when it happened
	IngestTime Axis = "ingest" // when it was stored, as an exporter's counter would
)

// Model is a query in MetricsQL, as editors, dashboards and alert rules save it.
//
// The JSON schema and the types of the front end are generated from it: go generate ./internal/dev/schema
type Model struct {
	QueryType string `json:"queryType" jsonschema:"required,enum=metrics"`
	// The version of the query model.
	Version int    `json:"version" jsonschema:"required"`
	Expr    string `json:"expr" jsonschema:"required"`
	// One value of each series at the range's end, instead of many over the range.
	Instant bool `json:"instant" jsonschema:"required"`
	// The smallest step, such as "5m"; empty for as small as the graph's width makes sensible.
	Interval string `json:"interval" jsonschema:"required"`
	// The name of a series, with {{label}} for values of its labels; empty for all of its labels.
	LegendFormat string `json:"legendFormat" jsonschema:"required"`
	Axis         Axis   `json:"axis" jsonschema:"required"`
}
