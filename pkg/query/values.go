package query

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

const (
	defaultValues = 50
	mostValues    = 1000
	// What rows hold themselves is looked for in so many of the newest ones.
	newestRows = 20000
)

// ValuesQuery asks for values of a field to choose from.
type ValuesQuery struct {
	Kind    *activity.Kind
	Field   *activity.Field
	Search  string // a part of the value, in any case
	Limit   int
	Filters []Filter // only values that occur in records that fit
	From    time.Time
	To      time.Time // only values that occur within [From, To); zero for whenever
}

// FieldValue is a value that a field has in some record.
type FieldValue struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

// DecodeValues reads a question for values. The filters are JSON, as in a question; empty for none.
func DecodeValues(kindName, fieldName, search, filters string, limit int, from, to time.Time) (*ValuesQuery, error) {
	kind, err := kindByName(kindName)
	if err != nil {
		return nil, err
	}
	q := &ValuesQuery{Kind: kind, Search: strings.ToValidUTF8(strings.ReplaceAll(search, "\x00", ""), ""), Limit: limit, From: from, To: to}
	if q.Field, err = field(kind, "field", fieldName); err != nil {
		return nil, err
	}
	if q.Limit <= 0 {
		q.Limit = defaultValues
	}
	q.Limit = min(q.Limit, mostValues)
	switch {
	case from.IsZero() != to.IsZero():
		return nil, invalid("range", "only one end of the time range is given: give from and to, in milliseconds, or neither")
	case !from.IsZero() && !from.Before(to):
		return nil, invalid("range", "the time range ends before it starts: choose another")
	}
	var list []FilterModel
	if filters != "" {
		if err := json.Unmarshal([]byte(filters), &list); err != nil {
			return nil, invalid("filters", "not understood: %v", err)
		}
	}
	q.Filters, err = decodeFilters(kind, list)
	return q, err
}

// Values lists values of a field, in their order. Without filters and time range they are those that the catalog names
// and the store has ever seen; with them, those that occur in records that fit. Fields that nearly every record has its
// own value of offer those of the newest records, and ids begin with the newest.
func (st *Store) Values(ctx context.Context, vq *ValuesQuery, scope access.Scope) ([]FieldValue, error) {
	q := &Query{Kind: vq.Kind, View: Table, Measure: Count, GroupBy: []*activity.Field{vq.Field}, Filters: vq.Filters, Zone: time.UTC, Limit: vq.Limit}
	p := Period{From: always.from, To: always.to}
	if !vq.From.IsZero() {
		var err error
		if p, _, err = (Period{From: vq.From, To: vq.To}).canonical(); err != nil {
			return nil, err
		}
	}
	v := values{compiler: compiler{q: q, during: rowsSpan(q, p), maxRows: vq.Limit}, ValuesQuery: vq, tenant: st.Tenant}
	v.restrict(scope, st.Tenant)
	v.dependent = !vq.From.IsZero() || len(vq.Filters) > 0 || !scope.Everything()
	if vq.Kind == activity.UserActivity && !slices.ContainsFunc(v.filters, namesUsers) {
		v.dependent = false // all records of all kinds are too many to look through
	}
	found := []string{}
	if !v.dependent {
		found = append(found, v.known()...)
	}
	if !v.nothing && (v.dependent || !v.closed()) {
		err := st.DB.Snapshot(ctx, st.Timeout, func(tx *sqlx.Tx) error {
			v.dict = transaction{tx}
			texts, err := v.find(ctx, tx, p)
			for _, text := range texts {
				if text = label(vq.Kind, vq.Field, text); text != "" && !slices.Contains(found, text) {
					found = append(found, text)
				}
			}
			return err
		}, "max_parallel_workers_per_gather = 0") // starting workers takes longer than finding a few names
		if err != nil {
			return nil, err
		}
	}
	list := []FieldValue{}
	for _, text := range found {
		l := vq.Field.ValueLabel(text)
		if strings.Contains(strings.ToLower(l), strings.ToLower(vq.Search)) {
			list = append(list, FieldValue{text, l})
		}
	}
	return list[:min(vq.Limit, len(list))], nil
}

// values turns a question for values into SQL.
type values struct {
	compiler
	*ValuesQuery
	tenant    string // that the data source is set to
	dependent bool   // on what occurs in some of the records
}

// known lists the values that the catalog names.
func (v *values) known() []string {
	if v.Field.Type == activity.Boolean {
		return []string{"true", "false"}
	}
	return v.Field.Values
}

// closed tells fields that have no other values than the catalog names.
func (v *values) closed() bool {
	return v.Field.Type == activity.Boolean || rowsDimension(v.Kind, v.Field).codes != nil
}

// find returns the values that the store has, as it keeps them.
func (v *values) find(ctx context.Context, tx *sqlx.Tx, p Period) (texts []string, err error) {
	if texts, done, err := v.first(ctx, tx, p); done || err != nil {
		return texts, err
	}
	sql, err := v.sql(ctx, p)
	if err != nil || sql == "" {
		return nil, err
	}
	err = tx.SelectContext(ctx, &texts, sql, v.args...)
	return texts, err
}

