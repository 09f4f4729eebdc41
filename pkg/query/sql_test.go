package query

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// full is a dictionary with more than a few of everything, so that questions for ids become part of the statement.
type full struct{}

func (full) few(context.Context, string, []any) ([]int32, bool, error) { return nil, false, nil }
func (full) matching(context.Context, string, func(string) bool) ([]int32, error) {
	return []int32{1, 2}, nil
}

// No value ever becomes part of a statement: the texts of two questions that differ in their values alone are the same.
func FuzzValuesNeverBecomeSQL(f *testing.F) {
	for _, value := range []string{"Azure Portal", "'; DROP TABLE entra.sign_in; --", `\`, "$1", "$$", "%_", "\u202e", "a' OR '1'='1"} {
		for i := range activity.SignIn.Fields {
			f.Add(value, i)
		}
	}
	p := Period{From: time.Unix(1e9, 0).UTC(), To: time.Unix(1e9+864000, 0).UTC()}
	f.Fuzz(func(t *testing.T, value string, n int) {
		field := activity.SignIn.Fields[uint(n)%uint(len(activity.SignIn.Fields))]
		for _, operator := range Operators(field) {
			for _, view := range []View{List, Table} {
				statement := func(v string) (string, bool) {
					text, _ := json.Marshal(map[string]any{"view": view, "groupBy": []string{"status"}, "filters": []any{map[string]any{"field": field.Name, "operator": operator, "values": []string{v}}}})
					q, err := Decode(text)
					if err != nil || len(q.Filters) == 0 {
						return "", false
					}
					c := compiler{q: q, dict: full{}, maxRows: 10, filters: q.Filters}
					var sql string
					if view == List {
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
				// The missing value and what no list of codes holds have shapes of their own.
				got, ok := statement(value)
				if !ok || value == "" || rowsDimension(activity.SignIn, field).codes != nil {
					continue
				}
				for _, other := range []string{"x", "1", "true", "10.0.0.1"} {
					if want, ok := statement(other); ok && !sameFit(field, operator, value, other) {
						continue
					} else if ok && got != want {
						t.Fatalf("%s %s %q changes the statement:\n%s\nand\n%s", field.Name, operator, value, got, want)
					}
				}
			}
		}
	})
}

// sameFit reports whether two values agree on fitting the missing value, which has a shape of its own.
func sameFit(f *activity.Field, operator Operator, a, b string) bool {
	fits := func(v string) bool {
		filter, err := decodeFilter(activity.SignIn, "", f.Name, operator, []string{v})
		return err == nil && filter != nil && filter.fits("")
	}
	return fits(a) == fits(b)
}
