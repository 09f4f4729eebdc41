package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// Retain removes a kind's records from before the day of a time, in UTC, and returns how many. It drops the partitions of
// whole months and deletes the rest. Rollup and totals stay. Of a bucket of the rollup that is no longer than a day, all
// records or none are removed, so that queries can take those before a time from it. The states of risky users stay: the
// oldest may be somebody's state today.
func Retain(ctx context.Context, db *DB, kind *activity.Kind, before time.Time) (int64, error) {
	if kind == activity.RiskyUser {
		return 0, nil
	}
	before, _ = Day.Bucket(before)
	if _, err := db.ExecContext(ctx, `INSERT INTO entra.retention AS r VALUES ($1, $2)
ON CONFLICT (kind) DO UPDATE SET before = greatest(r.before, excluded.before)`, kind.Name, before); err != nil {
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
	return db.transactLocked(ctx, partitionLock, func(tx *sqlx.Tx) error {
		var partitions []string
		if err := tx.SelectContext(ctx, &partitions,
			"SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = $1::regclass ORDER BY 1", table); err != nil {
			return err
		}
		for _, partition := range partitions {
			start, err := time.Parse("_2006_01", partition[len(table):])
			if err != nil || start.AddDate(0, 1, 0).After(before) { // err: not one that the writer made
				continue
			}
			if _, err := tx.ExecContext(ctx, "DROP TABLE "+partition); err != nil {
				return err
			}
		}
		return nil
	})
}
