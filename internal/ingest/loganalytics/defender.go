package loganalytics

import (
	"github.com/valyala/fastjson"

	"github.com/entra-activity/entra-activity-datasource/internal/ingest/graph"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// IsDefender says whether an object is a row of EntraIdSignInEvents, or AADSignInEventsBeta as it was called.
// https://learn.microsoft.com/defender-xdr/advanced-hunting-entraidsigninevents-table
func IsDefender(names graph.Names) bool { return names.Has(graph.LogonType | graph.AccountObjectID) }

var defender = graph.NewMapping(activity.SignIn, map[string]string{
	"Timestamp":             "createdDateTime",
	"RequestId":             "id",
	"Application":           "appDisplayName",
	"ApplicationId":         "appId",
	"ErrorCode":             "status/errorCode",
	"AccountDisplayName":    "userDisplayName",
	"AccountObjectId":       "userId",
	"AccountUpn":            "userPrincipalName",
	"ServicePrincipalName":  "servicePrincipalName",
	"DeviceName":            "deviceDetail/displayName",
	"AadDeviceId":           "deviceDetail/deviceId",
	"EntraIdDeviceId":       "deviceDetail/deviceId",
	"OSPlatform":            "deviceDetail/operatingSystem",
	"DeviceTrustType":       "deviceDetail/trustType",
	"IsManaged":             "deviceDetail/isManaged",
	"IsCompliant":           "deviceDetail/isCompliant",
	"Browser":               "deviceDetail/browser",
	"Country":               "location/countryOrRegion",
	"State":                 "location/state",
	"City":                  "location/city",
	"Latitude":              "location/geoCoordinates/latitude",
	"Longitude":             "location/geoCoordinates/longitude",
	"RiskLevelAggregated":   "", // numbers, see riskLevels
	"RiskLevelDuringSignIn": "",
	"RiskState":             "",
})

var riskLevels = map[string]string{"1": "none", "10": "low", "50": "medium", "100": "high"}

// Defender returns the record that a row of Defender's table holds.
func Defender(x *graph.Extractor, row *fastjson.Value) (*activity.Record, error) {
	record := x.Extract(defender, row)
	record.Fidelity = activity.Standard
	for _, name := range []string{"riskLevelAggregated", "riskLevelDuringSignIn"} {
		x.Fill(record, name, riskLevels[x.Text(graph.Property(row, name))])
	}
	logon := x.Unpack(graph.Property(row, "LogonType")) // ["interactiveUser"], also within a text
	if all := logon.GetArray(); len(all) > 0 {
		logon = all[0]
	}
	return record, x.Complete(record, row, x.Text(logon))
}
