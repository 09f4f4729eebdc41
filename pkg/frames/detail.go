package frames

import (
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// sections returns a frame for each section of a record. An empty one has no fields, so that a panel says "no data".
func sections(r *query.Result) (frames data.Frames) {
	for _, s := range r.Sections {
		frame := data.NewFrame(s.Name)
		if len(s.Rows) > 0 {
			frame = records(s.Columns, s.Rows)
			frame.Name = s.Name
		}
		if result, _ := frame.FieldByName("result"); s.Name == "policies" && result != nil {
			result.Config.Mappings = policyResults
		}
		frames = append(frames, frame)
	}
	return frames
}

// policyResults colors the results of Conditional Access policies. Report-only policies decide nothing, so theirs are paler.
var policyResults = func() data.ValueMappings {
	mapper := data.ValueMapper{}
	for i, result := range []struct{ name, color string }{
		{"success", Green}, {"failure", Red}, {"notApplied", Gray}, {"notEnabled", Gray},
		{"reportOnlySuccess", "light-green"}, {"reportOnlyFailure", "light-red"},
		{"reportOnlyInterrupted", "light-orange"}, {"reportOnlyNotApplied", Gray},
	} {
		mapper[result.name] = data.ValueMappingResult{Color: result.color, Index: i}
	}
	return data.ValueMappings{mapper}
}()
