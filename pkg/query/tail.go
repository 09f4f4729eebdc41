package query

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// StoredKinds lists the kinds as which the records of a kind come in.
func StoredKinds(kind *activity.Kind) []*activity.Kind {
	if kind == activity.UserActivity {
		return activity.Kinds()
	}
	return []*activity.Kind{kind.Stored()}
}

// RunOnBatch answers with those records of a batch that a question selects, whenever they happened.
func (st *Store) RunOnBatch(ctx context.Context, q *Query, scope access.Scope, a store.BatchNotification) (*Result, error) {
	result := &Result{Query: q, Served: "rows"}
	err := st.DB.Snapshot(ctx, st.Timeout, func(tx *sqlx.Tx) error {
		c := compiler{q: q, dict: transaction{tx}, during: span{a.From, a.To.Add(time.Microsecond)}}
		c.restrict(scope, st.Tenant)
		limit := min(q.Limit, st.MaxRows)
		batch := fmt.Sprintf("r.received = %s AND r.time >= %s AND r.time <= %s", c.bind(a.Received), c.bind(a.From), c.bind(a.To))
		if q.Kind == activity.UserActivity { // what came in with it is a batch of its own
			batch += fmt.Sprintf(" AND r.kind = %s", c.bind(userActivityCode(a.Kind)))
		}
		where, err := c.where(ctx, c.rowsAt)
		if err != nil {
			return err
		}
		result.Rows, err = c.records(ctx, tx, batch+where, limit+1, result)
		if len(result.Rows) > limit {
			result.Rows = result.Rows[:limit]
			result.Warnings = append(result.Warnings, fmt.Sprintf("Only the %s %d records of those that have just arrived are shown.", q.first(), limit))
		}
		return err
	}, q.settings()...)
	return result, err
}
