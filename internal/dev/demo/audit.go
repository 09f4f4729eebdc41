package demo

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strconv"
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
	service, category, name, operation string
	weight                             float64
	actor                              actor
	about                              subject
	byService                          string // who did it, for the actor service
	failure                            string // resultReason of those that fail; empty where none does
}

// actor is who does something.
type actor uint8

const (
	administrator actor = iota
	oneself
	service
)

// subject is what something is done to.
type subject uint8

const (
	aUser subject = iota
	aPassword
	aGroup
	aGroupMember
	aDevice
	anApplication
	aPrincipal
	aRole
	aPolicy
	aGuest
)

// globalAdministrator and the others are built-in roles; their template ids are
// the same in every tenant.
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

// Activities of the incidents, which also happen now and then.
var (
	addedToRole            = activity{"Core Directory", "RoleManagement", "Add member to role", "Assign", 0.6, administrator, aRole, "", ""}
	updatedPolicy          = activity{"Conditional Access", "Policy", "Update conditional access policy", "Update", 0.15, administrator, aPolicy, "", ""}
	renewedSecret          = activity{"Core Directory", "ApplicationManagement", "Update application – Certificates and secrets management", "Update", 0.5, administrator, anApplication, "", ""}
	addedServicePrincipal  = activity{"Core Directory", "ApplicationManagement", "Add service principal", "Add", 0.7, administrator, aPrincipal, "", ""}
	consented              = activity{"Core Directory", "ApplicationManagement", "Consent to application", "Assign", 0.6, administrator, aPrincipal, "", "Microsoft.Online.Security.UserConsentBlockedForRiskyAppsException"}
	registeredSecurityInfo = activity{"Authentication Methods", "UserManagement", "User registered security info", "Update", 3, oneself, aUser, "", "User failed to register Authenticator App with Notification and Code"}
)

var activities = []*activity{
	{"Core Directory", "UserManagement", "Update user", "Update", 24, service, aUser, "Microsoft Entra Cloud Sync", ""},
	{"Core Directory", "UserManagement", "Update user", "Update", 6, administrator, aUser, "", ""},
	{"Core Directory", "UserManagement", "Update StsRefreshTokenValidFrom Timestamp", "Update", 3, oneself, aUser, "", ""},
	{"Core Directory", "UserManagement", "Add user", "Add", 2.5, administrator, aUser, "", "Microsoft.Online.Workflows.ObjectAlreadyExistsException"},
	{"Core Directory", "UserManagement", "Delete user", "Delete", 1.2, administrator, aUser, "", ""},
	{"Core Directory", "UserManagement", "Disable account", "Update", 1.2, administrator, aUser, "", ""},
	{"Core Directory", "UserManagement", "Enable account", "Update", 0.5, administrator, aUser, "", ""},
	{"Core Directory", "UserManagement", "Change user license", "Update", 4, service, aUser, "Microsoft Entra ID Group-Based Licensing", ""},
	{"Core Directory", "UserManagement", "Reset user password", "Update", 2, administrator, aPassword, "", ""},
	{"Core Directory", "GroupManagement", "Add member to group", "Assign", 9, administrator, aGroupMember, "", "Microsoft.Online.Workflows.ObjectAlreadyExistsException"},
	{"Core Directory", "GroupManagement", "Remove member from group", "Unassign", 5, administrator, aGroupMember, "", ""},
	{"Core Directory", "GroupManagement", "Update group", "Update", 4, oneself, aGroup, "", ""},
	{"Core Directory", "GroupManagement", "Add group", "Add", 0.8, oneself, aGroup, "", ""},
	{"Self-service Group Management", "GroupManagement", "GroupLifecyclePolicies_Get", "Update", 1, oneself, aGroup, "", ""},
	{"Core Directory", "ApplicationManagement", "Update service principal", "Update", 5, service, aPrincipal, "Microsoft Azure AD App Management", ""},
	{"Core Directory", "ApplicationManagement", "Update application", "Update", 1.5, administrator, anApplication, "", ""},
	{"Core Directory", "ApplicationManagement", "Add app role assignment grant to user", "Assign", 3, administrator, aPrincipal, "", ""},
	{"Core Directory", "ApplicationManagement", "Add delegated permission grant", "Assign", 0.8, oneself, aPrincipal, "", ""},
	{"Core Directory", "Device", "Update device", "Update", 9, service, aDevice, "Device Registration Service", ""},
	{"Core Directory", "Device", "Add device", "Add", 2, service, aDevice, "Device Registration Service", ""},
	{"Device Registration Service", "Device", "Register device", "Add", 1.6, oneself, aDevice, "", "DeviceRegistrationQuotaExceeded"},
	{"Core Directory", "RoleManagement", "Remove member from role", "Unassign", 0.4, administrator, aRole, "", ""},
	{"PIM", "RoleManagement", "Add member to role completed (PIM activation)", "Create", 3, oneself, aRole, "", "The role assignment request was denied"},
	{"Self-service Password Management", "UserManagement", "Reset password (self-service)", "Update", 2, oneself, aPassword, "", "OnPremisesPolicyError"},
	{"Self-service Password Management", "UserManagement", "Self-service password reset flow activity progress", "Update", 5, oneself, aPassword, "", "User canceled before passing the required authentication methods"},
	{"Self-service Password Management", "UserManagement", "Change password (self-service)", "Update", 2.5, oneself, aPassword, "", "InvalidPassword"},
	{"Authentication Methods", "UserManagement", "User deleted security info", "Delete", 0.6, oneself, aUser, "", ""},
	{"Invited Users", "UserManagement", "Invite external user", "Add", 1.4, oneself, aGuest, "", "The invited user already exists in the directory"},
	{"B2B Auth", "UserManagement", "Redeem external user invite", "Update", 0.9, service, aGuest, "Microsoft Invitation Acceptance Portal", ""},
	{"Terms Of Use", "Policy", "Accept Terms Of Use", "Update", 1, oneself, aUser, "", ""},
	&addedToRole, &updatedPolicy, &renewedSecret, &addedServicePrincipal, &consented, &registeredSecurityInfo,
}

