package sqlgen

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/plan"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/tables"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// Condition restricts r by a filter on a column. Negations keep the records that have no value.
func (b *Builder) Condition(ctx context.Context, c tables.Column, f *query.Filter) (sql string) {
	if b.Err != nil {
		return ""
	}
	_, negated := f.Operator.Base()
	match := f.Matches
	if c.Derive != nil {
		match = func(text string) bool { return f.Matches(c.Derive(text)) }
	}
	switch {
	case needsOccurring(c, f):
		if b.occurring[f] == nil {
			b.findOccurring(ctx, f)
		}
		sql = isOccurring(&b.Statement, c, f, b.occurring[f])
	case c.Codes != nil:
		codes := []int16{}
		for i, v := range append([]string{""}, c.Codes...) {
			if f.Matches(v) != negated {
				codes = append(codes, int16(i))
			}
		}
		return oneOf(&b.Statement, c.Expr, codes)
	case c.Dictionary != "":
		sql = b.inDictionary(ctx, c, f, match)
	default:
		sql = predicate(&b.Statement, c.Field, c.Expr, f)
	}
	if negated {
		sql = "NOT coalesce(" + sql + ", false)"
	}
	return sql
}

func (b *Builder) fail(err error) { b.Err = cmp.Or(b.Err, err) }

// inDictionary restricts a column of IDs to those whose text matches.
func (b *Builder) inDictionary(ctx context.Context, c tables.Column, f *query.Filter, match func(string) bool) string {
	var ids []int32
	var err error
	if base, _ := f.Operator.Base(); base == query.Matches || c.Derive != nil {
		all := Select{Columns: []string{"id", "coalesce(" + c.Text + "::text, '')"}, From: c.Dictionary, OrderBy: "id"}
		if c.Field.Type == activity.List {
			all.Columns[1] = "coalesce(v, '')"
			all.Joins = []string{"LEFT JOIN LATERAL unnest(" + c.Text + ") AS v ON true"}
		}
		ids, err = b.Dictionary.Matching(ctx, all.String(), match)
	} else {
		var lookup Statement
		var few bool
		byText := func(s *Statement) string {
			return fmt.Sprintf("SELECT id FROM %s WHERE %s", c.Dictionary, predicate(s, c.Field, c.Text, f))
		}
		ids, few, err = b.Dictionary.Few(ctx, byText(&lookup), lookup.Args)
		if !few && err == nil {
			none := ""
			if match("") {
				none = " UNION ALL SELECT 0"
			}
			return fmt.Sprintf("%s = ANY(ARRAY(%s%s))", c.Expr, byText(&b.Statement), none)
		}
	}
	if match("") && !slices.Contains(ids, 0) { // 0 is the reference of records that name nothing
		ids = append(ids, 0)
	}
	if ids == nil {
		ids = []int32{}
	}
	b.fail(err)
	return oneOf(&b.Statement, c.Expr, ids)
}

// findOccurring matches a regular expression on a field that no dictionary has: against the values that the field has in
// the query's time range, or in its buckets, and in records that match its other filters.
func (b *Builder) findOccurring(ctx context.Context, f *query.Filter) {
	others := Builder{Query: b.Query, Dictionary: b.Dictionary, Nothing: b.Nothing}
	var column tables.Column
	var s Select
	if g := plan.Grouping(b.Query, []*activity.Field{f.Field}); g != nil {
		column, _ = tables.OfGrouping(g, f.Field)
		tier := g.Tiers[len(g.Tiers)-1]
		buckets := plan.Span{From: b.During.From.Add(-tier.Width()), To: b.During.To}
		s = Select{From: g.Table(tier) + " r", Where: append(
			[]string{others.within(buckets, between("r.bucket"))}, others.tierConditions(g, tier)...)}
	} else {
		column = b.Rows(f.Field)
		for i := range b.Filters {
			if !needsOccurring(b.Rows(b.Filters[i].Field), &b.Filters[i]) {
				others.Filters = append(others.Filters, b.Filters[i])
			}
		}
		s = Select{From: tables.Rows(b.Query.Kind) + " r", Where: others.InSpan(ctx, b.During)}
	}
	expr := column.Expr
	if f.Field.Type == activity.List {
		expr = "unnest(" + expr + ")"
	}
	s.Columns = []string{"DISTINCT " + expr + " AS v"}
	distinct := Select{Columns: []string{"v::text", textOf(f.Field, "v")}, From: s.As("AS d"), Where: []string{"v IS NOT NULL"}}
	values, ok, err := b.Dictionary.Occurring(ctx, distinct.String(), others.Args, f.Matches)
	if err == nil && !ok {
		err = query.Invalid("filters", "%s has more than %d different values, too many for a regular expression: choose a shorter "+
			`time range, filter by other fields, too, or use "contains" or "startsWith"`, f.Field.Name, MaxOccurring)
	}
	b.occurring[f] = values
	b.fail(others.Err)
	b.fail(err)
}

