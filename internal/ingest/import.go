package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// A Source is something to import: a file, or objects that are made as they are asked for.
type Source struct {
	Name    string
	Open    func() (io.ReadCloser, error) // the file
	Objects iter.Seq[[]byte]              // where there is none; each is valid until the next
}

// Options say how to import.
type Options struct {
	Tenant    string              // of records that do not name theirs
	Feed      string              // under which the store notes what came; default "import"
	BatchSize int                 // records written at once; default 3000
	Writers   int                 // at work at once; default 3
	Refused   func(Refusal) error // is told what is not kept, one at a time; may be nil
	Progress  *Progress           // is kept up to date; may be nil
}

// Progress says how far an import has come.
type Progress struct {
	Bytes   atomic.Int64 // read of the files, as they lie on the disk
	Records atomic.Int64
}

// Counts says what became of the records of a kind. Read is the sum of the others.
type Counts struct{ Read, New, Changed, Unchanged, Refused int }

// A Summary says what became of all records.
type Summary struct {
	Kinds         map[*activity.Kind]Counts // under nil: what could not be told to be of any kind
	WithoutTenant int                       // records read that name none, and for which none was given
	Failures      []error                   // one for each source that could not be read to its end
}

// Total adds up the counts of all kinds.
func (s Summary) Total() (total Counts) {
	for _, c := range s.Kinds {
		total = total.plus(c)
	}
	return total
}

func (c Counts) plus(d Counts) Counts {
	return Counts{c.Read + d.Read, c.New + d.New, c.Changed + d.Changed, c.Unchanged + d.Unchanged, c.Refused + d.Refused}
}

// maxBatch is how many bytes of records are held before they are written, if they are fewer than a batch.
const maxBatch = 32 << 20

// Import stores all that sources hold. What a source holds of one record is stored in the source's order. A source that
// cannot be read is noted in the summary and does not keep others from being imported; the error is that of the
// database or of the context, and the summary then says what was stored until then. To import the same again changes
// nothing.
func Import(ctx context.Context, db *store.DB, sources []Source, options Options) (Summary, error) {
	group, working := errgroup.WithContext(ctx)
	in := &importing{
		ctx:       working,
		group:     group,
		feed:      cmp.Or(options.Feed, "import"),
		batchSize: cmp.Or(options.BatchSize, 3000),
		refused:   options.Refused,
		progress:  cmp.Or(options.Progress, &Progress{}),
		writers:   make(chan *store.Writer, cmp.Or(options.Writers, 3)),
		summary:   Summary{Kinds: map[*activity.Kind]Counts{}},
	}
	for range cap(in.writers) {
		writer, err := store.NewWriter(ctx, db)
		if err != nil {
			return in.summary, err
		}
		in.writers <- writer
	}
	group.Go(func() error {
		for _, source := range sources {
			var stop stopError
			if err := in.read(source, options.Tenant); errors.As(err, &stop) {
				return stop.error
			} else if err != nil {
				in.summary.Failures = append(in.summary.Failures, fmt.Errorf("%s: %w", source.Name, err))
			}
		}
		return in.finish()
	})
	err := group.Wait()
	if ctx.Err() != nil {
		err = ctx.Err() // whatever it made fail
	}
	return in.summary, err
}

// importing is an import under way. A batch is what came one after the other, as those records count in the same cells.
// Another version of a record that is being written stays behind for the next batch.
type importing struct {
	ctx       context.Context
	group     *errgroup.Group
	feed      string
	batchSize int
	refused   func(Refusal) error
	progress  *Progress
	writers   chan *store.Writer // those that have nothing to do
	underWay  []*underWay

	source  string             // being read
	records []*activity.Record // what is gathered for the next batch
	origins []origin           // of each of them
	size    int                // of them, in bytes
	pending int                // refusals the store was not told of

	mu      sync.Mutex // guards what follows, and calls of refused
	summary Summary
}

// underWay is a batch that is being written.
type underWay struct {
	ids  map[string]bool
	done chan struct{}
}

func (u *underWay) isDone() bool {
	select {
	case <-u.done:
		return true
	default:
		return false
	}
}

// origin is where a record was read.
type origin struct {
	source string
	line   int64
}

// batch is what is written at once, and where each record of it was read.
type batch struct {
	store.Batch
	origins []origin
}

// stopError is an error that ends the import, and not just the reading of one source.
type stopError struct{ error }

