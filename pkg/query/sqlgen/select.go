package sqlgen

import (
	"fmt"
	"slices"
	"strings"
)

// Select is a SELECT statement in its parts. Empty parts are left out.
type Select struct {
	With    []string // named statements, see named
	Columns []string
	From    string
	Joins   []string
	Where   []string // all of these conditions
	GroupBy []string
	Having  string
	OrderBy string
	Limit   string
	Offset  string
}

func (s Select) String() string {
	var b strings.Builder
	clause := func(keyword, separator string, parts ...string) {
		if parts = slices.DeleteFunc(slices.Clone(parts), func(part string) bool { return part == "" }); len(parts) > 0 {
			b.WriteString(keyword + strings.Join(parts, separator))
		}
	}
	clause("WITH ", ", ", s.With...)
	if len(s.With) > 0 {
		b.WriteByte('\n')
	}
	clause("SELECT ", ", ", s.Columns...)
	clause("\nFROM ", "", s.From)
	clause("\n", "\n", s.Joins...)
	clause("\nWHERE ", "\n  AND ", s.Where...)
	clause("\nGROUP BY ", ", ", s.GroupBy...)
	clause("\nHAVING ", "", s.Having)
	clause("\nORDER BY ", "", s.OrderBy)
	clause("\nLIMIT ", "", s.Limit)
	clause("\nOFFSET ", "", s.Offset)
	return b.String()
}

// Nested returns the statement as a part of another.
func (s Select) Nested() string { return parenthesized(s.String()) }

// As returns the statement as a table of a FROM clause.
func (s Select) As(alias string) string { return s.Nested() + " " + alias }

// Sub returns a statement as a table of a FROM clause.
func Sub(sql, alias string) string { return parenthesized(sql) + " " + alias }

// named returns a statement for a WITH clause.
func named(name, sql string) string { return name + " AS " + parenthesized(sql) }

func parenthesized(sql string) string {
	return "(\n  " + strings.ReplaceAll(sql, "\n", "\n  ") + "\n)"
}

// numbered returns the names of n columns: key1, key2 and so on.
func numbered(name string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint(name, i+1)
	}
	return names
}
