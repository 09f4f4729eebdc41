package loganalytics

import (
	"strings"

	"github.com/valyala/fastjson"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/graph"
)

// IsDefender reports whether an object is a row of EntraIdSignInEvents or EntraIdSpnSignInEvents, which were called
// AADSignInEventsBeta and AADSpnSignInEventsBeta.
// https://learn.microsoft.com/defender-xdr/advanced-hunting-entraidsigninevents-table
// https://learn.microsoft.com/defender-xdr/advanced-hunting-entraidspnsigninevents-table
func IsDefender(names graph.Names) bool {
	return names.Has(graph.LogonType|graph.AccountObjectID) || names.Has(graph.IsManagedIdentity|graph.ServicePrincipalID)
}

var defender = graph.NewMapping(activity.SignIn, map[string]string{
	"Timestamp":                 "createdDateTime",
	"RequestId":                 "id",
	"Application":               "appDisplayName",
	"ApplicationId":             "appId",
	"ErrorCode":                 "status/errorCode",
	"AccountDisplayName":        "userDisplayName",
	"AccountObjectId":           "userId",
	"AccountUpn":                "userPrincipalName",
	"ServicePrincipalName":      "servicePrincipalName",
	"DeviceName":                "deviceDetail/displayName",
	"AadDeviceId":               "deviceDetail/deviceId",
	"EntraIdDeviceId":           "deviceDetail/deviceId",
	"OSPlatform":                "deviceDetail/operatingSystem",
	"DeviceTrustType":           "deviceDetail/trustType",
	"IsManaged":                 "deviceDetail/isManaged",
	"IsCompliant":               "deviceDetail/isCompliant",
	"Browser":                   "deviceDetail/browser",
	"Country":                   "location/countryOrRegion",
	"State":                     "location/state",
	"City":                      "location/city",
	"Latitude":                  "location/geoCoordinates/latitude",
	"Longitude":                 "location/geoCoordinates/longitude",
	"ConditionalAccessPolicies": "appliedConditionalAccessPolicies",
	"RiskEventTypes":            "riskEventTypes_v2",
	"RiskLevelAggregated":       "", // numbers, see codes
	"RiskLevelDuringSignIn":     "",
	"RiskState":                 "",
	"TokenIssuerType":           "",
})

// codes are the numbers, or yes and no, that stand for Graph's words.
var codes = []struct {
	column, field string
	words         map[string]string
}{
	{"RiskLevelAggregated", "riskLevelAggregated", riskLevels},
	{"RiskLevelDuringSignIn", "riskLevelDuringSignIn", riskLevels},
	{"RiskState", "riskState", map[string]string{"0": "none", "1": "confirmedSafe", "2": "remediated", "3": "dismissed",
		"4": "atRisk", "5": "confirmedCompromised"}},
	{"TokenIssuerType", "tokenIssuerType", map[string]string{"0": "AzureAD", "1": "ADFederationServices"}},
	{"IsGuestUser", "userType", map[string]string{"true": "guest", "1": "guest", "false": "member", "0": "member"}},
}

var riskLevels = map[string]string{"1": "none", "10": "low", "50": "medium", "100": "high"}

// Defender returns the record that a row of Defender's table holds.
func Defender(x *graph.Extractor, row *fastjson.Value) (*activity.Record, error) {
	record := x.Extract(defender, row)
	record.Fidelity = activity.Standard
	of := func(column string) string { return strings.ToLower(x.Text(graph.Property(row, column))) }
	for _, c := range codes {
		x.Fill(record, c.field, c.words[of(c.column)])
	}
	logon := x.Unpack(graph.Property(row, "LogonType")) // ["interactiveUser"], also within a text
	if all := logon.GetArray(); len(all) > 0 {
		logon = all[0]
	}
	signInEventType := x.Text(logon)
	switch of("IsManagedIdentity") {
	case "true", "1":
		signInEventType = activity.ManagedIdentity
	case "false", "0":
		signInEventType = activity.ByPrincipal
	}
	return record, x.Complete(record, row, signInEventType)
}
