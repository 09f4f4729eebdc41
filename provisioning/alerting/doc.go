// Package alerting tests the alert rules for Grafana in this folder.
package alerting
