package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

// copyChunk is how much of a table's text is sent at once.
const copyChunk = 64 << 10

// copyIn streams n rows into a table, in the transaction that is open on the connection. row appends the columns of the
// i-th row, with a tab behind each. The driver gets whole chunks of text: it spends more time on single values than
// PostgreSQL on the row.
func copyIn(ctx context.Context, conn *sqlx.Conn, table string, columns []string, n int, row func(b []byte, i int) []byte) error {
	return conn.Raw(func(raw any) error {
		query := fmt.Sprintf("COPY %s (%s) FROM STDIN", table, strings.Join(columns, ", "))
		statement, err := raw.(driver.ConnPrepareContext).PrepareContext(ctx, query)
		if err != nil {
			return err
		}
		stream := statement.(interface {
			CopyData(ctx context.Context, line string) (driver.Result, error)
		})
		b := make([]byte, 0, copyChunk+copyChunk/4)
		for i := range n {
			b = row(b, i)
			last := len(b) - 1
			if last < copyChunk && i < n-1 {
				b[last] = '\n'
				continue
			}
			if _, err := stream.CopyData(ctx, string(b[:last])); err != nil { // which ends the last line
				return errors.Join(err, statement.Close())
			}
			b = b[:0]
		}
		return statement.Close() // which waits for PostgreSQL's reply
	})
}

// What follows appends a column to a row for COPY.

func appendNull(b []byte) []byte { return append(b, '\\', 'N', '\t') }

func appendInteger(b []byte, n int32) []byte {
	return append(strconv.AppendInt(b, int64(n), 10), '\t')
}

func appendTime(b []byte, t time.Time) []byte {
	return append(t.AppendFormat(b, time.RFC3339Nano), '\t')
}

var copyEscapes = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\t", `\t`, "\r", `\r`)

// appendText escapes text piece by piece, as most pieces have nothing to escape, which is quick to see.
func appendText(b []byte, text string) []byte {
	for len(text) > 0 {
		piece := text[:min(512, len(text))]
		text = text[len(piece):]
		b = append(b, copyEscapes.Replace(piece)...)
	}
	return append(b, '\t')
}
