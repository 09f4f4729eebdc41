package query

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// untouched is a record as it came: an object of Microsoft Graph, or one of the forms in which others pass it on. It is
// read by Graph's names, whatever their case, also within Azure Monitor's envelope and within texts that hold JSON.
type untouched struct{ value any }

func readUntouched(record []byte) untouched {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(record))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return untouched{} // PostgreSQL keeps nothing but JSON
	}
	u := untouched{value}
	if properties, ok := unpack(u.property("properties")).(map[string]any); ok {
		return untouched{properties}
	}
	return u
}

// aliases are names that Log Analytics gives to what Graph calls otherwise.
var aliases = map[string]string{"appliedConditionalAccessPolicies": "ConditionalAccessPolicies"}

// decorations are what Log Analytics adds to the names of columns.
var decorations = []string{" [UTC]", "_dynamic", "_string"}

func (u untouched) property(name string) any {
	object, _ := unpack(u.value).(map[string]any)
	if v, ok := object[name]; ok {
		return v
	}
	var found any
	for key, v := range object {
		for _, d := range decorations {
			key = strings.TrimSuffix(key, d)
		}
		if v != nil && v != "" && strings.EqualFold(key, name) {
			found = v
		}
	}
	if alias, ok := aliases[name]; ok && found == nil {
		return u.property(alias)
	}
	return found
}

// at returns the values at a path in the notation of Graph's $filter; below a collection it yields those of each element.
func (u untouched) at(path string) []untouched {
	name, rest, deeper := strings.Cut(path, "/")
	var list []untouched
	for _, v := range elements(unpack(u.property(name))) {
		if deeper {
			list = append(list, untouched{v}.at(rest)...)
		} else {
			list = append(list, untouched{v})
		}
	}
	return list
}

// elements returns those of a collection; another value is its only one.
func elements(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// unpack returns what a text holds that is JSON itself; other values as they are.
func unpack(v any) any {
	text, ok := v.(string)
	if !ok {
		return v
	}
	if trimmed := strings.TrimSpace(text); trimmed == "" || trimmed[0] != '{' && trimmed[0] != '[' {
		return v
	}
	var inner any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if decoder.Decode(&inner) != nil {
		return v
	}
	return inner
}

// text returns the values at a path as one text.
func (u untouched) text(path string) string {
	var texts []string
	for _, v := range u.at(path) {
		if text := v.String(); text != "" {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, ", ")
}

// String returns a text or number as it is, yes or no for what is true or false, and JSON for what has parts.
func (u untouched) String() string {
	switch v := u.value.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return yesNo(v)
	}
	text, _ := json.Marshal(u.value) // made of JSON, which cannot fail
	return string(text)
}

// columns reads fields of one element of a collection, each by its path.
func (u untouched) columns(fields []*activity.Field) []any {
	row := make([]any, len(fields))
	for i, f := range fields {
		text := u.text(f.Path)
		row[i] = text
		switch f.Type {
		case activity.Time:
			row[i] = nil
			if t, err := activity.ParseTime(text); err == nil {
				row[i] = t
			}
		case activity.Boolean:
			row[i] = nil
			if canonical, err := activity.Canonical(f, text); err == nil && canonical != "" {
				row[i] = canonical == "true"
			}
		}
	}
	return row
}

func yesNo(v bool) string {
	if v {
		return "Yes"
	}
	return "No"
}
