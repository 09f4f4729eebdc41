// Package history invents a day of records on which MetricsQL is tried: at every kind of edge, of several tenants, and
// with each counter in use before the questions begin.
package history

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/conformance/oracle"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// History is a day of two tenants. Every label set that a counter has occurs in its first two hours, so that questions
// about the hours from eight on meet only counters that exist.
type History struct {
	Records []*activity.Record
	Arrived map[*activity.Record]time.Time // invented, until Write learns better
}

// The day, and the two tenants.
var (
	Dawn    = time.Date(2026, 3, 23, 0, 0, 0, 0, time.UTC)
	Dusk    = Dawn.Add(24 * time.Hour)
	Tenants = []string{"11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"}
)

// New invents a history, with about so many moments at which something happens.
func New(seed uint64, size int) *History {
	h := &History{Arrived: map[*activity.Record]time.Time{}}
	random := rand.New(rand.NewPCG(seed, 6))
	pick := func(values ...string) string { return values[random.IntN(len(values))] }

	names := map[string]string{"u1": "ann", "u2": "ben", "u3": "cleo", "u4": "dan"}
	signIn := func(at time.Time, tenant string, app int, kind, code, client, requirement, access, risk string) {
		user := pick("u1", "u2", "u3", "u4")
		h.add(activity.SignIn, tenant, at, "errorCode", code, "signInEventTypes", kind,
			"appId", fmt.Sprint("a", app), "appDisplayName", []string{"Mail", "Shop", "Payroll"}[app],
			"clientAppUsed", client, "authenticationRequirement", requirement,
			"conditionalAccessStatus", access, "riskLevelDuringSignIn", risk,
			"userId", user, "userPrincipalName", names[user]+"@contoso.com",
			"ipAddress", pick("192.0.2.1", "192.0.2.2", "2001:db8::1"), "countryOrRegion", pick("CH", "DE", "US"))
	}
	audit := func(at time.Time, tenant, category, status string) {
		h.add(activity.AuditEvent, tenant, at, "loggedByService", "Core Directory", "category", category, "status", status)
	}

	var (
		codes        = []string{"0", "50126", "50053", "50074"}
		kinds        = []string{activity.Interactive, activity.NonInteractive, activity.ByPrincipal}
		clients      = []string{"Browser", "IMAP4", "Mobile Apps and Desktop clients"}
		requirements = []string{"singleFactorAuthentication", "multiFactorAuthentication"}
		accesses     = []string{"success", "failure", "notApplied"}
		risks        = []string{"none", "high"}
		categories   = []string{"RoleManagement", "UserManagement"}
		outcomes     = []string{"success", "failure"}
	)
	at := Dawn.Add(time.Minute)
	next := func() time.Time { at = at.Add(13 * time.Second); return at }
	for _, tenant := range Tenants {
		for n := range 3 * len(kinds) * len(codes) {
			signIn(next(), tenant, n%3, kinds[n/3%len(kinds)], codes[n/3/len(kinds)], "Browser", requirements[0], "success", "none")
		}
		for n := range len(codes) * len(clients) * len(requirements) {
			signIn(next(), tenant, n%3, kinds[0], codes[n%len(codes)], clients[n/len(codes)%len(clients)],
				requirements[n/len(codes)/len(clients)], accesses[n%3], risks[n%2])
		}
		for n := range len(categories) * len(outcomes) {
			audit(next(), tenant, categories[n%2], outcomes[n/2])
		}
	}
	for range size {
		at := Moment(random)
		if random.IntN(8) == 0 {
			audit(at, pick(Tenants...), pick(categories...), pick(outcomes...))
			continue
		}
		for range 1 + random.IntN(2)*random.IntN(2)*random.IntN(8) { // now and then a burst
			signIn(at, pick(Tenants...), random.IntN(3), pick(kinds...), pick("0", "0", "0", "50126", "50053", "50074"),
				pick(clients...), pick(requirements...), pick(accesses...), pick(risks...))
		}
	}
	return h
}

// Moment is a time of the day from two o'clock on. A third are on the edge of a minute, some of them on that of an hour;
// others are a microsecond away from one.
func Moment(random *rand.Rand) time.Time {
	at := Dawn.Add(2*time.Hour + time.Duration(random.Int64N(int64(22*time.Hour)))).Truncate(time.Microsecond)
	switch random.IntN(6) {
	case 0:
		at = at.Truncate(time.Minute)
	case 1:
		at = at.Truncate([]time.Duration{5 * time.Minute, time.Hour}[random.IntN(2)])
	case 2:
		at = at.Truncate(time.Minute).Add(time.Duration(random.IntN(3)-1) * time.Microsecond)
	}
	return at
}

func (h *History) add(kind *activity.Kind, tenant string, at time.Time, values ...string) {
	r := activity.NewRecord(kind)
	r.ID, r.Tenant, r.Time, r.Fidelity = fmt.Sprintf("00000000-0000-4000-8000-%012d", len(h.Records)), tenant, at, activity.Full
	for i := 0; i < len(values); i += 2 {
		if err := r.Set(kind.Field(values[i]), values[i+1]); err != nil {
			panic(err)
		}
	}
	r.Complete()
	r.Raw = []byte(`{}`)
	h.Records = append(h.Records, r)
	h.Arrived[r] = at.Add(time.Duration(len(h.Records)%90) * time.Minute)
}

