package metrics

import (
	_ "embed"
	"strings"
)

// Rejection says why a function is not supported, and what to write instead.
type Rejection struct {
	Name    string `json:"name"`
	Why     string `json:"why"`
	Instead string `json:"instead"`
}

//go:embed rejected.tsv
var rejectedTable string

// Rejected lists the functions of metrics databases that cannot be evaluated over counts of records: rejected.tsv.
var Rejected = func() (list []Rejection) {
	_, rows, _ := strings.Cut(rejectedTable, "\n")
	for row := range strings.Lines(rows) {
		columns := strings.Split(strings.TrimSpace(row), "\t")
		list = append(list, Rejection{columns[0], columns[1], columns[2]})
	}
	return list
}()
