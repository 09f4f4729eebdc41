// Package activity is the vocabulary of Microsoft Entra ID activity: the kinds of records, the fields of each,
// the classes a sign-in's error code falls into and the client applications that count as legacy.
//
// Everything that has to agree on a name takes it from here: SQL columns, filters and pickers in the editor,
// metric labels, CSV headers and documentation. Names are Microsoft Graph's property names, labels are the
// portal's. The package knows neither SQL nor Grafana.
package activity

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Kind is a kind of record, such as sign-ins, with all that is known of its fields.
type Kind struct {
	Name        string // as in queries: "signIn"
	Label       string // as the portal heads its report: "Sign-ins"
	Counted     string // what a number of them is called where that is not the label
	Description string
	TimeField   string // name of the field that says when it happened
	Fields      []*Field
	Base        *Kind // whose records it shows, for kinds that are not kept themselves; nil for those that are
	byName      map[string]*Field
}

// Type is the type of a field's values. It decides which comparisons make sense.
type Type string

// The types of fields.
const (
	Text       Type = "text"       // free text, compared without regard to case
	Enum       Type = "enum"       // text from a list that Microsoft may extend at any time
	Identifier Type = "identifier" // nearly always a GUID, compared exactly
	Integer    Type = "integer"
	Number     Type = "number"
	Boolean    Type = "boolean"
	Time       Type = "time"
	Address    Type = "address" // IPv4 or IPv6
	List       Type = "list"    // several texts
)

// Entity is a thing that many records mention. Records refer to it instead of repeating it.
type Entity struct {
	Name string
	// Key is the attribute that identifies the entity whatever it is called today; its other attributes are
	// names, and the newest are kept. An entity without a key is the combination of its attributes.
	Key string
	// Through is the entity by way of which records are related to this one, which they do not mention themselves.
	Through *Entity
}

// The entities. Client, Place, Context, Policies, Activity, Provisioning and Risk are combinations.
var (
	Account          = &Entity{Name: "account", Key: "userId"}
	ServicePrincipal = &Entity{Name: "servicePrincipal", Key: "servicePrincipalId"}
	Application      = &Entity{Name: "application", Key: "appId"}
	Resource         = &Entity{Name: "resource", Key: "resourceId"}
	Device           = &Entity{Name: "device", Key: "deviceId"}
	Client           = &Entity{Name: "client"}
	Place            = &Entity{Name: "place"}
	Context          = &Entity{Name: "context"}
	Policies         = &Entity{Name: "policies"}
	Activity         = &Entity{Name: "activity"}
	Provisioning     = &Entity{Name: "provisioning"}
	Risk             = &Entity{Name: "risk"}
	Membership       = &Entity{Name: "membership", Through: Account}
	Policy           = &Entity{Name: "policy", Key: "policyId"} // one of Policies
)

// Kinds lists every kind of record that is kept, in the order in which the portal offers its reports.
func Kinds() []*Kind {
	return []*Kind{SignIn, AuditEvent, ProvisioningEvent, RiskDetection, RiskyUser}
}

// KindByName returns a kind of record; the error lists the names there are.
func KindByName(name string) (*Kind, error) {
	names := storedNames()
	if i := slices.Index(names, name); i >= 0 {
		return Kinds()[i], nil
	}
	return nil, fmt.Errorf("unknown kind of record %q: use one of %s", name, strings.Join(names, ", "))
}

// storedNames returns the names of Kinds.
func storedNames() (names []string) {
	for _, k := range Kinds() {
		names = append(names, k.Name)
	}
	return names
}

// Stored returns the kind as which its records are kept.
func (k *Kind) Stored() *Kind {
	if k.Base != nil {
		return k.Base
	}
	return k
}

// CountLabel returns what a number of the kind's records is called.
func (k *Kind) CountLabel() string { return cmp.Or(k.Counted, k.Label) }

// Field returns the field of a name; nil where the kind has none of that name.
func (k *Kind) Field(name string) *Field { return k.byName[name] }

// Time returns the field that holds when a record happened.
func (k *Kind) Time() *Field { return k.byName[k.TimeField] }

// Entities returns the entities that records of the kind refer to, in the order of the fields.
func (k *Kind) Entities() []*Entity {
	var entities []*Entity
	for _, f := range k.Fields {
		if f.Of != nil && f.Of.Through == nil && !slices.Contains(entities, f.Of) {
			entities = append(entities, f.Of)
		}
	}
	return entities
}

// FieldsOf returns the kind's fields that describe e; nil stands for the record itself.
func (k *Kind) FieldsOf(e *Entity) []*Field {
	return k.fieldsWhere(func(f *Field) bool { return f.Of == e })
}

// Defaults returns the columns of a list that names none.
func (k *Kind) Defaults() []*Field { return k.fieldsWhere(func(f *Field) bool { return f.Default }) }

func (k *Kind) fieldsWhere(keep func(f *Field) bool) []*Field {
	return slices.DeleteFunc(slices.Clone(k.Fields), func(f *Field) bool { return !keep(f) })
}

// newKind completes a kind that is not derived from another.
func newKind(k Kind) *Kind {
	if slices.Contains(k.Entities(), Account) {
		k.Fields = append(k.Fields, derive(
			text("memberOf", "Member of group", "Groups the user is in, as last imported.").of(Membership),
			identifier("memberOfIds", "Member of group ID", "Object IDs of the groups the user is in, as last imported.").
				of(Membership),
		)...)
	}
	return indexed(k)
}

// indexed returns a kind whose fields can be found. It panics on a name given twice, which only an edit of this package
// can cause.
func indexed(k Kind) *Kind {
	k.byName = make(map[string]*Field, len(k.Fields))
	for i, f := range k.Fields {
		if k.byName[f.Name] != nil {
			panic("activity: " + k.Name + " has two fields " + f.Name)
		}
		f.index = i
		k.byName[f.Name] = f
	}
	return &k
}
