package main

import (
	"cmp"
	"slices"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	entra "github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// risk shows what Identity Protection found, who is at risk, and how soon somebody does something about it.
func risk() *dashboard.DashboardBuilder {
	b := newDashboard(riskUID, "Risk",
		"Risky sign-ins, what was detected, who is at risk now, and how long it takes until a risk is remediated "+
			"or dismissed.").
		WithVariable(valuesOf("user", "User", "riskDetection", "userPrincipalName")).
		WithVariable(valuesOf("level", "Risk level", "riskDetection", "riskLevel")).
		WithVariable(valuesOf("type", "Detection type", "riskDetection", "riskEventType")).
		WithPanel(judged(number("Users at risk now",
			"Users whose risk nobody has remediated or dismissed, whenever it began.",
			riskyUsers(query{Filters: []filter{atRisk}})), green, limit{1, amber}).GridPos(at(0, 0, 8, 3))).
		WithPanel(judged(number("At high risk now", "Those of them whose risk is high: look at these first.",
			riskyUsers(query{Filters: []filter{atRisk, is("riskLevel", "high")}})), green, limit{1, red}).
			GridPos(at(8, 0, 8, 3))).
		WithPanel(number("Risk detections", "Suspicious things found in sign-ins and accounts in the time range.",
			detections(query{})).GridPos(at(16, 0, 8, 3))).
		WithPanel(judged(number("Risky sign-ins let in",
			"Successful sign-ins with a risk during them, or with a detection linked to them.",
			riskySignIns(query{Filters: []filter{is("status", "success")}})), green, limit{1, amber}).
			GridPos(at(0, 3, 12, 3))).
		WithPanel(judged(number("Time to remediation",
			"From a user's becoming at risk to the end of it, the average of the risks that ended in the time "+
				"range; - where none did.",
			riskHistory(query{Measure: entra.AverageDuration})).Unit("ms").Decimals(1), green,
			limit{24 * 3600e3, amber},
			limit{7 * 24 * 3600e3, red}).GridPos(at(12, 3, 12, 3))).
		WithPanel(daily("Risk detections by type", "What was found, by day.",
			"Nothing was detected in this time range."+p2License,
			detections(query{GroupBy: []string{"riskEventType"}, Top: 10, Other: true})).GridPos(at(0, 6, 12, 9))).
		WithPanel(daily("Risky sign-ins by how they ended", "Sign-ins with a risk, by day and status.",
			"No risky sign-ins in this time range."+p2License, riskySignIns(query{GroupBy: []string{"status"}})).
			GridPos(at(12, 6, 12, 9))).
		WithPanel(sized("What was detected",
			"Detections by type, level and timing: in real time means that a policy could stop the sign-in.",
			"Nothing was detected in this time range."+p2License, "Risk detections", amber,
			detections(query{GroupBy: []string{"riskEventType", "riskLevel", "detectionTimingType"}, Top: 30})).
			OverrideByName("Detection type", onward(link("Only this type", riskUID, "type", clicked))).
			GridPos(at(0, 15, 14, 10))).
		WithPanel(groups("Risky users by level and state",
			"All users who were ever found at risk, in their state now, whatever the time range.",
			"Nobody was ever found at risk, or nobody with these filters."+p2License,
			riskyUsers(query{GroupBy: []string{"riskState", "riskLevel"}, Top: 30})).
			OverrideByName("Risky users", bar(amber)).GridPos(at(14, 15, 10, 10)))
	return riskDetails(b)
}

// riskDetails adds the lists, and how long risks lasted.
func riskDetails(b *dashboard.DashboardBuilder) *dashboard.DashboardBuilder {
	return b.
		WithPanel(records("Who is at risk now",
			"Users at risk, those whose risk changed last first, whatever the time range.",
			"Nobody is at risk, or nobody with these filters."+p2License,
			riskyUsers(query{Columns: []string{"userPrincipalName", "riskLevel", "riskState", "riskLastUpdatedDateTime",
				"riskDetail"}, Filters: []filter{atRisk}})).
			OverrideByName("Username", onlyRiskyUser).GridPos(at(0, 25, 12, 10))).
		WithPanel(records("How long risks lasted",
			"Risks that ended in the time range: by whom or what, and how long the user had been at risk.",
			"No risk ended in this time range."+p2License,
			riskHistory(query{Columns: []string{"userPrincipalName", "timeToRemediation", "riskState",
				"riskLastUpdatedDateTime", "riskDetail"}, Filters: []filter{ended}})).
			OverrideByName("Username", onlyRiskyUser).GridPos(at(12, 25, 12, 10))).
		WithPanel(graph("Time to remediation by week",
			"Average of the risks that ended in each week, by how they ended.",
			"No risk ended in this time range."+p2License,
			riskHistory(query{Measure: entra.AverageDuration, Interval: entra.Week, GroupBy: []string{"riskState"},
				Filters: []filter{ended}})).Unit("ms").GridPos(at(0, 35, 8, 9))).
		WithPanel(daily("When risks began and ended", "Changes of users' risk by day, by the state that began.",
			"The risk of no user changed in this time range."+p2License,
			riskHistory(query{Measure: entra.Count, GroupBy: []string{"riskState"}})).GridPos(at(8, 35, 8, 9))).
		WithPanel(ranked("Where risk comes from", "Risk detections by country of the address.",
			"Nothing was detected in this time range."+p2License, amber,
			detections(query{GroupBy: []string{"countryOrRegion"}, Top: 12})).GridPos(at(16, 35, 8, 9))).
		WithPanel(records("Risky sign-ins",
			"The newest sign-ins with a risk during them, or with a detection linked to them.",
			"No risky sign-ins in this time range."+p2License,
			riskySignIns(query{Columns: []string{"createdDateTime", "id", "userPrincipalName", "appDisplayName",
				"status",
				"riskLevelDuringSignIn", "riskState", "riskEventTypes", "ipAddress", "countryOrRegion"}})).
			OverrideByName("Date", onward(link("All details of this sign-in", signInUID, "id", cell("id")))).
			OverrideByName("Request ID", hidden).
			OverrideByName("Username", onlyRiskyUser).GridPos(at(0, 44, 24, 10))).
		WithPanel(records("Risk detections", "The newest risk detections.",
			"Nothing was detected in this time range."+p2License,
			detections(query{Columns: []string{"activityDateTime", "userPrincipalName", "riskEventType", "riskLevel",
				"riskState", "riskDetail", "detectionTimingType", "ipAddress", "countryOrRegion"}})).
			OverrideByName("Username", onlyRiskyUser).GridPos(at(0, 54, 24, 10)))
}

const p2License = " Entra ID shows risk only with a P2 license."

var (
	atRisk        = is("riskState", "atRisk", "confirmedCompromised")
	ended         = isNot("riskState", "atRisk", "confirmedCompromised")
	onlyRiskyUser = onward(link("Only this user", riskUID, "user", clicked))
)

// ofRisk makes a query about a kind of record that is filtered by the user chosen, and further.
func ofRisk(kind string, measure entra.Measure, q query, further ...filter) query {
	q.QueryType, q.Measure = kind, cmp.Or(q.Measure, measure)
	q.Filters = slices.Concat([]filter{is("userPrincipalName", "$user")}, further, q.Filters)
	return q
}

func detections(q query) query {
	return ofRisk("riskDetection", entra.Count, q, is("riskLevel", "$level"), is("riskEventType", "$type"))
}

func riskySignIns(q query) query {
	return ofRisk("riskySignIn", entra.Count, q, is("riskLevelDuringSignIn", "$level"))
}

func riskyUsers(q query) query { return ofRisk("riskyUser", entra.Count, q, is("riskLevel", "$level")) }

func riskHistory(q query) query { return ofRisk("riskyUserHistory", "", q) }
