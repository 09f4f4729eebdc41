package activity

// Counter is a metric that counts records, in the exporter and in MetricsQL alike.
type Counter struct {
	Name, Help string
	Kind       *Kind
	Status     string // of the records that count; empty: all
	Labels     []CounterLabel
}

// CounterLabel is a label of a counter, and the field that it is made of.
type CounterLabel struct{ Name, Field string }

var tenantLabel = CounterLabel{"tenant", "tenantId"}

// Counters of records, as the exporter publishes them.
var (
	SignInsTotal = &Counter{
		"entra_signins_total", "Sign-ins ingested, by application, kind of sign-in and status.", SignIn, "",
		[]CounterLabel{tenantLabel, {"app_id", "appId"}, {"app", "appDisplayName"}, {"kind", signInEventTypes}, {"status", "status"}},
	}
	SignInFailuresTotal = &Counter{
		"entra_signin_failures_total", "Failed sign-ins ingested, by AADSTS error code.", SignIn, Failure,
		[]CounterLabel{tenantLabel, {"error_code", "errorCode"}, {"reason", "errorCode"}},
	}
	SignInsByClientAppTotal = &Counter{
		"entra_signins_by_client_app_total", "Sign-ins ingested, by client application and status.", SignIn, "",
		[]CounterLabel{tenantLabel, {"client_app", "clientAppUsed"}, {"client_app_class", "clientAppUsed"}, {"status", "status"}},
	}
	SignInsByCountryTotal = &Counter{
		"entra_signins_by_country_total", "Sign-ins ingested, by country of the address and status.", SignIn, "",
		[]CounterLabel{tenantLabel, {"country", "countryOrRegion"}, {"status", "status"}},
	}
	SignInsMFATotal = &Counter{
		"entra_signins_mfa_total", "Sign-ins ingested, by authentication requirement and outcome.", SignIn, "",
		[]CounterLabel{tenantLabel, {"requirement", "authenticationRequirement"}, {"result", "status"}},
	}
	SignInsConditionalAccessTotal = &Counter{
		"entra_signins_conditional_access_total", "Sign-ins ingested, by the result of Conditional Access.", SignIn, "",
		[]CounterLabel{tenantLabel, {"result", "conditionalAccessStatus"}},
	}
	PolicyResultsTotal = &Counter{
		"entra_conditional_access_policy_results_total",
		"Evaluations of Conditional Access policies ingested, report-only ones included.", ConditionalAccess, "",
		[]CounterLabel{tenantLabel, {"policy_id", "policyId"}, {"policy", "policyDisplayName"}, {"result", "policyResult"}},
	}
	SignInsRiskTotal = &Counter{
		"entra_signins_risk_total", "Sign-ins ingested, by the risk during them.", SignIn, "",
		[]CounterLabel{tenantLabel, {"risk_level", "riskLevelDuringSignIn"}},
	}
	RiskDetectionsTotal = &Counter{
		"entra_risk_detections_total", "Risk detections ingested, by type, level and timing.", RiskDetection, "",
		[]CounterLabel{tenantLabel, {"type", "riskEventType"}, {"level", "riskLevel"}, {"timing", "detectionTimingType"}},
	}
	AuditEventsTotal = &Counter{
		"entra_audit_events_total", "Directory audit events ingested, by service, category and result.", AuditEvent, "",
		[]CounterLabel{tenantLabel, {"service", "loggedByService"}, {"category", "category"}, {"result", "status"}},
	}
	ProvisioningEventsTotal = &Counter{
		"entra_provisioning_events_total", "Provisioning events ingested, by application, action and status.", ProvisioningEvent, "",
		[]CounterLabel{tenantLabel, {"service", "servicePrincipalDisplayName"}, {"action", "provisioningAction"}, {"status", "status"}},
	}
)

// Counters lists them all.
var Counters = []*Counter{
	SignInsTotal, SignInFailuresTotal, SignInsByClientAppTotal, SignInsByCountryTotal, SignInsMFATotal, SignInsConditionalAccessTotal,
	PolicyResultsTotal, SignInsRiskTotal, RiskDetectionsTotal, AuditEventsTotal, ProvisioningEventsTotal,
}

// LabelNames returns the names of the counter's labels.
func (c *Counter) LabelNames() []string {
	names := make([]string, len(c.Labels))
	for i, l := range c.Labels {
		names[i] = l.Name
	}
	return names
}
