package demo

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"time"
)

// SignIns yields the sign-ins in order of arrival: most a minute after they happened, about one in fifty minutes to
// hours late, one in a thousand a day late. Some come twice, with one id: first a draft, later complete. A record is
// valid until the next one is asked for.
func (t *Tenant) SignIns() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		p := planner{t: t, dice: newDice(t.options.Seed, signInDraws), script: t.script.signIns}
		var record []byte
		deliver := func(until int64) bool {
			slices.SortFunc(p.waiting, func(a, b signIn) int {
				return cmp.Or(cmp.Compare(a.arrives, b.arrives), cmp.Compare(a.serial, b.serial))
			})
			for i := range p.waiting {
				if p.waiting[i].arrives >= until {
					p.waiting = slices.Delete(p.waiting, 0, i)
					return true
				}
				record = t.appendSignIn(record[:0], &p.waiting[i])
				if !yield(record) {
					return false
				}
			}
			p.waiting = p.waiting[:0]
			return true
		}
		for s := range t.slots() {
			p.plan(s)
			if !deliver(s.begin + int64(slotLength)) {
				return
			}
		}
		deliver(math.MaxInt64) // what arrives only after the end
	}
}

// planner draws the sign-ins of one slot after the other.
type planner struct {
	t       *Tenant
	dice    dice
	script  []signIn // planned ahead, not yet due
	waiting []signIn // not yet delivered
	serial  uint64

	now                         slot
	atWork                      [len(countries)]bool
	people, background          wheel // pick a country
	interactive, nonInteractive wheel // pick an application
	programs, managed           wheel // pick a workload
}

func (p *planner) plan(s slot) {
	t := p.t
	p.now, p.serial = s, s.number()<<24
	p.dice.turnTo(s)
	d := t.demand(s)
	p.spin(s, &d)

	for range p.dice.count(t.expected(interactiveUser, &d) / interactiveLength) {
		p.person(interactiveUser)
	}
	for range p.dice.count(t.expected(nonInteractiveUser, &d) / nonInteractiveLength) {
		p.person(nonInteractiveUser)
	}
	for range p.dice.count(t.expected(servicePrincipal, &d)) {
		p.program(servicePrincipal, t.apps.workloads[p.programs.pick(p.dice)])
	}
	for range p.dice.count(t.expected(managedIdentityKind, &d)) {
		p.program(managedIdentityKind, t.apps.managed[p.managed.pick(p.dice)])
	}
	for len(p.script) > 0 && p.script[0].at < s.to {
		p.send(p.script[0])
		p.script = p.script[1:]
	}
}

// spin sets the wheels to what is likely in the slot.
func (p *planner) spin(s slot, d *demand) {
	p.people, p.background = p.people[:0], p.background[:0]
	for i := range countries {
		p.people = p.people.with(d.people[i])
		p.background = p.background.with(d.background[i])
		local := time.Unix(0, s.begin).In(zones[i])
		p.atWork[i] = p.t.activity(i, local) > 0.4
	}
	p.interactive, p.nonInteractive = p.interactive[:0], p.nonInteractive[:0]
	// Weights are shares of the sign-ins: the few who use an application weigh more.
	for _, a := range p.t.apps.clients {
		popular := p.t.popularity(a.life, s.begin)
		p.interactive = p.interactive.with(a.Interactive * popular / a.Audience)
		p.nonInteractive = p.nonInteractive.with(a.Background * popular / a.Audience)
	}
	if len(p.programs) == 0 {
		weight := func(w *workload) float64 { return w.weight }
		p.programs, p.managed = wheelOf(p.t.apps.workloads, weight), wheelOf(p.t.apps.managed, weight)
	}
}

// moment draws a time in the slot. Some of them lie on a whole second, as all do in some exports, and a few on the very
// first instant of the slot.
func (p *planner) moment() int64 {
	at := p.dice.between(p.now.from, p.now.to)
	switch x := p.dice.Float64(); {
	case x < 0.002 && p.now.from == p.now.begin:
		return p.now.begin
	case x < 0.2:
		return max(at-mod(at, int64(time.Second)), p.now.from)
	default:
		return at
	}
}

