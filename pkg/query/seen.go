package query

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// Seen restricts a table to groups by when they have been seen: in all records that are kept and fit the filters, not
// only in those of the time range.
type Seen string

// What a table can be restricted to.
const (
	Any    Seen = ""
	New    Seen = "new"    // first seen within the time range
	Unused Seen = "unused" // seen before the time range and not within it
)

// HasSeen reports whether it makes sense to ask when a kind's groups have been seen first and last.
func HasSeen(kind *activity.Kind) bool {
	return slices.Contains([]*activity.Kind{activity.SignIn, activity.RiskySignIn, activity.AuditEvent, activity.ProvisioningEvent, activity.RiskDetection}, kind)
}

// asksSeen tells questions that take more than the records of the time range to answer.
func (q *Query) asksSeen() bool { return q.Seen != Any || q.Measure.IsTime() }

// checkSeen says what is wrong with a question about when groups have been seen.
func (q *Query) checkSeen() error {
	part, name := "measure", string(q.Measure)
	if !q.Measure.IsTime() {
		part, name = "seen", string(q.Seen)
	}
	switch {
	case q.Seen != Any && q.Seen != New && q.Seen != Unused:
		return invalid("seen", "unknown %q: use new or unused, or leave it out", q.Seen)
	case !q.asksSeen():
		return nil
	case !HasSeen(q.Kind):
		return invalid(part, "%s cannot be asked for %s: its records are states, or of many kinds", q.Kind.Name, name)
	case q.View != Table:
		return invalid(part, "%s is for the view table: use that view, or leave it out", name)
	case len(q.GroupBy) == 0:
		return invalid(part, "%s is about groups: choose a field to group by, such as an application", name)
	}
	return nil
}

// seenNames lists the names of the groups, as columns.
func (c *compiler) seenNames() []string {
	names := make([]string, len(c.q.GroupBy))
	for i := range names {
		names[i] = fmt.Sprintf("name%d", i+1)
	}
	return names
}

// seen is the SELECT of all groups with the times when they have been seen first and last, and whether within the time
// range: name1 ..., first, last, within.
func (c *compiler) seen(ctx context.Context, p Period) (string, error) {
	at := func(f *activity.Field) dimension { return rowsDimension(c.q.Kind, f) }
	where, err := c.where(ctx, at)
	if err != nil {
		return "", err
	}
	from, to, names := c.bind(p.From), c.bind(p.To), strings.Join(c.seenNames(), ", ")
	within := func(column string) string { return fmt.Sprintf("(%s >= %s AND %[1]s < %[3]s)", column, from, to) }
	var each string
	if e := c.q.GroupBy[0].Of; store.Indexed(c.q.Kind, e) && !slices.ContainsFunc(c.q.GroupBy, func(f *activity.Field) bool { return f.Of != e }) {
		each = c.seenOne(e, where, within("r.time"), at)
	} else {
		columns, group := "", []string{}
		for i, f := range c.q.GroupBy {
			columns += fmt.Sprintf("%s AS key%d, ", at(f).expr, i+1)
			group = append(group, fmt.Sprint(i+1))
		}
		each = c.named(fmt.Sprintf("  SELECT %smin(r.time) AS first, max(r.time) AS last, bool_or(%s) AS within\n  FROM %s r WHERE true%s\n  GROUP BY %s",
			columns, within("r.time"), rowsTable(c.q.Kind), where, strings.Join(group, ", ")), c.q.GroupBy, at, "first", "last", "within")
	}
	return fmt.Sprintf("SELECT %s, min(first) AS first, max(last) AS last, bool_or(within) AS within FROM (\n%s\n) s GROUP BY %[1]s", names, each), nil
}

// seenOne asks an index for the first and the last record of one application or user after the other, of which there are
// far fewer than records: only of those that have a name in question, and only for the times in question.
func (c *compiler) seenOne(e *activity.Entity, where, within string, at func(*activity.Field) dimension) string {
	columns, none, names := "", "", strings.Join(c.seenNames(), ", ")
	for i, f := range c.q.GroupBy {
		columns += fmt.Sprintf(", %s::text AS name%d", at(f).column, i+1)
		none += ", ''"
	}
	rows, reference := rowsTable(c.q.Kind), "r."+store.Reference(e)
	entities := fmt.Sprintf("SELECT id%s FROM %s UNION ALL SELECT 0%s", columns, store.EntityTable(e), none)
	times := map[string]string{"first": "NULL::timestamptz", "last": "NULL::timestamptz"}
	joins := ""
	probe := func(name, order string) {
		times[name] = name + ".time"
		joins += fmt.Sprintf("\n  CROSS JOIN LATERAL (SELECT r.time FROM %s r WHERE %s = d.id%s ORDER BY r.time%s LIMIT 1) %s", rows, reference, where, order, name)
	}
	if c.q.Measure == FirstSeen || c.q.Seen != Any {
		probe("first", "")
	}
	if c.q.Measure == LastSeen || c.q.Seen == Unused {
		probe("last", " DESC")
	}
	not := ""
	if c.q.Seen == Unused {
		not = "NOT "
	}
	return fmt.Sprintf(`  SELECT d.*, %s AS first, %s AS last, %t AS within
  FROM (SELECT * FROM (%s) d WHERE (%s) %sIN (SELECT %[5]s FROM (%[4]s) d WHERE id IN (SELECT %[7]s FROM %[8]s r WHERE %[9]s%[10]s)) OFFSET 0) d%[11]s`,
		times["first"], times["last"], c.q.Seen != Unused, entities, names, not, reference, rows, within, where, joins)
}

// chosen is the condition on what seen selects.
func (c *compiler) chosen(p Period) string {
	switch c.q.Seen {
	case New:
		return fmt.Sprintf("first >= %s AND first < %s", c.bind(p.From), c.bind(p.To))
	case Unused:
		return fmt.Sprintf("first < %s AND NOT within", c.bind(p.From))
	}
	return "within"
}

// seenSQL returns the statement for groups of which nothing in the time range is to be counted, in the form of countSQL.
func (c *compiler) seenSQL(ctx context.Context, p Period) (string, error) {
	seen, err := c.seen(ctx, p)
	if err != nil {
		return "", err
	}
	value, names := "0", strings.Join(c.seenNames(), ", ")
	order := "last"
	if c.q.Measure.IsTime() {
		order = map[Measure]string{FirstSeen: "first", LastSeen: "last"}[c.q.Measure]
		value = fmt.Sprintf("(extract(epoch FROM %s) * 1000000)::bigint", order)
	}
	return fmt.Sprintf(`WITH seen AS (
%s
), chosen AS (
  SELECT *, row_number() OVER (ORDER BY %s DESC, %s) AS rank, count(*) OVER () AS groups FROM seen WHERE %s
)
SELECT 1, rank, groups, %s, 0::bigint, (SELECT count(*) FROM seen), %[3]s FROM chosen WHERE rank <= %[6]s`,
		seen, order, names, c.chosen(p), value, c.bind(c.keep())), nil
}
