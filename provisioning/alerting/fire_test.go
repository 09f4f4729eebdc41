package alerting

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/demo"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/demo/demotest"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/plugin"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// fields has the values that matter of a record. # stands for the record's number. Of values with | between them, each record
// takes the next one.
type fields map[string]string

// some describes a number of records of a kind: the last one happened a while ago, and there is a second between them.
type some struct {
	n    int
	kind *activity.Kind
	ago  time.Duration
	fields
}

func signIns(n int, ago time.Duration, f fields) some { return some{n, activity.SignIn, ago, f} }
func audits(n int, ago time.Duration, f fields) some  { return some{n, activity.AuditEvent, ago, f} }

// byAdmin returns audit events of what an administrator did.
func byAdmin(n int, ago time.Duration, activity, status string) some {
	return audits(n, ago, fields{
		"activityDisplayName": activity, "status": status, "initiatedByUserId": "admin", "initiatedByUserPrincipalName": admin,
	})
}

func labelsByAdmin(activity string) data.Labels {
	return data.Labels{"activityDisplayName": activity, "initiatedByUserPrincipalName": admin, "initiatedByAppDisplayName": ""}
}

// The records of risks are about megan.
func riskySignIns(n int, ago time.Duration, code, level, state string) some {
	return signIns(n, ago, fields{
		"errorCode": code, "riskLevelDuringSignIn": level, "riskState": state, "userPrincipalName": megan,
	})
}

func detections(n int, ago time.Duration, event, level, state string) some {
	return some{n, activity.RiskDetection, ago, fields{
		"riskEventType": event, "riskLevel": level, "riskState": state, "userPrincipalName": megan,
	}}
}

func riskyUsers(n int, ago time.Duration, level, state string) some {
	return some{n, activity.RiskyUser, ago, fields{
		"riskLevel": level, "riskState": state, "userId": "megan", "userPrincipalName": megan,
	}}
}

const (
	megan  = "megan@contoso.example"
	anyone = "user#@contoso.example"
	admin  = "admin@contoso.example"
)

