package demo

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"
)

var (
	testEnd   = time.Date(2026, time.March, 20, 10, 7, 33, 123456789, time.UTC)
	testStart = testEnd.Add(-90 * day)
)

// record is what the tests read of a sign-in.
type record struct {
	ID                string    `json:"id"`
	Created           time.Time `json:"createdDateTime"`
	User              *string   `json:"userDisplayName"`
	UPN               *string   `json:"userPrincipalName"`
	UserID            *string   `json:"userId"`
	UserType          *string   `json:"userType"`
	App               *string   `json:"appDisplayName"`
	Workload          string    `json:"servicePrincipalName"`
	IP                string    `json:"ipAddress"`
	Client            *string   `json:"clientAppUsed"`
	Correlation       string    `json:"correlationId"`
	ConditionalAccess string    `json:"conditionalAccessStatus"`
	Requirement       string    `json:"authenticationRequirement"`
	Kinds             []string  `json:"signInEventTypes"`
	RiskEvents        []string  `json:"riskEventTypes_v2"`
	Status            struct {
		Code int `json:"errorCode"`
	} `json:"status"`
	Location struct {
		Country string `json:"countryOrRegion"`
	} `json:"location"`
	Policies []struct {
		Name   string `json:"displayName"`
		Result string `json:"result"`
	} `json:"appliedConditionalAccessPolicies"`
	Networks []struct {
		Type string `json:"networkType"`
	} `json:"networkLocationDetails"`
	Steps []struct {
		Succeeded bool `json:"succeeded"`
	} `json:"authenticationDetails"`
}

func (r *record) kind() string { return r.Kinds[0] }

type auditRecord struct {
	ID       string    `json:"id"`
	At       time.Time `json:"activityDateTime"`
	Activity string    `json:"activityDisplayName"`
	Category string    `json:"category"`
	Service  string    `json:"loggedByService"`
	Result   string    `json:"result"`
	By       struct {
		User *struct {
			UPN string `json:"userPrincipalName"`
		} `json:"user"`
	} `json:"initiatedBy"`
	Targets []struct {
		Name    *string `json:"displayName"`
		UPN     *string `json:"userPrincipalName"`
		Changes []struct {
			Name  string  `json:"displayName"`
			After *string `json:"newValue"`
		} `json:"modifiedProperties"`
	} `json:"targetResources"`
}

type detectionRecord struct {
	ID        string    `json:"id"`
	Request   *string   `json:"requestId"`
	Kind      string    `json:"riskEventType"`
	Level     string    `json:"riskLevel"`
	State     string    `json:"riskState"`
	Detail    string    `json:"riskDetail"`
	Timing    string    `json:"detectionTimingType"`
	Activity  string    `json:"activity"`
	Detected  time.Time `json:"detectedDateTime"`
	UserID    string    `json:"userId"`
	UPN       string    `json:"userPrincipalName"`
	MoreAbout string    `json:"additionalInfo"`
}

type riskyUserRecord struct {
	ID      string    `json:"id"`
	Level   string    `json:"riskLevel"`
	State   string    `json:"riskState"`
	Detail  string    `json:"riskDetail"`
	Updated time.Time `json:"riskLastUpdatedDateTime"`
	UPN     string    `json:"userPrincipalName"`
	History []struct {
		State    string    `json:"riskState"`
		Updated  time.Time `json:"riskLastUpdatedDateTime"`
		Activity struct {
			Events []string `json:"riskEventTypes"`
		} `json:"activity"`
	} `json:"history"`
}

type provisioningRecord struct {
	ID     string    `json:"id"`
	At     time.Time `json:"activityDateTime"`
	Action string    `json:"provisioningAction"`
	Cycle  string    `json:"cycleId"`
	System struct {
		Name string `json:"displayName"`
	} `json:"servicePrincipal"`
	Status struct {
		Status string `json:"status"`
		Error  *struct {
			Code     string `json:"errorCode"`
			Category string `json:"errorCategory"`
			Reason   string `json:"reason"`
		} `json:"errorInformation"`
	} `json:"provisioningStatusInfo"`
	Steps []struct {
		Type   string `json:"provisioningStepType"`
		Status string `json:"status"`
	} `json:"provisioningSteps"`
}

