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

// maxSeries is how many series a panel can draw.
const maxSeries = 500

// MaxGroups returns how many groups the result may have.
func (b *Builder) MaxGroups() int {
	limit := min(b.MaxRows, maxSeries)
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
	if b.Query.Seen == query.Unused || b.Query.Measure.IsTime() {
		return b.countSeen(ctx, p)
	}
	cells, err := b.Cells(ctx, pl)
	if err != nil {
		return "", err
	}
	if b.Query.Seen == query.New {
		if cells, err = b.onlyNew(ctx, cells, p); err != nil {
			return "", err
		}
	}
	switch {
	case b.countsOnlyUsers():
		return countUsers(cells, len(pl.Steps)).String(), nil
	case len(b.Query.GroupBy) == 0:
		return Select{
			With:    []string{named("cells", cells)},
			Columns: []string{"step", "1", "1", b.measured(""), read},
			From:    "cells", GroupBy: []string{"step"}, Having: notCorrected(pl, ""),
		}.String(), nil
	}
	return b.countGroups(cells, pl).String(), nil
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
func (b *Builder) Cells(ctx context.Context, pl *plan.Plan) (string, error) {
	var parts []string
	// add counts what a tier or the rows have of spans, in the step that holds a time: that of column, unless a bucket counts
	// in another.
	add := func(sign string, tier store.Tier, spans []plan.Span, counts func(column string) string) error {
		if len(spans) == 0 {
			return nil
		}
		column, step := "r.bucket", "1"
		if tier == plan.NoTier {
			column = "r.time"
		}
		if len(pl.Steps) > 1 {
			step = fmt.Sprintf("width_bucket(%s, %s)", counts(column), b.Times(pl.Steps))
		}
		part, err := b.part(ctx, b.source(pl, tier, spans, between(column)), step, sign)
		parts = append(parts, part.String())
		return err
	}
	for _, tier := range store.Tiers {
		inMiddle := func(column string) string { return middle(column, tier) }
		if err := add("", tier, pl.Tiers[tier], inMiddle); err != nil {
			return "", err
		}
	}
	for _, c := range pl.Corrections { // subtracted from where the coarse bucket counts it
		inCoarse := func(column string) string { return middle(c.Coarse.Bin(column), c.Coarse) }
		if err := add("-", c.Fine, c.Spans, inCoarse); err != nil {
			return "", err
		}
	}
	err := add("", plan.NoTier, pl.Rows, func(column string) string { return column })
	return strings.Join(parts, "\nUNION ALL\n"), err
}

// middle is the middle of the bucket that begins at a time.
func middle(from string, tier store.Tier) string {
	return fmt.Sprintf("%s + interval '%d seconds'", from, tier.Width()/2/time.Second)
}

// part counts what one source serves. Users who are not grouped by anything are left as they are: to find the distinct ones
// once takes less time than twice.
func (b *Builder) part(ctx context.Context, src source, step, sign string) (Select, error) {
	where, err := b.Where(ctx, src.columns)
	s := Select{Columns: []string{step + " AS step"}, From: src.from, Where: append(src.where, where...)}
	if b.countsOnlyUsers() {
		s.Columns = append(s.Columns, src.account+" AS account")
		return s, err
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
		return s, err
	}
	return withNames(s, keys, src.columns, others...), err
}

func keyColumns(keys []*activity.Field, columns Columns) []string {
	list := make([]string, len(keys))
	for i, f := range keys {
		list[i] = fmt.Sprintf("%s AS key%d", columns(f).Expr, i+1)
	}
	return list
}
