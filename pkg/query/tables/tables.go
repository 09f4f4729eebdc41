// Package tables knows where PostgreSQL keeps the fields of each kind of record: in which table, and in which column.
package tables

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// Rows returns what holds the rows of a kind, of states only those that are so now.
func Rows(kind *activity.Kind) string {
	if kind == activity.RiskyUser {
		return store.Table(kind) + "_now"
	}
	return AllRows(kind)
}

// AllRows returns what holds the rows of a kind, former states included.
func AllRows(kind *activity.Kind) string {
	switch kind {
	case activity.UserActivity:
		return userActivity
	case activity.ConditionalAccess:
		return policyEvaluations
	case activity.RiskyUserHistory:
		return riskHistory
	}
	return store.Table(kind)
}

// KindCode is the number that stands for a kind among the rows of all kinds.
func KindCode(kind string) int {
	return slices.Index(activity.UserActivity.Field("kind").Values, kind) + 1
}

// userActivity is the rows of all kinds by what they have in common. It has a row for each user that a record concerns:
// whoever did it and, of audit and provisioning events, those it was done to.
var userActivity = func() string {
	const (
		principal   = " LEFT JOIN entra.service_principal x ON x.id = t.service_principal"
		application = "LEFT JOIN entra.application x ON x.id = t.application"
		audited     = "LEFT JOIN entra.activity a ON a.id = t.activity" + principal
		target      = "JOIN entra.account u ON u.tenant = t.tenant AND t.target_ids @> ARRAY[u.key] AND u.id <> t.account " + audited
		provisioned = "JOIN entra.account u ON u.tenant = t.tenant AND u.key = lower(t.%s)" +
			" LEFT JOIN entra.provisioning p ON p.id = t.provisioning" + principal
		another = " WHERE lower(t.target_identity_id) <> lower(t.source_identity_id)"
		risk    = "LEFT JOIN entra.risk k ON k.id = t.risk"

		change = "coalesce(a.activity_display_name, '')"
		action = "concat_ws(' ', p.provisioning_action, nullif(t.target_identity, ''))"
		app    = "coalesce(x.app_display_name, '')"
		actor  = "coalesce(x.service_principal_name, '')"
	)
	branch := func(kind *activity.Kind, account, summary, app, linked, from string) string {
		return fmt.Sprintf("SELECT t.tenant, t.id, t.time, t.received, t.status, %d::smallint AS kind,"+
			" %s AS account, %s AS summary, %s AS app_display_name, %s\n    FROM %s t %s",
			KindCode(kind.Name), account, summary, app, linked, store.Table(kind), from)
	}
	const linked, unlinked = "t.ip_address, t.correlation_id", "NULL::inet AS ip_address, NULL::uuid AS correlation_id"
	source, provisionedTo := fmt.Sprintf(provisioned, "source_identity_id"), fmt.Sprintf(provisioned, "target_identity_id")
	return "(" + strings.Join([]string{
		branch(activity.SignIn, "t.account", app, app, linked, application),
		branch(activity.AuditEvent, "t.account", change, actor, linked, audited),
		branch(activity.AuditEvent, "u.id", change, actor, linked, target),
		branch(activity.ProvisioningEvent, "u.id", action, actor, unlinked, source),
		branch(activity.ProvisioningEvent, "u.id", action, actor, unlinked, provisionedTo+another),
		branch(activity.RiskDetection, "t.account", "coalesce(k.risk_event_type, '')", "''", linked, risk),
		branch(activity.RiskyUser, "t.account", "coalesce(k.risk_state, '')", "''", unlinked, risk),
	}, "\n    UNION ALL ") + ")"
}()

// policyEvaluations is the rows of sign-ins, once for each policy evaluated, in the order of the policies' IDs and
// results. Both are in the dictionary, as in the rollup.
var policyEvaluations = `(SELECT t.*, w.id AS policy, v.id AS policy_result
    FROM ` + store.Table(activity.SignIn) + ` t JOIN entra.policies p ON p.id = t.policies
    CROSS JOIN LATERAL unnest(p.conditional_access_policy_ids, p.conditional_access_policy_results) AS e(id, result)
    JOIN entra.word w ON w.text = coalesce(e.id, '') JOIN entra.word v ON v.text = coalesce(e.result, ''))`

// riskHistory is the rows of risky users' states with the time that it took to end a risk: from the user's first state at
// risk since any other, to the next that is none. A risk that began before what is kept has none. A state ends when the
// user's next begins; PostgreSQL leaves that out where a query does not read it.
var riskHistory = `(SELECT h.*, CASE WHEN NOT h.at_risk THEN (extract(epoch FROM h.time - min(h.time)
        FILTER (WHERE h.at_risk) OVER (PARTITION BY h.tenant, h.account, h.risks)) * 1000)::bigint END AS time_to_remediation
    FROM (
      SELECT a.*, count(*) FILTER (WHERE NOT a.at_risk) OVER (PARTITION BY a.tenant, a.account ORDER BY a.time, a.id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS risks
      FROM (
        SELECT t.*, coalesce(k.risk_state IN ('atRisk', 'confirmedCompromised'), false) AS at_risk,
          lead(t.time) OVER (PARTITION BY t.tenant, t.account ORDER BY t.time, t.id) AS ended
        FROM ` + store.Table(activity.RiskyUser) + ` t LEFT JOIN entra.risk k ON k.id = t.risk
      ) a
    ) h)`

