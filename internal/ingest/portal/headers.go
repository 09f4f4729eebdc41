package portal

import (
	"regexp"
	"slices"
	"strings"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// columns maps the titles of a download's columns, in lower case, to the fields that they fill: those of which they are
// the labels. Location and status need more than that.
var columns = titlesOf(activity.SignIn)

func titlesOf(kind *activity.Kind) map[string]string {
	fields := map[string]string{"date (utc)": kind.TimeField, "multifactor authentication result": "additionalDetails"}
	for _, title := range slices.Concat(layouts...) {
		for _, f := range kind.Fields {
			if f.Name != "status" && strings.EqualFold(f.Label, title) {
				fields[title] = f.Name
			}
		}
	}
	return fields
}

// layouts are the titles of the downloads of sign-ins in their order, which is the same in every language.
var layouts = [][]string{
	split(`Date (UTC),Request ID,User agent,Correlation ID,User ID,User,Username,User type,Cross tenant access type,
		Incoming token type,Authentication Protocol,Unique token identifier,Original transfer method,Client credential type,
		Token Protection - Sign In Session,Token Protection - Sign In Session StatusCode,Application,Application ID,
		App owner tenant ID,Resource,Resource ID,Resource tenant ID,Resource owner tenant ID,Home tenant ID,
		Home tenant name,IP address,Location,Status,Sign-in error code,Failure reason,Client app,Device ID,Browser,
		Operating System,Compliant,Managed,Join Type,Multifactor authentication result,
		Multifactor authentication auth method,Multifactor authentication auth detail,Authentication requirement,
		Sign-in identifier,Session ID,IP address (seen by resource),Through Global Secure Access,
		Global Secure Access IP address,Autonomous system number,Flagged for review,Token issuer type,Incoming token type,
		Token issuer name,Latency,Conditional Access,Managed Identity type,Associated Resource Id,Federated Token Id,
		Federated Token Issuer`), // 2025
	split(`Date (UTC),Request ID,Correlation ID,User ID,User,Username,User type,Cross tenant access type,
		Incoming token type,Authentication Protocol,Unique token identifier,Client credential type,Application,
		Application ID,Resource,Resource ID,Resource tenant ID,Home tenant ID,Home tenant name,IP address,Location,Status,
		Sign-in error code,Failure reason,Client app,Device ID,Browser,Operating System,Compliant,Managed,Join Type,
		Multifactor authentication result,Multifactor authentication auth method,Multifactor authentication auth detail,
		Authentication requirement,Sign-in identifier,IP address (seen by resource),Autonomous system number,
		Flagged for review,Token issuer type,Incoming token type,Token issuer name,Latency,Conditional Access`), // 2023
	split(`Date (UTC),Request ID,Correlation ID,Service principal ID,Service principal name,Credential key ID,
		Credential thumbprint,Application,Application ID,App owner tenant ID,Resource,Resource ID,Resource tenant ID,
		Resource owner tenant ID,Home tenant ID,Home tenant name,IP address,Location,Status,Sign-in error code,
		Failure reason,Conditional Access`), // by service principals
}

// translations gives the English title of those in other languages, as far as public readers of such files name them.
var translations = map[string]string{
	// Spanish
	"fecha (utc)":                       "date (utc)",
	"id. de solicitud":                  "request id",
	"id. de usuario":                    "user id",
	"usuario":                           "user",
	"nombre de usuario":                 "username",
	"tipo de usuario":                   "user type",
	"dirección ip":                      "ip address",
	"ubicación":                         "location",
	"número de sistema autónomo":        "autonomous system number",
	"sistema operativo":                 "operating system",
	"explorador":                        "browser",
	"aplicación cliente":                "client app",
	"id. de correlación":                "correlation id",
	"estado":                            "status",
	"tipo de credencial de cliente":     "client credential type",
	"protocolo de autenticación":        "authentication protocol",
	"requisito de autenticación":        "authentication requirement",
	"motivo del error":                  "failure reason",
	"aplicación":                        "application",
	"recurso":                           "resource",
	"categoría":                         "category",
	"resultado":                         "result",
	"servicio":                          "service",
	"actividad":                         "activity",
	"agente de usuario":                 "user agent",
	"objetivo1nombreprincipaldeusuario": "target1userprincipalname",
	// French
	"id de la demande":            "request id",
	"id de corrélation":           "correlation id",
	"nom d'utilisateur":           "username",
	"adresse ip":                  "ip address",
	"emplacement":                 "location",
	"numéro de système autonome":  "autonomous system number",
	"statut":                      "status",
	"id d'application":            "application id",
	"ressource":                   "resource",
	"agent utilisateur":           "user agent",
	"exigence d'authentification": "authentication requirement",
	"méthode d'authentification multifacteur": "multifactor authentication auth method",
	"id de session":                  "session id",
	"id de l'appareil":               "device id",
	"système d'exploitation":         "operating system",
	"navigateur":                     "browser",
	"code d'erreur de connexion":     "sign-in error code",
	"protocole d'authentification":   "authentication protocol",
	"méthode de transfert d'origine": "original transfer method",
	"type d'accès client croisée":    "cross tenant access type",
	"application cliente":            "client app",
	"conforme":                       "compliant",
	"géré":                           "managed",
}

// outcomes gives the status that a word of the column Status means.
var outcomes = map[string]string{
	"success": "success", "failure": "failure", "interrupted": "interrupted",
	"correcto": "success", "éxito": "success", "error": "failure", "interrumpido": "interrupted",
	"opération réussie": "success", "réussite": "success", "succès": "success", "échec": "failure",
	"interrompu": "interrupted",
}

// translate returns the English titles of a header, in lower case and without the blanks that titles carry for no
// reason, and whether the header was in another language. A header of which not every title is known is read by the
// order of its columns, if those that are known stand where they should.
func translate(header []string) (titles []string, foreign bool) {
	titles = make([]string, len(header))
	known := make([]bool, len(header))
	for i, title := range header {
		title = strings.ToLower(strings.Join(strings.Fields(strings.ReplaceAll(title, "’", "'")), " "))
		titles[i] = title
		if english, ok := translations[title]; ok {
			titles[i], known[i], foreign = english, true, true
		}
	}
	for _, layout := range layouts {
		if len(layout) != len(titles) || !strings.HasSuffix(titles[0], "(utc)") {
			continue
		}
		fits := true
		for i, title := range layout {
			if known[i] && titles[i] != title {
				fits = false
			}
			foreign = foreign || fits && titles[i] != title
		}
		if fits {
			return layout, foreign
		}
	}
	return titles, foreign
}

var comma = regexp.MustCompile(`,\s*`)

func split(titles string) []string { return comma.Split(strings.ToLower(titles), -1) }
