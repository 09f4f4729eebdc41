// Package frames turns results into Grafana's data frames.
//
//   - timeSeries: a frame for each series, type timeseries-multi, fields time and value; labels name the group. If the step
//     is a day or a week, the hidden field until has the ends of the steps, as text: data links cannot add to a time.
//   - table: one frame, type numeric-long: a text field for each field grouped by, and the measure.
//   - calendar: one frame, type heatmap-rows: a row for each day, at its last second, and a number field for each hour.
//   - value: one frame, type numeric-wide, with one number.
//   - list: one table frame; the catalog names its fields.
//   - logs: one frame, type log-lines: timestamp, body, severity, id, labels.
//   - annotations: one table frame: time, title, text, tags, id.
//   - detail: a named table frame for each section.
//
// An empty result is one frame without fields: Grafana's alerting takes anything else for data. An empty calendar has zeros
// and a notice: Grafana's heat map panel fails on a frame without fields, and shows no message of its own.
package frames

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// units has the measures that make sense in one unit only. Counts have none: the unit of a frame overrides the panel's.
var units = map[query.Measure]string{query.FailureRate: "percentunit", query.AverageDuration: "ms"}

func measureConfig(q *query.Query) *data.FieldConfig {
	return &data.FieldConfig{DisplayNameFromDS: q.MeasureLabel(), Unit: units[q.Measure]}
}

// FromResult returns the frames of a result.
func FromResult(r *query.Result) data.Frames {
	var frames data.Frames
	switch {
	case r.Query.View == query.List && len(r.Rows) > 0:
		frames = data.Frames{records(r.Query.Columns, r.Rows)}
	case r.Query.View == query.Logs && len(r.Rows) > 0:
		frames = data.Frames{logs(r)}
	case r.Query.View == query.Annotations && len(r.Rows) > 0:
		frames = data.Frames{annotations(r)}
	case len(r.Sections) > 0:
		frames = sections(r)
	case len(r.Groups) == 0:
		frames = data.Frames{data.NewFrame("")}
	case r.Query.View == query.TimeSeries:
		frames = timeSeries(r)
	case r.Query.View == query.Calendar:
		frames = data.Frames{calendar(r)}
	case r.Query.View == query.Table:
		frames = data.Frames{table(r)}
	default:
		value := data.NewField("value", nil, r.Groups[0].Values).SetConfig(measureConfig(r.Query))
		frames = data.Frames{typed(data.FrameTypeNumericWide, value)}
	}
	describe(frames[0], r.SQL, r.Served, r.Read, r.Warnings, r.Infos)
	frames[0].Meta.Custom = map[string]any{"served": r.Served}
	return frames
}

// describe adds to the first frame of a result how it came about.
func describe(frame *data.Frame, executed, served string, read int64, warnings, infos []string) {
	if frame.Meta == nil {
		frame.Meta = &data.FrameMeta{}
	}
	frame.Meta.ExecutedQueryString = executed
	name := data.FieldConfig{DisplayName: "Rows read (" + served + ")"}
	frame.Meta.Stats = []data.QueryStat{{FieldConfig: name, Value: float64(read)}}
	for _, text := range warnings {
		frame.AppendNotices(data.Notice{Severity: data.NoticeSeverityWarning, Text: text})
	}
	for _, text := range infos {
		frame.AppendNotices(data.Notice{Severity: data.NoticeSeverityInfo, Text: text})
	}
}

func typed(t data.FrameType, fields ...*data.Field) *data.Frame {
	frame := data.NewFrame("", fields...)
	frame.Meta = &data.FrameMeta{Type: t, TypeVersion: data.FrameTypeVersion{0, 1}}
	return frame
}

func timeSeries(r *query.Result) (frames data.Frames) {
	ends := until(r.Ends())
	for i := range r.Groups {
		frame := typed(data.FrameTypeTimeSeriesMulti, data.NewField("time", nil, r.Steps), series(r.Query, &r.Groups[i]))
		frame.Fields = append(frame.Fields, ends...)
		frames = append(frames, frame)
	}
	return frames
}

func series(q *query.Query, g *query.Group) *data.Field {
	values := data.NewField("value", nil, g.Values)
	config := measureConfig(q)
	if len(q.GroupBy) > 0 {
		values.Labels = data.Labels{}
		names := make([]string, len(q.GroupBy))
		for i, f := range q.GroupBy {
			values.Labels[f.Name] = key(g, i)
			names[i] = cmp.Or(key(g, i), "(none)")
		}
		config.DisplayNameFromDS = strings.Join(names, ", ")
		if g.Other {
			config.DisplayNameFromDS = other
		}
		if color := valueColors(q.GroupBy[0])[key(g, 0)]; len(q.GroupBy) == 1 && color != "" {
			config.Color = map[string]any{"mode": "fixed", "fixedColor": color}
		}
	}
	return values.SetConfig(config)
}

// Until is the name of the field with the ends of steps.
const Until = "until"

// until returns a field that only links see, with times as addresses have them; none if no ends are known.
func until(ends []time.Time) []*data.Field {
	if ends == nil {
		return nil
	}
	texts := make([]string, len(ends))
	for i, end := range ends {
		texts[i] = end.Format("2006-01-02T15:04:05.000Z")
	}
	hidden := map[string]any{"hideFrom": map[string]bool{"legend": true, "tooltip": true, "viz": true}}
	return []*data.Field{data.NewField(Until, nil, texts).SetConfig(&data.FieldConfig{Custom: hidden})}
}