// Delays between an event and its record.
const (
	lateShare    = 0.02
	veryLate     = 0.001
	draftedShare = 0.05 // of the sign-ins that complete MFA
)

// send hands a sign-in to the log: it will arrive some time.
func (p *planner) send(s signIn) {
	if s.at < p.t.start || s.at >= p.t.end {
		return
	}
	d := p.dice
	s.arrives = s.at + d.between(int64(15*time.Second), int64(2*time.Minute))
	if s.serial&scripted == 0 {
		switch x := d.Float64(); {
		case x < veryLate:
			s.arrives = s.at + d.between(int64(28*time.Hour), int64(32*time.Hour))
		case x < lateShare:
			s.arrives = s.at + d.between(int64(5*time.Minute), int64(3*time.Hour))
		}
	}
	switch {
	case s.risk.offline:
		p.sendDraft(s)
		s.arrives += d.between(int64(2*time.Hour), int64(5*time.Hour))
	case s.outcome == &successMFA && d.chance(draftedShare):
		p.sendDraft(s)
		s.arrives += d.between(int64(3*time.Minute), int64(25*time.Minute))
	}
	p.waiting = append(p.waiting, s)
}

func (p *planner) sendDraft(s signIn) {
	s.draft = true
	p.waiting = append(p.waiting, s)
}

func (p *planner) next() uint64 {
	p.serial++
	return p.serial
}

// program plans the sign-in of a workload.
func (p *planner) program(kind signInKind, w *workload) {
	s := signIn{
		at: p.moment(), serial: p.next(), kind: kind, workload: w, app: &w.application,
		resource: one(p.dice, w.resources), from: w.from, host: w.host, outcome: &workloadSuccess, risk: noRisk,
	}
	s.attempt = s.serial
	switch {
	case w == p.t.apps.expiring && p.t.amid(expiredCredential, s.at):
		s.outcome = &expiredSecret
	case w.failing != nil && p.dice.chance(w.failures):
		s.outcome = w.failing
	}
	p.send(s)
}

// flow is how an attempt to sign in goes: one record for each of the outcomes. A nil outcome is success, however the
// situation demands it.
type flow struct {
	weight   float64
	outcomes []*outcome
	where    place
}

// place is where a flow can happen.
type place uint8

const (
	anywhere place = iota
	outside        // where MFA is demanded
	banned         // in a country that Contoso does not allow
)

var interactiveFlows = []flow{
	{weight: 79.2, outcomes: []*outcome{nil}},

	{weight: 2.2, outcomes: []*outcome{&mfaPrompt, nil}, where: outside},
	{weight: 2.0, outcomes: []*outcome{&mfaRequired, nil}, where: outside},
	{weight: 2.0, outcomes: []*outcome{&keepSignedIn, nil}},
	{weight: 1.6, outcomes: []*outcome{&noSession, nil}},
	{weight: 0.4, outcomes: []*outcome{&noConsent, nil}},
	{weight: 0.1, outcomes: []*outcome{&noConsent, &consentDeclined}},
	{weight: 0.4, outcomes: []*outcome{&passwordAge, nil}},
	{weight: 0.35, outcomes: []*outcome{&mfaEnrolment, nil}, where: outside},
	{weight: 0.3, outcomes: []*outcome{&deviceCheck, nil}},
	{weight: 0.3, outcomes: []*outcome{&selectAccount, nil}},
	{weight: 0.2, outcomes: []*outcome{&resetEnrolment, nil}},

	{weight: 2.6, outcomes: []*outcome{&badPassword, nil}},
	{weight: 0.6, outcomes: []*outcome{&badPassword, &badPassword}},
	{weight: 0.2, outcomes: []*outcome{&badPassword, &badPassword, &badPassword, &locked}},
	{weight: 0.4, outcomes: []*outcome{&locked}},
	{weight: 0.7, outcomes: []*outcome{&unknownUser}},
	{weight: 0.6, outcomes: []*outcome{&disabledUser}},
	{weight: 0.5, outcomes: []*outcome{&notAssigned}},
	{weight: 0.3, outcomes: []*outcome{&blocked}, where: banned},
	{weight: 0.5, outcomes: []*outcome{&notCompliant}},
	{weight: 0.35, outcomes: []*outcome{&mfaPrompt, &mfaIgnored}, where: outside},
	{weight: 0.25, outcomes: []*outcome{&mfaPrompt, &mfaDeclined, nil}, where: outside},
	{weight: 0.2, outcomes: []*outcome{&appMissing}},
	{weight: 0.15, outcomes: []*outcome{&badReply}},
	{weight: 0.15, outcomes: []*outcome{&adminConsent}},
}

