package metrics

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/VictoriaMetrics/metricsql"

	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

const (
	version     = ModelVersion
	defaultStep = time.Minute
)

// Query is an expression and how to evaluate it.
type Query struct {
	Text    string // of the expression, perhaps with variables of Grafana
	Instant bool   // one value a series, at the end of the time range
	MinStep time.Duration
	Legend  string // a series' name, with {{label}} for values of its labels; empty for all of them
	Ingest  bool   // by when records were stored, not by when they happened
}

// Decode reads a query as dashboards and alert rules save it. Everything wrong with it is a *query.InvalidError. Errors in
// the expression are Bind's.
func Decode(text []byte) (*Query, error) {
	var m Model
	if err := json.Unmarshal(text, &m); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) && wrong.Field != "" {
			return nil, invalid(wrong.Field, "%s is not what belongs here", wrong.Value)
		}
		return nil, invalid("query", "not understood: %v: write an object such as "+
			`{"queryType": "metrics", "expr": "sum(increase(entra_signins_total[1h]))"}`, err)
	}
	if m.Version > version {
		return nil, invalid("version", "the query was saved by a newer version of the plugin (%d, here %d): update the plugin",
			m.Version, version)
	}
	q := &Query{Text: m.Expr, Instant: m.Instant, Legend: m.LegendFormat, Ingest: m.Axis == IngestTime}
	if m.Axis != "" && m.Axis != EventTime && m.Axis != IngestTime {
		return nil, invalid("axis", "unknown axis %q: use event or ingest", m.Axis)
	}
	// A minimum step that nothing replaced is none, as Grafana's own is what stands for it.
	if m.Interval != "" && !variables.MatchString(m.Interval) {
		ms, err := metricsql.PositiveDurationValue(m.Interval, 0)
		if err != nil || ms <= 0 || ms > maxDuration {
			return nil, invalid("interval", "%q is no duration: write it like 5m or 1h", m.Interval)
		}
		q.MinStep = time.Duration(ms) * time.Millisecond
	}
	return q, nil
}

func invalid(part, format string, args ...any) error {
	return &query.InvalidError{Part: part, Problem: fmt.Sprintf(format, args...)}
}

// variables are those of Grafana that say how long something is. The browser replaces them; alert rules have none.
var variables = regexp.MustCompile(`\$(?:__(interval|rate_interval|range)(_ms|_s)?\b|\{__(interval|rate_interval|range)(_ms|_s)?\})`)

// Bind reads the expression for a time range, and says when to evaluate it and how far apart the times are.
func (q *Query) Bind(p query.Period) (*Expr, EvalRange, time.Duration, error) {
	if !p.From.Before(p.To) {
		return nil, EvalRange{}, 0, invalid("range", "the time range ends before it starts: choose another")
	}
	if p.From.Before(earliest) || p.To.After(latest) {
		return nil, EvalRange{}, 0, invalid("range", "the time range reaches beyond the years 2000 to 2099, "+
			"in which records are kept: choose another")
	}
	step := q.step(p)
	e, err := Parse(replaceVariables(q.Text, step, p.To.Sub(p.From)))
	g := EvalRange{Start: p.From, End: p.To, Step: step, Ingest: q.Ingest}
	if q.Instant {
		g.Step = 0
	}
	return e, g, step, err
}

var (
	earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
)

// step returns the step that Grafana requests, but not less than the query's, and so much that points are not too many.
func (q *Query) step(p query.Period) time.Duration {
	step := max(p.MinInterval, q.MinStep).Truncate(time.Millisecond)
	if step <= 0 {
		step = defaultStep
	}
	if least := p.To.Sub(p.From) / (maxPoints - 1); step < least {
		step = (least + time.Second - 1).Truncate(time.Second)
	}
	return step
}

// replaceVariables puts durations in the place of Grafana's variables.
func replaceVariables(text string, step, width time.Duration) string {
	return variables.ReplaceAllStringFunc(text, func(variable string) string {
		parts := variables.FindStringSubmatch(variable)
		d := step
		if parts[1]+parts[3] == "range" {
			d = width
		}
		switch parts[2] + parts[4] {
		case "_ms":
			return fmt.Sprint(d.Milliseconds())
		case "_s":
			return fmt.Sprint(int64(d.Seconds()))
		}
		if d%time.Second == 0 {
			return fmt.Sprintf("%ds", int64(d.Seconds()))
		}
		return fmt.Sprintf("%dms", d.Milliseconds())
	})
}

// Check reads an expression as an editor has it, and writes it over several lines, for reading. Variables stay.
func Check(text string) (pretty string, err error) {
	given := stoodFor{}
	e, err := Parse(variables.ReplaceAllStringFunc(text, func(variable string) string {
		// A duration that nobody writes, or a number of them.
		stands := fmt.Sprint(987_654_001 + len(given))
		if parts := variables.FindStringSubmatch(variable); parts[2]+parts[4] == "" {
			stands += "ms"
		}
		given[stands] = variable
		return stands
	}))
	if err != nil {
		var wrong *Error
		if errors.As(err, &wrong) {
			wrong.Problem, wrong.Near = given.in(wrong.Problem), given.in(wrong.Near)
		}
		return "", err
	}
	return given.in(e.String()), nil
}

// stoodFor are texts that stand for others.
type stoodFor map[string]string

func (s stoodFor) in(text string) string {
	for stands, original := range s {
		text = strings.ReplaceAll(text, stands, original)
	}
	return text
}
