package ingest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	stdutf16 "unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/ingest"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// collected keeps what is read.
type collected struct {
	records  []*activity.Record
	refusals []ingest.Refusal
}

func (c *collected) Record(r *activity.Record, _ int64) error {
	c.records = append(c.records, r)
	return nil
}

func (c *collected) Refuse(r ingest.Refusal) error { c.refusals = append(c.refusals, r); return nil }

func read(t testing.TB, name, text string) *collected {
	t.Helper()
	c := &collected{}
	require.NoError(t, ingest.Read(context.Background(), strings.NewReader(text), name, "", c))
	return c
}

// one reads a text that holds one record.
func one(t *testing.T, name, text string) *activity.Record {
	t.Helper()
	c := read(t, name, text)
	require.Empty(t, c.refusals)
	require.Len(t, c.records, 1)
	return c.records[0]
}

// get returns a record's field as text.
func get(r *activity.Record, name string) string {
	f := r.Kind.Field(name)
	if f.Type == activity.List {
		return strings.Join(r.List(f), "|")
	}
	return r.Get(f)
}

// Every published record is kept or refused for the reason that applies.
func TestPublishedRecords(t *testing.T) {
	const (
		noID         = "the record has no id: without one it could not be told from others"
		noTime       = "the record has no time: activityDateTime is missing or not a date"
		noSignInTime = "the record has no time: createdDateTime is missing or not a date"
		unified      = "this is a record of the unified audit log (Office 365 Management Activity)"
	)
	for file, want := range map[string]struct {
		kept    map[*activity.Kind]int
		refused map[string]int // by how the reason begins
	}{
		"azure-sentinel-training/sign-in_adelete.csv":   {kept: map[*activity.Kind]int{activity.SignIn: 56}},
		"azure-sentinel-training/disable_accounts.csv":  {refused: map[string]int{noSignInTime: 4}},
		"azure-sentinel-training/AuditLogs_Hunting.csv": {refused: map[string]int{noTime: 5}},
		"azure-sentinel-training/signinLogs.csv": {refused: map[string]int{
			"the row has no column Id: it is the result of a query that counts": 1}},
		"otrf/AADAuditEvents.json": {kept: map[*activity.Kind]int{activity.AuditEvent: 4}},
		"panther/azure_audit_tests.jsonl": {kept: map[*activity.Kind]int{activity.SignIn: 11,
			activity.AuditEvent: 13}, refused: map[string]int{noID: 24}},
		"splunk/data_sources_azure_active_directory.jsonl": {kept: map[*activity.Kind]int{activity.SignIn: 1,
			activity.AuditEvent: 15}},
		"stratus-red-team/docs_auditlogs.jsonl":             {refused: map[string]int{noTime: 4}},
		"det-eng-samples/ual_azuread.jsonl":                 {refused: map[string]int{unified: 98}},
		"det-eng-samples/t1110.003_o365spray_reporting.csv": {refused: map[string]int{unified: 9}},
		"datadog/azure.activedirectory_tests.jsonl":         {kept: map[*activity.Kind]int{activity.SignIn: 1, activity.AuditEvent: 1}},
		"microsoft-docs/azure-monitor_signin_50140.jsonl":   {kept: map[*activity.Kind]int{activity.SignIn: 1}},
		"msgraph-docs/v1.0_signIns_page.json":               {kept: map[*activity.Kind]int{activity.SignIn: 1}},
		"msgraph-docs/beta_signIns_page.json":               {kept: map[*activity.Kind]int{activity.SignIn: 1}},
		"msgraph-docs/v1.0_directoryAudits_page.json":       {kept: map[*activity.Kind]int{activity.AuditEvent: 2}},
		"msgraph-docs/v1.0_provisioning_page.json":          {kept: map[*activity.Kind]int{activity.ProvisioningEvent: 2}},
		"msgraph-docs/v1.0_riskDetections_page.json":        {kept: map[*activity.Kind]int{activity.RiskDetection: 1}},
		"msgraph-docs/v1.0_riskyUsers_page_placeholder.json": {refused: map[string]int{
			"this is an example from the documentation of Graph": 1}},
		"portal-csv/InteractiveSignIns_2025_header.csv": {},
		"portal-csv/InteractiveSignIns_2023_header.csv": {},
		"portal-csv/ApplicationSignIns_header.csv":      {},
		"portal-csv/AuditLogs_2024_header.csv":          {},
	} {
		t.Run(file, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", filepath.FromSlash(file)))
			require.NoError(t, err)
			c := read(t, file, string(text))
			kept := map[*activity.Kind]int{}
			for _, r := range c.records {
				kept[r.Kind]++
				require.True(t, json.Valid(r.Raw))
			}
			for kind, n := range want.kept {
				require.Equal(t, n, kept[kind], kind.Name)
			}
			require.Len(t, kept, len(want.kept))
			for _, r := range c.refusals {
				require.True(t, slices.ContainsFunc(slices.Collect(maps.Keys(want.refused)),
					func(reason string) bool { return strings.HasPrefix(r.Reason, reason) }), r.Reason)
				require.Positive(t, r.Line)
				require.NotEmpty(t, r.Text)
			}
			for reason, n := range want.refused {
				count := 0
				for _, r := range c.refusals {
					if strings.HasPrefix(r.Reason, reason) {
						count++
					}
				}
				require.Equal(t, n, count, reason)
			}
		})
	}
}

