package query

import (
	"time"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

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
