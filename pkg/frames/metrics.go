package frames

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/entra-activity/entra-activity-datasource/pkg/metrics"
)

// FromMetrics returns the frames of an answer in MetricsQL, one a series, as Grafana's Prometheus data source has them: over
// time of type timeseries-multi, at one instant numeric-multi, fields time and value. Times without a value are left out.
func FromMetrics(a *metrics.Result, q *metrics.Query, expr string, step time.Duration) data.Frames {
	var frames data.Frames
	for _, s := range a.Series {
		frames = append(frames, oneSeries(a, s, q, expr, step))
	}
	if frames == nil {
		frames = data.Frames{data.NewFrame("")}
	}
	first := frames[0]
	if first.Meta == nil {
		first.Meta = &data.FrameMeta{}
	}
	first.Meta.ExecutedQueryString = fmt.Sprintf("Expr: %s\nStep: %v\n\n%s", expr, step, a.SQL)
	first.Meta.Custom = map[string]any{"served": a.Served, "step": step.Milliseconds()}
	first.Meta.Stats = []data.QueryStat{{FieldConfig: data.FieldConfig{DisplayName: "Rows read (" + a.Served + ")"}, Value: float64(a.Read)}}
	for _, text := range a.Warnings {
		first.Meta.Notices = append(first.Meta.Notices, data.Notice{Severity: data.NoticeSeverityWarning, Text: text})
	}
	for _, text := range a.Infos {
		first.Meta.Notices = append(first.Meta.Notices, data.Notice{Severity: data.NoticeSeverityInfo, Text: text})
	}
	return frames
}

func oneSeries(a *metrics.Result, s metrics.Series, q *metrics.Query, expr string, step time.Duration) *data.Frame {
	times, values := make([]time.Time, 0, len(s.Values)), make([]float64, 0, len(s.Values))
	for i, v := range s.Values {
		if !math.IsNaN(v) {
			times, values = append(times, a.Times[i]), append(values, v)
		}
	}
	value := data.NewField("value", data.Labels(s.Labels), values).SetConfig(&data.FieldConfig{DisplayNameFromDS: legend(q.Legend, s.Labels, expr)})
	at := data.NewField("time", nil, times)
	if q.Instant {
		return typed(data.FrameTypeNumericMulti, at, value)
	}
	// Panels draw a gap where values are further apart.
	at.SetConfig(&data.FieldConfig{Interval: float64(step.Milliseconds())})
	return typed(data.FrameTypeTimeSeriesMulti, at, value)
}

var placeholder = regexp.MustCompile(`\{\{\s*([^{}]*?)\s*\}\}`)

// legend names a series.
func legend(format string, labels map[string]string, expr string) string {
	if format != "" && format != "__auto" {
		return placeholder.ReplaceAllStringFunc(format, func(text string) string {
			return labels[placeholder.FindStringSubmatch(text)[1]]
		})
	}
	if len(labels) == 0 {
		return expr
	}
	names := make([]string, 0, len(labels))
	for name, value := range labels {
		names = append(names, fmt.Sprintf("%s=%q", name, value))
	}
	slices.Sort(names)
	return "{" + strings.Join(names, ", ") + "}"
}
