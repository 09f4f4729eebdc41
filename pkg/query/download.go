package query

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// Download says how much of a list to read.
type Download struct {
	Limit   int // records at most
	Timeout time.Duration
	Arrays  bool // lists as JSON arrays; otherwise joined by commas
}

// Stream reads the records that a list selects one after the other, and holds none of them, here or in PostgreSQL: it joins them
// in their order to what they name. It calls begin before the first, which tells whether the limit leaves records out, and then
// each with the columns' values as texts, valid until the next: times in RFC 3339, "true" or "false", nothing for what is missing.
func (st *Store) Stream(ctx context.Context, q *Query, scope access.Scope, p Period, d Download, begin func(more bool) error, each func(record []string) error) error {
	p, _, err := p.canonical()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, d.Timeout) // the statement's own does not run out while the reader is slow
	defer cancel()
	return st.DB.Snapshot(ctx, d.Timeout, func(tx *sqlx.Tx) error {
		c := compiler{q: q, dict: transaction{tx}, during: rowsSpan(q, p), arrays: d.Arrays, boundary: newBoundary()}
		c.restrict(scope, st.Tenant)
		condition, err := c.selected(ctx, p)
		if err != nil {
			return err
		}
		table := rowsTable(q.Kind)
		// To count them along with the list would have PostgreSQL keep all before the first.
		var more bool
		if err := tx.GetContext(ctx, &more, fmt.Sprintf("SELECT EXISTS (SELECT FROM %s r WHERE %s OFFSET %d)", table, condition, d.Limit), c.args...); err != nil {
			return err
		}
		if err := begin(more); err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, c.recordsSQL(table, condition, d.Limit), c.args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		var record string
		joined := newJoined(q, c.boundary)
		for rows.Next() {
			if err := rows.Scan(&record); err != nil {
				return err
			}
			if err := joined.read(record); err != nil {
				return err
			}
			if err := each(joined.values); err != nil {
				return err
			}
		}
		return rows.Err()
	}, q.inOrder()...)
}

// inOrder are the settings with which PostgreSQL passes each record on as it reads it: looked up one by one, what they name
// leaves them in their order. After the joins that it prefers it would have to sort all of them, and only then give the first.
func (q *Query) inOrder() []string {
	settings := q.settings()
	if settings != nil {
		settings = append(settings, "enable_hashjoin = off", "enable_mergejoin = off")
	}
	return settings
}

// newBoundary returns what is between the values of a record: as between the parts of a message in MIME, something random that
// nobody could write into a record; should one hold it all the same, it has too many values, and the download breaks off.
// PostgreSQL, the driver and database/sql together spend more on each value of its own than on all that a record says.
func newBoundary() string { return "\x1f" + rand.Text()[:4] }

// joined reads the values of one record after the other.
type joined struct {
	boundary   string
	dimensions []dimension
	values     []string
}

func newJoined(q *Query, boundary string) *joined {
	j := &joined{boundary: boundary, values: make([]string, len(q.Columns))}
	for _, f := range q.Columns {
		j.dimensions = append(j.dimensions, rowsDimension(q.Kind, f))
	}
	return j
}

func (j *joined) read(record string) error {
	for i := range j.values {
		text, rest, found := strings.Cut(record, j.boundary)
		if last := i == len(j.values)-1; found == last {
			return fmt.Errorf("a record does not have %d values", len(j.values))
		}
		switch d := &j.dimensions[i]; {
		case d.codes != nil:
			text = d.label(number(text))
		case d.field.Type == activity.Time && text != "":
			t, err := pq.ParseTimestamp(nil, text)
			if err != nil {
				return err
			}
			text = t.UTC().Format(time.RFC3339Nano)
		}
		j.values[i], record = text, rest
	}
	return nil
}

// listed writes a column of type List as the statement returns it.
func (c *compiler) listed(f *activity.Field, column string) string {
	if c.arrays {
		return "array_to_json(" + column + ")::text"
	}
	if f.Sparse {
		column = "array_remove(" + column + ", '')"
	}
	return "array_to_string(" + column + ", ', ')"
}
