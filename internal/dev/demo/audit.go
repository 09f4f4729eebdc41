package demo

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// auditEvent is a directoryAudit before it is written.
type auditEvent struct {
	at       int64
	activity *activity
	by       *user  // nil where a service did it
	from     string // the address of the request
	target   target
	failed   bool
}

// activity is something the audit log records.
type activity struct {
	Service, Category, Name, Operation string
	Weight                             float64
	Actor                              string // administrator, oneself or service: who does it
	About                              string // what it is done to: user, group and so on
	ByService                          string // who did it, for the actor service
	Failure                            string // resultReason of those that fail; empty where none does
}

// globalAdministrator and the others are built-in roles; their template ids are the same in every tenant.
var (
	globalAdministrator = role{"Global Administrator", "62e90394-69f5-4237-9190-012177145e10", "TenantAdmins"}
	builtInRoles        = []role{
		{"Reports Reader", "4a5d8f65-41da-4de4-8968-e035b65339cf", "ReportsReaders"},
		{"Security Reader", "5d6b6bb7-de71-4623-b4af-96380a352509", "SecurityReaders"},
		{"Helpdesk Administrator", "729827e3-9c14-49f7-bb1b-9608f156bbb8", "HelpdeskAdministrators"},
		{"User Administrator", "fe930be7-5e62-47db-91af-98c3a49a38b1", "UserAccountAdmins"},
	}
)

type role struct{ name, template, wellKnown string }

var activities = table[[]*activity]("activities")

// Activities of the incidents, which also happen now and then.
var (
	addedToRole            = activityNamed("Add member to role")
	updatedPolicy          = activityNamed("Update conditional access policy")
	renewedSecret          = activityNamed("Update application – Certificates and secrets management")
	addedServicePrincipal  = activityNamed("Add service principal")
	consented              = activityNamed("Consent to application")
	registeredSecurityInfo = activityNamed("User registered security info")
)

func activityNamed(name string) *activity {
	return activities[slices.IndexFunc(activities, func(a *activity) bool { return a.Name == name })]
}

const (
	signInsPerAudit  = 60
	auditFailures    = 0.08 // of the activities that can fail
	eventsByPrograms = 0.3  // the share of events that do not follow people's day
)

// AuditEvents yields the directory's audit events in order of time. A record is valid until the next one is asked for.
func (t *Tenant) AuditEvents() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		choice := wheelOf(activities, func(a *activity) float64 { return a.Weight })
		script := t.script.audits
		drawn(t, newDice(t.options.Seed, auditDraws), func(d dice, s slot) (events []auditEvent) {
			for range d.count(t.expectedEvents(s) / signInsPerAudit) {
				events = append(events, t.drawAudit(d, s, activities[choice.pick(d)]))
			}
			for len(script) > 0 && script[0].at < s.to {
				events, script = append(events, script[0]), script[1:]
			}
			return events
		}, func(e *auditEvent) int64 { return e.at }, t.appendAudit, yield)
	}
}

// drawn yields the events that are drawn for each slot, in order of time and numbered.
func drawn[E any](t *Tenant, d dice, draw func(d dice, s slot) []E, at func(*E) int64,
	write func(b []byte, e *E, serial uint64) []byte, yield func([]byte) bool,
) {
	var record []byte
	serial := uint64(0)
	for s := range t.slots() {
		d.turnTo(s)
		events := draw(d, s)
		slices.SortStableFunc(events, func(a, b E) int { return cmp.Compare(at(&a), at(&b)) })
		for i := range events {
			serial++
			if record = write(record[:0], &events[i], serial); !yield(record) {
				return
			}
		}
	}
}

// expectedEvents is how many sign-ins the slot would have if people and programs alone set the pace: what the other
// records follow.
func (t *Tenant) expectedEvents(s slot) float64 {
	d := t.demand(s)
	share := (1-eventsByPrograms)*d.signedIn/t.rate.totals.signedIn + eventsByPrograms*d.programs/t.rate.totals.programs
	return float64(t.options.SignIns) * share
}

