package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// Batch is what is written at once: all of it or nothing.
type Batch struct {
	Source   string // where the records come from, such as "import"
	Position string // how far the source has been read with this batch; empty: unchanged
	Records  []*activity.Record
	Refused  int // how many records the source refused since its last batch
}

// Counts says what became of records.
type Counts struct{ New, Changed, Unchanged, Refused int }

// Refusal is a record that was not written, with the reason.
type Refusal struct {
	Record *activity.Record
	Reason string
}

// Result says what became of a batch.
type Result struct {
	Counts   map[*activity.Kind]Counts
	Refusals []Refusal
}

// Writer writes batches. It is not for concurrent use; several writers may write to one database at once.
type Writer struct {
	db         *DB
	entities   *entities
	partitions map[string]bool
	classes    activity.Classes
	version    int // of the classes
	keys       [][3]int32
}

// NewWriter returns a writer, or says why the database cannot be written to.
func NewWriter(ctx context.Context, db *DB) (*Writer, error) {
	if err := CheckVersion(ctx, db); err != nil {
		return nil, err
	}
	return &Writer{db: db, entities: newEntities(db), partitions: map[string]bool{}}, nil
}

// Write stores a batch in one transaction: the registry tells new, changed and unchanged records apart; rows and
// untouched records follow; rollup and totals move by the difference; the source's progress is noted. Every table is
// touched in the same order and in the order of its key, so that concurrent writers never deadlock. A record that
// PostgreSQL itself finds fault with is refused, and costs the others nothing.
func (w *Writer) Write(ctx context.Context, batch Batch) (Result, error) {
	result, err := w.write(ctx, batch)
	var e *pq.Error
	if err == nil || !errors.As(err, &e) {
		return result, err
	}
	switch {
	case e.Code == "23514": // a partition was dropped since: make it again, once
		clear(w.partitions)
		return w.write(ctx, batch)
	case ofARecord(e) && len(batch.Records) == 1:
		record := batch.Records[0]
		result, err = w.write(ctx, Batch{Source: batch.Source, Position: batch.Position, Refused: batch.Refused + 1})
		if err == nil {
			result.Refusals = []Refusal{{record, "PostgreSQL cannot keep the record: " + e.Message}}
			result.Counts = map[*activity.Kind]Counts{record.Kind: {Refused: 1}}
		}
		return result, err
	case ofARecord(e) && len(batch.Records) > 1:
		half := len(batch.Records) / 2
		first, err := w.Write(ctx, Batch{Source: batch.Source, Records: batch.Records[:half]})
		if err != nil {
			return first, err
		}
		second, err := w.Write(ctx, Batch{Source: batch.Source, Position: batch.Position, Refused: batch.Refused, Records: batch.Records[half:]})
		for kind, c := range first.Counts {
			d := second.Counts[kind]
			second.Counts[kind] = Counts{c.New + d.New, c.Changed + d.Changed, c.Unchanged + d.Unchanged, c.Refused + d.Refused}
		}
		second.Refusals = append(first.Refusals, second.Refusals...)
		return second, err
	}
	return result, err
}

// ofARecord says whether an error is about what a record holds: a value that its column does not take, or a name or id too
// long for an index.
func ofARecord(e *pq.Error) bool {
	return e.Code.Class() == pqerror.ClassDataException || e.Code == pqerror.ProgramLimitExceeded
}

// pending is a record on its way into the database.
type pending struct {
	*activity.Record
	uuid       string
	tenantID   int32
	raw        []byte
	digest     int64
	references []int32
	isNew      bool

	variant, status int16 // as rows and rollup keep them
}

