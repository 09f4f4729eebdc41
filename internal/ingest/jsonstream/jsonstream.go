// Package jsonstream finds the records in JSON of any size without holding more than one of them.
//
// Records come as one object, one per line (NDJSON), one behind the other, in an array, or in the page that Microsoft
// Graph ({"value": [...]}), Azure Monitor ({"records": [...]}) and Defender ({"results": [...]}) put around them, or as
// the rows of Log Analytics' tables ({"tables": [{"columns": [...], "rows": [[...], ...]}]}). Any of these may be
// pretty-printed and inside another. An error that a service returns beside its records is found with them.
// Only the structure is checked. Whether a record is valid JSON is for its reader to find out.
package jsonstream

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A Record is one object of the stream, or one row of a table.
type Record struct {
	Data    []byte // valid until the next call of Next
	Line    int64  // the line it begins in, counted from 1
	Columns []byte // of a row, which is a list: the list of its columns, the same one until the table ends
	Error   bool   // it is no record, but the error that a page of records has beside them
}

// A BrokenError is a part of the stream that holds no record. Reading goes on behind it.
type BrokenError struct {
	Line   int64
	Text   []byte // how the part begins
	Reason string
}

func (e *BrokenError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

const (
	chunk    = 256 << 10
	keptText = 64 << 10 // of a broken part
	maxDepth = 1000
)

// A Reader reads the records of a stream.
type Reader struct {
	source io.Reader
	failed error // what the source said last
	limit  int

	buffer []byte
	start  int // of the record, or of what comes before it
	pos    int // of the next byte to look at

	line   int64 // of start
	column int   // of start, in bytes
	bare   bool  // only blanks come before start in its line

	around   []byte // the brackets open around the record; that of a table's rows is a round one
	within   []byte // the brackets open within it
	key      []byte // the last text directly within a page
	columns  []byte // the list in the table that the reader is in
	failure  []byte // the error that stands before the list of the page that the reader is coming to
	oversize []byte // the beginning of a record beyond the limit; nil while it is within
	began    int64  // the line in which that record begins
}

// NewReader returns a reader of the records, each of at most limit bytes, in source.
func NewReader(source io.Reader, limit int) *Reader {
	return &Reader{source: source, limit: limit, buffer: make([]byte, 0, 2*chunk), line: 1, bare: true}
}

// Line returns the line the reader has come to.
func (r *Reader) Line() int64 { return r.line }

// Next returns the next record. Its error is io.EOF at the end, a *BrokenError where the stream holds no record, and
// otherwise what the source failed with.
func (r *Reader) Next() (Record, error) {
	r.pass()
	for r.pos < len(r.buffer) || r.fill() {
		if strings.IndexByte(between, r.buffer[r.pos]) >= 0 {
			r.pos++
		} else if record, err := r.step(); err != nil || record.Data != nil {
			return record, err
		}
	}
	r.pass()
	switch {
	case !errors.Is(r.failed, io.EOF):
		return Record{}, r.failed
	case len(r.around) > 0:
		r.around = r.around[:0]
		return Record{}, &BrokenError{Line: r.line, Reason: "the file ends inside a list: it is probably incomplete"}
	}
	return Record{}, io.EOF
}

// between is what separates records. Files put together keep their byte order marks.
const between = " \n\r\t,\xef\xbb\xbf"

// step passes over what begins at pos. The record has no data if that is no record.
func (r *Reader) step() (Record, error) {
	inner := r.inner()
	switch c := r.buffer[r.pos]; {
	case c == '[' && (inner == 0 || inner == '[' || inner == '{' && isPage(r.key)):
		r.pos++
		if r.around = append(r.around, c); len(r.around) > maxDepth {
			r.pass()
			return Record{}, r.broken("its lists are nested too deep")
		}
	case c == '}' && inner == '{', c == ']' && (inner == '[' || inner == '('):
		r.pos++
		r.around = r.around[:len(r.around)-1]
	case c == '"' && inner == '{':
		r.pass()
		if reason := r.name(); reason != "" {
			return Record{}, r.broken(reason)
		}
		r.oversize = nil
	case c == '{' || c == '[': // of which the latter is something else in a page, or a row
		return r.element(inner)
	case inner == '{': // a number, a literal or a colon
		r.pos++
	default:
		r.pass()
		if inner == '[' && r.scalar() {
			text := bytes.Clone(r.buffer[r.start:r.pos])
			return Record{}, &BrokenError{r.line, text, "a list of records has something else in it"}
		}
		return Record{}, r.broken("this is not JSON")
	}
	return Record{}, nil
}

// inner returns the innermost bracket around the record; 0 if there is none.
func (r *Reader) inner() byte {
	if len(r.around) == 0 {
		return 0
	}
	return r.around[len(r.around)-1]
}

// element passes over the object or list at pos: a record, the head of a page or table, or a property of a page.
func (r *Reader) element(inner byte) (Record, error) {
	r.pass()
	isFailure := inner == '{' && r.buffer[r.pos] == '{' && isError(r.key)
	r.within, r.key = r.within[:0], r.key[:0]
	var list byte
	var reason string
	if inner == '{' || inner == '(' {
		reason = r.value()
	} else {
		list, reason = r.object()
	}
	switch {
	case reason != "":
		return Record{}, r.broken(reason)
	case list != 0:
		r.oversize = nil
		r.around = append(r.around, '{', list)
		return Record{Data: r.failure, Line: r.line, Error: true}, nil
	case r.oversize != nil:
		broken := &BrokenError{r.began, r.oversize, fmt.Sprintf("the record is larger than %d MiB", r.limit>>20)}
		r.oversize = nil
		return Record{}, broken
	case inner == '{' && !isFailure:
		return Record{}, nil
	}
	found := Record{Data: r.buffer[r.start:r.pos], Line: r.line, Error: isFailure}
	if inner == '(' {
		found.Columns = r.columns
	}
	return found, nil
}

// scalar passes over the text, number or literal at pos.
func (r *Reader) scalar() bool {
	if r.buffer[r.pos] == '"' {
		return r.text() == "" && r.oversize == nil
	}
	for r.pos < len(r.buffer) || r.fill() {
		if c := r.buffer[r.pos]; strings.IndexByte(",] \n\r\t", c) >= 0 {
			return json.Valid(r.buffer[r.start:r.pos])
		} else if c == '"' || c == '{' || c == '[' || r.pos-r.start > 100 {
			return false
		}
		r.pos++
	}
	return false
}

func isPage(key []byte) bool {
	for _, name := range []string{"value", "records", "results", "tables"} {
		if strings.EqualFold(string(key), name) {
			return true
		}
	}
	return false
}

func isError(key []byte) bool { return bytes.EqualFold(key, []byte("error")) }

// Why an object or list is no record.
const (
	cutOff    = "the file ends in the middle of a record"
	misplaced = "the record is not valid JSON: a bracket opens where none may"
	unopened  = "the record is not valid JSON: a bracket closes that was not opened"
)

// object passes over the object at pos, or over the head of a page or table up to and including the bracket of its
// list, which it returns: a round one for a table's rows.
func (r *Reader) object() (list byte, reason string) {
	r.columns, r.failure = nil, nil
	before := byte('{') // the last byte that is no blank
	r.within = append(r.within, before)
	r.pos++
	for r.pos < len(r.buffer) || r.fill() {
		c := r.buffer[r.pos]
		switch c {
		case ' ', '\n', '\r', '\t':
			r.pos++
			continue
		case '"':
			reason = r.name()
		case '{', '[':
			if before != ':' {
				return 0, misplaced
			}
			list, reason = r.property(c)
		case '}':
			r.pos++
			return 0, ""
		case ']':
			return 0, unopened
		default:
			r.pos++
		}
		if list != 0 || reason != "" {
			return list, reason
		}
		before = c
	}
	return 0, cutOff
}

// name passes over the text at pos and keeps it as the key.
func (r *Reader) name() string {
	begin := r.pos - r.start // fill moves what is in the buffer
	reason := r.text()
	r.key = r.key[:0]
	if reason == "" && r.oversize == nil {
		r.key = append(r.key, r.buffer[r.start+begin+1:r.pos-1]...)
	}
	return reason
}

// property passes over the object or list at pos, or over the bracket of a page's or table's list, which it returns. It
// keeps what belongs to such a list.
func (r *Reader) property(c byte) (list byte, reason string) {
	var kept *[]byte
	switch {
	case c == '[' && isPage(r.key):
		r.pos++
		return '[', ""
	case c == '[' && r.columns != nil && bytes.EqualFold(r.key, []byte("rows")):
		r.pos++
		return '(', ""
	case c == '[' && bytes.EqualFold(r.key, []byte("columns")):
		kept = &r.columns
	case c == '{' && isError(r.key):
		kept = &r.failure
	}
	begin := r.pos - r.start // fill moves what is in the buffer
	reason = r.value()
	if kept != nil && reason == "" && r.oversize == nil {
		*kept = bytes.Clone(r.buffer[r.start+begin : r.pos])
	}
	return 0, reason
}

// value passes over the object or list at pos.
func (r *Reader) value() string {
	depth, pos := len(r.within), r.pos
	before := r.buffer[pos] // the last byte that is no blank
	r.within = append(r.within, before)
	for {
		if pos++; pos == len(r.buffer) {
			if r.pos = pos; !r.fill() {
				return cutOff
			}
			pos = r.pos
		}
		c := r.buffer[pos]
		switch c {
		case ' ', '\n', '\r', '\t':
			continue
		case '"':
			r.pos = pos
			if reason := r.text(); reason != "" {
				return reason
			}
			pos = r.pos - 1
		case '{', '[':
			r.pos = pos
			inside := r.within[len(r.within)-1]
			if inside == '{' && before != ':' || inside == '[' && before != '[' && before != ',' {
				return misplaced
			}
			if r.within = append(r.within, c); len(r.within) > maxDepth {
				return "the record is nested too deep"
			}
		case '}', ']':
			r.pos = pos
			last := len(r.within) - 1
			if (c == '}') != (r.within[last] == '{') {
				return unopened
			}
			if r.within = r.within[:last]; last == depth {
				r.pos++
				return ""
			}
		}
		before = c
	}
}

// text passes over the quoted text at pos.
func (r *Reader) text() string {
	r.pos++
	escaped := false // the text so far ends in a backslash that is not escaped itself
	for {
		rest := r.buffer[r.pos:]
		quote := bytes.IndexByte(rest, '"')
		part := rest
		if quote >= 0 {
			part = rest[:quote]
		}
		if newline := bytes.IndexByte(part, '\n'); newline >= 0 {
			r.pos += newline
			return "the record is not valid JSON: a line ends within a text"
		}
		if n := len(part); n > 0 && part[n-1] != '\\' {
			escaped = false
		} else {
			slashes := n - len(bytes.TrimRight(part, `\`))
			escaped = (escaped && slashes == n) != (slashes%2 == 1)
		}
		r.pos += len(part)
		if quote < 0 {
			if !r.fill() {
				return cutOff
			}
			continue
		}
		r.pos++
		if !escaped {
			return ""
		}
		escaped = false
	}
}

// pass leaves behind what was looked at.
func (r *Reader) pass() {
	passed := r.buffer[r.start:r.pos]
	if lines := bytes.Count(passed, []byte{'\n'}); lines > 0 {
		r.line += int64(lines)
		passed = passed[bytes.LastIndexByte(passed, '\n')+1:]
		r.column, r.bare = 0, true
	}
	r.column += len(passed)
	r.bare = r.bare && len(bytes.TrimLeft(passed, " \t\r")) == 0
	r.start = r.pos
}

// fill reads more of the source behind what is in the buffer.
func (r *Reader) fill() bool {
	if r.failed != nil {
		return false
	}
	if r.oversize == nil && r.pos-r.start > r.limit {
		r.oversize = bytes.Clone(r.buffer[r.start:min(r.start+keptText, r.pos)])
		r.began = r.line
	}
	if r.oversize != nil {
		r.pass()
	}
	if r.start > 0 {
		n := copy(r.buffer, r.buffer[r.start:])
		r.buffer, r.pos, r.start = r.buffer[:n], r.pos-r.start, 0
	}
	if cap(r.buffer)-len(r.buffer) < chunk {
		r.buffer = append(make([]byte, 0, 2*cap(r.buffer)), r.buffer...)
	}
	for range 100 {
		n, err := r.source.Read(r.buffer[len(r.buffer):cap(r.buffer)])
		r.buffer = r.buffer[:len(r.buffer)+n]
		r.failed = err
		if n > 0 || err != nil {
			return n > 0
		}
	}
	r.failed = io.ErrNoProgress
	return false
}

// broken gives up what begins at start and looks for the next record: at the beginning of a line that is indented like
// the one given up. A record in the middle of a line takes the rest of the line, and the lists it is in, with it.
func (r *Reader) broken(reason string) error {
	e := &BrokenError{Line: r.line, Reason: reason}
	if r.oversize != nil {
		e.Line, e.Text, r.oversize = r.began, r.oversize, nil
	}
	column := r.column
	if !r.bare {
		column, r.around = 0, r.around[:0]
		if r.pos < len(r.buffer) && r.buffer[r.pos] != '\n' {
			e.Reason += "; the rest of the line is not read"
		}
	}
	r.pos = r.start
	for {
		newline := bytes.IndexByte(r.buffer[r.pos:], '\n')
		if newline < 0 {
			r.pos = len(r.buffer)
		} else {
			r.pos += newline + 1
		}
		if room := keptText - len(e.Text); room > 0 {
			e.Text = append(e.Text, r.buffer[r.start:min(r.pos, r.start+room)]...)
		}
		r.pass()
		if newline < 0 {
			if !r.fill() {
				r.around = r.around[:0]
				return e
			}
			continue
		}
		if c := r.indented(column); c == '{' || c == '[' {
			return e
		}
		r.pos = r.start
	}
}

// indented returns the byte behind column blanks; 0 where the line at start does not begin with as many.
func (r *Reader) indented(column int) byte {
	for {
		if r.pos == len(r.buffer) && !r.fill() {
			return 0
		}
		c := r.buffer[r.pos]
		if blank := c == ' ' || c == '\t'; blank != (r.pos-r.start < column) {
			return 0
		} else if !blank {
			return c
		}
		r.pos++
	}
}
