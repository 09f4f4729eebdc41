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
