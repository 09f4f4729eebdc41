package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// overviewOnPrometheus is the overview from the exporter's metrics alone, for whoever has no access to the records. It
// reads the series of the recording rules where they are loaded, and the counters elsewhere.
func overviewOnPrometheus() *dashboard.DashboardBuilder {
	m := metrics{prometheus}
	b := newDashboardOn(prometheusID, prometheusUID, "Overview on Prometheus",
		"The picture of the overview from the exporter's metrics alone: any data source that speaks PromQL will do.").
		WithVariable(m.labels("job", "Job", "entra_exporter_up")).
		WithVariable(m.labels("tenant", "Tenant", "entra_signins_total")).
		WithPanel(m.number("Sign-ins", "Interactive sign-ins by users that were stored in the time range.",
			sum(interactiveRise("$__range"))).GridPos(at(0, 0, 8, 3))).
		WithPanel(m.number("Failure rate",
			"Share of the interactive sign-ins that failed. Interrupted ones, where something more was asked for, "+
				"are no failures.",
			share(sum(interactiveRise("$__range", `status="failure"`)), sum(interactiveRise("$__range")))).
			Unit("percentunit").
			Decimals(1).
			ColorScheme(byThreshold()).Thresholds(thresholds(plain, limit{0.1, amber}, limit{0.25, red})).
			GridPos(at(8, 0, 8, 3))).
		WithPanel(m.number("Interrupted",
			"Interactive sign-ins that were asked for more, such as MFA: most are followed by one that succeeds.",
			sum(interactiveRise("$__range", `status="interrupted"`))).
			ColorScheme(fixed(ochre)).GridPos(at(16, 0, 8, 3))).
		WithPanel(m.number("With MFA",
			"Share of the successful sign-ins that required multifactor authentication, of those whose records tell.",
			share(sum(increase("$__range", "entra_signins_mfa_total", `requirement="multi"`, `result="success"`)),
				sum(increase("$__range", "entra_signins_mfa_total", `requirement=~"multi|single"`,
					`result="success"`)))).
			Unit("percentunit").Decimals(1).GridPos(at(0, 3, 8, 3))).
		WithPanel(judged(m.number("Legacy sign-ins",
			"Successful sign-ins by protocols that cannot ask for multifactor authentication.",
			sum(increase("$__range", "entra_signins_by_client_app_total", `client_app_class="legacy"`,
				`status="success"`))), green, limit{1, red}).GridPos(at(8, 3, 8, 3))).
		WithPanel(judged(m.number("Users at risk", "Users whose risk nobody has remediated or dismissed.",
			sum(once(selected("entra_risky_users", `state=~"atRisk|confirmedCompromised"`)))), green, limit{1, amber}).
			GridPos(at(16, 3, 8, 3))).
		WithPanel(m.daily("User sign-ins", "Interactive sign-ins by day and status.",
			metric{sum(interactiveRise("$__interval"), "status"), "{{status}}"}).GridPos(at(0, 6, 12, 9))).
		WithPanel(m.daily("Application usage",
			"Interactive sign-ins by day to the three applications with most of them in the time range.",
			metric{sum(interactiveRise("$__interval"), "app") + " and on (app) topk(3, " +
				sum(once("increase("+selected("entra_signins_total", interactiveKind,
					`app!="other"`)+"[$__range] @ end())"), "app") + ")", "{{app}}"}).
			GridPos(at(12, 6, 12, 9))).
		WithPanel(m.graph("Sign-ins of the last hour",
			"Interactive sign-ins of the hour before each point, by status. Where the recording rules are loaded, "+
				"they serve.", metric{hourly(""), "{{status}}"}).GridPos(at(0, 15, 12, 9))).
		WithPanel(m.graph("Sign-ins of the last hour, against last week",
			"All interactive sign-ins of the hour before each point, and of the same hour a week before.",
			metric{sum(hourly("")), "this week"}, metric{sum(hourly(" offset 1w")), "the week before"}).
			GridPos(at(12, 15, 12, 9))).
		WithPanel(m.table("Why sign-ins fail", "Failed sign-ins of all types by error code, the most frequent first.",
			"Failures",
			"topk(20, "+sum(increase("$__range", "entra_signin_failures_total"), "error_code", "reason")+" > 0)").
			OverrideByName("error_code", named("Error code", 110)).OverrideByName("reason", named("Reason", 0)).
			GridPos(at(0, 24, 12, 10))).
		WithPanel(m.bars("Applications with most failures", "Failed interactive sign-ins by application.", red,
			metric{"topk(10, " + sum(interactiveRise("$__range", `status="failure"`), "app") + " > 0)", "{{app}}"}).
			GridPos(at(12, 24, 12, 10)))
	return prometheusDetails(b)
}

