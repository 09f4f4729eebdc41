// Package query answers questions about one kind of record: which records match, how many, by what, over time.
//
// A Question is decoded from the form in which dashboards keep it, planned for the rollup or the rows, and answered in
// one read-only transaction. The answer never depends on which of the two served.
package query

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // so that time zones are known wherever the plugin runs

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// View is the form of an answer.
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

// Measure is what is computed over the records of a group.
type Measure string

// The measures.
const (
	Count           Measure = "count"
	DistinctUsers   Measure = "distinctUsers"
	DistinctValues  Measure = "distinctValues" // that the records have of another field
	FailureRate     Measure = "failureRate"    // failures among all records, 0 to 1
	FirstSeen       Measure = "firstSeen"      // of the groups that the time range has, ever, in microseconds since 1970
	LastSeen        Measure = "lastSeen"
	AverageDuration Measure = "averageDuration" // of the records that have one, in milliseconds
)

// isRatio tells measures that are a part of something over its number: there is none where there is nothing.
func (m Measure) isRatio() bool { return m == FailureRate || m == AverageDuration }

// isDistinct tells measures that count what is there at all, however often: a whole does not follow from its parts.
func (m Measure) isDistinct() bool { return m == DistinctUsers || m == DistinctValues }

// IsTime tells measures that are times.
func (m Measure) IsTime() bool { return m == FirstSeen || m == LastSeen }

const (
	version      = ModelVersion
	maxGroupBy   = 3 // more than a legend can show
	maxFilters   = 50
	maxValues    = 1000 // in one filter
	maxValueSize = 1024 // bytes
	defaultLimit = 1000
	defaultView  = TimeSeries
)

// Query is a validated question about one kind of record.
type Query struct {
	Kind     *activity.Kind
	View     View
	Filters  []Filter
	Measure  Measure
	Of       *activity.Field // whose distinct values are counted
	GroupBy  []*activity.Field
	Top      int  // keep the groups with the most records (users or values, for measures that count those); 0 keeps all
	Other    bool // fold the groups beyond Top into one
	Seen     Seen
	Interval Interval
	Offset   Offset
	Zone     *time.Location
	Columns  []*activity.Field
	Limit    int

	OldestFirst bool   // records, instead of newest first
	Section     string // of a detail; empty for all
}

// InvalidError says what is wrong with a question and what to do about it.
type InvalidError struct {
	Part    string // the part of the model: "filters[0].values"
	Problem string
}

func (e *InvalidError) Error() string { return e.Part + ": " + e.Problem }

func invalid(part, format string, args ...any) error {
	return &InvalidError{part, fmt.Sprintf(format, args...)}
}

// Decode reads a question. Everything wrong with it is an *InvalidError.
func Decode(text []byte) (*Query, error) {
	var m Model
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, notUnderstood(err)
	}
	kind, err := kindByName(m.QueryType)
	if err != nil {
		return nil, err
	}
	if m.Version > version {
		return nil, invalid("version", "the query was saved by a newer version of the plugin (%d, here %d): update the plugin", m.Version, version)
	}
	q := &Query{Kind: kind, View: m.View, Measure: m.Measure, Top: m.Top, Other: m.Other, Seen: m.Seen, Limit: m.Limit, Zone: time.UTC}
	if q.View == "" {
		q.View = defaultView
	}
	if q.Measure == "" {
		q.Measure = Count
	}
	if q.Limit == 0 {
		q.Limit = defaultLimit
	}
	switch {
	case !slices.Contains(Views(kind), q.View):
		return nil, invalid("view", "%s has no view %q: use %s", kind.Name, q.View, oneOfTexts(Views(kind)))
	case !slices.Contains(Measures(kind), q.Measure):
		return nil, invalid("measure", "%s has no measure %q: use %s", kind.Name, q.Measure, oneOfTexts(Measures(kind)))
	case q.Top < 0:
		return nil, invalid("top", "%d is negative: use 0 to keep all groups", q.Top)
	case q.Limit < 0:
		return nil, invalid("limit", "%d is negative: leave it out for %d", q.Limit, defaultLimit)
	}
	if q.Filters, err = decodeFilters(kind, m.Filters); err != nil {
		return nil, err
	}
	if kind == activity.UserActivity && !slices.ContainsFunc(q.Filters, namesUsers) {
		return nil, invalid("filters", "userActivity is about users and none is named: add a filter such as userPrincipalName = someone@example.com")
	}
	if q.View.ofRecords() {
		return q, q.decodeRecords(&m)
	}
	if q.Of, err = countedField(kind, q.Measure, m.Of); err != nil {
		return nil, err
	}
	if q.Offset, err = parseOffset(m.Offset); err != nil {
		return nil, err
	}
	if m.Timezone != "" && m.Timezone != "browser" {
		name := m.Timezone
		if strings.EqualFold(name, "utc") {
			name = "UTC"
		}
		if q.Zone, err = time.LoadLocation(name); err != nil || name == "Local" {
			return nil, invalid("timezone", "unknown time zone %q: use an IANA name such as Europe/Berlin", m.Timezone)
		}
	}
	switch q.View {
	case Value:
		return q, q.checkSeen()
	case Calendar:
		if q.Measure != Count { // an hour can come twice in a day, and nothing else adds up
			return nil, invalid("measure", "a calendar counts: use count, not %s", q.Measure)
		}
		q.Interval = Hour
		return q, q.checkSeen()
	}
	if q.GroupBy, err = fields(kind, "groupBy", m.GroupBy); err != nil {
		return nil, err
	}
	if len(q.GroupBy) > maxGroupBy {
		return nil, invalid("groupBy", "%d fields are too many: group by at most %d", len(q.GroupBy), maxGroupBy)
	}
	for _, f := range q.GroupBy {
		if !f.Groupable {
			return nil, invalid("groupBy", "%s cannot be grouped by: nearly every record has its own; use it as a column of a list", f.Name)
		}
	}
	if err := q.checkSeen(); err != nil {
		return nil, err
	}
	if q.Interval, err = ParseInterval(string(m.Interval)); err != nil {
		return nil, err
	}
	return q, nil
}

