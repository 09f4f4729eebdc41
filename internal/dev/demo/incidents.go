package demo

import (
	"cmp"
	"slices"
	"time"
)

// Incident is something worth finding in the tenant's activity.
type Incident struct {
	Name       string
	Start, End time.Time
	Find       string // what to look for, in the portal's words
}

type incidentID int

const (
	abandonedApplication incidentID = iota
	companyHoliday
	expiredCredential
	provisioningFailure
	policyChange
	impossibleTravel
	applicationLaunch
	passwordSpray
	mfaFatigue
	applicationConsent
	emergencyAccess
	legacyAuthentication
	reportOnlyPolicy
	incidentCount
)

// incidents, in the order of their ids, lie at fixed distances before the end of the range. One that would lie before its
// start is not there; a zero distance means the whole range.
var incidents = table[[incidentCount]struct {
	Name          string
	DaysBeforeEnd int64 // when it starts
	Minutes       int64 // that it lasts
	Find          string
}]("incidents")

// Incidents lists what is worth finding, in order of time.
func (t *Tenant) Incidents() []Incident {
	var found []Incident
	for id := range incidentCount {
		if w := t.during(id); w.from >= t.start && w.to > w.from {
			found = append(found, Incident{incidents[id].Name, time.Unix(0, w.from).UTC(), time.Unix(0, w.to).UTC(),
				incidents[id].Find})
		}
	}
	slices.SortStableFunc(found, func(a, b Incident) int { return a.Start.Compare(b.Start) })
	return found
}

// window is a stretch of time: [from, to).
type window struct{ from, to int64 }

// amid reports whether an incident goes on at a moment.
func (t *Tenant) amid(id incidentID, at int64) bool {
	w := t.during(id)
	return t.start <= w.from && w.from <= at && at < w.to
}

// during returns when an incident is, or would be if the range began earlier.
func (t *Tenant) during(id incidentID) window {
	i := incidents[id]
	if i.DaysBeforeEnd == 0 {
		return window{t.start, t.end}
	}
	from := t.end - i.DaysBeforeEnd*int64(day)
	return window{from, from + i.Minutes*int64(time.Minute)}
}

// popularity is how the use of an application compares to the use it has, or would have, when it is in its prime.
func (t *Tenant) popularity(l life, at int64) float64 {
	switch l {
	case launched:
		w := t.during(applicationLaunch)
		if at < w.from {
			return 0
		}
		return 0.05 + 0.95*float64(at-w.from)/float64(w.to-w.from)
	case abandoned:
		left := t.during(abandonedApplication).from - at
		return min(1, max(0, float64(left)/float64(30*day)))
	default:
		return 1
	}
}

// script holds what is planned ahead instead of drawn: the sign-ins, audit events and risk detections of the incidents,
// in order of time.
type script struct {
	signIns    []signIn
	audits     []auditEvent
	detections []detection
	riskyUsers []riskyUser
}

// scripted marks the serials of planned sign-ins.
const scripted = 1 << 63

func newScript(t *Tenant) script {
	w := writing{tenant: t, dice: newDice(t.options.Seed, scriptDraws)}
	for _, incident := range []struct {
		id   incidentID
		plan func(begin int64)
	}{
		{passwordSpray, w.passwordSpray}, {mfaFatigue, w.mfaFatigue}, {impossibleTravel, w.impossibleTravel},
		{emergencyAccess, w.emergencyAccess}, {policyChange, w.policyChange}, {expiredCredential, w.expiredCredential},
		{applicationLaunch, w.applicationLaunch}, {applicationConsent, w.applicationConsent},
	} {
		if begin := t.during(incident.id).from; begin >= t.start {
			incident.plan(begin)
		}
	}
	w.ordinaryRisks()
	w.settleRisks()

	slices.SortStableFunc(w.signIns, func(a, b signIn) int { return cmp.Compare(a.at, b.at) })
	slices.SortStableFunc(w.audits, func(a, b auditEvent) int { return cmp.Compare(a.at, b.at) })
	return w.script
}

// writing is a script in the making.
type writing struct {
	script
	tenant *Tenant
	dice   dice
	serial uint64
}

// signIn plans one sign-in and returns it as planned. It continues the attempt it is given, or starts one.
func (w *writing) signIn(s signIn) signIn {
	w.serial++
	s.serial = scripted | w.serial
	if s.attempt == 0 {
		s.attempt = s.serial
	}
	if s.resource == nil {
		s.resource = s.app.resources[0]
	}
	if s.risk == nil {
		s.risk = noRisk
	}
	w.tenant.judge(&s)
	w.signIns = append(w.signIns, s)
	return s
}

// sprayTargets is how many users the password spray tries.
const sprayTargets = 120

