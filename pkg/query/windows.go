package query

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// Selection is which records to count, and by what.
type Selection struct {
	Kind    *activity.Kind
	Filters []Filter   // all have to fit
	Any     [][]Filter // and all of one of these; none: all records
	By      []*activity.Field
}

// fields lists those that a table has to know.
func (s *Selection) fields() []*activity.Field {
	list := slices.Clone(s.By)
	for _, filters := range append(slices.Clone(s.Any), s.Filters) {
		for _, f := range filters {
			list = append(list, f.Field)
		}
	}
	return list
}

// Windows lie between sorted edges, each from after one to the next: (Edges[i], Edges[i+1]].
type Windows struct {
	Edges  []time.Time
	Wanted []bool // which to count in: one less than edges
	Ingest bool   // by when records were stored, not by when they happened
	Ended  bool   // by when what records say ended: the states of risky users do
}

// spans returns the wanted windows.
func (w Windows) spans() (spans []span) {
	for i, wanted := range w.Wanted {
		if wanted {
			spans = append(spans, span{w.Edges[i], w.Edges[i+1]})
		}
	}
	return spans
}

// instant is what times are kept in: a record after a time is not before that time and an instant.
const instant = time.Microsecond

func (s span) later(d time.Duration) span { return span{s.from.Add(d), s.to.Add(d)} }

// Fits returns a filter by a function of the field's text, which is "" for records without.
func Fits(f *activity.Field, fits func(text string) bool) Filter {
	return Filter{Field: f, Operator: Matches, fitsText: fits}
}

// Is returns a filter for records whose field has exactly this text. ok is false where none can have it.
func Is(f *activity.Field, text string) (_ Filter, ok bool) {
	canonical, err := canonicalValue(f, Equal, text)
	return Filter{Field: f, Operator: Equal, Values: []string{canonical}, exact: true}, err == nil && canonical == text
}

// Reading counts from one state of the database, and notes how.
type Reading struct {
	SQL      []string
	Served   []string
	Read     int64
	Warnings []string

	store *Store
	scope access.Scope
	tx    *sqlx.Tx
}

// Reading lets read count within a scope.
func (st *Store) Reading(ctx context.Context, scope access.Scope, read func(*Reading) error) error {
	return st.DB.Snapshot(ctx, st.Timeout, func(tx *sqlx.Tx) error {
		r := &Reading{store: st, scope: scope, tx: tx}
		if !scope.Everything() {
			r.Warnings = append(r.Warnings, onlyYours)
		}
		return read(r)
	})
}

func (r *Reading) compiler(s *Selection) compiler {
	c := compiler{q: &Query{Kind: s.Kind, View: TimeSeries, Measure: Count, GroupBy: s.By, Filters: s.Filters}, dict: transaction{r.tx}, alternatives: s.Any}
	c.restrict(r.scope, r.store.Tenant)
	return c
}

// note keeps what was done for whoever inspects the query.
func (r *Reading) note(served, sql string, args []any) {
	r.SQL, r.Served = append(r.SQL, annotate(sql, args)), append(r.Served, served)
}

// Cell is how many records there were in a window.
type Cell struct {
	Window int
	N      int64
}

// Count calls each with what was counted, by the texts of the fields to count by: a cell for each window that has a record.
// Calls with the same texts follow each other, and add up. Texts and cells are overwritten by the next call.
func (r *Reading) Count(ctx context.Context, s Selection, w Windows, limit int, each func(texts []string, cells []Cell) error) error {
	spans := w.spans()
	if len(spans) == 0 {
		return nil
	}
	c := r.compiler(&s)
	pl := &plan{steps: make([]time.Time, len(w.Edges))}
	for _, s := range spans {
		pl.rows = join(pl.rows, s)
	}
	for i, edge := range w.Edges {
		pl.steps[i] = edge.Add(instant)
	}
	column := "r.received"
	switch {
	case w.Ended:
		column = "r.ended"
	case !w.Ingest:
		column, c.during = "r.time", span{spans[0].from, spans[len(spans)-1].to}.later(instant)
		fields := s.fields()
		for _, f := range c.filters {
			fields = append(fields, f.Field)
		}
		if g := groupingFor(c.q, fields); g != nil {
			pl.tile(g, spans)
		}
	}
	if err := r.checkRetention(ctx, s.Kind, pl, w.Ingest); err != nil {
		return err
	}
	groups, err := c.windowGroups(ctx, pl, column)
	if err != nil {
		return err
	}
	names, order := "", ""
	for i := range s.By {
		names += fmt.Sprintf(", name%d", i+1)
		order += fmt.Sprintf(", name%d COLLATE \"C\"", i+1) // any order does, and this takes the least time
	}
	statement := fmt.Sprintf("SELECT read, cells%s FROM (\n%s\n) groups", names, groups)
	if order != "" {
		statement += " ORDER BY " + strings.TrimPrefix(order, ", ")
	}
	reading, stop := context.WithCancel(ctx)
	rows, err := r.tx.QueryContext(reading, statement, c.args...)
	if err != nil {
		stop()
		return err
	}
	defer rows.Close()
	defer stop() // before that, which waits for whatever there is still to come
	texts, codes := make([]string, len(s.By)), make([]bool, len(s.By))
	var read int64
	var sent sql.RawBytes
	targets := []any{&read, &sent}
	for i, f := range s.By {
		targets, codes[i] = append(targets, &texts[i]), rowsDimension(s.Kind, f).codes != nil
	}
	edges := w.instants()
	var cells []Cell
	for found := 0; rows.Next(); {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		r.Read += read
		cells = appendCells(cells[:0], sent, edges)
		if found += len(cells); found > limit {
			return invalid("expr", "a selector counts more than %d groups and windows, which is the limit: filter, count by fewer labels, or choose a longer step", limit)
		}
		for i, f := range s.By {
			if codes[i] {
				texts[i] = label(s.Kind, f, texts[i])
			}
		}
		if err := each(texts, cells); err != nil {
			return err
		}
	}
	r.note(pl.served(), statement, c.args)
	return rows.Err()
}

