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
	// 150 sign-ins a user: most name people and devices that the store has met.
	company := demo.New(demo.Options{Seed: seed, Start: start, End: end, SignIns: signIns, Users: signIns / 150, Applications: applications})
	size, err := writeObjects(file, company.SignIns())
	if err != nil {
		return err
	}

	const report, all, raw = "report", "whole", "raw"
	var imported, copied, copiedAll, copiedRaw []float64
	for round := range b.rounds {
		err := b.inDatabase(ctx, fmt.Sprint("import_", round), func(db *store.DB) error {
			began := time.Now()
			source := ingest.Source{Name: file, Open: func() (io.ReadCloser, error) { return os.Open(file) }}
			summary, err := ingest.Import(ctx, db, []ingest.Source{source}, ingest.Options{Tenant: company.ID()})
			if err = errors.Join(append(summary.Failures, err)...); err != nil {
				return err
			}
			imported = append(imported, float64(summary.Total().Read)/time.Since(began).Seconds())
			for _, c := range []struct {
				table  string
				fields []*activity.Field
				raw    bool
				rates  *[]float64
			}{{report, reportFields, false, &copied}, {all, allFields, false, &copiedAll}, {raw, allFields, true, &copiedRaw}} {
				rate, err := copyRate(ctx, db, c.table, c.fields, c.raw)
				if err != nil {
					return fmt.Errorf("COPY: %w", err)
				}
				*c.rates = append(*c.rates, rate)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	b.report.heading(fmt.Sprintf("Import of %d sign-ins, %.0f MB", signIns, float64(size)/1e6), "records/s", "share of COPY")
	rate := median(imported)
	b.report.aside("entra-activity import", fmt.Sprintf("%.0f", rate))
	compare := func(name string, rates []float64) {
		share := rate / median(rates)
		b.report.line(name, share >= leastImportRate, "at least a third", fmt.Sprintf("%.0f", median(rates)), fmt.Sprintf("%.2f", share))
	}
	compare(fmt.Sprintf("COPY of all %d fields", len(allFields)), copiedAll)
	b.report.aside("COPY of all fields and the untouched record", fmt.Sprintf("%.0f", median(copiedRaw)), fmt.Sprintf("%.2f", rate/median(copiedRaw)))
	b.report.aside(fmt.Sprintf("COPY of the report's %d fields", len(reportFields)), fmt.Sprintf("%.0f", median(copied)), fmt.Sprintf("%.2f", rate/median(copied)))
	return nil
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

// copyRate has COPY read the sign-ins of a store into a wide table, from a file that COPY wrote before, and returns how
// many it took a second.
func copyRate(ctx context.Context, db *store.DB, table string, fields []*activity.Field, raw bool) (float64, error) {
	var folder string
	if err := db.GetContext(ctx, &folder, "SHOW data_directory"); err != nil {
		return 0, err
	}
	file := pq.QuoteLiteral(filepath.Join(folder, "bench-"+table+".copy"))
	selected, more := selectWide(fields), []string(nil)
	if raw {
		more = []string{"record jsonb"}
		selected = fmt.Sprintf("SELECT w.*, u.record FROM entra.sign_in_raw u JOIN (%s) w ON w.id = u.id::text", selected)
	}
	if err := createWide(ctx, db, table, fields, more...); err != nil {
		return 0, err
	}
	if err := indexAsRows(ctx, db, table); err != nil {
		return 0, err
	}
	if _, err := db.ExecContext(ctx, fmt.Sprintf("COPY (%s) TO %s", selected, file)); err != nil {
		return 0, err
	}
	began := time.Now()
	result, err := db.ExecContext(ctx, fmt.Sprintf("COPY %s FROM %s", table, file))
	if err != nil {
		return 0, err
	}
	took := time.Since(began)
	n, err := result.RowsAffected()
	if err != nil {
		return 0, err
	}
	// The server's account owns the file; an empty one is left to go with the folder.
	_, err = db.ExecContext(ctx, fmt.Sprintf("COPY (SELECT WHERE false) TO %s", file))
	return float64(n) / took.Seconds(), err
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
