package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// partitionLock is the advisory lock under which partitions are made and dropped.
const partitionLock = 0x656e747261 // "entra"

// month returns the partition of a time: the suffix of its name, and its bounds.
func month(t time.Time) (suffix string, from, to time.Time) {
	t = t.UTC()
	from = time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	return from.Format("_2006_01"), from, from.AddDate(0, 1, 0)
}

// makePartitions makes the month's partitions of a kind's rows and raw records where they are missing. Each is made
// apart and then attached, so that readers and writers of other months go on.
func makePartitions(ctx context.Context, db *DB, kind *activity.Kind, at time.Time) error {
	suffix, from, to := month(at)
	return db.transactLocked(ctx, partitionLock, func(tx *sqlx.Tx) error {
		for _, table := range []string{Table(kind), RawTable(kind)} {
			var exists bool
			if err := tx.GetContext(ctx, &exists, "SELECT to_regclass($1) IS NOT NULL", table+suffix); err != nil {
				return err
			}
			if exists {
				continue
			}
			statements := fmt.Sprintf(`CREATE TABLE %[1]s%[2]s (LIKE %[1]s INCLUDING DEFAULTS INCLUDING STORAGE INCLUDING COMPRESSION);
ALTER TABLE %[1]s ATTACH PARTITION %[1]s%[2]s FOR VALUES FROM (%[3]s) TO (%[4]s)`,
				table, suffix, pq.QuoteLiteral(from.Format(time.RFC3339)), pq.QuoteLiteral(to.Format(time.RFC3339)))
			if _, err := tx.ExecContext(ctx, statements); err != nil {
				return err
			}
		}
		return nil
	})
}
