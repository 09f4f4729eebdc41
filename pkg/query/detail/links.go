package detail

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/plan"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/sqlgen"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/tables"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

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
	case section == query.Attempt && r.kind == activity.ProvisioningEvent:
		l = link{r.kind, map[string]string{"changeId": r.text("changeId")}, nearby}
	case section == query.Attempt:
		l = link{r.kind, map[string]string{"correlationId": correlationID}, nearby}
	case section == query.AuditEvents:
		l = link{activity.AuditEvent, map[string]string{"correlationId": correlationID}, nearby}
	case section == query.SignIns:
		l = link{activity.SignIn, map[string]string{"correlationId": correlationID, "id": r.text("requestId")}, nearby}
	case section == query.RiskDetections && r.kind == activity.RiskyUser:
		l = link{activity.RiskDetection, byUser, year / 4}
	case section == query.RiskDetections:
		l = link{activity.RiskDetection, map[string]string{"correlationId": correlationID, "requestId": r.text("id")}, nearby}
	case section == query.History:
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
		b, where, err := d.builder(ctx, l, all)
		if err != nil {
			return nil, err
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
	b, where, err := d.builder(ctx, l, sqlgen.Statement{})
	if err != nil {
		return section, err
	}
	rows, err := b.SelectRecords(ctx, d.tx, tables.AllRows(l.kind), where, maxLinked+1, d.result)
	if len(rows) > maxLinked {
		rows = rows[:maxLinked]
		d.result.Warnings = append(d.result.Warnings, fmt.Sprintf("Only the newest %d of the section %s are shown.", maxLinked, name))
	}
	return query.Section{Name: name, Columns: b.Query.Columns, Rows: rows}, err
}

// builder returns what selects the records of a link, and the conditions on them. Its parameters come after those of a
// statement.
func (d *reader) builder(
	ctx context.Context, l link, after sqlgen.Statement,
) (b sqlgen.Builder, conditions []string, err error) {
	kind := l.kind
	q := &query.Query{Kind: kind, View: query.List, Columns: []*activity.Field{kind.Time(), kind.Field("id")}}
	for _, f := range kind.Defaults() {
		if !slices.Contains(q.Columns, f) {
			q.Columns = append(q.Columns, f)
		}
	}
	b = sqlgen.New(q, d.scope, d.tenant)
	b.Statement, b.Dictionary = after, d.b.Dictionary
	var alternatives []string
	for _, f := range kind.Fields { // in the order of the catalog, so that the same query is always the same statement
		if value := l.by[f.Name]; value != "" {
			is := &query.Filter{Field: f, Operator: query.Equal, Values: []string{value}}
			one, err := b.Condition(ctx, b.Rows(f), is)
			if err != nil {
				return b, nil, err
			}
			alternatives = append(alternatives, one)
		}
	}
	at := d.time()
	conditions, err = b.InSpan(ctx, plan.Span{From: at.Add(-l.within), To: at.Add(l.within)})
	conditions = append(conditions, "("+strings.Join(alternatives, " OR ")+")")
	if kind == d.kind {
		uuid, _ := store.IdentifierUUID(d.text("id"))
		conditions = append(conditions, "r.id <> "+b.Bind(uuid))
	}
	return b, conditions, err
}
