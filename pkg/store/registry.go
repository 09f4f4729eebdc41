package store

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// column returns a value of each element as an array of PostgreSQL.
func column[E, V any](list []E, value func(E) V) any {
	values := make([]V, len(list))
	for i, e := range list {
		values[i] = value(e)
	}
	return pq.Array(values)
}

func stamp(t time.Time) string { return t.Format(time.RFC3339Nano) }

// identities returns records' keys in the registry as arrays.
func identities(records []*pending) []any {
	return []any{
		column(records, func(p *pending) int32 { return p.tenantID }),
		column(records, func(p *pending) string { return p.uuid }),
	}
}

// entries returns records' rows of the registry as arrays, in the order of the registry's columns given below.
func entries(records []*pending) []any {
	return append(identities(records),
		column(records, func(p *pending) int64 { return p.digest }),
		column(records, func(p *pending) int32 { return int32(p.Fidelity) }),
		column(records, func(p *pending) string { return stamp(p.Time) }))
}

// register enters records into the registry and sets their state. It locks the entries of those that are changed.
func (t *transaction) register(ctx context.Context, kind *activity.Kind, records []*pending) error {
	byID := make(map[entityKey]*pending, len(records))
	for _, p := range records {
		byID[entityKey{p.tenantID, p.uuid}] = p
	}
	var inserted []entityKey
	if err := t.tx.SelectContext(ctx, &inserted, fmt.Sprintf(`INSERT INTO %s (tenant, id, digest, fidelity, time)
SELECT * FROM unnest($1::int[], $2::uuid[], $3::bigint[], $4::smallint[], $5::timestamptz[])
ON CONFLICT DO NOTHING RETURNING tenant, id AS key`, KnownTable(kind)), entries(records)...); err != nil {
		return err
	}
	for _, k := range inserted {
		byID[k].state = added
	}
	known := kept(records, func(s state) bool { return s == unchanged })
	if len(known) == 0 {
		return nil
	}
	var outdated []struct {
		entityKey
		Time time.Time
	}
	if err := t.tx.SelectContext(ctx, &outdated, fmt.Sprintf(`SELECT k.tenant, k.id AS key, k.time FROM %s k
JOIN unnest($1::int[], $2::uuid[], $3::bigint[], $4::smallint[]) AS u(tenant, id, digest, fidelity)
  ON k.tenant = u.tenant AND k.id = u.id
WHERE k.digest <> u.digest AND u.fidelity >= k.fidelity ORDER BY k.id, k.tenant FOR UPDATE OF k`, KnownTable(kind)),
		entries(known)[:4]...); err != nil || len(outdated) == 0 {
		return err
	}
	for _, old := range outdated {
		p := byID[old.entityKey]
		p.state, p.stored = changed, old.Time.UTC()
		p.Time = moreExact(p.stored, p.Time)
	}
	_, err := t.tx.ExecContext(ctx, fmt.Sprintf(`UPDATE %s k SET time = u.time, digest = u.digest, fidelity = u.fidelity
FROM unnest($1::int[], $2::uuid[], $3::bigint[], $4::smallint[], $5::timestamptz[]) AS u(tenant, id, digest, fidelity, time)
WHERE k.tenant = u.tenant AND k.id = u.id`, KnownTable(kind)),
		entries(kept(known, func(s state) bool { return s == changed }))...)
	return err
}
