package query

import (
	"fmt"
	"slices"
	"strings"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// rowsTable returns what holds the rows of a kind.
func rowsTable(kind *activity.Kind) string {
	switch kind {
	case activity.RiskyUser:
		return store.Table(kind) + "_now"
	case activity.UserActivity:
		return userActivity
	}
	return store.Table(kind)
}

// userActivity is the rows of all kinds by what they have in common, a row for each user that a record concerns: whoever
// did it and, of audit and provisioning events, those it was done to.
var userActivity = func() string {
	const (
		principal   = " LEFT JOIN entra.service_principal x ON x.id = t.service_principal"
		audited     = "LEFT JOIN entra.activity a ON a.id = t.activity" + principal
		target      = "JOIN entra.account u ON u.tenant = t.tenant AND t.target_ids @> ARRAY[u.key] AND u.id <> t.account " + audited
		provisioned = "JOIN entra.account u ON u.tenant = t.tenant AND u.key = lower(t.%s) LEFT JOIN entra.provisioning p ON p.id = t.provisioning" + principal
		risk        = "LEFT JOIN entra.risk k ON k.id = t.risk"

		change = "coalesce(a.activity_display_name, '')"
		action = "concat_ws(' ', p.provisioning_action, nullif(t.target_identity, ''))"
		app    = "coalesce(x.app_display_name, '')"
		actor  = "coalesce(x.service_principal_name, '')"
	)
	branch := func(kind *activity.Kind, account, summary, app, linked, from string) string {
		code := slices.Index(activity.UserActivity.Field("kind").Values, kind.Name) + 1
		return fmt.Sprintf("SELECT t.tenant, t.id, t.time, t.status, %d::smallint AS kind, %s AS account, %s AS summary, %s AS app_display_name, %s\n    FROM %s t %s",
			code, account, summary, app, linked, store.Table(kind), from)
	}
	const linked, unlinked = "t.ip_address, t.correlation_id", "NULL::inet AS ip_address, NULL::uuid AS correlation_id"
	return "(" + strings.Join([]string{
		branch(activity.SignIn, "t.account", app, app, linked, "LEFT JOIN entra.application x ON x.id = t.application"),
		branch(activity.AuditEvent, "t.account", change, actor, linked, audited),
		branch(activity.AuditEvent, "u.id", change, actor, linked, target),
		branch(activity.ProvisioningEvent, "u.id", action, actor, unlinked, fmt.Sprintf(provisioned, "source_identity_id")),
		branch(activity.ProvisioningEvent, "u.id", action, actor, unlinked, fmt.Sprintf(provisioned, "target_identity_id")+" WHERE lower(t.target_identity_id) <> lower(t.source_identity_id)"),
		branch(activity.RiskDetection, "t.account", "coalesce(k.risk_event_type, '')", "''", linked, risk),
		branch(activity.RiskyUser, "t.account", "coalesce(k.risk_state, '')", "''", unlinked, risk),
	}, "\n    UNION ALL ") + ")"
}()
