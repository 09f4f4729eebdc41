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

// policies are in the order of the constants.
var policies = table[[policyCount]struct {
	Name           string
	ReportOnly     bool
	Grant, Session string
	Missed         string // the condition that is not met where the policy does not apply
	Apps, Users    string // the rules that include whom it applies to
	Strength       string // authentication strength
}]("policies")

// included returns the rules by which a policy includes an application and a user.
func included(app, user string) string {
	return string(object{}.
		begin().text("conditionalAccessCondition", "application").text("ruleSatisfied", app).end("}").
		begin().text("conditionalAccessCondition", "users").text("ruleSatisfied", user).end("}"))
}

func newPolicySet(seed uint64) (set policySet) {
	results := [verdictCount]string{"notApplied", "success", "failure", ""}
	reported := [verdictCount]string{"reportOnlyNotApplied", "reportOnlySuccess", "reportOnlyFailure",
		"reportOnlyInterrupted"}
	for i, p := range policies {
		set.id[i] = newGUID(seed, policyIDs, uint64(i)).String()
		for v := range verdictCount {
			result := results[v]
			if p.ReportOnly {
				result = reported[v]
			}
			met, missed, rules := "application,users", "none", included(p.Apps, p.Users)
			if v == notApplied {
				missed, rules = p.Missed, ""
				switch p.Missed {
				case "application":
					met = "none"
				case "users":
					met = "application"
				}
			} else if i == allowedCountries {
				met += ",location"
			}
			set.results[i][v] = string(object{}.begin().
				text("id", set.id[i]).text("displayName", p.Name).list("enforcedGrantControls", p.Grant).
				list("enforcedSessionControls", p.Session).json("sessionControlsNotSatisfied", "[]").
				text("result", result).text("conditionsSatisfied", met).text("conditionsNotSatisfied", missed).
				json("authenticationStrength", strength(p.Strength, v)).
				json("includeRulesSatisfied", "["+rules+"]").json("excludeRulesSatisfied", "[]").end("}"))
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
		case policies[i].ReportOnly:
		case v == unsatisfied:
			return "failure"
		case v == satisfied:
			status = "success"
		}
	}
	return status
}
