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

// total is a row of the table total.
type total struct {
	tenant  string
	keys    [3]string // the grouping's keys in words
	name    string    // of the subject, as fixed when it was given series
	who     store.Subject
	own     sql.NullBool // whether the subject has series of its own, where that is decided
	variant int16
	status  int16
	n       int64
	aside   int64 // how much of n counts as "other" all the same
	created time.Time
}

// query returns the SELECT of the family's totals.
func (f *family) query() string { return f.selectFrom("entra.total", "x.aside, x.created") }

// selectFrom returns a SELECT of the family's counts in a table, by its keys in words, and with more columns after them.
func (f *family) selectFrom(table, more string) string {
	from := table + " x LEFT JOIN entra.tenant t ON t.id = x.tenant"
	keys := []string{"''", "''", "''"}
	name, own, k2 := "''", "true", "0"
	g := f.grouping
	if g.Entity == activity.Application {
		from += " LEFT JOIN entra.application a ON a.id = x.k1"
		keys[0], name = "coalesce(a.app_id, '')", "coalesce(nullif(a.app_display_name, ''), a.app_id, '')"
	} else {
		for i := range keyNames(g) {
			if !g.PerPolicy && g.Fields[i].Type == activity.Integer {
				keys[i] = fmt.Sprintf("x.k%d::text", i+1)
				continue
			}
			from += fmt.Sprintf(" LEFT JOIN entra.word w%d ON w%[1]d.id = x.k%[1]d", i+1)
			keys[i] = fmt.Sprintf("coalesce(w%d.text, '')", i+1)
		}
	}
	if g.PerPolicy {
		name = keys[0]
	}
	if f.keys > 1 {
		k2 = "x.k2"
	}
	if f.keys > 0 {
		own, name = "s.own", fmt.Sprintf("coalesce(s.name, %s)", name)
		from += fmt.Sprintf(" LEFT JOIN entra.series s ON s.tenant = x.tenant AND s.grouping = x.grouping AND s.k1 = x.k1 AND s.k2 = %s", k2)
	}
	return fmt.Sprintf(`SELECT coalesce(t.tenant_id, '') AS tenant_id, %s, %s AS name, x.tenant, x.k1, %s AS k2, %s AS own, x.variant, x.status, x.n, %s
FROM %s WHERE x.grouping = %d`, strings.Join(keys, ", "), name, k2, own, more, from, g.Number)
}

// columns are where the columns of query go.
func (t *total) columns() []any {
	return []any{&t.tenant, &t.keys[0], &t.keys[1], &t.keys[2], &t.name, &t.who.Tenant, &t.who.K1, &t.who.K2, &t.own,
		&t.variant, &t.status, &t.n, &t.aside, &t.created}
}

// read turns the rows of query into totals.
func (f *family) read(rows *sql.Rows) ([]total, error) {
	var totals []total
	for rows.Next() {
		var t total
		if err := rows.Scan(t.columns()...); err != nil {
			return nil, err
		}
		if f.counts == nil || f.counts(&t) {
			totals = append(totals, t)
		}
	}
	return totals, rows.Err()
}

// labelSet is a label set without the status, and what is counted under it.
type labelSet struct {
	labels   []string
	created  time.Time // when the first of its totals was
	byStatus [7]int64  // by code; 0: a status that tells nothing, or none is a label
	unknown  time.Time // when a status that tells nothing was first counted
}

// publish adds the totals to the samples.
func (f *family) publish(r *reading, totals []total) {
	own := r.admitted(f, totals)
	var order []*labelSet
	sets := make(map[string]*labelSet, len(totals))
	add := func(t *total, subject []string, n int64) {
		labels := append([]string{t.tenant}, subject...)
		if f.details != nil {
			labels = append(labels, f.details(t)...)
		}
		key := join(labels...)
		set := sets[key]
		if set == nil {
			set = &labelSet{labels: labels, created: t.created}
			sets[key] = set
			order = append(order, set)
		}
		set.created = earlier(set.created, t.created)
		code := t.status
		if !slices.Contains(f.statuses, store.Status(code)) {
			code, set.unknown = 0, earlier(set.unknown, t.created)
		}
		set.byStatus[code] += n
	}
	for i := range totals {
		t := &totals[i]
		var subject []string
		if f.subject != nil {
			subject = f.subject(t)
		}
		mine, decided := own(t)
		switch {
		case !decided: // it will be by the next scrape
		case !mine:
			add(t, others(subject), t.n)
		default:
			add(t, subject, t.n-t.aside)
			if t.aside > 0 {
				add(t, others(subject), t.aside)
			}
		}
	}
	for _, set := range order {
		if f.statuses == nil {
			r.counter(f.desc, set.byStatus[0], set.created, set.labels...)
			continue
		}
		for _, status := range f.statuses {
			r.counter(f.desc, set.byStatus[store.StatusCode(status)], set.created, append(slices.Clone(set.labels), status)...)
		}
		if !set.unknown.IsZero() {
			r.counter(f.desc, set.byStatus[0], set.unknown, append(slices.Clone(set.labels), unknown)...)
		}
	}
}

// others are the labels of the subjects that have no series of their own.
func others(subject []string) []string {
	return slices.Repeat([]string{other}, len(subject))
}

// earlier returns the earlier of two times; the zero time is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
