package graph

import (
	"bytes"
	"strings"

	"github.com/valyala/fastjson"
)

// An Object is a record as it came, or a part of one. It is read by Graph's names, whatever form the record came in.
type Object struct {
	reader *reader
	value  *fastjson.Value
}

// Parse returns the Graph object in a record: the record itself, or the properties of a diagnostic record. What is not
// JSON has no properties.
func Parse(record []byte) Object {
	value, _ := fastjson.ParseBytes(record)
	o := Object{&reader{}, value}
	if properties := o.property("properties"); properties != nil && properties.Type() == fastjson.TypeObject {
		o.value = properties
	}
	return o
}

// At returns the values at a path in the notation of Graph's $filter, such as "location/city". Below a collection it
// returns those of each element.
func (o Object) At(path string) []Object {
	name, rest, deeper := strings.Cut(path, "/")
	var list []Object
	for _, v := range elements(o.property(name)) {
		if element := (Object{o.reader, v}); deeper {
			list = append(list, element.At(rest)...)
		} else {
			list = append(list, element)
		}
	}
	return list
}

// aliases are the names of columns that differ from Graph's.
var aliases = map[string]string{"appliedConditionalAccessPolicies": "ConditionalAccessPolicies"}

func (o Object) property(name string) *fastjson.Value {
	object := o.reader.Unpack(o.value)
	v := Property(object, name)
	if alias, ok := aliases[name]; ok && isBlank(v) {
		v = Property(object, alias)
	}
	return o.reader.Unpack(v)
}

// elements returns the elements of a collection. Any other value is the only one.
func elements(v *fastjson.Value) []*fastjson.Value {
	switch {
	case isBlank(v):
		return nil
	case v.Type() == fastjson.TypeArray:
		return v.GetArray()
	}
	return []*fastjson.Value{v}
}

// Text returns the values at a path as one text.
func (o Object) Text(path string) string {
	var texts []string
	for _, v := range o.At(path) {
		if text := v.String(); text != "" {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, ", ")
}

// String returns a text or number as it is, Yes or No for a boolean, and JSON for what has parts.
func (o Object) String() string {
	switch v := o.value; {
	case isBlank(v):
		return ""
	case v.Type() == fastjson.TypeString:
		return string(v.GetStringBytes())
	case v.Type() == fastjson.TypeTrue, v.Type() == fastjson.TypeFalse:
		return YesNo(v.GetBool())
	}
	return o.value.String()
}

// YesNo returns a boolean as the portal writes it.
func YesNo(v bool) string {
	if v {
		return "Yes"
	}
	return "No"
}

// A reader reads values of JSON, and the JSON within texts. It is not for concurrent use.
type reader struct {
	nested []*fastjson.Parser // for JSON within texts; what they parsed lives as long as the record
	used   int
	scalar []byte
}

// Text returns a property's value as text, empty where it has none.
func (r *reader) Text(v *fastjson.Value) string { return string(r.text(v)) }

// text is Text without a copy: what it returns is valid until the next call.
func (r *reader) text(v *fastjson.Value) []byte {
	if v == nil {
		return nil
	}
	switch v.Type() {
	case fastjson.TypeString:
		return v.GetStringBytes()
	case fastjson.TypeNumber, fastjson.TypeTrue, fastjson.TypeFalse:
		r.scalar = v.MarshalTo(r.scalar[:0])
		return r.scalar
	}
	return nil
}

// Unpack returns the JSON within a text, as some sources write nested properties, and any other value as it is.
func (r *reader) Unpack(v *fastjson.Value) *fastjson.Value {
	if v == nil || v.Type() != fastjson.TypeString {
		return v
	}
	text, _ := v.StringBytes()
	if text = bytes.TrimSpace(text); len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return v
	}
	if r.used == len(r.nested) {
		r.nested = append(r.nested, &fastjson.Parser{})
	}
	inner, err := r.nested[r.used].ParseBytes(text)
	if err != nil {
		return v
	}
	r.used++
	return inner
}

// Property returns an object's property by its name, or else by that name in another case or with a suffix of Log
// Analytics; nil if it has none. Where several have such a name, the first that has a value counts.
func Property(v *fastjson.Value, name string) *fastjson.Value {
	if v == nil {
		return nil
	}
	if found := v.Get(name); found != nil {
		return found
	}
	var found *fastjson.Value
	v.GetObject().Visit(func(key []byte, v *fastjson.Value) {
		if len(key) >= len(name) && strings.EqualFold(string(key[:len(name)]), name) &&
			suffixes[strings.ToLower(string(key[len(name):]))] && (found == nil || isBlank(found)) {
			found = v
		}
	})
	return found
}

// isBlank reports whether a value is missing, null or an empty text.
func isBlank(v *fastjson.Value) bool {
	return v == nil || v.Type() == fastjson.TypeNull || v.Type() == fastjson.TypeString && len(v.GetStringBytes()) == 0
}

// suffixes are what Log Analytics adds to the names of columns: the zone of a time, and the type where a column has had
// two.
var suffixes = map[string]bool{"": true, " [utc]": true, "_dynamic": true, "_string": true}

// fold appends a name to an empty buffer, in lower case and without such a suffix.
func fold(buffer, name []byte) []byte {
	last := 0 // where a suffix may begin
	for i, c := range name {
		switch {
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		case c == ' ' || c == '_':
			last = i
		}
		buffer = append(buffer, c)
	}
	if last > 0 && suffixes[string(buffer[last:])] {
		return buffer[:last]
	}
	return buffer
}
