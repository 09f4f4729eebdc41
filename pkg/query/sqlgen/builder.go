// Package sqlgen writes the SQL of queries, and reads the records that it returns. Identifiers come from the vocabulary by
// way of package tables; values are always parameters.
package sqlgen

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lib/pq"

	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/plan"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/tables"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// Statement collects the parameters of one SQL statement. All that comes from outside goes through Bind.
type Statement struct{ Args []any }

// Bind adds a parameter and returns its placeholder.
func (s *Statement) Bind(v any) string {
	s.Args = append(s.Args, v)
	return fmt.Sprintf("$%d", len(s.Args))
}

// Times binds an array of times.
func (s *Statement) Times(list []time.Time) string {
	formatted := make([]string, len(list))
	for i, t := range list {
		formatted[i] = t.Format(time.RFC3339Nano)
	}
	return s.Bind(pq.Array(formatted)) + "::timestamptz[]"
}

// Annotate returns a statement with its parameters below it.
func (s *Statement) Annotate(sql string) string {
	var b strings.Builder
	b.WriteString(sql)
	for i, arg := range s.Args {
		text := fmt.Sprint(arg)
		if t, ok := arg.(time.Time); ok {
			text = t.Format(time.RFC3339Nano)
		} else if array, ok := arg.(driver.Valuer); ok {
			v, _ := array.Value() // arrays of numbers and texts, which cannot fail
			text = fmt.Sprint(v)
		}
		if len(text) > 200 {
			text = text[:200] + " ..."
		}
		fmt.Fprintf(&b, "\n-- $%d = %s", i+1, strings.Join(strings.Fields(text), " "))
	}
	return b.String()
}

// Columns returns where a table keeps a field.
type Columns func(*activity.Field) tables.Column

// Builder writes the SQL of one query.
type Builder struct {
	Err error // the first one; SQL is of no use then
	Statement
	Query        *query.Query
	Scope        access.Scope
	Tenant       string // the only one to query; empty for all
	Dictionary   Dictionary
	During       plan.Span // in which regular expressions find what no dictionary has
	MaxRows      int
	Filters      []query.Filter   // the query's, the scope's and the data source's
	Alternatives [][]query.Filter // records have to match all of one of these, too; none: no more than the filters
	Nothing      bool             // the scope sees no record
	Arrays       bool             // lists as JSON arrays
	Separator    string           // between a record's values in one text; empty where they come one by one

	occurring map[*query.Filter][]string // the values that the regular expressions of filters match
}

// New returns the builder of a query's SQL. It restricts the query to what the scope sees, and to the data source's tenant.
func New(q *query.Query, scope access.Scope, tenant string) Builder {
	b := Builder{Query: q, Scope: scope, Tenant: tenant, Filters: slices.Clone(q.Filters), During: plan.Always}
	b.occurring = map[*query.Filter][]string{}
	restrict := func(f *activity.Field, value string) {
		b.Filters = append(b.Filters, query.Filter{Field: f, Operator: query.Equal, Values: []string{value}})
	}
	if !scope.Everything() {
		if owner, value := scope.Restriction(q.Kind); owner != nil {
			restrict(owner, value)
		} else {
			b.Nothing = true
		}
	}
	if tenant != "" {
		restrict(q.Kind.Field("tenantId"), tenant)
	}
	return b
}

// Needed lists the fields that a table has to have to serve the query.
func (b *Builder) Needed() []*activity.Field {
	list := slices.Clone(b.keys())
	if b.Query.Measure == query.AverageDuration {
		list = append(list, query.Duration(b.Query.Kind))
	}
	for i := range b.Filters {
		list = append(list, plan.FilterField(b.Query.Kind, &b.Filters[i]))
	}
	return list
}

// Rows returns where rows keep a field.
func (b *Builder) Rows(f *activity.Field) tables.Column { return tables.OfRows(b.Query.Kind, f) }

// risky restricts sign-ins to those at risk. A hidden risk, as the tenant has no license to see it, is none that is known.
const risky = `(r.context = ANY(ARRAY(SELECT id FROM entra.context WHERE risk_level_during_sign_in IN ('low', 'medium', 'high')))
    OR (r.tenant, r.id) IN (SELECT tenant, request_id FROM entra.risk_detection WHERE request_id IS NOT NULL))`

// Where returns the conditions on the records of a table.
func (b *Builder) Where(ctx context.Context, columns Columns) (conditions []string) {
	if b.Nothing {
		conditions = append(conditions, "false")
	}
	if b.Query.Kind == activity.RiskySignIn {
		conditions = append(conditions, risky)
	}
	add := func(conditions []string, filters []query.Filter) []string {
		for i := range filters {
			conditions = append(conditions, b.Condition(ctx, columns(filters[i].Field), &filters[i]))
		}
		return conditions
	}
	conditions = add(conditions, b.Filters)
	if len(b.Alternatives) > 0 {
		conditions = append(conditions, anyOf(b.Alternatives, func(filters []query.Filter) string {
			return strings.Join(add([]string{"true"}, filters), " AND ")
		}))
	}
	return conditions
}

