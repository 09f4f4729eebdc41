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

// provisioningJob copies accounts from one system to another.
type provisioningJob struct {
	system  string // at the other end
	inbound bool   // from the system to the directory
	weight  float64
}

var provisioningJobs = []provisioningJob{
	{"ServiceNow", false, 28},
	{salesforce, false, 26},
	{"Slack", false, 14},
	{"AWS IAM Identity Center", false, 9},
	{"Workday", true, 15},
	{"Atlassian Cloud", false, 8},
}

const (
	salesforce            = "Salesforce"
	signInsPerProvisioned = 80
	provisioningCycle     = 40 * time.Minute
)

// provisioningError is what goes wrong.
type provisioningError struct{ code, reason, advice string }

// The two that the failing job meets come first; all others meet all of them.
var provisioningErrors = []provisioningError{
	{"EntryConflict", "Message: %[1]s returned an error response with the HTTP status code 409: duplicate value found for username '%[2]s'.", "Remove the duplicate account in the target system, or change the matching attribute."},
	{"InsufficientRights", "Message: %[1]s returned an error response with the HTTP status code 403: the integration user may not modify '%[2]s'.", "Grant the account that authorizes provisioning the permission to manage users in the target system."},
	{"InternalServerError", "Message: %[1]s returned an error response with the HTTP status code 500 while processing '%[2]s'.", "Try again; contact the vendor if the error persists."},
	{"TooManyRequests", "Message: %[1]s returned an error response with the HTTP status code 429 while processing '%[2]s'.", "The service retries by itself."},
	{"MandatoryFieldsMissing", "Message: %[1]s demands an attribute that '%[2]s' does not have: familyName.", "Fill in the attribute, or map a constant to it."},
	{"LicenseLimitExceeded", "Message: %[1]s has no licence left for '%[2]s'.", "Buy licences, or release unused ones."},
}

const failingErrors = 2

// provisioningEvent is a provisioningObjectSummary before it is written.
type provisioningEvent struct {
	at     int64
	job    int
	user   *user
	action string // create, update, disable, delete, other
	status string // success, failure, skipped
	reason provisioningError
	millis int64
}

var (
	provisioningActions = []string{"create", "update", "disable", "delete", "other"}
	actionWheel         = wheel{}.with(18).with(62).with(8).with(3).with(9)
)

// ProvisioningEvents yields what the provisioning jobs did, in order of time. A
// record is valid until the next one is asked for.
func (t *Tenant) ProvisioningEvents() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		d := newDice(t.options.Seed, provisioningDraws)
		jobs := wheel{}
		for _, j := range provisioningJobs {
			jobs = jobs.with(j.weight)
		}
		var (
			record []byte
			events []provisioningEvent
			serial uint64
		)
		t.slots(func(s slot) bool {
			d.turnTo(s)
			events = events[:0]
			for range d.count(t.expectedEvents(s) / signInsPerProvisioned) {
				events = append(events, t.drawProvisioning(d, s, jobs.pick(d)))
			}
			slices.SortStableFunc(events, func(a, b provisioningEvent) int { return cmp.Compare(a.at, b.at) })
			for i := range events {
				serial++
				record = t.appendProvisioning(record[:0], &events[i], serial)
				if !yield(record) {
					return false
				}
			}
			return true
		})
	}
}

func (t *Tenant) drawProvisioning(d dice, s slot, job int) provisioningEvent {
	at := d.between(s.from, s.to)
	e := provisioningEvent{
		at: max(at-mod(at, int64(time.Second)), s.from), job: job, user: t.directory.anyone(d),
		action: provisioningActions[actionWheel.pick(d)], status: "success", millis: d.between(180, 4200),
	}
	failing := provisioningJobs[job].system == salesforce && t.amid(provisioningFailure, e.at)
	switch x := d.Float64(); {
	case failing && x < 0.94:
		e.status, e.reason = "failure", provisioningErrors[d.IntN(failingErrors)]
	case e.action == "other":
		e.status, e.reason = "skipped", provisioningError{"EntrySynchronizationSkipped", "The %[1]s object '%[2]s' is not in scope of this job: it is not assigned to the application.", ""}
	case x < 0.018:
		e.status, e.reason = "failure", one(d, provisioningErrors)
	}
	return e
}

