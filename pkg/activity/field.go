package activity

import (
	"cmp"
	"strings"
	"unicode"
)

// Field is one property of a kind of record.
type Field struct {
	Name        string // Graph's property name, flattened where Graph nests: "countryOrRegion"
	Label       string // the portal's column title
	Description string
	Type        Type
	// Path is where a Graph object holds the value, in the notation of Graph's $filter: "location/countryOrRegion".
	// Below a collection it yields one value per element. Empty: the value is derived from others.
	Path string
	// Values are the values known today of an Enum; others are kept as they come.
	Values []string
	// Of is the entity that the field describes; nil: the record itself.
	Of *Entity
	// Attribute is the field's name within Of where that differs: an audit event's initiatedByUserId is an account's
	// userId.
	Attribute string

	Groupable   bool
	Default     bool   // shown by a list that names no columns, as in the portal
	MetricLabel string // label name in metrics; empty: never a label
	Owner       bool   // its value names the person whose record this is
	Sparse      bool   // of a List: some elements have no value, and are left out where the list is read as one text

	index int
}

// AttributeName returns the field's name within its entity.
func (f *Field) AttributeName() string { return cmp.Or(f.Attribute, f.Name) }

// Index returns the field's position in its kind's Fields.
func (f *Field) Index() int { return f.index }

// The functions below build the catalog's fields. A Graph object holds a field under its name unless path or derived
// says otherwise.

func newField(t Type, name, label, description string) *Field {
	return &Field{Name: name, Label: label, Description: description, Type: t, Path: name}
}

func text(name, label, about string) *Field       { return newField(Text, name, label, about) }
func identifier(name, label, about string) *Field { return newField(Identifier, name, label, about) }
func integer(name, label, about string) *Field    { return newField(Integer, name, label, about) }
func number(name, label, about string) *Field     { return newField(Number, name, label, about) }
func boolean(name, label, about string) *Field    { return newField(Boolean, name, label, about) }
func timestamp(name, label, about string) *Field  { return newField(Time, name, label, about) }
func address(name, label, about string) *Field    { return newField(Address, name, label, about) }
func list(name, label, about string) *Field       { return newField(List, name, label, about) }

func enum(name, label, description string, values ...string) *Field {
	f := newField(Enum, name, label, description)
	f.Values = values
	return f
}

func tenantID(description string) *Field {
	return enum("tenantId", "Tenant ID", description).derived().metricLabel("tenant")
}

func (f *Field) path(path string) *Field { f.Path = path; return f }
func (f *Field) derived() *Field         { f.Path = ""; return f }
func (f *Field) groupable() *Field       { f.Groupable = true; return f }
func (f *Field) shown() *Field           { f.Default = true; return f }
func (f *Field) owner() *Field           { f.Owner = true; return f }
func (f *Field) sparse() *Field          { f.Sparse = true; return f }

// of makes the field an attribute of an entity, under the name given where that differs from the field's.
func (f *Field) of(e *Entity, attribute ...string) *Field {
	f.Of, f.Attribute = e, cmp.Or(attribute...)
	return f
}

// metricLabel makes the field a label of metrics, and groupable.
func (f *Field) metricLabel(name string) *Field { f.MetricLabel = name; return f.groupable() }

// derive marks fields as derived: no object of Graph holds them.
func derive(fields ...*Field) []*Field {
	for _, f := range fields {
		f.derived()
	}
	return fields
}

// SnakeCase writes a camelCase name the way SQL and metric labels do.
func SnakeCase(name string) string {
	var b strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
