package sqlgen

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/plan"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/tables"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// MaxGroups returns how many groups the result may have.
func (b *Builder) MaxGroups() int {
	limit := min(b.MaxRows, query.MaxSeries)
	if b.Query.View == query.Table {
		limit = min(b.MaxRows, b.Query.Limit)
	}
	if b.Query.Top > 0 {
		limit = min(limit, b.Query.Top)
	}
	return limit
}

// Count returns the statement that computes the query's measure by step and group. Its columns are step, rank, number of
// groups, n, part of n, rows read, and a name for each field grouped by.
func (b *Builder) Count(ctx context.Context, pl *plan.Plan, p query.Period) (string, error) {
	var s Select
	if b.Query.Seen == query.Unused || b.Query.Measure.IsTime() {
		s = b.countSeen(ctx, p)
		return s.String(), b.Err
	}
	cells := b.Cells(ctx, pl)
	if b.Query.Seen == query.New {
		cells = b.onlyNew(ctx, cells, p)
	}
	switch {
	case b.countsOnlyUsers():
		s = countUsers(cells, len(pl.Steps))
	case len(b.Query.GroupBy) == 0:
		s = Select{
			With:    []string{named("cells", cells)},
			Columns: []string{"step", "1", "1", b.measured(""), read},
			From:    "cells", GroupBy: []string{"step"}, Having: notCorrected(pl, ""),
		}
	default:
		s = b.countGroups(cells, pl)
	}
	return s.String(), b.Err
}

// read is how many rows the cells of a count were made of.
const read = "(SELECT coalesce(sum(read), 0) FROM cells)::bigint"

// notCorrected leaves out groups of which corrections have left nothing.
func notCorrected(pl *plan.Plan, alias string) string {
	if len(pl.Corrections) == 0 {
		return ""
	}
	return fmt.Sprintf("sum(%sn) <> 0", alias)
}

// measured is n and part of n, of cells.
func (b *Builder) measured(alias string) string {
	if b.Query.Measure.IsDistinct() {
		return b.distinct(alias) + ", 0"
	}
	return fmt.Sprintf("sum(%sn)::bigint, coalesce(sum(%[1]spart), 0)::bigint", alias)
}

// countsOnlyUsers reports whether users are all there is to count. To hash them takes the least time.
func (b *Builder) countsOnlyUsers() bool {
	return b.Query.Measure == query.DistinctUsers && len(b.Query.GroupBy) == 0
}

func countUsers(cells string, steps int) Select {
	users := Select{Columns: []string{"step", "account", "count(*) AS read"}, GroupBy: []string{"step", "account"}}
	if steps == 1 {
		users.Columns[0], users.GroupBy = "1 AS step", []string{"account"}
	}
	users.From = Sub(cells, "cells")
	return Select{
		Columns: []string{"step", "1", "1", "count(*) FILTER (WHERE account <> 0)", "0", "sum(sum(read)) OVER ()::bigint"},
		From:    users.As("users"), GroupBy: []string{"step"},
	}
}

// countGroups ranks the groups of cells, and keeps the largest. The others are one group, of rank 0, or left out.
func (b *Builder) countGroups(cells string, pl *plan.Plan) Select {
	keys := numbered("name", len(b.Query.GroupBy))
	list := strings.Join(keys, ", ")
	weight := "sum(n)"
	if b.Query.Measure.IsDistinct() {
		weight = b.distinct("")
	}
	ranked := Select{
		Columns: append(slices.Clone(keys), fmt.Sprintf("row_number() OVER (ORDER BY %s DESC, %s) AS rank", weight, list),
			"count(*) OVER () AS groups"),
		From: "cells", GroupBy: keys, Having: notCorrected(pl, ""),
	}
	join := "JOIN"
	if b.Query.Other {
		join = "LEFT JOIN"
	}
	s := Select{
		With:    []string{named("cells", cells), named("ranked", ranked.String())},
		Columns: []string{"n.step", "coalesce(k.rank, 0)", "coalesce(max(k.groups), 0)", b.measured("n."), read},
		From:    "cells n",
		GroupBy: []string{"n.step", "k.rank"},
		Having:  notCorrected(pl, "n."),
	}
	on := []string{}
	for _, key := range keys {
		on = append(on, fmt.Sprintf("n.%s = k.%[1]s", key))
		s.Columns, s.GroupBy = append(s.Columns, "k."+key), append(s.GroupBy, "k."+key)
	}
	on = append(on, "k.rank <= "+b.Bind(b.MaxGroups()))
	s.Joins = []string{join + " ranked k ON " + strings.Join(on, " AND ")}
	return s
}

// keys lists the fields whose values keep cells apart.
func (b *Builder) keys() []*activity.Field {
	if b.Query.Measure == query.DistinctValues {
		return append(slices.Clone(b.Query.GroupBy), b.Query.Of)
	}
	return b.Query.GroupBy
}