var nonInteractiveFlows = []flow{
	{weight: 94.3, outcomes: []*outcome{nil}},

	{weight: 1.0, outcomes: []*outcome{&mfaRequired}, where: outside},
	{weight: 0.6, outcomes: []*outcome{&noSession}},
	{weight: 0.5, outcomes: []*outcome{&noConsent}},
	{weight: 0.3, outcomes: []*outcome{&deviceCheck}},
	{weight: 0.1, outcomes: []*outcome{&passwordAge}},

	{weight: 0.9, outcomes: []*outcome{&signInFrequency}},
	{weight: 0.6, outcomes: []*outcome{&grantRevoked}},
	{weight: 0.7, outcomes: []*outcome{&grantInactive}},
	{weight: 0.5, outcomes: []*outcome{&sessionInvalid}},
	{weight: 0.2, outcomes: []*outcome{&blocked}, where: banned},
	{weight: 0.2, outcomes: []*outcome{&notAssigned}},
}

// legacyAttempts is the share of the attempts that legacy clients make.
const legacyAttempts = 0.012

var (
	interactiveWheel, interactiveLength       = survey(interactiveFlows)
	nonInteractiveWheel, nonInteractiveLength = survey(nonInteractiveFlows)
)

// survey makes the wheel that picks a flow, and tells how many records one has on average.
func survey(flows []flow) (w wheel, length float64) {
	for _, f := range flows {
		w = w.with(f.weight)
		length += f.weight * float64(len(f.outcomes))
	}
	return w, length / w.total()
}

// person plans one attempt of a person, or of their software.
func (p *planner) person(kind signInKind) {
	d, t := p.dice, p.t
	if d.chance(legacyAttempts) {
		p.legacy(kind)
		return
	}
	countries, apps, flows, choice := p.people, p.interactive, interactiveFlows, interactiveWheel
	if kind == nonInteractiveUser {
		countries, apps, flows, choice = p.background, p.nonInteractive, nonInteractiveFlows, nonInteractiveWheel
	}
	f := &flows[choice.pick(d)]
	s := signIn{at: p.moment(), kind: kind, user: t.directory.member(d, countries.pick(d)),
		app: t.apps.clients[apps.pick(d)], risk: noRisk}
	for range 16 { // in the end everybody finds an application of theirs
		if s.app.uses(s.user) {
			break
		}
		s.app = t.apps.clients[apps.pick(d)]
	}
	p.settle(&s, f.where)

	var before *outcome
	for i, o := range p.outcomes(&s, f) {
		s.serial, s.claim, s.outcome = p.next(), kind == nonInteractiveUser, o
		s.evaluated, s.verdicts = false, verdicts{}
		if i == 0 {
			s.attempt = s.serial
			s.claim = s.claim || d.chance(0.55)
		} else {
			s.at += d.between(int64(2*time.Second), int64(45*time.Second))
		}
		if o == nil {
			p.succeed(&s, before)
		}
		t.judge(&s)
		p.send(s)
		before = o
	}
}

