package demo

import (
	"encoding/json"
	"iter"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// shape is what Graph's metadata say about a type, as far as records can break it.
type shape struct {
	keys  []string            // every property of a record, in no order
	enums map[string][]string // by path; a list's elements have the list's path
	guids []string            // paths that hold a GUID, or nothing
	times []string
}

var (
	riskLevels  = []string{"low", "medium", "high", "hidden", "none"}
	riskStates  = []string{"none", "confirmedSafe", "remediated", "dismissed", "atRisk", "confirmedCompromised"}
	riskDetails = []string{"none", "adminGeneratedTemporaryPassword", "userPerformedSecuredPasswordChange",
		"userPerformedSecuredPasswordReset", "adminConfirmedSigninSafe", "aiConfirmedSigninSafe", "userPassedMFADrivenByRiskBasedPolicy",
		"adminDismissedAllRiskForUser", "adminConfirmedSigninCompromised", "adminConfirmedUserCompromised"}
	conditions = []string{"none", "application", "users", "devicePlatform", "location", "clientType", "signInRisk",
		"userRisk"}
)

var signInShape = shape{
	keys: strings.Fields(`id createdDateTime userDisplayName userPrincipalName userId appId appDisplayName ipAddress
		ipAddressFromResourceProvider
		clientAppUsed userAgent correlationId conditionalAccessStatus originalRequestId isInteractive tokenIssuerName
		tokenIssuerType clientCredentialType
		processingTimeInMilliseconds riskDetail riskLevelAggregated riskLevelDuringSignIn riskState riskEventTypes_v2
		resourceDisplayName resourceId
		resourceTenantId homeTenantId homeTenantName authenticationMethodsUsed authenticationRequirement signInIdentifier
		signInIdentifierType
		servicePrincipalName signInEventTypes servicePrincipalId federatedCredentialId userType flaggedForReview
		isTenantRestricted autonomousSystemNumber
		crossTenantAccessType servicePrincipalCredentialKeyId servicePrincipalCredentialThumbprint uniqueTokenIdentifier incomingTokenType
		authenticationProtocol resourceServicePrincipalId signInTokenProtectionStatus originalTransferMethod isThroughGlobalSecureAccess
		globalSecureAccessIpAddress conditionalAccessAudiences sessionId appOwnerTenantId resourceOwnerTenantId mfaDetail
		authenticationAppDeviceDetails
		agent status deviceDetail location appliedConditionalAccessPolicies authenticationContextClassReferences
		authenticationProcessingDetails
		networkLocationDetails authenticationDetails authenticationRequirementPolicies sessionLifetimePolicies
		privateLinkDetails appliedEventListeners
		authenticationAppPolicyEvaluationDetails managedServiceIdentity tokenProtectionStatusDetails`),
	enums: map[string][]string{
		"conditionalAccessStatus": {"success", "failure", "notApplied"},
		"tokenIssuerType":         {"AzureAD", "ADFederationServices"},
		"clientCredentialType": {"none", "clientSecret", "clientAssertion",
			"federatedIdentityCredential", "managedIdentity", "certificate"},
		"riskDetail":                         riskDetails,
		"riskLevelAggregated":                riskLevels,
		"riskLevelDuringSignIn":              riskLevels,
		"riskState":                          riskStates,
		"authenticationRequirement":          {"singleFactorAuthentication", "multiFactorAuthentication"},
		"signInIdentifierType":               {"userPrincipalName"},
		"signInEventTypes":                   kindNames[:],
		"userType":                           {"member", "guest"},
		"crossTenantAccessType":              {"none", "b2bCollaboration"},
		"incomingTokenType":                  {"none", "primaryRefreshToken", "refreshToken"},
		"authenticationProtocol":             {"none", "oAuth2", "ropc", "saml20"},
		"signInTokenProtectionStatus":        {"none", "bound", "unbound"},
		"originalTransferMethod":             {"none", "deviceCodeFlow", "authenticationTransfer"},
		"managedServiceIdentity.msiType":     {"none", "userAssigned", "systemAssigned"},
		"networkLocationDetails.networkType": {"intranet", "extranet", "namedNetwork", "trusted"},
		"appliedConditionalAccessPolicies.result": {"success", "failure", "notApplied", "notEnabled",
			"reportOnlySuccess", "reportOnlyFailure", "reportOnlyNotApplied", "reportOnlyInterrupted"},
		"appliedConditionalAccessPolicies.enforcedGrantControls": {"Mfa", "Block",
			"RequireCompliantDevice"},
		"appliedConditionalAccessPolicies.conditionsSatisfied":    conditions,
		"appliedConditionalAccessPolicies.conditionsNotSatisfied": conditions,
		"appliedConditionalAccessPolicies.authenticationStrength.authenticationStrengthResult": {"notSet",
			"satisfied", "singleChallengeRequired", "cannotSatisfy"},
		"appliedConditionalAccessPolicies.includeRulesSatisfied.ruleSatisfied": {"allApps",
			"office365", "appId", "allUsers", "groupId", "roleId"},
		"authenticationRequirementPolicies.requirementProvider": {"multiConditionalAccess"},
		"tokenProtectionStatusDetails.signInSessionStatus": {"none", "bound",
			"unbound"},
		"clientAppUsed": {"Browser", "Mobile Apps and Desktop clients", "IMAP4", "POP3", "Authenticated SMTP",
			"Exchange ActiveSync", "Other clients"},
	},
	guids: strings.Fields(`id userId appId correlationId originalRequestId resourceId resourceTenantId homeTenantId
		servicePrincipalId sessionId
		appOwnerTenantId resourceOwnerTenantId resourceServicePrincipalId servicePrincipalCredentialKeyId conditionalAccessAudiences
		deviceDetail.deviceId appliedConditionalAccessPolicies.id`),
	times: []string{"createdDateTime", "authenticationDetails.authenticationStepDateTime"},
}

var auditShape = shape{
	keys: strings.Fields(`id category correlationId result resultReason activityDisplayName activityDateTime
		loggedByService operationType userAgent
		initiatedBy targetResources additionalDetails`),
	enums: map[string][]string{
		"result": {"success", "failure", "timeout"},
		"category": {"UserManagement", "GroupManagement", "ApplicationManagement", "RoleManagement",
			"Policy", "Device"},
		"operationType":             {"Add", "Update", "Delete", "Assign", "Unassign", "Create"},
		"targetResources.type":      {"User", "Group", "Device", "ServicePrincipal", "Application", "Role", "Policy"},
		"targetResources.groupType": {"unifiedGroups", "azureAD"},
	},
	guids: []string{"correlationId", "initiatedBy.user.id", "targetResources.id"},
	times: []string{"activityDateTime"},
}

var provisioningShape = shape{
	keys: strings.Fields(`id activityDateTime tenantId jobId cycleId changeId provisioningAction durationInMilliseconds
		servicePrincipal sourceSystem
		targetSystem initiatedBy sourceIdentity targetIdentity provisioningStatusInfo provisioningSteps modifiedProperties`),
	enums: map[string][]string{
		"provisioningAction": {"other", "create", "delete", "disable", "update",
			"stagedDelete"},
		"initiatedBy.initiatorType":                             {"user", "application", "system"},
		"provisioningStatusInfo.status":                         {"success", "failure", "skipped", "warning"},
		"provisioningStatusInfo.errorInformation.errorCategory": {"failure", "nonServiceFailure", "success"},
		"provisioningSteps.status":                              {"success", "failure", "skipped", "warning"},
		"provisioningSteps.provisioningStepType": {"import", "scoping", "matching", "processing",
			"referenceResolution", "export"},
	},
	guids: strings.Fields(`id tenantId cycleId changeId servicePrincipal.id sourceSystem.id targetSystem.id
		sourceIdentity.id targetIdentity.id`),
	times: []string{"activityDateTime"},
}

var detectionShape = shape{
	keys: strings.Fields(`id requestId correlationId riskType riskEventType riskState riskLevel riskDetail source
		detectionTimingType activity
		tokenIssuerType ipAddress location activityDateTime detectedDateTime lastUpdatedDateTime userId userDisplayName userPrincipalName
		additionalInfo mitreTechniqueId`),
	enums: map[string][]string{
		"riskState": riskStates, "riskLevel": {"low", "medium", "high"}, "riskDetail": riskDetails,
		"detectionTimingType": {"notDefined", "realtime", "nearRealtime", "offline"},
		"activity":            {"signin", "user", "servicePrincipal"},
		"tokenIssuerType":     {"AzureAD", "ADFederationServices"},
		"riskType": {"unlikelyTravel", "anonymizedIPAddress", "maliciousIPAddress", "unfamiliarFeatures",
			"leakedCredentials", "unknownFutureValue"},
		"riskEventType": {"anomalousToken", "anonymizedIPAddress", "unlikelyTravel", "mcasImpossibleTravel",
			"maliciousIPAddress", "newCountry",
			"passwordSpray", "suspiciousBrowser", "unfamiliarFeatures", "leakedCredentials"},
	},
	guids: []string{"id", "requestId", "correlationId", "userId"},
	times: []string{"activityDateTime", "detectedDateTime", "lastUpdatedDateTime"},
}

var riskyUserShape = shape{
	keys: strings.Fields(`id isDeleted isProcessing riskLevel riskState riskDetail riskLastUpdatedDateTime userDisplayName
		userPrincipalName history`),
	enums: map[string][]string{
		"riskLevel": riskLevels, "riskState": riskStates, "riskDetail": riskDetails,
		"history.riskLevel": riskLevels, "history.riskState": riskStates, "history.activity.detail": riskDetails,
	},
	guids: []string{"id", "history.id", "history.userId", "history.initiatedBy"},
	times: []string{"riskLastUpdatedDateTime", "history.riskLastUpdatedDateTime"},
}

func TestRecordsHaveTheShapeOfGraph(t *testing.T) {
	c := quarter()
	tests := []struct {
		kind    string
		shape   shape
		records iter.Seq[[]byte]
		unique  bool
	}{
		{"signIn", signInShape, c.SignIns(), false},
		{"directoryAudit", auditShape, c.AuditEvents(), true},
		{"provisioningObjectSummary", provisioningShape, c.ProvisioningEvents(), true},
		{"riskDetection", detectionShape, c.RiskDetections(), true},
		{"riskyUser", riskyUserShape, c.RiskyUsers(), true},
	}
	for _, test := range tests {
		t.Run(test.kind, func(t *testing.T) {
			ids, n := map[string]bool{}, 0
			for r := range test.records {
				if n++; test.kind == "signIn" && n > 12_000 && n%8 != 0 {
					continue // all kinds have passed long ago
				}
				var v map[string]any
				if err := json.Unmarshal(r, &v); err != nil {
					t.Fatalf("%v in %s", err, r)
				}
				if errs := test.shape.check(v); errs != nil {
					t.Fatalf("%s in %s", strings.Join(errs, ", "), r)
				}
				id := v["id"].(string)
				if test.unique && ids[id] {
					t.Errorf("%s is there twice", id)
				}
				ids[id] = true
			}
			if n == 0 {
				t.Error("no records")
			}
		})
	}
}

var (
	guidPattern = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	timePattern = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,6}[1-9])?Z$`)
)

func (s *shape) check(record map[string]any) (errs []string) {
	for _, key := range s.keys {
		if _, ok := record[key]; !ok {
			errs = append(errs, key+" is missing")
		}
	}
	for key := range record {
		if !slices.Contains(s.keys, key) {
			errs = append(errs, key+" is none of its properties")
		}
	}
	for path, values := range s.enums {
		for _, got := range texts(record, path) {
			for value := range strings.SplitSeq(got, ",") {
				if !slices.Contains(values, value) {
					errs = append(errs, path+" is "+got)
				}
			}
		}
	}
	for _, path := range s.guids {
		for _, got := range texts(record, path) {
			if got != "" && !guidPattern.MatchString(got) {
				errs = append(errs, path+" is "+got)
			}
		}
	}
	for _, path := range s.times {
		for _, got := range texts(record, path) {
			if !timePattern.MatchString(got) {
				errs = append(errs, path+" is "+got)
			}
		}
	}
	for _, got := range texts(record, "ipAddress") {
		if a, err := netip.ParseAddr(got); got != "" && (err != nil || a.String() != got) {
			errs = append(errs, "ipAddress is "+got)
		}
	}
	return errs
}

// texts collects the strings at a path; it enters every element of a list.
func texts(v any, path string) []string {
	switch v := v.(type) {
	case string:
		if path == "" {
			return []string{v}
		}
	case []any:
		var all []string
		for _, e := range v {
			all = append(all, texts(e, path)...)
		}
		return all
	case map[string]any:
		key, rest, _ := strings.Cut(path, ".")
		return texts(v[key], rest)
	}
	return nil
}

func TestSignInsAgreeWithThemselves(t *testing.T) {
	c := quarter()
	for i := range c.signIns {
		r := &c.signIns[i]
		person := r.kind() == "interactiveUser" || r.kind() == "nonInteractiveUser"
		if person != (r.UserID != nil) || person != (r.Workload == "") || person != (r.Client != nil) {
			t.Fatalf("%s is a %s with user %v, workload %q", r.ID, r.kind(), r.UserID, r.Workload)
		}
		failed, applied := false, false
		for _, p := range r.Policies {
			failed = failed || p.Result == "failure"
			applied = applied || p.Result == "success"
		}
		want := map[bool]string{true: "success", false: "notApplied"}[applied]
		if failed {
			want = "failure"
		}
		if r.ConditionalAccess != want {
			t.Errorf("%s: Conditional Access %s, policies %v", r.ID, r.ConditionalAccess, r.Policies)
		}
		if blocked := r.Status.Code == 53003 || r.Status.Code == 53000; failed && r.Status.Code == 0 || blocked &&
			!failed {
			t.Errorf("%s ended with %d, policies %v", r.ID, r.Status.Code, r.Policies)
		}
		if r.Status.Code == 50126 && (len(r.Steps) != 1 || r.Steps[0].Succeeded) {
			t.Errorf("%s: a wrong password succeeded: %v", r.ID, r.Steps)
		}
	}
}

func TestQuote(t *testing.T) {
	for _, s := range []string{"", "Müller", `R&D "Lab" \ <b>`, "tab\tnewline\n", "\x01"} {
		var back string
		if err := json.Unmarshal([]byte(quote(s)), &back); err != nil || back != s {
			t.Errorf("%q became %s (%v)", s, quote(s), err)
		}
	}
}

// Graph lists the same history with a risky user and by itself.
func TestRiskyUserHistoryIsThatOfTheRiskyUsers(t *testing.T) {
	c := quarter()
	var want, got []string
	for r := range c.RiskyUsers() {
		var user struct{ History []json.RawMessage }
		if err := json.Unmarshal(r, &user); err != nil {
			t.Fatal(err)
		}
		for _, item := range user.History {
			want = append(want, string(item))
		}
	}
	for r := range c.RiskyUserHistory() {
		got = append(got, string(r))
	}
	if len(got) == 0 || !slices.Equal(want, got) {
		t.Errorf("%d states, want %d", len(got), len(want))
	}
}