func TestShapes(t *testing.T) {
	for name, test := range map[string]struct {
		file, text string
		kind       *activity.Kind
		fidelity   activity.Fidelity
		want       map[string]string
	}{
		"v1.0 sign-in: tenant and kind are concluded": {
			text: `{"id":"A1","createdDateTime":"2026-01-02T03:04:05Z","appId":"P","userId":"U",
				"userPrincipalName":"Ada@Contoso.com","isInteractive":false,
				"resourceTenantId":"R","homeTenantId":"H","status":{"errorCode":50126},"riskEventTypes":["unlikelyTravel"]}`,
			kind: activity.SignIn, fidelity: activity.Standard,
			want: map[string]string{"id": "A1", "createdDateTime": "2026-01-02T03:04:05Z", "appId": "p",
				"userPrincipalName": "ada@contoso.com",
				"signInEventTypes":  "nonInteractiveUser", "tenantId": "r", "errorCode": "50126", "riskEventTypes": "unlikelyTravel",
				"clientAppClass": "unknown"},
		},
		"beta sign-in by a managed identity": {
			text: `{"id":"1","createdDateTime":"2026-01-02T03:04:05Z","appId":"p","userId":null,
				"servicePrincipalId":"s","signInEventTypes":["managedIdentity"],
				"incomingTokenType":"Primary Refresh Token","userType":"Guest","riskEventTypes_v2":["a","b"],
				"riskEventTypes":["old"]}`,
			kind: activity.SignIn, fidelity: activity.Full,
			want: map[string]string{"signInEventTypes": "managedIdentity", "incomingTokenType": "primaryRefreshToken",
				"userType": "guest", "riskEventTypes": "a|b", "userId": ""},
		},
		"service principal without a user": {
			text: `{"id":"1","createdDateTime":"2026-01-02T03:04:05Z","appId":"p","userId":null,"servicePrincipalId":"s"}`,
			kind: activity.SignIn, fidelity: activity.Standard,
			want: map[string]string{"signInEventTypes": "servicePrincipal"},
		},
		"Graph PowerShell writes names in its own case": {
			text: `{"Id":"1","CreatedDateTime":"2026-01-02T03:04:05Z","AppId":"p","ResourceId":"r",
				"Location":{"City":"Ulm","GeoCoordinates":{"Latitude":48.4}},
				"AppliedConditionalAccessPolicies":[{"DisplayName":"MFA","Id":"c1","Result":"success"},
				{"DisplayName":null,"Id":"c2","Result":"notApplied"}]}`,
			kind: activity.SignIn, fidelity: activity.Standard,
			want: map[string]string{"resourceId": "r", "city": "Ulm", "latitude": "48.4",
				"conditionalAccessPolicies": "MFA|", "conditionalAccessPolicyIds": "c1|c2"},
		},
		"odd values cost no record": {
			text: `{"id":"1","createdDateTime":"2026-01-02T03:04:05Z","appId":"p","ipAddress":"::2a02:1",
				"status":{"errorCode":"50057"},"autonomousSystemNumber":"3320",
				"location":"DE","conditionalAccessStatus":2,"deviceDetail":{"isManaged":"maybe","isCompliant":"TRUE"},
				"authenticationDetails":null}`,
			kind: activity.SignIn, fidelity: activity.Full,
			want: map[string]string{"errorCode": "50057", "autonomousSystemNumber": "3320",
				"conditionalAccessStatus": "notApplied", "isManaged": "", "isCompliant": "true"},
		},
		"diagnostic record in another case, tenant in the resource id": {
			text: `{"records":[{"time":"8/22/2022 6:11:52 PM","resourceid":"/TENANTS/T1/providers/Microsoft.aadiam",
				"category":"NonInteractiveUserSignInLogs","resulttype":"70044",
				"resultdescription":"expired","calleripaddress":"[2001:db8::1]:443","identity":"Ada","location":"de",
				"properties":{"id":"1","appId":"p","userId":"u"}}]}`,
			kind: activity.SignIn, fidelity: activity.Full,
			want: map[string]string{"createdDateTime": "2022-08-22T18:11:52Z", "tenantId": "t1",
				"signInEventTypes": "nonInteractiveUser", "errorCode": "70044",
				"failureReason": "expired", "ipAddress": "2001:db8::1", "userDisplayName": "Ada", "countryOrRegion": "de"},
		},
		"sign-in by a managed identity from a place that is not known": {
			text: `{"time":"1/2/2026 3:04:55 AM","category":"ManagedIdentitySignInLogs","resultType":"0",
				"tenantId":"T","properties":{"id":"1","createdDateTime":"2026-01-02T03:04:05+00:00",
				"userId":null,"servicePrincipalId":"s","ipAddress":"","location":{"city":"",
				"geoCoordinates":{"latitude":-0.000000,"longitude":0}},"status":{"errorCode":0}}}`,
			kind: activity.SignIn, fidelity: activity.Full,
			want: map[string]string{"createdDateTime": "2026-01-02T03:04:05Z", "signInEventTypes": "managedIdentity",
				"city": "", "latitude": "", "longitude": "", "ipAddress": ""},
		},
		"users and devices that are not known have no id": {
			text: `{"id":"1","createdDateTime":"2026-01-02T03:04:05Z","appId":"p",
				"userId":"00000000-0000-0000-0000-000000000000","userPrincipalName":"nobody@contoso.com",
				"deviceDetail":{"deviceId":"00000000-0000-0000-0000-000000000000"},"status":{"errorCode":50034}}`,
			kind: activity.SignIn, fidelity: activity.Standard,
			want: map[string]string{"userId": "", "userPrincipalName": "nobody@contoso.com", "deviceId": "",
				"errorCode": "50034", "signInEventTypes": "interactiveUser"},
		},
		"diagnostic record with a word for a code": {
			text: `{"time":"2025-01-15 ` +
				`14:20:35.456","category":"SignInLogs","resultType":"Failure","properties":{"id":"1",` +
				`"createdDateTime":"2025-01-15T14:20:30Z"}}`,
			kind: activity.SignIn, fidelity: activity.Full,
			want: map[string]string{"createdDateTime": "2025-01-15T14:20:30Z", "errorCode": "", "status": "failure",
				"signInEventTypes": "interactiveUser"},
		},
		"audit event under its own category": {
			text: `{"time":"2025-01-15 14:20:35.456","category":"Policy","operationName":"Update policy",
				"properties":{"id":"1","loggedByService":"Core","activityDateTime":"2025-01-15T14:20:35Z",
				"result":"failed","initiatedBy":{"app":null,"user":{"userPrincipalName":"Ada@contoso.com"}},
				"targetResources":[{"Type":"User","displayName":"Bo"}],
				"additionalDetails":[{"key":"User-Agent","value":"curl"}]}}`,
			kind: activity.AuditEvent, fidelity: activity.Full,
			want: map[string]string{"category": "Policy", "activityDisplayName": "Update policy", "status": "failure",
				"initiatedByUserPrincipalName": "ada@contoso.com",
				"targetTypes":                  "User", "userAgent": "curl"},
		},
		"provisioning record of Azure Monitor": {
			text: `{"time":"2026-01-02T03:04:05Z","category":"ProvisioningLogs",
				"operationName":"Provisioning activity","resultType":"Success","tenantId":"T",
				"properties":{"id":"1","activityDateTime":"2026-01-02T03:04:00Z","action":"Create",
				"provisioningStatusInfo":{"Status":"Failure"},
				"sourceSystem":{"Id":"s","Name":"Workday"},"sourceIdentity":{"Id":"i","Name":"Bo","Type":"User"},
				"servicePrincipal":{"Id":"sp","Name":"HR"}}}`,
			kind: activity.ProvisioningEvent, fidelity: activity.Full,
			want: map[string]string{"provisioningAction": "create", "status": "failure", "sourceSystem": "Workday",
				"sourceIdentity": "Bo", "identityType": "User",
				"servicePrincipalDisplayName": "HR", "servicePrincipalId": "sp"},
		},
		"provisioning status as a number": {
			text: `{"time":"2026-01-02T03:04:05Z","category":"ProvisioningLogs","properties":{"id":"1",` +
				`"activityDateTime":"2026-01-02T03:04:00Z","statusInfo":{"Status":2}}}`,
			kind: activity.ProvisioningEvent, fidelity: activity.Full,
			want: map[string]string{"status": "skipped"},
		},
		"risky user of Azure Monitor": {
			text: `{"time":"2026-01-02T03:04:09Z","category":"RiskyUsers","tenantId":"T","properties":{"id":"U",` +
				`"riskState":"At risk","riskLevel":"high","riskLastUpdatedDateTime":"2026-01-02T03:04:05.123Z"}}`,
			kind: activity.RiskyUser, fidelity: activity.Full,
			want: map[string]string{"id": "u@2026-01-02T03:04:05Z", "userId": "u", "riskState": "atRisk"},
		},
		"history of a risky user": {
			text: `{"id":"h","userId":"U","riskState":"remediated","riskLastUpdatedDateTime":"2026-01-02T03:04:05Z",` +
				`"activity":{"riskEventTypes":["a","b"],"detail":"x"}}`,
			kind: activity.RiskyUser, fidelity: activity.Full,
			want: map[string]string{"userId": "u", "riskEventTypes": "a|b"},
		},
		"risk detection of a service principal": {
			text: `{"@odata.type":"#microsoft.graph.servicePrincipalRiskDetection","id":"1",` +
				`"riskEventType":"suspiciousSignins","detectedDateTime":"2026-01-02T03:04:05Z","servicePrincipalId":"S"}`,
			kind: activity.RiskDetection, fidelity: activity.Full,
			want: map[string]string{"activityDateTime": "2026-01-02T03:04:05Z", "servicePrincipalId": "s"},
		},
		"Log Analytics: nested properties as texts, the tenant is not the workspace": {
			text: `{"TenantId":"workspace","AADTenantId":"T","TimeGenerated":"2026-01-02T04:00:00Z",
				"CreatedDateTime":"2026-01-02T03:04:05Z","Type":"AADNonInteractiveUserSignInLogs","Id":"1",
				"ResourceId":"/tenants/x/providers/Microsoft.aadiam","ResourceIdentity":"R","Location":"DE",
				"LocationDetails":"{\"city\":\"Ulm\"}","ResultType":"50058","ResultDescription":"why",
				"DeviceDetail":"{\"browser\":\"Edge\"}","Status":"{\"additionalDetails\":\"more\"}",
				"ConditionalAccessPolicies":"[{\"id\":\"c\",\"displayName\":\"MFA\",\"result\":\"success\"}]",
				"RiskEventTypes_V2":"[\"a\"]","UserType":"Member"}`,
			kind: activity.SignIn, fidelity: activity.Full,
			want: map[string]string{"createdDateTime": "2026-01-02T03:04:05Z", "tenantId": "t",
				"signInEventTypes": "nonInteractiveUser", "resourceId": "r", "city": "Ulm", "countryOrRegion": "DE",
				"errorCode": "50058", "failureReason": "why", "additionalDetails": "more", "browser": "Edge",
				"conditionalAccessPolicies": "MFA", "riskEventTypes": "a"},
		},
		"Log Analytics: a sign-in of Microsoft's own, with a word for a code": {
			text: `{"TimeGenerated":"2026-01-02T03:04:50Z","CreatedDateTime":"2026-01-02T03:04:05Z",
				"Type":"AADFirstPartyToFirstPartySignInLogs","Id":"1","AppId":"p",
				"ServicePrincipalId":"s","ResultSignature":"SUCCESS"}`,
			kind: activity.SignIn, fidelity: activity.Full,
			want: map[string]string{"createdDateTime": "2026-01-02T03:04:05Z", "signInEventTypes": "servicePrincipal",
				"errorCode": "", "status": "success"},
		},
		"Log Analytics: what a token came from is no kind of sign-in": {
			text: `{"TimeGenerated":"2026-01-02T03:04:50Z","CreatedDateTime":"2026-01-02T03:04:05Z",
				"Type":"AADNonInteractiveUserSignInLogs","Id":"1","AppId":"p","UserId":"u",
				"SignInEventTypes":"[\"refreshToken\",\"continuousAccessEvaluation\"]","ResultType":"0"}`,
			kind: activity.SignIn, fidelity: activity.Full,
			want: map[string]string{"signInEventTypes": "nonInteractiveUser", "errorCode": "0"},
		},
		"Log Analytics: custom security attributes": {
			text: `{"TimeGenerated":"2026-01-02T03:04:50Z","ActivityDateTime":"2026-01-02T03:04:05Z",
				"Type":"AADCustomSecurityAttributeAuditLogs","Id":"1","ActivityDisplayName":"Update attribute set",
				"CallerIpAddress":"192.0.2.1","Result":"success"}`,
			kind: activity.AuditEvent, fidelity: activity.Full,
			want: map[string]string{"activityDisplayName": "Update attribute set", "ipAddress": "192.0.2.1", "status": "success"},
		},
		"Log Analytics without AADTenantId": {
			text: `{"TenantId":"workspace","TimeGenerated":"2026-01-02T04:00:00Z","Type":"AADRiskyUsers","Id":"u",` +
				`"ResourceId":"/tenants/T/x","RiskLastUpdatedDateTime":"2026-01-02T03:00:00Z"}`,
			kind: activity.RiskyUser, fidelity: activity.Full,
			want: map[string]string{"tenantId": "t"},
		},
		"answer of Log Analytics' API": {
			text: `{"tables":[{"name":"PrimaryResult","columns":[{"name":"TimeGenerated","type":"datetime"},
				{"name":"Id","type":"string"},{"name":"Type","type":"string"},
				{"name":"AADTenantId","type":"string"},{"name":"CreatedDateTime","type":"datetime"},{"name":"Status",
				"type":"dynamic"},{"name":"IsInteractive","type":"bool"}],
				"rows":[["2026-01-02T04:00:00Z","1","SigninLogs","T","2026-01-02T03:04:05.678Z","{\"errorCode\":50074}",true]]}]}`,
			kind: activity.SignIn, fidelity: activity.Full,
			want: map[string]string{"createdDateTime": "2026-01-02T03:04:05.678Z", "errorCode": "50074",
				"tenantId": "t", "signInEventTypes": "interactiveUser"},
		},
		"answer of Sentinel's older API": {
			text: `{"Tables":[{"TableName":"Table_0","Columns":[{"ColumnName":"Id","DataType":"String"},
				{"ColumnName":"Type","DataType":"String"},{"ColumnName":"ActivityDateTime","DataType":"DateTime"},
				{"ColumnName":"OperationName","DataType":"String"}],"Rows":[["1","AuditLogs","2026-01-02T03:04:05Z",
				"Update user"]]}]}`,
			kind: activity.AuditEvent, fidelity: activity.Full,
			want: map[string]string{"activityDisplayName": "Update user"},
		},
		"az monitor log-analytics query": {
			text: `[{"AADTenantId":"T","CreatedDateTime":"2026-01-02T03:04:05Z","Id":"1","ResultType":"50074",` +
				`"Status":"{\"errorCode\":50074}","TableName":"PrimaryResult","TimeGenerated":"2026-01-02T04:00:00Z","Type":"SigninLogs"}]`,
			kind: activity.SignIn, fidelity: activity.Full,
			want: map[string]string{"createdDateTime": "2026-01-02T03:04:05Z", "errorCode": "50074", "tenantId": "t"},
		},
		"Log Analytics CSV as the portal writes it": {
			text: "TenantId,AADTenantId,CreatedDateTime [UTC],TimeGenerated [UTC],Id,Type,Status_dynamic," +
				"Status_string,IsInteractive\n" +
				`w,T,"4/28/2021, 2:08:45.221 PM","4/28/2021, 2:10:00.000 PM",1,SigninLogs,,"{""errorCode"":""50074""}",TRUE`,
			kind: activity.SignIn, fidelity: activity.Full,
			want: map[string]string{"createdDateTime": "2021-04-28T14:08:45.221Z", "errorCode": "50074", "tenantId": "t"},
		},
		"Log Analytics' provisioning": {
			text: `{"TimeGenerated":"2026-01-02T03:04:05Z","Type":"AADProvisioningLogs","Id":"1","AADTenantId":"T",
				"ResultType":"Failure","ResultSignature":"EntryConflict","ResultDescription":"twice",
				"DurationMs":"12","ProvisioningAction":"create","ServicePrincipal":"{\"Id\":\"s\",\"Name\":\"HR\"}"}`,
			kind: activity.ProvisioningEvent, fidelity: activity.Full,
			want: map[string]string{"activityDateTime": "2026-01-02T03:04:05Z", "status": "failure",
				"errorCode": "EntryConflict", "errorReason": "twice", "durationInMilliseconds": "12",
				"servicePrincipalDisplayName": "HR"},
		},
		"Defender's table": {
			text: `{"Timestamp":"2026-01-02T03:04:05Z","RequestId":"1","Application":"Portal","ApplicationId":"p",
				"LogonType":"[\"nonInteractiveUser\"]","ErrorCode":50126,"AccountUpn":"a@b.c",
				"AccountObjectId":"u","ConditionalAccessStatus":1,"RiskLevelAggregated":50,"Country":"DE","OSPlatform":"Windows"}`,
			kind: activity.SignIn, fidelity: activity.Standard,
			want: map[string]string{"id": "1", "appDisplayName": "Portal", "signInEventTypes": "nonInteractiveUser",
				"errorCode": "50126", "conditionalAccessStatus": "failure",
				"riskLevelAggregated": "medium", "countryOrRegion": "DE", "operatingSystem": "Windows"},
		},
		"Defender's table, numbers for words": {
			text: `{"Timestamp":"2026-01-02T03:04:05Z","RequestId":"1","LogonType":"[\"interactiveUser\"]",
				"ErrorCode":0,"AccountObjectId":"u","IsGuestUser":"True","RiskState":4,
				"RiskLevelDuringSignIn":100,"TokenIssuerType":0,
				"ConditionalAccessPolicies":"[{\"displayName\":\"MFA\",\"id\":\"c\",\"result\":\"success\"}]",
				"RiskEventTypes":"[\"unlikelyTravel\"]"}`,
			kind: activity.SignIn, fidelity: activity.Standard,
			want: map[string]string{"userType": "guest", "riskState": "atRisk", "riskLevelDuringSignIn": "high",
				"tokenIssuerType": "AzureAD", "conditionalAccessPolicies": "MFA",
				"conditionalAccessPolicyResults": "success", "riskEventTypes": "unlikelyTravel"},
		},
		"Defender's table of service principals": {
			text: `{"Timestamp":"2026-01-02T03:04:05Z","RequestId":"1","Application":"Backup","ApplicationId":"p",
				"IsManagedIdentity":true,"ErrorCode":7000215,"ServicePrincipalName":"backup",
				"ServicePrincipalId":"s","ResourceDisplayName":"Vault","Country":"DE"}`,
			kind: activity.SignIn, fidelity: activity.Standard,
			want: map[string]string{"id": "1", "appDisplayName": "Backup", "signInEventTypes": "managedIdentity",
				"errorCode": "7000215", "servicePrincipalName": "backup",
				"servicePrincipalId": "s", "resourceDisplayName": "Vault", "countryOrRegion": "DE"},
		},
		"answer of Defender's API": {
			text: `{"schema":[{"name":"Timestamp","type":"DateTime"}],"results":[{"Timestamp":"2026-01-02T03:04:05Z","RequestId":"1",` +
				`"LogonType":["interactiveUser"],"ErrorCode":0,"AccountObjectId":"u"}]}`,
			kind: activity.SignIn, fidelity: activity.Standard,
			want: map[string]string{"id": "1", "signInEventTypes": "interactiveUser", "errorCode": "0"},
		},
		"portal download": {
			file: "NonInteractiveSignIns_2026.csv",
			text: "\uFEFFDate (UTC),Request ID,User ID,User,Username,Incoming token type,Application,Application ID " +
				",Resource ID ,IP address,Location,Status,Sign-in error code,Compliant,Autonomous system  " +
				"number,Authentication requirement,Conditional Access,Incoming token type,Unique token identifier\r\n" +
				`2026-01-02T03:04:05Z,'-1,u,Ada,Ada@contoso.com,,Azure Portal,P,R,1.2.3.4:50000,"Redmond, Washington, ` +
				`US",Success,,Yes,3598,Multifactor authentication,Not Applied,Primary refresh token,'-x` + "\r\n",
			kind: activity.SignIn, fidelity: activity.Summary,
			want: map[string]string{"id": "-1", "signInEventTypes": "nonInteractiveUser",
				"userPrincipalName": "ada@contoso.com", "appId": "p", "resourceId": "r", "ipAddress": "1.2.3.4",
				"city": "Redmond", "state": "Washington", "countryOrRegion": "US", "errorCode": "0", "isCompliant": "true",
				"autonomousSystemNumber":    "3598",
				"authenticationRequirement": "multiFactorAuthentication", "conditionalAccessStatus": "notApplied",
				"incomingTokenType": "primaryRefreshToken"},
		},
		"portal download of service principals, saved by a spreadsheet": {
			text: "Date (UTC),Request ID,Service principal ID,Application,Application ID ,Status,Sign-in error " +
				"code\n31/01/2026 9:30,1,s,App,p,Failure,7000215\n",
			kind: activity.SignIn, fidelity: activity.Summary,
			want: map[string]string{"createdDateTime": "2026-01-31T09:30:00Z", "signInEventTypes": "servicePrincipal",
				"errorCode": "7000215"},
		},
		"portal download of managed identities": {
			text: "Date (UTC),Request ID,Managed Identity type,Service principal ID,Service principal name,Resource," +
				"Status\n2026-01-02T03:04:05Z,1,SystemAssigned,s,n,r,Success\n",
			kind: activity.SignIn, fidelity: activity.Summary,
			want: map[string]string{"signInEventTypes": "managedIdentity", "errorCode": "0"},
		},
		"portal download in Spanish": {
			text: "Fecha (UTC);Id. de solicitud;Usuario;Nombre de usuario;Dirección IP;Ubicación;Estado;" +
				"Motivo del error\n02/01/2026 9:30:05;1;Ada;ada@contoso.com;1.2.3.4;Sevilla, Andalucía, ES;Interrumpido;porque\n",
			kind: activity.SignIn, fidelity: activity.Summary,
			want: map[string]string{"createdDateTime": "2026-01-02T09:30:05Z", "userDisplayName": "Ada",
				"state": "Andalucía", "status": "interrupted", "errorCode": "", "failureReason": "porque"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := one(t, test.file, test.text)
			require.Same(t, test.kind, r.Kind)
			require.Equal(t, test.fidelity, r.Fidelity)
			for field, want := range test.want {
				require.Equal(t, want, get(r, field), field)
			}
		})
	}
}

