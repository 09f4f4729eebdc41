package query

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // so that time zones are known wherever the plugin runs

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

const defaultView = TimeSeries

// Decode reads a query. Everything wrong with it is an *InvalidError.
func Decode(text []byte) (*Query, error) {
	m, err := DecodeModel(text)
	if err != nil {
		return nil, err
	}
	return m.Query()
}

// Query validates a model. Everything wrong with it is an *InvalidError.
func (m *Model) Query() (*Query, error) {
	kind, err := kindByName(m.QueryType)
	if err != nil {
		return nil, err
	}
	q := &Query{
		Kind: kind, View: cmp.Or(m.View, defaultView), Measure: cmp.Or(m.Measure, Count), Top: m.Top, Other: m.Other,
		Seen: m.Seen, Limit: cmp.Or(m.Limit, DefaultLimit), Zone: time.UTC,
	}
	switch views, measures := Views(kind), Measures(kind); {
	case m.Version > ModelVersion:
		return nil, Invalid("version", "the query was saved by a newer version of the plugin (%d, here %d): update the plugin",
			m.Version, ModelVersion)
	case !slices.Contains(views, q.View):
		return nil, Invalid("view", "%s has no view %q: use %s", kind.Name, q.View, orList(views))
	case !slices.Contains(measures, q.Measure):
		return nil, Invalid("measure", "%s has no measure %q: use %s", kind.Name, q.Measure, orList(measures))
	case q.Top < 0:
		return nil, Invalid("top", "%d is negative: use 0 to keep all groups", q.Top)
	case q.Limit < 0:
		return nil, Invalid("limit", "%d is negative: leave it out for %d", q.Limit, DefaultLimit)
	}
	if q.Filters, err = decodeFilters(kind, m.Filters); err != nil {
		return nil, err
	}
	if kind == activity.UserActivity && !slices.ContainsFunc(q.Filters, Filter.SelectsUsers) {
		return nil, Invalid("filters", "userActivity is about users and none is named: "+
			"add a filter such as userPrincipalName = someone@example.com")
	}
	if q.View.HasRecords() {
		return q, q.decodeRecords(m)
	}
	return q, q.decodeNumbers(m)
}

// decodeNumbers reads what the views that show numbers have.
func (q *Query) decodeNumbers(m *Model) (err error) {
	if q.Of, err = countedField(q.Kind, q.Measure, m.Of); err != nil {
		return err
	}
	if q.Offset, err = parseOffset(m.Offset); err != nil {
		return err
	}
	if q.Zone, err = loadZone(m.Timezone); err != nil {
		return err
	}
	if q.View == Calendar {
		q.Interval = Hour
		if q.Measure != Count { // an hour can come twice in a day, and nothing else adds up
			return Invalid("measure", "a calendar counts: use count, not %s", q.Measure)
		}
	}
	if q.View == Calendar || q.View == Value {
		return q.checkSeen()
	}
	if q.GroupBy, err = fields(q.Kind, "groupBy", m.GroupBy); err != nil {
		return err
	}
	if len(q.GroupBy) > maxGroupBy {
		return Invalid("groupBy", "%d fields are too many: group by at most %d", len(q.GroupBy), maxGroupBy)
	}
	for _, f := range q.GroupBy {
		if !f.Groupable {
			return Invalid("groupBy", "%s cannot be grouped by: nearly every record has its own; use it as a column of a list", f.Name)
		}
	}
	if err = q.checkSeen(); err == nil {
		q.Interval, err = ParseInterval(string(m.Interval))
	}
	return err
}

func (q *Query) decodeRecords(m *Model) (err error) {
	if q.Order = cmp.Or(m.Order, Newest); q.Order != Newest && q.Order != Oldest {
		return Invalid("order", "unknown order %q: use newest or oldest", m.Order)
	}
	switch q.View {
	case Logs, Annotations:
		q.Columns = logFields(q.Kind)
	case Detail:
		return q.decodeDetail(m)
	default:
		if q.Columns, err = fields(q.Kind, "columns", m.Columns); len(q.Columns) == 0 {
			q.Columns = q.Kind.Defaults()
		}
	}
	return err
}

