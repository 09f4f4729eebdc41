package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/lib/pq"

	"github.com/entra-activity/entra-activity-datasource/internal/demo"
	"github.com/entra-activity/entra-activity-datasource/internal/ingest"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

const (
	maxImported = 50_000
	// leastImportRate is what the import has to reach of the rate of COPY.
	leastImportRate = 1.0 / 3
)

// imports compares the import of a file of Graph objects with what takes the same sign-ins in ready-made columns into a
// wide table: COPY, from a file on the server, with as many indexes as the store's rows have.
func (b *bench) imports(ctx context.Context, signIns int) (err error) {
	folder, err := os.MkdirTemp("", "entra-activity-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	file := filepath.Join(folder, "signIns.json")
	// A week, of 150 sign-ins a user: most name people and devices that the store has met, as in a store that is filled for
	// months. A million in 13 weeks are more a day, and count in the same cells more often.
	company := demo.New(demo.Options{Seed: seed, Start: start, End: start.AddDate(0, 0, 7), SignIns: signIns, Users: signIns / 150, Applications: applications})
	size, err := writeObjects(file, company.SignIns())
	if err != nil {
		return err
	}

	tables := []struct {
		name   string
		fields []*activity.Field
		raw    bool
		target float64
	}{
		{name: fmt.Sprintf("COPY of all %d fields", len(allFields)), fields: allFields, target: leastImportRate},
		{name: "COPY of all fields and the untouched record", fields: allFields, raw: true},
		{name: fmt.Sprintf("COPY of the report's %d fields", len(reportFields)), fields: reportFields},
	}
	var imported speeds
	copied := make([]speeds, len(tables))
	for round := range b.rounds {
		err := b.inDatabase(ctx, fmt.Sprint("import_", round), func(db *store.DB) error {
			source := ingest.Source{Name: file, Open: func() (io.ReadCloser, error) { return os.Open(file) }}
			err := imported.measure(ctx, db, func() (int64, error) {
				summary, err := ingest.Import(ctx, db, []ingest.Source{source}, ingest.Options{Tenant: company.ID()})
				return int64(summary.Total().Read), errors.Join(append(summary.Failures, err)...)
			})
			if err != nil {
				return err
			}
			for i, t := range tables {
				if err := copied[i].measureCopy(ctx, db, fmt.Sprint("wide_", i), t.fields, t.raw); err != nil {
					return fmt.Errorf("COPY: %w", err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	b.report.heading(fmt.Sprintf("Import of %d sign-ins, %.0f MB", signIns, float64(size)/1e6), "records/s", "processor, a record", "import's share")
	b.report.aside("entra-activity import", imported.cells()...)
	for i, t := range tables {
		share := median(imported.rates) / median(copied[i].rates)
		cells := append(copied[i].cells(), fmt.Sprintf("%.2f", share))
		if t.target > 0 {
			b.report.line(t.name, share >= t.target, "at least a third", cells...)
		} else {
			b.report.aside(t.name, cells...)
		}
	}
	return nil
}

// speeds are how many records a second something took, each time, and how much of the processor's time in microseconds.
type speeds struct{ rates, costs []float64 }

// measure does something and notes its speed; do returns how many records it took.
func (s *speeds) measure(ctx context.Context, db *store.DB, do func() (int64, error)) error {
	before, unknown := processorTime(ctx, db)
	began := time.Now()
	n, err := do()
	if err != nil {
		return err
	}
	s.rates = append(s.rates, float64(n)/time.Since(began).Seconds())
	if unknown != nil {
		return nil
	}
	after, err := processorTime(ctx, db)
	s.costs = append(s.costs, float64((after-before).Microseconds())/float64(n))
	return err
}

func (s *speeds) cells() []string {
	cost := "unknown"
	if len(s.costs) > 0 {
		cost = fmt.Sprintf("%.0f µs", median(s.costs))
	}
	return []string{fmt.Sprintf("%.0f", median(s.rates)), cost}
}

// inDatabase does something in a database that exists for it alone.
func (b *bench) inDatabase(ctx context.Context, name string, do func(*store.DB) error) (err error) {
	db, err := b.created(ctx, name)
	if err != nil {
		return err
	}
	defer func() {
		_, dropped := b.large.ExecContext(context.WithoutCancel(ctx), "DROP DATABASE "+pq.QuoteIdentifier(name)+" WITH (FORCE)")
		err = errors.Join(err, db.Close(), dropped)
	}()
	return do(db)
}

// measureCopy has COPY read the sign-ins of a store into a wide table, from a file that COPY wrote before.
func (s *speeds) measureCopy(ctx context.Context, db *store.DB, table string, fields []*activity.Field, raw bool) error {
	var folder string
	if err := db.GetContext(ctx, &folder, "SHOW data_directory"); err != nil {
		return err
	}
	file := pq.QuoteLiteral(filepath.Join(folder, "bench-"+table+".copy"))
	selected, more := selectWide(fields), []string(nil)
	if raw {
		more = []string{"record jsonb"}
		selected = fmt.Sprintf("SELECT w.*, u.record FROM entra.sign_in_raw u JOIN (%s) w ON w.id = u.id::text", selected)
	}
	if err := createWide(ctx, db, table, fields, more...); err != nil {
		return err
	}
	if err := indexAsRows(ctx, db, table); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, fmt.Sprintf("COPY (%s) TO %s", selected, file)); err != nil {
		return err
	}
	err := s.measure(ctx, db, func() (int64, error) {
		result, err := db.ExecContext(ctx, fmt.Sprintf("COPY %s FROM %s", table, file))
		if err != nil {
			return 0, err
		}
		return result.RowsAffected()
	})
	if err != nil {
		return err
	}
	// The server's account owns the file; an empty one is left to go with the folder.
	_, err = db.ExecContext(ctx, fmt.Sprintf("COPY (SELECT WHERE false) TO %s", file))
	return err
}

// writeObjects writes a file as Graph's pages would fill it, an object per line.
func writeObjects(name string, objects func(func([]byte) bool)) (size int64, err error) {
	file, err := os.Create(name)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	out := bufio.NewWriter(file)
	for object := range objects {
		size += int64(len(object)) + 1
		if _, err := out.Write(append(object, '\n')); err != nil {
			return size, err
		}
	}
	return size, out.Flush()
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
