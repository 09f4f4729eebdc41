package bench

import (
	"context"
	"fmt"
	"hash/crc32"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/demo"
	"github.com/entra-activity/entra-activity-datasource/internal/ingest"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

const (
	seed         = 1
	weeks        = 13 // 91 days
	users        = 50_000
	applications = 400
	loaders      = 2
	batchSize    = 10_000
)

// The range of the sign-ins, from a Monday on, and the moment at which a dashboard is looked at.
var (
	start = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	end   = start.AddDate(0, 0, 7*weeks)
	now   = end.Add(-9*time.Hour - 16*time.Minute - 43*time.Second)
)

// tenant invents the company whose sign-ins are measured with. Its people are the same whatever it is that they do.
func tenant(until time.Time, signIns int) *demo.Tenant {
	return demo.New(demo.Options{Seed: seed, Start: start, End: until, SignIns: signIns, Users: users,
		Applications: applications})
}

// load fills an empty store with about as many sign-ins as wanted. One week goes the way of every record, through
// the decoder and the writer, and only its raw records are cut short. The other weeks are copies of it, with ids,
// correlation ids and times of their own, in every table that holds sign-ins: the store cannot tell the difference.
func load(ctx context.Context, db *store.DB, signIns int) error {
	company := tenant(start.AddDate(0, 0, 7), signIns/weeks)
	group, working := errgroup.WithContext(ctx)
	for n := range loaders {
		group.Go(func() error { return writeWeek(working, db, company, n) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := writeFirstOfMonths(ctx, db, company); err != nil {
		return err
	}
	if err := copyWeeks(ctx, db); err != nil {
		return err
	}
	_, err := db.ExecContext(ctx, "VACUUM (ANALYZE)")
	return err
}

// writeWeek writes one loader's share of a week.
func writeWeek(ctx context.Context, db *store.DB, company *demo.Tenant, loader int) error {
	writer, err := store.NewWriter(ctx, db)
	if err != nil {
		return err
	}
	decoder := ingest.NewDecoder(company.ID())
	var records []*activity.Record
	write := func() error {
		_, err := writer.Write(ctx, store.Batch{Source: "bench", Records: records})
		records = records[:0]
		return err
	}
	for object := range company.SignIns() {
		// All versions of one record go the same way; its id comes first in the object.
		if crc32.ChecksumIEEE(object[:len(`{"id":"00000000`)])%loaders != uint32(loader) {
			continue
		}
		record, err := shortened(decoder, object)
		if err != nil {
			return err
		}
		if records = append(records, record); len(records) == batchSize {
			if err := write(); err != nil {
				return err
			}
		}
	}
	return write()
}

// shortened decodes a sign-in and leaves of its raw form what tells its versions apart: reports never read it.
func shortened(decoder *ingest.Decoder, object []byte) (*activity.Record, error) {
	record, err := decoder.Decode(object)
	if err == nil {
		record.Raw = fmt.Appendf(nil, `{"id": %q, "checksum": %d}`, record.ID, crc32.ChecksumIEEE(object))
	}
	return record, err
}

// writeFirstOfMonths writes a sign-in for every month that begins after the first week, for which the writer makes the
// month's partitions.
func writeFirstOfMonths(ctx context.Context, db *store.DB, company *demo.Tenant) error {
	writer, err := store.NewWriter(ctx, db)
	if err != nil {
		return err
	}
	decoder, batch := ingest.NewDecoder(company.ID()), store.Batch{Source: "bench"}
	at := time.Date(start.Year(), start.Month()+1, 1, 12, 0, 0, 0, time.UTC)
	for object := range company.SignIns() {
		if !at.Before(end) {
			break
		}
		record, err := shortened(decoder, object)
		if err != nil {
			return err
		}
		record.ID, record.Time = fmt.Sprintf("00000000-0000-0000-0000-%012d", at.Month()), at
		batch.Records = append(batch.Records, record)
		at = at.AddDate(0, 1, 0)
	}
	_, err = writer.Write(ctx, batch)
	return err
}

// copyWeeks repeats the first week until the end of the range.
func copyWeeks(ctx context.Context, db *store.DB) error {
	week := fmt.Sprintf("< '%s'", start.AddDate(0, 0, 7).Format(time.RFC3339))
	own := func(column string) string { return "md5(" + column + "::text || w)::uuid" }
	group, working := errgroup.WithContext(ctx)
	group.SetLimit(loaders)
	for _, table := range []string{"sign_in", "sign_in_known", "sign_in_raw"} {
		columns, err := columnsOf(ctx, db, table)
		if err != nil {
			return err
		}
		values := make([]string, len(columns))
		for i, column := range columns {
			switch column {
			case "id", "correlation_id":
				values[i] = own(column)
			case "time":
				values[i] = column + " + w * interval '7 days'"
			default:
				values[i] = column
			}
		}
		insert := fmt.Sprintf(`INSERT INTO entra.%[1]s (%[2]s)
SELECT %[3]s FROM entra.%[1]s, (SELECT $1::int AS w) n WHERE time %[4]s ORDER BY time`,
			table, strings.Join(columns, ", "), strings.Join(values, ", "), week)
		group.Go(func() error {
			for w := 1; w < weeks; w++ {
				if _, err := db.ExecContext(working, insert, w); err != nil {
					return fmt.Errorf("%s: %w", table, err)
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return execute(ctx, db,
		statement("copy-rollup", weeks-1, week), statement("copy-totals", store.Day),
		"UPDATE entra.source SET new = (SELECT count(*) FROM entra.sign_in_known)")
}

func columnsOf(ctx context.Context, db *store.DB, table string) (columns []string, err error) {
	err = sqlx.SelectContext(ctx, db, &columns, `SELECT column_name FROM information_schema.columns
WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position`, store.Schema, table)
	return columns, err
}
