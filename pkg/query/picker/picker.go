// Package picker finds the values of a field that editors offer.
package picker

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/plan"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/sqlgen"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/tables"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// Picker finds the values of one field.
type Picker struct {
	sqlgen.Builder
	vq         *query.ValuesQuery
	column     tables.Column // of rows
	period     query.Period
	restricted bool // to what occurs in some of the records
}

// New returns the picker of a field's values in records that a scope may see.
func New(vq *query.ValuesQuery, scope access.Scope, tenant string) (*Picker, error) {
	q := &query.Query{
		Kind: vq.Kind, View: query.Table, Measure: query.Count, GroupBy: []*activity.Field{vq.Field}, Filters: vq.Filters,
		Zone: time.UTC, Limit: vq.Limit,
	}
	p := &Picker{Builder: sqlgen.New(q, scope, tenant), vq: vq, column: tables.OfRows(vq.Kind, vq.Field)}
	p.period = query.Period{From: query.Earliest, To: query.Latest}
	if !vq.From.IsZero() {
		var err error
		if p.period, _, err = (query.Period{From: vq.From, To: vq.To}).Canonical(); err != nil {
			return nil, err
		}
	}
	p.MaxRows, p.During = vq.Limit, plan.Range(q, p.period)
	p.restricted = !vq.From.IsZero() || len(vq.Filters) > 0 || !scope.Everything()
	if vq.Kind == activity.UserActivity && !slices.ContainsFunc(p.Filters, query.Filter.SelectsUsers) {
		p.restricted = false // all records of all kinds are too many to look through
	}
	return p, nil
}

// Values lists values of the field, in their order. Without filters and time range they are those that the catalog names
// and the store has ever seen; with them, those that occur in records that match. Fields of which nearly every record has
// its own value offer those of the newest records, and IDs begin with the newest.
func (p *Picker) Values(ctx context.Context, db *store.DB, timeout time.Duration) ([]query.FieldValue, error) {
	known := p.vq.Field.Values // those that the catalog names
	if p.vq.Field.Type == activity.Boolean {
		known = []string{"true", "false"}
	}
	var found []string
	if !p.restricted {
		found = slices.Clone(known)
	}
	isComplete := p.vq.Field.Type == activity.Boolean || p.column.Codes != nil
	if !p.Nothing && (p.restricted || !isComplete) {
		// Starting workers takes longer than finding a few names.
		err := db.Snapshot(ctx, timeout, func(tx *sqlx.Tx) error {
			p.Dictionary = sqlgen.Transaction{Tx: tx}
			texts, err := p.find(ctx, tx)
			for _, text := range texts {
				if text = p.column.Value(text); text != "" && !slices.Contains(found, text) {
					found = append(found, text)
				}
			}
			return err
		}, "max_parallel_workers_per_gather = 0")
		if err != nil {
			return nil, err
		}
	}
	list := []query.FieldValue{}
	for _, text := range found {
		label := p.vq.Field.ValueLabel(text)
		if strings.Contains(strings.ToLower(label), strings.ToLower(p.vq.Search)) {
			list = append(list, query.FieldValue{Value: text, Label: label})
		}
	}
	return list[:min(p.vq.Limit, len(list))], nil
}

// find returns the values that the store has, as it keeps them.
func (p *Picker) find(ctx context.Context, tx *sqlx.Tx) (texts []string, err error) {
	if texts, done, err := p.findNames(ctx, tx); done || err != nil {
		return texts, err
	}
	sql := p.SQL(ctx)
	if p.Err != nil || sql == "" {
		return nil, p.Err
	}
	err = tx.SelectContext(ctx, &texts, sql, p.Args...)
	return texts, err
}

const (
	// maxSorted is how many names that contain what is searched for are sorted. Where there are more, one in forty of many
	// users has it, and an index on the names' order soon comes to some.
	maxSorted = 5000
	// Of so many of the first names, one in rareness has to be among the records for more of them to be tried.
	triedNames, rareness = 200, 40
)

// findNames lists the first names of an entity that contain what is searched for and that records have. It is done if that
// settles what there is to list. Otherwise names that match are common, or records that match are rare and soon read.
func (p *Picker) findNames(ctx context.Context, tx *sqlx.Tx) (texts []string, done bool, err error) {
	if !p.triesNames() {
		return nil, false, nil
	}
	// Where something is searched for, all names that contain it are sorted, up to a limit.
	sorts, n := p.vq.Search != "", triedNames
	if sorts && (!p.restricted || !p.findsRows()) {
		n = maxSorted
	}
	for ; ; n *= 5 {
		order, limit := "", maxSorted+1
		if !sorts {
			order, limit = "lower(d."+p.column.Text+")", n
		}
		texts, named, err := p.among(ctx, tx, order, limit, n)
		isComplete := named < limit && named <= n || len(texts) >= p.vq.Limit
		switch tooMany := sorts && named > maxSorted; {
		case err != nil, tooMany && !p.restricted:
			return nil, false, err
		case tooMany: // to sort, but an index has the order
			sorts, n = false, triedNames/5
		case isComplete:
			return texts, true, nil
		case len(texts)*rareness < n:
			return nil, false, nil
		}
	}
}

