package demo

import (
	"fmt"
	"strings"
)

// directory is who may, or tries to, sign in.
type directory struct {
	people [len(countries)][]*user // members and guests who do, by country
	homes  wheel                   // picks a country, by the number of its people

	disabled []*user // their accounts are disabled, and they still try
	unknown  []*user // names that the directory does not hold
	legacy   []*user // people and devices that never learned modern authentication
	admins   []*user
	nobody   user // stands in sign-ins for the user that workloads do not have
	cast     cast
}

// cast are the people of the incidents; see incidents.go.
type cast struct {
	breakGlass *user // the emergency account
	promoted   *user // becomes Global Administrator
	fatigued   *user // gives in to the MFA prompts
	traveler   *user // is in two places at once
	sprayed    *user // has the password that the spray guesses
}

type user struct {
	number      uint64
	id          string
	name, upn   string
	country     int
	homeTenant  string
	guest       bool
	admin       bool
	emergency   bool // excluded from every policy
	noMFA       bool // excluded from the policy that demands MFA
	legacy      bool // allowed to use legacy authentication
	managedOnly bool // Office 365 from compliant devices only
	passkey     bool
	method      *secondFactor
	devices     []device
	oldClient   *client // of those who know no modern authentication

	office, house *network
	host          uint64 // the line at home
	six           bool   // which has IPv6

	identity string // userDisplayName, userPrincipalName and userId, as in a sign-in
}

// computer is there for everyone who holds an account.
func (u *user) computer() *device { return &u.devices[0] }

// phone is nil for those who have none.
func (u *user) phone() *device {
	if len(u.devices) < 2 {
		return nil
	}
	return &u.devices[1]
}

// device is a computer or telephone that somebody signs in with.
type device struct {
	platform  *platform
	id, name  string
	compliant bool
	beginning string // deviceDetail up to the name of the browser
	ending    string // and from there
}

// noDevice is the deviceDetail of workloads.
var noDevice = device{
	beginning: `"deviceId":"","displayName":"","operatingSystem":""`,
	ending:    `"browserId":null,"isCompliant":null,"isManaged":null,"trustType":""`,
}

// platform is a kind of device: how it shows in deviceDetail and userAgent.
type platform struct {
	Name    string
	Browser string // deviceDetail.browser
	Agent   string // userAgent of that browser
	Rich    string // userAgent of applications that are no browser
	Model   string // of telephones
}

// windowsBroker is the userAgent of what is no browser on Windows.
const windowsBroker = "Windows-AzureAD-Authentication-Provider/1.0"

var platforms = table[[]platform]("platforms")

// computers and phones pick from platforms.
var (
	computers = wheel{}.with(34, 22, 14, 5, 20, 5)
	phones    = wheel{}.with(55, 45)
)

const firstPhone = 6

// linux computers are never managed.
var linux = &platforms[firstPhone-1]

// stranger is the device of an attacker: the directory does not know it.
var stranger = newDevice(linux, "", "", "", false)

// secondFactor is how somebody proves who they are after the password.
type secondFactor struct {
	method string // as in authenticationDetails and mfaDetail
	detail string
}

var (
	push          = secondFactor{"Mobile app notification", ""}
	secondFactors = []secondFactor{push, {"Text message", "+XX XXXXXXXX42"}, {"OATH verification code", ""},
		{"Phone call approval", "+XX XXXXXXXX17"}}
	factorWheel = wheel{}.with(74, 12, 11, 3)
	passkey     = secondFactor{"FIDO2 security key", ""}
)

const (
	adminCount       = 9
	guestShare       = 0.06
	disabledShare    = 0.012
	legacyShare      = 0.012
	minLegacy        = 12
	managedOnlyShare = 0.6
	passkeyShare     = 0.07
	zeroGUID         = "00000000-0000-0000-0000-000000000000"
)

