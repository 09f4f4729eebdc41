package demo

import "fmt"

// application is something people sign in to, or a resource they sign in for.
type application struct {
	number    uint64
	name, id  string
	principal string // the object id of its service principal in the tenant

	interactive float64 // weight among the sign-ins of people
	background  float64 // weight among those of their software
	browser     float64 // share of its sign-ins that come from a browser
	audience    float64 // share of the people who use it
	resources   []*application
	runsOn      machine
	saml        bool
	office365   bool // in reach of the policy for Office 365
	azure       bool // in reach of the policy for Azure management
	life        life

	asClient   []byte // appId and appDisplayName, as in a sign-in
	asResource []byte // resourceDisplayName and resourceId
	owner      string // tenant that owns it
}

// life is how the use of an application changes over the range.
type life uint8

const (
	steady life = iota
	launched
	abandoned
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

// catalogued is a row of the catalogue: an empty id marks one of Contoso's own.
type catalogued struct {
	name, id                string
	interactive, background float64
	browser, audience       float64
	resources               []string
	kind                    appKind
	runsOn                  machine
	life                    life
}

type appKind uint8

const (
	plain appKind = iota
	office365
	azure
	saml
)

// machine is what an application needs to run.
type machine uint8

const (
	anyMachine machine = iota
	aPhone
	windows
)

const (
	graph      = "Microsoft Graph"
	aadGraph   = "Windows Azure Active Directory"
	exchange   = "Office 365 Exchange Online"
	sharePoint = "Office 365 SharePoint Online"
	management = "Windows Azure Service Management API"
	keyVault   = "Azure Key Vault"
	storage    = "Azure Storage"
	sql        = "Azure SQL Database"
)

// The ids of Microsoft's applications are the ones they have in every tenant:
// https://learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in
var microsoftResources = []catalogued{
	{name: graph, id: "00000003-0000-0000-c000-000000000000"},
	{name: aadGraph, id: "00000002-0000-0000-c000-000000000000"},
	{name: management, id: "797f4846-ba00-4fd7-ba43-dac1f8f63013"},
	{name: keyVault, id: "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"},
	{name: storage, id: "e406a681-f3d4-42a8-90b6-c2b029497af1"},
	{name: sql, id: "022907d3-0f1b-48f7-badc-1ba6abab6d66"},
}

var catalogue = []catalogued{
	{name: exchange, id: "00000002-0000-0ff1-ce00-000000000000", interactive: 7, background: 10, browser: 0.3, audience: 1, resources: []string{exchange}, kind: office365},
	{name: sharePoint, id: "00000003-0000-0ff1-ce00-000000000000", interactive: 8, background: 8, browser: 1, audience: 1, resources: []string{sharePoint}, kind: office365},
	{name: "Microsoft Teams", id: "1fec8e78-bce4-4aaf-ab1b-5451cc387264", interactive: 9, background: 24, audience: 1, resources: []string{graph, exchange, sharePoint}, kind: office365},
	{name: "Microsoft Teams Web Client", id: "5e3ce6c0-2b1f-4285-8d4b-75ee78787346", interactive: 4, background: 4, browser: 1, audience: 0.6, resources: []string{graph}, kind: office365},
	{name: "OfficeHome", id: "4765445b-32c6-49b0-83e6-1d93765276ca", interactive: 10, background: 2, browser: 1, audience: 1, resources: []string{"OfficeHome"}, kind: office365},
	{name: "Microsoft Office", id: "d3590ed6-52b3-4102-aeff-aad2292ab01c", interactive: 6, background: 18, audience: 1, resources: []string{graph, sharePoint, exchange}, kind: office365},
	{name: "One Outlook Web", id: "9199bf20-a13f-4107-85dc-02114787ef48", interactive: 7, background: 8, browser: 1, audience: 0.9, resources: []string{exchange}, kind: office365},
	{name: "Outlook Mobile", id: "27922004-5251-4030-b22d-91ecd9a37ea4", interactive: 3, background: 12, audience: 0.7, resources: []string{exchange, graph}, kind: office365, runsOn: aPhone},
	{name: "OneDrive SyncEngine", id: "ab9b8c07-8f02-4f72-87fa-80105867a763", interactive: 1, background: 10, audience: 0.9, resources: []string{sharePoint}, kind: office365},
	{name: "Windows Sign In", id: "38aa3b87-a06d-4817-b275-7a316988d93b", interactive: 9, background: 1, audience: 0.8, resources: []string{aadGraph}, runsOn: windows},
	{name: "Microsoft Authentication Broker", id: "29d9ed98-a469-4536-ade2-f981bc1d605e", interactive: 3, background: 7, audience: 0.9, resources: []string{graph, aadGraph}},
	{name: "Azure Portal", id: "c44b4083-3bb0-49c1-b47d-974e53cbdf3c", interactive: 5, background: 3, browser: 1, audience: 0.12, resources: []string{management, graph}, kind: azure},
	{name: "Microsoft Azure CLI", id: "04b07795-8ddb-461a-bbee-02f9e1bf7b46", interactive: 1.2, background: 1.5, audience: 0.05, resources: []string{management}, kind: azure},
	{name: "Microsoft Azure PowerShell", id: "1950a258-227b-4e31-a9cf-717495945fc2", interactive: 0.6, background: 0.6, audience: 0.03, resources: []string{management}, kind: azure},
	{name: "Visual Studio Code", id: "aebc6443-996d-45c2-90f0-388ff96faa56", interactive: 0.7, background: 1, audience: 0.08, resources: []string{management}, kind: azure},
	{name: "Azure DevOps", id: "499b84ac-1321-427f-aa17-267ca6975798", interactive: 2.4, background: 2, browser: 1, audience: 0.15, resources: []string{"Azure DevOps"}},
	{name: "Microsoft Power BI", id: "871c010f-5e61-4fb1-83ac-98610a7e9110", interactive: 2, background: 1.5, browser: 1, audience: 0.3, resources: []string{"Power BI Service"}},
	{name: "Power BI Service", id: "00000009-0000-0000-c000-000000000000", interactive: 0.4, background: 0.5, browser: 1, audience: 0.3, resources: []string{"Power BI Service"}},
	{name: "My Apps", id: "2793995e-0a7d-40d7-bd35-6968ba142197", interactive: 2.5, background: 0.5, browser: 1, audience: 0.8, resources: []string{graph}},
	{name: "My Signins", id: "19db86c3-b2b9-44cc-b339-36da233a3be2", interactive: 0.8, browser: 1, audience: 0.9, resources: []string{graph}},
	{name: "My Profile", id: "8c59ead7-d703-4a27-9e55-c96a0054c8d2", interactive: 0.4, browser: 1, audience: 0.9, resources: []string{graph}},
	{name: "Microsoft Intune Company Portal", id: "9ba1a5c7-f17a-4de9-a1f1-6178c8d51223", interactive: 0.6, background: 3, audience: 0.8, resources: []string{graph}},
	{name: "Microsoft Authenticator App", id: "4813382a-8fa7-425e-ab75-3b753aab3abb", interactive: 0.4, background: 1, audience: 0.8, resources: []string{aadGraph}, runsOn: aPhone},
	{name: "Microsoft Edge", id: "ecd6b820-32c2-49b6-98a6-444530e5a77a", interactive: 0.8, background: 4, audience: 0.9, resources: []string{graph}},
	{name: "Microsoft Forms", id: "c9a559d2-7aab-4f13-a6ed-e7e9c52aec87", interactive: 0.6, background: 0.2, browser: 1, audience: 0.5, resources: []string{"Microsoft Forms"}, kind: office365},
	{name: "Graph Explorer", id: "de8bc8b5-d9f9-48b1-a8ad-b748da725064", interactive: 0.15, browser: 1, audience: 0.01, resources: []string{graph}},

	{name: "Contoso Intranet", interactive: 6, background: 3, browser: 1, audience: 1},
	{name: "Contoso HR Portal", interactive: 2.5, background: 0.8, browser: 1, audience: 0.9},
	{name: "Contoso Expenses", interactive: 1.4, background: 0.3, browser: 1, audience: 0.6},
	{name: "Contoso VPN", interactive: 3, browser: 0.2, audience: 0.7, kind: saml},
	{name: "Contoso CRM \"Atlas\"", interactive: 2.2, background: 1.2, browser: 1, audience: 0.25},
	{name: "Contoso R&D Lab Notebook", interactive: 0.8, background: 0.4, browser: 1, audience: 0.1},
	{name: "Contoso Field Service", interactive: 4, background: 3, browser: 0.6, audience: 0.35, life: launched},
	{name: "Contoso Legacy Timesheet", interactive: 1.6, background: 0.2, browser: 1, audience: 0.4, kind: saml, life: abandoned},
	{name: "Contoso Kanalübersicht", interactive: 0.5, background: 0.1, browser: 1, audience: 0.12},
	{name: "SAP S/4HANA Cloud", interactive: 2, browser: 1, audience: 0.3, kind: saml},
	{name: "Salesforce", interactive: 1.5, browser: 1, audience: 0.2, kind: saml},
	{name: "ServiceNow", interactive: 1.8, browser: 1, audience: 0.7, kind: saml},
	{name: "Workday", interactive: 1.2, browser: 1, audience: 0.8, kind: saml},
	{name: "GitHub Enterprise Cloud", interactive: 1.3, browser: 1, audience: 0.12, kind: saml},
	{name: "Atlassian Cloud", interactive: 1.6, browser: 1, audience: 0.3, kind: saml},
	{name: "Slack", interactive: 0.7, browser: 0.7, audience: 0.15, kind: saml},
	{name: "Zoom", interactive: 0.5, browser: 0.6, audience: 0.3, kind: saml},
	{name: "DocuSign", interactive: 0.4, browser: 1, audience: 0.2, kind: saml},
	{name: "AWS IAM Identity Center", interactive: 0.6, browser: 1, audience: 0.06, kind: saml},
	{name: "Snowflake", interactive: 0.5, browser: 0.7, audience: 0.06, kind: saml},
}

// What the applications that nobody named are called.
var (
	inventedTopics = []string{"Fleet", "Contract", "Invoice", "Warehouse", "Travel", "Quality", "Safety", "Supplier", "Tender", "Training", "Facility", "Asset", "Claims", "Pricing", "Shipping", "Energy"}
	inventedKinds  = []string{"Planner", "Archive", "Desk", "Tracker", "Portal", "Reports", "Calculator", "Approval", "Board", "Exchange", "Inspector", "Calendar"}
)

func newApplications(seed uint64, tenantID string, count int) (a applications) {
	d := newDice(seed, applicationDraws)
	byName := map[string]*application{}
	var number uint64
	add := func(c catalogued) *application {
		number++
		app := &application{
			number: number, name: c.name, id: c.id, owner: microsoftServices,
			principal:   newGUID(seed, servicePrincipalIDs, number).String(),
			interactive: c.interactive, background: c.background, browser: c.browser, audience: c.audience,
			office365: c.kind == office365, azure: c.kind == azure, saml: c.kind == saml, runsOn: c.runsOn, life: c.life,
		}
		if app.id == "" {
			app.id, app.owner = newGUID(seed, applicationIDs, number).String(), tenantID
		}
		app.describe()
		byName[c.name] = app
		return app
	}
	for _, c := range microsoftResources {
		a.resources = append(a.resources, add(c))
	}
	for _, c := range catalogue {
		a.clients = append(a.clients, add(c))
	}
	for i := range max(0, count-len(catalogue)) {
		topic, kind := inventedTopics[i%len(inventedTopics)], inventedKinds[(i+i/len(inventedTopics))%len(inventedKinds)]
		name := "Contoso " + topic + " " + kind
		if round := i / (len(inventedTopics) * len(inventedKinds)); round > 0 {
			name = fmt.Sprint(name, " ", round+1)
		}
		a.clients = append(a.clients, add(catalogued{name: name, interactive: 0.1 + 0.6*d.Float64()*d.Float64(),
			background: 0.1 * d.Float64(), browser: 1, audience: 0.02 + 0.3*d.Float64()*d.Float64()}))
	}
	for i, app := range a.clients {
		app.resources = []*application{app}
		if i < len(catalogue) && catalogue[i].resources != nil {
			app.resources = nil
			for _, name := range catalogue[i].resources {
				app.resources = append(app.resources, byName[name])
			}
		}
	}
	a.exchange, a.azureCLI, a.portal = byName[exchange], byName["Microsoft Azure CLI"], byName["Azure Portal"]

	a.missing = add(catalogued{name: ""})
	a.missing.asClient = append(appendText(nil, "appId", a.missing.id), `,"appDisplayName":null`...)
	a.missing.resources = []*application{byName[graph]}

	for _, w := range workloads {
		made := &workload{application: *add(catalogued{name: w.name}), credential: w.credential,
			weight: w.weight, failing: w.failing, failures: w.failures, host: d.Uint64()}
		for _, name := range w.resources {
			made.resources = append(made.resources, byName[name])
		}
		made.describeIdentity(seed, w.resource)
		if w.credential == managedIdentity {
			a.managed = append(a.managed, made)
			continue
		}
		made.from = world.offices[home][0]
		if w.cloud {
			made.from = world.clouds[made.number%uint64(len(world.clouds))]
		}
		a.workloads = append(a.workloads, made)
		if w.expiring {
			a.expiring = made
		}
	}
	return a
}

func (a *application) describe() {
	a.asClient = appendText(nil, "appId", a.id)
	a.asClient = appendText(append(a.asClient, ','), "appDisplayName", a.name)
	a.asResource = appendText(nil, "resourceDisplayName", a.name)
	a.asResource = appendText(append(a.asResource, ','), "resourceId", a.id)
}

// uses tells whether somebody is in the application's audience.
func (a *application) uses(u *user) bool {
	switch a.runsOn {
	case aPhone:
		if u.phone() == nil {
			return false
		}
	case windows:
		if u.computer().platform.rich != windowsBroker {
			return false
		}
	}
	return a.audience >= 1 || float64(mix(u.number<<20^a.number)>>11)/(1<<53) < a.audience
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

	asPrincipal []byte // servicePrincipalName and servicePrincipalId, as in a sign-in
	keyID       string
	identity    []byte // managedServiceIdentity
}

// noIdentity is the managedServiceIdentity of everyone else.
const noIdentity = `{"msiType":"none","associatedResourceId":"","federatedTokenId":"","federatedTokenIssuer":""}`

// credential is Graph's clientCredentialType.
type credential string

const (
	clientSecret    credential = "clientSecret"
	certificate     credential = "clientAssertion"
	federated       credential = "federatedIdentityCredential"
	managedIdentity credential = "managedIdentity"
)

var workloads = []struct {
	name       string
	credential credential
	weight     float64
	resources  []string
	failing    *outcome
	failures   float64
	cloud      bool   // runs in Azure, else in the office at home
	expiring   bool   // its secret expires; see the incidents
	resource   string // of a managed identity: what it belongs to; empty: it stands alone
}{
	{name: "contoso-invoice-sync", credential: clientSecret, weight: 14, resources: []string{graph, sharePoint}, cloud: true, expiring: true},
	{name: "contoso-backup-runner", credential: certificate, weight: 10, resources: []string{storage}},
	{name: "contoso-hr-export", credential: clientSecret, weight: 6, resources: []string{graph}, failing: &invalidSecret, failures: 0.2},
	{name: "contoso-intranet-search", credential: clientSecret, weight: 11, resources: []string{sharePoint, graph}, cloud: true},
	{name: "contoso-mail-relay", credential: clientSecret, weight: 8, resources: []string{exchange}, failing: &invalidSecret, failures: 0.04},
	{name: "contoso-monitoring", credential: certificate, weight: 12, resources: []string{management, graph}, cloud: true},
	{name: "contoso-terraform", credential: federated, weight: 7, resources: []string{management, graph}, cloud: true, failing: &assertionInvalid, failures: 0.08},
	{name: "github-actions-deploy", credential: federated, weight: 9, resources: []string{management}, cloud: true, failing: &assertionInvalid, failures: 0.03},
	{name: "contoso-data-platform", credential: clientSecret, weight: 10, resources: []string{sql, storage, keyVault}, cloud: true, failing: &resourceMissing, failures: 0.05},
	{name: "SAP Integration Suite", credential: clientSecret, weight: 5, resources: []string{graph}, cloud: true},
	{name: "ServiceNow Discovery", credential: clientSecret, weight: 4, resources: []string{management, graph}, failing: &invalidSecret, failures: 0.03},
	{name: "contoso-legacy-reports", credential: clientSecret, weight: 2, resources: []string{sql}, failing: &clientMissing, failures: 0.3},
	{name: "Power Automate Connector", credential: clientSecret, weight: 6, resources: []string{exchange, sharePoint}, cloud: true},
	{name: "contoso-identity-governance", credential: certificate, weight: 4, resources: []string{graph}, cloud: true},

	{name: "vm-contoso-build-01", credential: managedIdentity, weight: 8, resources: []string{storage, keyVault}, resource: "Microsoft.Compute/virtualMachines/vm-contoso-build-01"},
	{name: "func-contoso-orders", credential: managedIdentity, weight: 14, resources: []string{storage, sql}, resource: "Microsoft.Web/sites/func-contoso-orders"},
	{name: "aks-contoso-prod-agentpool", credential: managedIdentity, weight: 20, resources: []string{management, keyVault}},
	{name: "logic-contoso-approvals", credential: managedIdentity, weight: 6, resources: []string{graph}, resource: "Microsoft.Logic/workflows/logic-contoso-approvals", failing: &resourceMissing, failures: 0.02},
	{name: "id-contoso-data-reader", credential: managedIdentity, weight: 10, resources: []string{storage, sql}},
	{name: "adf-contoso-lake", credential: managedIdentity, weight: 9, resources: []string{storage, keyVault}, resource: "Microsoft.DataFactory/factories/adf-contoso-lake"},
}

func (w *workload) describeIdentity(seed uint64, resource string) {
	w.asPrincipal = appendText(nil, "servicePrincipalName", w.name)
	w.identity = []byte(noIdentity)
	if w.credential != managedIdentity {
		if w.credential != federated {
			w.keyID = newGUID(seed, applicationIDs, w.number<<16).String()
		}
		return
	}
	w.asClient = append(appendText(nil, "appId", w.id), `,"appDisplayName":null`...)
	kind := "systemAssigned"
	if resource == "" {
		kind, resource = "userAssigned", "Microsoft.ManagedIdentity/userAssignedIdentities/"+w.name
	}
	subscription := newGUID(seed, applicationIDs, 1<<40).String()
	b := appendText([]byte("{"), "msiType", kind)
	b = appendText(append(b, ','), "associatedResourceId", "/subscriptions/"+subscription+"/resourceGroups/rg-contoso-prod/providers/"+resource)
	w.identity = append(b, `,"federatedTokenId":"","federatedTokenIssuer":""}`...)
}