// Graph nests the history of a risky user in the user, on request ($expand=history): each state is a record, and the state
// now, which is among them, is one and not two.
func TestHistoryNestedInARiskyUser(t *testing.T) {
	c := read(t, "", `{"value": [{"id": "U", "userPrincipalName": "Ada@contoso.com", "riskState": "remediated",
		"riskLevel": "none", "riskLastUpdatedDateTime": "2026-01-03T00:00:00Z", "history": [
		{"id": "U-1", "riskState": "atRisk", "riskLevel": "high",
		"riskLastUpdatedDateTime": "2026-01-02T03:04:05.6789Z", "activity": {"riskEventTypes": ["leakedCredentials"]}},
		{"id": "U-2", "userId": "U", "riskState": "remediated", "riskLastUpdatedDateTime": "2026-01-03T00:00:00.1Z",
		"initiatedBy": "U"},
		{"id": "U-3", "riskState": "atRisk"}]}]}`)
	require.Len(t, c.records, 2)
	now, before := c.records[0], c.records[1]
	require.Equal(t, "u@2026-01-03T00:00:00Z", now.ID)
	require.Equal(t, "none", get(now, "riskLevel"))
	require.Equal(t, "u@2026-01-02T03:04:05Z", before.ID)
	for field, want := range map[string]string{"userId": "u", "userPrincipalName": "ada@contoso.com",
		"riskState": "atRisk", "riskLevel": "high", "riskEventTypes": "leakedCredentials"} {
		require.Equal(t, want, get(before, field), field)
	}
	require.Equal(t, activity.Full, before.Fidelity)
	require.Contains(t, string(before.Raw), `"id":"U-1"`)
	require.NotContains(t, string(before.Raw), "U-2")
	require.Len(t, c.refusals, 1, "a state without a time")
	require.Contains(t, c.refusals[0].Reason, "the record has no time")
}

