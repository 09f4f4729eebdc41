package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// Verify counts everything from scratch and returns what the store says otherwise, a line each. Where retention has
// removed rows, only the buckets since then can be compared.
func Verify(ctx context.Context, db *DB) ([]string, error) {
	var differences []string
	err := db.Snapshot(ctx, 0, func(tx *sqlx.Tx) error {
		for _, kind := range activity.Kinds() {
			for _, other := range []string{KnownTable(kind), RawTable(kind)} {
				err := each(ctx, tx, fmt.Sprintf("SELECT coalesce(a.id, b.id), a.id IS NULL FROM %s a FULL JOIN %s b ON a.tenant = b.tenant AND a.id = b.id AND a.time = b.time WHERE a.id IS NULL OR b.id IS NULL", Table(kind), other), nil,
					func(scan func(...any) error) error {
						var id string
						var missing bool
						if err := scan(&id, &missing); err != nil {
							return err
						}
						differences = append(differences, fmt.Sprintf("%s: %s is missing or different (in rows: %t)", other, id, !missing))
						return nil
					})
				if err != nil {
					return err
				}
			}
		}
		for _, g := range Groupings {
			for _, tier := range g.Tiers {
				const since = "coalesce((SELECT before FROM entra.retention WHERE kind = '%s'), '-infinity')"
				columns := "tenant, grouping, tier, bucket, k1, k2, k3, variant, status, edge"
				counted := fmt.Sprintf("SELECT * FROM (%s) c WHERE bucket >= "+since, rowsAsCells(g, tier, "r.status", ""), g.Kind.Name)
				kept := fmt.Sprintf("SELECT %s, n FROM entra.rollup WHERE grouping = %d AND tier = %d AND bucket >= "+since, columns, g.Number, tier, g.Kind.Name)
				err := each(ctx, tx, strings.Join([]string{"SELECT 'too few', x.* FROM (" + counted + " EXCEPT " + kept + ") x", "SELECT 'too many', x.* FROM (" + kept + " EXCEPT " + counted + ") x"}, "\nUNION ALL\n"), nil,
					func(scan func(...any) error) error {
						var what string
						c, n, err := scanCell(func(into ...any) error { return scan(append([]any{&what}, into...)...) })
						differences = append(differences, fmt.Sprintf("rollup: %s: %+v %d", what, c, n))
						return err
					})
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
	return differences, err
}
