package graph

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/valyala/fastjson"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// Mappings maps Graph's objects: the names of versions and of resources that differ from those of the catalog.
var Mappings = map[*activity.Kind]*Mapping{
	activity.SignIn: NewMapping(activity.SignIn, map[string]string{
		"riskEventTypes": "riskEventTypes_v2", // v1.0 had it first
	}),
	activity.AuditEvent: NewMapping(activity.AuditEvent, nil),
	// The diagnostic records of provisioning write Name and Type for what Graph calls displayName and identityType.
	activity.ProvisioningEvent: NewMapping(activity.ProvisioningEvent, map[string]string{
		"action":                "provisioningAction",
		"statusInfo":            "provisioningStatusInfo",
		"servicePrincipal/name": "servicePrincipal/displayName",
		"sourceSystem/name":     "sourceSystem/displayName",
		"targetSystem/name":     "targetSystem/displayName",
		"sourceIdentity/name":   "sourceIdentity/displayName",
		"sourceIdentity/type":   "sourceIdentity/identityType",
		"targetIdentity/name":   "targetIdentity/displayName",
		"initiatedBy/name":      "initiatedBy/displayName",
	}),
	activity.RiskDetection: NewMapping(activity.RiskDetection, map[string]string{
		"riskType": "riskEventType", // beta's newer name
	}),
	activity.RiskyUser: NewMapping(activity.RiskyUser, nil),
}

// Record returns the record that a Graph object is.
func (x *Extractor) Record(object *fastjson.Value, names Names) (*activity.Record, error) {
	kind, err := KindOf(object, names)
	if err != nil {
		return nil, err
	}
	record := x.Extract(Mappings[kind], object)
	record.Fidelity = activity.Full
	if kind == activity.SignIn && !names.Any(SignInEventTypes|AuthenticationRequirement|AuthenticationDetails) {
		record.Fidelity = activity.Standard
	}
	if kind == activity.RiskDetection {
		x.Fill(record, kind.TimeField, x.Text(Property(object, "detectedDateTime")))
	}
	x.Fill(record, "tenantId", x.Text(Property(object, "tenantId")))
	return record, x.Complete(record, object, "")
}

// State returns the record of a state that a risky user was in, an item of the history that Graph nests in the user. It
// may leave unsaid whose state it is.
func (x *Extractor) State(user *activity.Record, item *fastjson.Value) (*activity.Record, error) {
	record := x.Extract(Mappings[activity.RiskyUser], item)
	record.Fidelity = activity.Full
	for _, name := range []string{"userId", "userPrincipalName", "userDisplayName", "tenantId"} {
		x.Fill(record, name, user.Get(activity.RiskyUser.Field(name)))
	}
	return record, x.Complete(record, item, "")
}

// Complete gives a record what follows from the object as a whole, and says why it cannot be kept. The kind of sign-in
// is that of the source, such as the category of a diagnostic record; it may be empty.
func (x *Extractor) Complete(record *activity.Record, object *fastjson.Value, signInEventType string) error {
	switch record.Kind {
	case activity.SignIn:
		x.Fill(record, "signInEventTypes", x.namedType(object))
		x.Fill(record, "signInEventTypes", knownType(signInEventType))
		x.Fill(record, "signInEventTypes", x.guessedType(record, object))
		x.Fill(record, "tenantId", x.Tenant)
		// A tenant's log holds the sign-ins to its resources.
		x.Fill(record, "tenantId", record.Get(activity.SignIn.Field("resourceTenantId")))
		x.Fill(record, "tenantId", record.Get(activity.SignIn.Field("homeTenantId")))
	case activity.AuditEvent:
		x.Fill(record, "userAgent", x.detail(object, "User-Agent"))
		unquote(record, "oldValues")
		unquote(record, "newValues")
	}
	x.Fill(record, "tenantId", x.Tenant)
	record.Complete()
	text := x.undated
	x.undated = ""
	if err := placeholder(record, object); err != nil {
		return err
	}
	if record.Time.IsZero() && text != "" {
		return fmt.Errorf("the record has no time: %s%.40q is no date that is understood, such as 2026-01-31T23:59:59Z",
			x.nameOf(object, text), text)
	}
	return record.Check()
}

