package frames

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/entra-activity/entra-activity-datasource/pkg/metrics"
)

// FromMetrics returns the frames of a result of MetricsQL, one for each series, as Grafana's Prometheus data source has
// them: type timeseries-multi over time, numeric-multi at one instant, fields time and value. Times without a value are
// left out.
func FromMetrics(r *metrics.Result, q *metrics.Query, expr string, step time.Duration) data.Frames {
	var frames data.Frames
	for _, s := range r.Series {
		frames = append(frames, metricSeries(r.Times, s, q, expr, step))
	}
	if frames == nil {
		frames = data.Frames{data.NewFrame("")}
	}
	executed := fmt.Sprintf("Expr: %s\nStep: %v\n\n%s", expr, step, r.SQL)
	describe(frames[0], executed, r.Served, r.Read, r.Warnings, r.Infos)
	frames[0].Meta.Custom = map[string]any{"served": r.Served, "step": step.Milliseconds()}
	return frames
}

func metricSeries(at []time.Time, s metrics.Series, q *metrics.Query, expr string, step time.Duration) *data.Frame {
	times, values := make([]time.Time, 0, len(s.Values)), make([]float64, 0, len(s.Values))
	for i, v := range s.Values {
		if !math.IsNaN(v) {
			times, values = append(times, at[i]), append(values, v)
		}
	}
	config := &data.FieldConfig{DisplayNameFromDS: legend(q.Legend, s.Labels, expr)}
	value, timeField := data.NewField("value", data.Labels(s.Labels), values).SetConfig(config), data.NewField("time", nil, times)
	if q.Instant {
		return typed(data.FrameTypeNumericMulti, timeField, value)
	}
	// Panels draw a gap where values are further apart than this interval.
	timeField.SetConfig(&data.FieldConfig{Interval: float64(step.Milliseconds())})
	return typed(data.FrameTypeTimeSeriesMulti, timeField, value)
}

var placeholder = regexp.MustCompile(`\{\{\s*([^{}]*?)\s*\}\}`)

// legend returns the name of a series.
func legend(format string, labels map[string]string, expr string) string {
	if format != "" && format != "__auto" {
		return placeholder.ReplaceAllStringFunc(format, func(text string) string {
			return labels[placeholder.FindStringSubmatch(text)[1]]
		})
	}
	if len(labels) == 0 {
		return expr
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		pairs = append(pairs, fmt.Sprintf("%s=%q", name, labels[name]))
	}
	return "{" + strings.Join(pairs, ", ") + "}"
}