// contoso is a tenant and everything it wrote, read back.
type contoso struct {
	*Tenant
	signIns      []record // in order of arrival
	audits       []auditRecord
	provisioning []provisioningRecord
	detections   []detectionRecord
	riskyUsers   []riskyUserRecord
}

// quarter is the tenant most tests look at: 90 days and 80,000 sign-ins.
var quarter = sync.OnceValue(func() contoso {
	c := contoso{Tenant: New(Options{Seed: 7, Start: testStart, End: testEnd, SignIns: 80_000})}
	read(&c.signIns, c.SignIns())
	read(&c.audits, c.AuditEvents())
	read(&c.provisioning, c.ProvisioningEvents())
	read(&c.detections, c.RiskDetections())
	read(&c.riskyUsers, c.RiskyUsers())
	return c
})

func read[T any](into *[]T, records iter.Seq[[]byte]) {
	for r := range records {
		var v T
		if err := json.Unmarshal(r, &v); err != nil {
			panic(fmt.Sprintf("%v in %s", err, r))
		}
		*into = append(*into, v)
	}
}

// during returns the sign-ins of an incident's time that also match.
func (c contoso) during(t *testing.T, name string, match func(*record) bool) []*record {
	t.Helper()
	i := slices.IndexFunc(c.Incidents(), func(i Incident) bool { return i.Name == name })
	if i < 0 {
		t.Fatalf("no incident %q", name)
	}
	incident := c.Incidents()[i]
	return c.between(incident.Start, incident.End, match)
}

func (c contoso) between(start, end time.Time, match func(*record) bool) []*record {
	var found []*record
	for i := range c.signIns {
		if r := &c.signIns[i]; !r.Created.Before(start) && r.Created.Before(end) && match(r) {
			found = append(found, r)
		}
	}
	slices.SortStableFunc(found, func(a, b *record) int { return a.Created.Compare(b.Created) })
	return found
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func TestTheSameOptionsGiveTheSameBytes(t *testing.T) {
	hash := func(opts Options) string {
		tenant, sum := New(opts), sha256.New()
		for _, records := range []iter.Seq[[]byte]{tenant.SignIns(), tenant.AuditEvents(),
			tenant.ProvisioningEvents(), tenant.RiskDetections(), tenant.RiskyUsers()} {
			for r := range records {
				_, _ = sum.Write(r)
				_, _ = io.WriteString(sum, "\n")
			}
		}
		return fmt.Sprintf("%x", sum.Sum(nil))
	}
	opts := Options{Seed: 3, Start: testStart, End: testEnd, SignIns: 20_000}
	first := hash(opts)
	if again := hash(opts); again != first {
		t.Errorf("twice the same options: %s and %s", first, again)
	}
	opts.Seed++
	if other := hash(opts); other == first {
		t.Error("another seed gave the same records")
	}
}

func TestSequencesCanBeReadAgainAndLeftEarly(t *testing.T) {
	c := quarter()
	for range 2 {
		n := 0
		for r := range c.SignIns() {
			if n++; n == 1 && !bytes.Contains(r, []byte(c.signIns[0].ID)) {
				t.Errorf("begins with %s, want %s", r, c.signIns[0].ID)
			}
			if n == 100 {
				break
			}
		}
		for range c.AuditEvents() {
			break
		}
		for range c.ProvisioningEvents() {
			break
		}
		for range c.RiskDetections() {
			break
		}
		for range c.RiskyUsers() {
			break
		}
	}
}

func TestReadersDoNotDisturbEachOther(t *testing.T) {
	tenant := New(Options{Seed: 7, Start: testEnd.Add(-20 * day), End: testEnd, SignIns: 5_000})
	var alone [][]byte
	for r := range tenant.SignIns() {
		alone = append(alone, slices.Clone(r))
	}
	first, stopFirst := iter.Pull(tenant.SignIns())
	defer stopFirst()
	second, stopSecond := iter.Pull(tenant.SignIns())
	defer stopSecond()
	for i := range alone {
		a, _ := first()
		if !bytes.Equal(a, alone[i]) {
			t.Fatalf("record %d is %s, want %s", i, a, alone[i])
		}
		if b, _ := second(); !bytes.Equal(b, alone[i]) {
			t.Fatalf("record %d is %s, want %s", i, b, alone[i])
		}
	}
}

func TestCompanyHolidayIsAWednesdayOfItsIncident(t *testing.T) {
	for after := range 7 {
		tenant := New(Options{Start: testStart, End: testEnd.AddDate(0, 0, after), SignIns: 1})
		holiday := tenant.rate.anniversary.Truncate(day)
		w := tenant.during(companyHoliday)
		if holiday.Weekday() != time.Wednesday || holiday.UnixNano() < w.from || holiday.Add(day).UnixNano() > w.to {
			t.Errorf("the company closes on %v, the incident begins at %v", holiday, time.Unix(0, w.from).UTC())
		}
	}
}

func TestOptions(t *testing.T) {
	tests := []struct {
		name    string
		opts    Options
		signIns int
		users   int
		apps    int
	}{
		{"no range", Options{}, 0, minUsers, 60},
		{"a day", Options{Start: testEnd.Add(-day), End: testEnd}, 3333, minUsers, 60},
		{"90 days", Options{Start: testStart, End: testEnd}, 299_970, 1999, 60},
		{"much", Options{Start: testStart, End: testEnd, SignIns: 10_000_000}, 10_000_000, 20_000, 60},
		{"chosen", Options{Start: testStart, End: testEnd, SignIns: 5_000, Users: 5_000, Applications: 300}, 5_000,
			5_000, 300},
		{"fewer applications than have names", Options{Start: testStart, End: testEnd, SignIns: 10, Applications: 5},
			10, minUsers, len(catalog)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tenant := New(test.opts)
			people := len(tenant.directory.disabled)
			for _, c := range tenant.directory.people {
				people += len(c)
			}
			if got := tenant.options.SignIns; got != test.signIns {
				t.Errorf("%d sign-ins, want %d", got, test.signIns)
			}
			if people < test.users-5 || people > test.users+5 {
				t.Errorf("%d users, want %d", people, test.users)
			}
			if got := len(tenant.apps.clients); got != test.apps {
				t.Errorf("%d applications, want %d", got, test.apps)
			}
		})
	}
	empty := New(Options{})
	for range empty.SignIns() {
		t.Fatal("a sign-in in a range without length")
	}
	if len(New(Options{Start: testEnd.Add(-day), End: testEnd}).Incidents()) != 2 {
		t.Error("a day has the two incidents that last, and no others")
	}
}

