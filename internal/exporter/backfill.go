package exporter

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// Backfill writes finished days as counters by the time of events, which those of the exporter cannot be: they count
// when records arrive. The names differ, too, so that nobody adds them up.
//
// A counter's value at a time is how many records happened until then, that very moment included, as Prometheus' and
// VictoriaMetrics' windows have it. It is the same whichever day a backfill begins with.
type Backfill struct {
	From, To time.Time // midnights, UTC: the days to write, To not included
	Format   Format
}

// Format is a format in which samples are imported.
type Format string

// The formats.
const (
	OpenMetrics     Format = "openmetrics"     // for promtool tsdb create-blocks-from openmetrics
	VictoriaMetrics Format = "victoriametrics" // JSON lines for /api/v1/import
)

// Formats lists the formats.
var Formats = []string{string(OpenMetrics), string(VictoriaMetrics)}

// byEventTime returns the name of a family's counters by the time of events.
func (f *family) byEventTime() string { return strings.TrimSuffix(f.name, "_total") + "_by_event_time" }

// Write writes the collectors' counters and returns how many samples they have. An application that counts as "other"
// in the exporter does so here, too.
func (b Backfill) Write(ctx context.Context, db *store.DB, collectors []string, w io.Writer) (samples int, err error) {
	out := bufio.NewWriter(w)
	err = db.Snapshot(ctx, 0, func(tx *sqlx.Tx) error {
		for _, c := range chosen(collectors) {
			if c.family == nil || c.family.name != c.about {
				continue // no counters of records
			}
			n, err := b.family(ctx, tx, c.family, out)
			samples += n
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
		return nil
	})
	if err != nil {
		return samples, err
	}
	if b.Format == OpenMetrics {
		fmt.Fprintln(out, "# EOF")
	}
	return samples, out.Flush()
}

// curve is a counter: how many records happened in each hour, by the hour's end, and on its labels.
type curve struct {
	labels []string
	hours  map[time.Time]int64
}

func (b Backfill) family(ctx context.Context, tx *sqlx.Tx, f *family, out *bufio.Writer) (samples int, err error) {
	curves := map[string]*curve{}
	rows, err := tx.QueryContext(ctx, f.rollupQuery(), b.To)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		t := total{counted: &counted{}}
		var edge bool
		if err := rows.Scan(append(f.columns(t.counted), &t.signInType, &t.status, &t.n, &t.created, &edge)...); err != nil {
			return 0, err
		}
		if f.counts != nil && !f.counts(&t) {
			continue
		}
		end := t.created.UTC()
		if !edge { // a record on the hour counts at that hour, one within it at the next
			end = end.Add(store.Hour.Width())
		}
		labels := f.labelsOf(&t)
		key := strings.Join(labels, separator)
		if curves[key] == nil {
			curves[key] = &curve{labels, map[time.Time]int64{}}
		}
		curves[key].hours[end] += t.n
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	if b.Format == OpenMetrics && len(curves) > 0 {
		help := strings.Replace(f.help, " ingested", "", 1)
		fmt.Fprintf(out, "# HELP %s %s By the time of events.\n# TYPE %[1]s counter\n", f.byEventTime(), help)
	}
	for _, key := range slices.Sorted(maps.Keys(curves)) {
		n, err := b.curve(f, curves[key], out)
		samples += n
		if err != nil {
			return samples, err
		}
	}
	return samples, nil
}

// labelsOf returns the labels under which the exporter would publish a total now.
func (f *family) labelsOf(t *total) []string {
	var subject []string
	if f.subject != nil {
		subject = f.subject(t.counted)
	}
	if t.own.Valid && !t.own.Bool {
		subject = others(subject)
	}
	labels := append([]string{t.tenant}, subject...)
	if f.details != nil {
		labels = append(labels, f.details(t)...)
	}
	if f.statuses != nil {
		labels = append(labels, oneOf(store.Status(t.status), f.statuses))
	}
	for i := range labels {
		labels[i] = label(labels[i])
	}
	return labels
}

// curve writes a counter's samples: at every midnight, and around every hour in which it rises.
func (b Backfill) curve(f *family, c *curve, out *bufio.Writer) (samples int, err error) {
	at := map[time.Time]bool{}
	for day := b.From; !day.After(b.To); day = day.AddDate(0, 0, 1) {
		at[day] = true
	}
	var n int64 // before From
	for end, more := range c.hours {
		if end.Before(b.From) {
			n += more
		}
		for _, t := range []time.Time{end.Add(-store.Hour.Width()), end} {
			if !t.Before(b.From) && !t.After(b.To) {
				at[t] = true
			}
		}
	}
	times := slices.SortedFunc(maps.Keys(at), time.Time.Compare)
	values := make([]int64, len(times))
	for i, t := range times {
		n += c.hours[t]
		values[i] = n
	}
	if b.Format == VictoriaMetrics {
		return len(times), writeJSON(out, f, c.labels, times, values)
	}
	series := f.byEventTime() + "_total{" + labelText(f.labels, c.labels) + "}"
	for i, t := range times {
		if _, err := fmt.Fprintf(out, "%s %d %d\n", series, values[i], t.Unix()); err != nil {
			return i, err
		}
	}
	return len(times), nil
}

// labelText returns labels as OpenMetrics has them.
func labelText(names, values []string) string {
	escape := strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
	pairs := make([]string, len(names))
	for i, name := range names {
		pairs[i] = name + `="` + escape.Replace(values[i]) + `"`
	}
	return strings.Join(pairs, ",")
}

func writeJSON(out io.Writer, f *family, labels []string, times []time.Time, values []int64) error {
	metric := map[string]string{"__name__": f.byEventTime() + "_total"}
	for i, name := range f.labels {
		metric[name] = labels[i]
	}
	timestamps := make([]int64, len(times))
	for i, t := range times {
		timestamps[i] = t.UnixMilli()
	}
	return json.NewEncoder(out).Encode(struct {
		Metric     map[string]string `json:"metric"`
		Values     []int64           `json:"values"`
		Timestamps []int64           `json:"timestamps"`
	}{metric, values, timestamps})
}

// FirstDay returns the day of the oldest record that the rollup counts; the zero time where there is none.
func FirstDay(ctx context.Context, db *store.DB) (time.Time, error) {
	var first sql.NullTime
	err := db.GetContext(ctx, &first, fmt.Sprintf("SELECT min(bucket) FROM entra.rollup WHERE tier = %d", store.Day))
	return first.Time.UTC(), err
}

// rollupQuery returns the SELECT of what the rollup counted by the hour until a time: totals that have, instead of the
// time they were created, their hour, and whether they are those exactly on it.
func (f *family) rollupQuery() string {
	return f.selectFrom("entra.rollup", "x.variant, x.status, x.n, x.bucket, x.edge") +
		fmt.Sprintf(" WHERE x.grouping = %d AND x.tier = %d AND x.bucket <= $1", f.grouping.Number, store.Hour)
}
