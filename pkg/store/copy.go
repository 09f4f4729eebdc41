package store

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"github.com/jmoiron/sqlx"
)

// copyChunk is how much of a table's text is sent at once.
const copyChunk = 64 << 10

// copyIn streams n rows into a table, in the transaction that is open on the connection. row appends the columns of the
// i-th, with a tab behind each. The driver gets the text as it is sent, as it takes longer over single values than
// PostgreSQL over the row.
func copyIn(ctx context.Context, conn *sqlx.Conn, table string, columns []string, n int, row func(b []byte, i int) []byte) error {
	return conn.Raw(func(raw any) error {
		statement, err := raw.(driver.ConnPrepareContext).PrepareContext(ctx, fmt.Sprintf("COPY %s (%s) FROM STDIN", table, strings.Join(columns, ", ")))
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
			// It is copied, and given the end of its last line.
			if _, err := stream.CopyData(ctx, unsafe.String(unsafe.SliceData(b), last)); err != nil {
				return errors.Join(err, statement.Close())
			}
			b = b[:0]
		}
		return statement.Close() // which waits for what PostgreSQL says
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

func appendText(b []byte, text string) []byte {
	return append(appendEscaped(b, unsafe.Slice(unsafe.StringData(text), len(text))), '\t')
}

func appendJSON(b, text []byte) []byte { return append(appendEscaped(b, text), '\t') }

// appendEscaped looks for what has to be escaped in pieces, as most have none of it.
func appendEscaped(b, text []byte) []byte {
	for piece := range slices.Chunk(text, 512) {
		if bytes.IndexByte(piece, '\\') < 0 && bytes.IndexByte(piece, '\n') < 0 && bytes.IndexByte(piece, '\t') < 0 && bytes.IndexByte(piece, '\r') < 0 {
			b = append(b, piece...)
			continue
		}
		for _, c := range piece {
			switch c {
			case '\\':
				b = append(b, '\\', '\\')
			case '\n':
				b = append(b, '\\', 'n')
			case '\t':
				b = append(b, '\\', 't')
			case '\r':
				b = append(b, '\\', 'r')
			default:
				b = append(b, c)
			}
		}
	}
	return b
}