func TestNamesAreDistinct(t *testing.T) {
	tenant := New(Options{Seed: 1, Start: testStart, End: testEnd, Users: 20_000, Applications: 700})
	upns, apps := map[string]bool{}, map[string]bool{}
	upn := regexp.MustCompile(`^[a-z0-9.-]+@[a-z]+\.com$`)
	guests := 0
	for _, people := range tenant.directory.people {
		for _, u := range people {
			if upns[u.upn] || !upn.MatchString(u.upn) {
				t.Errorf("user principal name %q", u.upn)
			}
			upns[u.upn] = true
			if u.guest {
				guests++
			}
		}
	}
	for _, a := range tenant.apps.clients {
		if apps[a.name] {
			t.Errorf("two applications named %q", a.name)
		}
		apps[a.name] = true
	}
	if guests < 800 || guests > 1600 {
		t.Errorf("%d guests among 20,000", guests)
	}
}

func TestProportions(t *testing.T) {
	c := quarter()
	n := float64(len(c.signIns))
	share := func(match func(*record) bool) float64 {
		found := 0
		for i := range c.signIns {
			if match(&c.signIns[i]) {
				found++
			}
		}
		return 100 * float64(found) / n
	}
	kind := func(k string) func(*record) bool { return func(r *record) bool { return r.kind() == k } }
	code := func(codes ...int) func(*record) bool {
		return func(r *record) bool { return slices.Contains(codes, r.Status.Code) }
	}
	interrupted := []int{50140, 50074, 50076, 50058, 50072, 65001, 16000, 50055, 50097, 50125}
	legacy := []string{"IMAP4", "POP3", "Authenticated SMTP", "Exchange ActiveSync", "Other clients"}
	tests := []struct {
		name      string
		share     float64
		low, high float64
	}{
		{"interactive", share(kind("interactiveUser")), 38, 42},
		{"non-interactive", share(kind("nonInteractiveUser")), 43, 47},
		{"service principals", share(kind("servicePrincipal")), 11, 13},
		{"managed identities", share(kind("managedIdentity")), 2.5, 3.5},
		{"interrupted", share(code(interrupted...)), 4, 6},
		{"failed", share(func(r *record) bool {
			return r.Status.Code != 0 &&
				!slices.Contains(interrupted, r.Status.Code)
		}), 4, 6.5},
		{"wrong password", share(code(50126)), 1, 2.5},
		{"from home", share(func(r *record) bool { return r.Location.Country == "DE" }), 45, 65},
		{"guests", share(func(r *record) bool { return text(r.UserType) == "guest" }), 2, 8},
		{"legacy clients", share(func(r *record) bool { return slices.Contains(legacy, text(r.Client)) }), 0.5, 1.5},
		{"IPv6", share(func(r *record) bool { return bytes.ContainsRune([]byte(r.IP), ':') }), 8, 40},
		{"multifactor", share(func(r *record) bool { return r.Requirement == "multiFactorAuthentication" }), 35, 65},
		{"whole seconds", share(func(r *record) bool { return r.Created.Nanosecond() == 0 }), 15, 30},
		{"first instant of a slot", share(func(r *record) bool { return r.Created.Truncate(slotLength).Equal(r.Created) }), 0.1, 0.5},
		{"report-only failure", share(func(r *record) bool { return r.result("CA006") == "reportOnlyFailure" }), 3, 20},
		{"report-only interrupted", share(func(r *record) bool { return r.result("CA007") == "reportOnlyInterrupted" }), 0.5, 6},
		{"audit events", 100 * float64(len(c.audits)) / n, 100. / 66, 100. / 55},
		{"provisioning events", 100 * float64(len(c.provisioning)) / n, 100. / 90, 100. / 72},
		{"all", 100 * n / 80_000, 97, 103},
	}
	for _, test := range tests {
		if test.share < test.low || test.share > test.high {
			t.Errorf("%s: %.2f %%, want between %.2f and %.2f", test.name, test.share, test.low, test.high)
		}
	}
	codes := map[int]bool{}
	countries := map[string]bool{}
	for _, r := range c.signIns {
		codes[r.Status.Code], countries[r.Location.Country] = true, true
	}
	for _, code := range []int{50126, 50053, 50034, 50057, 53003, 53000, 50105, 500121, 7000215, 700016, 50140, 50074,
		50076, 50058, 50072, 65001, 7000222} {
		if !codes[code] {
			t.Errorf("no sign-in ended with %d", code)
		}
	}
	for _, c := range []string{"DE", "US", "GB", "FR", "NL", "PL", "ES", "IN", "BR", "JP", "AU", "ZA"} {
		if !countries[c] {
			t.Errorf("no sign-in from %s", c)
		}
	}
}

