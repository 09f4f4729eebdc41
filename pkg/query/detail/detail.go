// Package detail reads all that is known of one record, in the sections of the portal's page: its summary, parts of the raw
// record, and other records that belong to it.
package detail

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/graph"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/sqlgen"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/tables"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// record is one record, with all that is known of it.
type record struct {
	kind   *activity.Kind
	row    map[string]any // by the names of fields
	raw    []byte
	object graph.Object
}

func (r *record) text(name string) string { text, _ := r.row[name].(string); return text }

func (r *record) time() time.Time { t, _ := r.row[r.kind.TimeField].(time.Time); return t }

// reader reads the detail of one record.
type reader struct {
	tx     *sqlx.Tx
	b      *sqlgen.Builder
	scope  access.Scope
	tenant string
	result *query.Result
	*record
}

// Read returns one record and what belongs to it, whenever it happened.
func Read(ctx context.Context, tx *sqlx.Tx, b *sqlgen.Builder, scope access.Scope, tenant string) (*query.Result, error) {
	q := b.Query
	d := &reader{tx: tx, b: b, scope: scope, tenant: tenant, result: &query.Result{Query: q, Served: "rows"}}
	var err error
	if d.record, err = d.find(ctx); err != nil {
		return nil, err
	}
	if d.record == nil {
		d.result.Warnings = []string{fmt.Sprintf("There is no record with the ID %s among the %s: it may have been removed.",
			q.ID(), strings.ToLower(q.Kind.Label))}
		return d.result, nil
	}
	names := query.Sections(q.Kind)
	if q.Section != "" {
		names = []string{q.Section}
	}
	linked, err := d.nonEmpty(ctx, names)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		part := query.Section{Name: name}
		if s, ok := sections[name]; ok {
			part.Columns, part.Rows = s.columns, s.rows(d.record, s.columns)
		} else if slices.Contains(linked, name) {
			if part, err = d.records(ctx, name); err != nil {
				return nil, err
			}
		}
		d.result.Sections = append(d.result.Sections, part)
	}
	return d.result, nil
}

// find reads a record; nil if there is none that may be seen. The registry has its time, and with that the partition that it
// is in.
func (d *reader) find(ctx context.Context) (*record, error) {
	q := d.b.Query
	uuid, _ := store.IdentifierUUID(q.ID())
	var times []time.Time
	known := fmt.Sprintf("SELECT time FROM %s WHERE id = $1", store.KnownTable(q.Kind))
	if err := d.tx.SelectContext(ctx, &times, known, uuid); err != nil || len(times) == 0 {
		return nil, err
	}
	where, err := d.b.Where(ctx, d.b.Rows)
	if err != nil {
		return nil, err
	}
	where = append([]string{"r.time = ANY(" + d.b.Times(times) + ")"}, where...)
	rows, err := d.b.SelectRecords(ctx, d.tx, tables.AllRows(q.Kind), where, 1, d.result)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	r := &record{kind: q.Kind.Stored(), row: make(map[string]any, len(q.Columns))}
	for i, f := range q.Columns {
		r.row[f.Name] = rows[0][i]
	}
	raw := fmt.Sprintf("SELECT record FROM %s WHERE id = $1 AND time = $2 AND tenant = (SELECT id FROM %s.tenant WHERE tenant_id = $3)",
		store.RawTable(q.Kind), store.Schema)
	err = d.tx.GetContext(ctx, &r.raw, raw, uuid, r.time(), r.text("tenantId"))
	r.object = graph.Parse(r.raw)
	return r, err
}