// nameOf returns the name of the property that has a value, in front of which it can be written; empty if none has it.
func (x *Extractor) nameOf(object *fastjson.Value, value string) (name string) {
	object.GetObject().Visit(func(key []byte, v *fastjson.Value) {
		if name == "" && string(bytes.TrimSpace(x.text(v))) == value {
			name = string(key) + " "
		}
	})
	return name
}

// namedType returns the kind of sign-in that beta's objects name. Log Analytics has others beside it, such as
// refreshToken.
func (x *Extractor) namedType(object *fastjson.Value) string {
	v := x.Unpack(Property(object, "signInEventTypes"))
	for _, v := range v.GetArray() {
		if known := knownType(x.Text(v)); known != "" {
			return known
		}
	}
	return knownType(x.Text(v))
}

// knownType returns a kind of sign-in in Graph's words, empty if it is none of the four.
func knownType(text string) string {
	for _, known := range activity.SignInEventTypes {
		if strings.EqualFold(text, known) {
			return known
		}
	}
	return ""
}

// guessedType tells the kind of sign-in where nothing names it: v1.0 has no other, and returns the interactive ones.
func (x *Extractor) guessedType(record *activity.Record, object *fastjson.Value) string {
	if record.Get(activity.SignIn.Field("servicePrincipalId")) != "" && record.Get(activity.SignIn.Field("userId")) == "" {
		managed := x.Text(Property(object, "managedIdentityType"))
		if managed == "" {
			managed = x.Text(Property(Property(object, "managedServiceIdentity"), "msiType"))
		}
		if managed != "" && !strings.EqualFold(managed, "none") {
			return activity.ManagedIdentity
		}
		return activity.ByPrincipal
	}
	if strings.EqualFold(x.Text(Property(object, "isInteractive")), "false") {
		return activity.NonInteractive
	}
	return activity.Interactive
}

// unquote reads the values of modified properties, which are JSON, as the texts they are.
func unquote(record *activity.Record, name string) {
	values := record.List(record.Kind.Field(name))
	for i, v := range values {
		var text string
		if len(v) > 1 && v[0] == '"' && json.Unmarshal([]byte(v), &text) == nil {
			values[i] = text
		}
	}
	record.SetList(record.Kind.Field(name), values)
}

// detail returns one of an audit event's additional details.
func (x *Extractor) detail(object *fastjson.Value, key string) string {
	for _, v := range x.Unpack(Property(object, "additionalDetails")).GetArray() {
		if strings.EqualFold(x.Text(Property(v, "key")), key) {
			return x.Text(Property(v, "value"))
		}
	}
	return ""
}

// placeholder refuses the examples of Graph's reference, which have the names of types for values.
func placeholder(record *activity.Record, object *fastjson.Value) error {
	for _, name := range []string{"id", record.Kind.TimeField} {
		if strings.HasPrefix(string(Property(object, name).GetStringBytes()), "String (") {
			return ErrPlaceholder
		}
	}
	return nil
}

// Outcome gives a record the result that a source states beside the object, if the object does not have it: a sign-in's
// is a code, or a word where whoever passed the record on has replaced the code by it.
func (x *Extractor) Outcome(record *activity.Record, result string) {
	result = strings.TrimSpace(result)
	if record.Kind == activity.SignIn {
		if record.Get(activity.SignIn.Field("errorCode")) != "" {
			return
		}
		if _, err := strconv.Atoi(result); err == nil {
			x.Fill(record, "errorCode", result)
			return
		}
	}
	f := record.Kind.Field("status")
	if f == nil {
		return
	}
	value, _ := activity.Canonical(f, word(f, result))
	if slices.Contains(activity.AllStatuses, value) {
		x.Fill(record, "status", value)
	}
}

// TenantOf returns the tenant in the id of an Azure resource such as "/tenants/<id>/providers/Microsoft.aadiam".
func TenantOf(resourceID string) string {
	const prefix = "/tenants/"
	if len(resourceID) < len(prefix) || !strings.EqualFold(resourceID[:len(prefix)], prefix) {
		return ""
	}
	tenant, _, _ := strings.Cut(resourceID[len(prefix):], "/")
	return tenant
}
