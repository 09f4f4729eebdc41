package devenv

import (
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPanelsAskWhatTheDashboardShowsWhenOpened(t *testing.T) {
	now := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	panels, err := decodePanels([]byte(`{
		"title": "A day",
		"time": {"from": "now-36h", "to": "now-12h"},
		"templating": {"list": [
			{"name": "status", "current": {"value": "$__all"}},
			{"name": "app", "current": {"value": "the \"best\""}},
			{"name": "half", "current": {"value": "12h"}},
			{"name": "several", "current": {"value": ["$__all"]}},
			{"name": "one", "type": "query", "query": {"queryType": "signIn", "field": "userPrincipalName", "filters": []}}
		]},
		"panels": [
			{"title": "As it is", "targets": [{"values": ["$status", "${app}", "$other", "$several", "$one", "${__user.email}"]}]},
			{"title": "${__from:date:YYYY-MM-DD HH:mm} to ${__to:date:YYYY-MM-DD HH:mm}", 
				"timeShift": "0h+${half}", "maxDataPoints": 100, "targets": [{"refId": "A"}]},
			{"title": "Of another data source", "targets": [{"datasource": {"type": "prometheus"}, "expr": "up"}]},
			{"title": "A heading"}
		]}`), now, func(offered offer) (string, error) { return offered.QueryType + " " + offered.Field, nil })
	require.NoError(t, err)
	require.Len(t, panels, 2)
	assert.JSONEq(t, `{"values": ["$__all", "the \"best\"", "$other", "$__all", "signIn userPrincipalName",
		"signIn userPrincipalName"]}`, string(panels[0].targets[0]))
	assert.Equal(t, backend.TimeRange{From: now.Add(-36 * time.Hour), To: now.Add(-12 * time.Hour)}, panels[0].span)
	assert.Equal(t, backend.TimeRange{From: now.Add(-24 * time.Hour), To: now}, panels[1].span)
	assert.JSONEq(t, `{"refId": "A", "maxDataPoints": 100}`, string(panels[1].targets[0]))
	assert.Equal(t, "2026-03-30 12:00 to 2026-03-31 12:00", panels[1].title)
}

func TestOffset(t *testing.T) {
	for steps, want := range map[string]time.Duration{
		"":        0,
		"-30d":    -30 * 24 * time.Hour,
		"+1w":     7 * 24 * time.Hour,
		"-0h+12h": 12 * time.Hour,
		"-1d-12h": -36 * time.Hour,
	} {
		have, err := offset(steps)
		assert.NoError(t, err, steps)
		assert.Equal(t, want, have, steps)
	}
	for _, wrong := range []string{"-", "1d", "-1d/d", "-1y"} {
		_, err := offset(wrong)
		assert.Error(t, err, wrong)
	}
}
