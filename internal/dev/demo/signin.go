package demo

import (
	"cmp"
	"encoding/base64"
)

// signIn is one record before it is written. It is small: sign-ins are planned ahead and put in order of arrival as
// plans, and become JSON one by one.
type signIn struct {
	at      int64  // when it happened
	arrives int64  // when the log learns of it
	serial  uint64 // its id follows from this
	attempt uint64 // serial of the first sign-in of the same attempt: the correlation id
	kind    signInKind

	user     *user     // nil for workloads
	workload *workload // nil for people
	app      *application
	resource *application
	client   *client
	device   *device
	from     *network
	host     uint64
	six      bool

	outcome   *outcome
	claim     bool // the first factor was satisfied by a claim in the token
	evaluated bool // Conditional Access was evaluated
	verdicts  verdicts
	risk      *risk

	// draft is the state in which some sign-ins first arrive: what takes longer to learn is still missing. The complete
	// record follows with the same id.
	draft bool
}

type signInKind uint8

const (
	interactiveUser signInKind = iota
	nonInteractiveUser
	servicePrincipal
	managedIdentityKind
	kindCount
)

var kindNames = [kindCount]string{"interactiveUser", "nonInteractiveUser", "servicePrincipal", "managedIdentity"}

// client is the software that asks: Graph's clientAppUsed.
type client struct {
	name   string
	legacy bool
	agent  string // userAgent where it does not depend on the device
}

var (
	browser       = client{name: "Browser"}
	desktop       = client{name: "Mobile Apps and Desktop clients"}
	legacyClients = []client{
		{"IMAP4", true, "BAV2ROPC"},
		{"Exchange ActiveSync", true, "Apple-iPhone14C5/2008.101"},
		{"POP3", true, "BAV2ROPC"},
		{"Other clients", true, "CBAInPROD"},
	}
	authenticatedSMTP = client{"Authenticated SMTP", true, "BAV2ROPC"}
	ropc              = client{name: desktop.name, agent: "python-requests/2.32.3"} // sends a password in the request
)

// risk is what Identity Protection says about a sign-in.
type risk struct {
	detail, aggregated, during, state, event string
	fields                                   string // as in a sign-in
	offline                                  bool   // known only after the sign-in
}

func (r risk) describe() *risk {
	r.fields = string(object{}.
		text("riskDetail", r.detail).text("riskLevelAggregated", r.aggregated).
		text("riskLevelDuringSignIn", r.during).text("riskState", r.state).list("riskEventTypes_v2", r.event))
	return &r
}

var noRisk = risk{detail: "none", aggregated: "none", during: "none", state: "none"}.describe()

// needsMFA reports whether the policy that demands MFA from everyone applies.
func (s *signIn) needsMFA() bool {
	return !s.from.trusted && !s.user.noMFA && !s.user.emergency && !s.client.legacy
}

// multiFactor reports whether Graph's authenticationRequirement is multi-factor authentication.
func (s *signIn) multiFactor() bool {
	return s.evaluated && (s.verdicts[mfaForAll] != notApplied || s.verdicts[strongForAdmins] != notApplied)
}

func (t *Tenant) signInID(serial uint64) guid { return newGUID(t.options.Seed, signInIDs, serial) }

// correlationID is shared by the sign-ins of one attempt.
func (t *Tenant) correlationID(attempt uint64) guid {
	return newGUID(t.options.Seed, signInIDs, ^attempt)
}

