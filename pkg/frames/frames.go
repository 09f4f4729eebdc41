// Package frames turns answers into Grafana's data frames.
//
//   - timeSeries: a frame per series, type timeseries-multi, fields time and value; labels name the group. Where days or weeks
//     were asked for, the hidden field until has their ends, as text for data links, which cannot add to a time.
//   - table: one frame, type numeric-long: a text field per field grouped by, and the measure.
//   - calendar: one frame, type heatmap-rows: a row for each day, at its last second, and a number field for each hour of the day.
//   - value: one frame, type numeric-wide, with one number.
//   - list: one table frame, its fields named by the catalog.
//   - logs: one frame, type log-lines: timestamp, body, severity, id, labels.
//   - annotations: one table frame: time, title, text, tags, id.
//   - detail: a named table frame for each section.
//
// An empty answer is one frame without fields: Grafana's alerting takes anything else for data. An empty calendar has zeros and
// a notice: Grafana's heat map fails on a frame without fields, and has no words of its own.
package frames

import (
	"fmt"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// units are those of measures that make no sense in another. Counts have none: what comes with the data goes before what
// a panel chooses.
var units = map[query.Measure]string{query.FailureRate: "percentunit", query.AverageDuration: "ms"}

func measureConfig(q *query.Query) data.FieldConfig {
	return data.FieldConfig{DisplayNameFromDS: q.MeasureLabel(), Unit: units[q.Measure]}
}

// FromResult returns the frames of an answer.
func FromResult(r *query.Result) data.Frames {
	var frames data.Frames
	switch {
	case r.Query.View == query.List && len(r.Rows) > 0:
		frames = data.Frames{records(r.Query.Columns, r.Rows)}
	case r.Query.View == query.Logs && len(r.Rows) > 0:
		frames = data.Frames{Lines(r)}
	case r.Query.View == query.Annotations && len(r.Rows) > 0:
		frames = data.Frames{annotations(r)}
	case len(r.Sections) > 0:
		frames = sections(r)
	case len(r.Groups) == 0:
		frames = data.Frames{data.NewFrame("")}
	case r.Query.View == query.TimeSeries:
		ends := until(r.Ends())
		for i := range r.Groups {
			frame := series(r, &r.Groups[i])
			frame.Fields = append(frame.Fields, ends...)
			frames = append(frames, frame)
		}
	case r.Query.View == query.Calendar:
		frames = calendar(r)
	case r.Query.View == query.Table:
		frames = data.Frames{table(r)}
	default:
		frames = data.Frames{single(r)}
	}
	describe(frames[0], r)
	return frames
}

// describe says once, on the first frame, how the answer came about.
func describe(frame *data.Frame, r *query.Result) {
	if frame.Meta == nil {
		frame.Meta = &data.FrameMeta{}
	}
	frame.Meta.ExecutedQueryString = r.SQL
	frame.Meta.Custom = map[string]any{"served": r.Served}
	frame.Meta.Stats = []data.QueryStat{{FieldConfig: data.FieldConfig{DisplayName: "Rows read (" + r.Served + ")"}, Value: float64(r.Read)}}
	for _, text := range r.Warnings {
		frame.Meta.Notices = append(frame.Meta.Notices, data.Notice{Severity: data.NoticeSeverityWarning, Text: text})
	}
	for _, text := range r.Infos {
		frame.Meta.Notices = append(frame.Meta.Notices, data.Notice{Severity: data.NoticeSeverityInfo, Text: text})
	}
}

func typed(t data.FrameType, fields ...*data.Field) *data.Frame {
	frame := data.NewFrame("", fields...)
	frame.Meta = &data.FrameMeta{Type: t, TypeVersion: data.FrameTypeVersion{0, 1}}
	return frame
}

func series(r *query.Result, g *query.Group) *data.Frame {
	values := data.NewField("value", nil, g.Values)
	config := measureConfig(r.Query)
	if by := r.Query.GroupBy; len(by) > 0 {
		values.Labels = data.Labels{}
		names := make([]string, len(by))
		for i, f := range by {
			names[i] = key(g, i)
			values.Labels[f.Name] = names[i]
			if names[i] == "" {
				names[i] = "(none)"
			}
		}
		config.DisplayNameFromDS = strings.Join(names, ", ")
		if g.Other {
			config.DisplayNameFromDS = other
		}
		if color := colors(by[0])[key(g, 0)]; len(by) == 1 && color != "" {
			config.Color = map[string]any{"mode": "fixed", "fixedColor": color}
		}
	}
	values.Config = &config
	return typed(data.FrameTypeTimeSeriesMulti, data.NewField("time", nil, r.Steps), values)
}

// Until names the field with the ends of steps.
const Until = "until"

// until is a field that only links see, with times as addresses have them; none where no ends are known.
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

// other is the name of all groups beyond the largest.
const other = "other"

func key(g *query.Group, i int) string {
	if g.Other {
		return other
	}
	return g.Keys[i]
}

// calendar folds hours into days. Of a day that the range has no part of, and of an hour that a day has not, there is no
// number; of one that comes twice there is the sum.
//
// Grafana's heat map draws what has a time to the left of it, as wide as times are apart: so a day stands at its end, and one
// alone has the day before beside it.
func calendar(r *query.Result) data.Frames {
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
		at := &hours[local.Hour()][len(days)-1]
		if *at == nil {
			*at = new(float64)
		}
		**at += n
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
		text := fmt.Sprintf("There are no %s in this time range, or none with these filters.", strings.ToLower(r.Query.Kind.CountLabel()))
		frame.Meta.Notices = []data.Notice{{Severity: data.NoticeSeverityInfo, Text: text}}
	}
	return data.Frames{frame}
}