// A download in any language is understood if its columns are those of one that is known.
func TestPortalDownloadByTheOrderOfItsColumns(t *testing.T) {
	english, err := os.ReadFile(filepath.Join("testdata", "portal-csv", "ApplicationSignIns_header.csv"))
	require.NoError(t, err)
	titles := strings.Split(strings.TrimSpace(string(english)), ",")
	row := slices.Clone(titles)
	for i := range titles {
		titles[i] = fmt.Sprintf("Überschrift %d", i)
	}
	titles[0] = "Datum (UTC)"
	row[0], row[1], row[16], row[18], row[19] = "15.01.2026 09:30:00", "1", "1.2.3.4", "Fehler", "7000222"
	r := one(t, "", strings.Join(titles, ";")+"\n"+strings.Join(row, ";"))
	require.Equal(t, "2026-01-15T09:30:00Z", get(r, "createdDateTime"))
	require.Equal(t, "7000222", get(r, "errorCode"))
	require.Equal(t, "Service principal name", get(r, "servicePrincipalName"))
}

// A spreadsheet or a portal set to another country writes all dates of a file in its own order, which one of them tells.
func TestDatesOfAnotherCountry(t *testing.T) {
	for name, text := range map[string]string{
		"portal": "Date (UTC),Request ID,User,Application\n05/01/2026 10:11,1,Ada,App\n15/01/2026 10:11,2,Ada,App\n",
		"Log Analytics": "Type,Id,AppId,UserId,CreatedDateTime [UTC]\nSigninLogs,1,p,u,\"05/01/2026, " +
			"10:11:00.000\"\nSigninLogs,2,p,u,\"15/01/2026, 10:11:00.000\"\n",
		"portal, in words": "Date (UTC),Request ID,User,Application\n05 Jan 2026 10:11,1,Ada,App\n\"January 15, 2026 " +
			"at 10:11 AM\",2,Ada,App\n",
		"a spreadsheet": "Type,Id,AppId,UserId,CreatedDateTime [UTC]\nSigninLogs,1,p,u,\"Jan 05, 2026 10:11:00 " +
			"AM\"\nSigninLogs,2,p,u,15 January 2026 10:11:00\n",
		"PowerShell": `"Id","CreatedDateTime","AppId","UserId"` + "\n" + `"1","05.01.2026 ` +
			`10:11:00","p","u"` + "\n" + `"2","15.01.2026 10:11:00","p","u"` + "\n",
	} {
		c := read(t, "", text)
		require.Empty(t, c.refusals, name)
		require.Equal(t, "2026-01-05T10:11:00Z", get(c.records[0], "createdDateTime"), name)
		require.Equal(t, "2026-01-15T10:11:00Z", get(c.records[1], "createdDateTime"), name)
		require.Contains(t, string(c.records[0].Raw), "05", name)
		require.NotContains(t, string(c.records[0].Raw), "2026-01-05", "the record is kept as it came")
	}
	c := read(t, "", "Date (UTC),Request ID,User,Application\n05/01/2026 10:11,1,Ada,App\n")
	require.Empty(t, c.records)
	require.Contains(t, c.refusals[0].Reason, "the date 05/01/2026 10:11 has the day first or the month, which "+
		"nothing in the file tells")
	require.Equal(t, activity.SignIn, c.refusals[0].Kind)
}

