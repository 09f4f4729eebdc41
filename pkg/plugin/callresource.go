package plugin

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// resources are what the editor asks for: the catalogue, and values to choose from.
func (d *DataSource) resources() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /catalogue", func(w http.ResponseWriter, r *http.Request) {
		reply(w, r, http.StatusOK, map[string]any{"kinds": catalogue()})
	})
	mux.HandleFunc("GET /values", d.values)
	return mux
}

type catalogueKind struct {
	Kind           string             `json:"kind"`
	Label          string             `json:"label"`
	Description    string             `json:"description"`
	TimeField      string             `json:"timeField"`
	Views          []query.View       `json:"views"`
	Measures       []catalogueMeasure `json:"measures"`
	DefaultFilters []catalogueFilter  `json:"defaultFilters"`
	Fields         []catalogueField   `json:"fields"`
}

type catalogueMeasure struct {
	Name  query.Measure `json:"name"`
	Label string        `json:"label"`
}

type catalogueFilter struct {
	Field    string         `json:"field"`
	Operator query.Operator `json:"operator"`
	Values   []string       `json:"values"`
}

type catalogueField struct {
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

func catalogue() []catalogueKind {
	var kinds []catalogueKind
	for _, k := range query.Kinds() {
		kind := catalogueKind{Kind: k.Name, Label: k.Label, Description: k.Description, TimeField: k.TimeField, Views: query.Views(k), DefaultFilters: []catalogueFilter{}}
		for _, m := range query.Measures(k) {
			kind.Measures = append(kind.Measures, catalogueMeasure{m, query.MeasureLabel(k, m)})
		}
		for _, f := range query.DefaultFilters(k) {
			kind.DefaultFilters = append(kind.DefaultFilters, catalogueFilter{f.Field.Name, f.Operator, f.Values})
		}
		for _, f := range k.Fields {
			kind.Fields = append(kind.Fields, catalogueFieldOf(f))
		}
		kinds = append(kinds, kind)
	}
	return kinds
}

func catalogueFieldOf(f *activity.Field) catalogueField {
	operators := query.Operators(f)
	field := catalogueField{Name: f.Name, Label: f.Label, Type: f.Type, Description: f.Description,
		Filterable: len(operators) > 0, Groupable: f.Groupable, Default: f.Default, Operators: operators}
	switch {
	case f.Type == activity.Boolean:
		field.Values = []string{"true", "false"}
	case f.Path == "": // derived by us, so the list is ours and closed; Microsoft may extend any other
		field.Values = f.Values
	}
	return field
}

func (d *DataSource) values(w http.ResponseWriter, r *http.Request) {
	err := d.problem
	var values []query.FieldValue
	if err == nil {
		q := r.URL.Query()
		limit, _ := strconv.Atoi(q.Get("limit")) // without one, the default
		values, err = d.store.Values(r.Context(), q.Get("kind"), q.Get("field"), q.Get("search"), limit, d.scope(r.Context()))
	} else {
		err = settingsError{err}
	}
	if err != nil {
		e := explain(err)
		reply(w, r, int(e.status), map[string]string{"message": e.message})
		return
	}
	reply(w, r, http.StatusOK, map[string]any{"values": values})
}

func reply(w http.ResponseWriter, r *http.Request, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		backend.Logger.FromContext(r.Context()).Debug("Writing the response failed", "error", err)
	}
}
