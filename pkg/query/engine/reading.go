package engine

import (
	"context"
	"database/sql"
	"encoding/binary"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/plan"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/sqlgen"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/tables"
)

// Reading counts from one state of the database, and notes how.
type Reading struct {
	SQL      []string
	Served   []string
	Read     int64
	Warnings []string

	engine *Engine
	scope  access.Scope
	tx     *sqlx.Tx
}

// Reading lets read count within a scope.
func (e *Engine) Reading(ctx context.Context, scope access.Scope, read func(*Reading) error) error {
	return e.DB.Snapshot(ctx, e.Timeout, func(tx *sqlx.Tx) error {
		r := &Reading{engine: e, scope: scope, tx: tx}
		if !scope.Everything() {
			r.Warnings = append(r.Warnings, onlyYours)
		}
		return read(r)
	})
}

// builder returns what writes the SQL of a selection, and the fields that a table has to have to serve it.
func (r *Reading) builder(s *query.Selection) (b sqlgen.Builder, needed []*activity.Field) {
	q := &query.Query{Kind: s.Kind, View: query.TimeSeries, Measure: query.Count, GroupBy: s.By, Filters: s.Filters}
	b = sqlgen.New(q, r.scope, r.engine.Tenant)
	b.Dictionary, b.Alternatives = sqlgen.Transaction{Tx: r.tx}, s.Any
	needed = slices.Clone(s.By)
	for _, filters := range append(slices.Clone(s.Any), b.Filters) {
		for _, f := range filters {
			needed = append(needed, f.Field)
		}
	}
	return b, needed
}

// note keeps what was done for whoever inspects the query.
func (r *Reading) note(served, sql string, b *sqlgen.Builder) {
	r.SQL, r.Served = append(r.SQL, b.Annotate(sql)), append(r.Served, served)
}

// Count calls each with what was counted, by the texts of the fields to count by: a cell for each window that has a record.
// Calls with the same texts follow each other, and add up. Texts and cells are overwritten by the next call.
func (r *Reading) Count(
	ctx context.Context, s query.Selection, w query.Windows, limit int, each func(texts []string, cells []query.Cell) error,
) error {
	spans := plan.Wanted(w)
	if len(spans) == 0 {
		return nil
	}
	b, needed := r.builder(&s)
	column := "r.received"
	switch {
	case w.Ended:
		column = "r.ended"
	case !w.Ingest:
		column = "r.time"
		b.During = plan.Span{From: spans[0].From, To: spans[len(spans)-1].To}.Later(plan.Instant)
	}
	pl := plan.ForWindows(b.Query, needed, w.Edges, spans, column == "r.time")
	if !w.Ingest {
		if err := r.checkRetention(ctx, s.Kind, pl); err != nil {
			return err
		}
	}
	text, err := b.Windows(ctx, pl, column)
	if err != nil {
		return err
	}
	reading, stop := context.WithCancel(ctx)
	rows, err := r.tx.QueryContext(reading, text, b.Args...)
	if err != nil {
		stop()
		return err
	}
	defer rows.Close()
	defer stop() // before that, which waits for whatever there is still to come
	var read int64
	var sent sql.RawBytes
	texts := newTexts(&s, &read, &sent)
	edges := make([]int64, len(w.Edges)) // as PostgreSQL sends times: in microseconds since 2000
	for i, edge := range w.Edges {
		edges[i] = edge.Sub(plan.Always.From).Microseconds()
	}
	var cells []query.Cell
	for found := 0; rows.Next(); {
		if err := texts.scan(rows); err != nil {
			return err
		}
		r.Read += read
		cells = appendCells(cells[:0], sent, edges)
		if found += len(cells); found > limit {
			return query.Invalid("expr", "a selector counts more than %d groups and windows, which is the limit: "+
				"filter, count by fewer labels, or choose a longer step", limit)
		}
		if err := each(texts.values, cells); err != nil {
			return err
		}
	}
	r.note(pl.Served(), text, &b)
	return rows.Err()
}

// texts are the values of a selection's fields in one row after the other.
type texts struct {
	values  []string
	columns []tables.Column
	targets []any
}

// newTexts returns texts that other columns come before.
func newTexts(s *query.Selection, before ...any) *texts {
	t := &texts{values: make([]string, len(s.By)), targets: before}
	for i, f := range s.By {
		t.columns, t.targets = append(t.columns, tables.OfRows(s.Kind, f)), append(t.targets, &t.values[i])
	}
	return t
}

func (t *texts) scan(rows *sql.Rows) error {
	err := rows.Scan(t.targets...)
	for i := range t.columns {
		t.values[i] = t.columns[i].Value(t.values[i])
	}
	return err
}

// appendCells reads pairs of a time and a count, as PostgreSQL sends them, and finds the windows that hold the times.
func appendCells(cells []query.Cell, sent []byte, edges []int64) []query.Cell {
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
		cells = append(cells, query.Cell{Window: window, N: n})
	}
	return cells
}

// checkRetention warns if rows are needed that have been removed.
func (r *Reading) checkRetention(ctx context.Context, kind *activity.Kind, pl *plan.Plan) error {
	before, err := removedBefore(ctx, r.tx, kind, pl.Oldest())
	if warning := removed(before, plan.NoTier); !before.IsZero() && !slices.Contains(r.Warnings, warning) {
		r.Warnings = append(r.Warnings, warning)
	}
	return err
}

// Watermark returns when the newest record happened that any source has delivered; the zero time where none has.
func (r *Reading) Watermark(ctx context.Context) (time.Time, error) {
	var newest *time.Time
	const sql = "SELECT max(s.newest_event) FROM entra.source s JOIN entra.tenant t ON t.id = s.tenant WHERE $1 IN ('', t.tenant_id)"
	err := r.tx.GetContext(ctx, &newest, sql, r.engine.Tenant)
	if err != nil || newest == nil {
		return time.Time{}, err
	}
	return newest.UTC(), nil
}

// First calls each with the time of the first record, or of its being stored, by the texts of the fields to count by. It
// reads the totals, which count what retention has removed, too. ok is false where they do not have the fields.
func (r *Reading) First(
	ctx context.Context, s query.Selection, stored bool, each func(texts []string, at time.Time) error,
) (ok bool, err error) {
	b, needed := r.builder(&s)
	g := plan.Grouping(b.Query, needed)
	if g == nil || !g.Total {
		return false, nil
	}
	text, err := b.First(ctx, g, stored)
	if err != nil {
		return false, err
	}
	rows, err := r.tx.QueryContext(ctx, text, b.Args...)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	var began *time.Time
	texts := newTexts(&s, &began)
	for rows.Next() {
		if err := texts.scan(rows); err != nil {
			return false, err
		}
		if began == nil { // the one row of no record at all
			continue
		}
		if err := each(texts.values, began.UTC()); err != nil {
			return false, err
		}
	}
	r.note("totals", text, &b)
	return true, rows.Err()
}