func (q *Query) decodeDetail(m *Model) error {
	q.Columns, q.Limit, q.Section = q.Kind.Fields, 1, m.Section
	if q.Section != "" && q.Section != "summary" {
		q.Columns = slices.DeleteFunc(slices.Clone(q.Columns), func(f *activity.Field) bool {
			return f != q.Kind.Time() && !slices.Contains(linking, f.Name)
		})
	}
	switch known := Sections(q.Kind); {
	case q.ID() == "":
		return Invalid("filters", "a detail is of one record: filter on id with the operator = and one value")
	case q.Section != "" && !slices.Contains(known, q.Section):
		return Invalid("section", "%s has no section %q: use one of %s, or leave it out for all",
			q.Kind.Name, q.Section, strings.Join(known, ", "))
	}
	return nil
}

// checkSeen returns what is wrong with a query about when groups have been seen.
func (q *Query) checkSeen() error {
	part, name := "measure", string(q.Measure)
	if !q.Measure.IsTime() {
		part, name = "seen", string(q.Seen)
	}
	switch {
	case q.Seen != Any && q.Seen != New && q.Seen != Unused:
		return Invalid("seen", "unknown %q: use new or unused, or leave it out", q.Seen)
	case !q.NeedsHistory():
		return nil
	case !HasSeen(q.Kind):
		return Invalid(part, "%s cannot be asked for %s: its records are states, or of many kinds", q.Kind.Name, name)
	case q.View != Table:
		return Invalid(part, "%s is for the view table: use that view, or leave it out", name)
	case len(q.GroupBy) == 0:
		return Invalid(part, "%s is about groups: choose a field to group by, such as an application", name)
	}
	return nil
}

func loadZone(name string) (*time.Location, error) {
	if name == "" || name == "browser" || strings.EqualFold(name, "utc") {
		return time.UTC, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" { // which only Go knows
		return nil, Invalid("timezone", "unknown time zone %q: use an IANA name such as Europe/Berlin", name)
	}
	return zone, nil
}

// countedField returns the field whose distinct values a measure counts; nil for other measures.
func countedField(kind *activity.Kind, m Measure, name string) (*activity.Field, error) {
	if m != DistinctValues {
		return nil, nil
	}
	if name == "" {
		some := kind.Fields[slices.IndexFunc(kind.Fields, func(f *activity.Field) bool { return f.Groupable })]
		return nil, Invalid("of", "distinctValues counts the values of a field, and none is named: choose one such as %s", some.Name)
	}
	f, err := field(kind, "of", name)
	if err == nil && !f.Groupable {
		err = Invalid("of", "the values of %s cannot be counted: nearly every record has its own; "+
			"choose a field that can be grouped by", name)
	}
	return f, err
}

// malformed returns what is wrong with JSON.
func malformed(err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) || wrong.Field == "" {
		return Invalid("query", `not understood: %v: write an object such as {"queryType": "signIn", "view": "list"}`, err)
	}
	expected := map[reflect.Kind]string{
		reflect.String: "a text", reflect.Int: "a whole number", reflect.Bool: "true or false",
		reflect.Slice: "a list", reflect.Struct: "an object",
	}
	return Invalid(wrong.Field, "%s is not what belongs here: use %s", wrong.Value, expected[wrong.Type.Kind()])
}

func kindByName(name string) (*activity.Kind, error) {
	if name == "" {
		return activity.SignIn, nil
	}
	kinds := Kinds()
	names := make([]string, len(kinds))
	for i, kind := range kinds {
		if names[i] = kind.Name; kind.Name == name {
			return kind, nil
		}
	}
	return nil, Invalid("queryType", "unknown kind of record %q: use %s", name, orList(names))
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
	return nil, Invalid(part, "%s has no field %q: use one of %s", kind.Name, name, strings.Join(names, ", "))
}

// orList returns names to choose from: "a, b or c".
func orList[T ~string](values []T) string {
	n := len(values) - 1
	if n < 1 {
		return join(values, "")
	}
	return join(values[:n], ", ") + " or " + string(values[n])
}

func join[T ~string](values []T, separator string) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return strings.Join(texts, separator)
}

const (
	defaultValues = 50
	// MaxValues is how many values of a field a query for them returns at most.
	MaxValues = 1000
)

// ValuesQuery selects values of a field to choose from.
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
