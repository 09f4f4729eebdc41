package query

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/entra-activity/entra-activity-datasource/pkg/access"
)

// AskRows answers from rows alone.
func (st *Store) AskRows(ctx context.Context, q *Query, p Period) (result *Result, err error) {
	err = st.DB.Snapshot(ctx, st.Timeout, func(tx *sqlx.Tx) error {
		c := compiler{q: q, dict: transaction{tx}, during: rowsSpan(q, p), maxRows: st.MaxRows}
		c.restrict(access.All(), st.Tenant)
		pl := &plan{steps: []time.Time{p.From}, rows: []span{rowsSpan(q, p)}}
		if q.View == TimeSeries {
			if pl.steps, err = q.Interval.resolve(p).steps(p.From, p.To, q.Zone); err != nil {
				return err
			}
		}
		result, err = c.count(ctx, tx, pl, p)
		return err
	})
	return result, err
}
