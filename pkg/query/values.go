package query

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

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

// ValuesQuestion asks for values of a field to choose from.
type ValuesQuestion struct {
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
func DecodeValues(kindName, fieldName, search, filters string, limit int, from, to time.Time) (*ValuesQuestion, error) {
	kind, err := kindByName(kindName)
	if err != nil {
		return nil, err
	}
	q := &ValuesQuestion{Kind: kind, Search: strings.ToValidUTF8(strings.ReplaceAll(search, "\x00", ""), ""), Limit: limit, From: from, To: to}
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
	var list []filterModel
	if filters != "" {
		if err := json.Unmarshal([]byte(filters), &list); err != nil {
			return nil, invalid("filters", "not understood: %v", err)
		}
	}
	q.Filters, err = decodeFilters(kind, list)
	return q, err
}

// Values lists values of a field, in their order. Without filters and time range they are those that the catalogue names
// and the store has ever seen; with them, those that occur in records that fit. Fields that nearly every record has its
// own value of offer those of the newest records.
func (st *Store) Values(ctx context.Context, vq *ValuesQuestion, scope access.Scope) ([]FieldValue, error) {
	q := &Question{Kind: vq.Kind, View: Table, Measure: Count, GroupBy: []*activity.Field{vq.Field}, Filters: vq.Filters, Zone: time.UTC, Limit: vq.Limit}
	p := Period{From: always.from, To: always.to}
	if !vq.From.IsZero() {
		p.From, p.To = vq.From.UTC().Truncate(time.Microsecond), vq.To.UTC().Truncate(time.Microsecond)
	}
	v := values{compiler: compiler{q: q, maxRows: vq.Limit}, ValuesQuestion: vq, tenant: st.Tenant}
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
			sql, err := v.sql(ctx, p)
			if err != nil || sql == "" {
				return err
			}
			var texts []string
			if err := tx.SelectContext(ctx, &texts, sql, v.args...); err != nil {
				return err
			}
			for _, text := range texts {
				if text = label(vq.Kind, vq.Field, text); text != "" && !slices.Contains(found, text) {
					found = append(found, text)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	list := []FieldValue{}
	for _, text := range found {
		l := valueLabel(vq.Field, text)
		if strings.Contains(strings.ToLower(l), strings.ToLower(vq.Search)) {
			list = append(list, FieldValue{text, l})
		}
	}
	return list[:min(vq.Limit, len(list))], nil
}

// valueLabel says of a value what it means, where it does not say so itself.
func valueLabel(f *activity.Field, value string) string {
	if f.Name == "errorCode" && f.Type == activity.Integer {
		if symbol := activity.ErrorSymbol(int(number(value))); symbol != "" {
			return value + " " + symbol
		}
	}
	return value
}

// values turns a question for values into SQL.
type values struct {
	compiler
	*ValuesQuestion
	tenant    string // that the data source is set to
	dependent bool   // on what occurs in some of the records
}

// known lists the values that the catalogue names.
func (v *values) known() []string {
	if v.Field.Type == activity.Boolean {
		return []string{"true", "false"}
	}
	return v.Field.Values
}

// closed tells fields that have no other values than the catalogue names.
func (v *values) closed() bool {
	return v.Field.Type == activity.Boolean || rowsDimension(v.Kind, v.Field).codes != nil
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
			return v.choose("(\n"+cells+"\n) AS c", "c.name1", ""), err
		}
	}
	if d.table != "" { // a name at a time: whoever types is content with the first of them
		where, err := v.where(ctx, func(f *activity.Field) dimension { return rowsDimension(v.Kind, f) })
		_, within := v.within("r.time", []span{rowsSpan(v.q, p)})
		return v.inDictionary(d, fmt.Sprintf("\n  AND EXISTS (SELECT FROM %s r WHERE %s = d.id AND %s%s)", rowsTable(v.Kind), d.expr, within, where)), err
	}
	return v.inNewestRows(ctx, d, p)
}

// inDictionary looks through the entity that a field describes.
func (v *values) inDictionary(d dimension, also string) string {
	from, column, tenant := d.table+" d", "d."+d.column, "d.tenant"
	switch {
	case v.Field.Name == "tenantId":
		tenant = "d.id"
	case v.Field.Type == activity.List:
		from, column = from+" CROSS JOIN LATERAL unnest("+column+") AS v(text)", "v.text"
	case v.Field.Type == activity.Integer, v.Field.Type == activity.Number, v.Field.Type == activity.Boolean:
		column += "::text"
	}
	if v.tenant != "" {
		also += fmt.Sprintf(" AND %s = (SELECT id FROM entra.tenant WHERE lower(tenant_id) = lower(%s))", tenant, v.bind(v.tenant))
	}
	return v.choose(from, column, also)
}

// inTotals looks through the totals of a number that they count by; empty if they do not.
func (v *values) inTotals() string {
	for _, g := range store.Groupings {
		if g.Kind == v.Kind.Stored() && g.Total && len(g.Fields) == 1 && g.Fields[0] == v.Field && v.Field.Type == activity.Integer {
			column, also := fmt.Sprintf("nullif(k1, %d)::text", store.NoInteger), fmt.Sprintf(" AND grouping = %d", g.Number)
			if v.tenant != "" {
				also += fmt.Sprintf(" AND tenant = (SELECT id FROM entra.tenant WHERE lower(tenant_id) = lower(%s))", v.bind(v.tenant))
			}
			return v.choose(store.Schema+".total", column, also)
		}
	}
	return ""
}

// inNewestRows looks through the newest records for values that they hold themselves.
func (v *values) inNewestRows(ctx context.Context, d dimension, p Period) (string, error) {
	column, from := "r.value::text", ""
	switch v.Field.Type {
	case activity.Identifier, activity.Time, activity.Number: // each record has its own
		return "", nil
	case activity.Address:
		column = "host(r.value)"
	case activity.List:
		column, from = "v.text", " CROSS JOIN LATERAL unnest(r.value) AS v(text)"
	}
	where, err := v.where(ctx, func(f *activity.Field) dimension { return rowsDimension(v.Kind, f) })
	_, within := v.within("r.time", []span{rowsSpan(v.q, p)})
	newest := fmt.Sprintf("(SELECT %s AS value FROM %s r WHERE %s%s ORDER BY r.time DESC LIMIT %d) r", d.expr, rowsTable(v.Kind), within, where, newestRows)
	return v.choose(newest+from, column, ""), err
}

// choose lists the texts in a column that contain what is searched for.
func (v *values) choose(from, column, also string) string {
	search, limit := "", mostValues
	if !v.readsOtherwise() {
		pattern := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(v.Search) + "%"
		search, limit = " AND lower("+column+") LIKE lower("+v.bind(pattern)+")", v.Limit
	}
	return fmt.Sprintf("SELECT DISTINCT ON (lower(%[1]s), %[1]s) %[1]s\nFROM %[2]s\nWHERE %[1]s <> ''%[3]s%[4]s\nORDER BY lower(%[1]s), %[1]s LIMIT %[5]s", column, from, search, also, v.bind(limit))
}

// readsOtherwise tells fields whose values SQL knows by other texts than those searched for.
func (v *values) readsOtherwise() bool {
	return v.Field.Name == "errorCode" && v.Field.Type == activity.Integer || rowsDimension(v.Kind, v.Field).codes != nil
}
