package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// Verify compares registry and raw records with the rows, and the rollup with a count from scratch. It returns the
// differences, a line each. Where retention has removed rows, only the buckets since then can be compared.
func Verify(ctx context.Context, db *DB) (differences []string, err error) {
	err = db.Snapshot(ctx, 0, func(tx *sqlx.Tx) error {
		for _, kind := range activity.Kinds() {
			for _, table := range []string{KnownTable(kind), RawTable(kind)} {
				var found []string
				if err := tx.SelectContext(ctx, &found, fmt.Sprintf(`SELECT concat(
  '%[2]s: ', coalesce(a.id, b.id), ' is missing or different (in rows: ', (a.id IS NOT NULL)::text, ')')
FROM %[1]s a FULL JOIN %[2]s b ON a.tenant = b.tenant AND a.id = b.id AND a.time = b.time WHERE a.id IS NULL OR b.id IS NULL`,
					Table(kind), table)); err != nil {
					return err
				}
				differences = append(differences, found...)
			}
		}
		for _, g := range Groupings {
			for _, tier := range g.Tiers {
				since := fmt.Sprintf("bucket >= coalesce((SELECT before FROM entra.retention WHERE kind = '%s'), '-infinity')", g.Kind.Name)
				counted := fmt.Sprintf("SELECT * FROM (%s) c WHERE %s", rowsAsCells(g, tier, "r.status", ""), since)
				stored := fmt.Sprintf("SELECT tenant, grouping, tier, bucket, k1, k2, k3, variant, status, edge, n FROM entra.rollup"+
					" WHERE grouping = %d AND tier = %d AND %s", g.Number, tier, since)
				for _, what := range []string{"too few", "too many"} {
					err := eachCell(ctx, tx, counted+" EXCEPT "+stored, nil, func(c cell, n int64) {
						differences = append(differences, fmt.Sprintf("rollup: %s: %+v %d", what, c, n))
					})
					if err != nil {
						return err
					}
					counted, stored = stored, counted
				}
			}
		}
		return nil
	})
	return differences, err
}