// outcomes returns those of a flow that the situation allows, and makes the sign-in one that ends like that.
func (p *planner) outcomes(s *signIn, f *flow) []*outcome {
	d, t, outcomes := p.dice, p.t, f.outcomes
	if f.where == outside && !s.needsMFA() {
		outcomes = succeeds
	}
	switch outcomes[0] {
	case &unknownUser:
		s.user, s.device, s.client, s.app = one(d, t.directory.unknown), &stranger, &browser, t.apps.portal
	case &disabledUser:
		s.user = one(d, t.directory.disabled)
		s.device = s.user.computer()
	case &appMissing:
		s.app, s.client, s.device = t.apps.missing, &browser, s.user.computer()
		s.resource = s.app.resources[0]
	case &notCompliant:
		if !s.user.managedOnly {
			return succeeds
		}
		s.app, s.device, s.client = t.apps.exchange, &stranger, &browser
		s.resource = s.app.resources[0]
	case nil:
		if c := s.from.country; c >= 0 && tightened[c] && !s.from.trusted && t.amid(policyChange, s.at) {
			return blocks
		}
	}
	return outcomes
}

var (
	succeeds = []*outcome{nil}
	blocks   = []*outcome{&blocked}
)

// settle decides where and with what somebody signs in.
func (p *planner) settle(s *signIn, where place) {
	d, u := p.dice, s.user
	moving := false
	inOffice := 0.04
	if p.atWork[u.country] {
		inOffice = 0.55
	}
	s.host, s.six = u.host, u.six
	switch x := d.Float64(); {
	case where == banned:
		s.from, s.host, s.six = one(d, world.abroad), d.Uint64(), false
	case x < inOffice && where != outside && !u.guest:
		// An office shows a few addresses, whoever is in.
		s.from, s.host, s.six = u.office, u.number%3, u.number%5 == 0
	case x > 0.98:
		s.from, s.host = world.hotels[d.IntN(len(countries))], d.Uint64()
	case x > 0.88:
		s.from, s.host, moving = world.mobiles[u.country], mix(u.host+uint64(s.at/int64(6*time.Hour))), true
	default:
		s.from = u.house
	}
	s.device = u.computer()
	if phone := u.phone(); phone != nil && s.app.runsOn != windows && (moving || s.app.runsOn == aPhone || d.chance(0.12)) {
		s.device = phone
	}
	s.client = &desktop
	if d.chance(s.app.Browser) {
		s.client = &browser
	}
	s.resource = one(d, s.app.resources)
	if s.app.kind == office365 && u.managedOnly && !s.device.compliant {
		s.device = u.computer() // nothing else is let in
	}
}

// succeed finds the way in that the situation demands.
func (p *planner) succeed(s *signIn, before *outcome) {
	mfa := s.needsMFA() || s.user.admin
	switch {
	case before == &mfaPrompt, before == &mfaRequired, before == &mfaEnrolment, before == &mfaDeclined:
		s.outcome, s.claim = &successMFA, false
	case mfa && s.kind == interactiveUser && p.dice.chance(0.08):
		s.outcome = &successMFA
	case mfa, p.dice.chance(0.05):
		s.outcome = &successMFAClaim
		if s.kind == interactiveUser && before == nil {
			s.claim = true
		}
	default:
		s.outcome = &success
	}
}

// legacy plans the sign-in of a client that knows no modern authentication.
func (p *planner) legacy(kind signInKind) {
	d, t := p.dice, p.t
	u := one(d, t.directory.legacy)
	s := signIn{
		at: p.moment(), serial: p.next(), kind: kind, user: u, app: t.apps.exchange, resource: t.apps.exchange,
		client: u.oldClient, device: &stranger, from: u.house, host: u.host, outcome: &success, risk: noRisk,
	}
	s.attempt = s.serial
	if s.client == &authenticatedSMTP {
		s.from = u.office // printers do not work from home
	}
	switch {
	case d.chance(0.06):
		s.outcome = &badPassword
	case !u.legacy:
		s.outcome = &blocked
	}
	t.judge(&s)
	p.send(s)
}
