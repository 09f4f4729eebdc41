// Package engine runs queries: in one read-only transaction, which sees one state of the database.
package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
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
	b := e.builder(q, scope)
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

// builder returns what writes the SQL of a query.
func (e *Engine) builder(q *query.Query, scope access.Scope) sqlgen.Builder {
	b := sqlgen.New(q, scope, e.Tenant)
	b.MaxRows = e.MaxRows
	return b
}

const onlyYours = "Only records that you may see are counted and shown."

// removed warns that retention has removed what a query needs, though perhaps not what it was counted in.
func removed(before time.Time, counted store.Tier) string {
	text := fmt.Sprintf("Records before %s have been removed", before.UTC().Format("2006-01-02 15:04 MST"))
	if counted == plan.NoTier {
		return text + ", and this question needs them: the answer is about what is left."
	}
	return text + fmt.Sprintf(". They are still counted by the %s, and this answer is as exact as that.", counted)
}

// removedBefore returns before when retention has removed records of a kind; zero if it has removed none since oldest, which
// is zero if no rows are needed.
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
// each with the columns' values as texts, valid until the next call: times in RFC 3339, "true" or "false", nothing for what
// is missing.
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
		b := e.builder(q, scope)
		b.Dictionary, b.During = sqlgen.Transaction{Tx: tx}, plan.Range(q, p)
		b.Arrays, b.Separator = d.Arrays, sqlgen.NewSeparator()
		where, err := b.InSpan(ctx, b.During)
		if err != nil {
			return err
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
		b := e.builder(q, scope)
		b.Dictionary, b.During = sqlgen.Transaction{Tx: tx}, plan.Span{From: n.From, To: n.To.Add(plan.Instant)}
		limit := min(q.Limit, e.MaxRows)
		where, err := b.InSpan(ctx, b.During)
		if err != nil {
			return err
		}
		where = append(where, "r.received = "+b.Bind(n.Received))
		if q.Kind == activity.UserActivity { // what came in with it is a batch of its own
			where = append(where, "r.kind = "+b.Bind(tables.KindCode(n.Kind)))
		}
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