func newDirectory(seed uint64, tenantID string, count int) (dir directory) {
	h := hiring{seed: seed, tenant: tenantID, dice: newDice(seed, peopleDraws), taken: map[string]int{}}
	dir.nobody = user{homeTenant: tenantID, identity: `"userDisplayName":null,"userPrincipalName":null,"userId":null`}

	shares := wheelOf(countries[:], func(c country) float64 { return c.Share })

	// The cast and the administrators first: they exist in every tenant.
	join := func(u *user) *user {
		dir.people[u.country] = append(dir.people[u.country], u)
		return u
	}
	for i := range adminCount {
		u := join(h.member(home, h.someName(home)))
		u.admin = true
		u.passkey, u.method = i%3 != 0, &push
		if u.passkey {
			u.method = &passkey
		}
		dir.admins = append(dir.admins, u)
	}
	dir.cast.promoted = join(h.member(4, "Marek Wiśniewski"))
	dir.cast.fatigued = join(h.member(7, "Lucía Ferrer"))
	dir.cast.traveler = join(h.member(home, "Tobias Brandt"))
	dir.cast.sprayed = join(h.member(2, "Hannah O'Neill"))
	for _, u := range []*user{dir.cast.fatigued, dir.cast.sprayed, dir.cast.traveler, dir.cast.promoted} {
		u.method, u.passkey = &push, false
	}
	dir.cast.sprayed.noMFA = true
	dir.cast.breakGlass = h.member(home, "Emergency Access 01")
	dir.cast.breakGlass.emergency = true

	for _, at := range []string{"Munich", "Austin", "London", "Utrecht"} {
		u := h.member(home, "Scanner "+at)
		u.oldClient, u.legacy = &authenticatedSMTP, true
		dir.legacy = append(dir.legacy, u)
	}

	for range count - adminCount - 4 {
		c := shares.pick(h.dice)
		switch x := h.dice.Float64(); {
		case x < guestShare:
			join(h.guest(c))
		case x < guestShare+disabledShare:
			dir.disabled = append(dir.disabled, h.member(c, h.someName(c)))
		default:
			u := join(h.member(c, h.someName(c)))
			if n := len(dir.legacy); n < minLegacy || h.dice.chance(legacyShare) {
				u.oldClient, u.legacy = &legacyClients[n%len(legacyClients)], n%3 != 0
				dir.legacy = append(dir.legacy, u)
			}
		}
	}
	if len(dir.disabled) == 0 {
		dir.disabled = append(dir.disabled, h.member(home, h.someName(home)))
	}
	for range 12 + count/100 {
		dir.unknown = append(dir.unknown, h.stranger())
	}
	dir.homes = wheelOf(dir.people[:], func(people []*user) float64 { return float64(len(people)) })
	return dir
}

// member draws one of the people who work in a country; the first ones to have joined are the busiest.
func (dir *directory) member(d dice, country int) *user {
	people := dir.people[country]
	u := d.Float64()
	u = 0.12*u + 0.88*u*u // the busiest sign in 8 times as often as the average
	return people[int(u*float64(len(people)))]
}

// anyone draws from all countries alike.
func (dir *directory) anyone(d dice) *user {
	return one(d, dir.people[dir.homes.pick(d)])
}

// hiring creates accounts.
type hiring struct {
	seed   uint64
	tenant string
	dice   dice
	next   uint64
	taken  map[string]int // user principal names without their domain
}

func (h *hiring) someName(country int) string {
	given, family := country, country
	if h.dice.chance(0.25) {
		given = h.dice.IntN(len(countries))
	}
	if h.dice.chance(0.25) {
		family = h.dice.IntN(len(countries))
	}
	return one(h.dice, strings.Fields(countries[given].Given)) + " " + one(h.dice, strings.Fields(countries[family].Family))
}

// mailName numbers the second and later people of the same name.
func (h *hiring) mailName(name string) string {
	mail := mailName(name)
	h.taken[mail]++
	if n := h.taken[mail]; n > 1 {
		mail = fmt.Sprint(mail, n)
	}
	return mail
}

func (h *hiring) member(country int, name string) *user {
	return h.account(&user{
		name: name, upn: h.mailName(name) + "@contoso.com", country: country, homeTenant: h.tenant,
		managedOnly: h.dice.chance(managedOnlyShare), passkey: h.dice.chance(passkeyShare),
	})
}

