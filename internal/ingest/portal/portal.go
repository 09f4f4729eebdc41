// Package portal reads the CSV files that the Entra admin center offers for download. The portal writes titles and
// values in the language of its user, and people open and save the files again before they pass them on.
package portal

import (
	"errors"
	"slices"
	"strings"

	"github.com/entra-activity/entra-activity-datasource/internal/ingest/dates"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/graph"
)

// A Download is a file being read.
type Download struct {
	x         *graph.Extractor
	titles    []string
	eventType string
	dates     *dates.Reader
	refused   error
}

// Open reads a file's header; nil if the file is no download of the portal. The name tells interactive sign-ins from
// others with the same columns, as nothing in the file does. How dates are written is told by the file's beginning.
func Open(x *graph.Extractor, name string, header []string, beginning []byte) *Download {
	titles, foreign := translate(header)
	has := func(title string) bool { return slices.Contains(titles, title) }
	if !has("date (utc)") && !strings.HasSuffix(titles[0], "(utc)") {
		return nil
	}
	d := &Download{x: x, titles: titles, dates: dates.NewReader(beginning, foreign)}
	switch {
	case has("request id") && (has("application") || has("username") || has("service principal id")):
	case has("request id"):
		d.refused = errors.New("this file holds details of sign-ins that are in another file of the same download: " +
			"import that one")
	case has("activity") || has("correlationid"):
		d.refused = errors.New("the portal's CSV of audit logs carries no id, by which an event could be told from " +
			"others: download it as JSON")
	case foreign || !has("date (utc)"):
		d.refused = errors.New("this download of the portal has titles in a language that is not known: download it " +
			"as JSON, or with the portal set to English")
	default:
		d.refused = errors.New("this download of the portal has no column Request ID: download it as JSON")
	}
	name = strings.ToLower(name)
	switch {
	case strings.Contains(name, "noninteractive"):
		d.eventType = activity.NonInteractive
	case strings.Contains(name, "msisignin"), strings.Contains(name, "managedidentit"),
		has("managed identity type") && !has("user id"):
		d.eventType = activity.ManagedIdentity
	case has("service principal id") && !has("user id"):
		d.eventType = activity.ByPrincipal
	}
	return d
}

// Record returns the record of a row.
func (d *Download) Record(row []string) (*activity.Record, error) {
	if d.refused != nil {
		return nil, d.refused
	}
	record := activity.NewRecord(activity.SignIn)
	record.Fidelity = activity.Summary
	var err error
	status := ""
	for i, value := range row[:min(len(row), len(d.titles))] {
		value = strings.TrimSpace(value)
		if len(value) > 1 && value[0] == '\'' && (value[1] == '-' || value[1] == '+') {
			value = value[1:] // a spreadsheet would take it for a formula
		}
		switch d.titles[i] {
		case "date (utc)":
			if value, err = d.dates.ISO(value); err != nil {
				return record, err
			}
		case "location":
			d.place(record, value)
		case "status":
			status = outcomes[strings.ToLower(value)]
		}
		d.x.Fill(record, columns[d.titles[i]], value)
	}
	if record.Get(activity.SignIn.Field("errorCode")) == "" {
		if status == activity.Success {
			d.x.Fill(record, "errorCode", "0")
		}
		d.x.Fill(record, "status", status)
	}
	return record, d.x.Complete(record, nil, d.eventType)
}

// place takes "City, State, Country" apart, of which the first may be missing.
func (d *Download) place(record *activity.Record, location string) {
	parts := strings.Split(location, ",")
	for i, name := range []string{"countryOrRegion", "state", "city"} {
		if at := len(parts) - 1 - i; at > 0 || at == 0 && (i > 0 || len(strings.TrimSpace(location)) == 2) {
			d.x.Fill(record, name, parts[at])
		}
	}
}