// distinct counts the distinct users or values of cells. Those without are not counted.
func (b *Builder) distinct(alias string) string {
	column, none := "account", "0"
	if b.Query.Measure == query.DistinctValues {
		column, none = fmt.Sprintf("name%d", len(b.Query.GroupBy)+1), "''"
		if b.Rows(b.Query.Of).Codes != nil {
			none = "'0'"
		}
	}
	return fmt.Sprintf("count(DISTINCT %s%s) FILTER (WHERE %[1]s%[2]s <> %[3]s)", alias, column, none)
}

// source is a table, called r, that serves a part of a count.
type source struct {
	from    string
	where   []string // which part
	columns Columns
	count   string // of records, over rows of r
	account string // the ID of the user
}

// source returns what a tier, or the rows, has of some spans.
func (b *Builder) source(pl *plan.Plan, tier store.Tier, spans []plan.Span, condition spanCondition) source {
	if tier == plan.NoTier {
		from, within := b.inSpans(tables.Rows(b.Query.Kind), spans, condition)
		return source{from, []string{within}, b.Rows, "count(*)", "r." + store.Reference(activity.Account)}
	}
	from, within := b.inSpans(pl.Grouping.Table(tier), spans, condition)
	derived := func(f *activity.Field) tables.Column { return tables.Derived(pl.Grouping, f) }
	return source{from, append([]string{within}, b.tierConditions(pl.Grouping, tier)...), derived, "sum(r.n)", "r.k1"}
}

// Cells returns the SELECT of all parts of a plan: step, n, part, read, and names or accounts.
func (b *Builder) Cells(ctx context.Context, pl *plan.Plan) string {
	var parts []string
	// add counts what a tier or the rows have of spans, in the step of the time that counts makes of their column.
	add := func(sign string, tier store.Tier, spans []plan.Span, counts func(column string) string) {
		if len(spans) == 0 {
			return
		}
		column, step := "r.bucket", "1"
		if tier == plan.NoTier {
			column = "r.time"
		}
		if len(pl.Steps) > 1 {
			step = fmt.Sprintf("width_bucket(%s, %s)", counts(column), b.Times(pl.Steps))
		}
		parts = append(parts, b.part(ctx, b.source(pl, tier, spans, between(column)), step, sign).String())
	}
	for _, tier := range store.Tiers {
		add("", tier, pl.Tiers[tier], func(column string) string { return middle(column, tier) })
	}
	for _, c := range pl.Corrections { // subtracted from where the coarse bucket counts it
		add("-", c.Fine, c.Spans, func(column string) string { return middle(c.Coarse.Bin(column), c.Coarse) })
	}
	add("", plan.NoTier, pl.Rows, func(column string) string { return column })
	return strings.Join(parts, "\nUNION ALL\n")
}

// middle is the middle of the bucket that begins at a time.
func middle(from string, tier store.Tier) string {
	return fmt.Sprintf("%s + interval '%d seconds'", from, tier.Width()/2/time.Second)
}

// part counts what one source serves. Where users are all there is to count, they are found distinct once, not twice.
func (b *Builder) part(ctx context.Context, src source, step, sign string) Select {
	s := Select{Columns: []string{step + " AS step"}, From: src.from, Where: append(src.where, b.Where(ctx, src.columns)...)}
	if b.countsOnlyUsers() {
		s.Columns = append(s.Columns, src.account+" AS account")
		return s
	}
	keys, others := b.keys(), []string{"step", "n", "part", "read"}
	s.Columns = append(s.Columns, keyColumns(keys, src.columns)...)
	n, part := sign+src.count, "0"
	switch b.Query.Measure {
	case query.FailureRate:
		part = fmt.Sprintf("%s FILTER (WHERE r.status = %d)", n, store.StatusCode(activity.Failure))
	case query.AverageDuration: // only rows have it
		column := "r." + store.Column(b.Query.Kind, query.Duration(b.Query.Kind))
		n, part = "count("+column+")", "sum("+column+")"
	case query.DistinctUsers:
		n = "0"
		s.Columns, others = append(s.Columns, src.account+" AS account"), append(others, "account")
	case query.DistinctValues: // whatever is there at all counts
		n = "0"
	}
	s.GroupBy = numbered("", len(s.Columns))
	s.Columns = append(s.Columns, n+" AS n", part+" AS part", "count(*) AS read")
	if len(keys) == 0 {
		return s
	}
	return withNames(s, keys, src.columns, others...)
}

func keyColumns(keys []*activity.Field, columns Columns) []string {
	list := make([]string, len(keys))
	for i, f := range keys {
		list[i] = fmt.Sprintf("%s AS key%d", columns(f).Expr, i+1)
	}
	return list
}

