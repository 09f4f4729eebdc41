package demo

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"time"
)

// detection is a riskDetection, and what became of it.
type detection struct {
	signIn   signIn // its user only, where no sign-in was risky
	kind     string // riskEventType
	level    string
	timing   string
	detected int64
	number   uint64

	fate    *fate // nil: still open
	settled int64
}

// fate is how risk ends.
type fate struct {
	state, detail string
	by            initiator
	weight        float64
}

// initiator is who ends it.
type initiator uint8

const (
	theSystem initiator = iota
	theUser
	anAdministrator
)

var (
	stillAtRisk = fate{state: "atRisk", weight: 36}
	dismissed   = fate{"dismissed", "adminDismissedAllRiskForUser", anAdministrator, 14}
	fates       = []*fate{
		&stillAtRisk,
		&dismissed,
		{"remediated", "userPerformedSecuredPasswordChange", theUser, 18},
		{"remediated", "userPerformedSecuredPasswordReset", theUser, 8},
		{"remediated", "userPassedMFADrivenByRiskBasedPolicy", theUser, 12},
		{"dismissed", "aiConfirmedSigninSafe", theSystem, 6},
		{"confirmedSafe", "adminConfirmedSigninSafe", anAdministrator, 3},
		{"confirmedCompromised", "adminConfirmedUserCompromised", anAdministrator, 3},
	}
)

// riskKind is a detection of Identity Protection.
type riskKind struct {
	name, timing string
	weight       float64
	low, medium  float64 // shares of the levels; the rest is high
	place        func(dice) *network
}

var riskKinds = []riskKind{
	{"unfamiliarFeatures", "realtime", 38, 0.45, 0.45, aHotel},
	{"anonymizedIPAddress", "realtime", 12, 0.2, 0.6, anywhereHostile},
	{"unlikelyTravel", "offline", 10, 0.3, 0.6, aForeignCity},
	{"newCountry", "offline", 9, 0.8, 0.2, aForeignCity},
	{"maliciousIPAddress", "offline", 8, 0, 0.4, anywhereHostile},
	{"anomalousToken", "realtime", 8, 0.2, 0.5, anywhereHostile},
	{"suspiciousBrowser", "offline", 5, 0.1, 0.7, anywhereHostile},
	{"mcasImpossibleTravel", "offline", 4, 0.3, 0.6, aForeignCity},
	{"leakedCredentials", "offline", 6, 0, 0, nil},
}

func aHotel(d dice) *network          { return world.hotels[d.IntN(len(countries))] }
func aForeignCity(d dice) *network    { return one(d, world.abroad) }
func anywhereHostile(d dice) *network { return one(d, world.hostile) }

const (
	signInsPerRisk = 1500
	minRisks       = 8
	maxRisks       = 4000
	// What Identity Protection needs time to learn it has learnt by the end.
	slowestDetection = 6 * time.Hour
)

func (w *writing) detect(d detection) {
	d.number = uint64(len(w.detections)) + 1
	w.detections = append(w.detections, d)
}

// ordinaryRisks plans the risk of everyday life.
func (w *writing) ordinaryRisks() {
	t, d := w.tenant, w.dice
	last := t.end - int64(slowestDetection)
	if last <= t.start {
		return
	}
	kinds := wheelOf(riskKinds, func(k riskKind) float64 { return k.weight })
	for range min(max(t.options.SignIns/signInsPerRisk, minRisks), maxRisks) {
		k := &riskKinds[kinds.pick(d)]
		u := t.directory.member(d, t.directory.homes.pick(d))
		at := d.between(t.start, last)
		if u.guest || slices.Contains([]*user{t.directory.cast.fatigued, t.directory.cast.sprayed,
			t.directory.cast.traveler}, u) {
			continue
		}
		level := "high"
		switch x := d.Float64(); {
		case x < k.low:
			level = "low"
		case x < k.low+k.medium:
			level = "medium"
		}
		if k.place == nil {
			w.detect(detection{signIn: signIn{user: u, at: at}, kind: k.name, level: level, timing: k.timing,
				detected: at + d.between(int64(time.Hour), int64(4*time.Hour))})
			continue
		}
		r := risk{detail: "none", aggregated: level, during: level, state: "atRisk", event: k.name}
		detected := at + int64(2*time.Second)
		if k.timing == "offline" {
			r.during, r.offline = "none", true
			detected = at + d.between(int64(time.Hour), int64(slowestDetection))
		}
		s := signIn{at: at, user: u, app: t.apps.clients[d.IntN(12)], client: &browser, device: &stranger,
			from: k.place(d), host: d.Uint64(), risk: r.describe()}
		switch x := d.Float64(); {
		case x < 0.45:
			s.outcome = &successMFA
		case x < 0.75:
			s.outcome = &mfaPrompt
		default:
			s.outcome = &blocked
		}
		w.detect(detection{signIn: w.signIn(s), kind: k.name, level: level, timing: k.timing, detected: detected})
	}
}

