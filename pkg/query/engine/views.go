package engine

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/detail"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/plan"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/sqlgen"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/tables"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// view reads the result of a query in one form.
type view interface {
	needs() needs
	read(ctx context.Context, tx *sqlx.Tx, b *sqlgen.Builder) (*query.Result, error)
}

// needs is what a view needs of the database.
type needs struct {
	rowsSince time.Time  // zero where no rows are needed, or those of a record of whatever time
	counted   store.Tier // the tier that counts rows which have been removed
	patience  bool       // the query reads much, and has to leave connections to others
}

func newView(b *sqlgen.Builder, p query.Period) (view, error) {
	switch {
	case b.Query.View == query.Detail:
		return detailView{}, nil
	case b.Query.View.HasRecords():
		return listView{p}, nil
	}
	pl, err := plan.New(b.Query, b.Needed(), p)
	return &countView{b.Query, pl, p}, err
}

// detailView shows one record, whenever it happened.
type detailView struct{}

func (detailView) needs() needs { return needs{} }

func (detailView) read(ctx context.Context, tx *sqlx.Tx, b *sqlgen.Builder) (*query.Result, error) {
	return detail.Read(ctx, tx, b)
}

// listView shows records.
type listView struct{ p query.Period }

func (v listView) needs() needs { return needs{rowsSince: v.p.From} }

func (v listView) read(ctx context.Context, tx *sqlx.Tx, b *sqlgen.Builder) (*query.Result, error) {
	q := b.Query
	limit := min(q.Limit, b.MaxRows)
	where, err := b.InSpan(ctx, b.During)
	if err != nil {
		return nil, err
	}
	result := &query.Result{Query: q, Served: "rows"}
	result.Rows, err = b.SelectRecords(ctx, tx, tables.Rows(q.Kind), where, limit+1, result)
	if len(result.Rows) > limit {
		result.Rows = result.Rows[:limit]
		more := fmt.Sprintf("Only the %s %d records are shown, there are more: "+
			"filter, or choose a shorter time range or a higher limit.", q.Order, limit)
		if limit < min(query.DefaultLimit, b.MaxRows) { // whoever asks for so few is not surprised
			result.Infos = append(result.Infos, more)
		} else {
			result.Warnings = append(result.Warnings, more)
		}
	}
	return result, err
}

// countView shows numbers about records.
type countView struct {
	q    *query.Query
	plan *plan.Plan
	p    query.Period
}

func (v *countView) needs() needs {
	n := needs{v.plan.Oldest(), v.plan.Finest(), v.plan.IsExpensive(v.q, v.p)}
	if v.q.NeedsHistory() {
		n.rowsSince, n.counted = query.Earliest, plan.NoTier
	}
	return n
}

func (v *countView) read(ctx context.Context, tx *sqlx.Tx, b *sqlgen.Builder) (*query.Result, error) {
	q := b.Query
	text, err := b.Count(ctx, v.plan, v.p)
	if err != nil {
		return nil, err
	}
	result := &query.Result{Query: q, Steps: v.plan.Steps, Served: v.plan.Served(), SQL: b.Annotate(text)}
	if q.NeedsHistory() {
		result.Served = "rows"
	}
	rows, err := tx.QueryContext(ctx, text, b.Args...)
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
		if err := scan(rows, b, groups, result, &found); err != nil {
			return nil, err
		}
	}
	result.Groups = inOrder(q, groups)
	if limit := b.MaxGroups(); int(found) > limit && limit != q.Top && !q.Other {
		result.Warnings = append(result.Warnings,
			fmt.Sprintf(`Only the %d largest of %d groups are shown: filter, or keep fewer with "top".`, limit, found))
	}
	return result, rows.Err()
}

// scan adds a row to the groups, which are by rank.
func scan(rows *sql.Rows, b *sqlgen.Builder, groups map[int64]*query.Group, result *query.Result, found *int64) error {
	q := b.Query
	var step int
	var rank, all, n, part int64
	keys := make([]*string, len(q.GroupBy))
	targets := []any{&step, &rank, &all, &n, &part, &result.Read}
	for i := range keys {
		targets = append(targets, &keys[i])
	}
	if err := rows.Scan(targets...); err != nil {
		return err
	}
	*found = max(*found, all)
	g := groups[rank]
	if g == nil {
		g = newGroup(q, len(result.Steps))
		g.Other = rank == 0
		for i, key := range keys {
			if key != nil {
				c := b.Rows(q.GroupBy[i])
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
			return cmp.Or(cmp.Compare(sortValue(byRank[b].Values[0]), sortValue(byRank[a].Values[0])), cmp.Compare(a, b))
		}
		return cmp.Compare(a, b)
	})
	groups := make([]query.Group, len(ranks))
	for i, rank := range ranks {
		groups[i] = *byRank[rank]
	}
	return groups
}

// sortValue returns a value to sort by; those that are missing are the smallest.
func sortValue(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}
