package demo

import (
	"encoding/base64"
	"strconv"
)

// signIn is one record before it is written. It is small: sign-ins are planned
// ahead and put in order of arrival as plans, and become JSON one by one.
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

	// draft is the state in which some sign-ins first arrive: what takes longer
	// to learn is still missing. The complete record follows with the same id.
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
	fields                                   []byte
	offline                                  bool // known only after the sign-in
}

func (r risk) describe() *risk {
	b := appendText(nil, "riskDetail", r.detail)
	b = appendText(append(b, ','), "riskLevelAggregated", r.aggregated)
	b = appendText(append(b, ','), "riskLevelDuringSignIn", r.during)
	b = appendText(append(b, ','), "riskState", r.state)
	b = append(b, `,"riskEventTypes_v2":`...)
	r.fields = appendList(b, r.event)
	return &r
}

var noRisk = risk{detail: "none", aggregated: "none", during: "none", state: "none"}.describe()

// needsMFA tells whether the policy that demands MFA from everyone applies.
func (s *signIn) needsMFA() bool {
	return !s.from.trusted && !s.user.noMFA && !s.user.emergency && !s.client.legacy
}

// multiFactor tells what Graph's authenticationRequirement is.
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
	u, w := s.user, s.workload

	b = append(b, `{"id":"`...)
	b = id.append(b)
	b = append(b, `","createdDateTime":"`...)
	b = appendTime(b, s.at)
	b = append(b, `",`...)
	if u != nil {
		b = append(b, u.identity...)
	} else {
		b = append(b, `"userDisplayName":null,"userPrincipalName":null,"userId":null`...)
	}
	b = append(b, ',')
	b = append(b, s.app.asClient...)
	b = append(b, `,"ipAddress":"`...)
	if s.from != nil {
		b = s.from.appendAddress(b, s.host, s.six)
	}
	b = append(b, `","ipAddressFromResourceProvider":null,"clientAppUsed":`...)
	if u != nil {
		b = append(b, '"')
		b = append(b, s.client.name...)
		b = append(b, `","userAgent":"`...)
		b = append(b, s.userAgent()...)
		b = append(b, '"')
	} else {
		b = append(b, `null,"userAgent":null`...)
	}
	b = append(b, `,"correlationId":"`...)
	b = t.correlationID(s.attempt).append(b)
	b = append(b, `","conditionalAccessStatus":"`...)
	b = append(b, s.conditionalAccess()...)
	b = append(b, `","originalRequestId":"`...)
	b = id.append(b)
	b = append(b, `","isInteractive":`...)
	b = appendBool(b, s.kind == interactiveUser)
	b = append(b, `,"tokenIssuerName":"","tokenIssuerType":"AzureAD","clientCredentialType":"`...)
	if w != nil {
		b = append(b, w.credential...)
	} else {
		b = append(b, "none"...)
	}
	b = append(b, `","processingTimeInMilliseconds":`...)
	b = strconv.AppendInt(b, 45+int64(id[0])+int64(id[1])*int64(id[2])/96, 10)
	b = append(b, ',')
	if s.draft {
		b = append(b, noRisk.fields...)
	} else {
		b = append(b, s.risk.fields...)
	}
	b = append(b, ',')
	b = append(b, s.resource.asResource...)
	b = append(b, `,"resourceTenantId":"`...)
	b = append(b, t.id...)
	b = append(b, `","homeTenantId":"`...)
	if u != nil {
		b = append(b, u.homeTenant...)
	} else {
		b = append(b, t.id...)
	}
	b = append(b, `","homeTenantName":"","authenticationMethodsUsed":[],"authenticationRequirement":"`...)
	multi := u != nil && s.multiFactor()
	if multi {
		b = append(b, `multiFactorAuthentication`...)
	} else {
		b = append(b, `singleFactorAuthentication`...)
	}
	if u != nil {
		b = append(b, `","signInIdentifier":"`...)
		b = append(b, u.upn...)
		b = append(b, `","signInIdentifierType":"userPrincipalName","servicePrincipalName":"","signInEventTypes":["`...)
	} else {
		b = append(b, `","signInIdentifier":null,"signInIdentifierType":null,`...)
		b = append(b, w.asPrincipal...)
		b = append(b, `,"signInEventTypes":["`...)
	}
	b = append(b, kindNames[s.kind]...)
	b = append(b, `"],"servicePrincipalId":"`...)
	if w != nil {
		b = append(b, w.principal...)
	}
	b = append(b, `","federatedCredentialId":"","userType":`...)
	switch {
	case u == nil:
		b = append(b, "null"...)
	case u.guest:
		b = append(b, `"guest"`...)
	default:
		b = append(b, `"member"`...)
	}
	b = append(b, `,"flaggedForReview":false,"isTenantRestricted":false,"autonomousSystemNumber":`...)
	if s.from != nil {
		b = strconv.AppendInt(b, int64(s.from.asn), 10)
	} else {
		b = append(b, "null"...)
	}
	b = append(b, `,"crossTenantAccessType":"`...)
	if u != nil && u.guest {
		b = append(b, "b2bCollaboration"...)
	} else {
		b = append(b, "none"...)
	}
	b = append(b, `","servicePrincipalCredentialKeyId":"`...)
	if w != nil {
		b = append(b, w.keyID...)
	}
	b = append(b, `","servicePrincipalCredentialThumbprint":"","uniqueTokenIdentifier":"`...)
	b = base64.RawURLEncoding.AppendEncode(b, id[:])
	b = append(b, `","incomingTokenType":"`...)
	b = append(b, s.incomingToken()...)
	b = append(b, `","authenticationProtocol":"`...)
	b = append(b, s.protocol()...)
	b = append(b, `","resourceServicePrincipalId":"`...)
	b = append(b, s.resource.principal...)
	b = append(b, `","signInTokenProtectionStatus":"none","originalTransferMethod":"none","isThroughGlobalSecureAccess":false,"globalSecureAccessIpAddress":null,"conditionalAccessAudiences":["`...)
	b = append(b, s.resource.id...)
	b = append(b, `"],"sessionId":`...)
	if u != nil {
		b = append(b, '"')
		b = newGUID(t.options.Seed, sessionIDs, u.number<<24^uint64(s.at/int64(day))).append(b)
		b = append(b, '"')
	} else {
		b = append(b, "null"...)
	}
	b = append(b, `,"appOwnerTenantId":"`...)
	b = append(b, s.app.owner...)
	b = append(b, `","resourceOwnerTenantId":"`...)
	b = append(b, s.resource.owner...)
	b = append(b, `","mfaDetail":`...)
	if !s.draft && u != nil && (s.outcome == &successMFA || s.outcome.steps == deniedMFA) {
		b = append(b, `{"authMethod":"`...)
		b = append(b, u.method.method...)
		b = append(b, `","authDetail":"`...)
		b = append(b, u.method.detail...)
		b = append(b, `"}`...)
	} else {
		b = append(b, "null"...)
	}
	b = append(b, `,"authenticationAppDeviceDetails":null,"agent":{"agentType":"notAgentic","parentAppId":null},"status":`...)
	b = append(b, s.outcome.status...)
	b = append(b, `,"deviceDetail":`...)
	b = s.appendDevice(b)
	b = append(b, `,"location":`...)
	if s.from != nil {
		b = append(b, s.from.location...)
	} else {
		b = append(b, `{"city":"","state":"","countryOrRegion":"","geoCoordinates":{}}`...)
	}
	b = append(b, `,"appliedConditionalAccessPolicies":`...)
	if s.evaluated {
		b = t.policies.append(b, &s.verdicts)
	} else {
		b = append(b, "[]"...)
	}
	b = append(b, `,"authenticationContextClassReferences":[],"authenticationProcessingDetails":`...)
	b = append(b, s.processing()...)
	b = append(b, `,"networkLocationDetails":`...)
	if s.from != nil {
		b = append(b, s.from.named...)
	} else {
		b = append(b, "[]"...)
	}
	b = append(b, `,"authenticationDetails":[`...)
	if u != nil && !s.draft {
		b = s.appendSteps(b)
	}
	b = append(b, `],"authenticationRequirementPolicies":`...)
	if multi {
		b = append(b, `[{"requirementProvider":"multiConditionalAccess","detail":"Conditional Access"}]`...)
	} else {
		b = append(b, "[]"...)
	}
	b = append(b, `,"sessionLifetimePolicies":`...)
	if s.verdicts[strongForAdmins] != notApplied {
		b = append(b, `[{"expirationRequirement":"signInFrequencyPeriodicReauthentication","detail":"Conditional Access"}]`...)
	} else {
		b = append(b, "[]"...)
	}
	b = append(b, `,"privateLinkDetails":{"policyId":"","policyName":"","resourceId":"","policyTenantId":""},"appliedEventListeners":[],"authenticationAppPolicyEvaluationDetails":[],"managedServiceIdentity":`...)
	if w != nil {
		b = append(b, w.identity...)
	} else {
		b = append(b, noIdentity...)
	}
	return append(b, `,"tokenProtectionStatusDetails":{"signInSessionStatus":"none","signInSessionStatusCode":null}}`...)
}

