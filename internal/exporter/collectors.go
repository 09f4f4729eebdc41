package exporter

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// collector reads the metrics that one query yields.
type collector struct {
	name  string
	about string // what it publishes, for the help of its flag
	optIn bool
	query string
	// family is the one whose decisions about series the collector follows; nil where there are none.
	family *family
	// background is set where the query is too expensive for every scrape.
	background bool
	// add turns the query's rows into samples. The caller checks rows.Err.
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

// applicationsQuery is the SELECT of the applications that sign-ins were counted for.
var applicationsQuery = fmt.Sprintf(`SELECT coalesce(t.tenant_id, '') AS tenant_id, a.app_id, a.app_display_name,
  coalesce(min(s.name), nullif(a.app_display_name, ''), a.app_id) AS name, x.tenant, x.k1, bool_and(s.own) AS own,
  min(x.created) AS created, max(x.last_event) FILTER (WHERE x.status = %d) AS last_signin
FROM entra.total x JOIN entra.application a ON a.id = x.k1 LEFT JOIN entra.tenant t ON t.id = x.tenant
LEFT JOIN entra.series s ON s.tenant = x.tenant AND s.grouping = x.grouping AND s.k1 = x.k1
WHERE x.grouping = %d GROUP BY t.tenant_id, a.id, x.tenant, x.k1`, store.StatusCode(activity.Success), signIns.grouping.Number)

// application is a row of applicationsQuery, with the application's active users where the query adds them.
type application struct {
	total
	newestName string
	lastSignIn sql.NullTime
	users      [3]float64 // by activeWindows
}

var activeWindows = [3]string{"1d", "7d", "30d"}

// readApplications returns the applications that have series of their own.
func (r *reading) readApplications(rows *sql.Rows, withUsers bool) ([]application, error) {
	var all []application
	var totals []total
	for rows.Next() {
		a := application{total: total{counted: &counted{}}}
		columns := []any{&a.tenant, &a.keys[0], &a.newestName, &a.name, &a.who.Tenant, &a.who.K1, &a.own, &a.created, &a.lastSignIn}
		if withUsers {
			columns = append(columns, &a.users[0], &a.users[1], &a.users[2])
		}
		if err := rows.Scan(columns...); err != nil {
			return nil, err
		}
		all, totals = append(all, a), append(totals, a.total)
	}
	decisions := r.decisions(signIns, totals)
	return slices.DeleteFunc(all, func(a application) bool { return !decisions[a.who] }), nil
}

var applicationsCollector = &collector{
	name: "applications", about: "entra_app_info and entra_app_last_signin_timestamp_seconds", query: applicationsQuery,
	family: signIns,
	add: func(rows *sql.Rows, r *reading) error {
		all, err := r.readApplications(rows, false)
		for _, a := range all {
			r.info(appInfoMetric, a.tenant, a.keys[0], a.newestName)
			if a.lastSignIn.Valid {
				r.timestamp(lastSignInMetric, a.lastSignIn.Time, a.tenant, a.keys[0], a.name)
			}
		}
		return err
	},
}

var activeUsersCollector = &collector{
	name: "active_users", about: "entra_app_active_users", background: true, family: signIns,
	query: fmt.Sprintf(`SELECT a.*, u.day, u.week, u.month FROM (%s) a JOIN (
  SELECT tenant, application, count(*) FILTER (WHERE last > now() - interval '1 day') AS day,
    count(*) FILTER (WHERE last > now() - interval '7 days') AS week, count(*) AS month
  FROM (SELECT tenant, application, account, max(time) AS last FROM %s
    WHERE time > now() - interval '30 days' AND time <= now() AND status = %d AND account <> 0
    GROUP BY tenant, application, account) active
  GROUP BY tenant, application) u ON u.tenant = a.tenant AND u.application = a.k1`,
		applicationsQuery, store.Table(activity.SignIn), store.StatusCode(activity.Success)),
	add: func(rows *sql.Rows, r *reading) error {
		all, err := r.readApplications(rows, true)
		for _, a := range all {
			for i, window := range activeWindows {
				r.gauge(activeUsersMetric, a.users[i], a.tenant, a.keys[0], a.name, window)
			}
		}
		return err
	},
}

var riskyUsersCollector = &collector{
	name: "risky_users", about: "entra_risky_users", background: true,
	query: `SELECT coalesce(t.tenant_id, '') AS tenant, coalesce(k.risk_level, '') AS level, coalesce(k.risk_state, '') AS state,
  count(*) AS n
FROM entra.risky_user_now r LEFT JOIN entra.risk k ON k.id = r.risk LEFT JOIN entra.tenant t ON t.id = r.tenant
WHERE r.is_deleted IS NOT TRUE GROUP BY 1, 2, 3`,
	add: eachRow(func(r *reading, row struct {
		Tenant, Level, State string
		N                    float64
	}) {
		r.gauge(riskyUsersMetric, row.N, row.Tenant, oneOf(row.Level, riskLevels), oneOf(row.State, riskStates))
	}),
}

var storeCollector = &collector{
	name: "store", about: "entra_store_oldest_event_timestamp_seconds and entra_store_rows_estimate", background: true,
	query: storeQuery(),
	add: eachRow(func(r *reading, row struct {
		Record string
		Oldest sql.NullTime
		N      float64
	}) {
		r.gauge(rowsMetric, row.N, row.Record)
		if row.Oldest.Valid {
			r.timestamp(oldestMetric, row.Oldest.Time, row.Record)
		}
	}),
}

var storeSizeCollector = &collector{
	name: "store_size", about: "entra_store_size_bytes", background: true,
	query: fmt.Sprintf(`SELECT root.relname AS table, sum(pg_total_relation_size(c.oid)) AS n
FROM pg_class c JOIN pg_class root ON root.oid = coalesce(pg_partition_root(c.oid), c.oid)
WHERE c.relnamespace = '%s'::regnamespace AND c.relkind = 'r' GROUP BY 1`, store.Schema),
	add: eachRow(func(r *reading, row struct {
		Table string
		N     float64
	}) {
		r.gauge(sizeMetric, row.N, row.Table)
	}),
}

// eachRow returns a collector's add, which publishes row by row. A column goes to the field of its name.
func eachRow[R any](publish func(r *reading, row R)) func(rows *sql.Rows, r *reading) error {
	return func(rows *sql.Rows, r *reading) error {
		var all []R
		err := sqlx.StructScan(rows, &all)
		for _, row := range all {
			publish(r, row)
		}
		return err
	}
}

func storeQuery() string {
	var parts []string
	for _, kind := range activity.Kinds() {
		table := store.Table(kind)
		parts = append(parts, fmt.Sprintf(`SELECT '%s' AS record, (SELECT min(time) FROM %s) AS oldest,
  (SELECT coalesce(sum(greatest(c.reltuples, 0)), 0) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = '%[2]s'::regclass) AS n`,
			strings.TrimPrefix(table, store.Schema+"."), table))
	}
	return strings.Join(parts, "\nUNION ALL\n")
}
