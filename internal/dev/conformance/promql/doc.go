// Package promql holds the tests that compare operators, aggregations and the matching of series with Prometheus' own
// engine. It is a module of its own, so that nothing else depends on Prometheus.
package promql
