package engine

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/plan"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/sqlgen"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// countView shows numbers about records.
type countView struct {
	b    sqlgen.Builder
	plan *plan.Plan
	p    query.Period
}

func (v *countView) oldest() (time.Time, store.Tier) {
	if v.b.Query.NeedsHistory() {
		return plan.Always.From, plan.NoTier
	}
	return v.plan.Oldest(), v.plan.Finest()
}

func (v *countView) isExpensive() bool { return v.plan.IsExpensive(v.b.Query, v.p) }

func (v *countView) read(ctx context.Context, tx *sqlx.Tx) (*query.Result, error) {
	v.b.Dictionary = sqlgen.Transaction{Tx: tx}
	q := v.b.Query
	text, err := v.b.Count(ctx, v.plan, v.p)
	if err != nil {
		return nil, err
	}
	result := &query.Result{Query: q, Steps: v.plan.Steps, Served: v.plan.Served(), SQL: v.b.Annotate(text)}
	if q.NeedsHistory() {
		result.Served = "rows"
	}
	rows, err := tx.QueryContext(ctx, text, v.b.Args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	groups := map[int64]*query.Group{}
	if len(q.GroupBy) == 0 && !q.Measure.IsRatio() {
		groups[1] = newGroup(q, len(v.plan.Steps)) // the count of nothing is 0
	}
	var found int64
	for rows.Next() {
		if err := v.scan(rows, groups, &found, &result.Read); err != nil {
			return nil, err
		}
	}
	result.Groups = inOrder(q, groups)
	if limit := v.b.MaxGroups(); int(found) > limit && limit != q.Top && !q.Other {
		result.Warnings = append(result.Warnings,
			fmt.Sprintf(`Only the %d largest of %d groups are shown: filter, or keep fewer with "top".`, limit, found))
	}
	return result, rows.Err()
}

// scan adds a row to the groups, which are by rank.
func (v *countView) scan(rows *sql.Rows, groups map[int64]*query.Group, found, read *int64) error {
	q := v.b.Query
	var step int
	var rank, all, n, part int64
	keys := make([]*string, len(q.GroupBy))
	targets := []any{&step, &rank, &all, &n, &part, read}
	for i := range keys {
		targets = append(targets, &keys[i])
	}
	if err := rows.Scan(targets...); err != nil {
		return err
	}
	*found = max(*found, all)
	g := groups[rank]
	if g == nil {
		g = newGroup(q, len(v.plan.Steps))
		g.Other = rank == 0
		for i, key := range keys {
			if key != nil {
				c := v.b.Rows(q.GroupBy[i])
				g.Keys = append(g.Keys, c.Value(*key))
			}
		}
		groups[rank] = g
	}
	switch value := float64(n); {
	case !q.Measure.IsRatio():
		g.Values[step-1] = &value
	case n > 0:
		value = float64(part) / value
		g.Values[step-1] = &value
	}
	return nil
}

// newGroup returns a group that has seen nothing yet, which as a count is 0.
func newGroup(q *query.Query, steps int) *query.Group {
	g := &query.Group{Values: make([]*float64, steps)}
	for i := range g.Values {
		if !q.Measure.IsRatio() {
			g.Values[i] = new(float64)
		}
	}
	return g
}

// inOrder sorts groups by rank, a table's by what it shows, and puts the one of all others last.
func inOrder(q *query.Query, byRank map[int64]*query.Group) []query.Group {
	ranks := slices.SortedFunc(maps.Keys(byRank), func(a, b int64) int {
		switch {
		case a == 0 || b == 0:
			return cmp.Compare(b, a)
		case q.View == query.Table:
			return cmp.Or(compareValues(byRank[b].Values[0], byRank[a].Values[0]), cmp.Compare(a, b))
		}
		return cmp.Compare(a, b)
	})
	groups := make([]query.Group, len(ranks))
	for i, rank := range ranks {
		groups[i] = *byRank[rank]
	}
	return groups
}

// compareValues orders values; those that are missing are the smallest.
func compareValues(a, b *float64) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return cmp.Compare(*a, *b)
}