func table(r *query.Result) *data.Frame {
	var fields []*data.Field
	for i, f := range r.Query.GroupBy {
		names := make([]string, len(r.Groups))
		for n := range r.Groups {
			names[n] = key(&r.Groups[n], i)
		}
		config := columnConfig(f)
		explain(config, f, names)
		fields = append(fields, data.NewField(f.Name, nil, names).SetConfig(config))
	}
	config := measureConfig(r.Query)
	if r.Query.Measure.IsTime() {
		times := make([]time.Time, len(r.Groups))
		for n, g := range r.Groups {
			times[n] = time.UnixMicro(int64(*g.Values[0])).UTC()
		}
		return typed(data.FrameTypeTable, append(fields, data.NewField(string(r.Query.Measure), nil, times).SetConfig(&config))...)
	}
	numbers := make([]*float64, len(r.Groups))
	for n, g := range r.Groups {
		numbers[n] = g.Values[0]
	}
	return typed(data.FrameTypeNumericLong, append(fields, data.NewField(string(r.Query.Measure), nil, numbers).SetConfig(&config))...)
}

// explain has values shown with what they mean. Links and filters still get the values themselves.
func explain(config *data.FieldConfig, f *activity.Field, values []string) {
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

func single(r *query.Result) *data.Frame {
	config := measureConfig(r.Query)
	return typed(data.FrameTypeNumericWide, data.NewField("value", nil, r.Groups[0].Values).SetConfig(&config))
}

func records(columns []*activity.Field, rows [][]any) *data.Frame {
	frame := typed(data.FrameTypeTable)
	for i, f := range columns {
		field := data.NewFieldFromFieldType(fieldType(f), len(rows))
		field.Name = f.Name
		field.Config = columnConfig(f)
		for n, row := range rows {
			set(field, n, row[i])
		}
		frame.Fields = append(frame.Fields, field)
	}
	frame.Meta.PreferredVisualization = data.VisTypeTable
	return frame
}

func fieldType(f *activity.Field) data.FieldType {
	switch f.Type {
	case activity.Integer:
		return data.FieldTypeNullableInt64
	case activity.Number:
		return data.FieldTypeNullableFloat64
	case activity.Boolean:
		return data.FieldTypeNullableBool
	case activity.Time:
		return data.FieldTypeNullableTime
	}
	return data.FieldTypeString
}

func set(field *data.Field, n int, value any) {
	switch v := value.(type) {
	case string:
		field.Set(n, v)
	case int64:
		field.Set(n, &v)
	case float64:
		field.Set(n, &v)
	case bool:
		field.Set(n, &v)
	case time.Time:
		v = v.UTC()
		field.Set(n, &v)
	case nil:
	default:
		panic(fmt.Sprintf("frames: %s has a value of type %T", field.Name, value))
	}
}

func columnConfig(f *activity.Field) *data.FieldConfig {
	config := &data.FieldConfig{DisplayName: f.Label, Description: f.Description}
	if of := colors(f); of != nil {
		mapper := data.ValueMapper{}
		for i, value := range f.Values {
			if of[value] != "" {
				mapper[value] = data.ValueMappingResult{Color: of[value], Index: i}
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