// triesNames reports whether the values are names that can be tried one by one.
func (p *Picker) triesNames() bool {
	f := p.vq.Field
	if p.restricted {
		return store.Indexed(p.vq.Kind, f.Of) && p.vq.Kind != activity.UserActivity
	}
	isName := f.Of != nil && f.Of != activity.Membership && p.column.Codes == nil && sqlgen.IsText(f) && f.Type != activity.List
	return p.vq.Search != "" && isName
}

// findsRows reports whether an index finds the records that match by another entity than the one whose values are listed: those of an
// application are soon read if few of the names are among them.
func (p *Picker) findsRows() bool {
	return slices.ContainsFunc(p.Filters, func(f query.Filter) bool {
		isEqual := f.Operator == query.Equal || f.Operator == query.In
		return isEqual && f.Field.Of != nil && f.Field.Of != p.vq.Field.Of && store.Indexed(p.vq.Kind, f.Field.Of)
	})
}

// among lists those of the first n names that records have, and returns how many names there were, up to a limit. Names
// are a statement of their own: PostgreSQL would weigh up other indexes, and forget that of the parts of a name.
func (p *Picker) among(ctx context.Context, tx *sqlx.Tx, order string, limit, n int) (texts []string, named int, err error) {
	defer func(all sqlgen.Statement) { p.Statement = all }(p.Statement)
	column := "d." + p.column.Text
	names := sqlgen.Select{
		Columns: []string{"d.id", column + " AS name", "lower(" + column + ") AS place"}, From: p.column.Dictionary + " d",
		Where:   []string{column + " <> ''", p.contains(column), p.ofTenant("d.tenant")},
		OrderBy: order, Limit: fmt.Sprint(limit),
	}
	first := sqlgen.Select{Columns: []string{"*"}, From: "named", OrderBy: "place", Limit: fmt.Sprint(n)}
	occurring := sqlgen.Select{Columns: []string{"min(name)"}, From: first.As("n"), GroupBy: []string{"place"}, OrderBy: "place"}
	if p.restricted {
		// PostgreSQL runs a scalar subquery for one name at a time; the newest record first, as an index has them.
		record := sqlgen.Select{
			Columns: []string{"true"}, From: tables.Rows(p.vq.Kind) + " r", OrderBy: "r.time DESC", Limit: "1",
			Where: append([]string{p.column.Expr + " = n.id"}, p.InSpan(ctx, p.During)...),
		}
		occurring.Where = []string{record.Nested()}
	}
	occurring.Limit = p.Bind(p.vq.Limit)
	if p.Err != nil {
		return nil, 0, p.Err
	}
	sql := fmt.Sprintf("WITH named AS MATERIALIZED %s\nSELECT (SELECT count(*) FROM named), ARRAY%s", names.Nested(), occurring.Nested())
	err = tx.QueryRowContext(ctx, sql, p.Args...).Scan(&named, pq.Array(&texts))
	return texts, named, err
}

// SQL returns the statement that lists the values; empty where there are none to offer.
func (p *Picker) SQL(ctx context.Context) string {
	if !p.restricted {
		if p.column.Dictionary != "" {
			return p.inDictionary()
		}
		if sql := p.inTotals(); sql != "" {
			return sql
		}
		return p.inNewestRows(ctx)
	}
	if p.vq.Field.Of != activity.Account { // of whom the rollup has too many to go through
		pl, err := plan.New(p.Query, p.Needed(), p.period)
		if p.Err = err; err != nil {
			return ""
		}
		if pl.Grouping != nil || p.column.Codes != nil {
			from, name := sqlgen.Sub(p.Cells(ctx, pl), "cells"), []string{"name1"}
			// Corrections may have left nothing.
			names := sqlgen.Select{Columns: name, From: from, GroupBy: name, Having: "sum(n) <> 0"}
			return p.choose(names.As("c"), "c.name1")
		}
	}
	if p.column.Dictionary == "" {
		return p.inNewestRows(ctx)
	}
	ids := sqlgen.Select{
		Columns: []string{"DISTINCT " + p.column.Expr}, From: tables.Rows(p.vq.Kind) + " r", Where: p.InSpan(ctx, p.During),
	}
	return p.inDictionary("d.id = ANY(ARRAY" + ids.Nested() + ")")
}

