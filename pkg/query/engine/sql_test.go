package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/picker"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/plan"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/sqlgen"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/tables"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// full is a dictionary with more than a few of everything, so that queries for IDs become part of the statement.
type full struct{}

func (full) Few(context.Context, string, []any) ([]int32, bool, error) { return nil, false, nil }

func (full) Matching(context.Context, string, func(string) bool) ([]int32, error) {
	return []int32{1, 2}, nil
}

func (full) Occurring(context.Context, string, []any, func(string) bool) ([]string, bool, error) {
	return []string{"1", "2"}, true, nil
}

// A regular expression on what no dictionary has is tried on so many values, and on no more in silence.
func TestRegularExpressionsOnTooManyValues(t *testing.T) {
	db, err := store.Open(store.Config{URL: pgtest.Database(t)})
	require.NoError(t, err)
	defer db.Close()
	err = db.Snapshot(t.Context(), time.Minute, func(tx *sqlx.Tx) error {
		for _, n := range []int{sqlgen.MaxOccurring, sqlgen.MaxOccurring + 1} {
			const sql = "SELECT v::text, 'text ' || v FROM generate_series(1, $1) AS v"
			match := func(text string) bool { return text == "text 7" }
			values, ok, err := sqlgen.Transaction{Tx: tx}.Occurring(t.Context(), sql, []any{n}, match)
			require.NoError(t, err)
			require.Equal(t, []string{"7"}, values)
			require.Equal(t, n == sqlgen.MaxOccurring, ok)
		}
		return nil
	})
	require.NoError(t, err)

	q, err := query.Decode([]byte(`{"view": "list", "filters": [{"field": "id", "operator": "=~", "values": ["a.*"]}]}`))
	require.NoError(t, err)
	b := sqlgen.New(q, access.All(), "")
	b.Dictionary = crowded{}
	b.InSpan(t.Context(), plan.Always)
	var wrong *query.InvalidError
	require.ErrorAs(t, b.Err, &wrong)
	require.ErrorContains(t, b.Err,
		"id has more than 200000 different values, too many for a regular expression: choose a shorter time range")
}

// crowded is a dictionary of records that have too many values.
type crowded struct{ full }

func (crowded) Occurring(context.Context, string, []any, func(string) bool) ([]string, bool, error) {
	return nil, false, nil
}