// Column is where a table, called r, keeps a field: the value itself, a code, or the ID of a row in a dictionary.
type Column struct {
	Field      *activity.Field
	Expr       string                   // what r holds
	Codes      []string                 // the values that codes stand for: the first for 1
	Dictionary string                   // the table of the texts that IDs stand for; empty for values and codes
	Text       string                   // the dictionary's column
	Derive     func(text string) string // makes the value of the dictionary's text; nil where that is the value
}

// Label returns the value that a code stands for; none for a code that is unknown.
func (c *Column) Label(code int64) string {
	if code < 1 || code > int64(len(c.Codes)) {
		return ""
	}
	return c.Codes[code-1]
}

// Value returns the value of what SQL returns as text.
func (c *Column) Value(text string) string {
	if c.Codes == nil {
		return text
	}
	code, _ := strconv.ParseInt(text, 10, 64)
	return c.Label(code)
}

// OfRows returns where the rows of a kind keep a field.
func OfRows(kind *activity.Kind, f *activity.Field) Column {
	column := store.Column(kind, f)
	if c, ok := shared(f); ok {
		return c
	}
	switch {
	case kind == activity.UserActivity && f.Name == "kind":
		return Column{Field: f, Expr: "r.kind", Codes: f.Values}
	case kind == activity.ConditionalAccess && f.Name == policyResult:
		return inDictionary(f, "r."+column)
	case f.Of != nil:
		return Column{Field: f, Expr: "r." + store.Reference(f.Of), Dictionary: store.EntityTable(f.Of), Text: column}
	}
	return Column{Field: f, Expr: "r." + column}
}

// OfGrouping returns where a grouping of the rollup keeps a field. ok is false where it does not have the field.
func OfGrouping(g *store.Grouping, f *activity.Field) (c Column, ok bool) {
	if c, ok := shared(f); ok {
		return c, true
	}
	isEntity := g.Entity != nil && f.Of != nil && (f.Of == g.Entity || f.Of.Through == g.Entity)
	switch {
	case isEntity, g.PerPolicy && f.Of == activity.Policy:
		return Column{Field: f, Expr: "r.k1", Dictionary: store.EntityTable(f.Of), Text: store.Column(g.Kind, f)}, true
	case g.PerPolicy && f.Name == policyResult:
		return inDictionary(f, "r.k2"), true
	}
	n := g.Key(f)
	if n < 0 {
		return Column{}, false
	}
	key := fmt.Sprintf("r.k%d", n+1)
	if f.Type == activity.Integer {
		return Column{Field: f, Expr: fmt.Sprintf("nullif(%s, %d)", key, store.NoInteger)}, true
	}
	return inDictionary(f, key), true
}

// Derived returns where a grouping keeps a field that it has, or the one that the field follows from.
func Derived(g *store.Grouping, f *activity.Field) Column {
	c, ok := OfGrouping(g, f)
	if !ok && f.Name == "clientAppClass" {
		c, _ = OfGrouping(g, g.Kind.Field("clientAppUsed"))
		c.Derive = activity.ClientAppClass
	}
	return c
}

// policyResult is the field of what a policy made of a sign-in.
const policyResult = "policyResult"

// inDictionary returns the column of IDs of texts that are nobody's names.
func inDictionary(f *activity.Field, expr string) Column {
	return Column{Field: f, Expr: expr, Dictionary: store.Schema + ".word", Text: "text"}
}

// shared returns the columns that rows and rollup have alike.
func shared(f *activity.Field) (c Column, ok bool) {
	switch {
	case f.Name == "tenantId":
		return Column{Field: f, Expr: "r.tenant", Dictionary: store.Schema + ".tenant", Text: "tenant_id"}, true
	case f.Name == "signInEventTypes":
		return Column{Field: f, Expr: "r.variant", Codes: activity.SignInEventTypes}, true
	case f.Name == "status" && f.Of == nil:
		return Column{Field: f, Expr: "r.status", Codes: activity.AllStatuses}, true
	}
	return Column{}, false
}

// DeterminesKey reports whether counting by some fields keeps all keys of a grouping apart.
func DeterminesKey(g *store.Grouping, fields []*activity.Field) bool {
	keys := map[string]bool{}
	for _, f := range fields {
		if _, ok := shared(f); !ok {
			c, _ := OfGrouping(g, f)
			keys[c.Expr] = true
		}
	}
	switch {
	case g.PerPolicy: // its policy and the result
		return len(keys) == 2
	case g.Entity != nil:
		return len(keys) == 1+len(g.Fields)
	}
	return len(keys) == len(g.Fields)
}
