// Package ingest brings files of sign-ins, audit events, provisioning events, risk detections and risky users into the
// store, whatever shape they were exported in.
package ingest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/entra-activity/entra-activity-datasource/internal/ingest/dates"
	"github.com/entra-activity/entra-activity-datasource/internal/ingest/jsonstream"
	"github.com/entra-activity/entra-activity-datasource/internal/ingest/loganalytics"
	"github.com/entra-activity/entra-activity-datasource/internal/ingest/portal"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// maxRecord is the size of the largest record that is read. Real ones have a few kilobytes.
const maxRecord = 16 << 20

// A Refusal is a part of a source that is not kept.
type Refusal struct {
	Source string         // the file's name
	Line   int64          // the line in it where the part begins; 0 if it has none
	Kind   *activity.Kind // nil if it could not be told
	Reason string
	Text   string // how the part begins
}

// A Reject is a refusal as a line of the file to which an import adds what is refused.
type Reject struct {
	Source string  `json:"source"`
	Line   int64   `json:"line,omitempty"`
	Kind   string  `json:"kind,omitempty"`
	Reason string  `json:"reason"`
	Record *string `json:"record"`
}

// maxRefused is how much of a refused part is kept.
const maxRefused = 64 << 10

// A Sink takes what is read, with the line in which it begins; 0 if there are no lines. An error ends the reading.
type Sink interface {
	Record(record *activity.Record, line int64) error
	Refuse(Refusal) error
}

// Read gives sink all that a source holds, in its order: JSON in any arrangement that jsonstream reads, or CSV, gzipped
// or not, in UTF-8, UTF-16 or, as spreadsheets save CSV in the West, Windows-1252. No more than one record is held. The
// name is for refusals, and tells apart those downloads of the portal that differ in nothing else. Records that do not
// name their tenant are taken for those of the one given.
func Read(ctx context.Context, source io.Reader, name, tenant string, sink Sink) error {
	text, err := Plain(source)
	if err != nil {
		return err
	}
	in := reading{ctx: ctx, name: name, decoder: NewDecoder(tenant), sink: sink}
	start, err := text.Peek(4096)
	if len(start) == 0 && !errors.Is(err, io.EOF) {
		return err
	}
	first := bytes.TrimLeft(start, " \t\r\n")
	switch {
	case len(first) == 0 && errors.Is(err, io.EOF):
		return nil
	case len(first) == 0 || bytes.IndexByte([]byte("{[<"), first[0]) >= 0:
		return in.json(text)
	case bytes.HasPrefix(first, []byte("PK\x03\x04")):
		return in.refuse(1, nil, "this is a ZIP archive or a workbook: unpack it, or save it as CSV", nil)
	case bytes.IndexByte(first, 0) >= 0:
		return in.refuse(1, nil, "this is neither text nor gzip", nil)
	case bytes.ContainsAny(first[:max(bytes.IndexByte(first, '\n'), 0)], ",;\t"):
		return in.csv(text)
	}
	return in.json(text) // to find the JSON in it
}

// Plain returns the text of a source without what it is wrapped in: gzip, UTF-16, a byte order mark.
func Plain(source io.Reader) (*bufio.Reader, error) {
	text := bufio.NewReaderSize(source, 256<<10)
	for range 3 { // some zip what is zipped
		if magic, _ := text.Peek(2); !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
			break
		}
		unzipped, err := gzip.NewReader(text)
		if err != nil {
			return nil, damage(err)
		}
		text = bufio.NewReaderSize(unzippedReader{unzipped}, 256<<10)
	}
	start, _ := text.Peek(3)
	mark := unicode.UseBOM
	switch {
	case bytes.Equal(start, []byte{0xef, 0xbb, 0xbf}):
		text.Discard(3) //nolint:errcheck // they were seen
		return text, nil
	case bytes.HasPrefix(start, []byte{0xff, 0xfe}), bytes.HasPrefix(start, []byte{0xfe, 0xff}):
	case len(start) == 3 && start[0] != 0 && start[1] == 0: // JSON and CSV begin with ASCII
		mark = unicode.IgnoreBOM
	default:
		return text, nil
	}
	return bufio.NewReaderSize(unicode.UTF16(unicode.LittleEndian, mark).NewDecoder().Reader(text), 256<<10), nil
}

