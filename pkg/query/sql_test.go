package query

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
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// full is a dictionary with more than a few of everything, so that questions for ids become part of the statement.
type full struct{}

func (full) few(context.Context, string, []any) ([]int32, bool, error) { return nil, false, nil }
func (full) matching(context.Context, string, func(string) bool) ([]int32, error) {
	return []int32{1, 2}, nil
}
func (full) occurring(context.Context, string, []any, func(string) bool) ([]string, bool, error) {
	return []string{"1", "2"}, true, nil
}

// A regular expression on what no dictionary has is tried on so many values, and on no more in silence.
func TestRegularExpressionsOnTooManyValues(t *testing.T) {
	db, err := store.Open(store.Config{URL: pgtest.Database(t)})
	require.NoError(t, err)
	defer db.Close()
	err = db.Snapshot(t.Context(), time.Minute, func(tx *sqlx.Tx) error {
		for _, n := range []int{mostOccurring, mostOccurring + 1} {
			values, ok, err := transaction{tx}.occurring(t.Context(), "SELECT v::text, 'text ' || v FROM generate_series(1, $1) AS v", []any{n}, func(text string) bool { return text == "text 7" })
			require.NoError(t, err)
			require.Equal(t, []string{"7"}, values)
			require.Equal(t, n == mostOccurring, ok)
		}
		return nil
	})
	require.NoError(t, err)

	q, err := Decode([]byte(`{"view": "list", "filters": [{"field": "id", "operator": "=~", "values": ["a.*"]}]}`))
	require.NoError(t, err)
	c := compiler{q: q, dict: crowded{}, filters: q.Filters}
	_, err = c.listSQL(t.Context(), Period{}, 1)
	var wrong *InvalidError
	require.ErrorAs(t, err, &wrong)
	require.ErrorContains(t, err, "id has more than 200000 different values, too many for a regular expression: choose a shorter time range")
}

// crowded is a dictionary of records that have too many values.
type crowded struct{ full }

func (crowded) occurring(context.Context, string, []any, func(string) bool) ([]string, bool, error) {
	return nil, false, nil
}

