package engine

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/plan"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/sqlgen"
)

// RunFromRows runs a query on rows alone.
func (e *Engine) RunFromRows(ctx context.Context, q *query.Query, p query.Period) (result *query.Result, err error) {
	b := sqlgen.New(q, access.All(), e.Tenant)
	b.During, b.MaxRows = plan.Range(q, p), e.MaxRows
	pl, err := plan.FromRows(q, p)
	if err != nil {
		return nil, err
	}
	v := &countView{q, pl, p}
	err = e.DB.Snapshot(ctx, e.Timeout, func(tx *sqlx.Tx) error {
		b.Dictionary = sqlgen.Transaction{Tx: tx}
		result, err = v.read(ctx, tx, &b)
		return err
	})
	return result, err
}
