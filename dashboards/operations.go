package main

import (
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/stat"

	entra "github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// operations shows whether records keep coming in, what the exporter does, and how large the store is: the records
// themselves from the plugin, the rest from the exporter's metrics.
func operations() *dashboard.DashboardBuilder {
	b := newDashboard(operationsUID, "Operations",
		"Whether records keep coming in, whether the exporter works, and how large the store is. Records are asked "+
			"from the data source of the plugin, the rest from the exporter's metrics in Prometheus.").
		Time("now-7d", "now").
		WithVariable(dashboard.NewDatasourceVariableBuilder("prometheus").Label("Prometheus").Type(prometheusID)).
		WithVariable(exporterMetrics.labels("job", "Job", "entra_exporter_up")).
		WithVariable(exporterMetrics.labels("tenant", "Tenant", "entra_signins_total")).
		WithPanel(newest("Sign-in", "signIn", "createdDateTime", "signInEventTypes").GridPos(at(0, 0, 6, 4))).
		WithPanel(newest("Audit event", "auditEvent", "activityDateTime", "activityDisplayName").
			GridPos(at(6, 0, 6, 4))).
		WithPanel(newest("Provisioning", "provisioningEvent", "activityDateTime", "provisioningAction").
			GridPos(at(12, 0, 6, 4))).
		WithPanel(newest("Risk detection", "riskDetection", "activityDateTime", "riskEventType").
			GridPos(at(18, 0, 6, 4))).
		WithPanel(daily("Sign-ins by type",
			"Sign-ins by the hour they happened, of every type: a gap is what has not come in.", noneOfThem("sign-ins"),
			query{QueryType: "signIn", Measure: entra.Count, Interval: entra.Hour,
				GroupBy: []string{"signInEventTypes"}}).GridPos(at(0, 4, 12, 9))).
		WithPanel(daily("Audit events by service",
			"Audit events by the hour they happened: a gap is what has not come in.", noneOfThem("audit events"),
			query{QueryType: "auditEvent", Measure: entra.Count, Interval: entra.Hour,
				GroupBy: []string{"loggedByService"}, Top: 8, Other: true}).GridPos(at(12, 4, 12, 9))).
		WithPanel(judged(exporterMetrics.number("Exporter",
			"1 where the last scrape of every replica could read the database.",
			"min("+ofExporter("entra_exporter_up")+")"), red, limit{1, green}).
			NoValue("not scraped").
			Mappings([]dashboard.ValueMapping{up}).GridPos(at(0, 13, 8, 3))).
		WithPanel(judged(exporterMetrics.number("Collectors down",
			"Groups of metrics that the exporter could not read in the last scrape: its log says why.",
			"sum(1 - "+ofExporter("entra_exporter_collector_success")+")"), green, limit{1, red}).
			GridPos(at(8, 13, 8, 3))).
		WithPanel(judged(exporterMetrics.number("Refused",
			"Records that could not be stored in the time range: import says why with --rejects.",
			sum(increase("$__range", "entra_ingest_errors_total"))), green, limit{1, amber}).GridPos(at(16, 13, 8, 3))).
		WithPanel(judged(exporterMetrics.number("Delay (9 in 10)",
			"From a record's event to its being stored: nine in ten new records of the time range took no longer.",
			ingestDelay(0.9)).
			Unit("s").Decimals(1), green, limit{3600, amber}, limit{4 * 3600, red}).GridPos(at(0, 16, 8, 3))).
		WithPanel(exporterMetrics.number("Size of the store", "All tables with their indexes, on disk.",
			sum("max by (table) ("+ofExporter("entra_store_size_bytes")+")")).Unit("bytes").Decimals(1).
			GridPos(at(8, 16, 8, 3))).
		WithPanel(exporterMetrics.number("Records kept",
			"About how many records of all kinds there are, as PostgreSQL's statistics say.",
			sum("max by (record) ("+ofExporter("entra_store_rows_estimate")+")")).GridPos(at(16, 16, 8, 3))).
		WithPanel(exporterMetrics.graph("Since sources were read",
			"Since each source was last read successfully. Where the recording rules are loaded, they serve.",
			metric{sourceAge, "{{source}}"}).Unit("s").
			Thresholds(thresholds("transparent", limit{3 * 3600, amber}, limit{24 * 3600, red})).
			ThresholdsStyle(common.NewGraphThresholdsStyleConfigBuilder().Mode(common.GraphThresholdsStyleModeDashed)).
			GridPos(at(0, 19, 8, 9))).
		WithPanel(exporterMetrics.graph("Age of the newest records",
			"Since the newest record of each source happened; at night and at weekends, older is normal.",
			metric{"time() - max by (tenant, source) (" + selected("entra_ingest_newest_event_timestamp_seconds") + ")",
				"{{source}}"}).Unit("s").GridPos(at(8, 19, 8, 9))).
		WithPanel(exporterMetrics.graph("What sources deliver", "New records, and records that were known, by source.",
			metric{ingested("events"), "{{source}}: new"}, metric{ingested("duplicates"), "{{source}}: known"},
			metric{ingested("errors"), "{{source}}: refused"}).GridPos(at(16, 19, 8, 9)))
	return storeAndExporter(b)
}

// storeAndExporter adds the panels about the size of the store and the health of the exporter.
func storeAndExporter(b *dashboard.DashboardBuilder) *dashboard.DashboardBuilder {
	return b.
		WithPanel(exporterMetrics.graph("What the store takes on disk",
			"The largest tables with their indexes; those of raw records end in _raw.",
			metric{"topk(10, max by (table) (" + ofExporter("entra_store_size_bytes") + "))", "{{table}}"}).
			Unit("bytes").
			Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal)).FillOpacity(40).
			GridPos(at(0, 28, 8, 9))).
		WithPanel(exporterMetrics.graph("How many records are kept", "By kind, as PostgreSQL's statistics say.",
			metric{"max by (record) (" + ofExporter("entra_store_rows_estimate") + ")", "{{record}}"}).
			GridPos(at(8, 28, 8, 9))).
		WithPanel(exporterMetrics.table("How far back records go", "When the oldest record kept of each kind happened.",
			"Oldest",
			"min by (record) ("+ofExporter("entra_store_oldest_event_timestamp_seconds")+") * 1000").
			OverrideByName("record", named("Kind of record", 0)).
			OverrideByName("Value", properties{{Id: "unit", Value: "dateTimeAsIso"}, {Id: "custom.width", Value: 165}}).
			GridPos(at(16, 28, 8, 9))).
		WithPanel(exporterMetrics.graph("How long collectors take", "The slowest groups of metrics in each scrape.",
			metric{"topk(10, max by (collector) (" + ofExporter("entra_exporter_collector_duration_seconds") + "))",
				"{{collector}}"}).
			Unit("s").GridPos(at(0, 37, 8, 9))).
		WithPanel(exporterMetrics.graph("Age of background metrics",
			"Since the exporter last read what is too expensive for every scrape.",
			metric{"time() - max by (collector) (" + ofExporter("entra_exporter_refresh_timestamp_seconds") + ")",
				"{{collector}}"}).Unit("s").GridPos(at(8, 37, 8, 9))).
		WithPanel(exporterMetrics.table("What counts as other",
			"Applications, countries and so on that have no series of their own: raise --max-series where that is "+
				"too many.", "Without series",
			"max by (collector) ("+ofExporter("entra_exporter_series_limited")+")").
			OverrideByName("collector", named("Collector", 0)).GridPos(at(16, 37, 8, 9))).
		WithPanel(judged(exporterMetrics.number("Counters that fell",
			"How often a counter was lower in the database than at the scrape before, as after a restored backup. "+
				"Run entra-activity reset-counters once to say so.",
			sum("max by (job) (increase("+ofExporter("entra_exporter_regressions_total")+"[$__range]))")), green,
			limit{1, red}).GridPos(at(0, 46, 6, 6))).
		WithPanel(exporterMetrics.graph("Memory of the exporter", "What the process takes.",
			metric{ofExporter("process_resident_memory_bytes"), "{{instance}}"}).Unit("bytes").
			GridPos(at(6, 46, 9, 6))).
		WithPanel(exporterMetrics.graph("Duration of scrapes",
			"As Prometheus measures it; a scrape that takes longer than its timeout is lost.",
			metric{ofExporter("scrape_duration_seconds"), "{{instance}}"}).Unit("s").GridPos(at(15, 46, 9, 6)))
}

