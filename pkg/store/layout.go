package store

import (
	"slices"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// Schema is the PostgreSQL schema that holds everything.
const Schema = "entra"

// Table returns the table that holds a kind's rows. Identifiers in SQL come from here and from Column only, and both
// from the catalog: no input of a user ever becomes one.
func Table(kind *activity.Kind) string { return Schema + "." + activity.SnakeCase(kind.Stored().Name) }

// KnownTable returns the registry of a kind: which records are known, and when they happened.
func KnownTable(kind *activity.Kind) string { return Table(kind) + "_known" }

// RawTable returns the table that holds a kind's raw records.
func RawTable(kind *activity.Kind) string { return Table(kind) + "_raw" }

// EntityTable returns the table that holds an entity.
func EntityTable(e *activity.Entity) string { return Schema + "." + activity.SnakeCase(e.Name) }

// Reference returns the column in which a kind's rows refer to an entity.
func Reference(e *activity.Entity) string {
	if e.Through != nil {
		return Reference(e.Through)
	}
	return activity.SnakeCase(e.Name)
}

// Indexed reports whether an index finds a kind's rows of one entity, in the order of their times.
func Indexed(kind *activity.Kind, e *activity.Entity) bool {
	return slices.Contains(kind.Stored().Entities(), e) && (e == activity.Account || e == activity.Application)
}

// Column returns the column that holds a field: in the rows where the field describes the record itself, in the
// entity's table where it describes an entity.
func Column(kind *activity.Kind, f *activity.Field) string {
	switch {
	case f.Name == kind.TimeField:
		return "time"
	case f.Name == "tenantId":
		return "tenant"
	case f.Name == "signInEventTypes":
		return "variant"
	case f.Name == "status" && f.Of == nil:
		return "status"
	}
	return activity.SnakeCase(f.AttributeName())
}

// layout is what the writer needs to know of a kind, computed once.
type layout struct {
	own      []*activity.Field // what rows hold beside the columns that rows of all kinds have
	entities []*activity.Entity
	// sources lists, for each entity, the kind's field behind each of the entity's attributes; nil where it has none.
	sources   map[*activity.Entity][]*activity.Field
	groupings []*Grouping
	positions map[*Grouping]int // of the entity among entities, for groupings by one

	signInType *activity.Field // nil for other kinds than sign-ins
}

var layouts = func() map[*activity.Kind]*layout {
	all := map[*activity.Kind]*layout{}
	for _, kind := range activity.Kinds() {
		l := &layout{own: ownFields(kind), entities: kind.Entities(), sources: map[*activity.Entity][]*activity.Field{},
			groupings: groupingsOf(kind), positions: map[*Grouping]int{}, signInType: kind.Field("signInEventTypes")}
		for _, e := range l.entities {
			for _, attribute := range attributes(e) {
				l.sources[e] = append(l.sources[e], sameAttribute(kind.FieldsOf(e), attribute))
			}
		}
		for _, g := range l.groupings {
			l.positions[g] = slices.Index(l.entities, g.Entity)
		}
		all[kind] = l
	}
	return all
}()

// ownFields returns the fields that a kind's rows hold beside the columns that rows of all kinds have.
func ownFields(kind *activity.Kind) []*activity.Field {
	return slices.DeleteFunc(kind.FieldsOf(nil), func(f *activity.Field) bool {
		switch Column(kind, f) {
		case "tenant", "id", "time", "variant", "status":
			return true
		}
		return false
	})
}

// attributes returns an entity's columns, those of all kinds that refer to it, each as a field of one of them.
func attributes(e *activity.Entity) []*activity.Field {
	var fields []*activity.Field
	for _, kind := range activity.Kinds() {
		for _, f := range kind.FieldsOf(e) {
			if sameAttribute(fields, f) == nil {
				fields = append(fields, f)
			}
		}
	}
	return fields
}

// sameAttribute returns which of an entity's fields is the same attribute as f; nil where none is.
func sameAttribute(fields []*activity.Field, f *activity.Field) *activity.Field {
	for _, g := range fields {
		if g.AttributeName() == f.AttributeName() {
			return g
		}
	}
	return nil
}

// SignInTypeCode returns the code under which rows keep a sign-in type; 0 for a type unknown today.
func SignInTypeCode(signInEventType string) int16 {
	return int16(slices.Index(activity.SignInEventTypes, signInEventType) + 1)
}

// SignInType is SignInTypeCode's inverse.
func SignInType(code int16) string { return at(activity.SignInEventTypes, code) }

// SignInTypeCodes returns the codes that a kind's rows and cells may have.
func SignInTypeCodes(kind *activity.Kind) []int16 {
	codes := []int16{0}
	if kind.Stored().Field("signInEventTypes") != nil {
		for i := range activity.SignInEventTypes {
			codes = append(codes, int16(i+1))
		}
	}
	return codes
}

// StatusCode returns the code under which rows keep a status; 0 for a record without one.
func StatusCode(status string) int16 { return int16(slices.Index(activity.AllStatuses, status) + 1) }

// Status is StatusCode's inverse.
func Status(code int16) string { return at(activity.AllStatuses, code) }

func at(values []string, code int16) string {
	if code < 1 || int(code) > len(values) {
		return ""
	}
	return values[code-1]
}
