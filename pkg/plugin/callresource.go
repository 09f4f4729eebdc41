package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// resources are what the editor asks for: the catalog, and values to choose from.
func (d *DataSource) resources() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /catalog", func(w http.ResponseWriter, r *http.Request) {
		reply(w, r, http.StatusOK, map[string]any{"kinds": catalog()})
	})
	mux.HandleFunc("GET /values", d.values)
	mux.HandleFunc("POST /tail", d.tailChannel)
	d.metricsResources(mux)
	return mux
}

type catalogKind struct {
	Kind           string           `json:"kind"`
	Label          string           `json:"label"`
	Description    string           `json:"description"`
	TimeField      string           `json:"timeField"`
	Views          []query.View     `json:"views"`
	Measures       []catalogMeasure `json:"measures"`
	DefaultFilters []catalogFilter  `json:"defaultFilters"`
	Seen           bool             `json:"seen,omitempty"`     // whether it can be asked for new and unused groups
	Sections       []string         `json:"sections,omitempty"` // of a record's detail
	Fields         []catalogField   `json:"fields"`
}

type catalogMeasure struct {
	Name  query.Measure `json:"name"`
	Label string        `json:"label"`
}

type catalogFilter struct {
	Field    string         `json:"field"`
	Operator query.Operator `json:"operator"`
	Values   []string       `json:"values"`
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

func catalog() []catalogKind {
	var kinds []catalogKind
	for _, k := range query.Kinds() {
		kind := catalogKind{Kind: k.Name, Label: k.Label, Description: k.Description, TimeField: k.TimeField, Views: query.Views(k), DefaultFilters: []catalogFilter{},
			Seen: query.HasSeen(k), Sections: query.Sections(k)}
		for _, m := range query.Measures(k) {
			kind.Measures = append(kind.Measures, catalogMeasure{m, query.MeasureLabel(k, m)})
		}
		for _, f := range query.DefaultFilters(k) {
			kind.DefaultFilters = append(kind.DefaultFilters, catalogFilter{f.Field.Name, f.Operator, f.Values})
		}
		for _, f := range k.Fields {
			kind.Fields = append(kind.Fields, catalogFieldOf(f))
		}
		kinds = append(kinds, kind)
	}
	return kinds
}

func catalogFieldOf(f *activity.Field) catalogField {
	operators := query.Operators(f)
	field := catalogField{Name: f.Name, Label: f.Label, Type: f.Type, Description: f.Description,
		Filterable: len(operators) > 0, Groupable: f.Groupable, Default: f.Default, Operators: operators}
	switch {
	case f.Type == activity.Boolean:
		field.Values = []string{"true", "false"}
	case f.Path == "": // derived by us, so the list is ours and closed; Microsoft may extend any other
		field.Values = f.Values
	}
	return field
}

// values lists values of a field to choose from, as ValuesQuestion says; from and to are milliseconds since 1970.
func (d *DataSource) values(w http.ResponseWriter, r *http.Request) {
	values, err := d.findValues(r.Context(), r.URL.Query())
	if err != nil {
		e := explain(err)
		reply(w, r, int(e.status), map[string]string{"message": e.message})
		return
	}
	reply(w, r, http.StatusOK, map[string]any{"values": values})
}

func (d *DataSource) findValues(ctx context.Context, parameters url.Values) ([]query.FieldValue, error) {
	if d.problem != nil {
		return nil, settingsError{d.problem}
	}
	limit, from, to, err := limits(parameters)
	if err != nil {
		return nil, err
	}
	q, err := query.DecodeValues(parameters.Get("kind"), parameters.Get("field"), parameters.Get("search"), parameters.Get("filters"), limit, from, to)
	if err != nil {
		return nil, err
	}
	return d.store.Values(ctx, q, d.scope(ctx))
}

// limits reads how many values there may be, 0 where it is not said, and within which times they have to occur.
func limits(parameters url.Values) (most int, from, to time.Time, err error) {
	if text := parameters.Get("limit"); text != "" {
		if most, err = strconv.Atoi(text); err != nil {
			return 0, from, to, &query.InvalidError{Part: "limit", Problem: fmt.Sprintf("%q is not a whole number: give how many values there may be", text)}
		}
	}
	if from, err = milliseconds(parameters.Get("from")); err == nil {
		to, err = milliseconds(parameters.Get("to"))
	}
	return most, from, to, err
}

// milliseconds reads a time as Grafana writes it; empty is the zero time.
func milliseconds(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, &query.InvalidError{Part: "range", Problem: fmt.Sprintf("%q is not a time: give milliseconds since 1970", text)}
	}
	return time.UnixMilli(n), nil
}

func reply(w http.ResponseWriter, r *http.Request, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		backend.Logger.FromContext(r.Context()).Debug("Writing the response failed", "error", err)
	}
}
