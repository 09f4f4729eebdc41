package exporter

import (
	"database/sql"
	"time"

	"github.com/lib/pq"
	dto "github.com/prometheus/client_model/go"

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
	ingestDelay = &metric{"entra_ingest_delay_seconds",
		"From a record's event to its being stored, for new records.", dto.MetricType_HISTOGRAM, sourceLabels}
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
	query: `SELECT coalesce(t.tenant_id, '') AS tenant, s.name, s.new, s.changed + s.unchanged AS known, s.refused,
  s.last_success, s.newest_event, s.created, s.delays, s.delay_seconds
FROM entra.source s LEFT JOIN entra.tenant t ON t.id = s.tenant`,
	add: eachRow(func(r *reading, s source) {
		r.counter(ingestEvents, s.New, s.Created, s.Tenant, s.Name)
		r.counter(ingestDuplicates, s.Known, s.Created, s.Tenant, s.Name)
		r.counter(ingestErrors, s.Refused, s.Created, s.Tenant, s.Name, "refused")
		r.histogram(ingestDelay, s.Delays, s.DelaySeconds, s.Created, s.Tenant, s.Name)
		r.timestamp(ingestSuccess, s.LastSuccess, s.Tenant, s.Name)
		if s.NewestEvent.Valid {
			r.timestamp(ingestNewest, s.NewestEvent.Time, s.Tenant, s.Name)
		}
	}),
}

// source is a row of the ingest collector's query.
type source struct {
	Tenant, Name        string
	New, Known, Refused int64
	LastSuccess         time.Time    `db:"last_success"`
	NewestEvent         sql.NullTime `db:"newest_event"`
	Created             time.Time
	Delays              pq.Int64Array
	DelaySeconds        float64 `db:"delay_seconds"`
}
