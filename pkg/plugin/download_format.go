package plugin

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// A format writes records to a file.
type format interface {
	contentType() string
	begin() error
	record(values []string) error
	end() error
	// broken ends a file that cannot be completed, so that nobody takes it for complete.
	broken(message string)
}

// The formats of downloads: CSV is for people and their spreadsheets, JSON for programs.
const (
	formatCSV  = "csv"
	formatJSON = "json"
)

func newFormat(name string, columns []*activity.Field, w io.Writer) (format, error) {
	switch name {
	case "", formatCSV:
		f := &csvFormat{columns: columns, row: make([]string, len(columns)), file: w, writer: csv.NewWriter(w)}
		f.writer.UseCRLF = true
		return f, nil
	case formatJSON:
		return newJSONFormat(columns, w), nil
	}
	return nil, &query.InvalidError{Part: "format", Problem: fmt.Sprintf("unknown format %q: use csv or json", name)}
}

// csvFormat is RFC 4180 in UTF-8. As in the portal's downloads, it begins with the byte order mark by which spreadsheets
// know UTF-8, and its titles are the portal's labels.
type csvFormat struct {
	columns []*activity.Field
	row     []string
	file    io.Writer
	writer  *csv.Writer
}

func (f *csvFormat) contentType() string { return "text/csv; charset=utf-8; header=present" }

func (f *csvFormat) begin() error {
	if _, err := io.WriteString(f.file, "\uFEFF"); err != nil {
		return err
	}
	for i, c := range f.columns {
		f.row[i] = c.Label
	}
	return f.writer.Write(f.row)
}

func (f *csvFormat) record(values []string) error {
	for i, text := range values {
		switch f.columns[i].Type {
		case activity.Integer, activity.Number: // may begin with a minus
			f.row[i] = text
		default:
			f.row[i] = harmless(text)
		}
	}
	return f.writer.Write(f.row)
}

func (f *csvFormat) end() error {
	f.writer.Flush()
	return f.writer.Error()
}

func (f *csvFormat) broken(message string) {
	_ = f.writer.Write([]string{"THIS FILE IS INCOMPLETE. " + message})
	f.writer.Flush()
}

// harmless prevents spreadsheets from calculating a text as a formula: they take an apostrophe for "this is text". Anybody
// can write a formula into the name of a device or an application, or into a user agent.
// https://owasp.org/www-community/attacks/CSV_Injection
func harmless(text string) string {
	if first, _ := utf8.DecodeRuneInString(text); text != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + text
	}
	return text
}

// jsonFormat is an array of objects, one a line, with Graph's names. What a record does not have is null.
type jsonFormat struct {
	columns []*activity.Field
	names   [][]byte
	file    io.Writer
	line    bytes.Buffer
	encoder *json.Encoder
	started bool
}

func newJSONFormat(columns []*activity.Field, w io.Writer) *jsonFormat {
	f := &jsonFormat{columns: columns, file: w}
	f.encoder = json.NewEncoder(&f.line)
	f.encoder.SetEscapeHTML(false)
	for i, c := range columns {
		separator := ","
		if i == 0 {
			separator = "{"
		}
		f.names = append(f.names, []byte(separator+strconv.Quote(c.Name)+":"))
	}
	return f
}

func (f *jsonFormat) contentType() string { return "application/json" }

func (f *jsonFormat) begin() error {
	_, err := io.WriteString(f.file, "[")
	return err
}

func (f *jsonFormat) record(values []string) error {
	f.line.Reset()
	if f.started {
		f.line.WriteByte(',')
	}
	f.started = true
	f.line.WriteByte('\n')
	for i, text := range values {
		f.line.Write(f.names[i])
		if err := f.value(f.columns[i].Type, text); err != nil {
			return err
		}
	}
	f.line.WriteByte('}')
	_, err := f.file.Write(f.line.Bytes())
	return err
}

func (f *jsonFormat) value(t activity.Type, text string) error {
	switch {
	case t == activity.List && text == "":
		f.line.WriteString("[]")
	case text == "":
		f.line.WriteString("null")
	case t == activity.List || t == activity.Integer || t == activity.Number || t == activity.Boolean: // JSON already
		f.line.WriteString(text)
	default:
		err := f.encoder.Encode(text)
		f.line.Truncate(f.line.Len() - 1) // the line break after it
		return err
	}
	return nil
}

func (f *jsonFormat) end() error {
	_, err := io.WriteString(f.file, "\n]\n")
	return err
}

// broken leaves the array open.
func (f *jsonFormat) broken(string) {}