func (w *Writer) write(ctx context.Context, batch Batch) (Result, error) {
	result := Result{Counts: map[*activity.Kind]Counts{}}
	byKind := map[*activity.Kind][]*pending{}
	for _, kind := range activity.Kinds() {
		records, err := w.prepare(ctx, kind, batch.Records, &result)
		if err != nil {
			return result, err
		}
		if len(records) > 0 {
			byKind[kind] = records
		}
	}

	conn, err := w.db.Connx(ctx)
	if err != nil {
		return result, err
	}
	defer conn.Close() //nolint:errcheck // it goes back to the pool
	tx, err := conn.BeginTxx(ctx, nil)
	if err != nil {
		return result, err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after a commit
	if err := w.loadClasses(ctx, tx); err != nil {
		return result, err
	}
	var now time.Time
	if err := tx.GetContext(ctx, &now, "SELECT now()"); err != nil {
		return result, err
	}
	cells, totals, sources := map[cell]int64{}, map[cell]*total{}, map[int32]*progress{}
	for _, kind := range activity.Kinds() {
		if records := byKind[kind]; len(records) > 0 {
			if err := w.writeKind(ctx, conn, tx, kind, records, now, cells, totals, sources, &result); err != nil {
				return result, fmt.Errorf("%s: %w", kind.Label, err)
			}
		}
	}
	if err := writeCells(ctx, tx, cells); err != nil {
		return result, fmt.Errorf("rollup: %w", err)
	}
	if err := writeTotals(ctx, tx, totals); err != nil {
		return result, fmt.Errorf("totals: %w", err)
	}
	refused := batch.Refused + len(result.Refusals)
	if len(sources) == 0 && (refused > 0 || batch.Position != "") {
		if err := lookUp(ctx, w.db, "entra.tenant", "tenant_id", map[string]bool{"": true}, w.entities.tenants); err != nil {
			return result, err
		}
		sources[w.entities.tenants[""]] = &progress{}
	}
	if err := writeSources(ctx, tx, batch, refused, sources); err != nil {
		return result, fmt.Errorf("source: %w", err)
	}
	return result, tx.Commit()
}

// prepare checks a kind's records, keeps the last of each id, and makes ready what their transaction stands on:
// entities and partitions.
func (w *Writer) prepare(ctx context.Context, kind *activity.Kind, all []*activity.Record, result *Result) ([]*pending, error) {
	if !slices.ContainsFunc(all, func(r *activity.Record) bool { return r.Kind == kind }) {
		return nil, nil
	}
	var before time.Time // the zero time where nothing has been removed
	err := w.db.GetContext(ctx, &before, "SELECT before FROM entra.retention WHERE kind = $1", kind.Name)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	counts := result.Counts[kind]
	last := map[entityKey]*pending{}
	var kept []*activity.Record
	for _, r := range all {
		if r.Kind != kind {
			continue
		}
		err := r.Check()
		if err == nil && r.Time.Before(before) {
			err = fmt.Errorf("the record is from before %s, and records of that time have been removed by retention", before.UTC().Format(time.RFC3339))
		}
		if err != nil {
			counts.Refused++
			result.Refusals = append(result.Refusals, Refusal{r, err.Error()})
			continue
		}
		kept = append(kept, r)
	}
	references, err := w.entities.resolve(ctx, kind, kept)
	if err != nil {
		return nil, err
	}
	for i, r := range kept {
		p := &pending{Record: r, tenantID: w.entities.tenants[r.Tenant], raw: storable(r.Raw), references: references[i]}
		p.uuid, _ = IdentifierUUID(r.ID)
		sum := sha256.Sum256(p.raw)
		p.digest = int64(binary.BigEndian.Uint64(sum[:8]))
		key := entityKey{p.tenantID, p.uuid}
		switch old := last[key]; {
		case old == nil:
			last[key] = p
		case old.digest == p.digest || p.Fidelity < old.Fidelity:
			counts.Unchanged++
		default:
			counts.Changed++
			p.Time = precise(old.Time, p.Time)
			last[key] = p
		}
	}
	result.Counts[kind] = counts
	records := slices.SortedFunc(maps.Values(last), func(a, b *pending) int {
		return cmp.Or(cmp.Compare(a.uuid, b.uuid), cmp.Compare(a.tenantID, b.tenantID))
	})
	for _, p := range records {
		suffix, _, _ := month(p.Time)
		if partition := kind.Name + suffix; !w.partitions[partition] {
			if err := makePartitions(ctx, w.db, kind, p.Time); err != nil {
				return nil, err
			}
			w.partitions[partition] = true
		}
	}
	return records, nil
}

// precise returns the new time of a record, unless it is the old one told less precisely: one source gives seven decimals
// and another whole seconds.
func precise(old, new time.Time) time.Time {
	if new.Nanosecond() == 0 && old.Truncate(time.Second).Equal(new) {
		return old
	}
	return new
}

// loadClasses reads the classes of error codes where they have changed, and keeps them from changing until the batch is done.
func (w *Writer) loadClasses(ctx context.Context, tx *sqlx.Tx) error {
	var list string
	var version int
	if err := tx.QueryRowContext(ctx, "SELECT list, version FROM entra.classification FOR SHARE").Scan(&list, &version); err != nil {
		return err
	}
	if version == w.version {
		return nil
	}
	own, err := ownClasses(ctx, tx)
	if err != nil {
		return err
	}
	w.classes, w.version = activity.CodeList(list).Classes(own), version
	return nil
}

func (w *Writer) writeKind(ctx context.Context, conn *sqlx.Conn, tx *sqlx.Tx, kind *activity.Kind, records []*pending, now time.Time,
	cells map[cell]int64, totals map[cell]*total, sources map[int32]*progress, result *Result,
) error {
	ids, tenants := make([]string, len(records)), make([]int32, len(records))
	times, digests, fidelities := make([]string, len(records)), make([]int64, len(records)), make([]int32, len(records))
	byID := make(map[entityKey]*pending, len(records))
	for i, p := range records {
		ids[i], tenants[i], times[i], digests[i], fidelities[i] = p.uuid, p.tenantID, p.Time.Format(time.RFC3339Nano), p.digest, int32(p.Fidelity)
		byID[entityKey{p.tenantID, p.uuid}] = p
	}
	known := KnownTable(kind)
	err := each(ctx, tx, fmt.Sprintf(`INSERT INTO %s (tenant, id, time, digest, fidelity)
SELECT * FROM unnest($1::int[], $2::uuid[], $3::timestamptz[], $4::bigint[], $5::smallint[])
ON CONFLICT DO NOTHING RETURNING tenant, id`, known), []any{pq.Array(tenants), pq.Array(ids), pq.Array(times), pq.Array(digests), pq.Array(fidelities)},
		func(scan func(...any) error) error {
			var k entityKey
			if err := scan(&k.tenant, &k.key); err != nil {
				return err
			}
			byID[k].isNew = true
			return nil
		})
	if err != nil {
		return err
	}
	write, changed, err := w.changes(ctx, tx, kind, records, byID)
	if err != nil {
		return err
	}
	if len(changed.ids) > 0 {
		if err := remove(ctx, tx, kind, changed, cells); err != nil {
			return err
		}
	}
	for _, p := range write {
		p.variant, p.status = variantOf(p.Record, layouts[kind].variant), StatusCode(p.Status(w.classes))
	}
	if len(write) > 0 {
		if err := copyRows(ctx, conn, kind, write, now); err != nil {
			return err
		}
		if err := announce(ctx, tx, kind, write, now); err != nil {
			return err
		}
	}
	counts := result.Counts[kind]
	for _, p := range records {
		s := sources[p.tenantID]
		if s == nil {
			s = &progress{}
			sources[p.tenantID] = s
		}
		s.see(p.Time)
	}
	for _, p := range write {
		w.count(kind, p, cells, totals)
		if p.isNew {
			counts.New++
			sources[p.tenantID].new++
			sources[p.tenantID].delay(now.Sub(p.Time))
		} else {
			counts.Changed++
			sources[p.tenantID].changed++
		}
	}
	written := make(map[*pending]bool, len(write))
	for _, p := range write {
		written[p] = true
	}
	for _, p := range records {
		if !written[p] {
			counts.Unchanged++
			sources[p.tenantID].unchanged++
		}
	}
	result.Counts[kind] = counts
	return nil
}

// each runs a query and calls read for every row.
func each(ctx context.Context, tx *sqlx.Tx, query string, args []any, read func(scan func(...any) error) error) error {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := read(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// removal names stored records, in the order of their ids.
type removal struct {
	ids     []string
	tenants []int32
	times   []string // as stored
}

// changes tells which of the known records say something new, and locks them. It returns what is to be written, new
// records included, and what is to be removed first.
func (w *Writer) changes(ctx context.Context, tx *sqlx.Tx, kind *activity.Kind, records []*pending, byID map[entityKey]*pending) (write []*pending, old removal, err error) {
	var ids []string
	var tenants, fidelities []int32
	var digests []int64
	for _, p := range records {
		if !p.isNew {
			ids, tenants, digests, fidelities = append(ids, p.uuid), append(tenants, p.tenantID), append(digests, p.digest), append(fidelities, int32(p.Fidelity))
		}
	}
	isChanged := map[*pending]bool{}
	if len(ids) > 0 {
		var newTimes []string
		var newDigests []int64
		var newFidelities []int32
		err = each(ctx, tx, fmt.Sprintf(`SELECT k.tenant, k.id, k.time FROM %s k
JOIN unnest($1::int[], $2::uuid[], $3::bigint[], $4::smallint[]) AS u(tenant, id, digest, fidelity) ON k.tenant = u.tenant AND k.id = u.id
WHERE k.digest <> u.digest AND u.fidelity >= k.fidelity ORDER BY k.id, k.tenant FOR UPDATE OF k`, KnownTable(kind)),
			[]any{pq.Array(tenants), pq.Array(ids), pq.Array(digests), pq.Array(fidelities)},
			func(scan func(...any) error) error {
				var k entityKey
				var at time.Time
				if err := scan(&k.tenant, &k.key, &at); err != nil {
					return err
				}
				p := byID[k]
				p.Time = precise(at.UTC(), p.Time)
				isChanged[p] = true
				old.ids, old.tenants, old.times = append(old.ids, k.key), append(old.tenants, k.tenant), append(old.times, at.UTC().Format(time.RFC3339Nano))
				newTimes, newDigests, newFidelities = append(newTimes, p.Time.Format(time.RFC3339Nano)), append(newDigests, p.digest), append(newFidelities, int32(p.Fidelity))
				return nil
			})
		if err != nil {
			return nil, old, err
		}
		if len(old.ids) > 0 {
			_, err = tx.ExecContext(ctx, fmt.Sprintf(`UPDATE %s k SET time = u.time, digest = u.digest, fidelity = u.fidelity
FROM unnest($1::int[], $2::uuid[], $3::timestamptz[], $4::bigint[], $5::smallint[]) AS u(tenant, id, time, digest, fidelity) WHERE k.tenant = u.tenant AND k.id = u.id`, KnownTable(kind)),
				pq.Array(old.tenants), pq.Array(old.ids), pq.Array(newTimes), pq.Array(newDigests), pq.Array(newFidelities))
			if err != nil {
				return nil, old, err
			}
		}
	}
	for _, p := range records {
		if p.isNew || isChanged[p] {
			write = append(write, p)
		}
	}
	return write, old, nil
}

// remove deletes stored records and takes them back from the rollup's cells.
func remove(ctx context.Context, tx *sqlx.Tx, kind *activity.Kind, old removal, cells map[cell]int64) error {
	args := []any{pq.Array(old.tenants), pq.Array(old.ids), pq.Array(old.times)}
	const named = "(r.tenant, r.id, r.time) IN (SELECT * FROM unnest($1::int[], $2::uuid[], $3::timestamptz[]))"
	var parts []string
	for _, g := range layouts[kind].groupings {
		for _, tier := range g.Tiers {
			parts = append(parts, rowsAsCells(g, tier, "r.status", "WHERE "+named))
		}
	}
	if len(parts) > 0 {
		err := each(ctx, tx, strings.Join(parts, "\nUNION ALL\n"), args, func(scan func(...any) error) error {
			c, n, err := scanCell(scan)
			cells[c] -= n
			return err
		})
		if err != nil {
			return err
		}
	}
	for _, table := range []string{Table(kind), RawTable(kind)} {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("DELETE FROM %s r WHERE %s", table, named), args...); err != nil {
			return err
		}
	}
	return nil
}

func scanCell(scan func(...any) error) (c cell, n int64, err error) {
	var bucket time.Time
	err = scan(&c.tenant, &c.grouping, &c.tier, &bucket, &c.k[0], &c.k[1], &c.k[2], &c.variant, &c.state, &c.edge, &n)
	c.bucket = bucket.UnixMicro()
	return c, n, err
}

// copyRows streams rows and untouched records into their tables.
func copyRows(ctx context.Context, conn *sqlx.Conn, kind *activity.Kind, records []*pending, now time.Time) error {
	fields := layouts[kind].own
	columns := []string{"tenant", "id", "time", "received", "variant", "status"}
	for _, f := range fields {
		columns = append(columns, Column(kind, f))
	}
	for _, e := range layouts[kind].entities {
		columns = append(columns, Reference(e))
	}
	err := copyIn(ctx, conn, Table(kind), columns, len(records), func(b []byte, i int) []byte {
		p := records[i]
		b = appendTime(appendText(appendInteger(b, p.tenantID), p.uuid), p.Time)
		b = appendInteger(appendInteger(appendTime(b, now), int32(p.variant)), int32(p.status))
		for _, f := range fields {
			b = appendOwn(b, p.Record, f)
		}
		for _, id := range p.references {
			b = appendInteger(b, id)
		}
		return b
	})
	if err != nil {
		return err
	}
	return copyIn(ctx, conn, RawTable(kind), []string{"tenant", "id", "time", "record"}, len(records), func(b []byte, i int) []byte {
		p := records[i]
		return appendText(appendTime(appendText(appendInteger(b, p.tenantID), p.uuid), p.Time), string(p.raw))
	})
}

func variantOf(r *activity.Record, f *activity.Field) int16 {
	if f == nil {
		return 0
	}
	return SignInTypeCode(r.Get(f))
}

// appendOwn appends what a row holds of one of the record's own fields.
func appendOwn(b []byte, r *activity.Record, f *activity.Field) []byte {
	if f.Type == activity.List {
		literal, _ := pq.Array(append([]string{}, r.List(f)...)).Value()
		return appendText(b, literal.(string))
	}
	text := r.Get(f)
	switch {
	case f.Type == activity.Text || f.Type == activity.Enum:
	case text == "":
		return appendNull(b)
	case f.Type == activity.Identifier:
		text, _ = IdentifierUUID(text)
	}
	return appendText(b, text)
}

// count adds a record to the cells that it counts in and, where it is new, to the totals, whose cells have no buckets.
func (w *Writer) count(kind *activity.Kind, p *pending, cells map[cell]int64, totals map[cell]*total) {
	var buckets [Week + 1]cell
	for _, tier := range Tiers {
		start, edge := tier.Bucket(p.Time)
		buckets[tier] = cell{bucket: start.UnixMicro(), edge: edge}
	}
	for _, g := range layouts[kind].groupings {
		w.keys = w.appendKeys(w.keys[:0], g, p)
		for _, k := range w.keys {
			c := cell{tenant: p.tenantID, grouping: g.Number, k: k, variant: p.variant, state: p.status}
			if p.isNew && g.Total {
				if totals[c] == nil {
					totals[c] = &total{}
				}
				totals[c].add(p.Time)
			}
			for _, c.tier = range g.Tiers {
				c.bucket, c.edge = buckets[c.tier].bucket, buckets[c.tier].edge
				cells[c]++
			}
		}
	}
}

// appendKeys appends the keys under which a grouping counts a record.
func (w *Writer) appendKeys(keys [][3]int32, g *Grouping, p *pending) [][3]int32 {
	if g.PerPolicy {
		ids, results := p.List(policyIDs), p.List(policyResults)
		for i := range max(len(ids), len(results)) {
			keys = append(keys, [3]int32{w.entities.words[nth(ids, i)], w.entities.words[nth(results, i)]})
		}
		return keys
	}
	var key [3]int32
	if g.Entity != nil {
		key[0] = p.references[layouts[g.Kind].positions[g]]
	}
	for _, f := range g.Fields {
		i, text := g.Key(f), p.Get(f)
		if f.Type != activity.Integer {
			key[i] = w.entities.words[text]
		} else if n, err := strconv.ParseInt(text, 10, 32); err == nil {
			key[i] = int32(n)
		} else {
			key[i] = NoInteger
		}
	}
	return append(keys, key)
}

func nth(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

// writeCells moves the rollup, and removes cells that have become empty.
func writeCells(ctx context.Context, tx *sqlx.Tx, cells map[cell]int64) error {
	maps.DeleteFunc(cells, func(_ cell, n int64) bool { return n == 0 })
	if len(cells) == 0 {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO entra.rollup AS r SELECT * FROM unnest($1::entra.rollup[])
ON CONFLICT (tenant, grouping, tier, variant, bucket, k1, k2, k3, status, edge) DO UPDATE SET n = r.n + excluded.n`, literal(cells)); err != nil {
		return err
	}
	maps.DeleteFunc(cells, func(_ cell, n int64) bool { return n > 0 })
	if len(cells) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM entra.rollup r USING unnest($1::entra.rollup[]) u
WHERE r.n = 0 AND (r.tenant, r.grouping, r.tier, r.variant, r.bucket, r.k1, r.k2, r.k3, r.status, r.edge) = (u.tenant, u.grouping, u.tier, u.variant, u.bucket, u.k1, u.k2, u.k3, u.status, u.edge)`, literal(cells))
	return err
}

// literal writes cells in their order as PostgreSQL writes an array of rows of the rollup: one array is read in half the time
// that takes one for each column.
func literal(cells map[cell]int64) string {
	b := []byte{'{'}
	for i, c := range slices.SortedFunc(maps.Keys(cells), cell.compare) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `"(`...)
		for _, n := range []int64{int64(c.tenant), int64(c.grouping), int64(c.tier), int64(c.variant)} {
			b = append(strconv.AppendInt(b, n, 10), ',')
		}
		b = time.UnixMicro(c.bucket).UTC().AppendFormat(b, time.RFC3339)
		for _, n := range []int64{int64(c.k[0]), int64(c.k[1]), int64(c.k[2]), int64(c.state)} {
			b = strconv.AppendInt(append(b, ','), n, 10)
		}
		b = strconv.AppendBool(append(b, ','), c.edge)
		b = strconv.AppendInt(append(b, ','), cells[c], 10)
		b = append(b, `)"`...)
	}
	return string(append(b, '}'))
}

// total is what a batch adds to one label set's total.
type total struct {
	n           int64
	first, last time.Time
}

func (t *total) add(at time.Time) {
	if t.n++; t.n == 1 || at.Before(t.first) {
		t.first = at
	}
	if at.After(t.last) {
		t.last = at
	}
}

func writeTotals(ctx context.Context, tx *sqlx.Tx, totals map[cell]*total) error {
	if len(totals) == 0 {
		return nil
	}
	var tenant, grouping, k1, k2, k3, variant, status []int32
	var n []int64
	var first, last []string
	for _, c := range slices.SortedFunc(maps.Keys(totals), cell.compare) {
		tenant, grouping, variant, status = append(tenant, c.tenant), append(grouping, int32(c.grouping)), append(variant, int32(c.variant)), append(status, int32(c.state))
		k1, k2, k3 = append(k1, c.k[0]), append(k2, c.k[1]), append(k3, c.k[2])
		t := totals[c]
		n, first, last = append(n, t.n), append(first, t.first.Format(time.RFC3339Nano)), append(last, t.last.Format(time.RFC3339Nano))
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO entra.total AS t (tenant, grouping, k1, k2, k3, variant, status, n, created, first_event, last_event)
SELECT tenant, grouping, k1, k2, k3, variant, status, n, clock_timestamp(), first, last
FROM unnest($1::int[], $2::smallint[], $3::int[], $4::int[], $5::int[], $6::smallint[], $7::smallint[], $8::bigint[], $9::timestamptz[], $10::timestamptz[])
  AS u(tenant, grouping, k1, k2, k3, variant, status, n, first, last)
ON CONFLICT (tenant, grouping, k1, k2, k3, variant, status) DO UPDATE SET n = t.n + excluded.n,
  first_event = least(t.first_event, excluded.first_event), last_event = greatest(t.last_event, excluded.last_event)`,
		pq.Array(tenant), pq.Array(grouping), pq.Array(k1), pq.Array(k2), pq.Array(k3), pq.Array(variant), pq.Array(status), pq.Array(n), pq.Array(first), pq.Array(last))
	return err
}

// progress is what a batch adds to a source's record of one tenant.
type progress struct {
	new, changed, unchanged int
	newest                  time.Time
	delays                  [1 + len(DelayBounds)]int64
	delaySeconds            float64
}

// DelayBounds divide the delays of new records, from event to ingest, into ranges: up to the first bound, up to the
// second and so on, and beyond the last. The table source counts by them: never change them without a migration.
var DelayBounds = [...]time.Duration{time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour}

// delay counts how late a new record is. Clocks differ: a record from the future is not late.
func (p *progress) delay(d time.Duration) {
	d = max(d, 0)
	i, _ := slices.BinarySearch(DelayBounds[:], d)
	p.delays[i]++
	p.delaySeconds += d.Seconds()
}

func (p *progress) see(t time.Time) {
	if t.After(p.newest) {
		p.newest = t
	}
}

func writeSources(ctx context.Context, tx *sqlx.Tx, batch Batch, refused int, sources map[int32]*progress) error {
	for i, tenant := range slices.Sorted(maps.Keys(sources)) {
		if i > 0 {
			refused = 0 // what was refused has no tenant: count it once
		}
		p := sources[tenant]
		var newest any
		if !p.newest.IsZero() {
			newest = p.newest
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO entra.source AS s (tenant, name, position, new, changed, unchanged, refused, last_success, newest_event, delays, delay_seconds)
VALUES ($1, $2, $3, $4, $5, $6, $7, now(), $8, $9, $10)
ON CONFLICT (tenant, name) DO UPDATE SET position = CASE WHEN excluded.position = '' THEN s.position ELSE excluded.position END,
  new = s.new + excluded.new, changed = s.changed + excluded.changed, unchanged = s.unchanged + excluded.unchanged, refused = s.refused + excluded.refused,
  last_success = greatest(s.last_success, excluded.last_success), newest_event = greatest(s.newest_event, excluded.newest_event),
  delays = ARRAY(SELECT coalesce(a, 0) + coalesce(b, 0) FROM unnest(s.delays, excluded.delays) WITH ORDINALITY AS u(a, b, i) ORDER BY i),
  delay_seconds = s.delay_seconds + excluded.delay_seconds`,
			tenant, batch.Source, batch.Position, p.new, p.changed, p.unchanged, refused, newest, pq.Array(p.delays[:]), p.delaySeconds); err != nil {
			return err
		}
	}
	return nil
}

