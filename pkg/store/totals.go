package store

import (
	"context"
	"maps"
	"slices"
	"time"
)

// total is what a batch adds to one label set's total.
type total struct {
	n           int64
	first, last time.Time
}

// plus counts one more record.
func (t total) plus(at time.Time) total {
	if t.n++; t.n == 1 || at.Before(t.first) {
		t.first = at
	}
	if at.After(t.last) {
		t.last = at
	}
	return t
}

func (t *transaction) writeTotals(ctx context.Context) error {
	if len(t.totals) == 0 {
		return nil
	}
	cells := slices.SortedFunc(maps.Keys(t.totals), cell.compare)
	_, err := t.tx.ExecContext(ctx, `INSERT INTO entra.total AS t
  (tenant, grouping, k1, k2, k3, variant, status, n, created, first_event, last_event)
SELECT tenant, grouping, k1, k2, k3, variant, status, n, clock_timestamp(), first, last
FROM unnest($1::int[], $2::smallint[], $3::int[], $4::int[], $5::int[], $6::smallint[], $7::smallint[], $8::bigint[],
  $9::timestamptz[], $10::timestamptz[]) AS u(tenant, grouping, k1, k2, k3, variant, status, n, first, last)
ON CONFLICT (tenant, grouping, k1, k2, k3, variant, status) DO UPDATE SET n = t.n + excluded.n,
  first_event = least(t.first_event, excluded.first_event), last_event = greatest(t.last_event, excluded.last_event)`,
		column(cells, func(c cell) int32 { return c.tenant }),
		column(cells, func(c cell) int32 { return int32(c.grouping) }),
		column(cells, func(c cell) int32 { return c.k[0] }),
		column(cells, func(c cell) int32 { return c.k[1] }),
		column(cells, func(c cell) int32 { return c.k[2] }),
		column(cells, func(c cell) int32 { return int32(c.signInType) }),
		column(cells, func(c cell) int32 { return int32(c.status) }),
		column(cells, func(c cell) int64 { return t.totals[c].n }),
		column(cells, func(c cell) string { return stamp(t.totals[c].first) }),
		column(cells, func(c cell) string { return stamp(t.totals[c].last) }))
	return err
}