// examples has records on which a rule fires with these labels, and records on which it does not, each for itself.
var examples = map[string]struct {
	fires  some
	labels data.Labels
	quiet  map[string]some
}{
	"entra-password-spray": {
		signIns(15, 50*time.Minute, fields{"errorCode": "50126", "ipAddress": "192.0.2.65", "userId": "user#"}),
		data.Labels{"ipAddress": "192.0.2.65"},
		map[string]some{
			"fourteen users": signIns(14, time.Minute,
				fields{"errorCode": "50126", "ipAddress": "192.0.2.65", "userId": "user#"}),
			"one user, many times": signIns(50, time.Minute,
				fields{"errorCode": "50126", "ipAddress": "192.0.2.65", "userId": "megan"}),
			"each from another address": signIns(50, time.Minute,
				fields{"errorCode": "50126", "ipAddress": "192.0.2.#", "userId": "user#"}),
			"prompts, not passwords": signIns(50, time.Minute,
				fields{"errorCode": "50074", "ipAddress": "192.0.2.65", "userId": "user#"}),
			"over an hour ago": signIns(50, 61*time.Minute,
				fields{"errorCode": "50126", "ipAddress": "192.0.2.65", "userId": "user#"}),
		},
	},
	"entra-password-guessing": {
		signIns(30, time.Minute, fields{"errorCode": "50126", "ipAddress": "192.0.2.#", "userPrincipalName": megan}),
		data.Labels{"userPrincipalName": megan},
		map[string]some{
			"somebody forgot a password": signIns(12, time.Minute, fields{"errorCode": "50126", "userPrincipalName": megan}),
			"many users, once each":      signIns(50, time.Minute, fields{"errorCode": "50126", "userPrincipalName": anyone}),
		},
	},
	"entra-account-lockouts": {
		signIns(25, time.Minute, fields{"errorCode": "50053", "ipAddress": "192.0.2.#", "userId": "user#"}),
		data.Labels{"tenantId": ""}, // the example's own
		map[string]some{
			"twenty-four users":    signIns(24, time.Minute, fields{"errorCode": "50053", "userId": "user#"}),
			"one user, many times": signIns(50, time.Minute, fields{"errorCode": "50053", "userId": "megan"}),
		},
	},
	"entra-mfa-fatigue": {
		signIns(10, 10*time.Minute, fields{"errorCode": "500121", "userPrincipalName": megan}),
		data.Labels{"userPrincipalName": megan},
		map[string]some{
			"nine prompts":                 signIns(9, time.Minute, fields{"errorCode": "500121", "userPrincipalName": megan}),
			"many users, once each":        signIns(50, time.Minute, fields{"errorCode": "500121", "userPrincipalName": anyone}),
			"prompts that nobody answered": signIns(50, time.Minute, fields{"errorCode": "50074", "userPrincipalName": megan}),
		},
	},
	"entra-break-glass": {
		signIns(1, 2*time.Hour, fields{"errorCode": "50126", "userPrincipalName": "emergency-access-01@example.com"}),
		data.Labels{"userPrincipalName": "emergency-access-01@example.com", "status": "failure"},
		map[string]some{"somebody else": signIns(9, time.Minute, fields{"errorCode": "0", "userPrincipalName": megan})},
	},
	"entra-disabled-account": {
		signIns(1, 2*time.Hour, fields{"errorCode": "50057", "userPrincipalName": megan}),
		data.Labels{"userPrincipalName": megan},
		map[string]some{"a locked account": signIns(9, time.Minute, fields{"errorCode": "50053", "userPrincipalName": megan})},
	},
	"entra-legacy-authentication": {
		signIns(1, 2*time.Hour, fields{"errorCode": "0", "clientAppUsed": "IMAP4", "userPrincipalName": megan}),
		data.Labels{"userPrincipalName": megan, "clientAppUsed": "IMAP4"},
		map[string]some{
			"blocked": signIns(9, time.Minute,
				fields{"errorCode": "53003", "clientAppUsed": "IMAP4", "userPrincipalName": megan}),
			"a modern client": signIns(9, time.Minute, fields{"errorCode": "0", "clientAppUsed": "Browser", "userPrincipalName": megan}),
			"not known":       signIns(9, time.Minute, fields{"errorCode": "0", "userPrincipalName": megan}),
		},
	},
	"entra-device-code": {
		signIns(1, 2*time.Hour, fields{"errorCode": "0", "authenticationProtocol": "deviceCode", "appDisplayName": "Microsoft Azure CLI",
			"appId": "cli", "userPrincipalName": megan}),
		data.Labels{"userPrincipalName": megan, "appDisplayName": "Microsoft Azure CLI"},
		map[string]some{
			"not completed": signIns(9, time.Minute,
				fields{"errorCode": "50199", "authenticationProtocol": "deviceCode", "userPrincipalName": megan}),
			"another protocol": signIns(9, time.Minute,
				fields{"errorCode": "0", "authenticationProtocol": "oAuth2", "userPrincipalName": megan}),
		},
	},
	"entra-high-risk-sign-in": {
		riskySignIns(1, 2*time.Hour, "0", "high", "atRisk"),
		data.Labels{"userPrincipalName": megan},
		map[string]some{
			"held off":    riskySignIns(9, time.Minute, "53003", "high", "atRisk"),
			"remediated":  riskySignIns(9, time.Minute, "0", "high", "remediated"),
			"medium risk": riskySignIns(9, time.Minute, "0", "medium", "atRisk"),
		},
	},
	"entra-conditional-access-blocks": {
		signIns(20, time.Minute, fields{"errorCode": "53003", "userPrincipalName": megan}),
		data.Labels{"userPrincipalName": megan},
		map[string]some{"many users, once each": signIns(50, time.Minute, fields{"errorCode": "53003", "userPrincipalName": anyone})},
	},
	"entra-sign-in-failures": {
		signIns(40, time.Minute, fields{"errorCode": "50126|0|50126|0|0|0"}),
		data.Labels{},
		map[string]some{
			"a fifth":             signIns(40, time.Minute, fields{"errorCode": "50126|0|0|0|0"}),
			"interrupted":         signIns(40, time.Minute, fields{"errorCode": "50074|0"}),
			"all failed, earlier": signIns(40, 61*time.Minute, fields{"errorCode": "50126"}),
		},
	},
	"entra-impossible-travel": {
		detections(1, 5*time.Hour, "unlikelyTravel", "medium", "atRisk"),
		data.Labels{"userPrincipalName": megan},
		map[string]some{
			"another detection":     detections(9, time.Hour, "unfamiliarFeatures", "medium", "atRisk"),
			"dismissed by somebody": detections(9, time.Hour, "unlikelyTravel", "medium", "dismissed"),
		},
	},
	"entra-high-risk-detection": {
		detections(1, 5*time.Hour, "leakedCredentials", "high", "atRisk"),
		data.Labels{"userPrincipalName": megan, "riskEventType": "leakedCredentials"},
		map[string]some{
			"medium risk": detections(9, time.Hour, "leakedCredentials", "medium", "atRisk"),
			"remediated":  detections(9, time.Hour, "leakedCredentials", "high", "remediated"),
		},
	},
	"entra-risky-user-high": {
		riskyUsers(1, 90*24*time.Hour, "high", "atRisk"),
		data.Labels{"userPrincipalName": megan},
		map[string]some{
			"medium risk": riskyUsers(1, time.Hour, "medium", "atRisk"),
			"remediated":  riskyUsers(1, time.Hour, "high", "remediated"),
		},
	},
	"entra-privileged-role-granted": {
		audits(1, 2*time.Hour, fields{"activityDisplayName": "Add member to role", "category": "RoleManagement", "status": "success",
			"initiatedByUserId": "admin", "initiatedByUserPrincipalName": admin}),
		labelsByAdmin("Add member to role"),
		map[string]some{
			"not allowed":             byAdmin(9, time.Minute, "Add member to role", "failure"),
			"role removed":            byAdmin(9, time.Minute, "Remove member from role", "success"),
			"activated with approval": byAdmin(9, time.Minute, "Add member to role completed (PIM activation)", "success"),
		},
	},
	"entra-consent-granted": {
		byAdmin(1, 2*time.Hour, "Consent to application", "success"),
		labelsByAdmin("Consent to application"),
		map[string]some{"blocked": byAdmin(9, time.Minute, "Consent to application", "failure")},
	},
	"entra-application-credential-added": {
		audits(1, 2*time.Hour, fields{"activityDisplayName": "Update application – Certificates and secrets management",
			"status": "success", "initiatedByServicePrincipalId": "deployer", "initiatedByAppDisplayName": "Deployer"}),
		data.Labels{"activityDisplayName": "Update application – Certificates and secrets management", "initiatedByUserPrincipalName": "",
			"initiatedByAppDisplayName": "Deployer"},
		map[string]some{"something else about it": byAdmin(9, time.Minute, "Update application", "success")},
	},
	"entra-conditional-access-policy-changed": {
		byAdmin(1, 2*time.Hour, "Update conditional access policy", "success"),
		labelsByAdmin("Update conditional access policy"),
		map[string]some{
			"another policy": byAdmin(9, time.Minute, "Update policy", "success"),
			"yesterday":      byAdmin(9, 24*time.Hour, "Update conditional access policy", "success"),
		},
	},
	"entra-federation-changed": {
		byAdmin(1, 2*time.Hour, "Set federation settings on domain", "success"),
		labelsByAdmin("Set federation settings on domain"),
		map[string]some{"a domain that is not verified": byAdmin(9, time.Minute, "Add unverified domain", "success")},
	},
	"entra-mfa-changed-by-administrator": {
		byAdmin(1, 2*time.Hour, "Admin registered security info", "success"),
		labelsByAdmin("Admin registered security info"),
		map[string]some{"people do so themselves": audits(9, time.Minute, fields{
			"activityDisplayName": "User registered security info", "status": "success", "initiatedByUserPrincipalName": megan,
		})},
	},
	"entra-provisioning-failing": {
		some{10, activity.ProvisioningEvent, 5 * time.Hour, fields{
			"status": "failure", "errorCode": "InsufficientRights",
			"servicePrincipalId": "salesforce", "servicePrincipalDisplayName": "Salesforce",
		}},
		data.Labels{"servicePrincipalDisplayName": "Salesforce", "errorCode": "InsufficientRights"},
		map[string]some{
			"nine failures": {9, activity.ProvisioningEvent, time.Hour, fields{
				"status": "failure", "errorCode": "InsufficientRights",
				"servicePrincipalId": "salesforce", "servicePrincipalDisplayName": "Salesforce",
			}},
			"skipped": {50, activity.ProvisioningEvent, time.Hour, fields{
				"status": "skipped", "servicePrincipalId": "salesforce", "servicePrincipalDisplayName": "Salesforce",
			}},
		},
	},
}