func (t *Tenant) drawAudit(d dice, s slot, a *activity) auditEvent {
	e := auditEvent{at: d.between(s.from, s.to), activity: a, failed: a.Failure != "" && d.chance(auditFailures)}
	about := t.directory.anyone(d)
	switch a.Actor {
	case "administrator":
		e.by = one(d, t.directory.admins)
	case "oneself":
		e.by = about
	}
	if e.by != nil {
		e.from = e.by.house.address(e.by.host, e.by.six)
		if d.chance(0.6) {
			e.from = e.by.office.address(e.by.number%3, false)
		}
	}
	switch a.About {
	case "password", "guest":
		e.target = userTarget(about)
	case "user":
		e.target = userTarget(about, one(d, userChanges))
	case "group", "groupMember":
		e.target = t.groupTarget(d.IntN(len(groupNames)), about, a.About == "groupMember")
	case "device":
		e.target = deviceTarget(about.computer(), about)
	case "application":
		e.target = appTarget(&one(d, t.apps.workloads).application)
		if a == renewedSecret {
			e.target = secretTarget(one(d, t.apps.workloads), e.at)
		}
	case "principal":
		e.target = appTarget(one(d, t.apps.clients))
		if a == consented {
			app := one(d, t.apps.clients)
			e.target = consentTarget(app.principal, app.name)
		}
	case "role":
		e.target = roleTarget(one(d, t.directory.admins), one(d, builtInRoles))
	case "policy":
		e.target = t.policyTarget(compliantReported)
	}
	return e
}

// target is what an audit event is about: targetResources and additionalDetails, written.
type target struct{ resources, details object }

// change is one of the modifiedProperties. Its values are JSON in a string.
type change struct{ name, before, after string }

var userChanges = []change{
	{"Department", `["Sales"]`, `["Customer Success"]`},
	{"JobTitle", `["Engineer"]`, `["Senior Engineer"]`},
	{"StrongAuthenticationMethod", `[]`, `[{"MethodType":6,"Default":true}]`},
	{"AccountEnabled", `[true]`, `[false]`},
	{"AssignedLicense", `[]`, `["[SkuName=SPE_E5]"]`},
	{"TelephoneNumber", `["+49 89 5550100"]`, `["+49 89 5550199"]`},
}

var groupNames = []string{
	"All Employees", "Sales EMEA", "Engineering", "VPN Users", "Finance", "Project \"Polaris\"", "Field Technicians",
	"Power BI Authors", "External Auditors", "Munich Office",
}

func userTarget(u *user, changes ...change) target {
	return target{}.about(u.id, u.name, "User", u.upn, "", changes...)
}

func deviceTarget(dev *device, owner *user) target {
	return target{}.
		about(dev.id, dev.name, "Device", "", "",
			change{"DeviceOSVersion", `["10.0.22631.4317"]`, `["10.0.22631.4460"]`}).
		with("UserAgent", "Microsoft.OData.Client/7.12.5").with("DeviceOwner", owner.upn)
}

func (t *Tenant) groupTarget(number int, member *user, membership bool) target {
	id, name := newGUID(t.options.Seed, groupIDs, uint64(number)).String(), quote(groupNames[number])
	if !membership {
		return target{}.about(id, groupNames[number], "Group", "", "azureAD", change{"Description", `[]`, name})
	}
	return target{}.
		about(member.id, "", "User", member.upn, "", change{"Group.ObjectID", "", quote(id)},
			change{"Group.DisplayName", "", name}).
		about(id, "", "Group", "", "azureAD")
}

func appTarget(app *application) target {
	return target{}.about(app.principal, app.name, "ServicePrincipal", "", "",
		change{"AppPrincipalId", "[]", "[" + quote(app.id) + "]"},
		change{"Included Updated Properties", "", `"AppPrincipalId"`}).with("AppId", app.id)
}

func secretTarget(w *workload, at int64) target {
	expires := string(appendTime(nil, at-mod(at, int64(time.Second))+int64(180*day)))
	key := fmt.Sprintf("[KeyIdentifier=%s,KeyType=Password,KeyUsage=Verify,DisplayName=sync]", w.keyID)
	return target{}.about(w.principal, w.name, "Application", "", "",
		change{"KeyDescription", "[]", "[" + quote(key) + "]"},
		change{"Included Updated Properties", "", `"KeyDescription"`}).with("AppId", w.id).with("EndDate", expires)
}

