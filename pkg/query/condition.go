package query

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// statement collects the parameters of one SQL statement. All that comes from outside goes through bind.
type statement struct{ args []any }

func (s *statement) bind(v any) string {
	s.args = append(s.args, v)
	return fmt.Sprintf("$%d", len(s.args))
}

// oneOf compares with any of several numbers. A single one is compared by =, which lets an index also give the order.
func oneOf[T int16 | int32](s *statement, expr string, ids []T) string {
	if len(ids) == 1 {
		return fmt.Sprintf("%s = %s", expr, s.bind(ids[0]))
	}
	return fmt.Sprintf("%s = ANY(%s)", expr, s.bind(pq.Array(ids)))
}

// dictionary looks up the ids that stand for texts. Few ids serve better in a statement than the question for them does.
type dictionary interface {
	// few returns the ids that a statement selects; ok is false if they are more than a few.
	few(ctx context.Context, sql string, args []any) (ids []int32, ok bool, err error)
	// matching returns the ids whose text fits; the statement selects ids and texts.
	matching(ctx context.Context, sql string, fits func(string) bool) ([]int32, error)
}

const fewIDs = 1000

// transaction is the dictionary of the transaction that answers the question.
type transaction struct{ *sqlx.Tx }

func (tx transaction) few(ctx context.Context, sql string, args []any) (ids []int32, ok bool, err error) {
	err = tx.SelectContext(ctx, &ids, fmt.Sprintf("%s LIMIT %d", sql, fewIDs+1), args...)
	return ids, len(ids) <= fewIDs, err
}

func (tx transaction) matching(ctx context.Context, sql string, fits func(string) bool) ([]int32, error) {
	rows, err := tx.QueryContext(ctx, sql)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	ids := []int32{}
	for rows.Next() {
		var id int32
		var text string
		if err := rows.Scan(&id, &text); err != nil {
			return nil, err
		}
		if fits(text) && (len(ids) == 0 || ids[len(ids)-1] != id) {
			ids = append(ids, id)
		}
	}
	return ids, rows.Err()
}

// condition restricts r by a filter. Negations keep the records that have no value.
func condition(ctx context.Context, s *statement, dict dictionary, d dimension, f *Filter) (string, error) {
	base, negated := f.Operator.positive()
	var sql string
	switch {
	case d.codes != nil:
		codes := []int16{}
		for i, v := range append([]string{""}, d.codes...) {
			if f.fits(v) {
				codes = append(codes, int16(i))
			}
		}
		sql = oneOf(s, d.expr, codes)
	case d.table != "" && base == Matches:
		from, text := d.table, "coalesce("+d.column+"::text, '')"
		if d.field.Type == activity.List {
			from, text = d.table+" LEFT JOIN LATERAL unnest("+d.column+") AS v ON true", "coalesce(v, '')"
		}
		ids, err := dict.matching(ctx, fmt.Sprintf("SELECT id, %s FROM %s ORDER BY id", text, from), f.fits)
		if err != nil {
			return "", err
		}
		sql = oneOf(s, d.expr, withNone(ids, f))
	case d.table != "":
		lookup := statement{}
		ids, ok, err := dict.few(ctx, fmt.Sprintf("SELECT id FROM %s WHERE %s", d.table, predicate(&lookup, d.field, d.column, f)), lookup.args)
		if err != nil {
			return "", err
		}
		if ok {
			sql = oneOf(s, d.expr, withNone(ids, f))
			break
		}
		none := ""
		if f.fits("") {
			none = " UNION ALL SELECT 0"
		}
		sql = fmt.Sprintf("%s = ANY(ARRAY(SELECT id FROM %s WHERE %s%s))", d.expr, d.table, predicate(s, d.field, d.column, f), none)
	default:
		sql = predicate(s, d.field, d.expr, f)
	}
	if negated {
		sql = "NOT coalesce(" + sql + ", false)"
	}
	return sql, nil
}