const (
	// So many names that contain what is searched for are sorted. Where there are more, one in forty of many users has it,
	// and an index on the names' order soon comes to some.
	sortedNames = 5000
	// Of so many of the first names, one in enough has to be among the records for more of them to be tried.
	triedNames, enough = 200, 40
)

// first lists the first names of an entity that contain what is searched for and that records have. It is done if that
// settles what there is to list: else names that fit are common, or records that fit are rare and soon read.
func (v *values) first(ctx context.Context, tx *sqlx.Tx, p Period) (texts []string, done bool, err error) {
	d := rowsDimension(v.Kind, v.Field)
	plain := v.Field.Of != nil && v.Field.Of != activity.Membership && d.codes == nil && isText(v.Field) && v.Field.Type != activity.List
	switch indexed := store.Indexed(v.Kind, v.Field.Of) && v.Kind != activity.UserActivity; {
	case v.dependent && !indexed, !v.dependent && (v.Search == "" || !plain):
		return nil, false, nil
	}
	tried := sortedNames
	if v.dependent && v.findsRows() {
		tried = triedNames
	}
	for n := tried; v.Search != ""; n *= 5 {
		texts, named, err := v.among(ctx, tx, p, d, "", sortedNames+1, n)
		if err != nil {
			return nil, false, err
		}
		if named > sortedNames {
			break
		}
		if named <= n || len(texts) >= v.Limit {
			return texts, true, nil
		}
		if len(texts)*enough < n {
			return nil, false, nil
		}
	}
	for n := triedNames; v.dependent; n *= 5 {
		texts, named, err := v.among(ctx, tx, p, d, " ORDER BY lower(d."+d.column+")", n, n)
		if err != nil || named < n || len(texts) >= v.Limit {
			return texts, true, err
		}
		if len(texts)*enough < n {
			break
		}
	}
	return nil, false, nil
}

// findsRows tells whether an index finds the records that fit by another entity than the one asked about: those of an
// application are soon read if few of the names are among them.
func (v *values) findsRows() bool {
	return slices.ContainsFunc(v.filters, func(f Filter) bool {
		return f.Field.Of != nil && f.Field.Of != v.Field.Of && store.Indexed(v.Kind, f.Field.Of) && (f.Operator == Equal || f.Operator == In)
	})
}

// among lists those of the first n names that records have, and tells how many names there were, up to a limit. The names are
// told first: weighing up how soon an index comes to them by chance, PostgreSQL forgets that a name's parts are found where
// its first letter is.
func (v *values) among(ctx context.Context, tx *sqlx.Tx, p Period, d dimension, order string, limit, n int) (texts []string, named int, err error) {
	defer func(all statement) { v.statement = all }(v.statement)
	column, occurs := "d."+d.column, ""
	names := fmt.Sprintf("SELECT d.id, %s AS name, lower(%[1]s) AS place FROM %s d WHERE %[1]s <> ''%[3]s%[4]s%[5]s LIMIT %[6]d", column, d.table, v.contains(column), v.ofTenant("d.tenant"), order, limit)
	if v.dependent {
		condition, err := v.selected(ctx, p)
		if err != nil {
			return nil, 0, err
		}
		// A scalar subquery is asked for one name at a time, whatever the planner would rather do; the newest first, as an index
		// has them.
		occurs = fmt.Sprintf(" WHERE (SELECT true FROM %s r WHERE %s = n.id AND %s ORDER BY r.time DESC LIMIT 1)", rowsTable(v.Kind), d.expr, condition)
	}
	sql := fmt.Sprintf(`WITH named AS MATERIALIZED (%s)
SELECT (SELECT count(*) FROM named), ARRAY(SELECT min(name) FROM (SELECT * FROM named ORDER BY place LIMIT %d) n%s GROUP BY place ORDER BY place LIMIT %s)`,
		names, n, occurs, v.bind(v.Limit))
	err = tx.QueryRowContext(ctx, sql, v.args...).Scan(&named, pq.Array(&texts))
	return texts, named, err
}

// sql returns the statement that lists the values; empty where there are none to offer.
func (v *values) sql(ctx context.Context, p Period) (string, error) {
	d := rowsDimension(v.Kind, v.Field)
	if !v.dependent {
		if d.table != "" {
			return v.inDictionary(d, ""), nil
		}
		if total := v.inTotals(); total != "" {
			return total, nil
		}
		return v.inNewestRows(ctx, d, p)
	}
	if v.Field.Of != activity.Account { // of whom the rollup has too many to go through
		if pl, err := newPlan(v.q, v.needed(), p); err != nil || pl.grouping != nil || d.codes != nil {
			if err != nil {
				return "", err
			}
			cells, err := v.cells(ctx, pl)
			// What was moved may have been all there was.
			return v.choose("(SELECT name1 FROM (\n"+cells+"\n) cells GROUP BY name1 HAVING sum(n) <> 0) AS c", "c.name1", ""), err
		}
	}
	if d.table != "" {
		condition, err := v.selected(ctx, p)
		return v.inDictionary(d, fmt.Sprintf("\n  AND d.id = ANY(ARRAY(SELECT DISTINCT %s FROM %s r WHERE %s))", d.expr, rowsTable(v.Kind), condition)), err
	}
	return v.inNewestRows(ctx, d, p)
}

