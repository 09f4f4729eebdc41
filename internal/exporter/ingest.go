package exporter

import (
	"database/sql"
	"time"

	"github.com/lib/pq"

	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

var (
	sourceLabels = []string{"tenant", "source"}

	ingestEvents = counter("entra_ingest_events_total",
		"Records that were new when a source delivered them.", sourceLabels...)
	ingestDuplicates = counter("entra_ingest_duplicates_total",
		"Records that a source delivered although they were known, whether they said something new or not.", sourceLabels...)
	ingestErrors = counter("entra_ingest_errors_total",
		"Records that could not be stored, by reason.", "tenant", "source", "reason")
	ingestDelay = histogram("entra_ingest_delay_seconds",
		"From a record's event to its being stored, for new records.", sourceLabels...)
	ingestSuccess = gauge("entra_ingest_last_success_timestamp_seconds",
		"When a source was last read successfully.", sourceLabels...)
	ingestNewest = gauge("entra_ingest_newest_event_timestamp_seconds",
		"When the newest record of a source happened.", sourceLabels...)
)

// delayBounds are the histogram's, in seconds.
var delayBounds = func() []float64 {
	var seconds []float64
	for _, bound := range store.DelayBounds {
		seconds = append(seconds, bound.Seconds())
	}
	return seconds
}()

var ingestCollector = &collector{
	name: "ingest", about: "entra_ingest_*",
	query: `SELECT coalesce(t.tenant_id, ''), s.name, s.new, s.changed, s.unchanged, s.refused, s.last_success, s.newest_event, s.created, s.delays, s.delay_seconds
FROM entra.source s
LEFT JOIN entra.tenant t ON t.id = s.tenant`,
	add: addIngest,
}

func addIngest(rows *sql.Rows, r *reading) error {
	for rows.Next() {
		var tenant, name string
		var fresh, changed, unchanged, refused int64
		var lastSuccess, created time.Time
		var newestEvent sql.NullTime
		var delays []int64
		var delaySeconds float64
		if err := rows.Scan(&tenant, &name, &fresh, &changed, &unchanged, &refused, &lastSuccess, &newestEvent, &created, pq.Array(&delays), &delaySeconds); err != nil {
			return err
		}
		r.counter(ingestEvents, fresh, created, tenant, name)
		r.counter(ingestDuplicates, changed+unchanged, created, tenant, name)
		r.counter(ingestErrors, refused, created, tenant, name, "refused")
		r.histogram(ingestDelay, delays, delaySeconds, created, tenant, name)
		r.timestamp(ingestSuccess, lastSuccess, tenant, name)
		if newestEvent.Valid {
			r.timestamp(ingestNewest, newestEvent.Time, tenant, name)
		}
	}
	return rows.Err()
}
