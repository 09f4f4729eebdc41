package plugin

import (
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

type catalogKind struct {
	Kind           string              `json:"kind"`
	Label          string              `json:"label"`
	Description    string              `json:"description"`
	TimeField      string              `json:"timeField"`
	Views          []query.View        `json:"views"`
	Measures       []catalogMeasure    `json:"measures"`
	DefaultFilters []query.FilterModel `json:"defaultFilters"`
	Seen           bool                `json:"seen,omitempty"`     // whether queries can select new and unused groups
	Sections       []string            `json:"sections,omitempty"` // of a record's detail
	Fields         []catalogField      `json:"fields"`
}

type catalogMeasure struct {
	Name  query.Measure `json:"name"`
	Label string        `json:"label"`
}

type catalogField struct {
	Name        string           `json:"name"`
	Label       string           `json:"label"`
	Type        activity.Type    `json:"type"`
	Description string           `json:"description"`
	Filterable  bool             `json:"filterable"`
	Groupable   bool             `json:"groupable"`
	Default     bool             `json:"default"`
	Operators   []query.Operator `json:"operators"`
	Values      []string         `json:"values,omitempty"` // of closed lists
}

// catalog returns what the editors offer: the kinds of record, and what queries can do with each.
func catalog() []catalogKind {
	var kinds []catalogKind
	for _, k := range query.Kinds() {
		kind := catalogKind{
			Kind: k.Name, Label: k.Label, Description: k.Description, TimeField: k.TimeField, Views: query.Views(k),
			DefaultFilters: []query.FilterModel{}, Seen: query.HasSeen(k), Sections: query.Sections(k),
		}
		for _, m := range query.Measures(k) {
			kind.Measures = append(kind.Measures, catalogMeasure{m, query.MeasureLabel(k, m)})
		}
		for _, f := range query.DefaultFilters(k) {
			model := query.FilterModel{Field: f.Field.Name, Operator: f.Operator, Values: f.Values}
			kind.DefaultFilters = append(kind.DefaultFilters, model)
		}
		for _, f := range k.Fields {
			kind.Fields = append(kind.Fields, newCatalogField(f))
		}
		kinds = append(kinds, kind)
	}
	return kinds
}

func newCatalogField(f *activity.Field) catalogField {
	operators := query.Operators(f)
	field := catalogField{
		Name: f.Name, Label: f.Label, Type: f.Type, Description: f.Description,
		Filterable: len(operators) > 0, Groupable: f.Groupable, Default: f.Default, Operators: operators,
	}
	switch {
	case f.Type == activity.Boolean:
		field.Values = []string{"true", "false"}
	case f.Path == "": // we derive it, so its list of values is closed; Microsoft may extend any other
		field.Values = f.Values
	}
	return field
}