// other is the name of the group of all that are beyond the largest.
const other = "other"

func key(g *query.Group, i int) string {
	if g.Other {
		return other
	}
	return g.Keys[i]
}

// calendar folds hours into days. An hour has no number if the day lacks it or the time range does not reach it. An hour
// that comes twice has the sum.
//
// Grafana's heat map panel draws each cell to the left of its time, as wide as the first two times are apart. So the time of
// a day is its last second, and a single day comes after an empty one.
func calendar(r *query.Result) *data.Frame {
	var days []time.Time
	var hours [24][]*float64
	var last string
	sum := 0.0
	for i, step := range r.Steps {
		local := step.In(r.Query.Zone)
		if date := local.Format(time.DateOnly); date != last {
			year, month, day := local.Date()
			days, last = append(days, time.Date(year, month, day, 23, 59, 59, 0, r.Query.Zone).UTC()), date
			for h := range hours {
				hours[h] = append(hours[h], nil)
			}
		}
		n := *r.Groups[0].Values[i]
		sum += n
		cell := &hours[local.Hour()][len(days)-1]
		if *cell == nil {
			*cell = new(float64)
		}
		**cell += n
	}
	if len(days) == 1 {
		days = []time.Time{days[0].AddDate(0, 0, -1), days[0]}
		for h := range hours {
			hours[h] = []*float64{nil, hours[h][0]}
		}
	}
	frame := typed("heatmap-rows", data.NewField("time", nil, days))
	for h, values := range hours {
		frame.Fields = append(frame.Fields, data.NewField(fmt.Sprintf("%02d:00", h), nil, values))
	}
	if sum == 0 {
		counted := strings.ToLower(r.Query.Kind.CountLabel())
		text := fmt.Sprintf("There are no %s in this time range, or none with these filters.", counted)
		frame.AppendNotices(data.Notice{Severity: data.NoticeSeverityInfo, Text: text})
	}
	return frame
}

func table(r *query.Result) *data.Frame {
	frame := typed(data.FrameTypeNumericLong)
	for i, f := range r.Query.GroupBy {
		names := make([]string, len(r.Groups))
		for n := range r.Groups {
			names[n] = key(&r.Groups[n], i)
		}
		config := columnConfig(f)
		labelValues(config, f, names)
		frame.Fields = append(frame.Fields, data.NewField(f.Name, nil, names).SetConfig(config))
	}
	measure := data.NewField(string(r.Query.Measure), nil, []*float64{})
	if r.Query.Measure.IsTime() {
		measure = data.NewField(measure.Name, nil, []time.Time{})
		frame.Meta.Type = data.FrameTypeTable
	}
	for _, g := range r.Groups {
		if n := g.Values[0]; r.Query.Measure.IsTime() {
			measure.Append(time.UnixMicro(int64(*n)).UTC())
		} else {
			measure.Append(n)
		}
	}
	frame.Fields = append(frame.Fields, measure.SetConfig(measureConfig(r.Query)))
	return frame
}

// labelValues makes Grafana show values with what they mean. Links and filters still get the values themselves.
func labelValues(config *data.FieldConfig, f *activity.Field, values []string) {
	mapper := data.ValueMapper{}
	for i, value := range values {
		if label := f.ValueLabel(value); label != value {
			mapper[value] = data.ValueMappingResult{Text: label, Index: i}
		}
	}
	if len(mapper) > 0 {
		config.Mappings = append(config.Mappings, mapper)
	}
}

func records(columns []*activity.Field, rows [][]any) *data.Frame {
	frame := typed(data.FrameTypeTable)
	for i, f := range columns {
		field := data.NewFieldFromFieldType(cmp.Or(fieldTypes[f.Type], data.FieldTypeString), len(rows))
		field.Name = f.Name
		field.Config = columnConfig(f)
		for n, row := range rows {
			switch v := row[i].(type) {
			case nil:
			case time.Time:
				field.SetConcrete(n, v.UTC())
			default:
				field.SetConcrete(n, v)
			}
		}
		frame.Fields = append(frame.Fields, field)
	}
	frame.Meta.PreferredVisualization = data.VisTypeTable
	return frame
}

// fieldTypes are the types of columns; all others are texts.
var fieldTypes = map[activity.Type]data.FieldType{
	activity.Integer: data.FieldTypeNullableInt64,
	activity.Number:  data.FieldTypeNullableFloat64,
	activity.Boolean: data.FieldTypeNullableBool,
	activity.Time:    data.FieldTypeNullableTime,
}

func columnConfig(f *activity.Field) *data.FieldConfig {
	config := &data.FieldConfig{DisplayName: f.Label, Description: f.Description}
	if colors := valueColors(f); colors != nil {
		mapper := data.ValueMapper{}
		for i, value := range f.Values {
			if colors[value] != "" {
				mapper[value] = data.ValueMappingResult{Color: colors[value], Index: i}
			}
		}
		config.Mappings = data.ValueMappings{mapper}
	}
	switch {
	case f.Name == "durationInMilliseconds", f.Name == "timeToRemediation":
		config.Unit = "ms"
	case f.Type == activity.Integer:
		config.Unit = "none" // codes and numbers of things: no thousands separators
	}
	return config
}
