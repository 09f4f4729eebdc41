// Package query is the language of queries about one kind of record: which records match, how many, by what, over time.
//
// Decode reads a query from the form in which dashboards keep it. Package plan splits its time range between the rollup and
// the rows, package sqlgen writes its SQL, and package engine runs it. The result never depends on which tables served it.
package query

import (
	"fmt"
	"time"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// View is the form of a result.
type View string

// The views.
const (
	TimeSeries View = "timeSeries"
	Table      View = "table"    // ranked groups
	Value      View = "value"    // one number
	Calendar   View = "calendar" // counts by day and hour of the day
	List       View = "list"     // the records themselves

	Logs        View = "logs"        // the records as log lines
	Annotations View = "annotations" // the records as marks in a graph of something else
	Detail      View = "detail"      // one record and all that is known of it
)

// HasRecords reports whether a view shows records, and not numbers about them.
func (v View) HasRecords() bool { return v == List || v == Logs || v == Annotations || v == Detail }

// IsOverTime reports whether a view shows numbers for steps of time.
func (v View) IsOverTime() bool { return v == TimeSeries || v == Calendar }

// Measure is what is computed over the records of a group.
type Measure string

// The measures.
const (
	Count           Measure = "count"
	DistinctUsers   Measure = "distinctUsers"
	DistinctValues  Measure = "distinctValues" // that the records have of another field
	FailureRate     Measure = "failureRate"    // failures among all records, 0 to 1
	FirstSeen       Measure = "firstSeen"      // of the groups in the time range, ever, in microseconds since 1970
	LastSeen        Measure = "lastSeen"
	AverageDuration Measure = "averageDuration" // of the records that have one, in milliseconds
)

// IsRatio reports whether a measure is a part divided by a number: there is none where there is nothing.
func (m Measure) IsRatio() bool { return m == FailureRate || m == AverageDuration }

// IsDistinct reports whether a measure counts distinct things: the number of a whole does not follow from its parts.
func (m Measure) IsDistinct() bool { return m == DistinctUsers || m == DistinctValues }

// IsTime reports whether a measure is a time.
func (m Measure) IsTime() bool { return m == FirstSeen || m == LastSeen }

// Seen restricts a table to groups by when they were seen in all records that match the filters, whatever the time range.
type Seen string

// The restrictions.
const (
	Any    Seen = ""
	New    Seen = "new"    // first seen within the time range
	Unused Seen = "unused" // seen before the time range and not within it
)

// Order says which records a list begins with, and so which ones its limit leaves out.
type Order string

// The orders.
const (
	Newest Order = "newest"
	Oldest Order = "oldest"
)

// Query is a validated query about one kind of record.
type Query struct {
	Kind     *activity.Kind
	View     View
	Filters  []Filter
	Measure  Measure
	Of       *activity.Field // whose distinct values are counted
	GroupBy  []*activity.Field
	Top      int  // keep the groups with the most records, or users or values where those are counted; 0 keeps all
	Other    bool // fold the groups beyond Top into one
	Seen     Seen
	Interval Interval
	Offset   Offset
	Zone     *time.Location
	Columns  []*activity.Field
	Limit    int

	Order   Order  // of records
	Section string // of a detail; empty for all
}

// NeedsHistory reports whether a query needs more than the records of its time range.
func (q *Query) NeedsHistory() bool { return q.Seen != Any || q.Measure.IsTime() }

// ID returns the ID of the record that a detail is about; empty unless the filters name exactly one.
func (q *Query) ID() string {
	var ids []string
	for _, f := range q.Filters {
		if base, negated := f.Operator.Base(); f.Field.Name == "id" && base == Equal && !negated {
			ids = append(ids, f.Values...)
		}
	}
	if len(ids) != 1 {
		return ""
	}
	return ids[0]
}

// MeasureLabel returns the label of the query's measure.
func (q *Query) MeasureLabel() string {
	label := MeasureLabel(q.Kind, q.Measure)
	if q.Of != nil {
		label = q.Of.Label + " (distinct values)"
	}
	if q.Offset != (Offset{}) {
		label += ", " + q.Offset.String() + " earlier"
	}
	return label
}

// ForAlert returns why an alert rule cannot use the query; nil if it can. Grafana's own errors are about frames.
func (q *Query) ForAlert() error {
	switch {
	case q.View != TimeSeries && q.View != Table && q.View != Value:
		return Invalid("view", "an alert rule needs numbers by group, which %s does not give: use timeSeries, table or value", q.View)
	case q.Measure.IsTime():
		return Invalid("measure", "an alert rule needs numbers, and %s is a time: use another measure, such as count", q.Measure)
	}
	return nil
}

// InvalidError says what is wrong with a query and what to do about it.
type InvalidError struct {
	Part    string // the part of the model: "filters[0].values"
	Problem string
}

func (e *InvalidError) Error() string { return e.Part + ": " + e.Problem }

// Invalid returns an InvalidError about a part of a query.
func Invalid(part, format string, args ...any) error {
	return &InvalidError{part, fmt.Sprintf(format, args...)}
}

// Period is the time range of a query, [From, To), and how finely it can be drawn.
type Period struct {
	From, To      time.Time
	MaxDataPoints int64
	MinInterval   time.Duration
}

// Records are kept of the years between these two times.
var (
	Earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	Latest   = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Canonical returns the period in the store's microseconds, and whether it was cut to the years in which records can be.
func (p Period) Canonical() (canonical Period, cut bool, err error) {
	p.From, p.To = p.From.UTC().Truncate(time.Microsecond), p.To.UTC().Truncate(time.Microsecond)
	if !p.From.Before(p.To) {
		return p, false, Invalid("range", "the time range ends before it starts: choose another")
	}
	if !p.From.Before(Latest) || !Earliest.Before(p.To) {
		return p, false, Invalid("range", "the time range lies beyond the years 2000 to 2099, in which records are kept: choose another")
	}
	if p.From.Before(Earliest) {
		p.From, cut = Earliest, true
	}
	if p.To.After(Latest) {
		p.To, cut = Latest, true
	}
	return p, cut, nil
}

// Result is the result of a query.
type Result struct {
	Query    *Query
	Steps    []time.Time // starts; a single one unless the query is one over time
	Groups   []Group     // the largest first, and last the one of all others
	Rows     [][]any     // of a list, by Query.Columns: nil, string, int64, float64, bool or time.Time
	Sections []Section   // of a detail
	Warnings []string    // of what may surprise
	Infos    []string    // of what is as requested
	SQL      string      // with its parameters, for whoever inspects the query
	Served   string      // which tables served
	Read     int64       // rows read from them
}

// Group is a combination of values of the fields grouped by, and its measure for each step.
type Group struct {
	Keys   []string
	Other  bool       // all groups beyond the largest; no Keys
	Values []*float64 // nil where there is nothing to measure: the failure rate of nothing
}

// Section is a part of what is known of one record.
type Section struct {
	Name    string
	Columns []*activity.Field
	Rows    [][]any // as Result.Rows
}

// Ends returns when the steps end if they are days or weeks, whose length varies; else nil.
func (r *Result) Ends() []time.Time {
	return r.Query.Interval.ends(r.Steps, r.Query.Zone)
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
