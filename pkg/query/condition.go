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
	// occurring returns the values whose text fits; the statement selects values and texts. ok is false if it selects more
	// than mostOccurring.
	occurring(ctx context.Context, sql string, args []any, fits func(string) bool) (values []string, ok bool, err error)
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

func (tx transaction) occurring(ctx context.Context, sql string, args []any, fits func(string) bool) ([]string, bool, error) {
	rows, err := tx.QueryContext(ctx, fmt.Sprintf("%s LIMIT %d", sql, mostOccurring+1), args...)
	if err != nil {
		return nil, false, err
	}
	defer rows.Close()
	values, n := []string{}, 0
	for rows.Next() {
		var value, text string
		if err := rows.Scan(&value, &text); err != nil {
			return nil, false, err
		}
		if n++; fits(text) {
			values = append(values, value)
		}
	}
	return values, n <= mostOccurring, rows.Err()
}

// mostOccurring is how many values a regular expression is tried on, where no dictionary has them.
const mostOccurring = 200_000

// matchOccurring matches a regular expression on a field that no dictionary has: against the values that the field has in
// the question's time range and in records that its other filters leave. The rollup knows more than its range, which
// does no harm.
func (c *compiler) matchOccurring(ctx context.Context, f *Filter) error {
	during := c.during
	if during.from.IsZero() {
		during = always
	}
	others := compiler{q: c.q, dict: c.dict, nothing: c.nothing}
	var from, expr string
	if g := groupingFor(c.q, []*activity.Field{f.Field}); g != nil {
		d, _ := rollupDimension(g, f.Field)
		tier := g.Tiers[len(g.Tiers)-1]
		_, within := others.within("r.bucket", []span{{during.from.Add(-tier.Width()), during.to}})
		expr, from = d.expr, fmt.Sprintf("%s r WHERE %s AND %s", g.Table(tier), within, others.fixed(g, tier))
	} else {
		for _, other := range c.filters {
			if !other.needsMatching(c.rowsAt(other.Field)) {
				others.filters = append(others.filters, other)
			}
		}
		_, within := others.within("r.time", []span{during})
		where, err := others.where(ctx, c.rowsAt)
		if err != nil {
			return err
		}
		expr, from = c.rowsAt(f.Field).expr, fmt.Sprintf("%s r WHERE %s%s", rowsTable(c.q.Kind), within, where)
	}
	if f.Field.Type == activity.List {
		expr = "unnest(" + expr + ")"
	}
	sql := fmt.Sprintf("SELECT v::text, %s FROM (SELECT DISTINCT %s AS v FROM %s) AS d WHERE v IS NOT NULL", textOf(f.Field, "v"), expr, from)
	values, ok, err := c.dict.occurring(ctx, sql, others.args, f.fits)
	if err == nil && !ok {
		err = invalid("filters", "%s has more than %d different values, too many for a regular expression: choose a shorter time range, filter by other fields, too, or use \"contains\" or \"startsWith\"",
			f.Field.Name, mostOccurring)
	}
	f.matched = values
	return err
}

// needsMatching tells regular expressions on fields that no dictionary has.
func (f *Filter) needsMatching(d dimension) bool {
	base, _ := f.Operator.positive()
	return base == Matches && d.codes == nil && d.table == ""
}

// condition restricts r by a filter. Negations keep the records that have no value.
func condition(ctx context.Context, s *statement, dict dictionary, d dimension, f *Filter) (string, error) {
	base, negated := f.Operator.positive()
	fits := f.fits
	if d.told != nil {
		fits = func(text string) bool { return f.fits(d.told(text)) }
	}
	var sql string
	switch {
	case f.needsMatching(d):
		sql = matches(s, d.field, d.expr, f)
	case d.codes != nil:
		codes := []int16{}
		for i, v := range append([]string{""}, d.codes...) {
			if f.fits(v) != negated {
				codes = append(codes, int16(i))
			}
		}
		return oneOf(s, d.expr, codes), nil
	case d.table != "" && (base == Matches || d.told != nil):
		from, text := d.table, "coalesce("+d.column+"::text, '')"
		if d.field.Type == activity.List {
			from, text = d.table+" LEFT JOIN LATERAL unnest("+d.column+") AS v ON true", "coalesce(v, '')"
		}
		ids, err := dict.matching(ctx, fmt.Sprintf("SELECT id, %s FROM %s ORDER BY id", text, from), fits)
		if err != nil {
			return "", err
		}
		sql = oneOf(s, d.expr, withNone(ids, fits))
	case d.table != "":
		lookup := statement{}
		ids, ok, err := dict.few(ctx, fmt.Sprintf("SELECT id FROM %s WHERE %s", d.table, predicate(&lookup, d.field, d.column, f)), lookup.args)
		if err != nil {
			return "", err
		}
		if ok {
			sql = oneOf(s, d.expr, withNone(ids, fits))
			break
		}
		none := ""
		if fits("") {
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
func withNone(ids []int32, fits func(string) bool) []int32 {
	if fits("") && !slices.Contains(ids, 0) {
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
	case isText(f):
		sql := textPredicate(s, expr, base, filter.Values)
		if filter.exact { // beside what an index finds
			sql = fmt.Sprintf("(%s AND %s = ANY(%s))", sql, expr, s.bind(pq.Array(filter.Values)))
		}
		if f.Of == activity.Membership && filter.fits("") { // users in no group
			sql = fmt.Sprintf("(%s OR %s IS NULL)", sql, expr)
		}
		return sql
	case base != Equal:
		return textPredicate(s, "coalesce("+textOf(f, expr)+", '')", base, filter.Values)
	case f.Type == activity.Identifier:
		for i, v := range given {
			given[i], _ = store.IdentifierUUID(v)
		}
	}
	return exactly(s, expr, sqlType(f), given, missing)
}

// matches compares an expression of a field's type with the values that a regular expression has been found to fit.
func matches(s *statement, f *activity.Field, expr string, filter *Filter) string {
	values := fmt.Sprintf("%s::%s[]", s.bind(pq.Array(filter.matched)), sqlType(f))
	sql, missing := fmt.Sprintf("%s = ANY(%s)", expr, values), expr+" IS NULL"
	if f.Type == activity.List {
		sql, missing = fmt.Sprintf("%s && %s", expr, values), "cardinality("+expr+") = 0"
	}
	if filter.fits("") {
		sql = fmt.Sprintf("(%s OR %s)", sql, missing)
	}
	return sql
}

// isText tells fields that are kept as text: all but those of the types that sqlType names. Identifiers are when they
// are an entity's, whose table has one row for each.
func isText(f *activity.Field) bool { return sqlType(f) == "text" }

func sqlType(f *activity.Field) string {
	switch {
	case f.Type == activity.Identifier && f.Of == nil:
		return "uuid"
	case f.Type == activity.Address:
		return "inet"
	case f.Type == activity.Integer:
		return "bigint"
	case f.Type == activity.Boolean:
		return "boolean"
	}
	return "text"
}

// textOf is the text of an expression of a field's type.
func textOf(f *activity.Field, expr string) string {
	switch sqlType(f) {
	case "uuid":
		return fmt.Sprintf("coalesce((SELECT i.text FROM %s.identifier i WHERE i.id = %s), %[2]s::text)", store.Schema, expr)
	case "inet":
		return "host(" + expr + ")"
	}
	return expr + "::text"
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
