package sqlgen

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// Dictionary looks up what stands for texts. A few IDs in a statement serve better than the query for them does.
type Dictionary interface {
	// Few returns the IDs that a statement selects. ok is false if they are more than a few.
	Few(ctx context.Context, sql string, args []any) (ids []int32, ok bool, err error)
	// Matching returns the IDs whose text matches; the statement selects IDs and texts.
	Matching(ctx context.Context, sql string, match func(string) bool) ([]int32, error)
	// Occurring returns the values whose text matches; the statement selects values and texts. ok is false if it selects
	// more than MaxOccurring.
	Occurring(ctx context.Context, sql string, args []any, match func(string) bool) (values []string, ok bool, err error)
}

const fewIDs = 1000

// MaxOccurring is how many values a regular expression is tried on, where no dictionary has them.
const MaxOccurring = 200_000

// Transaction is the dictionary that a transaction sees.
type Transaction struct{ *sqlx.Tx }

// Few implements Dictionary.
func (tx Transaction) Few(ctx context.Context, sql string, args []any) (ids []int32, ok bool, err error) {
	err = tx.SelectContext(ctx, &ids, fmt.Sprintf("%s LIMIT %d", sql, fewIDs+1), args...)
	return ids, len(ids) <= fewIDs, err
}

// Matching implements Dictionary.
func (tx Transaction) Matching(ctx context.Context, sql string, match func(string) bool) ([]int32, error) {
	ids, _, err := matching[int32](ctx, tx, sql, nil, match)
	return ids, err
}

// Occurring implements Dictionary.
func (tx Transaction) Occurring(
	ctx context.Context, sql string, args []any, match func(string) bool,
) (values []string, ok bool, err error) {
	values, n, err := matching[string](ctx, tx, fmt.Sprintf("%s LIMIT %d", sql, MaxOccurring+1), args, match)
	return values, n <= MaxOccurring, err
}

// matching returns the values whose text matches, each once where rows repeat it, and the number of rows.
func matching[T comparable](
	ctx context.Context, tx Transaction, sql string, args []any, match func(string) bool,
) (values []T, n int, err error) {
	rows, err := tx.QueryContext(ctx, sql, args...)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	values = []T{}
	for ; rows.Next(); n++ {
		var value T
		var text string
		if err := rows.Scan(&value, &text); err != nil {
			return nil, 0, err
		}
		if match(text) && (len(values) == 0 || values[len(values)-1] != value) {
			values = append(values, value)
		}
	}
	return values, n, rows.Err()
}
