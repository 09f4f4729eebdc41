package demo

import (
	"fmt"
	"strings"
)

// application is something people sign in to, or a resource they sign in for.
type application struct {
	number    uint64
	name, id  string
	principal string // the object id of its service principal in the tenant

	usage
	resources []*application
	kind      appKind
	runsOn    machine
	life      life

	asClient   string // appId and appDisplayName, as in a sign-in
	asResource string // resourceDisplayName and resourceId
	owner      string // tenant that owns it
}

// usage is how much an application is used.
type usage struct {
	Interactive float64 // weight among the sign-ins of people
	Background  float64 // weight among those of their software
	Browser     float64 // share of its sign-ins that come from a browser
	Audience    float64 // share of the people who use it
}

// life is how the use of an application changes over the range; empty: it does not.
type life string

const (
	launched  life = "launched"
	abandoned life = "abandoned"
)

// microsoftServices is the tenant that owns Microsoft's own applications.
const microsoftServices = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"

type applications struct {
	clients   []*application // what people sign in to
	resources []*application // what only resources are
	workloads []*workload    // service principals
	managed   []*workload    // managed identities

	exchange, azureCLI, portal *application // where incidents happen
	expiring                   *workload
	missing                    *application // what a request for an unknown application names
}

// listing is a row of the catalog: an empty id marks one of Contoso's own.
type listing struct {
	Name, ID string
	usage
	Resources []string
	Kind      appKind
	RunsOn    machine
	Life      life
}

type appKind string

const (
	office365 appKind = "office365" // in reach of the policy for Office 365
	azure     appKind = "azure"     // in reach of the policy for Azure management
	saml      appKind = "saml"
)

// machine is what an application needs to run; empty: any.
type machine string

const (
	aPhone  machine = "phone"
	windows machine = "windows"
)

const (
	graph    = "Microsoft Graph"
	exchange = "Office 365 Exchange Online"
)

// The ids of Microsoft's applications are the ones they have in every tenant:
// https://learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in
var microsoftResources, catalog = table[[]listing]("resources"), table[[]listing]("catalog")

// What the applications that nobody named are called.
var (
	inventedTopics = strings.Fields("Fleet Contract Invoice Warehouse Travel Quality Safety Supplier Tender Training " +
		"Facility Asset Claims Pricing Shipping Energy")
	inventedKinds = strings.Fields("Planner Archive Desk Tracker Portal Reports Calculator Approval Board Exchange " +
		"Inspector Calendar")
)

func newApplications(seed uint64, tenantID string, count int) (a applications) {
	d := newDice(seed, applicationDraws)
	byName := map[string]*application{}
	var number uint64
	add := func(c listing) *application {
		number++
		app := &application{
			number: number, name: c.Name, id: c.ID, owner: microsoftServices,
			principal: newGUID(seed, servicePrincipalIDs, number).String(),
			usage:     c.usage, kind: c.Kind, runsOn: c.RunsOn, life: c.Life,
		}
		if app.id == "" {
			app.id, app.owner = newGUID(seed, applicationIDs, number).String(), tenantID
		}
		app.describe()
		byName[c.Name] = app
		return app
	}
	for _, c := range microsoftResources {
		a.resources = append(a.resources, add(c))
	}
	for _, c := range catalog {
		a.clients = append(a.clients, add(c))
	}
	for i := range max(0, count-len(catalog)) {
		name := "Contoso " + inventedTopics[i%len(inventedTopics)] + " " +
			inventedKinds[(i+i/len(inventedTopics))%len(inventedKinds)]
		if round := i / (len(inventedTopics) * len(inventedKinds)); round > 0 {
			name = fmt.Sprint(name, " ", round+1)
		}
		a.clients = append(a.clients, add(listing{Name: name, usage: usage{
			Interactive: 0.1 + 0.6*d.Float64()*d.Float64(), Background: 0.1 * d.Float64(),
			Browser: 1, Audience: 0.02 + 0.3*d.Float64()*d.Float64(),
		}}))
	}
	for i, app := range a.clients {
		app.resources = []*application{app}
		if i < len(catalog) && catalog[i].Resources != nil {
			app.resources = nil
			for _, name := range catalog[i].Resources {
				app.resources = append(app.resources, byName[name])
			}
		}
	}
	a.exchange, a.azureCLI, a.portal = byName[exchange], byName["Microsoft Azure CLI"], byName["Azure Portal"]

	a.missing = add(listing{})
	a.missing.asClient = string(object{}.text("appId", a.missing.id).json("appDisplayName", "null"))
	a.missing.resources = []*application{byName[graph]}

	for _, w := range workloads {
		made := &workload{application: *add(listing{Name: w.Name}), credential: w.Credential,
			weight: w.Weight, failures: w.Failures, host: d.Uint64()}
		if w.Failing != "" {
			failing := ended(w.Failing, noSteps)
			made.failing = &failing
		}
		for _, name := range w.Resources {
			made.resources = append(made.resources, byName[name])
		}
		made.describeIdentity(seed, w.Resource)
		if w.Credential == managedIdentity {
			a.managed = append(a.managed, made)
			continue
		}
		made.from = world.offices[home][0]
		if w.Cloud {
			made.from = world.clouds[made.number%uint64(len(world.clouds))]
		}
		a.workloads = append(a.workloads, made)
		if w.Expiring {
			a.expiring = made
		}
	}
	return a
}

