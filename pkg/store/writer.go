package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

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

// Counts are numbers of records by what became of them.
type Counts struct{ New, Changed, Unchanged, Refused int }

func (c Counts) plus(d Counts) Counts {
	return Counts{c.New + d.New, c.Changed + d.Changed, c.Unchanged + d.Unchanged, c.Refused + d.Refused}
}

func (c *Counts) add(s state) {
	switch s {
	case added:
		c.New++
	case changed:
		c.Changed++
	default:
		c.Unchanged++
	}
}

// Refusal is a record that was not written, with the reason.
type Refusal struct {
	Record *activity.Record
	Reason string
}

// Result is what became of a batch.
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

// NewWriter returns a writer. It fails where the database's schema is not the one this program works with.
func NewWriter(ctx context.Context, db *DB) (*Writer, error) {
	if err := CheckVersion(ctx, db); err != nil {
		return nil, err
	}
	return &Writer{db: db, entities: newEntities(db), partitions: map[string]bool{}}, nil
}

// Write stores a batch in one transaction. The registry separates new, changed and unchanged records. Rows and raw
// records follow, rollup and totals move by the difference, and the source's progress is noted. Concurrent writers lock
// tables in the same order, and rows by key, so they never deadlock. A record with a value that PostgreSQL rejects is
// refused; the other records are written.
func (w *Writer) Write(ctx context.Context, batch Batch) (Result, error) {
	result, err := w.write(ctx, batch)
	switch {
	case pq.As(err, pqerror.CheckViolation) != nil: // a partition was dropped since: make it again, once
		clear(w.partitions)
		return w.write(ctx, batch)
	case Classify(err) == DataException && len(batch.Records) == 1:
		return w.refuse(ctx, batch, pq.As(err).Message)
	case Classify(err) == DataException && len(batch.Records) > 1:
		return w.writeHalves(ctx, batch)
	}
	return result, err
}

// refuse counts the only record of a batch as refused.
func (w *Writer) refuse(ctx context.Context, batch Batch, reason string) (Result, error) {
	record := batch.Records[0]
	batch.Records, batch.Refused = nil, batch.Refused+1
	result, err := w.write(ctx, batch)
	if err == nil {
		result.Refusals = []Refusal{{record, "PostgreSQL cannot keep the record: " + reason}}
		result.Counts[record.Kind] = Counts{Refused: 1}
	}
	return result, err
}

func (w *Writer) writeHalves(ctx context.Context, batch Batch) (Result, error) {
	half := len(batch.Records) / 2
	first, err := w.Write(ctx, Batch{Source: batch.Source, Records: batch.Records[:half]})
	if err != nil {
		return first, err
	}
	batch.Records = batch.Records[half:]
	second, err := w.Write(ctx, batch)
	for kind, c := range first.Counts {
		second.Counts[kind] = second.Counts[kind].plus(c)
	}
	second.Refusals = append(first.Refusals, second.Refusals...)
	return second, err
}

func (w *Writer) write(ctx context.Context, batch Batch) (Result, error) {
	t := &transaction{
		Writer: w, cells: map[cell]int64{}, totals: map[cell]total{}, sources: map[int32]progress{},
		result: Result{Counts: map[*activity.Kind]Counts{}},
	}
	byKind := map[*activity.Kind][]*pending{}
	for _, kind := range activity.Kinds() {
		var err error
		if byKind[kind], err = w.prepare(ctx, kind, batch.Records, &t.result); err != nil {
			return t.result, err
		}
	}
	return t.result, t.run(ctx, batch, byKind)
}

// state is what a batch makes of a record.
type state int8

const (
	unchanged state = iota
	added
	changed
)

// pending is a record on its way into the database.
type pending struct {
	*activity.Record
	uuid       string
	tenantID   int32
	raw        []byte
	digest     int64
	references []int32

	state              state
	stored             time.Time // by the registry, where the record is changed
	signInType, status int16     // as rows and rollup keep them
}

// kept returns the records of a state.
func kept(records []*pending, keep func(state) bool) []*pending {
	return slices.DeleteFunc(slices.Clone(records), func(p *pending) bool { return !keep(p.state) })
}

// prepare checks a kind's records, keeps the last version of each, and writes the entities and partitions they need.
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
	var valid []*activity.Record
	for _, r := range all {
		if r.Kind != kind {
			continue
		}
		err := r.Check()
		if err == nil && r.Time.Before(before) {
			err = fmt.Errorf("the record is from before %s, and records of that time have been removed by retention",
				before.UTC().Format(time.RFC3339))
		}
		if err != nil {
			counts.Refused++
			result.Refusals = append(result.Refusals, Refusal{r, err.Error()})
			continue
		}
		valid = append(valid, r)
	}
	references, err := w.entities.resolve(ctx, kind, valid)
	if err != nil {
		return nil, err
	}
	records := w.latest(valid, references, &counts)
	result.Counts[kind] = counts
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

// latest returns the last version of each record, in the order of the registry's key, and counts the other versions.
func (w *Writer) latest(records []*activity.Record, references [][]int32, counts *Counts) []*pending {
	latest := map[entityKey]*pending{}
	for i, r := range records {
		p := &pending{Record: r, tenantID: w.entities.tenants.ids[r.Tenant], raw: storable(r.Raw), references: references[i]}
		p.uuid, _ = IdentifierUUID(r.ID)
		sum := sha256.Sum256(p.raw)
		p.digest = int64(binary.BigEndian.Uint64(sum[:8]))
		key := entityKey{p.tenantID, p.uuid}
		switch earlier := latest[key]; {
		case earlier == nil:
			latest[key] = p
		case earlier.digest == p.digest || p.Fidelity < earlier.Fidelity:
			counts.Unchanged++
		default:
			counts.Changed++
			p.Time = moreExact(earlier.Time, p.Time)
			latest[key] = p
		}
	}
	return slices.SortedFunc(maps.Values(latest), func(a, b *pending) int {
		return cmp.Or(cmp.Compare(a.uuid, b.uuid), cmp.Compare(a.tenantID, b.tenantID))
	})
}

// moreExact returns the later version's time of a record, unless it is the earlier version's without its fraction of a
// second: one source gives seven decimals and another whole seconds.
func moreExact(earlier, later time.Time) time.Time {
	if later.Nanosecond() == 0 && earlier.Truncate(time.Second).Equal(later) {
		return earlier
	}
	return later
}
