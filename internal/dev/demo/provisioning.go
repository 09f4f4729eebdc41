package demo

import (
	"fmt"
	"iter"
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
type provisioningError struct{ Code, Reason, Advice string }

// The two that the failing job meets come first; all others meet all of them.
var provisioningErrors = table[[]provisioningError]("provisioning-errors")

var notInScope = provisioningError{Code: "EntrySynchronizationSkipped",
	Reason: "The %[1]s object '%[2]s' is not in scope of this job: it is not assigned to the application."}

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
	actionWheel         = wheel{}.with(18, 62, 8, 3, 9)
)

// ProvisioningEvents yields what the provisioning jobs did, in order of time. A record is valid until the next one is
// asked for.
func (t *Tenant) ProvisioningEvents() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		jobs := wheelOf(provisioningJobs, func(j provisioningJob) float64 { return j.weight })
		drawn(t, newDice(t.options.Seed, provisioningDraws), func(d dice, s slot) (events []provisioningEvent) {
			for range d.count(t.expectedEvents(s) / signInsPerProvisioned) {
				events = append(events, t.drawProvisioning(d, s, jobs.pick(d)))
			}
			return events
		}, func(e *provisioningEvent) int64 { return e.at }, t.appendProvisioning, yield)
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
		e.status, e.reason = "skipped", notInScope
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
	o := object(b).begin().
		text("id", id(serial<<2|1)).time("activityDateTime", e.at).text("tenantId", t.id).
		text("jobId", strings.ReplaceAll(job.system, " ", "")+"."+strings.ReplaceAll(t.id, "-", "")+"."+principal).
		text("cycleId", id(uint64(e.at/int64(provisioningCycle))<<16|number<<2|2)).
		text("changeId", id(serial<<2|3)).text("provisioningAction", e.action).
		number("durationInMilliseconds", e.millis).
		open("servicePrincipal", '{').text("id", principal).text("displayName", job.system).end("}")

	from, to := "Microsoft Entra ID", job.system
	ends := [2]string{"source", "target"} // of the directory's side, and of the other
	if job.inbound {
		from, to, ends = to, from, [2]string{"target", "source"}
	}
	o = o.open(ends[0]+"System", '{').text("id", id(1<<60)).text("displayName", "Microsoft Entra ID").
		fields(`"details":{}`).end("}").
		open(ends[1]+"System", '{').text("id", id(1<<60|number)).text("displayName", job.system).
		open("details", '{').text("ServicePrincipalId", principal).text("ServicePrincipalDisplayName", job.system).
		end("}}").
		fields(`"initiatedBy":{"id":"","displayName":"Azure AD Provisioning Service","initiatorType":"system"}`)
	there, name := id(u.number<<32|number<<24), u.upn
	if e.status != "success" && e.action == "create" {
		there, name = "", ""
	}
	for i, account := range [2]struct{ id, name, upn string }{{u.id, u.name, u.upn}, {there, name, name}} {
		o = o.open(ends[i]+"Identity", '{').text("id", account.id).text("displayName", account.name).
			text("identityType", "User").
			open("details", '{').optional("UserPrincipalName", account.upn).end("}}")
	}
	return e.appendResult(o, from, to)
}

// appendResult ends a record with how the event ended, in which steps, and what it changed.
func (e *provisioningEvent) appendResult(o object, from, to string) []byte {
	upn, reason := e.user.upn, ""
	o = o.open("provisioningStatusInfo", '{').text("status", e.status)
	if e.status == "success" {
		o = o.json("errorInformation", "null").end("}")
	} else {
		reason = fmt.Sprintf(e.reason.Reason, to, upn)
		o = o.open("errorInformation", '{').text("errorCode", e.reason.Code).text("errorCategory", "nonServiceFailure").
			text("reason", reason).json("additionalDetails", "null").textOrNull("recommendedAction", e.reason.Advice).
			end("}}")
	}
	step := func(name, kind, status, description, identifier string) {
		o = o.begin().text("name", name).text("provisioningStepType", kind).text("status", status).
			text("description", description).
			open("details", '{').optional("ReportableIdentifier", identifier).end("}}")
	}
	verb, done := "Update", "updated"
	switch e.action {
	case "create":
		verb, done = "Add", "created"
	case "delete":
		verb, done = "Delete", "deleted"
	case "disable":
		done = "disabled"
	}
	o = o.open("provisioningSteps", '[')
	step("EntryImport"+verb, "import", "success",
		fmt.Sprintf("Received User '%s' change of type (%s) from %s", upn, verb, from), "")
	if e.status == "skipped" {
		step("EntrySynchronizationScoping", "scoping", "skipped", reason, "")
	} else {
		step("EntrySynchronizationScoping", "scoping", "success", "User '"+upn+"' is in scope of the job", "")
		step("EntryMatching", "matching", "success", fmt.Sprintf("Looked for User '%s' in %s", upn, to), "")
		exported := fmt.Sprintf("User '%s' was %s in %s", upn, done, to)
		if e.status == "failure" {
			exported = fmt.Sprintf("User '%s' could not be %s in %s. %s", upn, done, to, reason)
		}
		step("EntryExport"+verb, "export", e.status, exported, upn)
	}
	o = o.end("]").open("modifiedProperties", '[')
	if e.status == "success" {
		active := `"True"`
		if e.action == "disable" || e.action == "delete" {
			active = `"False"`
		}
		for _, change := range [2][2]string{{"active", active}, {"userName", quote(upn)}} {
			o = o.begin().text("displayName", change[0]).json("oldValue", "null").text("newValue", change[1]).end("}")
		}
	}
	return o.end("]}")
}