// No value ever becomes part of a statement: the texts of two questions that differ in their values alone are the same,
// whatever the kind, the view and the measure. So there are no more statements than catalog and operators allow.
func FuzzValuesNeverBecomeSQL(f *testing.F) {
	odd := []string{"Azure Portal", "'; DROP TABLE entra.sign_in; --", `\`, "$1", "$$", "%_", "\u202e", "a' OR '1'='1"}
	for k, kind := range Kinds() {
		for i := range kind.Fields {
			f.Add(odd[(k+i)%len(odd)], k, i)
		}
	}
	p := Period{From: time.Unix(1e9, 0).UTC(), To: time.Unix(1e9+864000, 0).UTC()}
	f.Fuzz(func(t *testing.T, value string, k, n int) {
		kind := Kinds()[uint(k)%uint(len(Kinds()))]
		field := kind.Fields[uint(n)%uint(len(kind.Fields))]
		for _, operator := range Operators(field) {
			for _, asked := range shapes(kind) {
				// The missing value and what no list of codes holds have shapes of their own.
				got, ok := statementOf(t, kind, asked, field, operator, value, p)
				if !ok || value == "" || rowsDimension(kind, field).codes != nil {
					continue
				}
				for _, other := range []string{"x", "1", "true", "10.0.0.1"} {
					if want, ok := statementOf(t, kind, asked, field, operator, other, p); ok && !sameFit(kind, field, operator, value, other) {
						continue
					} else if ok && got != want {
						t.Fatalf("%s %v: %s %s %q changes the statement:\n%s\nand\n%s", kind.Name, asked, field.Name, operator, value, got, want)
					}
				}
			}
		}
		search := func(text string) string {
			q, err := DecodeValues(kind.Name, field.Name, text, "", 10, time.Time{}, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			v := values{compiler: compiler{q: &Query{Kind: kind, View: Table, GroupBy: []*activity.Field{field}}, dict: full{}}, ValuesQuery: q, tenant: text}
			sql, err := v.sql(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			return sql
		}
		if q, err := DecodeValues(kind.Name, field.Name, value, "", 10, time.Time{}, time.Time{}); err == nil && q.Search != "" && search(value) != search("x") {
			t.Fatalf("%s %s: searching for %q changes the statement:\n%s", kind.Name, field.Name, value, search(value))
		}
	})
}

// shapes lists questions of every view and measure of a kind.
func shapes(kind *activity.Kind) []map[string]any {
	list := []map[string]any{{"view": List}}
	group := kind.Field("tenantId").Name
	for _, m := range Measures(kind) {
		if m.IsTime() {
			list = append(list, map[string]any{"view": Table, "measure": m, "groupBy": []string{group}, "seen": New})
			continue
		}
		list = append(list, map[string]any{"view": Value, "measure": m, "of": group}, map[string]any{"view": TimeSeries, "measure": m, "of": group, "groupBy": []string{group}, "interval": "1d", "top": 2, "other": true})
		if HasSeen(kind) {
			for _, seen := range []Seen{New, Unused} {
				list = append(list, map[string]any{"view": Table, "measure": m, "of": group, "groupBy": []string{group}, "seen": seen})
			}
		}
	}
	return list
}

// statementOf returns the SQL of a question with a filter; ok is false if it cannot be asked.
func statementOf(t *testing.T, kind *activity.Kind, asked map[string]any, field *activity.Field, operator Operator, value string, p Period) (sql string, ok bool) {
	t.Helper()
	filters := []any{map[string]any{"field": field.Name, "operator": operator, "values": []string{value}}}
	if kind == activity.UserActivity {
		filters = append(filters, map[string]any{"field": "userId", "operator": "=", "values": []string{"u"}})
	}
	model := maps.Clone(asked)
	model["queryType"], model["filters"] = kind.Name, filters
	text, _ := json.Marshal(model)
	q, err := Decode(text)
	if err != nil || len(q.Filters) < len(filters) {
		return "", false
	}
	c := compiler{q: q, dict: full{}, maxRows: 10, filters: q.Filters}
	if q.View == List {
		sql, err = c.listSQL(t.Context(), p, 10)
	} else {
		var pl *plan
		if pl, err = newPlan(q, c.needed(), p); err == nil {
			sql, err = c.countSQL(t.Context(), pl, p)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return sql, true
}

// sameFit reports whether two values agree on fitting the missing value, which has a shape of its own.
func sameFit(kind *activity.Kind, f *activity.Field, operator Operator, a, b string) bool {
	fits := func(v string) bool {
		filter, err := decodeFilter(kind, "", f.Name, operator, []string{v})
		return err == nil && filter != nil && filter.fits("")
	}
	return fits(a) == fits(b)
}

// Any text gets a question that SQL can be made of, or an error that names the part of the query and what is wrong with it.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		`{}`, `[]`, `null`, `1`, `"`, `{"queryType": 7}`, `{"queryType": "auditEvent", "view": "list", "columns": ["id"]}`, `{"version": 1e99}`, `{"view": {}}`, `{"top": -1, "limit": -9223372036854775808}`,
		`{"limit": 9223372036854775807, "view": "list"}`, `{"filters": [{"field": "city", "operator": "=~", "values": ["(((((((((("]}]}`, `{"filters": [null, {}]}`, `{"groupBy": ["status", "status", "city"], "top": 3, "other": true}`,
		`{"filters": [{"field": "errorCode", "operator": ">", "values": ["-1", ""]}]}`, `{"interval": "1ns"}`, `{"timezone": "../../etc/passwd"}`, `{"timezone": "Local"}`, `{"filters": [{"field": "city", "operator": "=", "values": ["$city", "${city}"]}]}`,
		`{"queryType": "userActivity", "view": "timeSeries", "groupBy": ["kind"], "filters": [{"field": "memberOf", "operator": "in", "values": ["a", "b"]}]}`,
		`{"measure": "distinctValues"}`, `{"measure": "distinctValues", "of": "id"}`, `{"view": "value", "measure": "distinctValues", "of": "status", "filters": [{"field": "appDisplayName", "operator": "=~", "values": ["a.*"]}]}`,
		`{"view": "detail", "section": "raw", "filters": [{"field": "id", "operator": "=", "values": ["a"]}]}`, `{"view": "logs", "order": "odd"}`, `{"view": "detail", "section": "odd"}`, `{"queryType": "metrics"}`,
		`{"queryType": "provisioningEvent", "view": "table", "measure": "averageDuration", "groupBy": ["status"], "seen": "new"}`,
	} {
		f.Add([]byte(text))
	}
	part := regexp.MustCompile(`^(query|queryType|version|view|measure|seen|top|other|of|limit|order|section|interval|offset|timezone|(filters|columns|groupBy)(\[\d+\])?(\.(field|operator|values))?)$`)
	p := Period{From: time.Unix(1e9, 0).UTC(), To: time.Unix(1e9+864000, 0).UTC(), MaxDataPoints: 100}
	f.Fuzz(func(t *testing.T, text []byte) {
		q, err := Decode(text)
		var wrong *InvalidError
		if err != nil {
			if !errors.As(err, &wrong) || !part.MatchString(wrong.Part) || wrong.Problem == "" {
				t.Fatalf("%s: %#v does not name the part", text, err)
			}
			return
		}
		c := compiler{q: q, dict: full{}, maxRows: 10, filters: q.Filters}
		if q.View.ofRecords() {
			_, err = c.listSQL(t.Context(), p, min(q.Limit, c.maxRows))
		} else {
			var pl *plan
			if pl, err = newPlan(q, c.needed(), p); err == nil {
				_, err = c.countSQL(t.Context(), pl, p)
			}
		}
		if err != nil && !errors.As(err, &wrong) {
			t.Fatalf("%s: %v", text, err)
		}
	})
}
