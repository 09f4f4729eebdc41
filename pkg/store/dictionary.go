package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// dictionary is a table of texts and the ids under which other tables refer to them.
type dictionary struct {
	db            *DB
	table, column string
	ids           map[string]int32 // of the texts resolved so far
	missing       map[string]bool
}

func newDictionary(db *DB, table, column string) *dictionary {
	return &dictionary{db, table, column, map[string]int32{}, map[string]bool{}}
}

// tenantDictionary returns the dictionary of the tenants' ids.
func tenantDictionary(db *DB) *dictionary { return newDictionary(db, "entra.tenant", "tenant_id") }

// want notes a text for resolve.
func (d *dictionary) want(text string) {
	if _, ok := d.ids[text]; !ok {
		d.missing[text] = true
	}
}

// resolve adds the texts that are missing to the table and reads their ids.
func (d *dictionary) resolve(ctx context.Context) error {
	if len(d.missing) == 0 {
		return nil
	}
	defer clear(d.missing) // also after an error: a text that PostgreSQL rejects must not come back with the next batch
	texts := pq.Array(slices.Sorted(maps.Keys(d.missing)))
	if _, err := d.db.ExecContext(ctx, fmt.Sprintf(`INSERT INTO %s (%s)
SELECT t FROM unnest($1::text[]) WITH ORDINALITY AS u(t, i) ORDER BY i ON CONFLICT DO NOTHING`, d.table, d.column), texts); err != nil {
		return err
	}
	query := fmt.Sprintf("SELECT id, %s FROM %s WHERE %[1]s = ANY($1)", d.column, d.table)
	return each(ctx, d.db, query, []any{texts}, func(scan func(...any) error) error {
		var id int32
		var text string
		if err := scan(&id, &text); err != nil {
			return err
		}
		d.ids[text] = id
		return nil
	})
}

// each runs a query and calls read for every row.
func each(ctx context.Context, q sqlx.QueryerContext, query string, args []any, read func(scan func(...any) error) error) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := read(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