// unzippedReader says what is wrong with a gzip file that cannot be read to its end.
type unzippedReader struct{ *gzip.Reader }

func (u unzippedReader) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	return n, damage(err)
}

var errCutShort = errors.New("the gzip file ends too early: copy it again")

func damage(err error) error {
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errCutShort
	}
	return fmt.Errorf("the gzip file is damaged: %w", err)
}

// reading is a source being read.
type reading struct {
	ctx     context.Context
	name    string
	decoder *Decoder
	sink    Sink
}

func (in *reading) refuse(line int64, kind *activity.Kind, reason string, text []byte) error {
	if len(text) > maxRefused {
		text = text[:maxRefused]
	}
	return in.sink.Refuse(Refusal{in.name, line, kind, reason, strings.ToValidUTF8(string(text), "\uFFFD")})
}

// take passes a record on, or the reason why it is none.
func (in *reading) take(record *activity.Record, err error, line int64, text []byte) error {
	if err == nil {
		return in.sink.Record(record, line)
	}
	var kind *activity.Kind
	if record != nil {
		kind = record.Kind
	}
	return in.refuse(line, kind, err.Error(), text)
}

// takeAll passes on the records that a JSON object holds.
func (in *reading) takeAll(object []byte, line int64) error {
	for record, err := range in.decoder.All(object) {
		if err := in.take(record, err, line, object); err != nil {
			return err
		}
	}
	return nil
}

func (in *reading) json(text io.Reader) error {
	records := jsonstream.NewReader(text, maxRecord)
	rows := loganalytics.Rows{}
	rejects := false
	for in.ctx.Err() == nil {
		found, err := records.Next()
		var broken *jsonstream.BrokenError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &broken):
			if markup.Match(broken.Text) {
				broken.Reason = "this is a web page or XML, perhaps an error or a page to sign in that was saved in " +
					"place of the records"
			}
			err = in.refuse(broken.Line, nil, broken.Reason, broken.Text)
		case err != nil:
			return fmt.Errorf("line %d: %w", records.Line(), err)
		case isReject(found.Data):
			if !rejects { // once for the file
				rejects = true
				err = in.refuse(found.Line, nil, "this is a file of rejects: import the files that it names", nil)
			}
		case found.Error:
			if failure := in.decoder.incomplete(found.Data); failure != nil {
				err = in.take(nil, failure, found.Line, found.Data)
			}
		default:
			object := found.Data
			if found.Columns != nil {
				object, err = rows.Object(found.Columns, found.Data)
			}
			if err == nil {
				err = in.takeAll(object, found.Line)
			} else {
				err = in.take(nil, err, found.Line, object)
			}
		}
		if err != nil {
			return err
		}
	}
	return in.ctx.Err()
}

var markup = regexp.MustCompile(`^<[!?A-Za-z]`)

// isReject reports whether an object is a Reject.
func isReject(object []byte) bool {
	if !bytes.HasPrefix(object, []byte(`{"source":`)) { // as nothing else begins
		return false
	}
	strict := json.NewDecoder(bytes.NewReader(object))
	strict.DisallowUnknownFields()
	var line Reject
	return strict.Decode(&line) == nil && line.Reason != "" && line.Record != nil
}