func (r *record) result(policy string) string {
	for _, p := range r.Policies {
		if p.Name[:len(policy)] == policy {
			return p.Result
		}
	}
	return ""
}

func TestWeeksHaveARhythm(t *testing.T) {
	c := quarter()
	people := func(r *record) bool { return r.kind() == "interactiveUser" && r.Location.Country == "DE" }
	on := func(day time.Time) int { return len(c.between(day, day.Add(24*time.Hour), people)) }
	wednesday := time.Date(2026, time.March, 4, 0, 0, 0, 0, time.UTC)
	if work, rest := on(wednesday), on(wednesday.AddDate(0, 0, 4)); rest*4 > work {
		t.Errorf("Wednesday %d, Sunday %d", work, rest)
	}
	holiday := wednesday.AddDate(0, 0, -7)
	if work, off := on(wednesday), on(holiday); off*4 > work {
		t.Errorf("ordinary Wednesday %d, holiday %d", work, off)
	}
	noon := len(c.between(wednesday.Add(8*time.Hour), wednesday.Add(9*time.Hour), people))
	night := len(c.between(wednesday.Add(1*time.Hour), wednesday.Add(2*time.Hour), people))
	if noon < 5*max(1, night) {
		t.Errorf("%d sign-ins from 9 to 10 in the morning, %d from 2 to 3 in the night", noon, night)
	}
	january := time.Date(2026, time.January, 5, 0, 0, 0, 0, time.UTC)
	early := len(c.between(january, january.AddDate(0, 0, 14), people))
	late := len(c.between(wednesday.AddDate(0, 0, -2), wednesday.AddDate(0, 0, 12), people))
	if late <= early {
		t.Errorf("no growth: %d sign-ins in two weeks of January, %d in two of March", early, late)
	}
}

