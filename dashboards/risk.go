package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// risk shows what Identity Protection found, who is at risk, and how soon somebody does something about it.
func risk() *dashboard.DashboardBuilder {
	user, level := is("userPrincipalName", "$user"), is("riskLevel", "$level")
	detections := func(q question) question {
		q.QueryType, q.Measure = "riskDetection", "count"
		q.Filters = append([]filter{user, level, is("riskEventType", "$type")}, q.Filters...)
		return q
	}
	signIns := func(q question) question {
		q.QueryType = "riskySignIn"
		if q.Measure == "" {
			q.Measure = "count"
		}
		q.Filters = append([]filter{user, is("riskLevelDuringSignIn", "$level")}, q.Filters...)
		return q
	}
	users := func(q question) question {
		q.QueryType, q.Measure = "riskyUser", "count"
		q.Filters = append([]filter{user, level}, q.Filters...)
		return q
	}
	history := func(q question) question {
		q.QueryType, q.Filters = "riskyUserHistory", append([]filter{user}, q.Filters...)
		return q
	}
	atRisk := is("riskState", "atRisk", "confirmedCompromised")
	ended := isNot("riskState", "atRisk", "confirmedCompromised")
	onlyUser := onward(link("Only this user", riskUID, "user", clicked))
	license := " Entra ID shows risk only with a P2 license."
	return newDashboard(riskUID, "Risk", "Risky sign-ins, what was detected, who is at risk now, and how long it takes until a risk is remediated or dismissed.").
		Time("now-30d", "now").
		WithVariable(valuesOf("user", "User", "riskDetection", "userPrincipalName")).
		WithVariable(valuesOf("level", "Risk level", "riskDetection", "riskLevel")).
		WithVariable(valuesOf("type", "Detection type", "riskDetection", "riskEventType")).
		WithPanel(judged(number("Users at risk now", "Users whose risk nobody has remediated or dismissed, whenever it began.", users(question{Filters: []filter{atRisk}})), green, limit{1, amber}).GridPos(at(0, 0, 8, 3))).
		WithPanel(judged(number("At high risk now", "Those of them whose risk is high: look at these first.", users(question{Filters: []filter{atRisk, is("riskLevel", "high")}})), green, limit{1, red}).GridPos(at(8, 0, 8, 3))).
		WithPanel(number("Risk detections", "Suspicious things found in sign-ins and accounts in the time range.", detections(question{})).GridPos(at(16, 0, 8, 3))).
		WithPanel(judged(number("Risky sign-ins let in", "Successful sign-ins with a risk during them, or with a detection linked to them.", signIns(question{Filters: []filter{is("status", "success")}})), green, limit{1, amber}).
			GridPos(at(0, 3, 12, 3))).
		WithPanel(judged(number("Time to remediation", "From a user's becoming at risk to the end of it, the average of the risks that ended in the time range; - where none did.",
			history(question{Measure: "averageDuration"})).Unit("ms").Decimals(1), green, limit{24 * 3600e3, amber}, limit{7 * 24 * 3600e3, red}).GridPos(at(12, 3, 12, 3))).
		WithPanel(daily("Risk detections by type", "What was found, by day.", "Nothing was detected in this time range."+license, detections(question{GroupBy: []string{"riskEventType"}, Top: 10, Other: true})).GridPos(at(0, 6, 12, 9))).
		WithPanel(daily("Risky sign-ins by how they ended", "Sign-ins with a risk, by day and status.", "No risky sign-ins in this time range."+license, signIns(question{GroupBy: []string{"status"}})).GridPos(at(12, 6, 12, 9))).
		WithPanel(sized("What was detected", "Detections by type, level and timing: in real time means that a policy could stop the sign-in.", "Nothing was detected in this time range."+license, "Risk detections", amber,
			detections(question{GroupBy: []string{"riskEventType", "riskLevel", "detectionTimingType"}, Top: 30})).
			OverrideByName("Detection type", onward(link("Only this type", riskUID, "type", clicked))).GridPos(at(0, 15, 14, 10))).
		WithPanel(groups("Risky users by level and state", "All users who were ever found at risk, in their state now, whatever the time range.", "Nobody was ever found at risk, or nobody with these filters."+license,
			users(question{GroupBy: []string{"riskState", "riskLevel"}, Top: 30})).OverrideByName("Risky users", bar(amber)).GridPos(at(14, 15, 10, 10))).
		WithPanel(records("Who is at risk now", "Users at risk, those whose risk changed last first, whatever the time range.", "Nobody is at risk, or nobody with these filters."+license,
			users(question{Columns: []string{"userPrincipalName", "riskLevel", "riskState", "riskLastUpdatedDateTime", "riskDetail"}, Filters: []filter{atRisk}})).
			OverrideByName("Username", onlyUser).GridPos(at(0, 25, 12, 10))).
		WithPanel(records("How long risks lasted", "Risks that ended in the time range: by whom or what, and how long the user had been at risk.", "No risk ended in this time range."+license,
			history(question{Columns: []string{"userPrincipalName", "timeToRemediation", "riskState", "riskLastUpdatedDateTime", "riskDetail"}, Filters: []filter{ended}})).
			OverrideByName("Username", onlyUser).GridPos(at(12, 25, 12, 10))).
		WithPanel(graph("Time to remediation by week", "Average of the risks that ended in each week, by how they ended.", "No risk ended in this time range."+license,
			history(question{Measure: "averageDuration", Interval: "1w", GroupBy: []string{"riskState"}, Filters: []filter{ended}})).Unit("ms").GridPos(at(0, 35, 8, 9))).
		WithPanel(daily("When risks began and ended", "Changes of users' risk by day, by the state that began.", "The risk of no user changed in this time range."+license,
			history(question{Measure: "count", GroupBy: []string{"riskState"}})).GridPos(at(8, 35, 8, 9))).
		WithPanel(ranked("Where risk comes from", "Risk detections by country of the address.", "Nothing was detected in this time range."+license, amber, detections(question{GroupBy: []string{"countryOrRegion"}, Top: 12})).GridPos(at(16, 35, 8, 9))).
		WithPanel(records("Risky sign-ins", "The newest sign-ins with a risk during them, or with a detection linked to them.", "No risky sign-ins in this time range."+license,
			signIns(question{Columns: []string{"createdDateTime", "id", "userPrincipalName", "appDisplayName", "status", "riskLevelDuringSignIn", "riskState", "riskEventTypes", "ipAddress", "countryOrRegion"}})).
			OverrideByName("Date", onward(link("All details of this sign-in", signInUID, "id", cell("id")))).OverrideByName("Request ID", hidden).
			OverrideByName("Username", onlyUser).GridPos(at(0, 44, 24, 10))).
		WithPanel(records("Risk detections", "The newest risk detections.", "Nothing was detected in this time range."+license,
			detections(question{Columns: []string{"activityDateTime", "userPrincipalName", "riskEventType", "riskLevel", "riskState", "riskDetail", "detectionTimingType", "ipAddress", "countryOrRegion"}})).
			OverrideByName("Username", onlyUser).GridPos(at(0, 54, 24, 10)))
}
