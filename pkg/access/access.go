// Package access says which records a scope lets its user see. Which user has which scope is the plugin's to decide.
package access

import (
	"fmt"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// A Scope is what a user may see of a data source. It becomes part of the SQL. The zero Scope sees nothing.
type Scope struct {
	everything bool
	owner      string
}

// All is the Scope that sees every record.
func All() Scope { return Scope{everything: true} }

// OwnRecords is the Scope of a person who sees only records about themself. An empty name sees nothing.
func OwnRecords(userPrincipalName string) Scope { return Scope{owner: userPrincipalName} }

// Everything reports whether the Scope sees every record.
func (s Scope) Everything() bool { return s.everything }

// Restriction returns the field of a kind that names a record's owner, and the value that the field has to have. It returns
// no field for the zero Scope and for kinds without owners: the Scope then sees no record.
func (s Scope) Restriction(kind *activity.Kind) (field *activity.Field, value string) {
	if s.owner == "" {
		return nil, ""
	}
	for _, f := range kind.Fields {
		if f.Owner {
			return f, s.owner
		}
	}
	return nil, ""
}

// Key returns the same text for Scopes that see the same, and only for those.
func (s Scope) Key() string { return fmt.Sprintf("%t %s", s.everything, s.owner) }