// storable returns JSON whose texts PostgreSQL can read: its text has no NUL and no half of a surrogate pair, so their
// escapes become the replacement character, as does what is not UTF-8.
func storable(raw []byte) []byte {
	if !utf8.Valid(raw) {
		raw = bytes.ToValidUTF8(raw, []byte("\uFFFD"))
	}
	if bytes.IndexByte(raw, 0) < 0 && !bytes.Contains(raw, []byte(`\u0000`)) && !bytes.Contains(raw, []byte(`\ud`)) && !bytes.Contains(raw, []byte(`\uD`)) {
		return raw
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		switch {
		case raw[i] == 0:
			continue
		case raw[i] != '\\' || i+1 >= len(raw):
			out = append(out, raw[i])
		case raw[i+1] != 'u':
			out = append(out, raw[i], raw[i+1])
			i++
		default:
			code, ok := escape(raw[i:])
			low, paired := escape(raw[min(i+6, len(raw)):])
			switch {
			case ok && code >= 0xD800 && code < 0xDC00 && paired && low >= 0xDC00 && low < 0xE000:
				out = append(out, raw[i:i+12]...)
				i += 11
			case ok && (code == 0 || code >= 0xD800 && code < 0xE000):
				out = append(out, `\ufffd`...)
				i += 5
			default:
				out = append(out, raw[i], raw[i+1])
				i++
			}
		}
	}
	return out
}

// escape reads a \uXXXX escape.
func escape(b []byte) (code uint64, ok bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	code, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return code, err == nil
}