// now is when rules are evaluated on the examples.
var now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func TestRulesFireWhenTheyShouldAndNotOtherwise(t *testing.T) {
	s := newScene(t)
	all := allRules(t)
	for uid := range all {
		assert.Contains(t, examples, uid, "no example of when it fires")
	}
	for uid, e := range examples {
		s.add(uid, e.fires)
		for name, records := range e.quiet {
			s.add(uid+" "+name, records)
		}
	}
	s.write()
	for uid, e := range examples {
		t.Run(uid, func(t *testing.T) {
			r, ok := all[uid]
			require.True(t, ok, "no such rule")
			require.NotEmpty(t, e.quiet)
			if _, ok := e.labels["tenantId"]; ok {
				e.labels["tenantId"] = uid
			}
			assert.Equal(t, []data.Labels{e.labels}, s.alerts(t, uid, r, now))
			for name := range e.quiet {
				assert.Empty(t, s.alerts(t, uid+" "+name, r, now), name)
			}
			assert.Empty(t, s.alerts(t, "nobody", r, now), "nothing happened")
		})
	}
}

// The incidents of an invented tenant, amid its ordinary days, are found.
func TestRulesFindTheIncidents(t *testing.T) {
	s := newScene(t)
	tenant := demo.New(demo.Options{Seed: 1, Start: now.AddDate(0, 0, -20), End: now, SignIns: 10_000})
	demotest.Fill(t, s.db, tenant)
	all := allRules(t)
	incidents := map[string]demo.Incident{}
	for _, incident := range tenant.Incidents() {
		incidents[incident.Name] = incident
	}
	for _, find := range []struct{ name, uid, label string }{
		{"Password spray", "entra-password-spray", "192.0.2.65"},
		{"Password spray", "entra-sign-in-failures", `""`}, // an alert without labels,
		{"MFA fatigue", "entra-mfa-fatigue", "lucia.ferrer@"},
		{"Emergency account used", "entra-privileged-role-granted", "Add member to role"},
		{"Consent to an application", "entra-consent-granted", "Consent to application"},
		{"Conditional Access policy too tight", "entra-conditional-access-policy-changed", "Update conditional access policy"},
	} {
		incident, ok := incidents[find.name]
		require.True(t, ok, "the tenant did not have %s", find.name)
		r := all[find.uid]
		assert.Contains(t, fmt.Sprintf("%q", s.alerts(t, tenant.ID(), r, incident.End.Add(time.Minute))), find.label, find.name)
		before := s.alerts(t, tenant.ID(), r, incident.Start)
		assert.NotContains(t, fmt.Sprintf("%q", before), find.label, "%s: before it", find.name)
	}
}

