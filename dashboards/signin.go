package main

import "github.com/grafana/grafana-foundation-sdk/go/dashboard"

// signIn is all that is known of one sign-in, section by section.
func signIn() *dashboard.DashboardBuilder {
	section := func(name string) question {
		return question{Filters: []filter{is("id", "$id")}, Section: name}
	}
	return newDashboard(signInUID, "Sign-in detail",
		"One sign-in with all that is known of it, as the portal shows it in tabs, and what belongs to it. Whatever the time range.").
		WithVariable(oneOf("id", "Request ID", "signIn", "id", interactive()...).Description("The sign-in's ID, as in the portal and on error pages.")).
		WithPanel(part("What happened?", "The properties of the sign-in.", "There is no sign-in with this ID: choose one in the dashboard Sign-ins.", section("summary")).
			OverrideByName("Group", []dashboard.DynamicConfigValue{width(95)}).
			OverrideByName("Property", []dashboard.DynamicConfigValue{width(175)}).
			OverrideByName("Field", []dashboard.DynamicConfigValue{{Id: "custom.hidden", Value: true}}).
			GridPos(at(0, 0, 10, 26))).
		WithPanel(part("Which policies were evaluated?", "Conditional Access policies, applied or not, and what each decided. Those in report-only mode decided nothing.",
			"No policies are recorded. Downloads in CSV do not hold them: import JSON downloads or diagnostic records.", section("policies")).
			OverrideByName("Policy name", []dashboard.DynamicConfigValue{width(260)}).
			OverrideByName("Result", []dashboard.DynamicConfigValue{width(180)}).
			GridPos(at(10, 0, 14, 8))).
		WithPanel(part("How did they authenticate?", "Each step of authentication, with its method and result.",
			"No steps are recorded. Only records of Graph beta, diagnostic settings and JSON downloads hold them.", section("authentication")).
			GridPos(at(10, 8, 14, 6))).
		WithPanel(part("What else belongs to the attempt?", "Other sign-ins with the same correlation ID, such as the interruption before this success.",
			"This attempt was a single sign-in.", section("attempt")).
			OverrideByName("Request ID", []dashboard.DynamicConfigValue{links(link("All details of this sign-in", signInUID, "id", clicked))}).
			GridPos(at(10, 14, 14, 6))).
		WithPanel(part("Was it found risky?", "Risk detections of this sign-in.", "No risk was detected in this sign-in.", section("riskDetections")).
			GridPos(at(10, 20, 14, 6))).
		WithPanel(part("Was anything changed along with it?", "Audit events with the same correlation ID.", "No audit events share the correlation ID.", section("auditEvents")).
			GridPos(at(0, 26, 24, 6))).
		WithPanel(part("What did the record look like?", "The record as it was imported.", "The untouched record is not kept.", section("raw")).
			OverrideByFieldType("string", []dashboard.DynamicConfigValue{{Id: "custom.cellOptions", Value: map[string]any{"type": "json-view", "wrapText": true}}}).
			GridPos(at(0, 32, 24, 10)))
}
