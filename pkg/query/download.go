package query

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/entra-activity/entra-activity-datasource/pkg/access"
)

// Download says how much of a list to read.
type Download struct {
	Limit   int // records at most
	Timeout time.Duration
	Arrays  bool // lists as JSON arrays; otherwise joined by commas
}

// Stream reads the records that a list selects one after the other, and holds none of them. It calls begin before the first,
// which tells whether the limit leaves records out, and then each with the columns' values, valid until the next.
func (st *Store) Stream(ctx context.Context, q *Question, scope access.Scope, p Period, d Download, begin func(more bool) error, each func(record []any) error) error {
	p, _, err := p.canonical()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, d.Timeout) // the statement's own does not run out while the reader is slow
	defer cancel()
	return st.DB.Snapshot(ctx, d.Timeout, func(tx *sqlx.Tx) error {
		c := compiler{q: q, dict: transaction{tx}, during: rowsSpan(q, p), counted: true, arrays: d.Arrays}
		c.restrict(scope, st.Tenant)
		sql, err := c.listSQL(ctx, p, d.Limit)
		if err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, sql, c.args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		var selected int
		record := make([]any, len(q.Columns))
		targets := make([]any, len(record), len(record)+1)
		for i := range record {
			targets[i] = &record[i]
		}
		targets = append(targets, &selected)
		n := 0
		for ; n < d.Limit && rows.Next(); n++ {
			if err := rows.Scan(targets...); err != nil {
				return err
			}
			if n == 0 {
				if err := begin(selected > d.Limit); err != nil {
					return err
				}
			}
			for i, v := range record {
				record[i] = value(q.Kind, q.Columns[i], v)
			}
			if err := each(record); err != nil {
				return err
			}
		}
		if err := rows.Err(); err != nil || n > 0 {
			return err
		}
		return begin(false)
	}, q.settings()...)
}

// listed writes a column of type List as the statement returns it.
func (c *compiler) listed(column string) string {
	if c.arrays {
		return "array_to_json(" + column + ")::text"
	}
	return "array_to_string(" + column + ", ', ')"
}
