package demo

// The Conditional Access policies of the tenant. Graph lists all of them in a
// sign-in, also the ones that did not apply.
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
	results [policyCount][verdictCount][]byte
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
	mfaForAll:          {name: "CA001: Require multifactor authentication for all users", grant: "Mfa", missed: "location", rules: appRule("allApps") + "," + userRule("allUsers")},
	noLegacy:           {name: "CA002: Block legacy authentication", grant: "Block", missed: "clientType", rules: appRule("allApps") + "," + userRule("allUsers")},
	compliantForOffice: {name: "CA003: Require compliant device for Office 365", grant: "RequireCompliantDevice", missed: "application", rules: appRule("office365") + "," + userRule("groupId")},
	strongForAdmins:    {name: "CA004: Require phishing-resistant MFA for administrators", session: "SignInFrequency", missed: "users", rules: appRule("allApps") + "," + userRule("roleId"), strength: "Phishing-resistant MFA"},
	allowedCountries:   {name: "CA005: Block countries where Contoso does not work", grant: "Block", missed: "location", rules: appRule("allApps") + "," + userRule("allUsers")},
	compliantReported:  {name: "CA006: Require compliant device for all apps (pilot)", reportOnly: true, grant: "RequireCompliantDevice", missed: "users", rules: appRule("allApps") + "," + userRule("allUsers")},
	strongReported:     {name: "CA007: Phishing-resistant MFA for Azure management (pilot)", reportOnly: true, missed: "application", rules: appRule("appId") + "," + userRule("allUsers"), strength: "Phishing-resistant MFA"},
}

func appRule(rule string) string  { return satisfiedRule("application", rule) }
func userRule(rule string) string { return satisfiedRule("users", rule) }

func satisfiedRule(condition, rule string) string {
	return `{"conditionalAccessCondition":"` + condition + `","ruleSatisfied":"` + rule + `"}`
}

func newPolicySet(seed uint64) (set policySet) {
	results := [verdictCount]string{"notApplied", "success", "failure", ""}
	reported := [verdictCount]string{"reportOnlyNotApplied", "reportOnlySuccess", "reportOnlyFailure", "reportOnlyInterrupted"}
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
			b := appendText([]byte("{"), "id", set.id[i])
			b = appendText(append(b, ','), "displayName", p.name)
			b = append(b, `,"enforcedGrantControls":`...)
			b = appendList(b, p.grant)
			b = append(b, `,"enforcedSessionControls":`...)
			b = appendList(b, p.session)
			b = append(b, `,"sessionControlsNotSatisfied":[]`...)
			b = appendText(append(b, ','), "result", result)
			b = appendText(append(b, ','), "conditionsSatisfied", met)
			b = appendText(append(b, ','), "conditionsNotSatisfied", missed)
			b = append(b, `,"authenticationStrength":`...)
			b = appendStrength(b, p.strength, v)
			b = append(b, `,"includeRulesSatisfied":[`...)
			b = append(b, rules...)
			set.results[i][v] = append(b, `],"excludeRulesSatisfied":[]}`...)
		}
	}
	return set
}

// appendList appends a list of one or no string.
func appendList(b []byte, s string) []byte {
	if s == "" {
		return append(b, "[]"...)
	}
	return append(appendQuoted(append(b, '['), s), ']')
}

func appendStrength(b []byte, name string, v verdict) []byte {
	if name == "" || v == notApplied {
		return append(b, "null"...)
	}
	results := [verdictCount]string{"", "satisfied", "cannotSatisfy", "singleChallengeRequired"}
	// The id of the built-in strength is the same in every tenant.
	b = appendText(append(b, '{'), "authenticationStrengthId", "00000000-0000-0000-0000-000000000004")
	b = appendText(append(b, ','), "displayName", name)
	b = appendText(append(b, ','), "authenticationStrengthResult", results[v])
	return append(b, '}')
}

func (set *policySet) append(b []byte, vs *verdicts) []byte {
	b = append(b, '[')
	for i, v := range vs {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, set.results[i][v]...)
	}
	return append(b, ']')
}

// judge evaluates the policies for a person's sign-in whose situation and
// outcome are known.
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
		if u.managedOnly && s.app.office365 && !s.client.legacy {
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
	if s.app.azure {
		vs[strongReported] = interrupting
		if u.passkey {
			vs[strongReported] = satisfied
		}
	}
}

// conditionalAccess is Graph's conditionalAccessStatus: what the enabled
// policies came to.
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
