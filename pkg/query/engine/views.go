package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/detail"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/plan"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/sqlgen"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/tables"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// view reads the result of one query.
type view interface {
	read(ctx context.Context, tx *sqlx.Tx) (*query.Result, error)
	// oldest returns from when on rows are needed, zero for those of any time, and the tier that counts removed ones.
	oldest() (time.Time, store.Tier)
	// isExpensive reports whether the query has to leave connections to others.
	isExpensive() bool
}

// view returns what reads the result of a query.
func (e *Engine) view(q *query.Query, scope access.Scope, p query.Period) (view, error) {
	b := e.builder(q, scope)
	if !q.NeedsHistory() {
		b.During = plan.Range(q, p)
	}
	switch {
	case q.View == query.Detail:
		return &detailView{b, scope, e.Tenant}, nil
	case q.View.HasRecords():
		return &listView{b, p}, nil
	}
	pl, err := plan.New(q, b.Needed(), p)
	return &countView{b, pl, p}, err
}

// detailView shows one record, whenever it happened.
type detailView struct {
	b      sqlgen.Builder
	scope  access.Scope
	tenant string
}

func (v *detailView) read(ctx context.Context, tx *sqlx.Tx) (*query.Result, error) {
	v.b.Dictionary = sqlgen.Transaction{Tx: tx}
	return detail.Read(ctx, tx, &v.b, v.scope, v.tenant)
}

func (v *detailView) oldest() (time.Time, store.Tier) { return time.Time{}, plan.NoTier }

func (v *detailView) isExpensive() bool { return false }

// listView shows records.
type listView struct {
	b sqlgen.Builder
	p query.Period
}

func (v *listView) read(ctx context.Context, tx *sqlx.Tx) (*query.Result, error) {
	v.b.Dictionary = sqlgen.Transaction{Tx: tx}
	q := v.b.Query
	limit := min(q.Limit, v.b.MaxRows)
	where, err := v.b.InSpan(ctx, v.b.During)
	if err != nil {
		return nil, err
	}
	result := &query.Result{Query: q, Served: "rows"}
	result.Rows, err = v.b.SelectRecords(ctx, tx, tables.Rows(q.Kind), where, limit+1, result)
	if len(result.Rows) > limit {
		result.Rows = result.Rows[:limit]
		more := fmt.Sprintf("Only the %s %d records are shown, there are more: "+
			"filter, or choose a shorter time range or a higher limit.", q.Order(), limit)
		if limit < min(query.DefaultLimit, v.b.MaxRows) { // whoever asks for so few is not surprised
			result.Infos = append(result.Infos, more)
		} else {
			result.Warnings = append(result.Warnings, more)
		}
	}
	return result, err
}

func (v *listView) oldest() (time.Time, store.Tier) { return v.p.From, plan.NoTier }

func (v *listView) isExpensive() bool { return false }
