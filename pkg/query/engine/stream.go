package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/plan"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/sqlgen"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/tables"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

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
				fmt.Sprintf("Only the %s %d records of those that have just arrived are shown.", q.Order(), limit))
		}
		return err
	}, sqlgen.Settings(q, false)...)
	return result, err
}