// inDictionary looks through the dictionary that has the field.
func (p *Picker) inDictionary(conditions ...string) string {
	f := p.vq.Field
	from, column, tenant := p.column.Dictionary+" d", "d."+p.column.Text, "d.tenant"
	switch {
	case f.Name == "tenantId":
		tenant = "d.id"
	case f.Of == activity.Membership && len(conditions) == 0: // every group, whoever is in it
		from = "entra.directory_group d"
		column = map[string]string{"memberOf": "d.display_name", "memberOfIds": "d.group_id"}[f.Name]
	case f.Type == activity.List:
		from, column = from+" CROSS JOIN LATERAL unnest("+column+") AS v(text)", "v.text"
	case f.Type == activity.Integer, f.Type == activity.Number, f.Type == activity.Boolean:
		column += "::text"
	}
	return p.choose(from, column, append(conditions, p.ofTenant(tenant))...)
}

// ofTenant restricts a column to the tenant that the data source is set to.
func (p *Picker) ofTenant(column string) string {
	if p.Tenant == "" {
		return ""
	}
	return fmt.Sprintf("%s = (SELECT id FROM entra.tenant WHERE lower(tenant_id) = lower(%s))", column, p.Bind(p.Tenant))
}

// inTotals looks through the totals of a number that they count by; empty if they do not.
func (p *Picker) inTotals() string {
	f := p.vq.Field
	for _, g := range store.Groupings {
		if g.Kind == p.vq.Kind.Stored() && g.Total && len(g.Fields) == 1 && g.Fields[0] == f && f.Type == activity.Integer {
			column := fmt.Sprintf("nullif(k1, %d)::text", store.NoInteger)
			return p.choose(store.Schema+".total", column, fmt.Sprint("grouping = ", g.Number), p.ofTenant("tenant"))
		}
	}
	return ""
}

// inNewestRows looks through the newest rows for values that they hold themselves.
func (p *Picker) inNewestRows(ctx context.Context) string {
	isID := p.vq.Field.Name == "id" && p.vq.Kind != activity.UserActivity
	if t := p.vq.Field.Type; !isID && (t == activity.Identifier || t == activity.Time || t == activity.Number) {
		return "" // each record has its own
	}
	const newest = 20000
	rows := sqlgen.Select{
		Columns: []string{p.column.Expr + " AS value"}, From: tables.Rows(p.vq.Kind) + " r", Where: p.InSpan(ctx, p.During),
		OrderBy: "r.time DESC", Limit: fmt.Sprint(newest),
	}
	if isID { // the newest first, to begin with one of them
		rows.Columns = []string{"id", "time"}
		if p.vq.Search == "" {
			rows.Limit = fmt.Sprint(p.vq.Limit)
		}
		const id = "coalesce(i.text, r.id::text)"
		return sqlgen.Select{
			Columns: []string{id}, From: rows.As("r"), Joins: []string{"LEFT JOIN " + store.Schema + ".identifier i ON i.id = r.id"},
			Where: []string{p.contains(id)}, OrderBy: "r.time DESC", Limit: p.Bind(p.vq.Limit),
		}.String()
	}
	column, from := "r.value::text", rows.As("r")
	switch p.vq.Field.Type {
	case activity.Address:
		column = "host(r.value)"
	case activity.List:
		column, from = "v.text", from+" CROSS JOIN LATERAL unnest(r.value) AS v(text)"
	}
	return p.choose(from, column)
}

// choose lists the texts in a column that contain what is searched for. Of those that differ in nothing but case one is
// enough, as filters find them all by it; and an index gives their order.
func (p *Picker) choose(from, column string, conditions ...string) string {
	limit := p.vq.Limit
	if p.hasOtherTexts() {
		limit = query.MaxValues
	}
	lower := "lower(" + column + ")"
	return sqlgen.Select{
		Columns: []string{"min(" + column + ")"}, From: from,
		Where:   append([]string{column + " <> ''", p.contains(column)}, conditions...),
		GroupBy: []string{lower}, OrderBy: lower, Limit: p.Bind(limit),
	}.String()
}

// contains restricts a column to texts that contain what is searched for.
func (p *Picker) contains(column string) string {
	if p.vq.Search == "" || p.hasOtherTexts() {
		return ""
	}
	pattern := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(p.vq.Search) + "%"
	return "lower(" + column + ") LIKE lower(" + p.Bind(pattern) + ")"
}

// hasOtherTexts reports whether SQL has other texts for the field's values than those searched for.
func (p *Picker) hasOtherTexts() bool {
	return p.vq.Field.Name == "errorCode" && p.vq.Field.Type == activity.Integer || p.column.Codes != nil
}