func TestRefusals(t *testing.T) {
	for name, test := range map[string]struct{ text, reason string }{
		"another category": {`{"category":"NetworkAccessTrafficLogs","properties":{` +
			`"createdDateTime":"2026-01-02T03:04:05Z","appId":"p","userId":"u"}}`,
			`diagnostic records of the category "NetworkAccessTrafficLogs" are not kept`},
		"another service": {`{"time":"2026-01-02T03:04:05Z","category":"AuditLogs","operationName":"Patch",` +
			`"properties":{"ActivityDate":"1/2/2026 3:04:05 AM","ActivityType":1,` +
			`"Actor":{"UPN":"ada@contoso.com"},"AuditEventId":"1"}}`,
			`this record of the category "AuditLogs" is not one of Entra ID: other services, such as Intune, ` +
				`have a log of that name, too`},
		"another table": {`{"Type":"MicrosoftGraphActivityLogs","TimeGenerated":"2026-01-02T03:04:05Z","AppId":"p"}`,
			"rows of the table MicrosoftGraphActivityLogs are not kept"},
		"another type": {`{"@odata.type":"#microsoft.graph.user","id":"1"}`, "objects of the type #microsoft.graph.user are not kept"},
		"no time": {`{"id":"1","createdDateTime":null,"appId":"p","userId":"u"}`,
			"the record has no time: createdDateTime is missing"},
		"no date": {`{"id":"1","createdDateTime":"yesterday","appId":"p","userId":"u"}`,
			`the record has no time: createdDateTime "yesterday" is no date that is understood, such as 2026-01-31T23:59:59Z`},
		"no date in a row": {"Type,Id,AppId,UserId,CreatedDateTime [UTC]\nSigninLogs,1,p,u,Nobody knows any more " +
			"when this has happened\n", `the record has no time: CreatedDateTime [UTC] "Nobody knows any more when ` +
			`this has happ" is no date`},
		"no date in a download": {"Date (UTC),Request ID,User,Application\n27 Brumaire 235 10:11,1,Ada,App\n",
			`the record has no time: "27 Brumaire 235 10:11" is no date`},
		"no id": {`{"createdDateTime":"2026-01-02T03:04:05Z","appId":"p","userId":"u"}`, "the record has no id"},
		"an application": {`{"id":"1","appId":"p","createdDateTime":"2026-01-02T03:04:05Z","displayName":"App",` +
			`"signInAudience":"AzureADMyOrg"}`, "this is no sign-in"},
		"use of an app": {`{"id":"1","appId":"p","createdDateTime":"2026-01-02T03:04:05Z","resourceId":"r",` +
			`"signInActivity":{"lastSignInDateTime":"2026-01-02T03:04:05Z"}}`, "this is no sign-in"},
		"an incident": {`{"id":"1","createdDateTime":"2026-01-02T03:04:05Z","status":"active","severity":"high",` +
			`"displayName":"Phishing"}`, "this is no sign-in"},
		"a feed's activity": {`{"id":"1","createdDateTime":"2026-01-02T03:04:05Z","appDisplayName":"App",` +
			`"activitySourceHost":"https://example.com","status":"updated"}`, "this is no sign-in"},
		"a risky agent": {`{"id":"1","agentDisplayName":"Helper","riskState":"atRisk","riskLevel":"high",` +
			`"riskLastUpdatedDateTime":"2026-01-02T03:04:05Z"}`, "the risk of agents is not kept"},
		"an agent's risk": {`{"id":"1","agentDisplayName":"Helper","riskState":"atRisk","riskEventType":"x",` +
			`"detectedDateTime":"2026-01-02T03:04:05Z"}`, "the risk of agents is not kept"},
		"risky agents' log": {`{"time":"2026-01-02T03:04:05Z","category":"RiskyAgents","properties":{"id":"1",` +
			`"agentDisplayName":"Helper","riskState":"atRisk","riskLastUpdatedDateTime":"2026-01-02T03:04:05Z"}}`,
			`diagnostic records of the category "RiskyAgents" are not kept`},
		"an error of Graph": {`{"error":{"code":"Forbidden","message":"The tenant has no premium license"}}`,
			"this is no record but an error that was answered when records were asked for: Forbidden: The tenant " +
				"has no premium license"},
		"an error for a token": {`{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret ` +
			`provided.","error_codes":[7000215],"timestamp":"2026-01-02 03:04:05Z"}`,
			"this is no record but an error that was answered when records were asked for: invalid_client: " +
				"AADSTS7000215: Invalid client secret provided."},
		"an error and no records": {`{"value":[],"error":{"code":"TooManyRequests","message":"Wait."}}`,
			"an error was answered beside records, of which some may be missing: TooManyRequests: Wait."},
		"something else": {`{"hello":"world"}`, "this is no sign-in"},
		"invalid JSON":   {`{"id":01}`, "the record is not valid JSON"},
		"control character": {`{"id":"` + "\x01" + `\\","createdDateTime":"2026-01-02T03:04:05Z","appId":"p"}`,
			"the record is not valid JSON: a text contains a control character"},
		"row too short": {`{"tables":[{"name":"PrimaryResult","columns":[{"name":"Id","type":"string"},{"name":"Type",` +
			`"type":"string"}],"rows":[["1"]]}]}`, "this is no row of the columns"},
		"column of no name": {`{"tables":[{"columns":[{}],"rows":[["1"]]}]}`, "a column of the table has no name"},
		"workbook":          {"PK\x03\x04....", "this is a ZIP archive or a workbook"},
		"audit download": {"Date (UTC),CorrelationId,Service,Category,Activity,Result\n2026-01-02,c,s,c,a,success\n",
			"the portal's CSV of audit logs carries no id"},
		"companion": {"Request ID,Date (UTC),Authentication method,Succeeded\n1,2026-01-02,Password,true\n",
			"this file holds details of sign-ins"},
		"unknown language": {"Datum (UTC),Benutzer\n2026-01-02,Ada\n",
			"this download of the portal has titles in a language that is not known"},
		"a table of others": {"a,b\n1,2\n", "this is no sign-in"},
		"plain text":        {"Hello, world", "this is not JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			c := read(t, "", test.text)
			require.Empty(t, c.records)
			require.Len(t, c.refusals, 1)
			require.True(t, strings.HasPrefix(c.refusals[0].Reason, test.reason), c.refusals[0].Reason)
		})
	}
}

