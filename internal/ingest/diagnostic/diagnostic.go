// Package diagnostic reads the records of Azure Monitor's diagnostic settings, as event hubs, storage accounts and
// partners receive them: a Graph object within an envelope.
// https://learn.microsoft.com/entra/identity/monitoring-health/concept-diagnostic-settings-logs-options
package diagnostic

import (
	"errors"
	"fmt"
	"strings"

	"github.com/valyala/fastjson"

	"github.com/entra-activity/entra-activity-datasource/internal/ingest/graph"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// Is says whether an object is a diagnostic record.
func Is(names graph.Names) bool {
	return names.Has(graph.Properties) && names.Any(graph.Category|graph.OperationName)
}

type category struct {
	kind            *activity.Kind
	signInEventType string
}

// categories are those that are kept, in lower case.
var categories = map[string]category{
	"signinlogs":                          {activity.SignIn, activity.Interactive},
	"noninteractiveusersigninlogs":        {activity.SignIn, activity.NonInteractive},
	"serviceprincipalsigninlogs":          {activity.SignIn, activity.ByPrincipal},
	"microsoftserviceprincipalsigninlogs": {activity.SignIn, activity.ByPrincipal},
	"managedidentitysigninlogs":           {activity.SignIn, activity.ManagedIdentity},
	"adfssigninlogs":                      {activity.SignIn, activity.Interactive},
	"auditlogs":                           {activity.AuditEvent, ""},
	"customsecurityattributeauditlogs":    {activity.AuditEvent, ""},
	"provisioninglogs":                    {activity.ProvisioningEvent, ""},
	"userriskevents":                      {activity.RiskDetection, ""},
	"serviceprincipalriskevents":          {activity.RiskDetection, ""},
	"riskyusers":                          {activity.RiskyUser, ""},
}

// others are categories of Entra ID that hold other things, some of which look much like sign-ins.
var others = map[string]bool{
	"riskyserviceprincipals":         true,
	"enrichedoffice365auditlogs":     true,
	"microsoftgraphactivitylogs":     true,
	"azureadgraphactivitylogs":       true,
	"networkaccesstrafficlogs":       true,
	"networkaccessconnectionevents":  true,
	"networkaccessalerts":            true,
	"networkaccessgenerativeai":      true,
	"remotenetworkhealthlogs":        true,
	"b2crequestlogs":                 true,
	"graphnotificationsactivitylogs": true,
}

// Record returns the record within an envelope.
func Record(x *graph.Extractor, envelope *fastjson.Value) (*activity.Record, error) {
	name := string(graph.Property(envelope, "category").GetStringBytes())
	properties := x.Unpack(graph.Property(envelope, "properties"))
	c, known := categories[strings.ToLower(name)]
	if !known {
		// Some that pass records on put the category of the audit event in place of the log's.
		kind, err := graph.KindOf(properties, graph.NamesOf(properties))
		if err != nil || others[strings.ToLower(name)] {
			return nil, fmt.Errorf("diagnostic records of the category %q are not kept", name)
		}
		c.kind = kind
	}
	if properties.Type() != fastjson.TypeObject {
		return nil, errors.New("the diagnostic record's properties are empty")
	}
	record := x.Extract(graph.Mappings[c.kind], properties)
	record.Fidelity = activity.Full

	of := func(name string) string { return x.Text(graph.Property(envelope, name)) }
	x.Fill(record, "tenantId", of("tenantId"))
	x.Fill(record, "tenantId", graph.TenantOf(of("resourceId")))
	x.Fill(record, "ipAddress", of("callerIpAddress"))
	x.Fill(record, "correlationId", of("correlationId"))
	switch c.kind {
	case activity.SignIn:
		x.Fill(record, "countryOrRegion", of("location"))
		x.Fill(record, "failureReason", of("resultDescription"))
		if record.Get(c.kind.Field("servicePrincipalId")) == "" {
			x.Fill(record, "userDisplayName", of("identity"))
		}
	case activity.AuditEvent:
		x.Fill(record, "activityDisplayName", of("operationName"))
		x.Fill(record, "resultReason", of("resultDescription"))
		x.Outcome(record, of("result"))
		if !known {
			x.Fill(record, "category", name)
		}
	case activity.ProvisioningEvent:
		x.Fill(record, "errorReason", of("resultDescription"))
		x.Fill(record, "durationInMilliseconds", of("durationMs"))
	case activity.RiskDetection:
		x.Fill(record, c.kind.TimeField, x.Text(graph.Property(properties, "detectedDateTime")))
	}
	x.Outcome(record, of("resultType"))
	x.Outcome(record, of("resultSignature"))
	x.Fill(record, c.kind.TimeField, of("time"))
	return record, x.Complete(record, properties, c.signInEventType)
}