// prometheusDetails adds the panels about policies, places, risk and changes.
func prometheusDetails(b *dashboard.DashboardBuilder) *dashboard.DashboardBuilder {
	m := metrics{prometheus}
	return b.
		WithPanel(m.daily("What sign-ins required",
			"Successful sign-ins by day and authentication requirement; downloads and Graph v1.0 do not tell.",
			metric{sum(increase("$__interval", "entra_signins_mfa_total", `result="success"`), "requirement"),
				"{{requirement}}"}).GridPos(at(0, 34, 8, 9))).
		WithPanel(m.daily("What policies made of them", "Sign-ins by day and the result of all policies together.",
			metric{sum(increase("$__interval", "entra_signins_conditional_access_total"), "result"), "{{result}}"}).
			GridPos(at(8, 34, 8, 9))).
		WithPanel(m.daily("Legacy clients",
			"Sign-ins by day and protocol that cannot ask for multifactor authentication, however they ended.",
			metric{sum(increase("$__interval", "entra_signins_by_client_app_total", `client_app_class="legacy"`),
				"client_app"), "{{client_app}}"}).GridPos(at(16, 34, 8, 9))).
		WithPanel(m.bars("Policies in report-only mode",
			"Sign-ins that policies in report-only mode would have stopped or interrupted. Needs the exporter's "+
				"--collector.conditional_access_policies.", purple,
			metric{"topk(10, " + sum(increase("$__range", "entra_conditional_access_policy_results_total",
				`result=~"report_only_(failure|interrupted)"`), "policy", "result") + " > 0)",
				"{{policy}}: {{result}}"}).
			NoValue("No such sign-ins, or no such metrics.").GridPos(at(0, 43, 8, 9))).
		WithPanel(m.table("Where sign-ins come from", "Sign-ins of all types by country of the address.", "Sign-ins",
			"topk(20, "+sum(increase("$__range", "entra_signins_by_country_total"), "country")+" > 0)").
			NoValue("No sign-ins in this time range, or the exporter runs without --collector.countries.").
			OverrideByName("country", named("Country or region", 0)).GridPos(at(8, 43, 8, 9))).
		WithPanel(m.bars("Applications by active users", "Users who signed in to each application within 30 days.",
			blue,
			metric{"topk(10, max by (app) (" + selected("entra_app_active_users", `window="30d"`) + "))", "{{app}}"}).
			GridPos(at(16, 43, 8, 9))).
		WithPanel(m.daily("Risk detections", "What Identity Protection found, by day and type.",
			metric{sum(increase("$__interval", "entra_risk_detections_total"), "type"), "{{type}}"}).
			GridPos(at(0, 52, 8, 9))).
		WithPanel(m.bars("Risky users by state", "All users who were ever found at risk, in their state now.", amber,
			metric{sum(once(selected("entra_risky_users")), "level", "state"), "{{state}}, {{level}}"}).
			GridPos(at(8, 52, 8, 9))).
		WithPanel(m.table("Applications out of use",
			"When somebody last got in: applications that may not be needed any more.", "Last sign-in",
			"bottomk(20, max by (app) ("+selected("entra_app_last_signin_timestamp_seconds")+")) * 1000").
			SortBy([]cog.Builder[common.TableSortByFieldState]{common.NewTableSortByFieldStateBuilder().
				DisplayName("Last sign-in")}).
			OverrideByName("app", named("Application", 0)).
			OverrideByName("Value", properties{{Id: "unit", Value: "dateTimeAsIso"}}).GridPos(at(16, 52, 8, 9))).
		WithPanel(m.daily("Changes to the directory", "Audit events by day and category.",
			metric{sum(increase("$__interval", "entra_audit_events_total"), "category"), "{{category}}"}).
			GridPos(at(0, 61, 12, 9))).
		WithPanel(m.daily("How provisioning ends", "Provisioning events by day and result.",
			metric{sum(increase("$__interval", "entra_provisioning_events_total"), "status"), "{{status}}"}).
			GridPos(at(12, 61, 12, 9)))
}

const interactiveKind = `kind="interactive"`

// interactiveRise is how many interactive sign-ins were counted in a window.
func interactiveRise(window string, matchers ...string) string {
	return increase(window, "entra_signins_total", append([]string{interactiveKind}, matchers...)...)
}

// hourly counts the interactive sign-ins of the hour before each point, by status.
func hourly(offset string) string {
	return sum(once(selected("tenant_kind_status:entra_signins:increase1h", interactiveKind)+offset), "status") +
		" or " + sum(once("increase("+selected("entra_signins_total", interactiveKind)+"[1h]"+offset+")"), "status")
}

func share(part, whole string) string { return part + " / (" + whole + " > 0)" }

// named gives a column a title, and a width where it is not 0.
func named(title string, width int) properties {
	list := properties{{Id: "displayName", Value: title}}
	if width > 0 {
		list = append(list, property{Id: "custom.width", Value: width})
	}
	return list
}