// exporterMetrics is the Prometheus that the dashboard's variable chooses.
var exporterMetrics = promSource("prometheus")

// sourceAge is how long ago each source was last read successfully.
var sourceAge = "max by (tenant, source) (" + selected("tenant_source:entra_ingest_last_success:age_seconds") +
	") or " +
	"time() - max by (tenant, source) (" + selected("entra_ingest_last_success_timestamp_seconds") + ")"

// ofExporter selects a metric that has no tenant: one about the exporter itself.
func ofExporter(name string) string { return name + `{job=~"$job"}` }

func ingested(name string) string {
	return "sum by (source) (" + increase("$__rate_interval", "entra_ingest_"+name+"_total") + ")"
}

func ingestDelay(quantile float64) string {
	return fmt.Sprintf("histogram_quantile(%g, sum by (le) (%s))", quantile,
		increase("$__range", "entra_ingest_delay_seconds_bucket"))
}

// newest says how long ago the newest record of a kind happened.
func newest(title, kind string, columns ...string) *stat.PanelBuilder {
	return number(title, "How long ago it happened, of the records that the data source has in the time range.",
		query{QueryType: kind}).
		Targets(nil).
		WithTarget(targetOf(query{QueryType: kind, View: entra.List, Columns: columns, Limit: 1})).
		NoValue("none: is it imported?").
		Unit("dateTimeFromNow").
		Text(common.NewVizTextDisplayOptionsBuilder().ValueSize(28)). // three words in two lines at most
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"}).Fields("/^Date$/"))
}

// up says in words whether the exporter could read the database.
var up = dashboard.ValueMapping{ValueMap: &dashboard.ValueMap{Type: dashboard.MappingTypeValueToText,
	Options: map[string]dashboard.ValueMappingResult{
		"1": {Text: ptr("works")}, "0": {Text: ptr("cannot read the database")},
	}}}

func ptr(text string) *string { return &text }