func (a *application) describe() {
	a.asClient = string(object{}.text("appId", a.id).text("appDisplayName", a.name))
	a.asResource = string(object{}.text("resourceDisplayName", a.name).text("resourceId", a.id))
}

// uses reports whether somebody is in the application's audience.
func (a *application) uses(u *user) bool {
	switch a.runsOn {
	case aPhone:
		if u.phone() == nil {
			return false
		}
	case windows:
		if u.computer().platform.Rich != windowsBroker {
			return false
		}
	}
	return a.Audience >= 1 || float64(mix(u.number<<20^a.number)>>11)/(1<<53) < a.Audience
}

// workload is a program that signs in with an identity of its own.
type workload struct {
	application
	credential credential
	weight     float64
	failing    *outcome // what goes wrong now and then
	failures   float64  // and how often
	from       *network // nil for managed identities: Azure does not tell
	host       uint64

	keyID    string
	identity string // managedServiceIdentity
}

// noWorkload stands in sign-ins for the workload that people are not.
var noWorkload = workload{credential: "none", identity: managed("none", "")}

// managed returns a managedServiceIdentity.
func managed(kind, resource string) string {
	return string(object{}.begin().text("msiType", kind).text("associatedResourceId", resource).
		fields(`"federatedTokenId":"","federatedTokenIssuer":""`).end("}"))
}

// credential is Graph's clientCredentialType.
type credential string

const (
	federated       credential = "federatedIdentityCredential"
	managedIdentity credential = "managedIdentity"
)

var workloads = table[[]struct {
	Name       string
	Credential credential
	Weight     float64
	Resources  []string
	Failing    string // what goes wrong now and then
	Failures   float64
	Cloud      bool   // runs in Azure, else in the office at home
	Expiring   bool   // its secret expires; see the incidents
	Resource   string // of a managed identity: what it belongs to; empty: it stands alone
}]("workloads")

func (w *workload) describeIdentity(seed uint64, resource string) {
	w.identity = noWorkload.identity
	if w.credential != managedIdentity {
		if w.credential != federated {
			w.keyID = newGUID(seed, applicationIDs, w.number<<16).String()
		}
		return
	}
	w.asClient = string(object{}.text("appId", w.id).json("appDisplayName", "null"))
	kind := "systemAssigned"
	if resource == "" {
		kind, resource = "userAssigned", "Microsoft.ManagedIdentity/userAssignedIdentities/"+w.name
	}
	subscription := newGUID(seed, applicationIDs, 1<<40).String()
	w.identity = managed(kind, "/subscriptions/"+subscription+"/resourceGroups/rg-contoso-prod/providers/"+resource)
}