// InSpan returns the conditions on the rows of records in a span.
func (b *Builder) InSpan(ctx context.Context, s plan.Span) []string {
	return append([]string{b.within(s, between("r.time"))}, b.Where(ctx, b.Rows)...)
}

// spanCondition restricts r to a span, by the SQL of its ends.
type spanCondition func(from, to string) string

func between(column string) spanCondition {
	return func(from, to string) string { return fmt.Sprintf("%[1]s >= %[2]s AND %[1]s < %[3]s", column, from, to) }
}

func (b *Builder) within(s plan.Span, condition spanCondition) string {
	return condition(b.Bind(s.From), b.Bind(s.To))
}

// inSpans returns the FROM clause of a table, called r, and the condition that restricts it to spans. Many are joined.
func (b *Builder) inSpans(table string, spans []plan.Span, condition spanCondition) (from, where string) {
	const few = 20 // spans that a statement names one by one: the planner then knows what they hold
	from = table + " r"
	if len(spans) == 1 {
		return from, b.within(spans[0], condition)
	}
	if len(spans) <= few {
		return from, anyOf(spans, func(s plan.Span) string { return b.within(s, condition) })
	}
	starts, ends := make([]time.Time, len(spans)), make([]time.Time, len(spans))
	for i, s := range spans {
		starts[i], ends[i] = s.From, s.To
	}
	all := plan.Span{From: slices.MinFunc(starts, time.Time.Compare), To: slices.MaxFunc(ends, time.Time.Compare)}
	from = fmt.Sprintf("unnest(%s, %s) AS span(starts, ends) CROSS JOIN %s", b.Times(starts), b.Times(ends), from)
	return from, condition("span.starts", "span.ends") + " AND " + b.within(all, condition)
}

// anyOf returns a condition that one of several values meets.
func anyOf[T any](values []T, condition func(T) string) string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = condition(v)
	}
	if len(list) == 1 {
		return list[0]
	}
	return "(" + strings.Join(list, " OR ") + ")"
}

// tierConditions returns what stands before the bucket in the index of a grouping's tier, called r. The table holds no
// other grouping and tier, but its index is not used without them.
func (b *Builder) tierConditions(g *store.Grouping, tier store.Tier) []string {
	list := []string{fmt.Sprintf("r.grouping = %d AND r.tier = %d AND r.tenant = ANY(ARRAY(SELECT id FROM %s.tenant))",
		g.Number, tier, store.Schema)}
	if !slices.ContainsFunc(b.Filters, func(f query.Filter) bool { return f.Field.Name == "signInEventTypes" }) {
		list = append(list, oneOf(&b.Statement, "r.variant", store.SignInTypeCodes(g.Kind)))
	}
	return list
}

// withNames replaces what a table keeps for key1 and so on by texts, name1 and so on. Tables refer to the same text by
// different IDs, so only texts can be added up. The other columns stay.
func withNames(counted Select, keys []*activity.Field, columns Columns, others ...string) Select {
	s := Select{From: counted.As("c")}
	for _, other := range others {
		s.Columns = append(s.Columns, "c."+other)
	}
	for i, f := range keys {
		c, key := columns(f), fmt.Sprintf("c.key%d", i+1)
		text := key + "::text"
		switch {
		case c.Dictionary != "":
			s.Joins = append(s.Joins, fmt.Sprintf("LEFT JOIN %s e%d ON e%[2]d.id = %s", c.Dictionary, i+1, key))
			text = fmt.Sprintf("e%d.%s::text", i+1, c.Text)
		case f.Type == activity.Address:
			text = "host(" + key + ")"
		}
		s.Columns = append(s.Columns, fmt.Sprintf("coalesce(%s, '') AS name%d", text, i+1))
	}
	return s
}

// Settings returns PostgreSQL's settings for the transaction that runs a query. A page of records is cut before it is
// joined to what they name, in whichever order: to compare all orders takes PostgreSQL ten times as long as a whole detail.
// Where joins decide which records there are, it compares them. What the record of a detail names is looked up, and so is
// what streamed records name: that leaves them in their order, where other joins would have all of them sorted first.
func Settings(q *query.Query, streamed bool) []string {
	ofMembers := func(f query.Filter) bool { return f.Field.Of == activity.Membership }
	if !q.View.HasRecords() || tables.AllRows(q.Kind) != store.Table(q.Kind) || slices.ContainsFunc(q.Filters, ofMembers) {
		return nil
	}
	settings := []string{"join_collapse_limit = 1"}
	if streamed || q.View == query.Detail {
		settings = append(settings, "enable_hashjoin = off", "enable_mergejoin = off")
	}
	return settings
}