// countedField reads the field whose distinct values a measure counts; nil for other measures.
func countedField(kind *activity.Kind, m Measure, name string) (*activity.Field, error) {
	if m != DistinctValues {
		return nil, nil
	}
	if name == "" {
		some := kind.Fields[slices.IndexFunc(kind.Fields, func(f *activity.Field) bool { return f.Groupable })]
		return nil, invalid("of", "distinctValues counts the values of a field, and none is named: choose one such as %s", some.Name)
	}
	f, err := field(kind, "of", name)
	if err == nil && !f.Groupable {
		err = invalid("of", "the values of %s cannot be counted: nearly every record has its own; choose a field that can be grouped by", name)
	}
	return f, err
}

// notUnderstood says what is wrong with JSON.
func notUnderstood(err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) || wrong.Field == "" {
		return invalid("query", "not understood: %v: write an object such as {\"queryType\": \"signIn\", \"view\": \"list\"}", err)
	}
	expected := map[reflect.Kind]string{reflect.String: "a text", reflect.Int: "a whole number", reflect.Bool: "true or false", reflect.Slice: "a list", reflect.Struct: "an object"}
	return invalid(wrong.Field, "%s is not what belongs here: use %s", wrong.Value, expected[wrong.Type.Kind()])
}

// namesUsers tells filters that leave some users of all.
func namesUsers(f Filter) bool {
	_, negated := f.Operator.positive()
	return (f.Field.Of == activity.Account || f.Field.Of == activity.Membership) && !negated && !f.fits("")
}

func kindByName(name string) (*activity.Kind, error) {
	if name == "" {
		return activity.SignIn, nil
	}
	names := make([]string, len(Kinds()))
	for i, kind := range Kinds() {
		if kind.Name == name {
			return kind, nil
		}
		names[i] = kind.Name
	}
	return nil, invalid("queryType", "unknown kind of record %q: use %s", name, oneOfTexts(names))
}

