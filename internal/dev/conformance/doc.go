// Package conformance holds tests that show, with a real Prometheus and a real VictoriaMetrics, that what they make of the
// exporter's metrics is what the store holds, and that the rules in provisioning/prometheus work on it.
package conformance
