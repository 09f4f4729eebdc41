package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/lib/pq"
)

// progress is what a batch adds to a source's row of one tenant.
type progress struct {
	Counts
	newest       time.Time
	delays       [1 + len(DelayBounds)]int64
	delaySeconds float64
}

// DelayBounds divide the delays of new records, from event to ingest, into ranges: up to the first bound, up to the
// second and so on, and beyond the last. The table source counts by them: never change them without a migration.
var DelayBounds = [...]time.Duration{time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 4 * time.Hour}

// addProgress counts a record in its tenant's progress.
func (t *transaction) addProgress(r *pending) {
	p := t.sources[r.tenantID]
	p.add(r.state)
	if r.Time.After(p.newest) {
		p.newest = r.Time
	}
	if r.state == added {
		delay := max(t.now.Sub(r.Time), 0) // clocks differ: a record from the future is not late
		i, _ := slices.BinarySearch(DelayBounds[:], delay)
		p.delays[i]++
		p.delaySeconds += delay.Seconds()
	}
	t.sources[r.tenantID] = p
}

func (t *transaction) writeSources(ctx context.Context, batch Batch) error {
	refused := batch.Refused + len(t.result.Refusals)
	if len(t.sources) == 0 && (refused > 0 || batch.Position != "") { // there is no record to name a tenant
		tenants := t.entities.tenants
		tenants.want("")
		if err := tenants.resolve(ctx); err != nil {
			return err
		}
		t.sources[tenants.ids[""]] = progress{}
	}
	for _, tenant := range slices.Sorted(maps.Keys(t.sources)) {
		p := t.sources[tenant]
		var newest any
		if !p.newest.IsZero() {
			newest = p.newest
		}
		if _, err := t.tx.ExecContext(ctx, `INSERT INTO entra.source AS s
  (tenant, name, position, new, changed, unchanged, refused, last_success, newest_event, delays, delay_seconds)
VALUES ($1, $2, $3, $4, $5, $6, $7, now(), $8, $9, $10)
ON CONFLICT (tenant, name) DO UPDATE SET position = CASE WHEN excluded.position = '' THEN s.position ELSE excluded.position END,
  new = s.new + excluded.new, changed = s.changed + excluded.changed, unchanged = s.unchanged + excluded.unchanged,
  refused = s.refused + excluded.refused, last_success = greatest(s.last_success, excluded.last_success),
  newest_event = greatest(s.newest_event, excluded.newest_event), delay_seconds = s.delay_seconds + excluded.delay_seconds,
  delays = ARRAY(SELECT coalesce(a, 0) + coalesce(b, 0)
    FROM unnest(s.delays, excluded.delays) WITH ORDINALITY AS u(a, b, i) ORDER BY i)`,
			tenant, batch.Source, batch.Position, p.New, p.Changed, p.Unchanged, refused, newest, pq.Array(p.delays[:]), p.delaySeconds,
		); err != nil {
			return err
		}
		refused = 0 // a refused record has no tenant: it counts once
	}
	return nil
}
