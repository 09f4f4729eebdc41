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
// did it and, of audit events, those it was done to.
var userActivity = func() string {
	const app, principal = "LEFT JOIN entra.application x ON x.id = t.application", "LEFT JOIN entra.service_principal x ON x.id = t.service_principal"
	branch := func(kind *activity.Kind, account, summary, app, address, correlation, joins string) string {
		code := slices.Index(activity.UserActivity.Field("kind").Values, kind.Name) + 1
		return fmt.Sprintf("SELECT t.tenant, t.id, t.time, t.status, %d::smallint AS kind, %s AS account, %s AS summary, %s AS app_display_name, %s AS ip_address, %s AS correlation_id\n    FROM %s t %s",
			code, account, summary, app, address, correlation, store.Table(kind), joins)
	}
	const audited = "LEFT JOIN entra.activity a ON a.id = t.activity " + principal
	target := "JOIN entra.account u ON u.tenant = t.tenant AND t.target_ids @> ARRAY[u.key] AND u.id <> t.account " + audited
	return "(" + strings.Join([]string{
		branch(activity.SignIn, "t.account", "coalesce(x.app_display_name, '')", "coalesce(x.app_display_name, '')", "t.ip_address", "t.correlation_id", app),
		branch(activity.AuditEvent, "t.account", "coalesce(a.activity_display_name, '')", "coalesce(x.service_principal_name, '')", "t.ip_address", "t.correlation_id", audited),
		branch(activity.AuditEvent, "u.id", "coalesce(a.activity_display_name, '')", "coalesce(x.service_principal_name, '')", "t.ip_address", "t.correlation_id", target),
		branch(activity.RiskDetection, "t.account", "coalesce(k.risk_event_type, '')", "''", "t.ip_address", "t.correlation_id", "LEFT JOIN entra.risk k ON k.id = t.risk"),
		branch(activity.RiskyUser, "t.account", "coalesce(k.risk_state, '')", "''", "NULL::inet", "NULL::uuid", "LEFT JOIN entra.risk k ON k.id = t.risk"),
	}, "\n    UNION ALL ") + ")"
}()
