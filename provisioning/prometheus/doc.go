// Package prometheus tests the rules for Prometheus in this folder.
package prometheus

//go:generate go tool jsonnet --string --multi . yaml.jsonnet
