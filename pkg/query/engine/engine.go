// Package engine runs queries: in one read-only transaction, which sees one state of the database.
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

	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/detail"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/picker"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/plan"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/sqlgen"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/tables"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// Engine runs queries on a database.
type Engine struct {
	DB      *store.DB
	Tenant  string // the only tenant to query; empty for all
	Timeout time.Duration
	MaxRows int // no result is longer
}

// Run runs a query within a scope.
func (e *Engine) Run(ctx context.Context, q *query.Query, scope access.Scope, p query.Period) (*query.Result, error) {
	p.From, p.To = q.Offset.Move(p.From, -1, q.Zone), q.Offset.Move(p.To, -1, q.Zone)
	if q.View == query.Detail { // shows its record, whenever that was
		p.From, p.To = query.Earliest, query.Latest
	}
	p, cut, err := p.Canonical()
	if err != nil {
		return nil, err
	}
	b := sqlgen.New(q, scope, e.Tenant)
	b.MaxRows = e.MaxRows
	if !q.NeedsHistory() {
		b.During = plan.Range(q, p)
	}
	v, err := newView(&b, p)
	if err != nil {
		return nil, err
	}
	needs := v.needs()
	var result *query.Result
	run := func() error {
		return e.DB.Snapshot(ctx, e.Timeout, func(tx *sqlx.Tx) (err error) {
			b.Dictionary = sqlgen.Transaction{Tx: tx}
			if result, err = v.read(ctx, tx, &b); err != nil {
				return err
			}
			before, err := removedBefore(ctx, tx, q.Kind, needs.rowsSince)
			if !before.IsZero() {
				result.Warnings = append(result.Warnings, removed(before, needs.counted))
			}
			return err
		}, sqlgen.Settings(q, false)...)
	}
	if needs.patience {
		err = e.DB.Patiently(ctx, run)
	} else {
		err = run()
	}
	if err != nil {
		return nil, err
	}
	for i, step := range result.Steps {
		result.Steps[i] = q.Offset.Move(step, 1, q.Zone)
	}
	if cut {
		result.Warnings = append(result.Warnings, "The time range was cut to the years 2000 to 2099, in which records are kept.")
	}
	if !scope.Everything() {
		result.Warnings = append(result.Warnings, onlyYours)
	}
	return result, nil
}

// Values lists values of a field within a scope, in their order.
func (e *Engine) Values(ctx context.Context, vq *query.ValuesQuery, scope access.Scope) ([]query.FieldValue, error) {
	p, err := picker.New(vq, scope, e.Tenant)
	if err != nil {
		return nil, err
	}
	return p.Values(ctx, e.DB, e.Timeout)
}

const onlyYours = "Only records that you may see are counted and shown."

// removed warns that retention has removed what a query needs, though perhaps not what it was counted in.
func removed(before time.Time, counted store.Tier) string {
	text := fmt.Sprintf("Records before %s have been removed", before.UTC().Format("2006-01-02 15:04 MST"))
	if counted == plan.NoTier {
		return text + ", and this query needs them: the result covers what is left."
	}
	return text + fmt.Sprintf(". They are still counted by the %s, and this result is as exact as that.", counted)
}

// removedBefore returns until when retention has removed records of a kind; zero if none that are needed since oldest.
func removedBefore(ctx context.Context, tx *sqlx.Tx, kind *activity.Kind, oldest time.Time) (time.Time, error) {
	var before []time.Time
	if oldest.IsZero() {
		return time.Time{}, nil
	}
	err := tx.SelectContext(ctx, &before, "SELECT before FROM "+store.Schema+".retention WHERE kind = $1 AND before > $2",
		kind.Stored().Name, oldest)
	if len(before) == 0 {
		return time.Time{}, err
	}
	return before[0], err
}

// Download says how much of a list to read.
type Download struct {
	Limit   int // records at most
	Timeout time.Duration
	Arrays  bool // lists as JSON arrays; otherwise joined by commas
}

