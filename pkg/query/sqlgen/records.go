package sqlgen

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/tables"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// Records returns the statement that selects a table's first records that meet conditions. It cuts the page, then joins.
func (b *Builder) Records(table string, conditions []string, limit int) string {
	var columns, joins []string
	for _, f := range b.Query.Columns {
		column, join := b.recordColumn(f)
		switch f.Type {
		case activity.List:
			column = b.listColumn(f, column)
		case activity.Integer:
			column += "::bigint"
		}
		if columns = append(columns, column); join != "" && !slices.Contains(joins, join) {
			joins = append(joins, join)
		}
	}
	if b.Separator != "" {
		for i, column := range columns {
			columns[i] = "coalesce((" + column + ")::text, '')"
		}
		columns = []string{fmt.Sprintf("concat_ws(%s, %s)", b.Bind(b.Separator), strings.Join(columns, ", "))}
	}
	order := "r.time DESC, r.id"
	if b.Query.Order == query.Oldest {
		order = "r.time, r.id"
	}
	page := Select{Columns: []string{"*"}, From: table + " r", Where: conditions, OrderBy: order, Limit: b.Bind(limit)}
	return Select{Columns: columns, From: page.As("r"), Joins: joins, OrderBy: order}.String()
}

// recordColumn returns the value of a field, and what has to be joined to r for it.
func (b *Builder) recordColumn(f *activity.Field) (column, join string) {
	c := b.Rows(f)
	column = "r." + store.Column(b.Query.Kind, f)
	switch {
	case f.Of == activity.Membership:
		const list = "string_agg(m.%s, ', ' ORDER BY m.%[1]s) AS %[1]s"
		of := Select{
			Columns: []string{fmt.Sprintf(list, "member_of"), fmt.Sprintf(list, "member_of_ids")},
			From:    c.Dictionary + " m", Where: []string{"m.id = " + c.Expr},
		}
		return "coalesce(membership." + c.Text + ", '')", "LEFT JOIN LATERAL " + of.As("membership") + " ON true"
	case c.Dictionary != "":
		alias := strings.TrimPrefix(c.Expr, "r.")
		return alias + "." + c.Text, fmt.Sprintf("LEFT JOIN %s %s ON %[2]s.id = %s", c.Dictionary, alias, c.Expr)
	case f.Type == activity.Identifier:
		alias := "i_" + store.Column(b.Query.Kind, f)
		return fmt.Sprintf("coalesce(%s.text, %s::text)", alias, column),
			fmt.Sprintf("LEFT JOIN %s.identifier %s ON %[2]s.id = %s", store.Schema, alias, column)
	case f.Type == activity.Address:
		return "host(" + column + ")", ""
	case c.Codes != nil:
		return column + "::int", ""
	}
	return column, ""
}

// listColumn returns a column of type List as the statement selects it.
func (b *Builder) listColumn(f *activity.Field, column string) string {
	if b.Arrays {
		return "array_to_json(" + column + ")::text"
	}
	if f.Sparse {
		column = "array_remove(" + column + ", '')"
	}
	return "array_to_string(" + column + ", ', ')"
}

// SelectRecords runs the statement of Records and adds to a result how.
func (b *Builder) SelectRecords(
	ctx context.Context, tx *sqlx.Tx, table string, conditions []string, limit int, result *query.Result,
) (records [][]any, err error) {
	if b.Err != nil {
		return nil, b.Err
	}
	sql := b.Records(table, conditions, limit)
	if result.SQL != "" {
		result.SQL += ";\n"
	}
	result.SQL += b.Annotate(sql)
	rows, err := tx.QueryContext(ctx, sql, b.Args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for ; rows.Next(); result.Read++ {
		record := make([]any, len(b.Query.Columns))
		targets := make([]any, len(record))
		for i := range record {
			targets[i] = &record[i]
		}
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		for i, v := range record {
			record[i] = b.value(b.Query.Columns[i], v)
		}
		records = append(records, record)
	}
	return records, rows.Err()
}

// value turns what the driver returns into what Result.Rows promises.
func (b *Builder) value(f *activity.Field, v any) any {
	switch v := v.(type) {
	case []byte:
		return string(v)
	case int64:
		if c := b.Rows(f); c.Codes != nil {
			return c.Label(v)
		}
	case nil:
		if f.Type == activity.Text || f.Type == activity.Enum || f.Type == activity.List || f.Type == activity.Identifier {
			return ""
		}
	}
	return v
}

// NewSeparator returns what is between the values of a record: as between the parts of a MIME message, something random
// that nobody could write into a record. A record that holds it all the same has too many values, which is an error.
// PostgreSQL, the driver and database/sql together spend more on each value of its own than on all of a joined record.
func NewSeparator() string { return "\x1f" + rand.Text()[:4] }

// Splitter reads the values of one joined record after the other.
type Splitter struct {
	Values    []string // in the order of the query's columns
	columns   []tables.Column
	separator string
}

// Splitter returns what reads the records that the builder's separator joins.
func (b *Builder) Splitter() *Splitter {
	s := &Splitter{separator: b.Separator, Values: make([]string, len(b.Query.Columns))}
	for _, f := range b.Query.Columns {
		s.columns = append(s.columns, b.Rows(f))
	}
	return s
}

// Split reads a record into Values.
func (s *Splitter) Split(record string) error {
	for i := range s.columns {
		c := &s.columns[i]
		text, rest, found := strings.Cut(record, s.separator)
		if last := i == len(s.columns)-1; found == last {
			return fmt.Errorf("a record does not have %d values", len(s.columns))
		}
		if c.Field.Type == activity.Time && text != "" {
			t, err := pq.ParseTimestamp(nil, text)
			if err != nil {
				return err
			}
			text = t.UTC().Format(time.RFC3339Nano)
		}
		s.Values[i], record = c.Value(text), rest
	}
	return nil
}
