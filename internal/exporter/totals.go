package exporter

import (
	"database/sql"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// counted is what totals are of: a grouping's keys, as texts and as the store has them.
type counted struct {
	tenant string
	keys   [3]string
	name   string // of the subject, as fixed when it was given series
	who    store.Subject
	own    sql.NullBool // whether the subject has series of its own, where that is decided
}

// total is how many records of that were counted, by sign-in type and status.
type total struct {
	*counted
	signInType int16
	status     int16
	n          int64
	asOther    int64 // how much of n counts as "other" all the same
	created    time.Time
}

// query returns the SELECT of the family's totals: a row for the same keys, with all their totals in one value. That is
// much less to send and to read than a row for each total.
func (f *family) query() string {
	by := "tenant"
	for i := range keyNames(f.grouping) {
		by += fmt.Sprintf(", k%d", i+1)
	}
	return f.selectFrom(fmt.Sprintf(`(
  SELECT %s, string_agg(int2send(variant) || int2send(status) || int8send(n) || int8send(aside) || timestamptz_send(created),
    '') AS totals
  FROM entra.total WHERE grouping = %d GROUP BY %[1]s)`, by, f.grouping.Number), "x.totals")
}

// selectFrom returns a SELECT of what a table counts, by the family's keys as texts, and of more of its columns.
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
		from += fmt.Sprintf(" LEFT JOIN entra.series s"+
			" ON s.tenant = x.tenant AND s.grouping = %d AND s.k1 = x.k1 AND s.k2 = %s", g.Number, k2)
	}
	columns := slices.Concat([]string{"coalesce(t.tenant_id, '')"}, keys, []string{name}, who, []string{own, more})
	return fmt.Sprintf("SELECT %s\nFROM %s", strings.Join(columns, ", "), from)
}

// columns returns where to scan the columns of selectFrom, but for more of them.
func (f *family) columns(c *counted) []any {
	columns := []any{&c.tenant}
	for i := range keyNames(f.grouping) {
		columns = append(columns, &c.keys[i])
	}
	columns = append(columns, &c.name, &c.who.Tenant, &c.who.K1)
	if f.keys > 1 {
		columns = append(columns, &c.who.K2)
	}
	return append(columns, &c.own)
}

// read turns the rows of query into totals. Those of the same keys follow each other.
func (f *family) read(rows *sql.Rows) ([]total, error) {
	var totals []total
	var c counted
	var sent sql.RawBytes
	columns := append(f.columns(&c), &sent)
	for rows.Next() {
		if err := rows.Scan(columns...); err != nil {
			return nil, err
		}
		of := c
		for ; len(sent) > 0; sent = sent[sentTotal:] {
			totals = append(totals, readTotal(&of, sent))
		}
	}
	if f.counts != nil {
		totals = slices.DeleteFunc(totals, func(t total) bool { return !f.counts(&t) })
	}
	return totals, rows.Err()
}

// sentTotal is how many bytes a total has as PostgreSQL sends it.
const sentTotal = 2 + 2 + 8 + 8 + 8

// sentSince is when PostgreSQL's times begin, of which it sends the microseconds.
var sentSince = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func readTotal(c *counted, sent []byte) total {
	long := func(at int) int64 { return int64(binary.BigEndian.Uint64(sent[at:])) }
	return total{
		counted:    c,
		signInType: int16(binary.BigEndian.Uint16(sent)), status: int16(binary.BigEndian.Uint16(sent[2:])),
		n: long(4), asOther: long(12), created: sentSince.Add(time.Duration(long(20)) * time.Microsecond),
	}
}

// publish adds the totals to the samples. All statuses of a label set are created with the first of its totals; an unknown
// status only when it is counted.
func (f *family) publish(r *reading, totals []total) {
	decisions := r.decisions(f, totals)
	labels := make([]string, 0, len(f.labels))
	add := func(t *total, subject []string, n int64) {
		labels = append(append(labels[:0], t.tenant), subject...)
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
	var of *counted
	var subject []string
	var own, decided bool
	for i := range totals {
		t := &totals[i]
		if t.counted != of {
			if of = t.counted; f.subject != nil {
				subject = f.subject(of)
			}
			own, decided = decisions[of.who]
		}
		switch {
		case !decided: // it will be by the next scrape
		case !own:
			add(t, others(subject), t.n)
		default:
			add(t, subject, t.n-t.asOther)
			if t.asOther > 0 {
				add(t, others(subject), t.asOther)
			}
		}
	}
}

// others returns the labels of the subjects that have no series of their own.
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