// Stream reads the records of a list one after the other, and holds none of them, here or in PostgreSQL: it joins them in
// their order to what they name. It calls begin before the first, with whether the limit leaves records out. It then calls
// each with the columns' values, valid until the next call: times in RFC 3339, "true" or "false", "" for what is missing.
func (e *Engine) Stream(
	ctx context.Context, q *query.Query, scope access.Scope, p query.Period, d Download,
	begin func(more bool) error, each func(record []string) error,
) error {
	p, _, err := p.Canonical()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, d.Timeout) // the statement's own does not run out while the reader is slow
	defer cancel()
	return e.DB.Snapshot(ctx, d.Timeout, func(tx *sqlx.Tx) error {
		b := sqlgen.New(q, scope, e.Tenant)
		b.Dictionary, b.During = sqlgen.Transaction{Tx: tx}, plan.Range(q, p)
		b.Arrays, b.Separator = d.Arrays, sqlgen.NewSeparator()
		where := b.InSpan(ctx, b.During)
		if b.Err != nil {
			return b.Err
		}
		table := tables.Rows(q.Kind)
		// To count them along with the list would have PostgreSQL keep all before the first.
		beyond := sqlgen.Select{Columns: []string{"1"}, From: table + " r", Where: where, Offset: fmt.Sprint(d.Limit)}
		var more bool
		if err := tx.GetContext(ctx, &more, "SELECT EXISTS "+beyond.Nested(), b.Args...); err != nil {
			return err
		}
		if err := begin(more); err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, b.Records(table, where, d.Limit), b.Args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		var record string
		splitter := b.Splitter()
		for rows.Next() {
			if err := rows.Scan(&record); err != nil {
				return err
			}
			if err := splitter.Split(record); err != nil {
				return err
			}
			if err := each(splitter.Values); err != nil {
				return err
			}
		}
		return rows.Err()
	}, sqlgen.Settings(q, true)...)
}

// RunOnBatch returns those records of a batch that a query selects, whenever they happened.
func (e *Engine) RunOnBatch(ctx context.Context, q *query.Query, scope access.Scope, n store.BatchNotification) (*query.Result, error) {
	result := &query.Result{Query: q, Served: "rows"}
	err := e.DB.Snapshot(ctx, e.Timeout, func(tx *sqlx.Tx) error {
		b := sqlgen.New(q, scope, e.Tenant)
		b.Dictionary, b.During = sqlgen.Transaction{Tx: tx}, plan.Span{From: n.From, To: n.To.Add(plan.Instant)}
		limit := min(q.Limit, e.MaxRows)
		where := append(b.InSpan(ctx, b.During), "r.received = "+b.Bind(n.Received))
		if q.Kind == activity.UserActivity { // what came in with it is a batch of its own
			where = append(where, "r.kind = "+b.Bind(tables.KindCode(n.Kind)))
		}
		var err error
		result.Rows, err = b.SelectRecords(ctx, tx, tables.AllRows(q.Kind), where, limit+1, result)
		if len(result.Rows) > limit {
			result.Rows = result.Rows[:limit]
			result.Warnings = append(result.Warnings,
				fmt.Sprintf("Only the %s %d records of those that have just arrived are shown.", q.Order, limit))
		}
		return err
	}, sqlgen.Settings(q, false)...)
	return result, err
}

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
	result := &query.Result{Query: q, Served: "rows"}
	var err error
	result.Rows, err = b.SelectRecords(ctx, tx, tables.Rows(q.Kind), b.InSpan(ctx, b.During), limit+1, result)
	if len(result.Rows) > limit {
		result.Rows = result.Rows[:limit]
		more := fmt.Sprintf("Only the %s %d records are shown, there are more: "+
			"filter, or choose a shorter time range or a higher limit.", q.Order, limit)
		if limit < min(query.DefaultLimit, b.MaxRows) { // a query for so few surprises nobody
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
	value := float64(n)
	if q.Measure.IsRatio() {
		value = float64(part) / value
	}
	if n > 0 || !q.Measure.IsRatio() {
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
	groups, others := []query.Group{}, []query.Group{}
	for _, rank := range slices.Sorted(maps.Keys(byRank)) {
		if rank == 0 {
			others = append(others, *byRank[rank])
		} else {
			groups = append(groups, *byRank[rank])
		}
	}
	if q.View == query.Table {
		slices.SortStableFunc(groups, func(a, b query.Group) int {
			return cmp.Compare(sortValue(b.Values[0]), sortValue(a.Values[0]))
		})
	}
	return append(groups, others...)
}

// sortValue returns a value to sort by; those that are missing are the smallest.
func sortValue(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}