// scene is a store where each example is a tenant of its own.
type scene struct {
	t       *testing.T
	db      *store.DB
	address *url.URL
	records []*activity.Record
}

func newScene(t *testing.T) *scene {
	t.Helper()
	db, address := pgtest.Store(t)
	u, err := url.Parse(address)
	require.NoError(t, err)
	return &scene{t: t, db: db, address: u}
}

// add adds an example's records.
func (s *scene) add(tenant string, e some) {
	s.t.Helper()
	for i := range e.n {
		r := activity.NewRecord(e.kind)
		r.ID, r.Tenant, r.Fidelity = fmt.Sprintf("%s-%d", tenant, i), tenant, activity.Full
		r.Time = now.Add(-e.ago - time.Duration(i)*time.Second)
		r.Raw = []byte("{}")
		for name, value := range e.fields {
			field := e.kind.Field(name)
			require.NotNil(s.t, field, name)
			turns := strings.Split(value, "|")
			require.NoError(s.t, r.Set(field, strings.ReplaceAll(turns[i%len(turns)], "#", strconv.Itoa(i+1))))
			// Accounts are told apart by their id.
			if id := strings.Replace(name, "PrincipalName", "Id", 1); id != name && e.fields[id] == "" {
				require.NoError(s.t, r.Set(e.kind.Field(id), strings.ReplaceAll(value, "#", strconv.Itoa(i+1))))
			}
		}
		if e.kind == activity.SignIn {
			require.NoError(s.t, r.Set(e.kind.Field("signInEventTypes"), activity.Interactive))
		}
		r.Complete()
		s.records = append(s.records, r)
	}
}