// A web page among the answers that a script put together keeps nothing else from being read.
func TestWebPageAmongRecords(t *testing.T) {
	c := read(t, "", "{\"value\":[]}\n<html>\n<body>Too many "+
		"requests</body>\n</html>\n"+`{"value":[{"id":"1","activityDateTime":"2026-01-02T03:04:05Z",`+
		`"activityDisplayName":"Update user"}]}`)
	require.Len(t, c.records, 1)
	require.Len(t, c.refusals, 1)
	require.Contains(t, c.refusals[0].Reason, "this is a web page or XML")
	require.EqualValues(t, 2, c.refusals[0].Line)
}

// An answer that is only half one says so beside its rows, before or behind them.
func TestErrorBesideRecords(t *testing.T) {
	const (
		failure = `"error":{"code":"PartialError","message":"There were some errors when processing your query.",
			"details":[{"code":"EngineError",
			"message":"Something went wrong.","innererror":{"code":"-2133196797",
			"message":"The results exceed the limit of 500000 records."}}]}`
		tables = `"tables":[{"name":"PrimaryResult","columns":[{"name":"Id"},{"name":"Type"},` +
			`{"name":"ActivityDateTime"}],"rows":[["1","AuditLogs","2026-01-02T03:04:05Z"]]}]`
		value = `"value":[{"id":"1","activityDateTime":"2026-01-02T03:04:05Z","activityDisplayName":"Update user"}]`
	)
	for _, answer := range []string{tables + "," + failure, failure + "," + tables, value + "," + failure, failure + "," + value} {
		c := read(t, "", "{"+answer+"}")
		require.Len(t, c.records, 1)
		require.Len(t, c.refusals, 1)
		require.Equal(t, "an error was answered beside records, of which some may be missing: PartialError: There "+
			"were some errors when processing your query; "+
			"EngineError: Something went wrong; -2133196797: The results exceed the limit of 500000 records.", c.refusals[0].Reason)
		require.Contains(t, c.refusals[0].Text, "PartialError")
	}
	require.Empty(t, read(t, "", "{"+value+`,"error":{}}`).refusals)
}

