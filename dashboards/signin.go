package main

import "github.com/grafana/grafana-foundation-sdk/go/dashboard"

// signIn is all that is known of one sign-in, section by section.
func signIn() *dashboard.DashboardBuilder {
	section := func(name string) query {
		return query{Filters: []filter{is("id", "$id")}, Section: name}
	}
	return newDashboard(signInUID, "Sign-in detail",
		"One sign-in with all that is known of it, as the portal shows it in tabs, and what belongs to it. "+
			"Whatever the time range.").
		WithVariable(oneOf("id", "Request ID", "signIn", "id", interactive()...).
			Description("The sign-in's ID, as in the portal and on error pages.")).
		WithPanel(part("What happened?", "The properties of the sign-in.",
			"There is no sign-in with this ID: choose one in the dashboard Sign-ins.", section("summary")).
			// The rows are in the order of their groups, and whole addresses need the room more.
			OverrideByName("Group", hidden).
			OverrideByName("Property", append(wrapped, width(120))).
			OverrideByName("Value", wrapped).
			OverrideByName("Field", hidden).
			GridPos(at(0, 0, 12, 26))).
		WithPanel(part("Which policies were evaluated?",
			"Conditional Access policies, applied or not, and what each decided. Those in report-only mode decided "+
				"nothing.",
			"No policies are recorded. Downloads in CSV do not hold them: import JSON downloads or diagnostic records.",
			section("policies")).
			OverrideByName("Policy name", properties{width(265)}).
			OverrideByName("Result", cells("", "policyResult", true)).
			OverrideByName("Applied", yesOrNo(75)).
			OverrideByName("Report-only", yesOrNo(95)).
			GridPos(at(12, 0, 12, 8))).
		WithPanel(part("How did they authenticate?", "Each step of authentication, with its method and result.",
			"No steps are recorded. Only records of Graph beta, diagnostic settings and JSON downloads hold them.",
			section("authentication")).
			OverrideByName("Authentication method", named("Method", 0)).
			OverrideByName("Authentication method detail", named("Detail", 0)).
			OverrideByName("Succeeded", yesOrNo(95)).
			GridPos(at(12, 8, 12, 6))).
		WithPanel(part("What else belongs to the attempt?",
			"Other sign-ins with the same correlation ID, such as the interruption before this success.",
			"This attempt was a single sign-in.", section("attempt")).
			OverrideByName("Request ID",
				properties{links(link("All details of this sign-in", signInUID, "id", clicked))}).
			GridPos(at(12, 14, 12, 6))).
		WithPanel(part("Was it found risky?", "Risk detections of this sign-in.",
			"No risk was detected in this sign-in.", section("riskDetections")).
			OverrideByName("ID", hidden).
			GridPos(at(12, 20, 12, 6))).
		WithPanel(part("Was anything changed along with it?", "Audit events with the same correlation ID.",
			"No audit events share the correlation ID.", section("auditEvents")).
			GridPos(at(0, 26, 24, 6))).
		WithPanel(part("What did the record look like?", "The record as it was imported.",
			"The raw record is not kept.", section("raw")).
			OverrideByFieldType("string", properties{{Id: "custom.wrapText", Value: true},
				{Id: "custom.cellOptions", Value: map[string]any{"type": "json-view", "wrapText": true}}}).
			GridPos(at(0, 32, 24, 10)))
}

// yesOrNo writes truth values.
func yesOrNo(pixels int) properties {
	return properties{wording(word{value: "true", text: "Yes"}, word{value: "false", text: "No"}), width(pixels)}
}