// needsOccurring reports whether a filter is a regular expression on a field that no dictionary has.
func needsOccurring(c tables.Column, f *query.Filter) bool {
	base, _ := f.Operator.Base()
	return base == query.Matches && c.Codes == nil && c.Dictionary == ""
}

// isOccurring compares a column with the values that a regular expression matches.
func isOccurring(s *Statement, c tables.Column, f *query.Filter, matched []string) string {
	values := fmt.Sprintf("%s::%s[]", s.Bind(pq.Array(matched)), sqlType(c.Field))
	sql, missing := fmt.Sprintf("%s = ANY(%s)", c.Expr, values), c.Expr+" IS NULL"
	if c.Field.Type == activity.List {
		sql, missing = fmt.Sprintf("%s && %s", c.Expr, values), "cardinality("+c.Expr+") = 0"
	}
	return orMissing(sql, missing, f.Matches(""))
}

func orMissing(sql, missing string, too bool) string {
	if too {
		return fmt.Sprintf("(%s OR %s)", sql, missing)
	}
	return sql
}

// oneOf compares with any of several numbers. A single one is compared by =, which lets an index also give the order.
func oneOf[T int16 | int32](s *Statement, expr string, ids []T) string {
	if len(ids) == 1 {
		return fmt.Sprintf("%s = %s", expr, s.Bind(ids[0]))
	}
	return fmt.Sprintf("%s = ANY(%s)", expr, s.Bind(pq.Array(ids)))
}

// predicate compares an expression of a field's type with a filter's values, before any negation.
func predicate(s *Statement, f *activity.Field, expr string, filter *query.Filter) string {
	base, _ := filter.Operator.Base()
	switch {
	case f.Type == activity.List:
		sql := fmt.Sprintf("EXISTS (SELECT FROM unnest(%s) AS v WHERE %s)", expr, textPredicate(s, "v", base, filter.Values))
		return orMissing(sql, "cardinality("+expr+") = 0", filter.Matches(""))
	case base == query.InNetwork:
		return anyOf(filter.Values, func(v string) string { return fmt.Sprintf("%s <<= %s::inet", expr, s.Bind(v)) })
	case base.IsComparison():
		return anyOf(filter.Values, func(v string) string {
			n, _ := strconv.ParseInt(v, 10, 64) // canonical
			return fmt.Sprintf("%s %s %s", expr, base, s.Bind(n))
		})
	case IsText(f):
		sql := textPredicate(s, expr, base, filter.Values)
		if filter.Exact { // beside what an index finds
			sql = fmt.Sprintf("(%s AND %s = ANY(%s))", sql, expr, s.Bind(pq.Array(filter.Values)))
		}
		return orMissing(sql, expr+" IS NULL", f.Of == activity.Membership && filter.Matches("")) // users in no group
	case base != query.Equal:
		return textPredicate(s, "coalesce("+textOf(f, expr)+", '')", base, filter.Values)
	}
	return equals(s, f, expr, filter.Values)
}

