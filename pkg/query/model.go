package query

import "encoding/json"

// ModelVersion is the version of the query model that the editor and the bundled dashboards write. A newer one means
// that a newer editor wrote the query.
const ModelVersion = 2

// Model is a query about one kind of record, as editors, dashboards and alert rules save it. A view ignores the
// properties that it has no use for.
//
// The JSON schema and the types of the front end are generated from it: go generate ./internal/dev/schema
type Model struct {
	// The kind of record, such as "signIn": one of the catalog's.
	QueryType string `json:"queryType" jsonschema:"required"`
	// The version of the query model.
	Version int           `json:"version" jsonschema:"required"`
	View    View          `json:"view" jsonschema:"required"`
	Filters []FilterModel `json:"filters" jsonschema:"required"`
	Measure Measure       `json:"measure,omitempty"`
	// The field whose distinct values are counted, by that measure.
	Of string `json:"of,omitempty"`
	// Names of up to three groupable fields.
	GroupBy []string `json:"groupBy,omitempty"`
	// Keep the largest groups only; 0 keeps all.
	Top int `json:"top,omitempty"`
	// Whether the groups beyond the largest are added up in one group "other".
	Other    bool     `json:"other"`
	Seen     Seen     `json:"seen,omitempty"`
	Interval Interval `json:"interval,omitempty"`
	// How long before the time range the records are, such as "1w": to compare with.
	Offset string `json:"offset,omitempty"`
	// IANA name of the time zone. Dashboards send theirs with every request.
	Timezone string `json:"timezone,omitempty"`
	// Field names; empty stands for the kind's default columns.
	Columns []string `json:"columns,omitempty"`
	Order   Order    `json:"order,omitempty"`
	// The most records or groups that are returned; 0 stands for 1000.
	Limit int `json:"limit,omitempty"`
	// The part of a record that is shown; empty for all of it.
	Section string `json:"section,omitempty"`
}

// DecodeModel reads a model. Of one with values of the wrong type, it returns the rest along with the error.
func DecodeModel(text []byte) (*Model, error) {
	var m Model
	if err := json.Unmarshal(text, &m); err != nil {
		return &m, malformed(err)
	}
	return &m, nil
}

// FilterModel is one condition on the records. Without values it restricts nothing.
type FilterModel struct {
	Field    string   `json:"field" jsonschema:"required"`
	Operator Operator `json:"operator" jsonschema:"required"`
	Values   []string `json:"values" jsonschema:"required"`
}
