package graph

import (
	"errors"
	"fmt"
	"strings"

	"github.com/valyala/fastjson"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// Names are those properties of an object, of whatever shape, that tell what it is.
type Names uint64

// The properties that tell, by Graph's name where Graph has them.
const (
	CreatedDateTime Names = 1 << iota
	ActivityDateTime
	ActivityDisplayName
	ProvisioningAction
	ProvisioningSteps
	RiskEventType
	DetectedDateTime
	RiskLastUpdatedDateTime
	RiskState
	AppID
	AppDisplayName
	Status
	UserID
	UserPrincipalName
	IPAddress
	IsInteractive
	SignInEventTypes
	ConditionalAccessStatus
	AppliedConditionalAccessPolicies
	AuthenticationRequirement
	AuthenticationDetails
	ServicePrincipalType
	ServicePrincipalID
	AgentDisplayName
	LoggedByService
	InitiatedBy
	ODataType
	ID

	Category // Azure Monitor
	Properties
	OperationName
	AADTenantID // Log Analytics
	TimeGenerated
	Type
	ResourceIdentity
	LocationDetails
	CreationTime // the unified audit log
	Operation
	Workload
	AuditData
	LogonType // Defender
	AccountObjectID
	IsManagedIdentity
)

var namesByKey = map[string]Names{
	"createddatetime": CreatedDateTime, "activitydatetime": ActivityDateTime,
	"activitydisplayname": ActivityDisplayName, "provisioningaction": ProvisioningAction,
	"provisioningsteps": ProvisioningSteps, "riskeventtype": RiskEventType, "detecteddatetime": DetectedDateTime,
	"risklastupdateddatetime": RiskLastUpdatedDateTime, "riskstate": RiskState, "appid": AppID,
	"appdisplayname": AppDisplayName, "status": Status, "userid": UserID, "userprincipalname": UserPrincipalName,
	"ipaddress": IPAddress, "isinteractive": IsInteractive, "signineventtypes": SignInEventTypes,
	"conditionalaccessstatus":          ConditionalAccessStatus,
	"appliedconditionalaccesspolicies": AppliedConditionalAccessPolicies,
	"authenticationrequirement":        AuthenticationRequirement, "authenticationdetails": AuthenticationDetails,
	"serviceprincipaltype": ServicePrincipalType, "serviceprincipalid": ServicePrincipalID,
	"agentdisplayname": AgentDisplayName, "loggedbyservice": LoggedByService, "initiatedby": InitiatedBy,
	"@odata.type": ODataType, "id": ID, "category": Category, "properties": Properties,
	"operationname": OperationName, "aadtenantid": AADTenantID, "timegenerated": TimeGenerated, "type": Type,
	"resourceidentity": ResourceIdentity, "locationdetails": LocationDetails, "creationtime": CreationTime,
	"operation": Operation, "operations": Operation, "workload": Workload, "auditdata": AuditData,
	"logontype": LogonType, "accountobjectid": AccountObjectID, "ismanagedidentity": IsManagedIdentity,
}

// NamesOf returns which of the properties that tell an object has, in whatever case.
func NamesOf(object *fastjson.Value) Names {
	var names Names
	var buffer [48]byte
	object.GetObject().Visit(func(key []byte, _ *fastjson.Value) {
		if len(key) <= len(buffer) {
			names |= namesByKey[string(fold(buffer[:0], key))]
		}
	})
	return names
}

// Has reports whether all of some properties are there.
func (n Names) Has(all Names) bool { return n&all == all }

// Any reports whether one of some properties is there.
func (n Names) Any(some Names) bool { return n&some != 0 }

var types = map[string]*activity.Kind{
	"signin":                        activity.SignIn,
	"directoryaudit":                activity.AuditEvent,
	"customsecurityattributeaudit":  activity.AuditEvent,
	"provisioningobjectsummary":     activity.ProvisioningEvent,
	"riskdetection":                 activity.RiskDetection,
	"serviceprincipalriskdetection": activity.RiskDetection,
	"riskyuser":                     activity.RiskyUser,
	"riskyuserhistoryitem":          activity.RiskyUser,
}

// KindOf returns the kind of record that a Graph object is, by the type it names or else by its properties.
func KindOf(object *fastjson.Value, names Names) (*activity.Kind, error) {
	if names.Has(ODataType) {
		full := string(object.GetStringBytes("@odata.type"))
		if kind := types[strings.ToLower(full[strings.LastIndexByte(full, '.')+1:])]; kind != nil {
			return kind, nil
		} else if full != "" {
			return nil, fmt.Errorf("objects of the type %s are not kept; sign-ins, directory audits, provisioning, "+
				"risk detections and risky users are", full)
		}
	}
	switch {
	case names.Has(AgentDisplayName | RiskState):
		return nil, errors.New("the risk of agents is not kept; risky users are, and the risk detections of users " +
			"and service principals")
	case names.Any(ProvisioningAction | ProvisioningSteps):
		return activity.ProvisioningEvent, nil
	case names.Has(RiskEventType) && names.Any(DetectedDateTime|ActivityDateTime):
		return activity.RiskDetection, nil
	case names.Has(RiskLastUpdatedDateTime | RiskState):
		if names.Any(ServicePrincipalType | AppID) {
			return nil, errors.New("risky service principals are not kept; risky users are, and the risk detections of both")
		}
		return activity.RiskyUser, nil
	case names.Has(ActivityDisplayName), names.Has(ActivityDateTime) && names.Any(LoggedByService|InitiatedBy):
		return activity.AuditEvent, nil
	case names.Any(SignInEventTypes), names.Has(CreatedDateTime) && tellsOfSignIn(object, names):
		return activity.SignIn, nil
	}
	if text := ErrorOf(object); text != "" {
		return nil, fmt.Errorf("this is no record but an error that was answered when records were asked for: %.500s", text)
	}
	return nil, ErrUnknown
}

// tellsOfSignIn reports whether what was created is a sign-in. Applications, alerts, incidents and much else in Graph have
// been created at a time, too, and have the id of an application or a status.
func tellsOfSignIn(object *fastjson.Value, names Names) bool {
	switch {
	case names.Any(ConditionalAccessStatus | AppliedConditionalAccessPolicies):
		return true
	case names.Any(UserID | UserPrincipalName | ServicePrincipalID | IPAddress | IsInteractive):
		return names.Any(AppID | AppDisplayName | Status)
	}
	return Property(Property(object, "status"), "errorCode") != nil
}

// ErrUnknown is an object that is no record of a known kind.
var ErrUnknown = errors.New("this is no sign-in, audit event, provisioning event, risk detection or risky user in " +
	"any of the forms that Graph, Azure Monitor's diagnostic settings, Log Analytics or the portal's downloads have")

// ErrPlaceholder is an example without values.
var ErrPlaceholder = errors.New("this is an example from the documentation of Graph, with the names of types in " +
	"place of values")