// No value ever becomes part of a statement: the texts of two queries that differ in their values alone are the same,
// whatever the kind, the view and the measure. So there are no more statements than catalog and operators allow.
func FuzzValuesNeverBecomeSQL(f *testing.F) {
	odd := []string{"Azure Portal", "'; DROP TABLE entra.sign_in; --", `\`, "$1", "$$", "%_", "\u202e", "a' OR '1'='1"}
	for k, kind := range query.Kinds() {
		for i := range kind.Fields {
			f.Add(odd[(k+i)%len(odd)], k, i)
		}
	}
	p := query.Period{From: time.Unix(1e9, 0).UTC(), To: time.Unix(1e9+864000, 0).UTC()}
	f.Fuzz(func(t *testing.T, value string, k, n int) {
		kind := query.Kinds()[uint(k)%uint(len(query.Kinds()))]
		field := kind.Fields[uint(n)%uint(len(kind.Fields))]
		for _, operator := range query.Operators(field) {
			for _, asked := range shapes(kind) {
				// The missing value and what no list of codes holds have shapes of their own.
				got, ok := statementOf(t, kind, asked, field, operator, value, p)
				if !ok || value == "" || tables.OfRows(kind, field).Codes != nil {
					continue
				}
				for _, other := range []string{"x", "1", "true", "10.0.0.1"} {
					want, ok := statementOf(t, kind, asked, field, operator, other, p)
					if ok && sameFit(t, kind, field, operator, value, other) && got != want {
						t.Fatalf("%s %v: %s %s %q changes the statement:\n%s\nand\n%s",
							kind.Name, asked, field.Name, operator, value, got, want)
					}
				}
			}
		}
		search := func(text string) (sql string, ok bool) {
			q, err := query.DecodeValues(kind.Name, field.Name, text, "", 10, time.Time{}, time.Time{})
			if err != nil || q.Search == "" {
				return "", false
			}
			picker, err := picker.New(q, access.All(), text)
			if err != nil {
				t.Fatal(err)
			}
			picker.Dictionary = full{}
			if sql = picker.SQL(t.Context()); picker.Err != nil {
				t.Fatal(picker.Err)
			}
			return sql, true
		}
		want, _ := search("x")
		if got, ok := search(value); ok && got != want {
			t.Fatalf("%s %s: searching for %q changes the statement:\n%s", kind.Name, field.Name, value, got)
		}
	})
}

// shapes lists queries of every view and measure of a kind.
func shapes(kind *activity.Kind) []object {
	list := []object{{"view": query.List}}
	of := kind.Field("tenantId").Name
	groupBy := []string{of}
	for _, m := range query.Measures(kind) {
		if m.IsTime() {
			list = append(list, object{"view": query.Table, "measure": m, "groupBy": groupBy, "seen": query.New})
			continue
		}
		list = append(list, object{"view": query.Value, "measure": m, "of": of}, object{
			"view": query.TimeSeries, "measure": m, "of": of, "groupBy": groupBy, "interval": "1d", "top": 2, "other": true,
		})
		if query.HasSeen(kind) {
			for _, seen := range []query.Seen{query.New, query.Unused} {
				list = append(list, object{"view": query.Table, "measure": m, "of": of, "groupBy": groupBy, "seen": seen})
			}
		}
	}
	return list
}

// withFilter returns a query with one more filter; ok is false if it cannot be asked.
func withFilter(
	kind *activity.Kind, asked object, field *activity.Field, operator query.Operator, value string,
) (q *query.Query, ok bool) {
	filters := []any{filter(field.Name, string(operator), value)}
	if kind == activity.UserActivity {
		filters = append(filters, filter("userId", "=", "u"))
	}
	model := maps.Clone(asked)
	model["queryType"], model["filters"] = kind.Name, filters
	text, _ := json.Marshal(model)
	q, err := query.Decode(text)
	return q, err == nil && len(q.Filters) == len(filters)
}

// statementOf returns the SQL of a query with a filter; ok is false if it cannot be asked.
func statementOf(
	t *testing.T, kind *activity.Kind, asked object, field *activity.Field, operator query.Operator, value string, p query.Period,
) (sql string, ok bool) {
	t.Helper()
	q, ok := withFilter(kind, asked, field, operator, value)
	if !ok {
		return "", false
	}
	sql, err := sqlOf(t, q, p)
	if err != nil {
		t.Fatal(err)
	}
	return sql, true
}

// sqlOf returns the SQL of a query, with more than a few of everything in the dictionaries.
func sqlOf(t *testing.T, q *query.Query, p query.Period) (string, error) {
	b := sqlgen.New(q, access.All(), "")
	b.Dictionary, b.MaxRows = full{}, 10
	if q.View.HasRecords() {
		where := b.InSpan(t.Context(), plan.Range(q, p))
		return b.Records(tables.Rows(q.Kind), where, min(q.Limit, b.MaxRows)), b.Err
	}
	pl, err := plan.New(q, b.Needed(), p)
	if err != nil {
		return "", err
	}
	return b.Count(t.Context(), pl, p)
}

// sameFit reports whether two values agree on matching the missing value, which has a shape of its own.
func sameFit(t *testing.T, kind *activity.Kind, f *activity.Field, operator query.Operator, one, other string) bool {
	t.Helper()
	matchesMissing := func(v string) bool {
		q, ok := withFilter(kind, object{"view": query.List}, f, operator, v)
		return ok && q.Filters[0].Matches("")
	}
	return matchesMissing(one) == matchesMissing(other)
}

// Any text gets a query that SQL can be made of, or an error that names the part of the query and what is wrong with it.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		`{}`, `[]`, `null`, `1`, `"`, `{"queryType": 7}`,
		`{"queryType": "auditEvent", "view": "list", "columns": ["id"]}`, `{"version": 1e99}`, `{"view": {}}`,
		`{"top": -1, "limit": -9223372036854775808}`, `{"limit": 9223372036854775807, "view": "list"}`,
		`{"filters": [{"field": "city", "operator": "=~", "values": ["(((((((((("]}]}`, `{"filters": [null, {}]}`,
		`{"groupBy": ["status", "status", "city"], "top": 3, "other": true}`,
		`{"filters": [{"field": "errorCode", "operator": ">", "values": ["-1", ""]}]}`, `{"interval": "1ns"}`,
		`{"timezone": "../../etc/passwd"}`, `{"timezone": "Local"}`,
		`{"filters": [{"field": "city", "operator": "=", "values": ["$city", "${city}"]}]}`,
		`{"queryType": "userActivity", "view": "timeSeries", "groupBy": ["kind"], "filters": [{"field": ` +
			`"memberOf", "operator": "in", "values": ["a", "b"]}]}`,
		`{"measure": "distinctValues"}`, `{"measure": "distinctValues", "of": "id"}`,
		`{"view": "value", "measure": "distinctValues", "of": "status", "filters": [{"field": ` +
			`"appDisplayName", "operator": "=~", "values": ["a.*"]}]}`,
		`{"view": "detail", "section": "raw", "filters": [{"field": "id", "operator": "=", "values": ["a"]}]}`,
		`{"view": "logs", "order": "odd"}`, `{"view": "detail", "section": "odd"}`, `{"queryType": "metrics"}`,
		`{"queryType": "provisioningEvent", "view": "table", "measure": "averageDuration", "groupBy": ` +
			`["status"], "seen": "new"}`,
	} {
		f.Add([]byte(text))
	}
	part := regexp.MustCompile(`^(query|queryType|version|view|measure|seen|top|other|of|limit|order|section|interval|` +
		`offset|timezone|(filters|columns|groupBy)(\[\d+\])?(\.(field|operator|values))?)$`)
	p := query.Period{From: time.Unix(1e9, 0).UTC(), To: time.Unix(1e9+864000, 0).UTC(), MaxDataPoints: 100}
	f.Fuzz(func(t *testing.T, text []byte) {
		q, err := query.Decode(text)
		var wrong *query.InvalidError
		if err != nil {
			if !errors.As(err, &wrong) || !part.MatchString(wrong.Part) || wrong.Problem == "" {
				t.Fatalf("%s: %#v does not name the part", text, err)
			}
			return
		}
		if _, err = sqlOf(t, q, p); err != nil && !errors.As(err, &wrong) {
			t.Fatalf("%s: %v", text, err)
		}
	})
}
