package query

import (
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/graph"
)

// cells returns the fields of one element of a collection, each by its path.
func cells(element graph.Object, fields []*activity.Field) []any {
	row := make([]any, len(fields))
	for i, f := range fields {
		text := element.Text(f.Path)
		row[i] = text
		switch f.Type {
		case activity.Time:
			row[i] = nil
			if t, err := activity.ParseTime(text); err == nil {
				row[i] = t
			}
		case activity.Boolean:
			row[i] = nil
			if canonical, err := activity.Canonical(f, text); err == nil && canonical != "" {
				row[i] = canonical == "true"
			}
		}
	}
	return row
}