func TestArrival(t *testing.T) {
	c := quarter()
	var newest time.Time
	versions := map[string][]*record{}
	late, veryLate := 0, 0
	for i := range c.signIns {
		r := &c.signIns[i]
		if r.Created.After(newest) {
			newest = r.Created
		}
		if r.Created.Before(c.options.Start) || !r.Created.Before(c.options.End) {
			t.Fatalf("%s at %v lies outside the range", r.ID, r.Created)
		}
		versions[r.ID] = append(versions[r.ID], r)
		if len(versions[r.ID]) > 1 {
			continue
		}
		switch by := newest.Sub(r.Created); {
		case by > 27*time.Hour:
			veryLate++
		case by > 4*time.Minute:
			late++
		}
		if by := newest.Sub(r.Created); by > 33*time.Hour {
			t.Errorf("%s is %v late", r.ID, by)
		}
	}
	if share := float64(late) / float64(len(versions)); share < 0.012 || share > 0.025 {
		t.Errorf("%.2f %% arrived late, want 2", 100*share)
	}
	if veryLate < 30 || veryLate > 160 {
		t.Errorf("%d arrived more than a day late, want 80", veryLate)
	}
	again := 0
	for _, id := range slices.Sorted(maps.Keys(versions)) {
		v := versions[id]
		switch {
		case len(v) == 1:
			continue
		case len(v) > 2:
			t.Errorf("%s came %d times", id, len(v))
		case len(v[0].Steps) != 0:
			t.Errorf("%s was complete when it first came", id)
		case !v[0].Created.Equal(v[1].Created) || v[0].Status != v[1].Status || v[0].Correlation != v[1].Correlation:
			t.Errorf("%s changed in more than it may", id)
		case len(v[1].Steps) == 0 && len(v[1].RiskEvents) == 0:
			t.Errorf("%s came twice, and the second time brought nothing", id)
		}
		again++
	}
	if again < 80 || again > 800 {
		t.Errorf("%d records came twice", again)
	}
}

func TestAnAttemptSharesItsCorrelation(t *testing.T) {
	c := quarter()
	attempts := map[string][]*record{}
	for i := range c.signIns {
		r := &c.signIns[i]
		attempts[r.Correlation] = append(attempts[r.Correlation], r)
	}
	completed := 0
	for _, records := range attempts {
		slices.SortStableFunc(records, func(a, b *record) int { return a.Created.Compare(b.Created) })
		first, last := records[0], records[len(records)-1]
		if text(first.UPN) != text(last.UPN) {
			t.Errorf("%s is shared by %s and %s", first.Correlation, text(first.UPN), text(last.UPN))
		}
		if (first.Status.Code == 50074 || first.Status.Code == 50076) && last.Status.Code == 0 {
			completed++
			if first.ConditionalAccess != "failure" || last.Requirement != "multiFactorAuthentication" {
				t.Errorf("%s: interrupted with Conditional Access %s, completed with %s", first.Correlation,
					first.ConditionalAccess, last.Requirement)
			}
		}
	}
	if completed < 500 {
		t.Errorf("%d sign-ins were interrupted for MFA and completed", completed)
	}
}

func BenchmarkSignIns(b *testing.B) {
	tenant := New(Options{Seed: 1, Start: testStart, End: testEnd, SignIns: 10_000_000})
	b.ReportAllocs()
	b.ResetTimer()
	n, size := 0, 0
	for n < b.N {
		for r := range tenant.SignIns() {
			size += len(r)
			if n++; n == b.N {
				break
			}
		}
	}
	b.SetBytes(int64(size / n))
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New(Options{Seed: 1, Start: testStart, End: testEnd})
	}
}
