package demo

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEveryIncidentIsListed(t *testing.T) {
	for _, i := range quarter().Incidents() {
		if i.Name == "" || i.Find == "" || !i.Start.Before(i.End) || i.End.After(testEnd) {
			t.Errorf("incident %+v", i)
		}
	}
	if got := len(quarter().Incidents()); got != int(incidentCount) {
		t.Errorf("%d incidents in 90 days, want %d", got, incidentCount)
	}
}

func TestPasswordSpray(t *testing.T) {
	c := quarter()
	spray := c.during(t, "Password spray", func(r *record) bool { return r.IP == "192.0.2.65" })
	users, codes := map[string]bool{}, map[int]int{}
	var hit *record
	for _, r := range spray {
		users[*r.UserID] = true
		codes[r.Status.Code]++
		if r.Status.Code == 0 {
			hit = r
		}
	}
	if len(users) != sprayTargets || codes[50126] < 90 || codes[50053] < 10 ||
		codes[50126]+codes[50053] != sprayTargets-1 {
		t.Errorf("%d users, codes %v", len(users), codes)
	}
	if hit == nil || *hit.User != "Hannah O'Neill" || hit.Requirement != "singleFactorAuthentication" {
		t.Fatalf("success: %+v", hit)
	}
	c.wantDetection(t, "passwordSpray", hit.ID)
}

func TestMFAFatigue(t *testing.T) {
	c := quarter()
	var denied, given []*record
	for _, r := range c.during(t, "MFA fatigue", func(r *record) bool { return r.IP == "192.0.2.81" }) {
		switch r.Status.Code {
		case 500121:
			denied = append(denied, r)
		case 0:
			given = append(given, r)
		}
	}
	if len(denied) != 14 || denied[13].Created.Sub(denied[0].Created) > 8*time.Minute {
		t.Fatalf("%d prompts denied", len(denied))
	}
	if len(given) == 0 || *given[0].User != "Lucía Ferrer" || !given[0].Created.After(denied[13].Created) ||
		given[0].Correlation != denied[0].Correlation {
		t.Fatalf("approved: %+v", given)
	}
	c.wantDetection(t, "unfamiliarFeatures", given[0].ID)
	c.wantAudit(t, "User registered security info", given[0].Created, time.Hour, "lucia.ferrer")
}

func TestExpiredSecret(t *testing.T) {
	c := quarter()
	ours := func(r *record) bool { return r.Workload == "contoso-invoice-sync" }
	expired := func(r *record) bool { return ours(r) && r.Status.Code == 7000222 }
	all, failed := c.during(t, "Expired client secret", ours), c.during(t, "Expired client secret", expired)
	if len(failed) < 15 || len(failed) != len(all) {
		t.Errorf("%d of %d sign-ins failed", len(failed), len(all))
	}
	if everywhere := c.between(testStart, testEnd, expired); len(everywhere) != len(failed) {
		t.Errorf("%d failures, %d of them in the incident", len(everywhere), len(failed))
	}
	for _, r := range failed {
		if r.UserID != nil || r.UPN != nil {
			t.Errorf("%s has a user", r.ID)
		}
	}
	c.wantAudit(t, "Update application – Certificates and secrets management",
		testEnd.Truncate(time.Second).Add(-19*day), time.Second, "contoso-invoice-sync")
}

func TestLegacyClients(t *testing.T) {
	c := quarter()
	byClient, users, blocked := map[string]int{}, map[string]bool{}, 0
	for i := range c.signIns {
		r := &c.signIns[i]
		switch name := text(r.Client); name {
		case "", "Browser", "Mobile Apps and Desktop clients":
		default:
			byClient[name]++
			users[*r.UserID] = true
			if r.Status.Code == 53003 && r.result("CA002") == "failure" {
				blocked++
			}
		}
	}
	if len(byClient) != 5 || len(users) > 40 || blocked == 0 {
		t.Errorf("clients %v of %d users, %d blocked", byClient, len(users), blocked)
	}
}

