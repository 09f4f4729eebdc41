package exporter

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// collector reads the metrics that one query yields.
type collector struct {
	name  string
	about string // what it publishes, for the help of its flag
	optIn bool
	query string
	// family is the one whose decisions about who has series the collector follows; nil where there are none.
	family *family
	// background says that the query is too expensive for every scrape.
	background bool
	// add turns the query's rows into samples.
	add func(rows *sql.Rows, r *reading) error
}

var allCollectors = []*collector{
	counting("signins", signIns),
	counting("signin_failures", signInFailures),
	counting("client_apps", clientApps),
	optional(counting("countries", countries)),
	counting("mfa", mfa),
	counting("conditional_access", conditionalAccess),
	optional(counting("conditional_access_policies", policies)),
	counting("signin_risk", signInRisk),
	applicationsCollector,
	activeUsersCollector,
	counting("risk_detections", riskDetections),
	riskyUsersCollector,
	counting("audit", auditEvents),
	counting("provisioning", provisioningEvents),
	ingestCollector,
	storeCollector,
	storeSizeCollector,
}

// counting returns the collector of a family.
func counting(name string, f *family) *collector {
	return &collector{
		name: name, about: f.name, query: f.query(), family: f,
		add: func(rows *sql.Rows, r *reading) error {
			totals, err := f.read(rows)
			if err == nil {
				f.publish(r, totals)
			}
			return err
		},
	}
}

func optional(c *collector) *collector {
	c.optIn = true
	return c
}

// Collector is a group of metrics that can be switched on and off.
type Collector struct {
	Name    string
	Metrics string
	Default bool
}

// Collectors lists the collectors there are.
func Collectors() []Collector {
	var list []Collector
	for _, c := range allCollectors {
		list = append(list, Collector{c.name, c.about, !c.optIn})
	}
	return list
}

// chosen returns the collectors of those names; nil: the default ones.
func chosen(names []string) []*collector {
	return slices.DeleteFunc(slices.Clone(allCollectors), func(c *collector) bool {
		if names == nil {
			return c.optIn
		}
		return !slices.Contains(names, c.name)
	})
}

var (
	appLabels = []string{"tenant", "app_id", "app"}

	lastSignInMetric = gauge("entra_app_last_signin_timestamp_seconds",
		"When the newest successful sign-in to an application happened.", appLabels...)
	appInfoMetric = gauge("entra_app_info",
		"An application's name today; other metrics keep the name by which they first published it.", appLabels...)
	activeUsersMetric = gauge("entra_app_active_users",
		"Users who signed in to an application within the window; refreshed in the background.", "tenant", "app_id", "app", "window")
	riskyUsersMetric = gauge("entra_risky_users",
		"Users by their risk level and state now; refreshed in the background.", "tenant", "level", "state")
	oldestMetric = gauge("entra_store_oldest_event_timestamp_seconds",
		"When the oldest record kept happened; refreshed in the background.", "record")
	rowsMetric = gauge("entra_store_rows_estimate",
		"About how many records are kept, as PostgreSQL's statistics say; refreshed in the background.", "record")
	sizeMetric = gauge("entra_store_size_bytes",
		"What the store's tables take on disk, with their indexes and partitions; refreshed in the background.", "table")
)

// applicationsQuery is a SELECT of the applications that sign-ins were counted for.
var applicationsQuery = fmt.Sprintf(`SELECT coalesce(t.tenant_id, '') AS tenant_id, a.app_id, a.app_display_name,
  coalesce(min(s.name), nullif(a.app_display_name, ''), a.app_id) AS name, x.tenant, x.k1, bool_and(s.own) AS own, min(x.created) AS created,
  max(x.last_event) FILTER (WHERE x.status = %d) AS last_signin
FROM entra.total x JOIN entra.application a ON a.id = x.k1 LEFT JOIN entra.tenant t ON t.id = x.tenant
LEFT JOIN entra.series s ON s.tenant = x.tenant AND s.grouping = x.grouping AND s.k1 = x.k1
WHERE x.grouping = %d GROUP BY t.tenant_id, a.id, x.tenant, x.k1`, store.StatusCode(activity.Success), signIns.grouping.Number)

// application is a row of applicationsQuery.
type application struct {
	counted
	today      string // its name
	created    time.Time
	lastSignIn sql.NullTime
}

func (a *application) fields() []any {
	return []any{&a.tenant, &a.keys[0], &a.today, &a.name, &a.who.Tenant, &a.who.K1, &a.own, &a.created, &a.lastSignIn}
}

// ownSeries leaves the applications that have series of their own.
func (r *reading) ownSeries(applications []application) []application {
	totals := make([]total, len(applications))
	for i := range applications {
		totals[i] = total{counted: &applications[i].counted, created: applications[i].created}
	}
	admitted := r.admitted(signIns, totals)
	return slices.DeleteFunc(applications, func(a application) bool {
		own, decided := admitted(a.who)
		return !own || !decided
	})
}