func (in *importing) read(source Source, tenant string) error {
	in.source = source.Name
	if source.Open == nil {
		made := reading{name: source.Name, decoder: NewDecoder(tenant), sink: in}
		for object := range source.Objects {
			if err := made.takeAll(object, 0); err != nil {
				return err
			}
		}
		return nil
	}
	file, err := source.Open()
	if err != nil {
		return err
	}
	defer file.Close()                                         //nolint:errcheck // it was only read
	defer context.AfterFunc(in.ctx, func() { file.Close() })() //nolint:errcheck // ends a read that waits
	err = Read(in.ctx, &meteredReader{file, &in.progress.Bytes}, source.Name, tenant, in)
	if in.ctx.Err() != nil {
		return stopError{in.ctx.Err()}
	}
	if errors.Is(err, errCutShort) {
		return fmt.Errorf("%w; what came before is stored", err)
	}
	return err
}

// Record takes a record into the next batch.
func (in *importing) Record(record *activity.Record, line int64) error {
	in.progress.Records.Add(1)
	if record.Tenant == "" {
		in.mu.Lock()
		in.summary.WithoutTenant++
		in.mu.Unlock()
	}
	in.gather(record, origin{in.source, line})
	if len(in.records) >= in.batchSize || in.size >= maxBatch {
		return in.flush()
	}
	return nil
}

func (in *importing) gather(record *activity.Record, from origin) {
	in.records = append(in.records, record)
	in.origins = append(in.origins, from)
	in.size += len(record.Raw)
}

// Refuse notes what is not kept.
func (in *importing) Refuse(r Refusal) error {
	in.progress.Records.Add(1)
	in.pending++
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.note(r)
}

func (in *importing) note(r Refusal) error {
	in.summary.Kinds[r.Kind] = in.summary.Kinds[r.Kind].plus(Counts{Read: 1, Refused: 1})
	if in.refused != nil {
		if err := in.refused(r); err != nil {
			return stopError{err}
		}
	}
	return nil
}

// flush hands what has gathered to a writer, but for other versions of records that are being written: those gather for
// the next batch, behind which later versions come. Where they are most of it, it waits until those are written.
func (in *importing) flush() error {
	if len(in.records) == 0 && in.pending == 0 {
		return nil
	}
	in.underWay = slices.DeleteFunc(in.underWay, (*underWay).isDone)
	behind := 0
	for _, r := range in.records {
		if in.isWriting(r) {
			behind++
		}
	}
	if 2*behind > len(in.records) {
		if err := in.await(); err != nil {
			return err
		}
	}
	now := &underWay{ids: make(map[string]bool, len(in.records)), done: make(chan struct{})}
	b := batch{Batch: store.Batch{Source: in.feed, Refused: in.pending}}
	records, origins := in.records, in.origins
	in.records, in.origins = make([]*activity.Record, 0, in.batchSize), make([]origin, 0, in.batchSize)
	in.size, in.pending = 0, 0
	for i, r := range records {
		if in.isWriting(r) {
			in.gather(r, origins[i])
			continue
		}
		now.ids[r.ID] = true
		b.Records, b.origins = append(b.Records, r), append(b.origins, origins[i])
	}
	select {
	case writer := <-in.writers:
		in.underWay = append(in.underWay, now)
		in.group.Go(func() error {
			defer close(now.done)
			defer func() { in.writers <- writer }()
			return in.write(writer, b)
		})
		return nil
	case <-in.ctx.Done():
		return stopError{in.ctx.Err()}
	}
}

// finish writes what is left.
func (in *importing) finish() error {
	if err := in.flush(); err != nil {
		return err
	}
	if err := in.await(); err != nil {
		return err
	}
	return in.flush()
}

// isWriting reports whether a version of a record is being written.
func (in *importing) isWriting(r *activity.Record) bool {
	return slices.ContainsFunc(in.underWay, func(u *underWay) bool { return u.ids[r.ID] })
}

// await returns once nothing is being written any more.
func (in *importing) await() error {
	for _, u := range in.underWay {
		select {
		case <-u.done:
		case <-in.ctx.Done():
			return stopError{in.ctx.Err()}
		}
	}
	in.underWay = nil
	return nil
}

func (in *importing) write(writer *store.Writer, b batch) error {
	result, err := writer.Write(in.ctx, b.Batch)
	in.mu.Lock()
	defer in.mu.Unlock()
	for kind, c := range result.Counts {
		if err == nil {
			read := c.New + c.Changed + c.Unchanged
			in.summary.Kinds[kind] = in.summary.Kinds[kind].plus(Counts{read, c.New, c.Changed, c.Unchanged, 0})
		}
	}
	if err != nil {
		return err
	}
	for _, r := range result.Refusals {
		from := b.origins[slices.Index(b.Records, r.Record)]
		text := cut(string(r.Record.Raw), maxRefused)
		if err := in.note(Refusal{from.source, from.line, r.Record.Kind, r.Reason, text}); err != nil {
			return err
		}
	}
	return nil
}

// meteredReader counts what is read.
type meteredReader struct {
	io.Reader
	bytes *atomic.Int64
}

func (m *meteredReader) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	m.bytes.Add(int64(n))
	return n, err
}