func (w *writing) passwordSpray(begin int64) {
	t := w.tenant
	victim := t.directory.cast.sprayed
	targets := []*user{}
	for _, people := range t.directory.people {
		for _, u := range people {
			if !u.guest && !u.admin && u != victim {
				targets = append(targets, u)
			}
		}
	}
	w.dice.Shuffle(len(targets), func(i, j int) { targets[i], targets[j] = targets[j], targets[i] })
	targets = append(targets[:sprayTargets-1:sprayTargets-1], victim)

	try := signIn{app: t.apps.azureCLI, client: &ropc, device: &stranger, from: world.sprayer}
	pace := int64(20*time.Minute) / sprayTargets
	for i, u := range targets {
		s := try
		s.user, s.at = u, begin+int64(i)*pace+w.dice.between(0, pace/2)
		s.outcome = &badPassword
		if i%8 == 5 {
			s.outcome = &locked
		}
		if i%20 == 11 {
			s.outcome = &maliciousAddress
		}
		if u != victim {
			w.signIn(s)
			continue
		}
		s.outcome = &success
		s.risk = risk{detail: "none", aggregated: "high", during: "none", state: "atRisk", event: "passwordSpray",
			offline: true}.describe()
		w.detect(detection{signIn: w.signIn(s), kind: "passwordSpray", level: "high", timing: "offline",
			detected: s.at + int64(4*time.Hour)})
	}
}

func (w *writing) mfaFatigue(begin int64) {
	t, victim := w.tenant, w.tenant.directory.cast.fatigued
	s := signIn{user: victim, app: t.apps.portal, client: &browser, device: &stranger, from: world.intruder,
		at: begin, outcome: &mfaPrompt}
	first := w.signIn(s)
	const prompts = 14
	pace := int64(8*time.Minute) / prompts
	for i := range prompts {
		s := s
		s.attempt, s.at, s.outcome = first.attempt, begin+int64(10*time.Second)+int64(i)*pace, &mfaDeclined
		if i%5 == 3 {
			s.outcome = &mfaIgnored
		}
		w.signIn(s)
	}
	s.attempt, s.at, s.outcome = first.attempt, begin+int64(9*time.Minute), &successMFA
	s.risk = risk{detail: "none", aggregated: "high", during: "medium", state: "atRisk",
		event: "unfamiliarFeatures"}.describe()
	given := w.signIn(s)
	w.detect(detection{signIn: given, kind: "unfamiliarFeatures", level: "high", timing: "realtime",
		detected: given.at + int64(2*time.Second)})
	w.audit(auditEvent{at: begin + int64(16*time.Minute), activity: registeredSecurityInfo, by: victim,
		from: world.intruder.address(0, false), target: userTarget(victim)})
}

func (w *writing) impossibleTravel(begin int64) {
	t, u := w.tenant, w.tenant.directory.cast.traveler
	s := signIn{user: u, app: t.apps.exchange, client: &browser, device: u.computer(), from: world.homes[home][0],
		host: u.host, at: begin, outcome: &successMFAClaim, claim: true}
	w.signIn(s)
	s.at += int64(35 * time.Minute)
	s.app, s.device, s.from, s.host, s.outcome, s.claim = t.apps.portal, &stranger, world.faraway, 0, &successMFA, false
	s.risk = risk{detail: "none", aggregated: "medium", during: "none", state: "atRisk", event: "unlikelyTravel",
		offline: true}.describe()
	w.detect(detection{signIn: w.signIn(s), kind: "unlikelyTravel", level: "medium", timing: "offline",
		detected: s.at + int64(3*time.Hour)})
}

func (w *writing) emergencyAccess(begin int64) {
	t, u := w.tenant, w.tenant.directory.cast.breakGlass
	w.signIn(signIn{user: u, app: t.apps.portal, client: &browser, device: &stranger, from: world.homes[home][1],
		host: 77, at: begin + int64(2*time.Minute), outcome: &success})
	w.audit(auditEvent{at: begin + int64(8*time.Minute), activity: addedToRole, by: u,
		from:   world.homes[home][1].address(77, false),
		target: roleTarget(t.directory.cast.promoted, globalAdministrator)})
}

// administrator plans what one of them does in another incident.
func (w *writing) administrator(number int, at int64, what *activity, about target) {
	u := w.tenant.directory.admins[number]
	w.audit(auditEvent{at: at, activity: what, by: u, from: u.office.address(0, false), target: about})
}

func (w *writing) policyChange(begin int64) {
	w.administrator(1, begin, updatedPolicy, w.tenant.policyTarget(allowedCountries, "BR", "ZA"))
	w.administrator(1, w.tenant.during(policyChange).to, updatedPolicy, w.tenant.policyTarget(allowedCountries))
}

func (w *writing) expiredCredential(int64) {
	end := w.tenant.during(expiredCredential).to
	w.administrator(2, end, renewedSecret, secretTarget(w.tenant.apps.expiring, end))
}

func (w *writing) applicationLaunch(begin int64) {
	for _, app := range w.tenant.apps.clients {
		if app.life == launched {
			w.administrator(3, begin-int64(time.Hour), addedServicePrincipal, appTarget(app))
		}
	}
}

func (w *writing) applicationConsent(begin int64) {
	principal := newGUID(w.tenant.options.Seed, applicationIDs, 1<<41).String()
	w.administrator(4, begin+int64(12*time.Minute), consented, consentTarget(principal, "Contoso Mail Insights"))
}
