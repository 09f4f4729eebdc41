package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

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
	insert := "INSERT INTO %s (%s) SELECT t FROM unnest($1::text[]) WITH ORDINALITY AS u(t, i) ORDER BY i ON CONFLICT DO NOTHING"
	if _, err := d.db.ExecContext(ctx, fmt.Sprintf(insert, d.table, d.column), texts); err != nil {
		return err
	}
	var rows []struct {
		ID   int32
		Text string
	}
	query := fmt.Sprintf("SELECT id, %s AS text FROM %s WHERE %[1]s = ANY($1)", d.column, d.table)
	err := d.db.SelectContext(ctx, &rows, query, texts)
	for _, row := range rows {
		d.ids[row.Text] = row.ID
	}
	return err
}