// What a file is wrapped in makes no difference.
func TestWrappings(t *testing.T) {
	const csv = "Date (UTC),Request ID,User,Application\n2026-01-02T03:04:05Z,1,Zoë,App\n"
	utf16 := func(order binary.AppendByteOrder, mark []byte) string {
		b := mark
		for _, unit := range stdutf16.Encode([]rune(csv)) {
			b = order.AppendUint16(b, unit)
		}
		return string(b)
	}
	zipped := func(text string) string {
		var b bytes.Buffer
		for _, part := range []string{text[:20], text[20:]} { // members one behind the other, as in logs that rotate
			w := gzip.NewWriter(&b)
			w.Write([]byte(part))
			w.Close()
		}
		return b.String()
	}
	for name, text := range map[string]string{
		"plain":                   csv,
		"tabs":                    strings.ReplaceAll(csv, ",", "\t"),
		"separator named":         "sep=;\r\n" + strings.ReplaceAll(csv, ",", ";"),
		"gzip":                    zipped("\uFEFF" + csv),
		"UTF-16":                  utf16(binary.LittleEndian, []byte{0xff, 0xfe}),
		"UTF-16, big-endian":      utf16(binary.BigEndian, []byte{0xfe, 0xff}),
		"Windows-1252":            strings.ReplaceAll(csv, "ë", "\xeb"),
		"quoted":                  strings.ReplaceAll(csv, "Zoë", `"Zoë"`),
		"gzip in gzip":            zipped(zipped(csv)),
		"UTF-16 without a mark":   utf16(binary.LittleEndian, nil),
		"blank rows at the end":   csv + ",,,\r\n\n,,,",
		"blank lines at the head": "\n\n" + strings.ReplaceAll(csv, ",", ";"),
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, "Zoë", get(one(t, "", text), "userDisplayName"))
		})
	}
}

