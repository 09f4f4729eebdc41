package store

import (
	"context"
	"fmt"
	"time"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// Retain removes a kind's records from before the day of a time, by UTC: whole months by dropping their partitions, the rest
// by trimming. Rollup and totals stay; a bucket of the rollup that is no longer than a day has all of its records or none,
// so that those before a time can be taken from it. It returns how many records were removed. The states of risky users are
// kept: the oldest may be somebody's state today.
func Retain(ctx context.Context, db *DB, kind *activity.Kind, before time.Time) (int64, error) {
	if kind == activity.RiskyUser {
		return 0, nil
	}
	before, _ = Day.Bucket(before)
	if _, err := db.ExecContext(ctx, "INSERT INTO entra.retention AS r VALUES ($1, $2) ON CONFLICT (kind) DO UPDATE SET before = greatest(r.before, excluded.before)", kind.Name, before); err != nil {
		return 0, err
	}
	for _, table := range []string{Table(kind), RawTable(kind)} {
		if err := dropPartitions(ctx, db, table, before); err != nil {
			return 0, err
		}
		if _, err := db.ExecContext(ctx, fmt.Sprintf("DELETE FROM %s WHERE time < $1", table), before); err != nil {
			return 0, err
		}
	}
	result, err := db.ExecContext(ctx, fmt.Sprintf("DELETE FROM %s WHERE time < $1", KnownTable(kind)), before)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func dropPartitions(ctx context.Context, db *DB, table string, before time.Time) error {
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after a commit
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", int64(partitionLock)); err != nil {
		return err
	}
	var partitions []string
	if err := tx.SelectContext(ctx, &partitions, "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = $1::regclass ORDER BY 1", table); err != nil {
		return err
	}
	for _, partition := range partitions {
		start, err := time.Parse("_2006_01", partition[len(table):])
		if err != nil {
			continue // not one that the writer made
		}
		if start.AddDate(0, 1, 0).After(before) {
			continue
		}
		if _, err := tx.ExecContext(ctx, "DROP TABLE "+partition); err != nil {
			return err
		}
	}
	return tx.Commit()
}