// inDictionary looks through the entity that a field describes.
func (v *values) inDictionary(d dimension, also string) string {
	from, column, tenant := d.table+" d", "d."+d.column, "d.tenant"
	switch {
	case v.Field.Name == "tenantId":
		tenant = "d.id"
	case v.Field.Of == activity.Membership && also == "": // every group, whoever is in it
		from, column = "entra.directory_group d", map[string]string{"memberOf": "d.display_name", "memberOfIds": "d.group_id"}[v.Field.Name]
	case v.Field.Type == activity.List:
		from, column = from+" CROSS JOIN LATERAL unnest("+column+") AS v(text)", "v.text"
	case v.Field.Type == activity.Integer, v.Field.Type == activity.Number, v.Field.Type == activity.Boolean:
		column += "::text"
	}
	return v.choose(from, column, also+v.ofTenant(tenant))
}

// ofTenant restricts a column to the tenant that the data source is set to.
func (v *values) ofTenant(column string) string {
	if v.tenant == "" {
		return ""
	}
	return fmt.Sprintf(" AND %s = (SELECT id FROM entra.tenant WHERE lower(tenant_id) = lower(%s))", column, v.bind(v.tenant))
}

// inTotals looks through the totals of a number that they count by; empty if they do not.
func (v *values) inTotals() string {
	for _, g := range store.Groupings {
		if g.Kind == v.Kind.Stored() && g.Total && len(g.Fields) == 1 && g.Fields[0] == v.Field && v.Field.Type == activity.Integer {
			return v.choose(store.Schema+".total", fmt.Sprintf("nullif(k1, %d)::text", store.NoInteger), fmt.Sprintf(" AND grouping = %d", g.Number)+v.ofTenant("tenant"))
		}
	}
	return ""
}

// inNewestRows looks through the newest records for values that they hold themselves.
func (v *values) inNewestRows(ctx context.Context, d dimension, p Period) (string, error) {
	column, from := "r.value::text", ""
	if v.Field.Name == "id" && v.Kind != activity.UserActivity {
		return v.ofNewest(ctx, p)
	}
	switch v.Field.Type {
	case activity.Identifier, activity.Time, activity.Number: // each record has its own
		return "", nil
	case activity.Address:
		column = "host(r.value)"
	case activity.List:
		column, from = "v.text", " CROSS JOIN LATERAL unnest(r.value) AS v(text)"
	}
	condition, err := v.selected(ctx, p)
	newest := fmt.Sprintf("(SELECT %s AS value FROM %s r WHERE %s ORDER BY r.time DESC LIMIT %d) r", d.expr, rowsTable(v.Kind), condition, newestRows)
	return v.choose(newest+from, column, ""), err
}

// ofNewest lists the ids of the newest records, the newest first, to begin with one of them.
func (v *values) ofNewest(ctx context.Context, p Period) (string, error) {
	condition, err := v.selected(ctx, p)
	among := newestRows
	if v.Search == "" {
		among = v.Limit
	}
	const column = "coalesce(i.text, r.id::text)"
	return fmt.Sprintf("SELECT %s\nFROM (SELECT id, time FROM %s r WHERE %s ORDER BY r.time DESC LIMIT %d) r LEFT JOIN %s.identifier i ON i.id = r.id\nWHERE true%s\nORDER BY r.time DESC LIMIT %s",
		column, rowsTable(v.Kind), condition, among, store.Schema, v.contains(column), v.bind(v.Limit)), err
}

// choose lists the texts in a column that contain what is searched for. Of those that differ in nothing but case one is
// enough, as filters find them all by it; and an index gives their order.
func (v *values) choose(from, column, also string) string {
	limit := v.Limit
	if v.readsOtherwise() {
		limit = mostValues
	}
	return fmt.Sprintf("SELECT min(%[1]s)\nFROM %[2]s\nWHERE %[1]s <> ''%[3]s%[4]s\nGROUP BY lower(%[1]s) ORDER BY lower(%[1]s) LIMIT %[5]s", column, from, v.contains(column), also, v.bind(limit))
}

// contains restricts a column to texts that contain what is searched for.
func (v *values) contains(column string) string {
	if v.Search == "" || v.readsOtherwise() {
		return ""
	}
	pattern := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(v.Search) + "%"
	return " AND lower(" + column + ") LIKE lower(" + v.bind(pattern) + ")"
}

// readsOtherwise tells fields whose values SQL knows by other texts than those searched for.
func (v *values) readsOtherwise() bool {
	return v.Field.Name == "errorCode" && v.Field.Type == activity.Integer || rowsDimension(v.Kind, v.Field).codes != nil
}
