package activity

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Fidelity ranks the sources of one record by how complete they are. A poorer source never replaces what a richer one
// said.
type Fidelity int16

// The fidelities, poorest first.
const (
	Summary  Fidelity = 1 // a row of a portal download in CSV
	Standard Fidelity = 2 // Graph v1.0
	Full     Fidelity = 3 // Graph beta, diagnostic records, Log Analytics rows, portal downloads in JSON
)

// Record is one record in canonical form, whatever shape it came in.
type Record struct {
	Kind     *Kind
	Tenant   string
	ID       string
	Time     time.Time
	Fidelity Fidelity
	Raw      []byte // the record as it came, in JSON

	values []string
	lists  map[int][]string
}

// NewRecord returns an empty record of a kind.
func NewRecord(kind *Kind) *Record {
	return &Record{Kind: kind, values: make([]string, len(kind.Fields))}
}

// Get returns a field's value as text, empty if the record has none. Integers are decimal, booleans "true" or
// "false", times in RFC 3339 with nanoseconds, in UTC.
func (r *Record) Get(f *Field) string {
	if value := r.values[f.index]; value != "" {
		return value
	}
	if f.Of != nil { // an entity's: none of those below
		return ""
	}
	switch f.Name {
	case "tenantId":
		return r.Tenant
	case "id":
		return r.ID
	case r.Kind.TimeField:
		return r.Time.UTC().Format(time.RFC3339Nano)
	}
	return ""
}

// List returns the values of a field of type List.
func (r *Record) List(f *Field) []string { return r.lists[f.index] }

// nobody is what Entra ID writes for the id of a user, a device and so on that it does not know. It is no id: sign-ins
// under names that do not exist would be those of one user, with whichever name came last.
const nobody = "00000000-0000-0000-0000-000000000000"

// Set gives a field its value. It returns an error, and leaves the field empty, when the text is not of the field's
// type: an odd value in one property is no reason to lose a record, whose raw form keeps it.
func (r *Record) Set(f *Field, text string) error {
	text = clean(text)
	switch f.Name {
	case "tenantId":
		r.Tenant = strings.ToLower(strings.TrimSpace(text))
		return nil
	case "id":
		r.ID = strings.TrimSpace(text)
		return nil
	}
	value, err := Canonical(f, text)
	if f.Type == Identifier && value == nobody {
		value = ""
	}
	if f.Name == r.Kind.TimeField {
		if value != "" {
			r.Time, _ = time.Parse(time.RFC3339Nano, value)
		}
		return err
	}
	r.values[f.index] = value
	return err
}

// SetList gives a field of type List its values.
func (r *Record) SetList(f *Field, values []string) {
	if len(values) == 0 {
		return
	}
	if r.lists == nil {
		r.lists = make(map[int][]string, 4)
	}
	for i, v := range values {
		values[i] = clean(v)
	}
	r.lists[f.index] = values
}