func consentTarget(principal, name string) target {
	const permissions = "[] => [[Id: consent, ClientId: 00000000-0000-0000-0000-000000000000, PrincipalId: , " +
		"ResourceId: 00000003-0000-0000-c000-000000000000, ConsentType: AllPrincipals, " +
		"Scope: Mail.Read offline_access User.Read, CreatedDateTime: , LastModifiedDateTime: ]]; "
	return target{}.about(principal, name, "ServicePrincipal", "", "",
		change{"ConsentContext.IsAdminConsent", "", `"True"`}, change{"ConsentContext.IsAppOnly", "", `"False"`},
		change{"ConsentContext.OnBehalfOfAll", "", `"True"`}, change{"ConsentAction.Permissions", "",
			quote(permissions)})
}

func roleTarget(u *user, r role) target {
	return target{}.about(u.id, "", "User", u.upn, "",
		change{"Role.ObjectID", "", quote(r.template)}, change{"Role.DisplayName", "", quote(r.name)},
		change{"Role.TemplateId", "", quote(r.template)}, change{"Role.WellKnownObjectName", "", quote(r.wellKnown)}).
		about(r.template, "", "Role", "", "")
}

// policyTarget is a change of a policy; removed countries are missing from its allowed locations afterwards.
func (t *Tenant) policyTarget(policy int, removed ...string) target {
	allowed := []string{}
	for _, c := range countries {
		if !slices.Contains(removed, c.Code) {
			allowed = append(allowed, quote(c.Code))
		}
	}
	id, name := t.policies.id[policy], policies[policy].Name
	after := string(object{}.begin().text("id", id).text("displayName", name).text("state", "enabled").
		open("conditions", '{').open("locations", '{').json("excludeCountries", "["+strings.Join(allowed, ",")+"]").
		end("}}}"))
	return target{}.about(id, name, "Policy", "", "", change{"ConditionalAccessPolicy", "", after})
}

// about adds one of the targetResources.
func (tg target) about(id, name, kind, upn, groupType string, changes ...change) target {
	tg.resources = tg.resources.begin().
		text("id", id).textOrNull("displayName", name).text("type", kind).textOrNull("userPrincipalName", upn).
		textOrNull("groupType", groupType).
		open("modifiedProperties", '[')
	for _, c := range changes {
		tg.resources = tg.resources.begin().text("displayName", c.name).textOrNull("oldValue", c.before).
			textOrNull("newValue", c.after).end("}")
	}
	tg.resources = tg.resources.end("]}")
	return tg
}

// with adds one of the additionalDetails.
func (tg target) with(key, value string) target {
	tg.details = tg.details.begin().text("key", key).text("value", value).end("}")
	return tg
}

func (t *Tenant) appendAudit(b []byte, e *auditEvent, serial uint64) []byte {
	a := e.activity
	correlation := newGUID(t.options.Seed, auditIDs, serial)
	var letters []byte
	for _, c := range correlation[:5] {
		letters = append(letters, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[c&31])
	}
	result, reason := "success", ""
	if e.failed {
		result, reason = "failure", a.Failure
	}
	o := object(b).begin().
		text("id", fmt.Sprintf("%s_%s_%s_%d", auditPrefix(a.Service), correlation, letters, 10_000_000+serial)).
		text("category", a.Category).id("correlationId", correlation).text("result", result).
		text("resultReason", reason).text("activityDisplayName", a.Name).time("activityDateTime", e.at).
		text("loggedByService", a.Service).text("operationType", a.Operation).json("userAgent", "null").
		open("initiatedBy", '{')
	if u := e.by; u != nil {
		o = o.open("user", '{').text("id", u.id).json("displayName", "null").text("userPrincipalName", u.upn).
			text("ipAddress", e.from).fields(`"userType":null,"homeTenantId":null,"homeTenantName":null`).end("}").
			json("app", "null")
	} else {
		o = o.json("user", "null").open("app", '{').json("appId", "null").text("displayName", a.ByService).
			fields(`"servicePrincipalId":null,"servicePrincipalName":null`).end("}")
	}
	return o.end("}").
		json("targetResources", "["+string(e.target.resources)+"]").
		json("additionalDetails", "["+string(e.target.details)+"]").end("}")
}

// auditPrefix begins the ids of a service's audit events.
func auditPrefix(service string) string {
	switch service {
	case "Core Directory":
		return "Directory"
	case "Self-service Password Management":
		return "SSPR"
	case "Self-service Group Management":
		return "SSGM"
	default:
		return service
	}
}

// audit plans an audit event, unless it lies before the range.
func (w *writing) audit(e auditEvent) {
	if e.at >= w.tenant.start {
		w.audits = append(w.audits, e)
	}
}