// countSeen returns the statement for groups of which nothing in the time range is to be counted, in the form of Count.
func (b *Builder) countSeen(ctx context.Context, p query.Period) Select {
	seen := b.seen(ctx, p)
	names, order, value := numbered("name", len(b.Query.GroupBy)), "last", "0"
	if b.Query.Measure == query.FirstSeen {
		order = "first"
	}
	if b.Query.Measure.IsTime() {
		value = fmt.Sprintf("(extract(epoch FROM %s) * 1000000)::bigint", order)
	}
	list := strings.Join(names, ", ")
	chosen := Select{
		Columns: []string{"*", fmt.Sprintf("row_number() OVER (ORDER BY %s DESC, %s) AS rank", order, list), "count(*) OVER () AS groups"},
		From:    "seen", Where: []string{b.chosen(p)},
	}
	return Select{
		With:    []string{named("seen", seen.String()), named("chosen", chosen.String())},
		Columns: []string{"1", "rank", "groups", value, "0::bigint", "(SELECT count(*) FROM seen)", list},
		From:    "chosen", Where: []string{"rank <= " + b.Bind(b.MaxGroups())},
	}
}

// onlyNew restricts cells to groups that were first seen in the time range.
func (b *Builder) onlyNew(ctx context.Context, cells string, p query.Period) string {
	seen := b.seen(ctx, p)
	names := numbered("name", len(b.Query.GroupBy))
	chosen := Select{Columns: names, From: seen.As("seen"), Where: []string{b.chosen(p)}}
	in := fmt.Sprintf("(%s) IN %s", strings.Join(names, ", "), chosen.Nested())
	return Select{Columns: []string{"*"}, From: Sub(cells, "c"), Where: []string{in}}.String()
}

// chosen is the condition on what seen selects.
func (b *Builder) chosen(p query.Period) string {
	switch b.Query.Seen {
	case query.New:
		return fmt.Sprintf("first >= %s AND first < %s", b.Bind(p.From), b.Bind(p.To))
	case query.Unused:
		return fmt.Sprintf("first < %s AND NOT within", b.Bind(p.From))
	}
	return "within"
}

// seen is the SELECT of all groups, and when they have been seen: name1 ..., first, last, within the time range.
func (b *Builder) seen(ctx context.Context, p query.Period) Select {
	where, keys := b.Where(ctx, b.Rows), b.Query.GroupBy
	within := between("r.time")(b.Bind(p.From), b.Bind(p.To))
	entity := keys[0].Of
	another := func(f *activity.Field) bool { return f.Of != entity }
	var each Select
	if store.Indexed(b.Query.Kind, entity) && !slices.ContainsFunc(keys, another) {
		each = b.probe(entity, where, within)
	} else {
		each = withNames(Select{
			Columns: append(keyColumns(keys, b.Rows), "min(r.time) AS first", "max(r.time) AS last", "bool_or("+within+") AS within"),
			From:    tables.Rows(b.Query.Kind) + " r", Where: where, GroupBy: numbered("", len(keys)),
		}, keys, b.Rows, "first", "last", "within")
	}
	names := numbered("name", len(keys))
	return Select{
		Columns: append(slices.Clone(names), "min(first) AS first", "max(last) AS last", "bool_or(within) AS within"),
		From:    each.As("s"), GroupBy: names,
	}
}

// probe reads from an index the first and the last record of one application or user after the other, of which there are
// far fewer than records: only of those whose name the query selects, and only the times that it shows.
func (b *Builder) probe(e *activity.Entity, where []string, within string) Select {
	names := strings.Join(numbered("name", len(b.Query.GroupBy)), ", ")
	columns, none := []string{"id"}, []string{"0"}
	for i, f := range b.Query.GroupBy {
		columns, none = append(columns, fmt.Sprintf("%s::text AS name%d", b.Rows(f).Text, i+1)), append(none, "''")
	}
	entities := Select{Columns: columns, From: store.EntityTable(e)}.String() + " UNION ALL " + Select{Columns: none}.String()
	reference := "r." + store.Reference(e)
	isUnused := b.Query.Seen == query.Unused

	inRange := Select{Columns: []string{reference}, From: tables.Rows(b.Query.Kind) + " r", Where: append([]string{within}, where...)}
	named := Select{Columns: []string{names}, From: Sub(entities, "d"), Where: []string{"id IN " + inRange.Nested()}}
	in := "IN "
	if isUnused {
		in = "NOT IN "
	}
	// With OFFSET, PostgreSQL finds these before it looks for their records.
	inQuestion := Select{
		Columns: []string{"*"}, From: Sub(entities, "d"), Offset: "0",
		Where: []string{"(" + names + ") " + in + named.Nested()},
	}
	s := Select{Columns: []string{"d.*"}, From: inQuestion.As("d")}
	add := func(name, order string, wanted bool) {
		if !wanted {
			s.Columns = append(s.Columns, "NULL::timestamptz AS "+name)
			return
		}
		record := Select{
			Columns: []string{"r.time"}, From: tables.Rows(b.Query.Kind) + " r",
			Where: append([]string{reference + " = d.id"}, where...), OrderBy: "r.time" + order, Limit: "1",
		}
		s.Columns = append(s.Columns, name+".time AS "+name)
		s.Joins = append(s.Joins, "CROSS JOIN LATERAL "+record.As(name))
	}
	add("first", "", b.Query.Measure == query.FirstSeen || b.Query.Seen != query.Any)
	add("last", " DESC", b.Query.Measure == query.LastSeen || isUnused)
	s.Columns = append(s.Columns, fmt.Sprintf("%t AS within", !isUnused))
	return s
}
