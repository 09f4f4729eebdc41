package exporter

import (
	"database/sql"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/prometheus/client_golang/prometheus"
)

var (
	sourceLabels = []string{"tenant", "source"}

	ingestEventsDesc = prometheus.NewDesc("entra_ingest_events_total",
		"Records that were new when a source delivered them.", sourceLabels, nil)
	ingestDuplicatesDesc = prometheus.NewDesc("entra_ingest_duplicates_total",
		"Records that a source delivered although they were known, whether they said something new or not.", sourceLabels, nil)
	ingestErrorsDesc = prometheus.NewDesc("entra_ingest_errors_total",
		"Records that could not be stored, by reason.", append(sourceLabels, "reason"), nil)
	ingestSuccessDesc = prometheus.NewDesc("entra_ingest_last_success_timestamp_seconds",
		"When a source was last read successfully.", sourceLabels, nil)
	ingestNewestDesc = prometheus.NewDesc("entra_ingest_newest_event_timestamp_seconds",
		"When the newest record of a source happened.", sourceLabels, nil)
)

var ingestCollector = &collector{
	name: "ingest",
	query: `SELECT coalesce(t.tenant_id, '') AS tenant, s.name, s.new, s.changed, s.unchanged, s.refused, s.last_success, s.newest_event
FROM entra.source s
LEFT JOIN entra.tenant t ON t.id = s.tenant`,
	descs: []*prometheus.Desc{ingestEventsDesc, ingestDuplicatesDesc, ingestErrorsDesc, ingestSuccessDesc, ingestNewestDesc},
	add:   addIngest,
}

func addIngest(rows *sqlx.Rows, s *samples) error {
	for rows.Next() {
		var row struct {
			Tenant, Name                     string
			New, Changed, Unchanged, Refused int64
			LastSuccess                      time.Time    `db:"last_success"`
			NewestEvent                      sql.NullTime `db:"newest_event"`
		}
		if err := rows.StructScan(&row); err != nil {
			return err
		}
		count := func(desc *prometheus.Desc, outcome string, n int64, labels ...string) {
			// The store does not say since when a source counts, so these have no created timestamp and no zero hold.
			identity := join("ingest", row.Tenant, row.Name, outcome)
			s.counter(desc, identity, n, time.Time{}, append([]string{row.Tenant, row.Name}, labels...)...)
		}
		count(ingestEventsDesc, "new", row.New)
		count(ingestDuplicatesDesc, "known", row.Changed+row.Unchanged)
		count(ingestErrorsDesc, "refused", row.Refused, "refused")
		s.timestamp(ingestSuccessDesc, row.LastSuccess, row.Tenant, row.Name)
		if row.NewestEvent.Valid {
			s.timestamp(ingestNewestDesc, row.NewestEvent.Time, row.Tenant, row.Name)
		}
	}
	return nil
}