func (in *reading) csv(text *bufio.Reader) error {
	start, _ := text.Peek(text.Size())
	var source io.Reader = text
	if !utf8.Valid(start[:bytes.LastIndexByte(start, '\n')+1]) {
		source = charmap.Windows1252.NewDecoder().Reader(text)
	}
	bounded := &boundedReader{source: source}
	rows := csv.NewReader(bounded)
	rows.Comma = separator(start)
	rows.FieldsPerRecord = -1
	rows.LazyQuotes = true
	rows.ReuseRecord = true

	var header []string
	var download *portal.Download
	var times timeColumns
	var object []byte
	for in.ctx.Err() == nil {
		bounded.room = maxRecord
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		line, _ := rows.FieldPos(0)
		if errors.Is(err, errTooLarge) {
			return in.refuse(int64(line), nil, fmt.Sprintf("a row is larger than %d MiB: a quotation mark may be "+
				"missing. The rest of the file is not read", maxRecord>>20), nil)
		} else if err != nil {
			return err
		}
		switch {
		case header == nil && strings.HasPrefix(row[0], "sep="): // a note to spreadsheets
			continue
		case header == nil:
			header = distinct(row)
			if download = portal.Open(in.decoder.extractor, path.Base(in.name), row, start); download == nil {
				times = timeColumns{dates: dates.NewReader(start, false), header: header}
			}
			continue
		case strings.Join(row, "") == "": // as spreadsheets leave behind
			continue
		}
		object = appendObject(object[:0], header, row)
		var record *activity.Record
		if download != nil {
			record, err = download.Record(row)
		} else {
			var legible []byte
			if legible, err = times.legible(object, row); err == nil {
				record, err = in.decoder.Decode(legible)
			}
		}
		if err == nil {
			record.Raw = bytes.Clone(object)
		}
		if err := in.take(record, err, int64(line), object); err != nil {
			return err
		}
	}
	return in.ctx.Err()
}

// timeColumns are the columns of a table whose titles speak of times.
type timeColumns struct {
	dates  *dates.Reader
	header []string
	object []byte
}

// legible gives a row's times the form of ISO 8601 where people's own settings wrote them, and returns the row as an
// object: the one it is, where there are none. It is valid until the next.
func (c *timeColumns) legible(object []byte, row []string) ([]byte, error) {
	rewritten := false
	for i, title := range c.header[:min(len(c.header), len(row))] {
		if !strings.Contains(title, "Time") {
			continue
		}
		iso, err := c.dates.ISO(row[i])
		if err != nil {
			return nil, err
		}
		rewritten = rewritten || iso != row[i]
		row[i] = iso
	}
	if !rewritten {
		return object, nil
	}
	c.object = appendObject(c.object[:0], c.header, row)
	return c.object, nil
}

// separator returns what stands between the columns of a header.
func separator(start []byte) rune {
	line, rest, _ := bytes.Cut(bytes.TrimLeft(start, " \r\n"), []byte("\n"))
	if mark, found := bytes.CutPrefix(bytes.TrimSpace(line), []byte("sep=")); found && len(mark) == 1 {
		return rune(mark[0])
	} else if found {
		line, _, _ = bytes.Cut(rest, []byte("\n"))
	}
	best, most := ',', 0
	for _, mark := range ",;\t" {
		count, quoted := 0, false
		for _, c := range line {
			if c == '"' {
				quoted = !quoted
			} else if rune(c) == mark && !quoted {
				count++
			}
		}
		if count > most {
			best, most = mark, count
		}
	}
	return best
}

// distinct returns a header without the blanks that titles carry for no reason, with numbers for those that come again.
func distinct(header []string) []string {
	titles, seen := make([]string, len(header)), map[string]int{}
	for i, title := range header {
		title = strings.Join(strings.Fields(title), " ")
		if seen[title]++; seen[title] > 1 {
			title = fmt.Sprintf("%s %d", title, seen[title])
		}
		titles[i] = title
	}
	return titles
}

// appendObject writes a row as a JSON object.
func appendObject(b []byte, header, row []string) []byte {
	b = append(b, '{')
	for i, value := range row {
		title := fmt.Sprintf("column %d", i+1)
		if i < len(header) {
			title = header[i]
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, title)
		b = append(b, ':')
		b = appendText(b, value)
	}
	return append(b, '}')
}

func appendText(b []byte, text string) []byte {
	quoted, _ := json.Marshal(text) // a string always can be
	return append(b, quoted...)
}

var errTooLarge = errors.New("too large")

// boundedReader reads no more than there is room for.
type boundedReader struct {
	source io.Reader
	room   int
}

func (b *boundedReader) Read(p []byte) (int, error) {
	if b.room <= 0 {
		return 0, errTooLarge
	}
	n, err := b.source.Read(p)
	b.room -= n
	return n, err
}
