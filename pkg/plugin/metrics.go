package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/entra-activity/entra-activity-datasource/pkg/frames"
	"github.com/entra-activity/entra-activity-datasource/pkg/metrics"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// metricsQuery is the query type of MetricsQL, beside the kinds of record.
const metricsQuery = "metrics"

// isMetrics tells questions in MetricsQL from those about a kind of record.
func isMetrics(text []byte) bool {
	var m struct {
		QueryType string `json:"queryType"`
	}
	return json.Unmarshal(text, &m) == nil && m.QueryType == metricsQuery
}

func (d *DataSource) answerMetrics(ctx context.Context, text []byte, p query.Period) backend.DataResponse {
	q, err := metrics.Decode(text)
	if err != nil {
		return failure(err)
	}
	expr, grid, step, err := q.Bind(p)
	if err != nil {
		return failure(err)
	}
	answer, err := metrics.Run(ctx, d.store, d.scope(ctx), expr, grid)
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err() // what the driver says then is only how it noticed
		}
		return failure(err)
	}
	return backend.DataResponse{Frames: frames.FromMetrics(answer, q, expr.Text(), step)}
}

// metricsResources are what the editor of MetricsQL asks for.
func (d *DataSource) metricsResources(mux *http.ServeMux) {
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) { reply(w, r, http.StatusOK, metricsVocabulary()) })
	mux.HandleFunc("GET /metrics/values", func(w http.ResponseWriter, r *http.Request) {
		respond(w, r, func() (any, error) { return d.labelValues(r) })
	})
	mux.HandleFunc("POST /metrics/check", func(w http.ResponseWriter, r *http.Request) {
		respond(w, r, func() (any, error) { return check(w, r) })
	})
	mux.HandleFunc("POST /metrics/explain", func(w http.ResponseWriter, r *http.Request) {
		respond(w, r, func() (any, error) { return d.explainMetrics(w, r) })
	})
}

// respond replies with what answer returns, or with what is wrong.
func respond(w http.ResponseWriter, r *http.Request, answer func() (any, error)) {
	body, err := answer()
	if err != nil {
		if r.Context().Err() != nil {
			err = r.Context().Err()
		}
		e := explain(err)
		reply(w, r, int(e.status), map[string]string{"message": e.message})
		return
	}
	reply(w, r, http.StatusOK, body)
}

type metric struct {
	Name   string        `json:"name"`
	Type   string        `json:"type"`
	Help   string        `json:"help"`
	Labels []metricLabel `json:"labels"`
}

type metricLabel struct {
	Name        string `json:"name"`
	Field       string `json:"field"`
	Description string `json:"description"`
}

func metricsVocabulary() map[string]any {
	var list []metric
	for _, m := range metrics.All {
		one := metric{Name: m.Name, Type: "counter", Help: m.Help}
		switch {
		case m.Stream:
			one.Type = "stream"
		case m.Gauge:
			one.Type = "gauge"
		}
		for _, l := range m.Labels {
			one.Labels = append(one.Labels, metricLabel{l.Name, l.Field.Name, l.Field.Description})
		}
		list = append(list, one)
	}
	return map[string]any{"metrics": list, "functions": metrics.Functions(), "rejected": metrics.Rejected}
}

func (d *DataSource) labelValues(r *http.Request) (any, error) {
	if d.problem != nil {
		return nil, settingsError{d.problem}
	}
	parameters := r.URL.Query()
	limit, from, to, err := limits(parameters)
	if err != nil {
		return nil, err
	}
	values, more, err := metrics.Values(r.Context(), d.store, d.scope(r.Context()), metrics.ValuesQuery{
		Metric: parameters.Get("metric"), Label: parameters.Get("label"), Search: parameters.Get("search"), Match: parameters.Get("match"),
		Limit: limit, From: from, To: to,
	})
	return map[string]any{"values": values, "more": more}, err
}

// largestBody is as much as an editor sends of an expression and how to ask it.
const largestBody = 64 << 10

func decodeBody(w http.ResponseWriter, r *http.Request, into any) error {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, largestBody)).Decode(into); err != nil {
		return &query.InvalidError{Part: "body", Problem: "not understood: " + err.Error() + ": send an object with the expression as \"expr\""}
	}
	return nil
}

type place struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// check says whether an expression is understood, or what is wrong with it and where, in UTF-16 units as browsers count.
func check(w http.ResponseWriter, r *http.Request) (any, error) {
	var body struct {
		Expr string `json:"expr"`
	}
	if err := decodeBody(w, r, &body); err != nil {
		return nil, err
	}
	pretty, err := metrics.Check(body.Expr)
	var wrong *metrics.Error
	switch {
	case errors.As(err, &wrong):
		return map[string]any{"ok": false, "error": wrong.Problem, "at": whereIs(wrong.Near, body.Expr)}, nil
	case err != nil:
		return nil, err
	}
	return map[string]any{"ok": true, "pretty": pretty}, nil
}

// whereIs finds a part of an expression, whatever the spaces in it; nil where it is not there as such.
func whereIs(part, text string) *place {
	var packed []rune
	var at []int // of each rune of packed in text, in UTF-16 units
	units := 0
	for _, c := range text {
		if !unicode.IsSpace(c) {
			packed, at = append(packed, c), append(at, units)
		}
		units++
		if c > 0xFFFF {
			units++
		}
	}
	wanted := strings.Join(strings.Fields(part), "")
	if wanted == "" {
		return nil
	}
	i := strings.Index(string(packed), wanted)
	if i < 0 {
		i = strings.Index(strings.ToLower(string(packed)), strings.ToLower(wanted))
	}
	if i < 0 || i+len(wanted) > len(string(packed)) {
		return nil
	}
	from := len([]rune(string(packed)[:i]))
	to := from + len([]rune(wanted)) - 1
	if to >= len(at) {
		return nil
	}
	return &place{at[from], at[to] + 1}
}

// explainMetrics answers an expression, and says how instead of what.
func (d *DataSource) explainMetrics(w http.ResponseWriter, r *http.Request) (any, error) {
	if d.problem != nil {
		return nil, settingsError{d.problem}
	}
	var body struct {
		Expr    string  `json:"expr"`
		From    int64   `json:"from"`
		To      int64   `json:"to"`
		Step    float64 `json:"step"`
		Instant bool    `json:"instant"`
		Axis    string  `json:"axis"`
	}
	if err := decodeBody(w, r, &body); err != nil {
		return nil, err
	}
	q := &metrics.Query{Text: body.Expr, Instant: body.Instant, Ingest: body.Axis == "ingest"}
	expr, grid, step, err := q.Bind(query.Period{From: time.UnixMilli(body.From).UTC(), To: time.UnixMilli(body.To).UTC(), MinInterval: time.Duration(body.Step) * time.Millisecond})
	if err != nil {
		return nil, err
	}
	answer, err := metrics.Run(r.Context(), d.store, d.scope(r.Context()), expr, grid)
	if err != nil {
		return nil, err
	}
	leaves := answer.Selectors
	if leaves == nil {
		leaves = []metrics.Counted{}
	}
	return map[string]any{"pretty": expr.String(), "leaves": leaves, "step": step.Milliseconds(),
		"start": answer.Times[0].UnixMilli(), "end": answer.Times[len(answer.Times)-1].UnixMilli(), "notices": append(answer.Warnings, answer.Infos...)}, nil
}
