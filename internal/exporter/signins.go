package exporter

import (
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

const unknown = "unknown"

// signInKinds are the metrics' names of the kinds of sign-in.
var signInKinds = map[string]string{
	activity.Interactive:     "interactive",
	activity.NonInteractive:  "noninteractive",
	activity.ByPrincipal:     "service_principal",
	activity.ManagedIdentity: "managed_identity",
}

var signInsDesc = prometheus.NewDesc("entra_signins_total",
	"Sign-ins ingested, by application, kind of sign-in and status.", []string{"tenant", "app_id", "app", "kind", "status"}, nil)

var signInCollector = &collector{
	name: "signins",
	query: fmt.Sprintf(`SELECT coalesce(t.tenant_id, '') AS tenant, coalesce(a.key, '') AS key, coalesce(a.app_id, '') AS app_id,
  coalesce(a.app_display_name, '') AS app, total.variant, total.status, total.n, total.created
FROM entra.total
LEFT JOIN entra.tenant t ON t.id = total.tenant
LEFT JOIN entra.application a ON a.id = total.k1
WHERE total.grouping = %d`, signInsByApplication().Number),
	descs: []*prometheus.Desc{signInsDesc},
	add:   addSignIns,
}

func signInsByApplication() *store.Grouping {
	return store.Groupings[slices.IndexFunc(store.Groupings, func(g *store.Grouping) bool {
		return g.Kind == activity.SignIn && g.Entity == activity.Application && g.Total
	})]
}

// application is one application's sign-ins of one kind.
type application struct {
	Tenant, Key string
	AppID       string `db:"app_id"`
	App         string
	kind        string
}

// addSignIns publishes all three statuses of an application's kind of sign-in from the first one on, so that the first
// failure after days of success is an increase from 0. All count since that first one.
func addSignIns(rows *sqlx.Rows, s *samples) error {
	type counts struct {
		created  time.Time
		byStatus map[string]int64
		unknown  time.Time // when a status that tells nothing was first counted
	}
	var order []application
	found := map[application]*counts{}
	for rows.Next() {
		var row struct {
			application
			Variant, Status int16
			N               int64
			Created         time.Time
		}
		if err := rows.StructScan(&row); err != nil {
			return err
		}
		app, status := row.application, store.Status(row.Status)
		if app.kind = signInKinds[store.Variant(row.Variant)]; app.kind == "" {
			app.kind = unknown
		}
		c := found[app]
		if c == nil {
			c = &counts{created: row.Created, byStatus: map[string]int64{}}
			found[app] = c
			order = append(order, app)
		}
		c.created = earlier(c.created, row.Created)
		if !slices.Contains(activity.Statuses, status) {
			status = unknown
			c.unknown = earlier(c.unknown, row.Created)
		}
		c.byStatus[status] += row.N
	}
	for _, app := range order {
		c := found[app]
		publish := func(status string, created time.Time) {
			identity := join("signins", app.Tenant, app.Key, app.kind, status)
			s.counter(signInsDesc, identity, c.byStatus[status], created, app.Tenant, app.AppID, app.App, app.kind, status)
		}
		for _, status := range activity.Statuses {
			publish(status, c.created)
		}
		if !c.unknown.IsZero() {
			publish(unknown, c.unknown)
		}
	}
	return nil
}

// earlier returns the earlier of two times; the zero time is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
