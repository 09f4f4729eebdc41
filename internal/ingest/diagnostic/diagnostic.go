// Package diagnostic reads the records of Azure Monitor's diagnostic settings, as event hubs, storage accounts and
// partners receive them: a Graph object within an envelope.
package diagnostic

import (
	"errors"
	"fmt"

	"github.com/valyala/fastjson"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/graph"
)

// Is reports whether an object is a diagnostic record.
func Is(names graph.Names) bool {
	return names.Has(graph.Properties) && names.Any(graph.Category|graph.OperationName)
}

// Record returns the record within an envelope.
func Record(x *graph.Extractor, envelope *fastjson.Value) (*activity.Record, error) {
	name := string(graph.Property(envelope, "category").GetStringBytes())
	properties := x.Unpack(graph.Property(envelope, "properties"))
	log, known := graph.LogOf(name)
	if !known {
		// Some that pass records on put the category of the audit event in place of the log's.
		log.Kind, _ = graph.KindOf(properties, graph.NamesOf(properties))
	}
	if log.Kind == nil {
		return nil, fmt.Errorf("diagnostic records of the category %q are not kept", name)
	}
	if properties.Type() != fastjson.TypeObject {
		return nil, errors.New("the diagnostic record's properties are empty")
	}
	if log.Kind == activity.AuditEvent &&
		!graph.NamesOf(properties).Any(graph.ID|graph.ActivityDateTime|graph.ActivityDisplayName|graph.LoggedByService) {
		return nil, fmt.Errorf("this record of the category %q is not one of Entra ID: other services, such as "+
			"Intune, have a log of that name, too", name)
	}
	record := x.Extract(graph.Mappings[log.Kind], properties)
	record.Fidelity = activity.Full

	of := func(name string) string { return x.Text(graph.Property(envelope, name)) }
	x.Fill(record, "tenantId", of("tenantId"))
	x.Fill(record, "tenantId", graph.TenantOf(of("resourceId")))
	x.Fill(record, "ipAddress", of("callerIpAddress"))
	x.Fill(record, "correlationId", of("correlationId"))
	switch log.Kind {
	case activity.SignIn:
		x.Fill(record, "countryOrRegion", of("location"))
		x.Fill(record, "failureReason", of("resultDescription"))
		if record.Get(log.Kind.Field("servicePrincipalId")) == "" {
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
		x.Fill(record, log.Kind.TimeField, x.Text(graph.Property(properties, "detectedDateTime")))
	}
	x.Outcome(record, of("resultType"))
	x.Outcome(record, of("resultSignature"))
	x.Fill(record, log.Kind.TimeField, of("time"))
	return record, x.Complete(record, properties, log.SignInEventType)
}