func TestImpossibleTravel(t *testing.T) {
	c := quarter()
	trip := c.during(t, "Impossible travel", func(r *record) bool {
		return text(r.User) == "Tobias Brandt" &&
			(r.Location.Country == "SG" || r.IP == c.directory.cast.traveler.house.address(0, false) ||
				len(r.RiskEvents) > 0 || r.Status.Code == 0)
	})
	i := slices.IndexFunc(trip, func(r *record) bool { return r.Location.Country == "SG" })
	if i < 1 || trip[0].Location.Country != "DE" || trip[i].Created.Sub(trip[0].Created) != 35*time.Minute {
		t.Fatalf("%d sign-ins, abroad at %d", len(trip), i)
	}
	c.wantDetection(t, "unlikelyTravel", trip[i].ID)
}

func TestApplicationsComeAndGo(t *testing.T) {
	c := quarter()
	count := func(app string, from, to time.Duration) int {
		return len(c.between(testEnd.Add(-from), testEnd.Add(-to), func(r *record) bool { return text(r.App) == app }))
	}
	if before, first, last := count("Contoso Field Service", 90*day,
		12*day+time.Second), count("Contoso Field Service", 12*day, 6*day), count("Contoso Field Service", 6*day, 0); before != 0 ||
		first == 0 || last*4 < first*5 {
		t.Errorf("Field Service: %d, then %d, then %d sign-ins", before, first, last)
	}
	if early, late, after := count("Contoso Legacy Timesheet", 75*day, 60*day), count("Contoso Legacy Timesheet",
		60*day, 45*day), count("Contoso Legacy Timesheet", 45*day-time.Hour, 0); early*2 < late*3 || late == 0 ||
		after != 0 {
		t.Errorf("Legacy Timesheet: %d, then %d, then %d sign-ins", early, late, after)
	}
}

func TestProvisioningFails(t *testing.T) {
	c := quarter()
	failed, all, elsewhere, codes := 0, 0, 0, map[string]int{}
	for _, p := range c.provisioning {
		inside := p.System.Name == "Salesforce" && !p.At.Before(testEnd.Add(-18*day).Truncate(time.Second)) &&
			p.At.Before(testEnd.Add(-15*day))
		if p.Status.Status == "failure" && !inside {
			elsewhere++
		}
		if !inside {
			continue
		}
		all++
		if p.Status.Status == "failure" {
			failed++
			codes[p.Status.Error.Code]++
			if last := p.Steps[len(p.Steps)-1]; last.Type != "export" || last.Status != "failure" {
				t.Errorf("%s failed in %+v", p.ID, last)
			}
		}
	}
	if failed < 4 || failed*10 < all*7 || len(codes) != 2 || codes["EntryConflict"] == 0 ||
		codes["InsufficientRights"] == 0 {
		t.Errorf("%d of %d failed, with %v", failed, all, codes)
	}
	if share := float64(elsewhere) / float64(len(c.provisioning)); share > 0.04 {
		t.Errorf("%.1f %% fail otherwise", 100*share)
	}
}

func TestPolicyChangeBlocks(t *testing.T) {
	c := quarter()
	blocked := func(r *record) bool { return r.Status.Code == 53003 && r.result("CA005") == "failure" }
	change := testEnd.Truncate(time.Second).Add(-14 * day)
	before := len(c.between(change.Add(-4*day), change, blocked))
	during := len(c.during(t, "Conditional Access policy too tight", blocked))
	if during < 3*max(before, 1) {
		t.Errorf("%d blocked in the four days before, %d in the four after", before, during)
	}
	c.wantAudit(t, "Update conditional access policy", change, time.Second, "CA005")
	c.wantAudit(t, "Update conditional access policy", change.Add(4*day), time.Second, "CA005")
}

