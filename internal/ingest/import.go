package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// Source is something to import: a file, or objects that are made as they are asked for.
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

// Summary says what became of all records.
type Summary struct {
	Kinds    map[*activity.Kind]Counts // under nil: what could not be told to be of any kind
	Failures []error                   // one for each source that could not be read to its end
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
// cannot be read is noted in the summary and does not keep others from being imported; the error is that of the database or
// of the context, and the summary then says what was stored until then. To import the same again changes nothing.
func Import(ctx context.Context, db *store.DB, sources []Source, options Options) (Summary, error) {
	group, working := errgroup.WithContext(ctx)
	in := &importing{
		ctx:       working,
		feed:      cmp.Or(options.Feed, "import"),
		batchSize: cmp.Or(options.BatchSize, 3000),
		refused:   options.Refused,
		progress:  cmp.Or(options.Progress, &Progress{}),
		seed:      maphash.MakeSeed(),
		lanes:     make([]lane, cmp.Or(options.Writers, 3)),
		summary:   Summary{Kinds: map[*activity.Kind]Counts{}},
	}
	for i := range in.lanes {
		writer, err := store.NewWriter(ctx, db)
		if err != nil {
			return in.summary, err
		}
		batches := make(chan batch, 1)
		in.lanes[i].batches = batches
		group.Go(func() error {
			for batch := range batches {
				if err := in.write(writer, batch); err != nil {
					return err
				}
			}
			return nil
		})
	}
	group.Go(func() error {
		defer func() {
			for i := range in.lanes {
				close(in.lanes[i].batches)
			}
		}()
		for _, source := range sources {
			var stop stopError
			if err := in.read(source, options.Tenant); errors.As(err, &stop) {
				return stop.error
			} else if err != nil {
				in.summary.Failures = append(in.summary.Failures, fmt.Errorf("%s: %w", source.Name, err))
			}
		}
		for i := range in.lanes {
			if err := in.flush(&in.lanes[i]); err != nil {
				return err
			}
		}
		return nil
	})
	err := group.Wait()
	if ctx.Err() != nil {
		err = ctx.Err() // whatever it made fail
	}
	return in.summary, err
}

// importing is an import under way. Records go to writers by their id: the versions of one record never overtake each other.
type importing struct {
	ctx       context.Context
	feed      string
	batchSize int
	refused   func(Refusal) error
	progress  *Progress
	source    string // being read
	seed      maphash.Seed
	lanes     []lane
	pending   int // refusals the store was not told of

	mu      sync.Mutex // guards what follows, and calls of refused
	summary Summary
}

// lane is the way to one writer.
type lane struct {
	batches chan<- batch
	records []*activity.Record
	origins []origin
	size    int
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
	return err
}

// Record takes a record to the writer its id belongs to.
func (in *importing) Record(record *activity.Record, line int64) error {
	in.progress.Records.Add(1)
	l := &in.lanes[maphash.String(in.seed, record.ID)%uint64(len(in.lanes))]
	l.records = append(l.records, record)
	l.origins = append(l.origins, origin{in.source, line})
	l.size += len(record.Raw)
	if len(l.records) >= in.batchSize || l.size >= maxBatch {
		return in.flush(l)
	}
	return nil
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

// flush hands what has gathered in a lane to its writer.
func (in *importing) flush(l *lane) error {
	if len(l.records) == 0 && in.pending == 0 {
		return nil
	}
	b := batch{store.Batch{Source: in.feed, Records: l.records, Refused: in.pending}, l.origins}
	l.records, l.origins, l.size, in.pending = make([]*activity.Record, 0, in.batchSize), make([]origin, 0, in.batchSize), 0, 0
	select {
	case l.batches <- b:
		return nil
	case <-in.ctx.Done():
		return stopError{in.ctx.Err()}
	}
}

func (in *importing) write(writer *store.Writer, b batch) error {
	result, err := writer.Write(in.ctx, b.Batch)
	in.mu.Lock()
	defer in.mu.Unlock()
	for kind, c := range result.Counts {
		if err == nil {
			in.summary.Kinds[kind] = in.summary.Kinds[kind].plus(Counts{c.New + c.Changed + c.Unchanged, c.New, c.Changed, c.Unchanged, 0})
		}
	}
	if err != nil {
		return err
	}
	for _, r := range result.Refusals {
		from := b.origins[slices.Index(b.Records, r.Record)]
		if err := in.note(Refusal{from.source, from.line, r.Record.Kind, r.Reason, cut(string(r.Record.Raw), maxRefused)}); err != nil {
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
