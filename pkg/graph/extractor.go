// Package graph reads objects as Microsoft Graph returns them, in every form in which records pass them on: as they
// are, nested in a diagnostic record, or as a row whose columns have other names and JSON in texts. An Extractor makes
// records of them, an Object finds single properties.
package graph

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"

	"github.com/valyala/fastjson"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// An Extractor takes records out of JSON. It is not for concurrent use.
type Extractor struct {
	// Tenant is that of records which do not name theirs, as Graph's do not.
	Tenant string

	reader
	ranks   []rank
	texts   map[string]string
	undated string // what stands where the record being made has its time, and is none
}

// NewExtractor returns an extractor that takes records without a tenant for those of the one given.
func NewExtractor(tenant string) *Extractor {
	return &Extractor{Tenant: tenant, texts: map[string]string{}}
}

// Extract returns a record with what an object says of it. Nothing of the record refers to the object's memory.
func (x *Extractor) Extract(m *Mapping, object *fastjson.Value) *activity.Record {
	x.used = 0
	x.ranks = append(x.ranks[:0], make([]rank, len(m.kind.Fields))...)
	record := activity.NewRecord(m.kind)
	x.object(record, &m.root, graphName, object)
	return record
}

func (x *Extractor) object(record *activity.Record, n *node, upper rank, v *fastjson.Value) {
	v.GetObject().Visit(func(key []byte, v *fastjson.Value) {
		if below, r := n.find(key); below != nil {
			x.property(record, below, min(r, upper), v)
		}
	})
}

func (x *Extractor) property(record *activity.Record, n *node, r rank, v *fastjson.Value) {
	if n.children != nil {
		v = x.Unpack(v)
		switch v.Type() {
		case fastjson.TypeObject:
			x.object(record, n, r, v)
		case fastjson.TypeArray:
			for _, c := range n.columns {
				x.setList(record, c.field, r, x.column(v.GetArray(), c.path))
			}
		}
	}
	if n.field == nil {
		return
	}
	if n.field.Type == activity.List {
		v = x.Unpack(v)
		if v.Type() == fastjson.TypeArray {
			x.setList(record, n.field, r, x.column(v.GetArray(), nil))
		} else {
			x.setList(record, n.field, r, []string{x.keep(x.text(v))})
		}
		return
	}
	if text := bytes.TrimSpace(x.text(v)); len(text) > 0 && x.outranks(n.field, r) {
		x.set(record, n.field, text)
	}
}

// column returns the value that each element of a collection has at a path, or each element of the collections there;
// nil where there is none.
func (x *Extractor) column(elements []*fastjson.Value, path []string) []string {
	var values []string
	for _, v := range elements {
		values = x.cells(values, v, path)
	}
	return values
}

func (x *Extractor) cells(values []string, v *fastjson.Value, path []string) []string {
	for i, name := range path {
		v = Property(v, name)
		if below := path[i+1:]; len(below) > 0 {
			for _, element := range x.Unpack(v).GetArray() {
				values = x.cells(values, element, below)
			}
			return values
		}
	}
	return append(values, x.keep(bytes.TrimSpace(x.text(v))))
}

func (x *Extractor) setList(record *activity.Record, f *activity.Field, r rank, values []string) {
	if strings.Join(values, "") != "" && x.outranks(f, r) {
		record.SetList(f, values)
	}
}

func (x *Extractor) outranks(f *activity.Field, r rank) bool {
	if r <= x.ranks[f.Index()] {
		return false
	}
	x.ranks[f.Index()] = r
	return true
}

// set gives a record a value in the words Graph has for it. A value that is not of the field's type is left to the
// record's raw form: the record is worth keeping without it.
func (x *Extractor) set(record *activity.Record, f *activity.Field, text []byte) {
	var value string
	switch {
	case f.Type == activity.Enum:
		value = x.keep([]byte(word(f, x.keep(text))))
	case f.Type == activity.Text, f.Type == activity.Identifier && f.Of != nil:
		value = x.keep(text)
		if f.AttributeName() == "userPrincipalName" {
			value = strings.ToLower(value) // as Entra ID writes it in sign-ins, and not everywhere else
		}
	default:
		value = string(text) // every record has its own
	}
	if err := record.Set(f, value); err != nil && f == record.Kind.Time() {
		x.undated = value
	}
}

// Fill gives a record a value for a field of which the object itself said nothing.
func (x *Extractor) Fill(record *activity.Record, name, text string) {
	f := record.Kind.Field(name)
	text = strings.TrimSpace(text)
	if f == nil || text == "" {
		return
	}
	isTime := f == record.Kind.Time()
	if isTime && record.Time.IsZero() || !isTime && record.Get(f) == "" {
		x.set(record, f, []byte(text))
	}
}

// word writes the value of an enumeration as Graph does.
func word(f *activity.Field, text string) string {
	switch f.Name {
	case "status":
		switch strings.ToLower(text) {
		case "succeeded":
			return activity.Success
		case "failed", "fail":
			return activity.Failure
		}
		// Azure Monitor numbers them in Graph's order.
		if n, err := strconv.Atoi(text); err == nil && 0 <= n && n < len(f.Values) {
			return f.Values[n]
		}
	case "conditionalAccessStatus": // Defender and some exports give the number
		switch text {
		case "0":
			return "success"
		case "1":
			return "failure"
		case "2":
			return "notApplied"
		}
	case "authenticationRequirement": // "Multi-factor authentication"
		return strings.ReplaceAll(text, "-", "")
	case "incomingTokenType", "clientCredentialType", "crossTenantAccessType", "originalTransferMethod",
		"authenticationProtocol", "riskDetail":
		return camelCase(text)
	}
	return text
}

// camelCase makes "primaryRefreshToken" of "Primary Refresh Token". What has no blanks but begins in lower case is
// already so.
func camelCase(text string) string {
	words := strings.Fields(text)
	if len(words) == 0 || len(words) == 1 && !unicode.IsUpper([]rune(words[0])[0]) {
		return text
	}
	for i, w := range words {
		runes := []rune(strings.ReplaceAll(w, ".", ""))
		for j := range runes {
			if i == 0 {
				runes[j] = unicode.ToLower(runes[j])
			} else if j == 0 {
				runes[j] = unicode.ToUpper(runes[j])
			}
		}
		words[i] = string(runes)
	}
	return strings.Join(words, "")
}

// Most texts of a log come again and again: the names of applications, places, browsers. They are kept once, up to a
// number that takes a few megabytes.
const (
	sharedTexts  = 50_000
	sharedLength = 200
)

// keep copies a text out of the memory of the JSON it was read from.
func (x *Extractor) keep(text []byte) string {
	if len(text) > sharedLength {
		return string(text)
	}
	kept, ok := x.texts[string(text)]
	if !ok {
		if len(x.texts) >= sharedTexts {
			clear(x.texts)
		}
		kept = string(text)
		x.texts[kept] = kept
	}
	return kept
}