func (h *hiring) guest(country int) *user {
	name, partner := h.someName(country), h.dice.IntN(len(partners))
	return h.account(&user{
		name: name, upn: h.mailName(name) + "@" + partners[partner], country: country, guest: true,
		homeTenant: newGUID(h.seed, tenantIDs, uint64(1+partner)).String(),
	})
}

// stranger is a name somebody typed that no account has.
func (h *hiring) stranger() *user {
	mail := mailName(h.someName(home))
	h.next++
	upn := mail[:len(mail)-1] + "@contoso.com"
	u := &user{number: h.next, id: zeroGUID, name: upn, upn: upn, homeTenant: h.tenant, method: &push}
	u.identify()
	return u
}

func (h *hiring) account(u *user) *user {
	h.next++
	u.number = h.next
	u.id = newGUID(h.seed, userIDs, u.number).String()
	u.office = one(h.dice, world.offices[u.country])
	u.house = one(h.dice, world.homes[u.country])
	u.host, u.six = h.dice.Uint64(), h.dice.chance(0.4)
	u.method = &secondFactors[factorWheel.pick(h.dice)]
	if u.passkey {
		u.method = &passkey
	}
	computer := &platforms[computers.pick(h.dice)]
	if u.managedOnly && computer == linux {
		computer = &platforms[0]
	}
	u.devices = append(u.devices, h.device(u, computer))
	if h.dice.chance(0.8) {
		u.devices = append(u.devices, h.device(u, &platforms[firstPhone+phones.pick(h.dice)]))
	}
	u.identify()
	return u
}

func (u *user) identify() {
	u.identity = string(object{}.text("userDisplayName", u.name).text("userPrincipalName", u.upn).text("userId", u.id))
}

func (h *hiring) device(u *user, p *platform) device {
	if u.guest {
		return newDevice(p, "", "", "", false)
	}
	id := newGUID(h.seed, deviceIDs, u.number*4+uint64(len(u.devices))).String()
	code := strings.ToUpper(id[:6])
	switch first := strings.ToUpper(mailName(u.name)[:1]); {
	case p.Model != "":
		return newDevice(p, id, strings.Fields(u.name)[0]+"'s "+p.Model, "Azure AD registered", h.dice.chance(0.7))
	case p.Name == "Windows10":
		return newDevice(p, id, "CON-L"+first+code, "Hybrid Azure AD joined", true)
	case p == linux:
		return newDevice(p, "", "", "", false)
	default:
		return newDevice(p, id, "CON-N"+first+code, "Azure AD joined", u.managedOnly || h.dice.chance(0.85))
	}
}

func newDevice(p *platform, id, name, trust string, compliant bool) device {
	return device{
		platform: p, id: id, name: name, compliant: compliant,
		beginning: string(object{}.text("deviceId", id).text("displayName", name).text("operatingSystem", p.Name)),
		ending: string(object{}.json("browserId", "null").bool("isCompliant", compliant).bool("isManaged", compliant).
			text("trustType", trust)),
	}
}

// partners are the organizations that Contoso's guests come from.
var partners = []string{"fabrikam.com", "northwindtraders.com", "adatum.com", "wingtiptoys.com", "tailspintoys.com",
	"proseware.com"}

var ascii = strings.NewReplacer(
	"ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue",
	"á", "a", "â", "a", "ã", "a", "ą", "a", "ç", "c", "ć", "c", "é", "e", "è", "e", "ê", "e", "ë", "e", "ę", "e", "É", "E",
	"í", "i", "î", "i", "ı", "i", "Í", "I", "ł", "l", "Ł", "L", "ñ", "n", "ń", "n", "ó", "o", "ô", "o", "õ", "o",
	"ś", "s", "ú", "u", "ź", "z", "ż", "z", "Á", "A", "'", "", " ", ".",
)

// mailName is the part of a user principal name before the @.
func mailName(displayName string) string { return strings.ToLower(ascii.Replace(displayName)) }