// riskyUser is the state that somebody's risk is in at the end, and how it came to that.
type riskyUser struct {
	user    *user
	history []riskState
}

type riskState struct {
	user          *user
	at            int64
	level, state  string
	detail        string
	events        []string
	by            *user // nil: Identity Protection
	historyNumber uint64
}

var levels = []string{"none", "low", "medium", "high"}

// settleRisks decides what becomes of the risk of every user.
func (w *writing) settleRisks() {
	t, d := w.tenant, w.dice
	choice := wheelOf(fates, func(f *fate) float64 { return f.weight })
	slices.SortStableFunc(w.detections, func(a, b detection) int {
		return cmp.Or(cmp.Compare(a.signIn.user.number, b.signIn.user.number), cmp.Compare(a.detected, b.detected))
	})
	for rest := w.detections; len(rest) > 0; {
		u := rest[0].signIn.user
		n := 1
		for n < len(rest) && rest[n].signIn.user == u {
			n++
		}
		f := fates[choice.pick(d)]
		switch u {
		case t.directory.cast.fatigued, t.directory.cast.sprayed:
			f = &stillAtRisk
		case t.directory.cast.traveler:
			f = &dismissed
		}
		settled := rest[n-1].detected + d.between(int64(time.Hour), int64(60*time.Hour))
		settled -= mod(settled, int64(time.Second))
		if f == &stillAtRisk || settled >= t.end {
			f = nil
		}
		w.riskyUsers = append(w.riskyUsers, w.biography(u, rest[:n], f, settled))
		rest = rest[n:]
	}
	slices.SortStableFunc(w.detections, func(a, b detection) int { return cmp.Compare(a.detected, b.detected) })
	slices.SortStableFunc(w.riskyUsers, func(a, b riskyUser) int {
		return cmp.Compare(a.history[len(a.history)-1].at, b.history[len(b.history)-1].at)
	})
}

// biography settles the detections of one user, in order of time.
func (w *writing) biography(u *user, of []detection, f *fate, settled int64) riskyUser {
	r := riskyUser{user: u}
	level, events := "none", []string(nil)
	for i := range of {
		if slices.Index(levels, of[i].level) > slices.Index(levels, level) {
			level = of[i].level
		}
		events = append(events, of[i].kind)
		r.history = append(r.history, riskState{user: u, at: of[i].detected, level: level, state: "atRisk",
			detail: "none",
			events: events[i : i+1], historyNumber: of[i].number << 1})
		of[i].fate, of[i].settled = f, settled
	}
	if f == nil {
		return r
	}
	end := riskState{user: u, at: settled, level: "none", state: f.state, detail: f.detail,
		historyNumber: of[0].number<<1 | 1}
	if f.state == "confirmedCompromised" {
		end.level = "high"
	}
	switch f.by {
	case theUser:
		end.by = u
	case anAdministrator:
		end.by = w.tenant.directory.admins[of[0].number%adminCount]
	}
	r.history = append(r.history, end)
	return r
}

// RiskDetections yields what Identity Protection found, in order of detection, each in the state it has at the end of
// the range. A record is valid until the next one is asked for.
func (t *Tenant) RiskDetections() iter.Seq[[]byte] {
	return written(t.script.detections, t.appendDetection)
}