// instants returns the edges as PostgreSQL sends times: in microseconds since 2000.
func (w Windows) instants() []int64 {
	list := make([]int64, len(w.Edges))
	for i, edge := range w.Edges {
		list[i] = edge.Sub(always.from).Microseconds()
	}
	return list
}

// appendCells reads pairs of a time and a count, as PostgreSQL sends them, and finds the windows that hold the times.
func appendCells(cells []Cell, sent []byte, edges []int64) []Cell {
	last := len(edges) - 1
	width := max(1, (edges[last]-edges[0])/int64(last))
	for ; len(sent) > 0; sent = sent[16:] {
		at, n := int64(binary.BigEndian.Uint64(sent)), int64(binary.BigEndian.Uint64(sent[8:]))
		// Most often all windows are equally wide, which spares searching.
		window := min(int((at-edges[0]-1)/width), last-1)
		if at <= edges[window] || at > edges[window+1] {
			next, _ := slices.BinarySearch(edges, at) // the first edge that is not before it
			window = next - 1
		}
		cells = append(cells, Cell{window, n})
	}
	return cells
}

// checkRetention notes that rows are asked for that have been removed.
func (r *Reading) checkRetention(ctx context.Context, kind *activity.Kind, pl *plan, ingest bool) error {
	oldest := pl.oldest()
	if oldest.IsZero() || ingest {
		return nil
	}
	before, err := removedBefore(ctx, r.tx, kind.Stored())
	if err != nil {
		return err
	}
	if oldest.Before(before) {
		if notice := removed(before, noTier); !slices.Contains(r.Warnings, notice) {
			r.Warnings = append(r.Warnings, notice)
		}
	}
	return nil
}

// Watermark is when the newest record happened that any source has delivered; the zero time where none has.
func (r *Reading) Watermark(ctx context.Context) (at time.Time, err error) {
	var newest *time.Time
	err = r.tx.GetContext(ctx, &newest, "SELECT max(s.newest_event) FROM "+store.Schema+".source s JOIN "+store.Schema+".tenant t ON t.id = s.tenant WHERE $1 IN ('', t.tenant_id)", r.store.Tenant)
	if err != nil || newest == nil {
		return time.Time{}, err
	}
	return newest.UTC(), nil
}