func (s *scene) write() {
	s.t.Helper()
	w, err := store.NewWriter(s.t.Context(), s.db)
	require.NoError(s.t, err)
	result, err := w.Write(s.t.Context(), store.Batch{Source: "test", Records: s.records})
	require.NoError(s.t, err)
	require.Empty(s.t, result.Refusals)
}

// alerts evaluates a rule as Grafana's scheduler does at a time, on a data source for one tenant, and returns the labels for
// which it fires.
func (s *scene) alerts(t *testing.T, tenant string, r rule, at time.Time) []data.Labels {
	t.Helper()
	host := s.address.Hostname()
	port, err := strconv.Atoi(s.address.Port())
	require.NoError(t, err)
	password, _ := s.address.User.Password()
	settings, err := json.Marshal(map[string]any{
		"host": host, "port": port, "database": s.address.Path[1:], "user": s.address.User.Username(),
		"tlsMode": "disable", "tenant": tenant,
	})
	require.NoError(t, err)
	source := backend.DataSourceInstanceSettings{
		UID: r.Data[0].DatasourceUID, JSONData: settings, DecryptedSecureJSONData: map[string]string{"password": password},
	}
	instance, err := plugin.NewInstance(t.Context(), source)
	require.NoError(t, err)
	d := instance.(*plugin.DataSource)
	defer d.Dispose()

	within := r.Data[0].RelativeTimeRange
	response, err := d.QueryData(t.Context(), &backend.QueryDataRequest{
		PluginContext: backend.PluginContext{
			OrgID: 1, PluginID: plugin.ID, User: &backend.User{Login: "grafana_scheduler", Role: "Admin"},
			DataSourceInstanceSettings: &source,
		},
		Headers: map[string]string{"FromAlert": "true"},
		Queries: []backend.DataQuery{{
			RefID: "A", JSON: r.query(t), MaxDataPoints: 43200, Interval: time.Second,
			TimeRange: backend.TimeRange{
				From: at.Add(-time.Duration(within.From) * time.Second), To: at.Add(-time.Duration(within.To) * time.Second),
			},
		}},
	})
	require.NoError(t, err)
	result := response.Responses["A"]
	require.NoError(t, result.Error)
	return above(t, result.Frames, r.limit(t))
}

// above does what Grafana's threshold expression does to numbers: each row of a long frame is a number whose labels are the
// texts beside it, and each frame of several is one.
func above(t *testing.T, frames data.Frames, limit float64) (labels []data.Labels) {
	t.Helper()
	if len(frames[0].Fields) == 0 {
		return nil // no data
	}
	if frames[0].Meta.Type == data.FrameTypeNumericMulti {
		for _, frame := range frames {
			value, err := frame.Fields[1].FloatAt(0)
			require.NoError(t, err)
			if value > limit {
				labels = append(labels, frame.Fields[1].Labels)
			}
		}
		return labels
	}
	require.Len(t, frames, 1)
	require.Equal(t, data.FrameTypeNumericLong, frames[0].Meta.Type)
	for row := range frames[0].Rows() {
		of := data.Labels{}
		var value float64
		for _, f := range frames[0].Fields {
			switch v := f.At(row).(type) {
			case string:
				of[f.Name] = v
			case *float64:
				value = *v
			default:
				t.Fatalf("a field of type %T", v)
			}
		}
		if value > limit {
			labels = append(labels, of)
		}
	}
	return labels
}