// Write stores the records as the import does, in several batches with a pause between them, and learns when they arrived.
func (h *History) Write(t testing.TB, db *store.DB, pause time.Duration) {
	t.Helper()
	w, err := store.NewWriter(t.Context(), db)
	require.NoError(t, err)
	for batch := range slices.Chunk(h.Records, len(h.Records)/6+1) {
		result, err := w.Write(t.Context(), store.Batch{Source: "import", Records: batch})
		require.NoError(t, err)
		require.Empty(t, result.Refusals)
		time.Sleep(pause)
	}
	arrived := map[string]time.Time{}
	for _, kind := range []*activity.Kind{activity.SignIn, activity.AuditEvent} {
		var rows []struct {
			ID       string
			Received time.Time
		}
		require.NoError(t, db.SelectContext(t.Context(), &rows, "SELECT id::text, received FROM "+store.Table(kind)))
		for _, row := range rows {
			arrived[row.ID] = row.Received
		}
	}
	require.Len(t, arrived, len(h.Records))
	for _, r := range h.Records {
		h.Arrived[r] = arrived[r.ID]
	}
}

// WriteAsArrived stores the records in many batches, as they are invented to have arrived. The store notes the time of
// writing, which nobody can wait for: after each batch it is replaced by that of the invention.
func (h *History) WriteAsArrived(t testing.TB, db *store.DB) {
	t.Helper()
	w, err := store.NewWriter(t.Context(), db)
	require.NoError(t, err)
	batches := map[time.Time][]*activity.Record{}
	for n, r := range h.Records {
		at := h.Arrived[r].Truncate(10 * time.Minute).Add(10 * time.Minute) // on the very edge of windows
		if n%3 == 0 {
			at = at.Add(100 * time.Second)
		}
		h.Arrived[r] = at
		batches[at] = append(batches[at], r)
	}
	for _, at := range slices.SortedFunc(maps.Keys(batches), time.Time.Compare) {
		batch := batches[at]
		result, err := w.Write(t.Context(), store.Batch{Source: "import", Records: batch})
		require.NoError(t, err)
		require.Empty(t, result.Refusals)
		var written time.Time
		require.NoError(t, db.GetContext(t.Context(), &written,
			"SELECT received FROM "+store.Table(batch[0].Kind)+" WHERE id = $1", batch[0].ID))
		for _, update := range []string{
			store.Table(activity.SignIn) + " SET received = $1 WHERE received",
			store.Table(activity.AuditEvent) + " SET received = $1 WHERE received",
			store.Schema + ".total SET created = $1 WHERE created",
		} {
			_, err := db.ExecContext(t.Context(), "UPDATE "+update+" BETWEEN $2 AND clock_timestamp()", at, written)
			require.NoError(t, err)
		}
	}
}

// What docs/metrics.md says of labels, written down once more: the oracle must not get them from what it judges.
var (
	kindLabels = map[string]string{activity.Interactive: "interactive", activity.NonInteractive: "noninteractive",
		activity.ByPrincipal: "service_principal", activity.ManagedIdentity: "managed_identity"}
	requirementLabels = map[string]string{"singleFactorAuthentication": "single", "multiFactorAuthentication": "multi"}
	accessLabels      = map[string]string{"success": "success", "failure": "failure", "notApplied": "not_applied"}
	reasonLabels      = map[string]string{"50126": "InvalidUserNameOrPassword", "50053": "IdsLocked"}
	statusOfCode      = map[string]string{"0": "success", "50126": "failure", "50053": "failure", "50074": "interrupted"}
)

// counters are the metrics made of a kind of record, with the labels of the exporter's families.
var counters = []struct {
	name     string
	kind     *activity.Kind
	exported []string
}{
	{"entra_signins_total", activity.SignIn, []string{"tenant", "app_id", "app", "kind", "status"}},
	{"entra_signin_failures_total", activity.SignIn, []string{"tenant", "error_code", "reason"}},
	{"entra_signins_by_client_app_total", activity.SignIn, []string{"tenant", "client_app", "client_app_class", "status"}},
	{"entra_signins_by_country_total", activity.SignIn, []string{"tenant", "country", "status"}},
	{"entra_signins_mfa_total", activity.SignIn, []string{"tenant", "requirement", "result"}},
	{"entra_signins_conditional_access_total", activity.SignIn, []string{"tenant", "result"}},
	{"entra_signins_risk_total", activity.SignIn, []string{"tenant", "risk_level"}},
	{"entra_audit_events_total", activity.AuditEvent, []string{"tenant", "service", "category", "result"}},
}

