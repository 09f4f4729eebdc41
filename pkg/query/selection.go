package query

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

const (
	defaultValues = 50
	// MaxValues is how many values of a field a query for them returns at most.
	MaxValues = 1000
)

// ValuesQuery asks for values of a field to choose from.
type ValuesQuery struct {
	Kind    *activity.Kind
	Field   *activity.Field
	Search  string // a part of the value, in any case
	Limit   int
	Filters []Filter // only values that occur in records that match
	From    time.Time
	To      time.Time // only values that occur within [From, To); zero for whenever
}

// FieldValue is a value that a field has in some record.
type FieldValue struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

// DecodeValues reads a query for values. The filters are JSON, as in a query; empty for none.
func DecodeValues(kindName, fieldName, search, filters string, limit int, from, to time.Time) (*ValuesQuery, error) {
	kind, err := kindByName(kindName)
	if err != nil {
		return nil, err
	}
	if limit <= 0 {
		limit = defaultValues
	}
	q := &ValuesQuery{Kind: kind, Limit: min(limit, MaxValues), From: from, To: to}
	q.Search = strings.ToValidUTF8(strings.ReplaceAll(search, "\x00", ""), "")
	if q.Field, err = field(kind, "field", fieldName); err != nil {
		return nil, err
	}
	switch {
	case from.IsZero() != to.IsZero():
		return nil, Invalid("range", "only one end of the time range is given: give from and to, in milliseconds, or neither")
	case !from.IsZero() && !from.Before(to):
		return nil, Invalid("range", "the time range ends before it starts: choose another")
	}
	var list []FilterModel
	if filters != "" {
		if err := json.Unmarshal([]byte(filters), &list); err != nil {
			return nil, Invalid("filters", "not understood: %v", err)
		}
	}
	q.Filters, err = decodeFilters(kind, list)
	return q, err
}

// Selection is which records to count, and by what.
type Selection struct {
	Kind    *activity.Kind
	Filters []Filter   // a record has to match all of these
	Any     [][]Filter // and all of one of these; none: all records
	By      []*activity.Field
}

// Windows lie between sorted edges. Each excludes its start and includes its end: (Edges[i], Edges[i+1]].
type Windows struct {
	Edges  []time.Time
	Wanted []bool // which to count in: one less than edges
	Ingest bool   // by when records were stored, not by when they happened
	Ended  bool   // by when what records say ended: the states of risky users do
}

// Cell is how many records there were in a window.
type Cell struct {
	Window int
	N      int64
}