const (
	signInsPerAudit  = 60
	auditFailures    = 0.08 // of the activities that can fail
	eventsByPrograms = 0.3  // the share of events that do not follow people's day
)

// AuditEvents yields the directory's audit events in order of time. A record is
// valid until the next one is asked for.
func (t *Tenant) AuditEvents() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		d := newDice(t.options.Seed, auditDraws)
		choice := wheel{}
		for _, a := range activities {
			choice = choice.with(a.weight)
		}
		var (
			record []byte
			events []auditEvent
			serial uint64
			script = t.script.audits
		)
		t.slots(func(s slot) bool {
			d.turnTo(s)
			events = events[:0]
			for range d.count(t.expectedEvents(s) / signInsPerAudit) {
				events = append(events, t.drawAudit(d, s, activities[choice.pick(d)]))
			}
			for len(script) > 0 && script[0].at < s.to {
				events, script = append(events, script[0]), script[1:]
			}
			slices.SortStableFunc(events, func(a, b auditEvent) int { return cmp.Compare(a.at, b.at) })
			for i := range events {
				serial++
				record = t.appendAudit(record[:0], &events[i], serial)
				if !yield(record) {
					return false
				}
			}
			return true
		})
	}
}

// expectedEvents is how many sign-ins the slot would have if people and
// programs alone set the pace: what the other records follow.
func (t *Tenant) expectedEvents(s slot) float64 {
	d := t.demand(s)
	share := (1-eventsByPrograms)*d.signedIn/t.rate.totals.signedIn + eventsByPrograms*d.programs/t.rate.totals.programs
	return float64(t.options.SignIns) * share
}

