package store

import (
	"context"
	"fmt"

	"github.com/lib/pq"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// remove deletes the stored rows and raw records of what is changed, and takes them back from the rollup's cells.
func (t *transaction) remove(ctx context.Context, kind *activity.Kind, records []*pending) error {
	args := append(identities(records), column(records, func(p *pending) string { return stamp(p.stored) }))
	const where = "WHERE (r.tenant, r.id, r.time) IN (SELECT * FROM unnest($1::int[], $2::uuid[], $3::timestamptz[]))"
	if cells := rowsAsAllCells(layouts[kind].groupings, "r.status", where); cells != "" {
		if err := eachCell(ctx, t.tx, cells, args, func(c cell, n int64) { t.cells[c] -= n }); err != nil {
			return err
		}
	}
	for _, table := range []string{Table(kind), RawTable(kind)} {
		if _, err := t.tx.ExecContext(ctx, fmt.Sprintf("DELETE FROM %s r %s", table, where), args...); err != nil {
			return err
		}
	}
	return nil
}

// copyRows streams rows and raw records into their tables.
func (t *transaction) copyRows(ctx context.Context, kind *activity.Kind, records []*pending) error {
	fields := layouts[kind].own
	columns := []string{"tenant", "id", "time", "received", "variant", "status"}
	for _, f := range fields {
		columns = append(columns, Column(kind, f))
	}
	for _, e := range layouts[kind].entities {
		columns = append(columns, Reference(e))
	}
	err := copyIn(ctx, t.conn, Table(kind), columns, len(records), func(b []byte, i int) []byte {
		p := records[i]
		b = appendTime(appendText(appendInteger(b, p.tenantID), p.uuid), p.Time)
		b = appendInteger(appendInteger(appendTime(b, t.now), int32(p.signInType)), int32(p.status))
		for _, f := range fields {
			b = appendOwn(b, p.Record, f)
		}
		for _, id := range p.references {
			b = appendInteger(b, id)
		}
		return b
	})
	if err != nil {
		return err
	}
	return copyIn(ctx, t.conn, RawTable(kind), []string{"tenant", "id", "time", "record"}, len(records), func(b []byte, i int) []byte {
		p := records[i]
		return appendText(appendTime(appendText(appendInteger(b, p.tenantID), p.uuid), p.Time), string(p.raw))
	})
}

// appendOwn appends what a row holds of one of the record's own fields.
func appendOwn(b []byte, r *activity.Record, f *activity.Field) []byte {
	if f.Type == activity.List {
		literal, _ := pq.Array(append([]string{}, r.List(f)...)).Value()
		return appendText(b, literal.(string))
	}
	text := r.Get(f)
	switch {
	case f.Type == activity.Text || f.Type == activity.Enum:
	case text == "":
		return appendNull(b)
	case f.Type == activity.Identifier:
		text, _ = IdentifierUUID(text)
	}
	return appendText(b, text)
}
