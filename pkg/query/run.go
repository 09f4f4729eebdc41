package query

import (
	"cmp"
	"context"
	"database/sql/driver"
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

// Store answers questions from a database.
type Store struct {
	DB      *store.DB
	Tenant  string // the only tenant to answer about; empty for all
	Timeout time.Duration
	MaxRows int // no answer is longer
}

// Result is the answer to a question.
type Result struct {
	Query    *Query
	Steps    []time.Time // starts; a single one unless the question is one over time
	Groups   []Group     // the largest first, and last the one of all others
	Rows     [][]any     // of a list, by Question.Columns: nil, string, int64, float64, bool or time.Time
	Sections []Section   // of a detail
	Warnings []string    // of what may surprise
	Infos    []string    // of what is as asked for
	SQL      string      // with its parameters, for whoever inspects the query
	Served   string      // which tables served
	Read     int64       // rows read from them
}

// Group is a combination of values of the fields grouped by, and its measure for each step.
type Group struct {
	Keys   []string
	Other  bool       // all groups beyond the largest; no Keys
	Values []*float64 // nil where there is nothing to measure: the failure rate of nothing
}

// Ends returns when the steps end, where the question asks for days or weeks: those are not always as long. Else it is nil.
func (r *Result) Ends() []time.Time {
	return r.Query.Interval.ends(r.Steps, r.Query.Zone)
}

// Run answers a question within a scope.
func (st *Store) Run(ctx context.Context, q *Query, scope access.Scope, p Period) (*Result, error) {
	if q.Offset != (Offset{}) {
		p.From, p.To = q.Offset.move(p.From, -1, q.Zone), q.Offset.move(p.To, -1, q.Zone)
	}
	if q.View == Detail { // is of its record, whenever that was
		p.From, p.To = always.from, always.to
	}
	p, cut, err := p.canonical()
	if err != nil {
		return nil, err
	}
	c := compiler{q: q, maxRows: st.MaxRows}
	if !q.asksSeen() {
		c.during = rowsSpan(q, p)
	}
	c.restrict(scope, st.Tenant)
	var read func(tx *sqlx.Tx) (*Result, error)
	var oldest time.Time // of the rows that are needed; zero for those of a record, whenever that was
	counted := noTier    // what they were counted in, which is kept when they are not
	much := false
	switch {
	case q.View == Detail:
		read = func(tx *sqlx.Tx) (*Result, error) { return c.detail(ctx, tx, scope, st.Tenant) }
	case q.View.ofRecords():
		oldest = p.From
		read = func(tx *sqlx.Tx) (*Result, error) { return c.list(ctx, tx, p) }
	default:
		pl, err := newPlan(q, c.needed(), p)
		if err != nil {
			return nil, err
		}
		if q.asksSeen() {
			oldest = always.from
		} else {
			oldest, counted = pl.oldest(), pl.finest()
		}
		much = pl.readsMuch(q, p)
		read = func(tx *sqlx.Tx) (*Result, error) { return c.count(ctx, tx, pl, p) }
	}
	var result *Result
	answer := func() error {
		return st.DB.Snapshot(ctx, st.Timeout, func(tx *sqlx.Tx) (err error) {
			c.dict = transaction{tx}
			if result, err = read(tx); err != nil || oldest.IsZero() {
				return err
			}
			before, err := removedBefore(ctx, tx, q.Kind.Stored())
			if err == nil && oldest.Before(before) {
				result.Warnings = append(result.Warnings, removed(before, counted))
			}
			return err
		}, q.settings()...)
	}
	if much {
		err = st.DB.Patiently(ctx, answer)
	} else {
		err = answer()
	}
	if err != nil {
		return nil, err
	}
	for i, step := range result.Steps {
		if q.Offset != (Offset{}) {
			result.Steps[i] = q.Offset.move(step, 1, q.Zone)
		}
	}
	if cut {
		result.Warnings = append(result.Warnings, "The time range was cut to the years 2000 to 2099, in which records are kept.")
	}
	if !scope.Everything() {
		result.Warnings = append(result.Warnings, onlyYours)
	}
	return result, nil
}

const onlyYours = "Only records that you may see are counted and shown."

// removed says that retention has taken what a question needs, though not what it was counted in.
func removed(before time.Time, counted store.Tier) string {
	text := fmt.Sprintf("Records before %s have been removed", before.UTC().Format("2006-01-02 15:04 MST"))
	if counted == noTier {
		return text + ", and this question needs them: the answer is about what is left."
	}
	return text + fmt.Sprintf(". They are still counted by the %s, and this answer is as exact as that.", counted)
}

func removedBefore(ctx context.Context, tx *sqlx.Tx, kind *activity.Kind) (time.Time, error) {
	var before []time.Time
	err := tx.SelectContext(ctx, &before, "SELECT before FROM "+store.Schema+".retention WHERE kind = $1", kind.Name)
	if len(before) == 0 {
		return time.Time{}, err
	}
	return before[0], err
}

// compiler turns a question into SQL. Identifiers come from the catalog, by way of dimensions; values are bound.
type compiler struct {
	statement
	q            *Query
	dict         dictionary
	during       span // in which regular expressions find what no dictionary has; zero for whenever
	maxRows      int
	nothing      bool       // the scope sees no record
	filters      []Filter   // the question's, the scope's and the data source's
	alternatives [][]Filter // all of one of these have to fit, too; none: no more than the filters
	arrays       bool       // lists as JSON arrays
	boundary     string     // that joins a record's values to one text; empty where they come one by one
}

// restrict adds what the asker may see to what the question asks for.
func (c *compiler) restrict(scope access.Scope, tenant string) {
	c.filters = slices.Clone(c.q.Filters)
	if !scope.Everything() {
		owner, value := scope.Restriction(c.q.Kind)
		if c.nothing = owner == nil; !c.nothing {
			c.filters = append(c.filters, Filter{Field: owner, Operator: Equal, Values: []string{value}})
		}
	}
	if tenant != "" {
		c.filters = append(c.filters, Filter{Field: c.q.Kind.Field("tenantId"), Operator: Equal, Values: []string{tenant}})
	}
}

// needed lists the fields that a table has to know to answer.
func (c *compiler) needed() []*activity.Field {
	list := slices.Clone(c.q.GroupBy)
	switch c.q.Measure {
	case AverageDuration:
		list = append(list, duration(c.q.Kind))
	case DistinctValues:
		list = append(list, c.q.Of)
	}
	for i := range c.filters {
		list = append(list, toldBy(c.q.Kind, &c.filters[i]))
	}
	return list
}

// risky restricts sign-ins to those at risk. A hidden risk, as the tenant has no license to see it, is none that is known.
const risky = `(r.context = ANY(ARRAY(SELECT id FROM entra.context WHERE risk_level_during_sign_in IN ('low', 'medium', 'high')))
      OR (r.tenant, r.id) IN (SELECT tenant, request_id FROM entra.risk_detection WHERE request_id IS NOT NULL))`

func (c *compiler) where(ctx context.Context, at func(*activity.Field) dimension) (string, error) {
	var sql strings.Builder
	if c.nothing {
		sql.WriteString(" AND false")
	}
	if c.q.Kind == activity.RiskySignIn {
		sql.WriteString("\n    AND " + risky)
	}
	for i := range c.filters {
		one, err := c.condition(ctx, at, &c.filters[i])
		if err != nil {
			return "", err
		}
		sql.WriteString("\n    AND " + one)
	}
	var alternatives []string
	for _, filters := range c.alternatives {
		all := []string{"true"}
		for i := range filters {
			one, err := c.condition(ctx, at, &filters[i])
			if err != nil {
				return "", err
			}
			all = append(all, one)
		}
		alternatives = append(alternatives, strings.Join(all, " AND "))
	}
	if len(alternatives) > 0 {
		sql.WriteString("\n    AND (" + strings.Join(alternatives, " OR ") + ")")
	}
	return sql.String(), nil
}

func (c *compiler) condition(ctx context.Context, at func(*activity.Field) dimension, f *Filter) (string, error) {
	d := at(f.Field)
	if f.needsMatching(d) && f.matched == nil {
		if err := c.matchOccurring(ctx, f); err != nil {
			return "", err
		}
	}
	return condition(ctx, &c.statement, c.dict, d, f)
}

// fewSpans are as many spans as a statement names one by one: the planner then knows what they hold.
const fewSpans = 20

// within restricts a column of times to spans; many are joined, for which from is the additional table.
func (c *compiler) within(column string, spans []span) (from, where string) {
	return c.inSpans(spans, func(from, to string) string { return fmt.Sprintf("%[1]s >= %[2]s AND %[1]s < %[3]s", column, from, to) })
}

// inSpans is within by a condition of its own, made of where a span begins and ends.
func (c *compiler) inSpans(spans []span, condition func(from, to string) string) (from, where string) {
	bound := func(s span) string { return condition(c.bind(s.from), c.bind(s.to)) }
	if len(spans) == 1 {
		return "", bound(spans[0])
	}
	if len(spans) <= fewSpans {
		each := make([]string, len(spans))
		for i, s := range spans {
			each[i] = bound(s)
		}
		return "", "(" + strings.Join(each, " OR ") + ")"
	}
	starts, ends := make([]time.Time, len(spans)), make([]time.Time, len(spans))
	all := spans[0]
	for i, s := range spans {
		starts[i], ends[i] = s.from, s.to
		all = span{minTime(all.from, s.from), maxTime(all.to, s.to)}
	}
	from = fmt.Sprintf("unnest(%s::timestamptz[], %s::timestamptz[]) AS span(starts, ends) JOIN ", c.times(starts), c.times(ends))
	return from, condition("span.starts", "span.ends") + " AND " + bound(all)
}

func (c *compiler) times(list []time.Time) string {
	formatted := make([]string, len(list))
	for i, t := range list {
		formatted[i] = t.Format(time.RFC3339Nano)
	}
	return c.bind(pq.Array(formatted))
}

// step is the step in which a time lies.
func (c *compiler) step(pl *plan, time string) string {
	if len(pl.steps) == 1 {
		return "1"
	}
	return fmt.Sprintf("width_bucket(%s, %s::timestamptz[])", time, c.times(pl.steps))
}

// middle is the middle of the bucket that begins at a time.
func middle(time string, tier store.Tier) string { return time + " + " + seconds(tier.Width()/2) }

func seconds(d time.Duration) string { return fmt.Sprintf("interval '%d seconds'", int(d.Seconds())) }

// branch is the part of a count that one table, restricted to some time, serves: SELECT step, names, and counts or accounts.
// Accounts that are not grouped by anything are left as they are: telling them apart once takes less than twice.
func (c *compiler) branch(ctx context.Context, table, step, n, join, within, fixed string, at func(*activity.Field) dimension, account string) (string, error) {
	columns, group := []string{step + " AS step"}, []string{"1"}
	keys := c.keys()
	for i, f := range keys {
		columns = append(columns, fmt.Sprintf("%s AS key%d", at(f).expr, i+1))
		group = append(group, fmt.Sprint(len(columns)))
	}
	if c.q.Measure == DistinctUsers {
		columns = append(columns, account+" AS account")
		group = append(group, fmt.Sprint(len(columns)))
	}
	part := "0"
	switch c.q.Measure {
	case FailureRate:
		part = fmt.Sprintf("%s FILTER (WHERE r.status = %d)", n, store.StatusCode(activity.Failure))
	case AverageDuration: // only rows know it
		column := "r." + store.Column(c.q.Kind, duration(c.q.Kind))
		n, part = "count("+column+")", "sum("+column+")"
	case DistinctUsers, DistinctValues: // whatever is there at all counts
		n = "0"
	}
	columns = append(columns, n+" AS n", part+" AS part", "count(*) AS read")
	where, err := c.where(ctx, at)
	if err != nil {
		return "", err
	}
	on := " WHERE "
	if join != "" {
		on = " ON "
	}
	from := fmt.Sprintf("%s%s r%s%s%s%s", join, table, on, within, fixed, where)
	if c.tellsUsersApart() {
		return fmt.Sprintf("  SELECT %s AS step, %s AS account\n  FROM %s", step, account, from), nil
	}
	counted := fmt.Sprintf("  SELECT %s\n  FROM %s\n  GROUP BY %s", strings.Join(columns, ", "), from, strings.Join(group, ", "))
	if len(keys) == 0 {
		return counted, nil
	}
	columns = []string{"step", "n", "part", "read"}
	if c.q.Measure == DistinctUsers {
		columns = append(columns, "account")
	}
	return c.named(counted, keys, at, columns...), nil
}

// keys lists the fields whose values tell cells apart.
func (c *compiler) keys() []*activity.Field {
	if c.q.Measure == DistinctValues {
		return append(slices.Clone(c.q.GroupBy), c.q.Of)
	}
	return c.q.GroupBy
}

// distinct counts what a measure is about in cells, those that have none aside.
func (c *compiler) distinct(alias string) string {
	column, none := "account", "0"
	if c.q.Measure == DistinctValues {
		column, none = fmt.Sprintf("name%d", len(c.q.GroupBy)+1), "''"
		if rowsDimension(c.q.Kind, c.q.Of).codes != nil {
			none = "'0'"
		}
	}
	return fmt.Sprintf("count(DISTINCT %s%s) FILTER (WHERE %[1]s%[2]s <> %[3]s)", alias, column, none)
}

// named puts texts in the place of what a table keeps for them. Tables refer to the same text by different ids, so that
// only texts can be added up. The other columns stay.
func (c *compiler) named(counted string, keys []*activity.Field, at func(*activity.Field) dimension, others ...string) string {
	columns, joins := []string{}, ""
	for _, other := range others {
		columns = append(columns, "c."+other)
	}
	for i, f := range keys {
		d, key := at(f), fmt.Sprintf("c.key%d", i+1)
		text := "coalesce(" + key + "::text, '')"
		switch {
		case d.table != "":
			joins += fmt.Sprintf(" LEFT JOIN %s e%d ON e%[2]d.id = %s", d.table, i+1, key)
			text = fmt.Sprintf("coalesce(e%d.%s::text, '')", i+1, d.column)
		case f.Type == activity.Address:
			text = "coalesce(host(" + key + "), '')"
		}
		columns = append(columns, fmt.Sprintf("%s AS name%d", text, i+1))
	}
	return fmt.Sprintf("  SELECT %s FROM (\n%s\n  ) c%s", strings.Join(columns, ", "), counted, joins)
}

// fixed gives what stands before the bucket in the index of a grouping's tier, called r. The table holds no other grouping
// and tier, but its index is not used without them.
func (c *compiler) fixed(g *store.Grouping, tier store.Tier) string {
	sql := fmt.Sprintf("r.grouping = %d AND r.tier = %d AND r.tenant = ANY(ARRAY(SELECT id FROM %s.tenant))", g.Number, tier, store.Schema)
	if !slices.ContainsFunc(c.filters, func(f Filter) bool { return f.Field.Name == "signInEventTypes" }) {
		sql += " AND " + oneOf(&c.statement, "r.variant", store.SignInTypeCodes(g.Kind))
	}
	return sql
}

// cells is the SELECT of all branches of a plan.
func (c *compiler) cells(ctx context.Context, pl *plan) (string, error) {
	var branches []string
	rowsAt := func(f *activity.Field) dimension { return rowsDimension(c.q.Kind, f) }
	rollupAt := func(f *activity.Field) dimension { return inRollup(pl.grouping, f) }
	// add counts what a tier or the rows have of spans, in the step that holds a time.
	add := func(sign string, tier store.Tier, spans []span, time string) (err error) {
		if len(spans) == 0 {
			return nil
		}
		var sql string
		step := c.step(pl, time)
		if tier == noTier {
			join, within := c.within("r.time", spans)
			sql, err = c.branch(ctx, rowsTable(c.q.Kind), step, sign+"count(*)", join, within, "", rowsAt, "r."+store.Reference(activity.Account))
		} else {
			join, within := c.within("r.bucket", spans)
			sql, err = c.branch(ctx, pl.grouping.Table(tier), step, sign+"sum(r.n)", join, within, "\n    AND "+c.fixed(pl.grouping, tier), rollupAt, "r.k1")
		}
		branches = append(branches, sql)
		return err
	}
	for _, tier := range store.Tiers {
		if err := add("", tier, pl.tiers[tier], middle("r.bucket", tier)); err != nil {
			return "", err
		}
	}
	for _, m := range pl.moved { // taken from where the coarse bucket counts it
		column := "r.bucket"
		if m.fine == noTier {
			column = "r.time"
		}
		if err := add("-", m.fine, m.spans, middle(m.coarse.Bin(column), m.coarse)); err != nil {
			return "", err
		}
	}
	if err := add("", noTier, pl.rows, "r.time"); err != nil {
		return "", err
	}
	return strings.Join(branches, "\n  UNION ALL\n"), nil
}

// tellsUsersApart reports whether all there is to do is to tell users apart, which hashing them does in the least time.
func (c *compiler) tellsUsersApart() bool {
	return c.q.Measure == DistinctUsers && len(c.q.GroupBy) == 0
}

// keep returns how many groups an answer may have.
func (c *compiler) keep() int {
	limit := c.maxRows
	if c.q.View == Table {
		limit = min(limit, c.q.Limit)
	} else {
		limit = min(limit, maxSeries)
	}
	if c.q.Top > 0 {
		limit = min(limit, c.q.Top)
	}
	return limit
}

// More series than this no panel can draw.
const maxSeries = 500

// countSQL returns the statement that computes a measure by step and group: step, rank, groups, n, part of n, read, names.
func (c *compiler) countSQL(ctx context.Context, pl *plan, p Period) (string, error) {
	if c.q.Seen == Unused || c.q.Measure.IsTime() {
		return c.seenSQL(ctx, p)
	}
	cells, err := c.cells(ctx, pl)
	if err != nil {
		return "", err
	}
	if c.q.Seen == New {
		seen, err := c.seen(ctx, p)
		if err != nil {
			return "", err
		}
		names := strings.Join(c.seenNames(), ", ")
		cells = fmt.Sprintf("SELECT * FROM (\n%s\n) c WHERE (%s) IN (SELECT %[2]s FROM (\n%[3]s\n) seen WHERE %[4]s)", cells, names, seen, c.chosen(p))
	}
	measured := func(alias string) string {
		if c.q.Measure.isDistinct() {
			return c.distinct(alias) + ", 0"
		}
		return fmt.Sprintf("sum(%sn)::bigint, coalesce(sum(%[1]spart), 0)::bigint", alias)
	}
	const read = "(SELECT coalesce(sum(read), 0) FROM cells)::bigint"
	// What was moved may have been all there was.
	having := func(alias string) string {
		if len(pl.moved) == 0 {
			return ""
		}
		return fmt.Sprintf(" HAVING sum(%sn) <> 0", alias)
	}
	if c.tellsUsersApart() {
		step, by := "step", "step, account"
		if len(pl.steps) == 1 {
			step, by = "1 AS step", "account"
		}
		return fmt.Sprintf(`SELECT step, 1, 1, count(*) FILTER (WHERE account <> 0), 0, sum(sum(read)) OVER ()::bigint
FROM (SELECT %s, account, count(*) AS read FROM (
%s
) cells GROUP BY %s) users GROUP BY step`, step, cells, by), nil
	}
	if len(c.q.GroupBy) == 0 {
		return fmt.Sprintf("WITH cells AS (\n%s\n)\nSELECT step, 1, 1, %s, %s FROM cells GROUP BY step%s", cells, measured(""), read, having("")), nil
	}
	var names, equal, keys []string
	for i := range c.q.GroupBy {
		name := fmt.Sprintf("name%d", i+1)
		names = append(names, name)
		equal = append(equal, fmt.Sprintf("n.%s = k.%[1]s", name))
		keys = append(keys, "k."+name)
	}
	weight := "sum(n)"
	if c.q.Measure.isDistinct() {
		weight = c.distinct("")
	}
	join := "JOIN"
	if c.q.Other {
		join = "LEFT JOIN"
	}
	return fmt.Sprintf(`WITH cells AS (
%[1]s
), ranked AS (
  SELECT %[2]s, row_number() OVER (ORDER BY %[3]s DESC, %[2]s) AS rank, count(*) OVER () AS groups FROM cells GROUP BY %[2]s%[11]s
)
SELECT n.step, coalesce(k.rank, 0), coalesce(max(k.groups), 0), %[4]s, %[5]s, %[6]s
FROM cells n %[7]s ranked k ON %[8]s AND k.rank <= %[9]s
GROUP BY n.step, k.rank, %[6]s%[10]s`, cells, strings.Join(names, ", "), weight, measured("n."), read, strings.Join(keys, ", "),
		join, strings.Join(equal, " AND "), c.bind(c.keep()), having("n."), having("")), nil
}

func (c *compiler) count(ctx context.Context, tx *sqlx.Tx, pl *plan, p Period) (*Result, error) {
	sql, err := c.countSQL(ctx, pl, p)
	if err != nil {
		return nil, err
	}
	served := pl.served()
	if c.q.asksSeen() {
		served = "rows"
	}
	result := &Result{Query: c.q, Steps: pl.steps, Served: served, SQL: annotate(sql, c.args)}
	rows, err := tx.QueryContext(ctx, sql, c.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	groups := map[int64]*Group{}
	var total int64
	if len(c.q.GroupBy) == 0 && !c.q.Measure.isRatio() {
		groups[1] = newGroup(c.q, len(pl.steps)) // the count of nothing is 0
	}
	for rows.Next() {
		var step int
		var rank, all, n, part int64
		keys := make([]*string, len(c.q.GroupBy))
		targets := []any{&step, &rank, &all, &n, &part, &result.Read}
		for i := range keys {
			targets = append(targets, &keys[i])
		}
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		total = max(total, all)
		g := groups[rank]
		if g == nil {
			g = newGroup(c.q, len(pl.steps))
			g.Other = rank == 0
			for i, key := range keys {
				if key != nil {
					g.Keys = append(g.Keys, label(c.q.Kind, c.q.GroupBy[i], *key))
				}
			}
			groups[rank] = g
		}
		switch v := float64(n); {
		case !c.q.Measure.isRatio():
			g.Values[step-1] = &v
		case n > 0:
			v = float64(part) / v
			g.Values[step-1] = &v
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	result.Groups = inOrder(c.q, groups)
	if keep := c.keep(); int(total) > keep && keep != c.q.Top && !c.q.Other {
		result.Warnings = append(result.Warnings, fmt.Sprintf("Only the %d largest of %d groups are shown: filter, or keep fewer with \"top\".", keep, total))
	}
	return result, nil
}

// newGroup returns a group that has seen nothing yet, which as a count is 0.
func newGroup(q *Query, steps int) *Group {
	g := &Group{Values: make([]*float64, steps)}
	for i := range g.Values {
		if !q.Measure.isRatio() {
			g.Values[i] = new(float64)
		}
	}
	return g
}

// inOrder sorts groups by rank, a table's by what it shows, and puts the one of all others last.
func inOrder(q *Query, byRank map[int64]*Group) []Group {
	ranks := make([]int64, 0, len(byRank))
	for rank := range byRank {
		ranks = append(ranks, rank)
	}
	slices.SortFunc(ranks, func(a, b int64) int {
		switch {
		case a == 0 || b == 0:
			return int(b - a)
		case q.View == Table:
			return cmp.Or(compareValues(byRank[b].Values[0], byRank[a].Values[0]), int(a-b))
		}
		return int(a - b)
	})
	groups := make([]Group, len(ranks))
	for i, rank := range ranks {
		groups[i] = *byRank[rank]
	}
	return groups
}

// compareValues orders values; those that are missing are the smallest.
func compareValues(a, b *float64) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return cmp.Compare(*a, *b)
}

// label turns what SQL calls a group into the value the field has.
func label(kind *activity.Kind, f *activity.Field, key string) string {
	if d := rowsDimension(kind, f); d.codes != nil {
		return d.label(number(key))
	}
	return key
}

// annotate writes a statement's parameters below it.
func annotate(sql string, args []any) string {
	var b strings.Builder
	b.WriteString(sql)
	for i, arg := range args {
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
