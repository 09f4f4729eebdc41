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
	"strings"
	"time"

	"github.com/lib/pq"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/demo"
	"github.com/entra-activity/entra-activity-datasource/internal/ingest"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// leastImportRate is what the import has to reach of the rate of COPY.
const leastImportRate = 1.0 / 3

// imports compares the import of a file of Graph objects, the next day of the tenant that the store is filled with,
// with what takes the same sign-ins in ready-made columns into the wide table: COPY, from a file on the server. The
// wide table has as many records and indexes as the store. Each round has a day of its own.
func (b *bench) imports(ctx context.Context, signIns int) error {
	const name = "import"
	db, err := b.copied(ctx, name)
	if err != nil {
		return err
	}
	err = b.importDays(ctx, db, signIns/(7*weeks))
	_, dropped := b.small.ExecContext(context.WithoutCancel(ctx), "DROP DATABASE "+name+" WITH (FORCE)")
	return errors.Join(err, db.Close(), dropped)
}

// copied opens a copy of the large database. The server makes it of files, which nobody may use meanwhile.
func (b *bench) copied(ctx context.Context, name string) (*store.DB, error) {
	b.large.SetMaxIdleConns(0)
	if _, err := b.small.ExecContext(ctx,
		fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s STRATEGY file_copy", name, b.largeName)); err != nil {
		return nil, err
	}
	return store.Open(store.Config{URL: b.server.URL(name)})
}

func (b *bench) importDays(ctx context.Context, db *store.DB, signIns int) (err error) {
	folder, err := os.MkdirTemp("", "entra-activity-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	file := filepath.Join(folder, "signIns.json")
	source := ingest.Source{Name: file, Open: func() (io.ReadCloser, error) { return os.Open(file) }}
	if err := prepareWide(ctx, db); err != nil {
		return err
	}

	peers := []struct {
		name    string
		columns columns
		target  float64
		speeds
	}{
		{name: fmt.Sprintf("COPY of the report's %d fields", len(reportFields)),
			columns: columns{fields: reportFields}, target: leastImportRate},
		{name: fmt.Sprintf("COPY of all %d fields", len(allFields)), columns: columns{fields: allFields}},
		{name: "COPY of all fields and the raw record", columns: columns{fields: allFields, raw: true}},
	}
	var imported speeds
	var records, size int64
	for round := range b.rounds {
		day := end.AddDate(0, 0, round)
		company := demo.New(demo.Options{Seed: seed, Start: day, End: day.AddDate(0, 0, 1), SignIns: signIns,
			Users: users, Applications: applications})
		if size, err = writeObjects(file, company.SignIns()); err != nil {
			return err
		}
		err := imported.measure(ctx, db, func() (int64, error) {
			summary, err := ingest.Import(ctx, db, []ingest.Source{source}, ingest.Options{Tenant: company.ID()})
			records = int64(summary.Total().Read)
			return records, errors.Join(append(summary.Failures, err)...)
		})
		if err != nil {
			return err
		}
		for i := range peers {
			if err := peers[i].measureCopy(ctx, db, peers[i].columns, day); err != nil {
				return fmt.Errorf("COPY: %w", err)
			}
		}
	}
	b.report.heading(fmt.Sprintf("Import of a day of %d sign-ins, %.0f MB", records, float64(size)/1e6), "records/s",
		"processor, a record", "import's share")
	b.report.noTarget("entra-activity import", imported.cells()...)
	for _, p := range peers {
		share := median(imported.rates) / median(p.rates)
		cells := append(p.cells(), fmt.Sprintf("%.2f", share))
		if p.target > 0 {
			b.report.line(p.name, share >= p.target, "at least a third", cells...)
		} else {
			b.report.noTarget(p.name, cells...)
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

// columns are the columns of the wide table that COPY fills.
type columns struct {
	fields []*activity.Field
	raw    bool // and the raw record
}

// measureCopy has COPY read a day's sign-ins into the wide table, from a file that COPY wrote of the store.
func (s *speeds) measureCopy(ctx context.Context, db *store.DB, c columns, day time.Time) error {
	var folder string
	if err := db.GetContext(ctx, &folder, "SHOW data_directory"); err != nil {
		return err
	}
	file := pq.QuoteLiteral(filepath.Join(folder, "bench.copy"))
	var names []string
	for _, f := range c.fields {
		names = append(names, wideColumn(f))
	}
	where := fmt.Sprintf(" WHERE r.time >= '%s'", day.Format(time.RFC3339))
	selected := selectWide(c.fields) + where
	if c.raw {
		names = append(names, "record")
		selected = fmt.Sprintf("SELECT w.*, r.record FROM entra.sign_in_raw r JOIN (%s) w ON w.id = r.id::text%s",
			selected, where)
	}
	if _, err := db.ExecContext(ctx, fmt.Sprintf("COPY (%s) TO %s", selected, file)); err != nil {
		return err
	}
	err := s.measure(ctx, db, func() (int64, error) {
		result, err := db.ExecContext(ctx, fmt.Sprintf("COPY wide (%s) FROM %s", strings.Join(names, ", "), file))
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