// withNone adds 0, the reference of records that name nothing, where the missing value fits.
func withNone(ids []int32, f *Filter) []int32 {
	if f.fits("") && !slices.Contains(ids, 0) {
		ids = append(ids, 0)
	}
	if ids == nil {
		ids = []int32{}
	}
	return ids
}

// predicate compares an expression of a field's type with a filter's values, its negation aside.
func predicate(s *statement, f *activity.Field, expr string, filter *Filter) string {
	base, _ := filter.Operator.positive()
	given := slices.DeleteFunc(slices.Clone(filter.Values), func(v string) bool { return v == "" })
	missing := len(given) < len(filter.Values)
	own := f.Of == nil && strings.HasPrefix(expr, "r.")
	switch {
	case f.Type == activity.List:
		sql := fmt.Sprintf("EXISTS (SELECT FROM unnest(%s) AS v WHERE %s)", expr, textPredicate(s, "v", base, filter.Values))
		if filter.fits("") {
			sql = fmt.Sprintf("(%s OR cardinality(%s) = 0)", sql, expr)
		}
		return sql
	case base == InNetwork:
		return eachOf(filter.Values, func(v string) string { return fmt.Sprintf("%s <<= %s::inet", expr, s.bind(v)) })
	case base.comparesOrder():
		return eachOf(filter.Values, func(v string) string { return fmt.Sprintf("%s %s %s", expr, base, s.bind(number(v))) })
	case own && f.Type == activity.Identifier && base != Equal:
		return textPredicate(s, fmt.Sprintf("coalesce((SELECT i.text FROM %s.identifier i WHERE i.id = %s), %[2]s::text)", store.Schema, expr), base, filter.Values)
	case f.Type == activity.Address && base != Equal:
		return textPredicate(s, "host("+expr+")", base, filter.Values)
	case own && f.Type == activity.Identifier:
		for i, v := range given {
			given[i], _ = store.IdentifierUUID(v)
		}
		return exactly(s, expr, "uuid", given, missing)
	case f.Type == activity.Address:
		return exactly(s, expr, "inet", given, missing)
	case f.Type == activity.Integer:
		return exactly(s, expr, "bigint", given, missing)
	case f.Type == activity.Boolean:
		return exactly(s, expr, "boolean", given, missing)
	}
	sql := textPredicate(s, expr, base, filter.Values)
	if f.Of == activity.Membership && filter.fits("") { // users in no group
		sql = fmt.Sprintf("(%s OR %s IS NULL)", sql, expr)
	}
	return sql
}

// exactly compares with values that are not texts; the missing one is NULL.
func exactly(s *statement, expr, sqlType string, given []string, missing bool) string {
	var sql string
	switch len(given) {
	case 0:
		return expr + " IS NULL"
	case 1:
		sql = fmt.Sprintf("%s = %s::%s", expr, s.bind(given[0]), sqlType)
	default:
		sql = fmt.Sprintf("%s = ANY(%s::%s[])", expr, s.bind(pq.Array(given)), sqlType)
	}
	if missing {
		sql = fmt.Sprintf("(%s OR %s IS NULL)", sql, expr)
	}
	return sql
}

func textPredicate(s *statement, expr string, base Operator, values []string) string {
	switch base {
	case Contains:
		return eachOf(values, func(v string) string { return fmt.Sprintf("strpos(lower(%s), lower(%s)) > 0", expr, s.bind(v)) })
	case StartsWith:
		return eachOf(values, func(v string) string { return fmt.Sprintf("starts_with(lower(%s), lower(%s))", expr, s.bind(v)) })
	}
	if len(values) == 1 {
		return fmt.Sprintf("lower(%s) = lower(%s)", expr, s.bind(values[0]))
	}
	return fmt.Sprintf("lower(%s) = ANY(ARRAY(SELECT lower(v) FROM unnest(%s::text[]) AS v))", expr, s.bind(pq.Array(values)))
}

func eachOf(values []string, sql func(string) string) string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = sql(v)
	}
	if len(list) == 1 {
		return list[0]
	}
	return "(" + strings.Join(list, " OR ") + ")"
}
