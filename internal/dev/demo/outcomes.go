package demo

import "strconv"

// outcome is how one sign-in ended: the code and texts of its status, and what
// it takes to end like that.
type outcome struct {
	code       int
	reason     string
	additional string

	steps steps // what authenticationDetails tell, where the outcome decides it
	early bool  // ends before Conditional Access is evaluated

	status []byte // Graph's status
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

// How sign-ins end. The reasons are the texts of the sign-in log, placeholders
// included.
var (
	success = ended(outcome{reason: "Other."})
	// The same by another way; Graph tells it in additionalDetails only.
	successMFAClaim = ended(outcome{reason: "Other.", additional: "MFA requirement satisfied by claim in the token"})
	successMFA      = ended(outcome{reason: "Other.", additional: "MFA completed in Azure AD"})

	// Interrupted on the way.
	keepSignedIn   = ended(outcome{code: 50140, reason: "This error occurred due to 'Keep me signed in' interrupt when the user was signing-in."})
	mfaPrompt      = ended(outcome{code: 50074, reason: "Strong Authentication is required.", additional: "The user didn't complete the MFA prompt. They may have decided not to authenticate, timed out while doing other work, or has an issue with their authentication setup.", steps: awaitedMFA})
	mfaRequired    = ended(outcome{code: 50076, reason: "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '{resource}'.", additional: "MFA required in Azure AD", steps: awaitedMFA})
	mfaEnrolment   = ended(outcome{code: 50072, reason: "Due to a configuration change made by your administrator, or because you moved to a new location, you must enroll in multi-factor authentication to access '{identifier}'.", additional: "MFA required in Azure AD", steps: awaitedMFA})
	noSession      = ended(outcome{code: 50058, reason: "Session information is not sufficient for single-sign-on.", steps: noSteps, early: true})
	noConsent      = ended(outcome{code: 65001, reason: "The user or administrator has not consented to use the application with ID '{appId}'{namePhrase}. Send an interactive authorization request for this user and resource."})
	selectAccount  = ended(outcome{code: 16000, reason: "Either multiple user identities are available for the current request or selected account is not supported for the scenario.", steps: noSteps, early: true})
	passwordAge    = ended(outcome{code: 50055, reason: "The password is expired.", additional: "The user's password is expired, and therefore their login or session was ended. They will be offered the opportunity to reset it, or may ask an admin to reset it.", steps: rightPassword, early: true})
	resetEnrolment = ended(outcome{code: 50125, reason: "Sign-in was interrupted due to a password reset or password registration entry.", steps: rightPassword})
	deviceCheck    = ended(outcome{code: 50097, reason: "Device authentication is required.", steps: noSteps})

	// Failed.
	badPassword      = ended(outcome{code: 50126, reason: "Error validating credentials due to invalid username or password.", additional: "The user didn't enter the right credentials.  It's expected to see some number of these errors in your logs due to users making mistakes.", steps: wrongPassword, early: true})
	locked           = ended(outcome{code: 50053, reason: "The account is locked, you've tried to sign in too many times with an incorrect user ID or password.", additional: "The user is blocked due to repeated sign-in attempts. See https://learn.microsoft.com/azure/active-directory/identity-protection/howto-identity-protection-remediate-unblock for more information.", steps: noSteps, early: true})
	maliciousAddress = ended(outcome{code: 50053, reason: "Sign-in was blocked because it came from an IP address with malicious activity.", steps: noSteps, early: true})
	unknownUser      = ended(outcome{code: 50034, reason: "The user account {EUII Hidden} does not exist in the {tenant} directory. To sign into this application, the account must be added to the directory.", steps: noSteps, early: true})
	disabledUser     = ended(outcome{code: 50057, reason: "The user account is disabled.", steps: noSteps, early: true})
	blocked          = ended(outcome{code: 53003, reason: "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance."})
	notCompliant     = ended(outcome{code: 53000, reason: "Device is not in required device state: {state}. Conditional Access policy requires a compliant device, and the device is not compliant.", additional: "Your administrator might have configured a conditional access policy that allows access to your organization's resources only from compliant devices. To be compliant, your device must be either joined to your on-premises Active Directory or joined to your Azure Active Directory."})
	notAssigned      = ended(outcome{code: 50105, reason: "Your administrator has configured the application {appName} ('{appId}') to block users unless they are specifically granted ('assigned') access to the application. The signed in user '{user}' is blocked because they are not a direct member of a group with access, nor had access directly assigned by an administrator."})
	mfaDeclined      = ended(outcome{code: 500121, reason: "Authentication failed during strong authentication request.", additional: "MFA denied; user declined the authentication", steps: deniedMFA})
	mfaIgnored       = ended(outcome{code: 500121, reason: "Authentication failed during strong authentication request.", additional: "MFA denied; user did not respond to mobile app notification", steps: deniedMFA})
	appMissing       = ended(outcome{code: 700016, reason: "Application with identifier '{appIdentifier}' was not found in the directory '{tenantName}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.", steps: noSteps, early: true})
	badReply         = ended(outcome{code: 50011, reason: "The {redirectTerm} '{replyAddress}' specified in the request does not match the {redirectTerm}s configured for the application '{identifier}'.", steps: noSteps, early: true})
	adminConsent     = ended(outcome{code: 90094, reason: "Admin consent is required for the permissions requested by this application."})
	consentDeclined  = ended(outcome{code: 65004, reason: "User declined to consent to access the app."})

	// Tokens that serve no longer.
	signInFrequency = ended(outcome{code: 70043, reason: "The refresh token has expired or is invalid due to sign-in frequency checks by Conditional Access. The token was issued on {issueDate} and the maximum allowed lifetime for this request is {time}.", steps: noSteps})
	grantRevoked    = ended(outcome{code: 50173, reason: "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password. The grant was issued on '{authTime}' and the TokensValidFrom date (before which tokens are not valid) for this user is '{validDate}'.", steps: noSteps, early: true})
	grantInactive   = ended(outcome{code: 700082, reason: "The refresh token has expired due to inactivity. The token was issued on {issueDate} and was inactive for {time}.", steps: noSteps, early: true})
	sessionInvalid  = ended(outcome{code: 50132, reason: "The session is not valid due to the following reasons: password expiration or recent password change, SSO Artifact is invalid or expired, session is not fresh enough for application, or a silent sign-in request was sent but the user's session with Azure AD is invalid or has expired.", steps: noSteps, early: true})

	// Workloads.
	workloadSuccess  = ended(outcome{steps: noSteps})
	invalidSecret    = ended(outcome{code: 7000215, reason: "Invalid client secret is provided.", steps: noSteps})
	expiredSecret    = ended(outcome{code: 7000222, reason: "The provided client secret keys for app '{identifier}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.", steps: noSteps})
	assertionInvalid = ended(outcome{code: 700027, reason: "Client assertion failed signature validation.", steps: noSteps})
	resourceMissing  = ended(outcome{code: 500011, reason: "The resource principal named {name} was not found in the tenant named {tenant}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.", steps: noSteps})
	clientMissing    = ended(outcome{code: 700016, reason: "Application with identifier '{appIdentifier}' was not found in the directory '{tenantName}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.", steps: noSteps})
)

// ended fills in the status.
func ended(o outcome) outcome {
	b := strconv.AppendInt([]byte(`{"errorCode":`), int64(o.code), 10)
	b = appendTextOrNull(append(b, ','), "failureReason", o.reason)
	o.status = append(appendTextOrNull(append(b, ','), "additionalDetails", o.additional), '}')
	return o
}
