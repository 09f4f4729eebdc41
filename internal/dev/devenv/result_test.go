package devenv

import (
	"slices"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
)

var noon = time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)

func series(name string, values ...float64) *data.Frame {
	times := make([]time.Time, len(values))
	for i := range times {
		times[i] = noon.Add(time.Duration(i) * time.Hour)
	}
	value := data.NewField("value", nil, values)
	value.Config = &data.FieldConfig{DisplayNameFromDS: name}
	until := data.NewField("until", nil, slices.Repeat([]string{"2026-03-31T23:00:00.000Z"}, len(values)))
	return data.NewFrame("", data.NewField("time", nil, times), value, until)
}

func TestCheckFindsAnswersWithNothingToSee(t *testing.T) {
	text := "Ann"
	for name, c := range map[string]struct {
		frames data.Frames
		ok     bool
	}{
		"no frames":      {nil, false},
		"no fields":      {data.Frames{data.NewFrame("")}, false},
		"no rows":        {data.Frames{series("success")}, false},
		"only zeros":     {data.Frames{series("success", 0, 0), series("failure", 0, 0)}, false},
		"a count":        {data.Frames{series("success", 0, 0), series("failure", 0, 1)}, true},
		"only no values": {data.Frames{data.NewFrame("", data.NewField("user", nil, []*string{nil}))}, false},
		"a name":         {data.Frames{data.NewFrame("", data.NewField("user", nil, []*string{nil, &text}))}, true},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.ok, result{frames: c.frames}.check() == nil)
		})
	}
}

func TestSummaryOfAShareIsInPerCent(t *testing.T) {
	share := data.NewField("value", nil, []float64{0.0860022})
	share.Config = &data.FieldConfig{Unit: "percentunit"}
	assert.Equal(t, "8.6%", result{frames: data.Frames{data.NewFrame("", share)}}.summary())
}
