package plugin

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/entra-activity/entra-activity-datasource/pkg/metrics"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

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

// metricsVocabulary returns what the MetricsQL editor completes and explains: metrics, labels and functions.
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
	parameters := r.URL.Query()
	limit, from, to, err := valuesLimits(parameters)
	if err != nil {
		return nil, err
	}
	values, more, err := metrics.Values(r.Context(), d.store, d.scope(r.Context()), metrics.ValuesQuery{
		Metric: parameters.Get("metric"), Label: parameters.Get("label"),
		Search: parameters.Get("search"), Match: parameters.Get("match"),
		Limit: limit, From: from, To: to,
	})
	return map[string]any{"values": values, "more": more}, err
}

// maxExprBody is the largest body of a request that holds an expression.
const maxExprBody = 64 << 10

func decodeExprBody(r *http.Request, into any) error {
	if err := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxExprBody)).Decode(into); err != nil {
		problem := "not understood: " + err.Error() + ": send an object with the expression as \"expr\""
		return &query.InvalidError{Part: "body", Problem: problem}
	}
	return nil
}

// checkExpr formats an expression, or returns what is wrong with it and where.
func checkExpr(r *http.Request) (any, error) {
	var body struct {
		Expr string `json:"expr"`
	}
	if err := decodeExprBody(r, &body); err != nil {
		return nil, err
	}
	pretty, err := metrics.Check(body.Expr)
	if wrong, ok := errors.AsType[*metrics.Error](err); ok {
		return map[string]any{"ok": false, "error": wrong.Problem, "at": locate(wrong.Near, body.Expr)}, nil
	}
	return map[string]any{"ok": true, "pretty": pretty}, err
}

// A place is a part of an expression, in UTF-16 units as browsers count.
type place struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// locate finds a part of an expression, whatever the spaces in it. It returns nil if the part is not there.
func locate(part, expr string) *place {
	var packed []rune // the expression without spaces
	var starts []int  // of each of these runes in the expression, in UTF-16 units
	units := 0
	for _, c := range expr {
		if !unicode.IsSpace(c) {
			packed, starts = append(packed, c), append(starts, units)
		}
		units += utf16.RuneLen(c)
	}
	text, wanted := string(packed), strings.Join(strings.Fields(part), "")
	i := strings.Index(text, wanted)
	if i < 0 {
		text, wanted = strings.ToLower(text), strings.ToLower(wanted)
		i = strings.Index(text, wanted)
	}
	if i < 0 || wanted == "" {
		return nil
	}
	first := utf8.RuneCountInString(text[:i])
	last := first + utf8.RuneCountInString(wanted) - 1
	return &place{starts[first], starts[last] + 1}
}

// explainExpr evaluates an expression, and returns how it did so instead of the result.
func (d *DataSource) explainExpr(r *http.Request) (any, error) {
	var body struct {
		Expr    string  `json:"expr"`
		From    int64   `json:"from"`
		To      int64   `json:"to"`
		Step    float64 `json:"step"`
		Instant bool    `json:"instant"`
		Axis    string  `json:"axis"`
	}
	if err := decodeExprBody(r, &body); err != nil {
		return nil, err
	}
	q := &metrics.Query{Text: body.Expr, Instant: body.Instant, Ingest: body.Axis == "ingest"}
	expr, evalRange, step, err := q.Bind(query.Period{
		From: time.UnixMilli(body.From).UTC(), To: time.UnixMilli(body.To).UTC(),
		MinInterval: time.Duration(body.Step) * time.Millisecond,
	})
	if err != nil {
		return nil, err
	}
	result, err := metrics.Run(r.Context(), d.store, d.scope(r.Context()), expr, evalRange)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"pretty": expr.String(), "step": step.Milliseconds(),
		"start": result.Times[0].UnixMilli(), "end": result.Times[len(result.Times)-1].UnixMilli(),
		"selectors": append([]metrics.Counted{}, result.Selectors...), // not null where there are none
		"notices":   append(result.Warnings, result.Infos...),
	}, nil
}