func fields(kind *activity.Kind, part string, names []string) ([]*activity.Field, error) {
	var list []*activity.Field
	for i, name := range names {
		f, err := field(kind, fmt.Sprintf("%s[%d]", part, i), name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(list, f) {
			list = append(list, f)
		}
	}
	return list, nil
}

func field(kind *activity.Kind, part, name string) (*activity.Field, error) {
	if f := kind.Field(name); f != nil {
		return f, nil
	}
	names := make([]string, len(kind.Fields))
	for i, f := range kind.Fields {
		names[i] = f.Name
	}
	return nil, invalid(part, "%s has no field %q: use one of %s", kind.Name, name, strings.Join(names, ", "))
}

func decodeFilters(kind *activity.Kind, models []FilterModel) ([]Filter, error) {
	if len(models) > maxFilters {
		return nil, invalid("filters", "%d filters are too many: use at most %d", len(models), maxFilters)
	}
	var filters []Filter
	for i, m := range models {
		filter, err := decodeFilter(kind, fmt.Sprintf("filters[%d]", i), m.Field, m.Operator, m.Values)
		if err != nil {
			return nil, err
		}
		if filter != nil {
			filters = append(filters, *filter)
		}
	}
	return filters, nil
}

// A variable that nothing replaced: alert rules, unlike dashboards, have none.
var variable = regexp.MustCompile(`^\$\w+$|\$\{\w+(\.[^}]*)?(:\w+)?\}|^\[\[\w+\]\]$`)

func decodeFilter(kind *activity.Kind, part, name string, operator Operator, values []string) (*Filter, error) {
	f, err := field(kind, part+".field", name)
	if err != nil {
		return nil, err
	}
	allowed := Operators(f)
	switch {
	case len(allowed) > 0:
	case f.Type == activity.Time:
		return nil, invalid(part+".field", "%s cannot be filtered: times are chosen by the time range", name)
	default:
		return nil, invalid(part+".field", "%s cannot be filtered: choose another field, and use it as a column of a list", name)
	}
	if !slices.Contains(allowed, operator) {
		return nil, invalid(part+".operator", "%s cannot be compared by %q: use one of %s", name, operator, strings.Join(texts(allowed), " "))
	}
	// "All" of a dashboard's variable, whatever else is chosen beside it.
	if len(values) == 0 || slices.Contains(values, "$__all") || slices.Contains(values, "*") && operator != Matches && operator != MatchesNot {
		return nil, nil
	}
	part += ".values"
	if len(values) > maxValues {
		return nil, invalid(part, "%d values for %s are too many: use at most %d, or a regular expression", len(values), name, maxValues)
	}
	filter := &Filter{Field: f, Operator: operator}
	for _, v := range values {
		switch {
		case variable.MatchString(v):
			return nil, invalid(part, "the variable %s in the filter on %s has no value: alert rules and externally shared dashboards have no variables, write the value itself", v, name)
		case len(v) > maxValueSize:
			return nil, invalid(part, "a value for %s is longer than %d bytes: compare with a part of it by \"contains\" or \"startsWith\"", name, maxValueSize)
		case strings.ContainsRune(v, 0):
			return nil, invalid(part, "a value for %s has a zero byte in it: take it out", name)
		}
		if v, err = canonicalValue(f, operator, v); err != nil {
			return nil, invalid(part, "%v", err)
		}
		filter.Values = append(filter.Values, v)
	}
	if operator == Matches || operator == MatchesNot {
		if filter.pattern, err = anyOf(filter.Values); err != nil {
			return nil, invalid(part, "%v: correct it; the syntax is RE2's, see https://github.com/google/re2/wiki/Syntax", err)
		}
	}
	return filter, nil
}

// anyOf makes one regular expression of several. As in Prometheus, the whole value has to match, and any of them will do.
func anyOf(expressions []string) (*regexp.Regexp, error) {
	for _, e := range expressions { // each has to be one by itself, not only among the parentheses put around it
		if _, err := regexp.Compile(e); err != nil {
			return nil, err
		}
	}
	return regexp.Compile(`^(?s:` + strings.Join(parenthesized(expressions), "|") + `)$`)
}

func parenthesized(values []string) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = "(?:" + v + ")"
	}
	return list
}

// oneOfTexts writes a list of names to choose from.
func oneOfTexts[T ~string](values []T) string {
	list := texts(values)
	if n := len(list) - 1; n > 0 {
		return strings.Join(list[:n], ", ") + " or " + list[n]
	}
	return strings.Join(list, "")
}

func texts[T ~string](values []T) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = string(v)
	}
	return list
}

// canonicalValue checks a value to compare a field with. The empty value stands for records that have none.
func canonicalValue(f *activity.Field, operator Operator, v string) (string, error) {
	switch operator {
	case InNetwork, NotInNetwork:
		return network(v)
	case Contains, StartsWith, Matches, MatchesNot:
		return v, nil
	}
	switch f.Type {
	case activity.Integer, activity.Boolean, activity.Address:
		v, err := activity.Canonical(f, v)
		if v == "" && err == nil && operator.comparesOrder() {
			err = fmt.Errorf("%s: the value to compare with is missing", f.Name)
		}
		return v, err
	}
	return v, nil
}

// number reads a value that canonicalValue has passed.
func number(v string) int64 {
	n, _ := strconv.ParseInt(v, 10, 64)
	return n
}
