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
	g := f.grouping
	keys := make([]string, len(keyNames(g)))
	name, own := "''", "true"
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
	who := []string{"x.tenant", "x.k1"}
	if f.keys > 0 {
		k2 := "0"
		if f.keys > 1 {
			k2 = "x.k2"
			who = append(who, k2)
		}
		own, name = "s.own", fmt.Sprintf("coalesce(s.name, %s)", name)
		from += fmt.Sprintf(" LEFT JOIN entra.series s ON s.tenant = x.tenant AND s.grouping = x.grouping AND s.k1 = x.k1 AND s.k2 = %s", k2)
	}
	columns := slices.Concat([]string{"coalesce(t.tenant_id, '')"}, keys, []string{name}, who, []string{own, "x.variant", "x.status", "x.n", more})
	return fmt.Sprintf("SELECT %s\nFROM %s WHERE x.grouping = %d", strings.Join(columns, ", "), from, g.Number)
}

// columns are where the columns of query go.
func (f *family) columns(t *total) []any {
	columns := []any{&t.tenant}
	for i := range keyNames(f.grouping) {
		columns = append(columns, &t.keys[i])
	}
	columns = append(columns, &t.name, &t.who.Tenant, &t.who.K1)
	if f.keys > 1 {
		columns = append(columns, &t.who.K2)
	}
	return append(columns, &t.own, &t.variant, &t.status, &t.n, &t.aside, &t.created)
}

// read turns the rows of query into totals.
func (f *family) read(rows *sql.Rows) ([]total, error) {
	var totals []total
	var t total
	columns := f.columns(&t)
	for rows.Next() {
		if err := rows.Scan(columns...); err != nil {
			return nil, err
		}
		if f.counts == nil || f.counts(&t) {
			totals = append(totals, t)
		}
	}
	return totals, rows.Err()
}

// publish adds the totals to the samples. All statuses of a label set are created with the first of its totals; one that tells
// nothing only when it is counted.
func (f *family) publish(r *reading, totals []total) {
	own := r.admitted(f, totals)
	add := func(t *total, subject []string, n int64) {
		labels := append(make([]string, 0, len(f.labels)), t.tenant)
		labels = append(labels, subject...)
		if f.details != nil {
			labels = append(labels, f.details(t)...)
		}
		s := r.sample(f.metric, labels, f.statuses...)
		for i := range max(1, len(f.statuses)) {
			s.values[i].created = earlier(s.values[i].created, t.created)
		}
		i := 0
		if f.statuses != nil {
			if i = slices.Index(f.statuses, store.Status(t.status)); i < 0 {
				if i = len(f.statuses); i == len(s.values) {
					s.add(unknown)
				}
				s.values[i].created = earlier(s.values[i].created, t.created)
			}
		}
		s.values[i].n += float64(n)
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
