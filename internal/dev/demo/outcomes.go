package demo

import (
	"bytes"
	"encoding/json"
	"errors"
)

// outcome is how one sign-in ended, and what it takes to end like that.
type outcome struct {
	status     string // Graph's
	additional string // additionalDetails of it

	steps steps // what authenticationDetails tell, where the outcome decides it
	early bool  // ends before Conditional Access is evaluated
}

// steps is a pattern of authenticationDetails.
type steps uint8

const (
	ordinary      steps = iota // whatever the situation demands
	noSteps                    // nothing was asked
	wrongPassword              // the password was wrong
	rightPassword              // the password was right, nothing more was asked
	awaitedMFA                 // the password was right, MFA is awaited
	deniedMFA                  // the password was right, MFA was denied
)

// How sign-ins end. Their status is in data/outcomes.json: texts of the sign-in log, placeholders included.
var (
	success = ended("success", ordinary)
	// The same by another way; Graph tells it in additionalDetails only.
	successMFAClaim = ended("successMFAClaim", ordinary)
	successMFA      = ended("successMFA", ordinary)

	// Interrupted on the way.
	keepSignedIn   = ended("keepSignedIn", ordinary)
	mfaPrompt      = ended("mfaPrompt", awaitedMFA)
	mfaRequired    = ended("mfaRequired", awaitedMFA)
	mfaEnrolment   = ended("mfaEnrolment", awaitedMFA)
	noSession      = endedEarly("noSession", noSteps)
	noConsent      = ended("noConsent", ordinary)
	selectAccount  = endedEarly("selectAccount", noSteps)
	passwordAge    = endedEarly("passwordAge", rightPassword)
	resetEnrolment = ended("resetEnrolment", rightPassword)
	deviceCheck    = ended("deviceCheck", noSteps)

	// Failed.
	badPassword      = endedEarly("badPassword", wrongPassword)
	locked           = endedEarly("locked", noSteps)
	maliciousAddress = endedEarly("maliciousAddress", noSteps)
	unknownUser      = endedEarly("unknownUser", noSteps)
	disabledUser     = endedEarly("disabledUser", noSteps)
	blocked          = ended("blocked", ordinary)
	notCompliant     = ended("notCompliant", ordinary)
	notAssigned      = ended("notAssigned", ordinary)
	mfaDeclined      = ended("mfaDeclined", deniedMFA)
	mfaIgnored       = ended("mfaIgnored", deniedMFA)
	appMissing       = endedEarly("appMissing", noSteps)
	badReply         = endedEarly("badReply", noSteps)
	adminConsent     = ended("adminConsent", ordinary)
	consentDeclined  = ended("consentDeclined", ordinary)

	// Tokens that serve no longer.
	signInFrequency = ended("signInFrequency", noSteps)
	grantRevoked    = endedEarly("grantRevoked", noSteps)
	grantInactive   = endedEarly("grantInactive", noSteps)
	sessionInvalid  = endedEarly("sessionInvalid", noSteps)

	// Workloads.
	workloadSuccess = ended("workloadSuccess", noSteps)
	expiredSecret   = ended("expiredSecret", noSteps)
)

// statuses holds Graph's status of each outcome.
var statuses = table[map[string]json.RawMessage]("outcomes")

// ended returns the outcome that has a status in data/outcomes.json.
func ended(name string, s steps) outcome {
	var status struct{ AdditionalDetails string }
	var text bytes.Buffer
	if err := errors.Join(json.Unmarshal(statuses[name], &status), json.Compact(&text, statuses[name])); err != nil {
		panic("demo: " + name + ": " + err.Error()) // impossible: the file is compiled in
	}
	return outcome{additional: status.AdditionalDetails, steps: s, status: text.String()}
}

// endedEarly returns one that ends before Conditional Access is evaluated.
func endedEarly(name string, s steps) outcome {
	o := ended(name, s)
	o.early = true
	return o
}