func (t *Tenant) appendProvisioning(b []byte, e *provisioningEvent, serial uint64) []byte {
	seed, job, u := t.options.Seed, provisioningJobs[e.job], e.user
	id := func(n uint64) string { return newGUID(seed, provisioningIDs, n).String() }
	number := uint64(e.job + 1)
	principal := id(number << 50)
	there := id(u.number<<32 | number<<24) // the account at the other end

	b = append(b, `{"id":"`...)
	b = newGUID(seed, provisioningIDs, serial<<2|1).append(b)
	b = append(b, `","activityDateTime":"`...)
	b = appendTime(b, e.at)
	b = appendText(append(b, `",`...), "tenantId", t.id)
	b = appendText(append(b, ','), "jobId", strings.ReplaceAll(job.system, " ", "")+"."+strings.ReplaceAll(t.id, "-", "")+"."+principal)
	b = appendText(append(b, ','), "cycleId", id(uint64(e.at/int64(provisioningCycle))<<16|number<<2|2))
	b = appendText(append(b, ','), "changeId", id(serial<<2|3))
	b = appendText(append(b, ','), "provisioningAction", e.action)
	b = append(b, `,"durationInMilliseconds":`...)
	b = strconv.AppendInt(b, e.millis, 10)
	b = append(b, `,"servicePrincipal":{`...)
	b = appendText(b, "id", principal)
	b = appendText(append(b, ','), "displayName", job.system)
	b = append(b, `},`...)

	source, target := "sourceSystem", "targetSystem"
	sourceIdentity, targetIdentity := "sourceIdentity", "targetIdentity"
	from, to := "Microsoft Entra ID", job.system
	if job.inbound {
		source, target = target, source
		sourceIdentity, targetIdentity = targetIdentity, sourceIdentity
		from, to = to, from
	}
	b = appendSystem(b, source, id(1<<60), "Microsoft Entra ID", "")
	b = appendSystem(append(b, ','), target, id(1<<60|number), job.system, principal)
	b = append(b, `,"initiatedBy":{"id":"","displayName":"Azure AD Provisioning Service","initiatorType":"system"},`...)
	b = appendIdentity(b, sourceIdentity, u.id, u.name, u.upn)
	name := u.upn
	if e.status != "success" && e.action == "create" {
		there, name = "", ""
	}
	b = appendIdentity(append(b, ','), targetIdentity, there, name, name)

	b = append(b, `,"provisioningStatusInfo":{`...)
	b = appendText(b, "status", e.status)
	reason := ""
	if e.status == "success" {
		b = append(b, `,"errorInformation":null}`...)
	} else {
		reason = fmt.Sprintf(e.reason.reason, to, u.upn)
		b = append(b, `,"errorInformation":{`...)
		b = appendText(b, "errorCode", e.reason.code)
		b = append(b, `,"errorCategory":"nonServiceFailure",`...)
		b = appendText(b, "reason", reason)
		b = append(b, `,"additionalDetails":null,`...)
		b = append(appendTextOrNull(b, "recommendedAction", e.reason.advice), "}}"...)
	}

	verbs := map[string][2]string{"create": {"Add", "created"}, "update": {"Update", "updated"}, "disable": {"Update", "disabled"}, "delete": {"Delete", "deleted"}, "other": {"Update", "updated"}}[e.action]
	b = append(b, `,"provisioningSteps":[`...)
	b = appendProvisioningStep(b, "EntryImport"+verbs[0], "import", "success", fmt.Sprintf("Received User '%s' change of type (%s) from %s", u.upn, verbs[0], from), "")
	scoping, scoped := "success", "User '"+u.upn+"' is in scope of the job"
	if e.status == "skipped" {
		scoping, scoped = "skipped", reason
	}
	b = appendProvisioningStep(append(b, ','), "EntrySynchronizationScoping", "scoping", scoping, scoped, "")
	if e.status != "skipped" {
		b = appendProvisioningStep(append(b, ','), "EntryMatching", "matching", "success", fmt.Sprintf("Looked for User '%s' in %s", u.upn, to), "")
		exported := fmt.Sprintf("User '%s' was %s in %s", u.upn, verbs[1], to)
		if e.status == "failure" {
			exported = fmt.Sprintf("User '%s' could not be %s in %s. %s", u.upn, verbs[1], to, reason)
		}
		b = appendProvisioningStep(append(b, ','), "EntryExport"+verbs[0], "export", e.status, exported, u.upn)
	}
	b = append(b, `],"modifiedProperties":[`...)
	if e.status == "success" {
		active := `"True"`
		if e.action == "disable" || e.action == "delete" {
			active = `"False"`
		}
		b = append(b, `{"displayName":"active","oldValue":null,`...)
		b = appendText(b, "newValue", active)
		b = append(b, `},{"displayName":"userName","oldValue":null,`...)
		b = append(appendText(b, "newValue", quote(u.upn)), '}')
	}
	return append(b, "]}"...)
}

func appendSystem(b []byte, key, id, name, principal string) []byte {
	b = append(append(append(b, '"'), key...), `":{`...)
	b = appendText(b, "id", id)
	b = appendText(append(b, ','), "displayName", name)
	b = append(b, `,"details":{`...)
	if principal != "" {
		b = appendText(b, "ServicePrincipalId", principal)
		b = appendText(append(b, ','), "ServicePrincipalDisplayName", name)
	}
	return append(b, "}}"...)
}

func appendIdentity(b []byte, key, id, name, upn string) []byte {
	b = append(append(append(b, '"'), key...), `":{`...)
	b = appendText(b, "id", id)
	b = appendText(append(b, ','), "displayName", name)
	b = append(b, `,"identityType":"User","details":{`...)
	if upn != "" {
		b = appendText(b, "UserPrincipalName", upn)
	}
	return append(b, "}}"...)
}

func appendProvisioningStep(b []byte, name, kind, status, description, identifier string) []byte {
	b = appendText(append(b, '{'), "name", name)
	b = appendText(append(b, ','), "provisioningStepType", kind)
	b = appendText(append(b, ','), "status", status)
	b = appendText(append(b, ','), "description", description)
	b = append(b, `,"details":{`...)
	if identifier != "" {
		b = appendText(b, "ReportableIdentifier", identifier)
	}
	return append(b, "}}"...)
}