func (s *signIn) userAgent() string {
	switch {
	case s.client.agent != "":
		return s.client.agent
	case s.client == &browser:
		return s.device.platform.agent
	default:
		return s.device.platform.rich
	}
}

func (s *signIn) incomingToken() string {
	switch {
	case s.user == nil || !s.claim:
		return "none"
	case s.kind == interactiveUser && s.app.saml, s.device.id != "" && s.client == &desktop:
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
	case s.app.saml:
		return "saml20"
	default:
		return "oAuth2"
	}
}

func (s *signIn) processing() string {
	switch {
	case s.user == nil:
		return `[{"key":"Azure AD App Authentication Library","value":"Family: MSAL Library: MSAL.NetCore 4.66.1.0"},{"key":"Is CAE Token","value":"False"}]`
	case s.client.legacy:
		return `[{"key":"Legacy TLS (TLS 1.0, 1.1, 3DES)","value":"False"}]`
	case s.kind == interactiveUser:
		return `[{"key":"Login Hint Present","value":"True"},{"key":"Legacy TLS (TLS 1.0, 1.1, 3DES)","value":"False"},{"key":"Is CAE Token","value":"False"}]`
	default:
		return `[{"key":"Legacy TLS (TLS 1.0, 1.1, 3DES)","value":"False"},{"key":"Oauth Scope Info","value":"[\"openid\",\"profile\",\"User.Read\"]"},{"key":"Is CAE Token","value":"True"}]`
	}
}