// equals compares with values that are not texts; the missing one is NULL.
func equals(s *Statement, f *activity.Field, expr string, values []string) (sql string) {
	given := slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
	if f.Type == activity.Identifier {
		for i, v := range given {
			given[i], _ = store.IdentifierUUID(v)
		}
	}
	switch len(given) {
	case 0:
		return expr + " IS NULL"
	case 1:
		sql = fmt.Sprintf("%s = %s::%s", expr, s.Bind(given[0]), sqlType(f))
	default:
		sql = fmt.Sprintf("%s = ANY(%s::%s[])", expr, s.Bind(pq.Array(given)), sqlType(f))
	}
	return orMissing(sql, expr+" IS NULL", len(given) < len(values))
}

// IsText reports whether a field is kept as text. Identifiers of entities are: their tables have one row for each.
func IsText(f *activity.Field) bool { return sqlType(f) == "text" }

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

// textOf returns the text of an expression of a field's type.
func textOf(f *activity.Field, expr string) string {
	switch sqlType(f) {
	case "uuid":
		return fmt.Sprintf("coalesce((SELECT i.text FROM %s.identifier i WHERE i.id = %s), %[2]s::text)", store.Schema, expr)
	case "inet":
		return "host(" + expr + ")"
	}
	return expr + "::text"
}

func textPredicate(s *Statement, expr string, base query.Operator, values []string) string {
	format := "starts_with(lower(%s), lower(%s))"
	switch {
	case base == query.Contains:
		format = "strpos(lower(%s), lower(%s)) > 0"
	case base != query.StartsWith && len(values) > 1:
		array := s.Bind(pq.Array(values))
		return fmt.Sprintf("lower(%s) = ANY(ARRAY(SELECT lower(v) FROM unnest(%s::text[]) AS v))", expr, array)
	case base != query.StartsWith:
		format = "lower(%s) = lower(%s)"
	}
	return anyOf(values, func(v string) string { return fmt.Sprintf(format, expr, s.Bind(v)) })
}

// Dictionary looks up what stands for texts. A few IDs in a statement serve better than the query for them does.
type Dictionary interface {
	// Few returns the IDs that a statement selects. ok is false if they are more than a few.
	Few(ctx context.Context, sql string, args []any) (ids []int32, ok bool, err error)
	// Matching returns the IDs whose text matches; the statement selects IDs and texts.
	Matching(ctx context.Context, sql string, match func(string) bool) ([]int32, error)
	// Occurring returns the values whose text matches; the statement selects values and texts, MaxOccurring if ok.
	Occurring(ctx context.Context, sql string, args []any, match func(string) bool) (values []string, ok bool, err error)
}

const fewIDs = 1000

// MaxOccurring is how many values a regular expression is tried on, where no dictionary has them.
const MaxOccurring = 200_000

// Transaction is the dictionary that a transaction sees.
type Transaction struct{ *sqlx.Tx }

// Few implements Dictionary.
func (tx Transaction) Few(ctx context.Context, sql string, args []any) (ids []int32, ok bool, err error) {
	err = tx.SelectContext(ctx, &ids, fmt.Sprintf("%s LIMIT %d", sql, fewIDs+1), args...)
	return ids, len(ids) <= fewIDs, err
}

// Matching implements Dictionary.
func (tx Transaction) Matching(ctx context.Context, sql string, match func(string) bool) ([]int32, error) {
	ids, _, err := matching[int32](ctx, tx, sql, nil, match)
	return ids, err
}

// Occurring implements Dictionary.
func (tx Transaction) Occurring(
	ctx context.Context, sql string, args []any, match func(string) bool,
) (values []string, ok bool, err error) {
	values, n, err := matching[string](ctx, tx, fmt.Sprintf("%s LIMIT %d", sql, MaxOccurring+1), args, match)
	return values, n <= MaxOccurring, err
}

// matching returns the values whose text matches, each once where rows repeat it, and the number of rows.
func matching[T comparable](
	ctx context.Context, tx Transaction, sql string, args []any, match func(string) bool,
) (values []T, n int, err error) {
	rows, err := tx.QueryContext(ctx, sql, args...)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	values = []T{}
	for ; rows.Next(); n++ {
		var value T
		var text string
		if err := rows.Scan(&value, &text); err != nil {
			return nil, 0, err
		}
		if match(text) && (len(values) == 0 || values[len(values)-1] != value) {
			values = append(values, value)
		}
	}
	return values, n, rows.Err()
}