func (t *Tenant) drawAudit(d dice, s slot, a *activity) auditEvent {
	e := auditEvent{at: d.between(s.from, s.to), activity: a, failed: a.failure != "" && d.chance(auditFailures)}
	about := t.directory.anyone(d)
	switch a.actor {
	case administrator:
		e.by = one(d, t.directory.admins)
	case oneself:
		e.by = about
	}
	if e.by != nil {
		e.from = e.by.house.address(e.by.host, e.by.six)
		if d.chance(0.6) {
			e.from = e.by.office.address(e.by.number%3, false)
		}
	}
	switch a.about {
	case aPassword:
		e.target = userTarget(about)
	case aUser:
		e.target = userTarget(about, one(d, userChanges))
	case aGroup, aGroupMember:
		e.target = t.groupTarget(d.IntN(len(groupNames)), about, a.about == aGroupMember)
	case aDevice:
		e.target = deviceTarget(about.computer(), about)
	case anApplication:
		e.target = appTarget(&one(d, t.apps.workloads).application)
		if a == &renewedSecret {
			e.target = secretTarget(one(d, t.apps.workloads), e.at)
		}
	case aPrincipal:
		e.target = appTarget(one(d, t.apps.clients))
		if a == &consented {
			app := one(d, t.apps.clients)
			e.target = consentTarget(app.principal, app.name)
		}
	case aRole:
		e.target = roleTarget(one(d, t.directory.admins), one(d, builtInRoles))
	case aPolicy:
		e.target = t.policyTarget(compliantReported)
	case aGuest:
		e.target = userTarget(about)
	}
	return e
}

// target is what an audit event is about: targetResources and
// additionalDetails, written.
type target struct{ resources, details []byte }

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

var groupNames = []string{"All Employees", "Sales EMEA", "Engineering", "VPN Users", "Finance", "Project \"Polaris\"", "Field Technicians", "Power BI Authors", "External Auditors", "Munich Office"}

func userTarget(u *user, changes ...change) target {
	return target{resources: appendTarget(nil, u.id, u.name, "User", u.upn, "", changes...)}
}

func deviceTarget(dev *device, owner *user) target {
	return target{
		resources: appendTarget(nil, dev.id, dev.name, "Device", "", "", change{"DeviceOSVersion", `["10.0.22631.4317"]`, `["10.0.22631.4460"]`}),
		details:   appendDetail(nil, "UserAgent", "Microsoft.OData.Client/7.12.5"),
	}.with("DeviceOwner", owner.upn)
}

func (t *Tenant) groupTarget(number int, member *user, membership bool) target {
	id := newGUID(t.options.Seed, groupIDs, uint64(number)).String()
	if !membership {
		return target{resources: appendTarget(nil, id, groupNames[number], "Group", "", "azureAD", change{"Description", `[]`, quote(groupNames[number])})}
	}
	b := appendTarget(nil, member.id, "", "User", member.upn, "",
		change{"Group.ObjectID", "", quote(id)}, change{"Group.DisplayName", "", quote(groupNames[number])})
	return target{resources: appendTarget(append(b, ','), id, "", "Group", "", "azureAD")}
}

func appTarget(app *application) target {
	return target{resources: appendTarget(nil, app.principal, app.name, "ServicePrincipal", "", "",
		change{"AppPrincipalId", "[]", "[" + quote(app.id) + "]"}, change{"Included Updated Properties", "", `"AppPrincipalId"`})}.with("AppId", app.id)
}

func secretTarget(w *workload, at int64) target {
	expires := formatTime(at - mod(at, int64(time.Second)) + int64(180*day))
	key := fmt.Sprintf("[KeyIdentifier=%s,KeyType=Password,KeyUsage=Verify,DisplayName=sync]", w.keyID)
	return target{resources: appendTarget(nil, w.principal, w.name, "Application", "", "",
		change{"KeyDescription", "[]", "[" + quote(key) + "]"}, change{"Included Updated Properties", "", `"KeyDescription"`})}.with("AppId", w.id).with("EndDate", expires)
}

func consentTarget(principal, name string) target {
	const permissions = "[] => [[Id: consent, ClientId: 00000000-0000-0000-0000-000000000000, PrincipalId: , ResourceId: 00000003-0000-0000-c000-000000000000, ConsentType: AllPrincipals, Scope: Mail.Read offline_access User.Read, CreatedDateTime: , LastModifiedDateTime: ]]; "
	return target{resources: appendTarget(nil, principal, name, "ServicePrincipal", "", "",
		change{"ConsentContext.IsAdminConsent", "", `"True"`}, change{"ConsentContext.IsAppOnly", "", `"False"`},
		change{"ConsentContext.OnBehalfOfAll", "", `"True"`}, change{"ConsentAction.Permissions", "", quote(permissions)})}
}

