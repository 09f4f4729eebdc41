// Package loganalytics reads rows of the tables that a Log Analytics workspace keeps of Entra ID, exported as CSV or
// JSON, and those of Defender's table of sign-ins. Nested properties are objects in some tables and JSON within a text
// in others.
// https://learn.microsoft.com/azure/azure-monitor/reference/tables/signinlogs
package loganalytics

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/valyala/fastjson"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/graph"
)

// Is reports whether an object is a row of a table.
func Is(row *fastjson.Value, names graph.Names) bool {
	if names.Any(graph.Properties) {
		return false
	}
	if names.Any(graph.AADTenantID | graph.TimeGenerated | graph.OperationName | graph.ResourceIdentity | graph.LocationDetails) {
		return true
	}
	_, is := graph.LogOf(string(graph.Property(row, "Type").GetStringBytes()))
	return is
}

// mappings maps the columns whose names are not Graph's.
var mappings = map[*activity.Kind]*graph.Mapping{
	activity.SignIn: graph.NewMapping(activity.SignIn, map[string]string{
		"LocationDetails":           "location",
		"ConditionalAccessPolicies": "appliedConditionalAccessPolicies",
		"ResourceIdentity":          "resourceId",
		"ResourceId":                "", // the id of the log as an Azure resource
		"RiskEventTypes":            "riskEventTypes_v2",
	}),
	activity.AuditEvent: graph.NewMapping(activity.AuditEvent, map[string]string{
		"AADOperationType": "operationType",
		"OperationName":    "activityDisplayName",
	}),
	activity.ProvisioningEvent: graph.Mappings[activity.ProvisioningEvent],
	activity.RiskDetection:     graph.Mappings[activity.RiskDetection],
	activity.RiskyUser:         graph.Mappings[activity.RiskyUser],
}

// Record returns the record that a row holds.
func Record(x *graph.Extractor, row *fastjson.Value, names graph.Names) (*activity.Record, error) {
	of := func(name string) string { return x.Text(graph.Property(row, name)) }
	name := of("Type")
	log, known := graph.LogOf(name)
	if !known {
		log, known = graph.LogOf(of("Category"))
	}
	if !known {
		// Queries give the name Type to other things, too.
		log.Kind, _ = graph.KindOf(row, names)
	}
	switch {
	case log.Kind == nil && name != "":
		return nil, fmt.Errorf("rows of the table %s are not kept", name)
	case log.Kind == nil:
		return nil, errors.New("the row does not tell which table it is of: export the column Type with it")
	}
	if !names.Has(graph.ID) {
		return nil, fmt.Errorf("the row has no column Id: it is the result of a query that counts or leaves columns "+
			"out. Export the rows of %s as they are",
			cmp.Or(name, "the table"))
	}
	record := x.Extract(mappings[log.Kind], row)
	record.Fidelity = activity.Full
	x.Fill(record, "tenantId", of("AADTenantId"))
	x.Fill(record, "tenantId", graph.TenantOf(of("ResourceId"))) // TenantId is the workspace's
	switch log.Kind {
	case activity.SignIn:
		x.Fill(record, "failureReason", of("ResultDescription"))
		x.Fill(record, "countryOrRegion", country(of("Location")))
	case activity.AuditEvent:
		x.Fill(record, "resultReason", of("ResultDescription"))
		x.Fill(record, "ipAddress", of("CallerIpAddress")) // only of custom security attributes
	case activity.ProvisioningEvent:
		x.Fill(record, "durationInMilliseconds", of("DurationMs"))
		x.Fill(record, "errorReason", of("ResultDescription"))
		if code := of("ResultSignature"); !strings.EqualFold(code, "None") {
			x.Fill(record, "errorCode", code)
		}
	case activity.RiskDetection:
		x.Fill(record, log.Kind.TimeField, of("DetectedDateTime"))
	}
	x.Outcome(record, of("ResultType"))
	x.Outcome(record, of("ResultSignature"))
	x.Fill(record, log.Kind.TimeField, of("TimeGenerated")) // when the workspace took it in
	return record, x.Complete(record, row, log.SignInEventType)
}

func country(location string) string {
	if len(location) == 2 {
		return location
	}
	return ""
}
