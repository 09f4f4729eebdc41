// Package detail reads all that is known of one record, in the sections of the portal's page.
package detail

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/graph"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/plan"
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
	result *query.Result
	*record
}

// Read returns one record and what belongs to it, whenever it happened.
func Read(ctx context.Context, tx *sqlx.Tx, b *sqlgen.Builder) (*query.Result, error) {
	q := b.Query
	d := &reader{tx: tx, b: b, result: &query.Result{Query: q, Served: "rows"}}
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

// find reads a record; nil if there is none that may be seen. The registry has its time, and so its partition.
func (d *reader) find(ctx context.Context) (*record, error) {
	q := d.b.Query
	uuid, _ := store.IdentifierUUID(q.ID())
	var times []time.Time
	known := fmt.Sprintf("SELECT time FROM %s WHERE id = $1", store.KnownTable(q.Kind))
	if err := d.tx.SelectContext(ctx, &times, known, uuid); err != nil || len(times) == 0 {
		return nil, err
	}
	where := append([]string{"r.time = ANY(" + d.b.Times(times) + ")"}, d.b.Where(ctx, d.b.Rows)...)
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

// link says which records of a kind belong to a record, other than itself.
type link struct {
	kind   *activity.Kind
	by     map[string]string // values that one of these fields has to have
	within time.Duration     // before or after the record, where no index finds them otherwise
}

const (
	maxLinked = 200
	nearby    = 48 * time.Hour // how far apart records of one attempt or operation can be
	year      = 366 * 24 * time.Hour
)

// linkOf returns what links a section's records to a record. ok is false if nothing does.
func linkOf(section string, r *record) (l link, ok bool) {
	correlationID := r.text("correlationId")
	byUser := map[string]string{"userId": r.text("userId")}
	switch {
	case section == "attempt" && r.kind == activity.ProvisioningEvent:
		l = link{r.kind, map[string]string{"changeId": r.text("changeId")}, nearby}
	case section == "attempt":
		l = link{r.kind, map[string]string{"correlationId": correlationID}, nearby}
	case section == "auditEvents":
		l = link{activity.AuditEvent, map[string]string{"correlationId": correlationID}, nearby}
	case section == "signIns":
		l = link{activity.SignIn, map[string]string{"correlationId": correlationID, "id": r.text("requestId")}, nearby}
	case section == "riskDetections" && r.kind == activity.RiskyUser:
		l = link{activity.RiskDetection, byUser, year / 4}
	case section == "riskDetections":
		l = link{activity.RiskDetection, map[string]string{"correlationId": correlationID, "requestId": r.text("id")}, nearby}
	case section == "history":
		l = link{activity.RiskyUser, byUser, 10 * year}
	}
	for _, value := range l.by {
		ok = ok || value != ""
	}
	return l, ok
}

// nonEmpty returns which of some sections have records of other kinds. Most have none: to ask that for all of them at once
// takes less time than to ask for each one's records.
func (d *reader) nonEmpty(ctx context.Context, sections []string) (some []string, err error) {
	var all sqlgen.Statement
	var probes []string
	for _, name := range sections {
		l, ok := linkOf(name, d.record)
		if !ok {
			continue
		}
		b, where := d.builder(ctx, l, all)
		if b.Err != nil {
			return nil, b.Err
		}
		all = b.Statement
		some = append(some, name)
		probe := sqlgen.Select{Columns: []string{"1"}, From: tables.AllRows(l.kind) + " r", Where: where}
		probes = append(probes, fmt.Sprintf("SELECT '%s' WHERE EXISTS (%s)", name, probe))
	}
	if len(probes) < 2 {
		return some, nil
	}
	some = nil
	sql := strings.Join(probes, "\nUNION ALL ")
	d.result.SQL += ";\n" + all.Annotate(sql)
	err = d.tx.SelectContext(ctx, &some, sql, all.Args...)
	return some, err
}

// records returns the records of a section.
func (d *reader) records(ctx context.Context, name string) (section query.Section, err error) {
	l, _ := linkOf(name, d.record)
	b, where := d.builder(ctx, l, sqlgen.Statement{})
	rows, err := b.SelectRecords(ctx, d.tx, tables.AllRows(l.kind), where, maxLinked+1, d.result)
	if len(rows) > maxLinked {
		rows = rows[:maxLinked]
		d.result.Warnings = append(d.result.Warnings, fmt.Sprintf("Only the newest %d of the section %s are shown.", maxLinked, name))
	}
	return query.Section{Name: name, Columns: b.Query.Columns, Rows: rows}, err
}

// builder returns what selects the records of a link, and their conditions. Its parameters follow those of a statement.
func (d *reader) builder(ctx context.Context, l link, after sqlgen.Statement) (b sqlgen.Builder, conditions []string) {
	kind := l.kind
	q := &query.Query{Kind: kind, View: query.List, Columns: []*activity.Field{kind.Time(), kind.Field("id")}}
	for _, f := range kind.Defaults() {
		if !slices.Contains(q.Columns, f) {
			q.Columns = append(q.Columns, f)
		}
	}
	b = sqlgen.New(q, d.b.Scope, d.b.Tenant)
	b.Statement, b.Dictionary = after, d.b.Dictionary
	var alternatives []string
	for _, f := range kind.Fields { // in the order of the catalog, so that the same query is always the same statement
		if value := l.by[f.Name]; value != "" {
			is := &query.Filter{Field: f, Operator: query.Equal, Values: []string{value}}
			alternatives = append(alternatives, b.Condition(ctx, b.Rows(f), is))
		}
	}
	at := d.time()
	conditions = b.InSpan(ctx, plan.Span{From: at.Add(-l.within), To: at.Add(l.within)})
	conditions = append(conditions, "("+strings.Join(alternatives, " OR ")+")")
	if kind == d.kind {
		uuid, _ := store.IdentifierUUID(d.text("id"))
		conditions = append(conditions, "r.id <> "+b.Bind(uuid))
	}
	return b, conditions
}