// Data are the metrics' events as the oracle wants them.
func (h *History) Data() oracle.Data {
	data := oracle.Data{}
	for _, c := range counters {
		data[c.name] = &oracle.Metric{Exported: c.exported}
	}
	data["entra_signin_events"], data["entra_audit_events"] = &oracle.Metric{Stream: true}, &oracle.Metric{Stream: true}
	for _, r := range h.Records {
		text := func(field string) string { return r.Get(r.Kind.Field(field)) }
		labels := map[string]string{"tenant": r.Tenant}
		add := func(metric string, more ...string) {
			own := map[string]string{}
			for name, value := range labels {
				own[name] = value
			}
			for i := 0; i < len(more); i += 2 {
				own[more[i]] = more[i+1]
			}
			m := data[metric]
			m.Events = append(m.Events, oracle.Event{Happened: r.Time, Arrived: h.Arrived[r], Labels: own})
		}
		if r.Kind == activity.AuditEvent {
			labels["service"], labels["category"] = text("loggedByService"), text("category")
			add("entra_audit_events_total", "result", text("status"))
			add("entra_audit_events", "result", text("status"))
			continue
		}
		code := text("errorCode")
		status := statusOfCode[code]
		for label, value := range map[string]string{
			"app_id": text("appId"), "app": text("appDisplayName"), "kind": kindLabels[text("signInEventTypes")], "error_code": code,
			"client_app": text("clientAppUsed"), "client_app_class": text("clientAppClass"), "country": text("countryOrRegion"),
			"requirement": requirementLabels[text("authenticationRequirement")], "risk_level": text("riskLevelDuringSignIn"),
			"user_id": text("userId"), "user_principal_name": text("userPrincipalName"), "ip_address": text("ipAddress"),
		} {
			labels[label] = value
		}
		add("entra_signins_total", "status", status)
		if status == "failure" {
			add("entra_signin_failures_total", "status", status, "reason", reasonLabels[code])
		}
		add("entra_signins_by_client_app_total", "status", status)
		add("entra_signins_by_country_total", "status", status)
		add("entra_signins_mfa_total", "result", status, "status", status)
		add("entra_signins_conditional_access_total", "result", accessLabels[text("conditionalAccessStatus")], "status", status)
		add("entra_signins_risk_total", "status", status)
		add("entra_signin_events", "status", status)
	}
	return data
}

// Counter is one of the exporter's series as a metrics database that scraped it would know it.
type Counter struct {
	Labels map[string]string // with the metric's name
	Times  []time.Time
	Values []float64
}

// interval is how often counters are as if scraped.
const interval = time.Minute

// Scraped are the samples of the counters: one at each minute, the first ones 0, so that no counter is born with a value.
func Scraped(data oracle.Data) (list []*Counter) {
	for name, metric := range data {
		if metric.Stream {
			continue
		}
		times, series := map[string][]time.Time{}, map[string]*Counter{}
		for _, event := range metric.Events {
			labels := map[string]string{"__name__": name}
			for _, label := range metric.Exported {
				if event.Labels[label] != "" {
					labels[label] = event.Labels[label]
				}
			}
			k := oracle.Series{Labels: labels}.Key()
			if series[k] == nil {
				series[k] = &Counter{Labels: labels}
				list = append(list, series[k])
			}
			times[k] = append(times[k], event.Happened)
		}
		for k, c := range series {
			slices.SortFunc(times[k], time.Time.Compare)
			n := 0
			for at := Dawn.Add(-6 * time.Hour); !at.After(Dusk); at = at.Add(interval) {
				for n < len(times[k]) && !times[k][n].After(at) {
					n++
				}
				c.Times, c.Values = append(c.Times, at), append(c.Values, float64(n))
			}
		}
	}
	return list
}

// Ranges are the ranges asked about.
var Ranges = []struct {
	Name string
	oracle.EvalRange
}{
	{"12 h by 1 h", oracle.EvalRange{Start: Dawn.Add(8 * time.Hour), End: Dawn.Add(20 * time.Hour), Step: time.Hour}},
	{"12 h by 10 m", oracle.EvalRange{Start: Dawn.Add(9 * time.Hour), End: Dawn.Add(21 * time.Hour), Step: 10 * time.Minute}},
	{"1 h by 1 m", oracle.EvalRange{Start: Dawn.Add(14 * time.Hour), End: Dawn.Add(15 * time.Hour), Step: time.Minute}},
	{"6 h by 7 m", oracle.EvalRange{Start: Dawn.Add(12 * time.Hour).Truncate(7 * time.Minute), End: Dawn.Add(18 * time.Hour),
		Step: 7 * time.Minute}},
	{"at once", oracle.EvalRange{End: Dawn.Add(17*time.Hour + 23*time.Minute)}},
}

// Expression is a line of testdata/expressions.txt, with the group it is in.
type Expression struct{ Group, Text string }

// Expressions reads such a file.
func Expressions(text string) (list []Expression) {
	group := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "## "):
			group = line[3:]
		case line != "" && !strings.HasPrefix(line, "#"):
			list = append(list, Expression{group, strings.ReplaceAll(line, "$T", Tenants[0])})
		}
	}
	return list
}
