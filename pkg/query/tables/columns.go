package tables

import (
	"fmt"
	"strconv"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// Column is where a table, called r, keeps a field: the value itself, a code, or the ID of a row in a dictionary.
type Column struct {
	Field      *activity.Field
	Expr       string                   // what r holds
	Codes      []string                 // the values that codes stand for: the first for 1
	Dictionary string                   // the table of the texts that IDs stand for; empty for values and codes
	Text       string                   // the dictionary's column
	Derive     func(text string) string // makes the value of the dictionary's text; nil where that is the value
}

// Label returns the value that a code stands for; none for a code that is unknown.
func (c *Column) Label(code int64) string {
	if code < 1 || code > int64(len(c.Codes)) {
		return ""
	}
	return c.Codes[code-1]
}

// Value returns the value of what SQL returns as text.
func (c *Column) Value(text string) string {
	if c.Codes == nil {
		return text
	}
	code, _ := strconv.ParseInt(text, 10, 64)
	return c.Label(code)
}

// OfRows returns where the rows of a kind keep a field.
func OfRows(kind *activity.Kind, f *activity.Field) Column {
	column := store.Column(kind, f)
	if c, ok := shared(f); ok {
		return c
	}
	switch {
	case kind == activity.UserActivity && f.Name == "kind":
		return Column{Field: f, Expr: "r.kind", Codes: f.Values}
	case kind == activity.ConditionalAccess && f.Name == policyResult:
		return inDictionary(f, "r."+column)
	case f.Of != nil:
		return Column{Field: f, Expr: "r." + store.Reference(f.Of), Dictionary: store.EntityTable(f.Of), Text: column}
	}
	return Column{Field: f, Expr: "r." + column}
}

// OfGrouping returns where a grouping of the rollup keeps a field. ok is false where it does not have the field.
func OfGrouping(g *store.Grouping, f *activity.Field) (c Column, ok bool) {
	if c, ok := shared(f); ok {
		return c, true
	}
	isEntity := g.Entity != nil && f.Of != nil && (f.Of == g.Entity || f.Of.Through == g.Entity)
	switch {
	case isEntity, g.PerPolicy && f.Of == activity.Policy:
		return Column{Field: f, Expr: "r.k1", Dictionary: store.EntityTable(f.Of), Text: store.Column(g.Kind, f)}, true
	case g.PerPolicy && f.Name == policyResult:
		return inDictionary(f, "r.k2"), true
	}
	n := g.Key(f)
	if n < 0 {
		return Column{}, false
	}
	key := fmt.Sprintf("r.k%d", n+1)
	if f.Type == activity.Integer {
		return Column{Field: f, Expr: fmt.Sprintf("nullif(%s, %d)", key, store.NoInteger)}, true
	}
	return inDictionary(f, key), true
}

// Derived returns where a grouping keeps a field that it has, or the one that the field follows from.
func Derived(g *store.Grouping, f *activity.Field) Column {
	c, ok := OfGrouping(g, f)
	if !ok && f.Name == "clientAppClass" {
		c, _ = OfGrouping(g, g.Kind.Field("clientAppUsed"))
		c.Derive = activity.ClientAppClass
	}
	return c
}

// policyResult is the field of what a policy made of a sign-in.
const policyResult = "policyResult"

// inDictionary returns the column of IDs of texts that are nobody's names.
func inDictionary(f *activity.Field, expr string) Column {
	return Column{Field: f, Expr: expr, Dictionary: store.Schema + ".word", Text: "text"}
}

// shared returns the columns that rows and rollup have alike.
func shared(f *activity.Field) (c Column, ok bool) {
	switch {
	case f.Name == "tenantId":
		return Column{Field: f, Expr: "r.tenant", Dictionary: store.Schema + ".tenant", Text: "tenant_id"}, true
	case f.Name == "signInEventTypes":
		return Column{Field: f, Expr: "r.variant", Codes: activity.SignInEventTypes}, true
	case f.Name == "status" && f.Of == nil:
		return Column{Field: f, Expr: "r.status", Codes: activity.AllStatuses}, true
	}
	return Column{}, false
}

// DeterminesKey reports whether counting by some fields keeps all keys of a grouping apart.
func DeterminesKey(g *store.Grouping, fields []*activity.Field) bool {
	keys := map[string]bool{}
	for _, f := range fields {
		if _, ok := shared(f); !ok {
			c, _ := OfGrouping(g, f)
			keys[c.Expr] = true
		}
	}
	switch {
	case g.Entity != nil:
		return len(keys) == 1+len(g.Fields)
	case g.PerPolicy:
		return len(keys) == 2
	}
	return len(keys) == len(g.Fields)
}