func (s *signIn) appendDevice(b []byte) []byte {
	if s.user == nil {
		return append(b, `{"deviceId":"","displayName":"","operatingSystem":"","browser":"","browserId":null,"isCompliant":null,"isManaged":null,"trustType":""}`...)
	}
	b = append(b, s.device.beginning...)
	switch {
	case s.client == &browser:
		b = append(b, s.device.platform.browser...)
	case s.client == &desktop:
		b = append(b, "Rich Client 4.66.1.0"...)
	}
	return append(b, s.device.ending...)
}

// appendSteps writes the elements of authenticationDetails.
func (s *signIn) appendSteps(b []byte) []byte {
	const primary, second = "Primary authentication", "Multi-factor authentication"
	o, method := s.outcome, s.user.method
	switch {
	case o.steps == noSteps:
		return b
	case o.steps == wrongPassword:
		return appendStep(b, s.at, "Password", "Password in the cloud", false, "Invalid username or password or Invalid on-premise username or password.", primary)
	case s.claim:
		b = appendStep(b, s.at, "Previously satisfied", "", true, "First factor requirement satisfied by claim in the token", primary)
	case s.user.passkey && o.steps == ordinary:
		b = appendStep(b, s.at, passkey.method, "", true, "", primary)
	default:
		b = appendStep(b, s.at, "Password", "Password in the cloud", true, "Correct password", primary)
	}
	switch {
	case o.steps == awaitedMFA:
		b = appendStep(append(b, ','), s.at, method.method, method.detail, false, "Authentication in progress", second)
	case o.steps == deniedMFA:
		b = appendStep(append(b, ','), s.at, method.method, method.detail, false, o.additional, second)
	case o == &successMFA:
		b = appendStep(append(b, ','), s.at, method.method, method.detail, true, "MFA successfully completed", second)
	case o == &successMFAClaim || o.steps == ordinary && s.multiFactor():
		b = appendStep(append(b, ','), s.at, "Previously satisfied", "", true, "MFA requirement satisfied by claim in the token", second)
	}
	return b
}

func appendStep(b []byte, at int64, method, detail string, succeeded bool, result, requirement string) []byte {
	b = append(b, `{"authenticationStepDateTime":"`...)
	b = appendTime(b, at)
	b = append(b, `","authenticationMethod":"`...)
	b = append(b, method...)
	b = append(b, `","authenticationMethodDetail":`...)
	if detail != "" {
		b = append(b, '"')
		b = append(b, detail...)
		b = append(b, `","succeeded":`...)
	} else {
		b = append(b, `null,"succeeded":`...)
	}
	b = appendBool(b, succeeded)
	b = append(b, `,"authenticationStepResultDetail":"`...)
	b = append(b, result...)
	b = append(b, `","authenticationStepRequirement":"`...)
	b = append(b, requirement...)
	return append(b, `"}`...)
}