// appendSignIn writes the record, its properties in the order Graph has them.
func (t *Tenant) appendSignIn(b []byte, s *signIn) []byte {
	id := t.signInID(s.serial)
	u, w, from := cmp.Or(s.user, &t.directory.nobody), cmp.Or(s.workload, &noWorkload), cmp.Or(s.from, &nowhere)
	client := ""
	if s.client != nil {
		client = s.client.name
	}
	risk, session := s.risk, "null"
	if s.draft {
		risk = noRisk
	}
	identifierType, userType, access := "", "", "none"
	if s.user != nil {
		identifierType, userType = "userPrincipalName", "member"
		session = quote(newGUID(t.options.Seed, sessionIDs, u.number<<24^uint64(s.at/int64(day))).String())
	}
	if u.guest {
		userType, access = "guest", "b2bCollaboration"
	}
	requirement, requiredBy := "singleFactorAuthentication", "[]"
	if s.user != nil && s.multiFactor() {
		requirement = "multiFactorAuthentication"
		requiredBy = `[{"requirementProvider":"multiConditionalAccess","detail":"Conditional Access"}]`
	}
	o := object(b).begin().
		id("id", id).time("createdDateTime", s.at).fields(u.identity).fields(s.app.asClient).
		text("ipAddress", from.address(s.host, s.six)).json("ipAddressFromResourceProvider", "null").
		textOrNull("clientAppUsed", client).textOrNull("userAgent", s.userAgent()).
		id("correlationId", t.correlationID(s.attempt)).text("conditionalAccessStatus", s.conditionalAccess()).
		id("originalRequestId", id).bool("isInteractive", s.kind == interactiveUser).
		fields(`"tokenIssuerName":"","tokenIssuerType":"AzureAD"`).
		text("clientCredentialType", string(w.credential)).
		number("processingTimeInMilliseconds", 45+int64(id[0])+int64(id[1])*int64(id[2])/96).fields(risk.fields).
		fields(s.resource.asResource).text("resourceTenantId", t.id).text("homeTenantId", u.homeTenant).
		fields(`"homeTenantName":"","authenticationMethodsUsed":[]`).text("authenticationRequirement", requirement).
		textOrNull("signInIdentifier", u.upn).textOrNull("signInIdentifierType", identifierType).
		text("servicePrincipalName", w.name).list("signInEventTypes", kindNames[s.kind]).
		text("servicePrincipalId", w.principal).text("federatedCredentialId", "").textOrNull("userType", userType).
		fields(`"flaggedForReview":false,"isTenantRestricted":false`).json("autonomousSystemNumber", from.system).
		text("crossTenantAccessType", access).text("servicePrincipalCredentialKeyId", w.keyID).
		text("servicePrincipalCredentialThumbprint", "").
		text("uniqueTokenIdentifier", base64.RawURLEncoding.EncodeToString(id[:])).
		text("incomingTokenType", s.incomingToken()).text("authenticationProtocol", s.protocol()).
		text("resourceServicePrincipalId", s.resource.principal).
		fields(`"signInTokenProtectionStatus":"none","originalTransferMethod":"none"`).
		fields(`"isThroughGlobalSecureAccess":false,"globalSecureAccessIpAddress":null`).
		list("conditionalAccessAudiences", s.resource.id).json("sessionId", session).
		text("appOwnerTenantId", s.app.owner).text("resourceOwnerTenantId", s.resource.owner)
	o = t.details(o, s, from).json("authenticationRequirementPolicies", requiredBy)
	lifetime := "[]"
	if s.verdicts[strongForAdmins] != notApplied {
		lifetime = `[{"expirationRequirement":"signInFrequencyPeriodicReauthentication","detail":"Conditional Access"}]`
	}
	return o.json("sessionLifetimePolicies", lifetime).
		fields(`"privateLinkDetails":{"policyId":"","policyName":"","resourceId":"","policyTenantId":""}`).
		fields(`"appliedEventListeners":[],"authenticationAppPolicyEvaluationDetails":[]`).
		json("managedServiceIdentity", w.identity).
		fields(`"tokenProtectionStatusDetails":{"signInSessionStatus":"none","signInSessionStatusCode":null}`).end("}")
}

// details writes the objects within a sign-in, from mfaDetail to authenticationDetails.
func (t *Tenant) details(o object, s *signIn, from *network) object {
	if !s.draft && s.user != nil && (s.outcome == &successMFA || s.outcome.steps == deniedMFA) {
		method := s.user.method
		o = o.open("mfaDetail", '{').text("authMethod", method.method).text("authDetail", method.detail).end("}")
	} else {
		o = o.json("mfaDetail", "null")
	}
	o = o.fields(`"authenticationAppDeviceDetails":null,"agent":{"agentType":"notAgentic","parentAppId":null}`).
		json("status", s.outcome.status).
		open("deviceDetail", '{').fields(cmp.Or(s.device, &noDevice).beginning).text("browser", s.browser()).
		fields(cmp.Or(s.device, &noDevice).ending).end("}").json("location", from.location).
		open("appliedConditionalAccessPolicies", '[')
	if s.evaluated {
		for policy, v := range s.verdicts {
			o = o.fields(t.policies.results[policy][v])
		}
	}
	o = o.end("]").json("authenticationContextClassReferences", "[]").
		json("authenticationProcessingDetails", s.processing()).json("networkLocationDetails", from.named).
		open("authenticationDetails", '[')
	if s.user != nil && !s.draft {
		o = s.steps(o)
	}
	return o.end("]")
}