var applicationsCollector = &collector{
	name: "applications", about: "entra_app_info and entra_app_last_signin_timestamp_seconds", query: applicationsQuery,
	family: signIns,
	add: func(rows *sql.Rows, r *reading) error {
		var all []application
		for rows.Next() {
			var a application
			if err := rows.Scan(a.fields()...); err != nil {
				return err
			}
			all = append(all, a)
		}
		for _, a := range r.ownSeries(all) {
			r.info(appInfoMetric, a.tenant, a.keys[0], a.today)
			if a.lastSignIn.Valid {
				r.timestamp(lastSignInMetric, a.lastSignIn.Time, a.tenant, a.keys[0], a.name)
			}
		}
		return rows.Err()
	},
}

var activeUsersCollector = &collector{
	name: "active_users", about: "entra_app_active_users", background: true, family: signIns,
	query: fmt.Sprintf(`SELECT a.*, u.day, u.week, u.month FROM (%s) a JOIN (
  SELECT tenant, application, count(*) FILTER (WHERE last > now() - interval '1 day') AS day, count(*) FILTER (WHERE last > now() - interval '7 days') AS week, count(*) AS month
  FROM (SELECT tenant, application, account, max(time) AS last FROM %s
    WHERE time > now() - interval '30 days' AND time <= now() AND status = %d AND account <> 0 GROUP BY tenant, application, account) active
  GROUP BY tenant, application) u ON u.tenant = a.tenant AND u.application = a.k1`, applicationsQuery, store.Table(activity.SignIn), store.StatusCode(activity.Success)),
	add: func(rows *sql.Rows, r *reading) error {
		users := map[store.Subject][3]float64{}
		var all []application
		for rows.Next() {
			var a application
			var n [3]float64
			if err := rows.Scan(append(a.fields(), &n[0], &n[1], &n[2])...); err != nil {
				return err
			}
			all = append(all, a)
			users[a.who] = n
		}
		for _, a := range r.ownSeries(all) {
			for i, window := range []string{"1d", "7d", "30d"} {
				r.gauge(activeUsersMetric, users[a.who][i], a.tenant, a.keys[0], a.name, window)
			}
		}
		return rows.Err()
	},
}

var riskyUsersCollector = &collector{
	name: "risky_users", about: "entra_risky_users", background: true,
	query: `SELECT coalesce(t.tenant_id, ''), coalesce(k.risk_level, ''), coalesce(k.risk_state, ''), count(*)
FROM entra.risky_user_now r LEFT JOIN entra.risk k ON k.id = r.risk LEFT JOIN entra.tenant t ON t.id = r.tenant
WHERE r.is_deleted IS NOT TRUE GROUP BY 1, 2, 3`,
	add: func(rows *sql.Rows, r *reading) error {
		for rows.Next() {
			var tenant, level, state string
			var n float64
			if err := rows.Scan(&tenant, &level, &state, &n); err != nil {
				return err
			}
			r.gauge(riskyUsersMetric, n, tenant, oneOf(level, riskLevels), oneOf(state, riskStates))
		}
		return rows.Err()
	},
}

var storeCollector = &collector{
	name: "store", about: "entra_store_oldest_event_timestamp_seconds and entra_store_rows_estimate", background: true,
	query: storeQuery(),
	add: func(rows *sql.Rows, r *reading) error {
		for rows.Next() {
			var record string
			var oldest sql.NullTime
			var n float64
			if err := rows.Scan(&record, &oldest, &n); err != nil {
				return err
			}
			r.gauge(rowsMetric, n, record)
			if oldest.Valid {
				r.timestamp(oldestMetric, oldest.Time, record)
			}
		}
		return rows.Err()
	},
}

var storeSizeCollector = &collector{
	name: "store_size", about: "entra_store_size_bytes", background: true,
	query: fmt.Sprintf(`SELECT root.relname, sum(pg_total_relation_size(c.oid))
FROM pg_class c JOIN pg_class root ON root.oid = coalesce(pg_partition_root(c.oid), c.oid)
WHERE c.relnamespace = '%s'::regnamespace AND c.relkind = 'r' GROUP BY 1`, store.Schema),
	add: func(rows *sql.Rows, r *reading) error {
		for rows.Next() {
			var table string
			var n float64
			if err := rows.Scan(&table, &n); err != nil {
				return err
			}
			r.gauge(sizeMetric, n, table)
		}
		return rows.Err()
	},
}

func storeQuery() string {
	var parts []string
	for _, kind := range activity.Kinds() {
		table := store.Table(kind)
		parts = append(parts, fmt.Sprintf(`SELECT '%s', (SELECT min(time) FROM %s),
  (SELECT coalesce(sum(greatest(c.reltuples, 0)), 0) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = '%[2]s'::regclass)`,
			strings.TrimPrefix(table, store.Schema+"."), table))
	}
	return strings.Join(parts, "\nUNION ALL\n")
}