// RiskyUsers yields everyone who was ever at risk, one record each with its history, as it is at the end of the range;
// who changed last comes last. A record is valid until the next one is asked for.
func (t *Tenant) RiskyUsers() iter.Seq[[]byte] {
	return written(t.script.riskyUsers, t.appendRiskyUser)
}

// RiskyUserHistory yields every state that users at risk have been in, as Graph lists it for each user. A record is
// valid until the next one is asked for.
func (t *Tenant) RiskyUserHistory() iter.Seq[[]byte] {
	var all []riskState
	for _, r := range t.script.riskyUsers {
		all = append(all, r.history...)
	}
	return written(all, t.appendHistory)
}

// written yields what a list holds as records.
func written[T any](list []T, write func(b []byte, one *T) []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		var record []byte
		for i := range list {
			if record = write(record[:0], &list[i]); !yield(record) {
				return
			}
		}
	}
}

func (t *Tenant) appendDetection(b []byte, d *detection) []byte {
	s, u := &d.signIn, d.signIn.user
	state, detail, updated := "atRisk", "none", d.detected
	if d.fate != nil {
		state, detail, updated = d.fate.state, d.fate.detail, d.settled
	}
	request, correlation, activity, address, location, additional := "", "", "user", "", "null", "[]"
	if s.from != nil {
		request, correlation = t.signInID(s.serial).String(), t.correlationID(s.attempt).String()
		activity, address, location = "signin", s.from.address(s.host, s.six), s.from.location
		additional = `[{"Key":"userAgent","Value":` + quote(s.userAgent()) + `}]`
	}
	technique := "T1078.004"
	if d.kind == "passwordSpray" {
		technique = "T1110.003"
	}
	return object(b).begin().
		id("id", newGUID(t.options.Seed, riskIDs, d.number)).textOrNull("requestId", request).
		textOrNull("correlationId", correlation).text("riskType", riskType(d.kind)).text("riskEventType", d.kind).
		text("riskState", state).text("riskLevel", d.level).text("riskDetail", detail).
		text("source", "IdentityProtection").text("detectionTimingType", d.timing).text("activity", activity).
		text("tokenIssuerType", "AzureAD").textOrNull("ipAddress", address).json("location", location).
		time("activityDateTime", s.at).time("detectedDateTime", d.detected).time("lastUpdatedDateTime", updated).
		fields(u.identity).text("additionalInfo", additional).text("mitreTechniqueId", technique).end("}")
}

// riskType is the property that riskEventType replaced; it knows fewer values.
func riskType(kind string) string {
	switch kind {
	case "unlikelyTravel", "anonymizedIPAddress", "maliciousIPAddress", "unfamiliarFeatures", "leakedCredentials":
		return kind
	default:
		return "unknownFutureValue"
	}
}

func (t *Tenant) appendRiskyUser(b []byte, r *riskyUser) []byte {
	now := &r.history[len(r.history)-1]
	o := now.fields(object(b).begin(), r.user.id).open("history", '[')
	for i := range r.history {
		o = t.appendHistory(o.separate(), &r.history[i])
	}
	return o.end("]}")
}

func (t *Tenant) appendHistory(b []byte, s *riskState) []byte {
	by, events := "", "[]"
	if s.by != nil {
		by = s.by.id
	}
	if len(s.events) > 0 {
		events = `["` + strings.Join(s.events, `","`) + `"]`
	}
	id := newGUID(t.options.Seed, riskIDs, 1<<40|s.historyNumber).String()
	return s.fields(append(object(b), '{'), id).
		text("userId", s.user.id).textOrNull("initiatedBy", by).
		open("activity", '{').text("detail", s.detail).json("riskEventTypes", events).end("}}")
}

// fields writes what a user and their history have in common.
func (s *riskState) fields(o object, id string) object {
	return o.text("id", id).
		fields(`"isDeleted":false,"isProcessing":false`).text("riskLevel", s.level).text("riskState", s.state).
		text("riskDetail", s.detail).time("riskLastUpdatedDateTime", s.at).text("userDisplayName", s.user.name).
		text("userPrincipalName", s.user.upn)
}