// windowGroups is the SELECT of all parts of a plan whose spans do not hold their starts, but their ends: a row for each
// group, with all its cells in one value, a time in the window and a count for each, as that is much less to make and to
// send than a row for each cell.
func (c *compiler) windowGroups(ctx context.Context, pl *plan, column string) (string, error) {
	var branches []string
	// Records are added up by what makes a cell, unless n is of a single row; at is a time in its window.
	add := func(table, cell, at, n, join, within, fixed string, dimensionOf func(*activity.Field) dimension) error {
		columns, places, keys := cell+" AS cell", "", ""
		for i, f := range c.q.GroupBy {
			columns += fmt.Sprintf(", %s AS key%d", dimensionOf(f).expr, i+1)
			places += fmt.Sprintf("%d, ", i+2) // before the cell, so that what one sorts by serves both to add up and to collect
			keys += fmt.Sprintf(", key%d", i+1)
		}
		where, err := c.where(ctx, dimensionOf)
		if err != nil {
			return err
		}
		on := " WHERE "
		if join != "" {
			on = " ON "
		}
		read, group := "count(*)", "\n  GROUP BY "+places+"1"
		if n == singly {
			read, group = "1", ""
		}
		cells := fmt.Sprintf("  SELECT %s, %s AS n, %s AS read\n  FROM %s%s r%s%s%s%s%s", columns, n, read, join, table, on, within, fixed, where, group)
		groups := fmt.Sprintf("  SELECT coalesce(sum(read), 0)::bigint AS read, string_agg(timestamptz_send(%s) || int8send(n), '') AS cells%s FROM (\n%s\n  ) cells", at, keys, cells)
		if keys != "" {
			groups = c.named(groups+" GROUP BY "+strings.TrimPrefix(keys, ", "), c.q.GroupBy, dimensionOf, "read", "cells")
		}
		branches = append(branches, groups)
		return nil
	}
	for _, tier := range store.Tiers {
		spans := pl.tiers[tier]
		if len(spans) == 0 {
			continue
		}
		// A record on a bucket's start belongs to what ends there, all others of the bucket to what holds its middle. Of the
		// buckets at a span's ends, one of the two is beyond it.
		at := fmt.Sprintf("CASE WHEN r.edge THEN r.bucket ELSE %s END", middle("r.bucket", tier))
		join, within := c.inSpans(spans, func(from, to string) string {
			return fmt.Sprintf("r.bucket >= %[1]s AND r.bucket <= %[2]s AND r.bucket <> CASE WHEN r.edge THEN %[1]s ELSE %[2]s END", from, to)
		})
		rollupAt := func(f *activity.Field) dimension { d, _ := rollupDimension(pl.grouping, f); return d }
		n := "sum(r.n)::bigint"
		if c.keepsApart(pl.grouping) {
			n = singly
		}
		if err := add(pl.grouping.Table(tier), at, "cell", n, join, within, "\n    AND "+c.fixed(pl.grouping, tier), rollupAt); err != nil {
			return "", err
		}
	}
	if len(pl.rows) > 0 {
		spans := make([]span, len(pl.rows))
		for i, s := range pl.rows {
			spans[i] = s.later(instant)
		}
		steps := c.times(pl.steps) + "::timestamptz[]"
		step := fmt.Sprintf("width_bucket(%s, %s)", column, steps)
		join, within := c.within(column, spans)
		rowsAt := func(f *activity.Field) dimension { return rowsDimension(c.q.Kind, f) }
		if err := add(rowsTable(c.q.Kind), step, "("+steps+")[cell]", "count(*)", join, within, "", rowsAt); err != nil {
			return "", err
		}
	}
	return strings.Join(branches, "\n  UNION ALL\n"), nil
}

// singly is the count of a cell of the rollup.
const singly = "r.n"

// keepsApart tells whether what is counted by keeps all keys of a grouping apart. Then there are only a few cells for each
// group and bucket, by type of sign-in and status, and to add them up is left to whoever reads them: here it would take half
// of the time.
func (c *compiler) keepsApart(g *store.Grouping) bool {
	keys := map[string]bool{}
	for _, f := range c.q.GroupBy {
		if _, shared := sharedDimension(f); !shared {
			d, _ := rollupDimension(g, f)
			keys[d.expr] = true
		}
	}
	switch {
	case g.Entity != nil:
		return len(keys) == 1+len(g.Fields)
	case g.PerPolicy:
		return len(keys) == 2
	}
	return len(keys) == len(g.Fields)
}

// First calls each with the time of the first record, or of its being stored, by the texts of the fields to count by. It
// asks the totals, which know what retention has removed; ok is false where they do not know the fields.
func (r *Reading) First(ctx context.Context, s Selection, ingest bool, each func(texts []string, at time.Time) error) (ok bool, err error) {
	c := r.compiler(&s)
	fields := s.fields()
	for _, f := range c.filters {
		fields = append(fields, f.Field)
	}
	g := groupingFor(c.q, fields)
	if g == nil || !g.Total {
		return false, nil
	}
	at := func(f *activity.Field) dimension { d, _ := rollupDimension(g, f); return d }
	first := "r.first_event"
	if ingest {
		first = "r.created"
	}
	columns, group := []string{"min(" + first + ") AS first"}, ""
	for i, f := range s.By {
		columns = append(columns, fmt.Sprintf("%s AS key%d", at(f).expr, i+1))
		group += fmt.Sprintf(", %d", i+2)
	}
	where, err := c.where(ctx, at)
	if err != nil {
		return false, err
	}
	sql := fmt.Sprintf("  SELECT %s\n  FROM %s.total r WHERE r.grouping = %d%s", strings.Join(columns, ", "), store.Schema, g.Number, where)
	if group != "" {
		sql += "\n  GROUP BY " + strings.TrimPrefix(group, ", ")
		sql = c.named(sql, s.By, at, "first")
	}
	rows, err := r.tx.QueryContext(ctx, sql, c.args...)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	var began *time.Time
	texts := make([]string, len(s.By))
	targets := []any{&began}
	for i := range texts {
		targets = append(targets, &texts[i])
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return false, err
		}
		if began == nil { // the one row of no record at all
			continue
		}
		for i, f := range s.By {
			texts[i] = label(s.Kind, f, texts[i])
		}
		if err := each(texts, began.UTC()); err != nil {
			return false, err
		}
	}
	r.note("totals", sql, c.args)
	return true, rows.Err()
}