func TestRawIsAsItCame(t *testing.T) {
	object := `{ "id":"1", "createdDateTime":"2026-01-02T03:04:05Z","appId":"P","userId":"u", "newProperty":{"a":[1.50]} }`
	require.Equal(t, object, string(one(t, "", "["+object+"]").Raw))
	row := one(t, "", "Date (UTC),Request ID,Incoming token type,Application,Incoming token type\n2026-01-02T03:04:05Z,1,,App,x\n")
	require.JSONEq(t, `{"Date (UTC)":"2026-01-02T03:04:05Z","Request ID":"1",`+
		`"Incoming token type":"","Application":"App","Incoming token type 2":"x"}`, string(row.Raw))
}

// A row with a quotation mark that is never closed takes no more memory than any other.
func TestOpenQuotation(t *testing.T) {
	c := read(t, "", "Date (UTC),Request ID,Application\n"+
		"2026-01-02T03:04:05Z,1,App\n2026-01-02T03:04:05Z,2,\"App"+strings.Repeat("\nx,y,z", 4<<20))
	require.Len(t, c.records, 1)
	require.Len(t, c.refusals, 1)
	require.Contains(t, c.refusals[0].Reason, "a row is larger than 16 MiB")
}

func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*")
	require.NoError(f, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(text[:min(len(text), 4000)])
	}
	f.Add([]byte("Date (UTC);Request ID;Application\n1/2/2026 9:30;1;App"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c := &collected{}
		_ = ingest.Read(t.Context(), bytes.NewReader(text), "NonInteractive.csv", "", c)
		for _, r := range c.records {
			if !json.Valid(r.Raw) || r.Check() != nil {
				t.Errorf("kept %s", r.Raw)
			}
		}
	})
}

// betaSignIn is the sign-in of Graph's reference.
func betaSignIn(t testing.TB) []byte {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("testdata", "msgraph-docs", "beta_signIns_page.json"))
	require.NoError(t, err)
	_, list, _ := bytes.Cut(page, []byte(`"value": [`))
	return bytes.TrimSpace(list[:bytes.LastIndexByte(list, ']')])
}

func BenchmarkRead(b *testing.B) {
	compact := bytes.ReplaceAll(betaSignIn(b), []byte("\n"), nil)
	for strings.Contains(string(compact), "  ") {
		compact = bytes.ReplaceAll(compact, []byte("  "), []byte(" "))
	}
	for name, around := range map[string][3]string{"lines": {"", "\n", ""}, "page": {`{"value":[`, ",", "]}"}} {
		b.Run(name, func(b *testing.B) {
			const records = 20_000
			text := around[0] + strings.Join(strings.Split(strings.Repeat(string(compact)+"\x00",
				records-1)+string(compact), "\x00"), around[1]) + around[2]
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				var n counter
				require.NoError(b, ingest.Read(b.Context(), strings.NewReader(text), "bench", "", &n))
				require.Equal(b, counter(records), n)
			}
			b.ReportMetric(float64(records)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

type counter int

func (c *counter) Record(*activity.Record, int64) error { *c++; return nil }

func (c *counter) Refuse(ingest.Refusal) error { return nil }
