package sqlgen

import (
	"context"
	"fmt"
	"strings"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/plan"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/tables"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// Windows returns the statement that counts in the windows of a plan, by when column says that a record happened. It
// selects a row for each group: the rows read, all cells in one value, and the names. A cell is a time in its window and a
// count, each of 8 bytes. One value takes much less time to make and to send than a row for each cell.
func (b *Builder) Windows(ctx context.Context, pl *plan.Plan, column string) (string, error) {
	var groups []string
	for _, tier := range store.Tiers {
		spans := pl.Tiers[tier]
		if len(spans) == 0 {
			continue
		}
		src := b.source(pl, tier, spans, inWindow)
		cell := fmt.Sprintf("CASE WHEN r.edge THEN r.bucket ELSE %s END", middle("r.bucket", tier))
		// With all keys of the grouping, there are only a few rows for each group and bucket, by sign-in type and status. The
		// reader adds them up: PostgreSQL would take half of the time for that.
		groups = append(groups, b.windows(ctx, src, cell, "cell", tables.DeterminesKey(pl.Grouping, b.Query.GroupBy)).String())
	}
	if len(pl.Rows) > 0 {
		spans := make([]plan.Span, len(pl.Rows))
		for i, s := range pl.Rows {
			spans[i] = s.Later(plan.Instant)
		}
		steps := b.Times(pl.Steps)
		src := b.source(pl, plan.NoTier, spans, between(column))
		cell, at := fmt.Sprintf("width_bucket(%s, %s)", column, steps), "("+steps+")[cell]"
		groups = append(groups, b.windows(ctx, src, cell, at, false).String())
	}
	names := numbered("name", len(b.Query.GroupBy))
	order := ""
	if len(names) > 0 { // any order does, and this takes the least time
		order = strings.Join(names, ` COLLATE "C", `) + ` COLLATE "C"`
	}
	return Select{
		Columns: append([]string{"read", "cells"}, names...),
		From:    Sub(strings.Join(groups, "\nUNION ALL\n"), "groups"), OrderBy: order,
	}.String(), b.Err
}

// inWindow restricts buckets to windows. A record on a bucket's start belongs to the window that ends there. All others
// belong to the one that holds the middle. Of the buckets at the ends of a span, one of the two is therefore outside.
func inWindow(from, to string) string {
	return fmt.Sprintf("r.bucket >= %[1]s AND r.bucket <= %[2]s AND r.bucket <> CASE WHEN r.edge THEN %[1]s ELSE %[2]s END", from, to)
}

// windows adds up the rows of a source, unless single, and collects each group's cells; at is a time in a cell's window.
func (b *Builder) windows(ctx context.Context, src source, cell, at string, single bool) Select {
	keys := b.Query.GroupBy
	cells := Select{From: src.from, Where: append(src.where, b.Where(ctx, src.columns)...)}
	// The cell is last, so that one sort serves both to add up and to collect.
	cells.Columns = append(keyColumns(keys, src.columns), cell+" AS cell")
	if single {
		cells.Columns = append(cells.Columns, "r.n AS n", "1 AS read")
	} else {
		cells.GroupBy = numbered("", len(cells.Columns))
		cells.Columns = append(cells.Columns, src.count+"::bigint AS n", "count(*) AS read")
	}
	groups := Select{From: cells.As("cells"), GroupBy: numbered("key", len(keys)), Columns: append([]string{
		"coalesce(sum(read), 0)::bigint AS read",
		fmt.Sprintf("string_agg(timestamptz_send(%s) || int8send(n), '') AS cells", at),
	}, numbered("key", len(keys))...)}
	if len(keys) == 0 {
		return groups
	}
	return withNames(groups, keys, src.columns, "read", "cells")
}

// First returns the statement that selects when each group's first record in the totals happened, or was stored.
func (b *Builder) First(ctx context.Context, g *store.Grouping, stored bool) (string, error) {
	columns := func(f *activity.Field) tables.Column { return tables.Derived(g, f) }
	first := "min(r.first_event) AS first"
	if stored {
		first = "min(r.created) AS first"
	}
	keys := b.Query.GroupBy
	s := Select{
		Columns: append(keyColumns(keys, columns), first), From: store.Schema + ".total r",
		Where: append([]string{fmt.Sprintf("r.grouping = %d", g.Number)}, b.Where(ctx, columns)...), GroupBy: numbered("", len(keys)),
	}
	if len(keys) > 0 {
		s = withNames(s, keys, columns, "first")
	}
	return s.String(), b.Err
}
