package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// ownClasses returns the operator's own classes.
func ownClasses(ctx context.Context, tx *sqlx.Tx) (activity.Classes, error) {
	var rows []struct {
		Code  int
		Class string
	}
	err := tx.SelectContext(ctx, &rows, "SELECT error_code AS code, class FROM entra.own_class")
	own := activity.Classes{}
	for _, row := range rows {
		own[row.Code] = row.Class
	}
	return own, err
}

// Reclassify changes the classes of error codes (list empty: the same list; own: classes to set, empty ones to forget)
// and gives stored sign-ins the class they have by now, in rows and rollup. It returns how many rows changed. Totals keep
// what was counted, and so does the rollup of times whose rows retention has removed. Writers wait meanwhile.
func Reclassify(ctx context.Context, db *DB, list activity.CodeList, own activity.Classes) (changed int64, err error) {
	err = db.transact(ctx, func(tx *sqlx.Tx) error {
		classes, err := changeClasses(ctx, tx, list, own)
		if err == nil {
			changed, err = reclassifyRows(ctx, tx, classes)
		}
		return err
	})
	return changed, err
}

// changeClasses stores another list and the operator's own classes, and returns the classes by now.
func changeClasses(ctx context.Context, tx *sqlx.Tx, list activity.CodeList, own activity.Classes) (activity.Classes, error) {
	var name activity.CodeList
	if err := tx.GetContext(ctx, &name, `UPDATE entra.classification SET version = version + 1, list = coalesce(nullif($1, ''), list)
RETURNING list`, string(list)); err != nil {
		return nil, err
	}
	for _, code := range slices.Sorted(maps.Keys(own)) {
		statement, args := "DELETE FROM entra.own_class WHERE error_code = $1", []any{code}
		if own[code] != "" {
			statement = "INSERT INTO entra.own_class VALUES ($1, $2) ON CONFLICT (error_code) DO UPDATE SET class = excluded.class"
			args = append(args, own[code])
		}
		if _, err := tx.ExecContext(ctx, statement, args...); err != nil {
			return nil, err
		}
	}
	stored, err := ownClasses(ctx, tx)
	return name.Classes(stored), err
}

func reclassifyRows(ctx context.Context, tx *sqlx.Tx, classes activity.Classes) (int64, error) {
	codes := slices.Sorted(maps.Keys(classes))
	// The class of every code that occurs, listed or not.
	if _, err := tx.ExecContext(ctx, `CREATE TEMP TABLE class ON COMMIT DROP AS
SELECT u.code, coalesce(c.status, $3::smallint) AS status
FROM (SELECT DISTINCT error_code AS code FROM entra.sign_in WHERE error_code IS NOT NULL) u
LEFT JOIN unnest($1::int[], $2::smallint[]) AS c(code, status) ON c.code = u.code`,
		pq.Array(codes), column(codes, func(code int) int32 { return int32(StatusCode(classes[code])) }), StatusCode(activity.Failure),
	); err != nil {
		return 0, err
	}
	cells := map[cell]int64{}
	for status, sign := range map[string]int64{"r.status": -1, "class.status": 1} {
		query := rowsAsAllCells(groupingsOf(activity.SignIn), status,
			"JOIN class ON class.code = r.error_code WHERE r.status <> class.status")
		if err := eachCell(ctx, tx, query, nil, func(c cell, n int64) { cells[c] += sign * n }); err != nil {
			return 0, err
		}
	}
	if err := writeCells(ctx, tx, cells); err != nil {
		return 0, err
	}
	result, err := tx.ExecContext(ctx, fmt.Sprintf(`UPDATE %s r SET status = class.status FROM class
WHERE class.code = r.error_code AND r.status <> class.status`, Table(activity.SignIn)))
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
