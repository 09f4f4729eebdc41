package sqlgen

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/tables"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// countSeen returns the statement for groups of which nothing in the time range is to be counted, in the form of Count.
func (b *Builder) countSeen(ctx context.Context, p query.Period) (string, error) {
	seen, err := b.seen(ctx, p)
	if err != nil {
		return "", err
	}
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
	}.String(), nil
}

// onlyNew restricts cells to groups that were first seen in the time range.
func (b *Builder) onlyNew(ctx context.Context, cells string, p query.Period) (string, error) {
	seen, err := b.seen(ctx, p)
	names := numbered("name", len(b.Query.GroupBy))
	chosen := Select{Columns: names, From: seen.As("seen"), Where: []string{b.chosen(p)}}
	in := fmt.Sprintf("(%s) IN %s", strings.Join(names, ", "), chosen.Nested())
	return Select{Columns: []string{"*"}, From: Sub(cells, "c"), Where: []string{in}}.String(), err
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

// seen is the SELECT of all groups with the times when they have been seen first and last, and whether within the time
// range: name1 ..., first, last, within.
func (b *Builder) seen(ctx context.Context, p query.Period) (Select, error) {
	where, err := b.Where(ctx, b.Rows)
	keys := b.Query.GroupBy
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
	}, err
}

// probe asks an index for the first and the last record of one application or user after the other, of which there are far
// fewer than records: only of those that have a name in question, and only for the times in question.
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
	add := func(name, order string, asked bool) {
		if !asked {
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
