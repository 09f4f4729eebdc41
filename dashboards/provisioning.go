package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	entra "github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// provisioning shows what the provisioning service does to whom, and what goes wrong.
func provisioning() *dashboard.DashboardBuilder {
	events := func(q query) query {
		q.QueryType = "provisioningEvent"
		q.Filters = append([]filter{is("servicePrincipalDisplayName", "$service"), is("provisioningAction", "$action"),
			is("status", "$result")}, q.Filters...)
		if q.Measure == "" {
			q.Measure = entra.Count
		}
		return q
	}
	none := noneOfThem("provisioning events")
	failed := is("status", "failure")
	onlyService := onward(link("Only this application", provisioningUID, "service", clicked))
	return newDashboard(provisioningUID, "Provisioning",
		"What the provisioning service did to users and groups, in which application, how long it took and what "+
			"failed.").
		WithVariable(valuesOf("service", "Application", "provisioningEvent", "servicePrincipalDisplayName")).
		WithVariable(valuesOf("action", "Action", "provisioningEvent", "provisioningAction")).
		WithVariable(valuesOf("result", "Result", "provisioningEvent", "status")).
		WithPanel(number("Events", "Users and groups that were provisioned or looked at, in the time range.",
			events(query{})).GridPos(at(0, 0, 6, 4))).
		WithPanel(judged(number("Failure rate", "Share of the events that failed; what was skipped is no failure.",
			events(query{Measure: entra.FailureRate})).Unit("percentunit").Decimals(1),
			green, limit{0.05, amber}, limit{0.2, red}).GridPos(at(6, 0, 6, 4))).
		WithPanel(number("Average duration", "How long an event took, on average.",
			events(query{Measure: entra.AverageDuration})).Unit("ms").Decimals(1).GridPos(at(12, 0, 6, 4))).
		WithPanel(judged(number("Accounts removed",
			"Deletions and deactivations: many at once can be a mistake in a scope.",
			events(query{Filters: []filter{is("provisioningAction", "delete", "stagedDelete", "disable")}})),
			plain, limit{100, amber}).GridPos(at(18, 0, 6, 4))).
		WithPanel(daily("How provisioning ends", "Provisioning events by day and result.", none,
			events(query{GroupBy: []string{"status"}})).GridPos(at(0, 4, 12, 9))).
		WithPanel(daily("What provisioning does", "Provisioning events by day and action.", none,
			events(query{GroupBy: []string{"provisioningAction"}})).GridPos(at(12, 4, 12, 9))).
		WithPanel(sized("Applications by result",
			"How provisioning to or from each application ended. Click on one to see only it.", none,
			"Provisioning events", blue,
			events(query{GroupBy: []string{"servicePrincipalDisplayName", "status"}, Top: 50})).
			OverrideByName("Application", onlyService).GridPos(at(0, 13, 9, 10))).
		WithPanel(sized("Why provisioning fails", "Failures by application and error, the most frequent first.",
			"Nothing failed in this time range, or nothing with these filters.", "Provisioning events", red,
			events(query{GroupBy: []string{"servicePrincipalDisplayName", "errorCode"}, Filters: []filter{failed}})).
			OverrideByName("Application", onlyService).GridPos(at(9, 13, 9, 10))).
		WithPanel(graph("How long it takes",
			"Average duration of an event by day, of the five applications with most of them.", none,
			events(query{Measure: entra.AverageDuration, GroupBy: []string{"servicePrincipalDisplayName"}, Top: 5,
				Interval: entra.Day})).Unit("ms").Decimals(1).SpanNulls(common.BoolOrFloat64{Bool: cog.ToPtr(true)}).
			GridPos(at(18, 13, 6, 10))).
		WithPanel(records("What failed, and what to do", "The newest failures, with what Microsoft recommends.",
			"Nothing failed in this time range, or nothing with these filters.",
			events(query{Columns: []string{"activityDateTime", "servicePrincipalDisplayName", "provisioningAction",
				"sourceIdentity", "errorCode", "errorReason", "recommendedAction"}, Filters: []filter{failed}})).
			OverrideByName("Source identity", leastWidth(150)).
			OverrideByName("Error reason", append(leastWidth(230), wrapped...)).
			OverrideByName("Recommended action", append(leastWidth(230), wrapped...)).
			GridPos(at(0, 23, 24, 10))).
		WithPanel(sized("From where to where", "Provisioning events by source and target system.", none,
			"Provisioning events", blue, events(query{GroupBy: []string{"sourceSystem", "targetSystem"}, Top: 12})).
			GridPos(at(0, 33, 9, 11))).
		WithPanel(records("Provisioning events", "The newest provisioning events.", none,
			events(query{Columns: []string{"activityDateTime", "status", "provisioningAction",
				"servicePrincipalDisplayName", "sourceIdentity", "targetIdentity", "identityType",
				"durationInMilliseconds"}})).
			GridPos(at(9, 33, 15, 11)))
}
