package activity

import "strings"

// The classes of client applications.
const (
	Modern  = "modern"
	Legacy  = "legacy"
	Unknown = "unknown"
)

// ClientAppClasses lists the classes of client applications.
var ClientAppClasses = []string{Modern, Legacy, Unknown}

// ClientAppClass returns the class of a client app. Legacy protocols cannot ask for a second factor, which is why they
// are worth finding. Microsoft's filter for them is "everything but these two, and not empty":
// https://learn.microsoft.com/entra/identity/conditional-access/policy-block-legacy-authentication
func ClientAppClass(clientAppUsed string) string {
	switch strings.ToLower(strings.TrimSpace(clientAppUsed)) {
	case "", "unknown": // federated sign-ins by AD FS carry "Unknown"
		return Unknown
	case "browser", "mobile apps and desktop clients":
		return Modern
	}
	return Legacy
}
