package demo

// The Conditional Access policies of the tenant. Graph lists all of them in a sign-in, also the ones that did not
// apply.
const (
	mfaForAll = iota
	noLegacy
	compliantForOffice
	strongForAdmins
	allowedCountries
	compliantReported // report-only: would block a share of all sign-ins
	strongReported    // report-only: would ask most users of Azure for more
	policyCount
)

// verdict is what one policy made of one sign-in.
type verdict uint8

const (
	notApplied verdict = iota
	satisfied
	unsatisfied
	interrupting // report-only policies: the user would have been asked for more
	verdictCount
)

type verdicts [policyCount]verdict

// policySet holds every verdict of every policy the way a sign-in lists it.
type policySet struct {
	id      [policyCount]string
	results [policyCount][verdictCount]string
}

var policyTable = [policyCount]struct {
	name       string
	reportOnly bool
	grant      string
	session    string
	missed     string // the condition that is not met where the policy does not apply
	rules      string // the rules that include whom it applies to
	strength   string // authentication strength
}{
	mfaForAll: {name: "CA001: Require multifactor authentication for all users", grant: "Mfa", missed: "location",
		rules: included("allApps", "allUsers")},
	noLegacy: {name: "CA002: Block legacy authentication", grant: "Block", missed: "clientType",
		rules: included("allApps", "allUsers")},
	compliantForOffice: {name: "CA003: Require compliant device for Office 365", grant: "RequireCompliantDevice",
		missed: "application", rules: included("office365", "groupId")},
	strongForAdmins: {name: "CA004: Require phishing-resistant MFA for administrators", session: "SignInFrequency",
		missed: "users", rules: included("allApps", "roleId"), strength: "Phishing-resistant MFA"},
	allowedCountries: {name: "CA005: Block countries where Contoso does not work", grant: "Block", missed: "location",
		rules: included("allApps", "allUsers")},
	compliantReported: {name: "CA006: Require compliant device for all apps (pilot)", reportOnly: true,
		grant: "RequireCompliantDevice", missed: "users", rules: included("allApps", "allUsers")},
	strongReported: {name: "CA007: Phishing-resistant MFA for Azure management (pilot)", reportOnly: true,
		missed: "application", rules: included("appId", "allUsers"), strength: "Phishing-resistant MFA"},
}

// included returns the rules by which a policy includes an application and a user.
func included(app, user string) string {
	return `{"conditionalAccessCondition":"application","ruleSatisfied":"` + app + `"},` +
		`{"conditionalAccessCondition":"users","ruleSatisfied":"` + user + `"}`
}

func newPolicySet(seed uint64) (set policySet) {
	results := [verdictCount]string{"notApplied", "success", "failure", ""}
	reported := [verdictCount]string{"reportOnlyNotApplied", "reportOnlySuccess", "reportOnlyFailure",
		"reportOnlyInterrupted"}
	for i, p := range policyTable {
		set.id[i] = newGUID(seed, policyIDs, uint64(i)).String()
		for v := range verdictCount {
			result := results[v]
			if p.reportOnly {
				result = reported[v]
			}
			met, missed, rules := "application,users", "none", p.rules
			if v == notApplied {
				missed, rules = p.missed, ""
				switch p.missed {
				case "application":
					met = "none"
				case "users":
					met = "application"
				}
			} else if i == allowedCountries {
				met += ",location"
			}
			set.results[i][v] = string(object{}.begin().
				text("id", set.id[i]).
				text("displayName", p.name).
				list("enforcedGrantControls", p.grant).
				list("enforcedSessionControls", p.session).
				json("sessionControlsNotSatisfied", "[]").
				text("result", result).
				text("conditionsSatisfied", met).
				text("conditionsNotSatisfied", missed).
				json("authenticationStrength", strength(p.strength, v)).
				json("includeRulesSatisfied", "["+rules+"]").
				json("excludeRulesSatisfied", "[]").end("}"))
		}
	}
	return set
}

// strength returns Graph's authenticationStrength.
func strength(name string, v verdict) string {
	if name == "" || v == notApplied {
		return "null"
	}
	results := [verdictCount]string{"", "satisfied", "cannotSatisfy", "singleChallengeRequired"}
	// The id of the built-in strength is the same in every tenant.
	return string(object{}.begin().text("authenticationStrengthId", "00000000-0000-0000-0000-000000000004").
		text("displayName", name).text("authenticationStrengthResult", results[v]).end("}"))
}

// judge evaluates the policies for a person's sign-in whose situation and outcome are known.
func (t *Tenant) judge(s *signIn) {
	u, o := s.user, s.outcome
	if o.early {
		return
	}
	s.evaluated = true
	vs := &s.verdicts
	outcomeOf := func(met bool) verdict {
		if met {
			return satisfied
		}
		return unsatisfied
	}
	awaiting := o.steps == awaitedMFA || o.steps == deniedMFA
	if !u.emergency {
		if s.needsMFA() {
			vs[mfaForAll] = outcomeOf(!awaiting)
		}
		if s.client.legacy && !u.legacy {
			vs[noLegacy] = unsatisfied
		}
		if u.managedOnly && s.app.kind == office365 && !s.client.legacy {
			vs[compliantForOffice] = outcomeOf(o != &notCompliant)
		}
		if u.admin {
			vs[strongForAdmins] = outcomeOf(!awaiting)
		}
		if o == &blocked && vs[noLegacy] != unsatisfied {
			vs[allowedCountries] = unsatisfied
		}
	}
	if !u.guest {
		vs[compliantReported] = outcomeOf(s.device.compliant)
	}
	if s.app.kind == azure {
		vs[strongReported] = interrupting
		if u.passkey {
			vs[strongReported] = satisfied
		}
	}
}

// conditionalAccess is Graph's conditionalAccessStatus: what the enabled policies came to.
func (s *signIn) conditionalAccess() string {
	status := "notApplied"
	for i, v := range s.verdicts {
		switch {
		case policyTable[i].reportOnly:
		case v == unsatisfied:
			return "failure"
		case v == satisfied:
			status = "success"
		}
	}
	return status
}
