package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// ownClasses reads the operator's own classes.
func ownClasses(ctx context.Context, tx *sqlx.Tx) (activity.Classes, error) {
	own := activity.Classes{}
	err := each(ctx, tx, "SELECT error_code, class FROM entra.own_class", nil, func(scan func(...any) error) error {
		var code int
		var class string
		err := scan(&code, &class)
		own[code] = class
		return err
	})
	return own, err
}

// Reclassify changes the classes of error codes (list empty: the same list; own: classes to set, empty ones to forget)
// and gives stored sign-ins the class they have by now, in rows and rollup. It returns how many rows changed. Totals keep
// what was counted, and so does the rollup of times whose rows retention has removed. Writers wait meanwhile.
func Reclassify(ctx context.Context, db *DB, list activity.CodeList, own activity.Classes) (int64, error) {
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after a commit
	if _, err := tx.ExecContext(ctx, "UPDATE entra.classification SET version = version + 1, list = coalesce(nullif($1, ''), list)", string(list)); err != nil {
		return 0, err
	}
	for _, code := range slices.Sorted(maps.Keys(own)) {
		if own[code] == "" {
			_, err = tx.ExecContext(ctx, "DELETE FROM entra.own_class WHERE error_code = $1", code)
		} else {
			_, err = tx.ExecContext(ctx, "INSERT INTO entra.own_class VALUES ($1, $2) ON CONFLICT (error_code) DO UPDATE SET class = excluded.class", code, own[code])
		}
		if err != nil {
			return 0, err
		}
	}
	var name string
	if err := tx.GetContext(ctx, &name, "SELECT list FROM entra.classification"); err != nil {
		return 0, err
	}
	stored, err := ownClasses(ctx, tx)
	if err != nil {
		return 0, err
	}
	changed, err := reclassifyRows(ctx, tx, activity.CodeList(name).Classes(stored))
	if err != nil {
		return 0, err
	}
	return changed, tx.Commit()
}

func reclassifyRows(ctx context.Context, tx *sqlx.Tx, classes activity.Classes) (int64, error) {
	codes, states := []int{}, []int32{}
	for _, code := range slices.Sorted(maps.Keys(classes)) {
		codes, states = append(codes, code), append(states, int32(StatusCode(classes[code])))
	}
	// The class of every code that occurs, listed or not.
	if _, err := tx.ExecContext(ctx, `CREATE TEMP TABLE class ON COMMIT DROP AS
SELECT u.code, coalesce(c.status, $3::smallint) AS status FROM (SELECT DISTINCT error_code AS code FROM entra.sign_in WHERE error_code IS NOT NULL) u
LEFT JOIN unnest($1::int[], $2::smallint[]) AS c(code, status) ON c.code = u.code`, pq.Array(codes), pq.Array(states), StatusCode(activity.Failure)); err != nil {
		return 0, err
	}
	const affected = "JOIN class ON class.code = r.error_code WHERE r.status <> class.status"
	var parts []string
	for _, g := range groupingsOf(activity.SignIn) {
		for _, tier := range g.Tiers {
			parts = append(parts,
				strings.Replace(rowsAsCells(g, tier, "r.status", affected), "count(*)", "-count(*)", 1),
				rowsAsCells(g, tier, "class.status", affected))
		}
	}
	cells := map[cell]int64{}
	err := each(ctx, tx, strings.Join(parts, "\nUNION ALL\n"), nil, func(scan func(...any) error) error {
		c, n, err := scanCell(scan)
		cells[c] += n
		return err
	})
	if err != nil {
		return 0, err
	}
	if err := writeCells(ctx, tx, cells); err != nil {
		return 0, err
	}
	result, err := tx.ExecContext(ctx, fmt.Sprintf("UPDATE %s r SET status = class.status FROM class WHERE class.code = r.error_code AND r.status <> class.status", Table(activity.SignIn)))
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