func (s *signIn) userAgent() string {
	switch {
	case s.client == nil:
		return ""
	case s.client.agent != "":
		return s.client.agent
	case s.client == &browser:
		return s.device.platform.Agent
	default:
		return s.device.platform.Rich
	}
}

func (s *signIn) incomingToken() string {
	switch {
	case s.user == nil || !s.claim:
		return "none"
	case s.kind == interactiveUser && s.app.kind == saml, s.device.id != "" && s.client == &desktop:
		return "primaryRefreshToken"
	case s.kind == nonInteractiveUser:
		return "refreshToken"
	default:
		return "none"
	}
}

func (s *signIn) protocol() string {
	switch {
	case s.user == nil:
		return "none"
	case s.client.legacy || s.client == &ropc:
		return "ropc"
	case s.app.kind == saml:
		return "saml20"
	default:
		return "oAuth2"
	}
}

func (s *signIn) processing() string {
	const noLegacyTLS = `{"key":"Legacy TLS (TLS 1.0, 1.1, 3DES)","value":"False"}`
	switch {
	case s.user == nil:
		return `[{"key":"Azure AD App Authentication Library","value":"Family: MSAL Library: MSAL.NetCore 4.66.1.0"},` +
			`{"key":"Is CAE Token","value":"False"}]`
	case s.client.legacy:
		return "[" + noLegacyTLS + "]"
	case s.kind == interactiveUser:
		return `[{"key":"Login Hint Present","value":"True"},` + noLegacyTLS + `,{"key":"Is CAE Token","value":"False"}]`
	default:
		return "[" + noLegacyTLS +
			`,{"key":"Oauth Scope Info","value":"[\"openid\",\"profile\",\"User.Read\"]"},{"key":"Is CAE Token","value":"True"}]`
	}
}

// browser is the one in deviceDetail.
func (s *signIn) browser() string {
	switch s.client {
	case &browser:
		return s.device.platform.Browser
	case &desktop:
		return "Rich Client 4.66.1.0"
	default:
		return ""
	}
}

// steps writes the elements of authenticationDetails.
func (s *signIn) steps(o object) object {
	step := func(requirement, method, detail string, succeeded bool, result string) {
		o = o.begin().
			time("authenticationStepDateTime", s.at).text("authenticationMethod", method).
			textOrNull("authenticationMethodDetail", detail).bool("succeeded", succeeded).
			text("authenticationStepResultDetail", result).
			text("authenticationStepRequirement", requirement).end("}")
	}
	const (
		primary, second      = "Primary authentication", "Multi-factor authentication"
		password, inTheCloud = "Password", "Password in the cloud"
		previously           = "Previously satisfied"
		invalid              = "Invalid username or password or Invalid on-premise username or password."
	)
	end, method := s.outcome, s.user.method
	switch {
	case end.steps == noSteps:
		return o
	case end.steps == wrongPassword:
		step(primary, password, inTheCloud, false, invalid)
		return o
	case s.claim:
		step(primary, previously, "", true, "First factor requirement satisfied by claim in the token")
	case s.user.passkey && end.steps == ordinary:
		step(primary, passkey.method, "", true, "")
	default:
		step(primary, password, inTheCloud, true, "Correct password")
	}
	switch {
	case end.steps == awaitedMFA:
		step(second, method.method, method.detail, false, "Authentication in progress")
	case end.steps == deniedMFA:
		step(second, method.method, method.detail, false, end.additional)
	case end == &successMFA:
		step(second, method.method, method.detail, true, "MFA successfully completed")
	case end == &successMFAClaim || end.steps == ordinary && s.multiFactor():
		step(second, previously, "", true, "MFA requirement satisfied by claim in the token")
	}
	return o
}
