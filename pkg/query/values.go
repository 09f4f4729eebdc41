package query

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

const (
	defaultValues = 50
	mostValues    = 1000
)

// FieldValue is a value that a field has in some record.
type FieldValue struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

// Values lists values of a field that contain the search text: those the catalogue names, then those in the store.
// Fields that nearly every record has its own value of have none to choose from.
func (st *Store) Values(ctx context.Context, kindName, fieldName, search string, limit int, scope access.Scope) ([]FieldValue, error) {
	kind, err := kindByName(kindName)
	if err != nil {
		return nil, err
	}
	f, err := field(kind, "field", fieldName)
	if err != nil {
		return nil, err
	}
	if limit <= 0 {
		limit = defaultValues
	}
	limit = min(limit, mostValues)
	d := rowsDimension(kind, f)
	known := f.Values
	if f.Type == activity.Boolean {
		known = []string{"true", "false"}
	}
	values := []FieldValue{}
	for _, v := range known {
		if strings.Contains(strings.ToLower(v), strings.ToLower(search)) {
			values = append(values, FieldValue{v, v})
		}
	}
	// What others did is no secret to keep here only because it is offered in a picker.
	if !scope.Everything() || d.codes != nil || f.Type == activity.Boolean {
		return values[:min(limit, len(values))], nil
	}
	sql, args := st.valuesSQL(kind, f, d, search, limit)
	if sql == "" {
		return values, nil
	}
	var seen []string
	err = st.DB.Snapshot(ctx, st.Timeout, func(tx *sqlx.Tx) error { return tx.SelectContext(ctx, &seen, sql, args...) })
	for _, v := range seen {
		if !slices.ContainsFunc(values, func(w FieldValue) bool { return w.Value == v }) {
			values = append(values, FieldValue{v, v})
			if f.Type == activity.Integer && activity.ErrorSymbol(int(number(v))) != "" && f.Name == "errorCode" {
				values[len(values)-1].Label = v + " " + activity.ErrorSymbol(int(number(v)))
			}
		}
	}
	return values[:min(limit, len(values))], err
}

func (st *Store) valuesSQL(kind *activity.Kind, f *activity.Field, d dimension, search string, limit int) (string, []any) {
	s := &statement{}
	table, column, fixed := d.table, d.column+"::text", ""
	tenant := "tenant"
	switch {
	case f.Name == "tenantId":
		tenant = "id"
	case f.Type == activity.List && table != "":
		table, column = table+" CROSS JOIN LATERAL unnest("+d.column+") AS v", "v"
	case table == "": // a field of the record itself: the totals name the values of those that are counted
		g := slices.IndexFunc(store.Groupings, func(g *store.Grouping) bool {
			return g.Kind == kind && g.Total && len(g.Fields) == 1 && g.Fields[0] == f
		})
		if g < 0 || f.Type != activity.Integer {
			return "", nil
		}
		table, column, fixed = store.Schema+".total", fmt.Sprintf("nullif(k1, %d)::text", store.NoInteger), fmt.Sprintf(" AND grouping = %d", store.Groupings[g].Number)
	}
	if st.Tenant != "" {
		fixed += fmt.Sprintf(" AND %s = (SELECT id FROM %s.tenant WHERE lower(tenant_id) = lower(%s))", tenant, store.Schema, s.bind(st.Tenant))
	}
	return fmt.Sprintf("SELECT value FROM (SELECT DISTINCT %s AS value FROM %s WHERE true%s) AS v WHERE value <> '' AND strpos(lower(value), lower(%s)) > 0 ORDER BY lower(value), value LIMIT %s",
		column, table, fixed, s.bind(search), s.bind(limit)), s.args
}