func TestEmergencyAccess(t *testing.T) {
	c := quarter()
	used := c.between(testStart, testEnd, func(r *record) bool { return text(r.User) == "Emergency Access 01" })
	if len(used) != 1 || used[0].Status.Code != 0 || *used[0].App != "Azure Portal" {
		t.Fatalf("used %d times: %+v", len(used), used)
	}
	granted := c.wantAudit(t, "Add member to role", used[0].Created, 10*time.Minute, "marek.wisniewski")
	if granted.By.User.UPN != *used[0].UPN ||
		!strings.Contains(text(granted.Targets[0].Changes[1].After), "Global Administrator") {
		t.Errorf("granted: %+v", granted)
	}
	c.wantAudit(t, "Consent to application", testEnd.Add(-4*day).Truncate(time.Second), time.Hour,
		"Contoso Mail Insights")
}

func TestRisk(t *testing.T) {
	c := quarter()
	signIns := map[string]*record{}
	for i := range c.signIns {
		signIns[c.signIns[i].ID] = &c.signIns[i] // the complete one comes last
	}
	states, levels := map[string]int{}, map[string]int{}
	byUser := map[string]int{}
	previous := time.Time{}
	for _, d := range c.detections {
		states[d.State]++
		byUser[d.UserID]++
		if d.Detected.Before(previous) || !d.Detected.Before(testEnd) {
			t.Errorf("%s was detected at %v", d.ID, d.Detected)
		}
		previous = d.Detected
		if (d.Request == nil) != (d.Kind == "leakedCredentials") {
			t.Errorf("%s: a %s of the sign-in %v", d.ID, d.Kind, d.Request)
		}
		if d.Request == nil {
			continue
		}
		if s := signIns[*d.Request]; s == nil || *s.UserID != d.UserID ||
			!slices.Equal(s.RiskEvents, []string{d.Kind}) {
			t.Errorf("%s refers to the sign-in %+v", d.ID, s)
		}
	}
	for _, u := range c.riskyUsers {
		levels[u.State+" "+u.Level]++
		last := u.History[len(u.History)-1]
		if u.State != last.State || !u.Updated.Equal(last.Updated) || !slices.IsSortedFunc(u.History, func(a, b struct {
			State    string    `json:"riskState"`
			Updated  time.Time `json:"riskLastUpdatedDateTime"`
			Activity struct {
				Events []string `json:"riskEventTypes"`
			} `json:"activity"`
		}) int {
			return a.Updated.Compare(b.Updated)
		}) {
			t.Errorf("%s: state %s, history %+v", u.UPN, u.State, u.History)
		}
		if byUser[u.ID] == 0 {
			t.Errorf("%s was never detected", u.UPN)
		}
	}
	if len(c.riskyUsers) != len(byUser) {
		t.Errorf("%d risky users, %d with detections", len(c.riskyUsers), len(byUser))
	}
	for _, want := range []string{"atRisk low", "atRisk medium", "atRisk high", "remediated none", "dismissed none"} {
		if levels[want] == 0 {
			t.Errorf("nobody is %s: %v", want, levels)
		}
	}
	if states["atRisk"] == 0 || states["remediated"] == 0 || states["dismissed"] == 0 {
		t.Errorf("detections %v", states)
	}
}

// wantDetection demands that a sign-in was detected as risky.
func (c contoso) wantDetection(t *testing.T, kind, signIn string) {
	t.Helper()
	if !slices.ContainsFunc(c.detections,
		func(d detectionRecord) bool { return d.Kind == kind && text(d.Request) == signIn }) {
		t.Errorf("no %s was detected in %s", kind, signIn)
	}
}

// wantAudit demands an audit event in [from, from+within) about what is named.
func (c contoso) wantAudit(t *testing.T, activity string, from time.Time, within time.Duration,
	about string) auditRecord {
	t.Helper()
	for _, a := range c.audits {
		if a.Activity != activity || a.At.Before(from) || !a.At.Before(from.Add(within)) {
			continue
		}
		if tg := a.Targets[0]; strings.Contains(text(tg.Name), about) || strings.Contains(text(tg.UPN), about) {
			return a
		}
	}
	t.Fatalf("no %q about %s within %v after %v", activity, about, within, from)
	return auditRecord{}
}
