package query

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// settings are PostgreSQL's for the transaction that answers a question. The page of a list is cut before it is joined to what
// its records name, in whichever order: to weigh all orders up takes PostgreSQL ten times as long as a whole detail. Where
// joins decide which records there are, they are weighed up.
func (q *Query) settings() []string {
	ofMembers := func(f Filter) bool { return f.Field.Of == activity.Membership }
	if !q.View.ofRecords() || everTable(q.Kind) != store.Table(q.Kind) || slices.ContainsFunc(q.Filters, ofMembers) {
		return nil
	}
	settings := []string{"join_collapse_limit = 1"}
	if q.View == Detail { // whatever one record names is looked up, which leaves no ways to weigh up either
		settings = append(settings, "enable_hashjoin = off", "enable_mergejoin = off")
	}
	return settings
}

// list answers with the records themselves. The page is cut before anything is joined to it.
func (c *compiler) list(ctx context.Context, tx *sqlx.Tx, p Period) (*Result, error) {
	limit := min(c.q.Limit, c.maxRows)
	text, err := c.listSQL(ctx, p, limit)
	if err != nil {
		return nil, err
	}
	result := &Result{Query: c.q, Served: "rows", SQL: annotate(text, c.args)}
	rows, err := tx.QueryContext(ctx, text, c.args...)
	if err != nil {
		return nil, err
	}
	if result.Rows, err = scanRecords(rows, c.q); err != nil {
		return nil, err
	}
	result.Read = int64(len(result.Rows))
	if len(result.Rows) > limit {
		result.Rows = result.Rows[:limit]
		more := fmt.Sprintf("Only the %s %d records are shown, there are more: filter, or choose a shorter time range or a higher limit.", c.q.first(), limit)
		if limit < min(defaultLimit, c.maxRows) { // whoever asks for so few is not surprised
			result.Infos = append(result.Infos, more)
		} else {
			result.Warnings = append(result.Warnings, more)
		}
	}
	return result, nil
}

// scanRecords reads the columns of a question's records to the end.
func scanRecords(rows *sql.Rows, q *Query) (records [][]any, err error) {
	defer rows.Close()
	for rows.Next() {
		record := make([]any, len(q.Columns))
		targets := make([]any, len(record))
		for i := range record {
			targets[i] = &record[i]
		}
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		for i, v := range record {
			record[i] = value(q.Kind, q.Columns[i], v)
		}
		records = append(records, record)
	}
	return records, rows.Err()
}

func (c *compiler) listSQL(ctx context.Context, p Period, limit int) (string, error) {
	condition, err := c.selected(ctx, p)
	if err != nil {
		return "", err
	}
	return c.recordsSQL(rowsTable(c.q.Kind), condition, limit+1), nil
}

// selected returns the condition that the rows of records meet.
func (c *compiler) selected(ctx context.Context, p Period) (string, error) {
	_, within := c.within("r.time", []span{rowsSpan(c.q, p)})
	where, err := c.where(ctx, c.rowsAt)
	return within + where, err
}

func (c *compiler) rowsAt(f *activity.Field) dimension { return rowsDimension(c.q.Kind, f) }

// recordsSQL returns the statement that selects the columns of a table's first records that meet a condition.
func (c *compiler) recordsSQL(table, condition string, limit int) string {
	var columns, joins []string
	join := func(sql string) {
		if !slices.Contains(joins, sql) {
			joins = append(joins, sql)
		}
	}
	for _, f := range c.q.Columns {
		d, column := c.rowsAt(f), "r."+store.Column(c.q.Kind, f)
		switch {
		case f.Of == activity.Membership:
			join(fmt.Sprintf("LEFT JOIN LATERAL (SELECT string_agg(m.member_of, ', ' ORDER BY m.member_of) AS member_of, string_agg(m.member_of_ids, ', ' ORDER BY m.member_of_ids) AS member_of_ids FROM %s m WHERE m.id = %s) membership ON true", d.table, d.expr))
			column = "coalesce(membership." + d.column + ", '')"
		case d.table != "":
			alias := strings.TrimPrefix(d.expr, "r.")
			join(fmt.Sprintf("LEFT JOIN %s %s ON %[2]s.id = %s", d.table, alias, d.expr))
			column = alias + "." + d.column
		case f.Type == activity.Identifier:
			alias := "i_" + store.Column(c.q.Kind, f)
			join(fmt.Sprintf("LEFT JOIN %s.identifier %s ON %[2]s.id = %s", store.Schema, alias, column))
			column = fmt.Sprintf("coalesce(%s.text, %s::text)", alias, column)
		case f.Type == activity.Address:
			column = "host(" + column + ")"
		case d.codes != nil:
			column += "::int"
		}
		switch f.Type {
		case activity.List:
			column = c.listed(f, column)
		case activity.Integer:
			column += "::bigint"
		}
		columns = append(columns, column)
	}
	if c.boundary != "" {
		for i, column := range columns {
			columns[i] = "coalesce((" + column + ")::text, '')"
		}
		columns = []string{fmt.Sprintf("concat_ws(%s, %s)", c.bind(c.boundary), strings.Join(columns, ", "))}
	}
	order := "r.time DESC, r.id"
	if c.q.OldestFirst {
		order = "r.time, r.id"
	}
	page := fmt.Sprintf("SELECT * FROM %s r WHERE %s\n  ORDER BY %s LIMIT %s", table, condition, order, c.bind(limit))
	return fmt.Sprintf("SELECT %s\nFROM (\n  %s\n) r %s\nORDER BY %s", strings.Join(columns, ", "), page, strings.Join(joins, " "), order)
}

// value turns what the driver returns into what Result.Rows promises.
func value(kind *activity.Kind, f *activity.Field, v any) any {
	switch v := v.(type) {
	case []byte:
		return string(v)
	case int64:
		if d := rowsDimension(kind, f); d.codes != nil {
			return d.label(v)
		}
	case nil:
		if f.Type == activity.Text || f.Type == activity.Enum || f.Type == activity.List || f.Type == activity.Identifier {
			return ""
		}
	}
	return v
}