func roleTarget(u *user, r role) target {
	b := appendTarget(nil, u.id, "", "User", u.upn, "", change{"Role.ObjectID", "", quote(r.template)},
		change{"Role.DisplayName", "", quote(r.name)}, change{"Role.TemplateId", "", quote(r.template)}, change{"Role.WellKnownObjectName", "", quote(r.wellKnown)})
	return target{resources: appendTarget(append(b, ','), r.template, "", "Role", "", "")}
}

// policyTarget is a change of a policy; removed countries are missing from its
// allowed locations afterwards.
func (t *Tenant) policyTarget(policy int, removed ...string) target {
	allowed := []string{}
	for _, c := range countries {
		if !slices.Contains(removed, c.code) {
			allowed = append(allowed, quote(c.code))
		}
	}
	after := fmt.Sprintf(`{"id":"%s","displayName":%s,"state":"enabled","conditions":{"locations":{"excludeCountries":[%s]}}}`,
		t.policies.id[policy], quote(policyTable[policy].name), strings.Join(allowed, ","))
	return target{resources: appendTarget(nil, t.policies.id[policy], policyTable[policy].name, "Policy", "", "", change{"ConditionalAccessPolicy", "", after})}
}

func (tg target) with(key, value string) target {
	if tg.details != nil {
		tg.details = append(tg.details, ',')
	}
	tg.details = appendDetail(tg.details, key, value)
	return tg
}

func appendDetail(b []byte, key, value string) []byte {
	b = appendText(append(b, '{'), "key", key)
	return append(appendText(append(b, ','), "value", value), '}')
}

func appendTarget(b []byte, id, name, kind, upn, groupType string, changes ...change) []byte {
	b = appendText(append(b, '{'), "id", id)
	b = appendTextOrNull(append(b, ','), "displayName", name)
	b = appendText(append(b, ','), "type", kind)
	b = appendTextOrNull(append(b, ','), "userPrincipalName", upn)
	b = appendTextOrNull(append(b, ','), "groupType", groupType)
	b = append(b, `,"modifiedProperties":[`...)
	for i, c := range changes {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(append(b, '{'), "displayName", c.name)
		b = appendTextOrNull(append(b, ','), "oldValue", c.before)
		b = append(appendTextOrNull(append(b, ','), "newValue", c.after), '}')
	}
	return append(b, "]}"...)
}

func (t *Tenant) appendAudit(b []byte, e *auditEvent, serial uint64) []byte {
	a := e.activity
	correlation := newGUID(t.options.Seed, auditIDs, serial)
	b = append(b, `{"id":"`...)
	b = append(b, auditPrefix(a.service)...)
	b = append(b, '_')
	b = correlation.append(b)
	b = append(b, '_')
	for _, c := range correlation[:5] {
		b = append(b, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[c&31])
	}
	b = append(b, '_')
	b = strconv.AppendUint(b, 10_000_000+serial, 10)
	b = appendText(append(b, `",`...), "category", a.category)
	b = append(b, `,"correlationId":"`...)
	b = correlation.append(b)
	if e.failed {
		b = append(b, `","result":"failure",`...)
		b = appendText(b, "resultReason", a.failure)
	} else {
		b = append(b, `","result":"success","resultReason":""`...)
	}
	b = appendText(append(b, ','), "activityDisplayName", a.name)
	b = append(b, `,"activityDateTime":"`...)
	b = appendTime(b, e.at)
	b = appendText(append(b, `",`...), "loggedByService", a.service)
	b = appendText(append(b, ','), "operationType", a.operation)
	b = append(b, `,"userAgent":null,"initiatedBy":{"user":`...)
	if u := e.by; u != nil {
		b = appendText(append(b, '{'), "id", u.id)
		b = append(b, `,"displayName":null,`...)
		b = appendText(b, "userPrincipalName", u.upn)
		b = appendText(append(b, ','), "ipAddress", e.from)
		b = append(b, `,"userType":null,"homeTenantId":null,"homeTenantName":null},"app":null}`...)
	} else {
		b = append(b, `null,"app":{"appId":null,`...)
		b = appendText(b, "displayName", a.byService)
		b = append(b, `,"servicePrincipalId":null,"servicePrincipalName":null}}`...)
	}
	b = append(b, `,"targetResources":[`...)
	b = append(b, e.target.resources...)
	b = append(b, `],"additionalDetails":[`...)
	b = append(b, e.target.details...)
	return append(b, "]}"...)
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