// clean takes out what text in a database cannot hold: NUL characters, and bytes that are not UTF-8.
func clean(text string) string {
	if strings.IndexByte(text, 0) >= 0 {
		text = strings.ReplaceAll(text, "\x00", "")
	}
	if !utf8.ValidString(text) { // quicker to ask than to mend
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	return text
}

// Complete derives the fields that follow from others. Sources call it once all they know is set.
func (r *Record) Complete() {
	if f := r.Kind.Field("clientAppClass"); f != nil {
		r.values[f.index] = ClientAppClass(r.values[r.Kind.Field("clientAppUsed").index])
	}
	if f := r.Kind.Field("latitude"); f != nil {
		// Entra ID writes 0, 0 for a place that it does not know. There is nobody at that spot of the ocean.
		latitude, longitude := &r.values[f.index], &r.values[r.Kind.Field("longitude").index]
		if strings.Trim(*latitude, "-") == "0" && strings.Trim(*longitude, "-") == "0" {
			*latitude, *longitude = "", ""
		}
	}
	if r.Kind == RiskyUser {
		// Graph's id is the user's; a state is the user at a time. Sources differ in the precision of that time.
		user := r.Kind.Field("userId")
		if r.values[user.index] == "" {
			r.values[user.index] = strings.ToLower(r.ID)
		}
		if r.ID != "" && !r.Time.IsZero() {
			r.ID = r.values[user.index] + "@" + r.Time.UTC().Format("2006-01-02T15:04:05Z")
		}
	}
}

// Times outside these bounds are slips of a clock or a format, and would only scatter partitions over the centuries.
var (
	earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Check returns why a record cannot be kept; nil if it can.
func (r *Record) Check() error {
	switch {
	case r.Time.IsZero():
		return fmt.Errorf("the record has no time: %s is missing or not a date", r.Kind.TimeField)
	case r.Time.Before(earliest) || !r.Time.Before(latest):
		at := r.Time.UTC().Format(time.RFC3339)
		return fmt.Errorf("the record's time %s is not between the years 2000 and 2099", at)
	case r.ID == "":
		return errors.New("the record has no id: without one it could not be told from others")
	}
	return nil
}

// Status returns the class of a record's outcome; empty for a record without one. A sign-in's follows from its error
// code; the status that some sources give counts only where there is no code.
func (r *Record) Status(classes Classes) string {
	if r.Kind == SignIn {
		if code := r.values[r.Kind.Field("errorCode").index]; code != "" {
			number, _ := strconv.Atoi(code)
			return classes.Of(number)
		}
	}
	if f := r.Kind.Field("status"); f != nil {
		return r.values[f.index]
	}
	return ""
}

// Canonical returns a value in the one form in which values of the field's type are kept.
func Canonical(f *Field, text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", nil
	}
	value, err := canonical(f, text)
	if err != nil {
		return "", fmt.Errorf("%s: %w", f.Name, err)
	}
	return value, nil
}

func canonical(f *Field, text string) (string, error) {
	switch f.Type {
	case Integer: // programs that know only one type of numbers write "50126.0"; no field is ever negative
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || n < 0 || n != float64(int32(n)) {
			return "", fmt.Errorf("%q is not a whole number from 0 to 2147483647", text)
		}
		return strconv.FormatInt(int64(n), 10), nil
	case Number:
		n, err := strconv.ParseFloat(text, 32)
		if err != nil || n != n || n > 1e30 || n < -1e30 {
			return "", fmt.Errorf("%q is not a number", text)
		}
		return strconv.FormatFloat(n, 'g', -1, 32), nil
	case Boolean:
		switch strings.ToLower(text) {
		case "true", "yes", "1":
			return "true", nil
		case "false", "no", "0":
			return "false", nil
		}
		return "", fmt.Errorf("%q is neither true nor false", text)
	case Time:
		t, err := ParseTime(text)
		return t.Format(time.RFC3339Nano), err
	case Address:
		a, err := ParseAddress(text)
		return a.String(), err
	case Identifier:
		return strings.ToLower(text), nil
	case Enum:
		return canonicalEnum(f, text), nil
	}
	return text, nil
}

// canonicalEnum writes a known value as Graph does, whatever its case and spacing: "Member", "At risk" and
// "primary refresh token" occur in real records. Unknown values stay as they are.
func canonicalEnum(f *Field, text string) string {
	for _, spelling := range []string{text, strings.ReplaceAll(text, " ", "")} {
		for _, v := range f.Values {
			if strings.EqualFold(v, spelling) {
				return v
			}
		}
	}
	return text
}

// The formats in which records have been seen to give their times, besides RFC 3339. Those without a zone are UTC.
var timeFormats = []string{
	"2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04:05.999999999",
	"2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999 -07:00",
	"2006-01-02 15:04:05.999999999 UTC",
	"2006-01-02T15:04:05.999999999Z0700", // Splunk
	"2006-01-02T15:04Z07:00",
	"2006-01-02 15:04",
	"1/2/2006, 3:04:05.999999999 PM", // Log Analytics' portal export
	"1/2/2006 3:04:05.999999999 PM",
	"1/2/2006 3:04:05 PM -07:00",
	"1/2/2006 15:04:05 -07:00",
	"1/2/2006 15:04:05",
	"1/2/2006 15:04", // spreadsheets
	"1/2/2006 3:04 PM",
	"2006/01/02 15:04:05.999999999",
	"2006/01/02 15:04",
	"2006-01-02",
}

// blanks are the spaces that browsers put before AM and PM.
var blanks = strings.NewReplacer("\u202f", " ", "\u00a0", " ")

// ParseTime reads a time in any of the forms in which Entra's records have been seen to give it, as UTC and in the
// microseconds PostgreSQL keeps. Where day and month could be swapped, the month comes first, as Microsoft writes it in
// English.
func ParseTime(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		text = blanks.Replace(text)
		if milliseconds, ok := strings.CutPrefix(text, "/Date("); ok { // Windows PowerShell's ConvertTo-Json
			if n, err := strconv.ParseInt(strings.TrimSuffix(milliseconds, ")/"), 10, 64); err == nil {
				return time.UnixMilli(n).UTC(), nil
			}
		}
	}
	for i := 0; err != nil && i < len(timeFormats); i++ {
		t, err = time.Parse(timeFormats[i], text)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a time; expected something like 2026-01-31T23:59:59Z", text)
	}
	return t.UTC().Truncate(time.Microsecond), nil
}

// ParseAddress reads an IP address, also with a port ("1.2.3.4:50000", "[2001:db8::1]:443"), in brackets or, with all
// its groups, behind "::", as some records give it.
func ParseAddress(text string) (netip.Addr, error) {
	text = strings.TrimSpace(text)
	for _, spelling := range []string{text, strings.Trim(text, "[]"), strings.TrimPrefix(text, "::")} {
		if a, err := netip.ParseAddr(spelling); err == nil {
			return a.Unmap().WithZone(""), nil
		}
	}
	if a, err := netip.ParseAddrPort(text); err == nil {
		return a.Addr().Unmap().WithZone(""), nil
	}
	return netip.Addr{}, fmt.Errorf("%q is not an IP address", text)
}
