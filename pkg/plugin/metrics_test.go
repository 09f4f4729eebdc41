package plugin_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/experimental"
	"github.com/stretchr/testify/require"
)

func TestMetricsFrames(t *testing.T) {
	_, u := database(t)
	d := instance(t, settings(t, u, nil))
	for name, model := range map[string]object{
		"metrics_range": {"expr": `sum by (app, status) (increase(entra_signins_total[1h]))`, "interval": "8h"},
		"metrics_legend": {"expr": `sum by (app) (increase(entra_signins_total[$__interval]))`, "interval": "1d",
			"legendFormat": "{{app}} of {{ tenant }}"},
		"metrics_sparse":  {"expr": `sum by (user_principal_name) (increase(entra_signins_total[8h]))`, "interval": "8h"},
		"metrics_instant": {"expr": `sum by (app) (increase(entra_signins_total[1d]))`, "instant": true},
		"metrics_number": {"instant": true,
			"expr": `sum(increase(entra_signins_total{status="failure"}[$__range])) / sum(increase(entra_signins_total[$__range]))`},
		"metrics_nothing": {"expr": `sum(count_over_time(entra_signin_events{app="Atlantis"}[1d]))`, "interval": "1d"},
	} {
		t.Run(name, func(t *testing.T) {
			model["queryType"], model["version"] = "metrics", 2
			response := run(t, d, model)
			require.NoError(t, response.Error)
			experimental.CheckGoldenJSONResponse(t, "testdata", name, &response, *update)
		})
	}
}

func TestMetricsErrors(t *testing.T) {
	_, u := database(t)
	d := instance(t, settings(t, u, nil))
	for _, tt := range []struct {
		model object
		error string
	}{
		{object{"expr": "irate(entra_signins_total[5m])"}, "expr: irate takes the last two samples of a scrape"},
		{object{"expr": 7}, "expr: number is not what belongs here"},
		{object{"expr": "1", "version": 3}, "version: the query was saved by a newer version of the plugin"},
		{object{"expr": "1", "axis": "sideways"}, `axis: unknown axis "sideways": use event or ingest`},
		{object{"expr": "1", "interval": "often"}, `interval: "often" is no duration: write it like 5m or 1h`},
		{object{"expr": "1", "interval": "-5m"}, `interval: "-5m" is no duration`},
		{object{}, "expr: the expression is empty"},
	} {
		tt.model["queryType"] = "metrics"
		response := run(t, d, tt.model)
		require.ErrorContains(t, response.Error, tt.error)
		require.Equal(t, backend.StatusBadRequest, response.Status, tt.error)
		require.Equal(t, backend.ErrorSourceDownstream, response.ErrorSource, tt.error)
	}
}

// MetricsQL through the program that Grafana starts: results, and what the editor needs.
func TestTheBuiltPluginRunsMetricsQL(t *testing.T) {
	_, u := database(t)
	d := build(t).dataSource(settings(t, u, nil))
	get := func(url string) object {
		status, body, err := d.get(t.Context(), url)
		require.NoError(t, err)
		require.Equal(t, 200, status, body)
		var reply object
		require.NoError(t, json.Unmarshal([]byte(body), &reply))
		return reply
	}

	responses, err := d.query(t.Context(),
		`{"queryType": "metrics", "instant": true,
			"expr": "sum(increase(entra_signins_total{status=\"failure\"}[2d])) / sum(increase(entra_signins_total[2d])) > 0.2"}`,
		`{"queryType": "metrics", "expr": "topk(1, sum by (app) (increase(entra_signins_total[1d])))", "interval": "1d"}`,
		`{"queryType": "metrics", "expr": "sum(increase(entra_signins_total[1d]))", "instant": true, "axis": "ingest"}`,
		`{"queryType": "metrics", "expr": "sum(increase(entra_signin_total[1d]))"}`)
	require.NoError(t, err)
	require.NoError(t, responses[0].Error)
	require.Equal(t, []float64{1. / 3}, floats(t, responses[0].Frames[0].Fields[1]),
		"the first sign-in, at the window's start, is not in it")
	require.NoError(t, responses[1].Error)
	require.Equal(t, "Teams", responses[1].Frames[len(responses[1].Frames)-1].Fields[1].Labels["app"])
	require.NoError(t, responses[2].Error)
	require.Empty(t, responses[2].Frames[0].Fields, "nothing was stored by then")
	require.ErrorContains(t, responses[3].Error, "did you mean entra_signins_total?")

	vocabulary := get("metrics")
	for part, names := range map[string][]string{
		"metrics":   {"entra_signins_total", "entra_signin_events"},
		"functions": {"increase", "topk", "label_replace"},
		"rejected":  {"irate"},
	} {
		text, err := json.Marshal(vocabulary[part])
		require.NoError(t, err)
		for _, name := range names {
			require.Contains(t, string(text), `"name":"`+name+`"`)
		}
	}

	for _, tt := range []struct {
		url  string
		want []any
	}{
		{"entra_signins_total&label=app", []any{"Azure Portal", "Teams"}},
		{"entra_signins_total&label=app&search=TEA", []any{"Teams"}},
		{"entra_signins_total&label=kind&search=inter", []any{"interactive", "noninteractive"}},
		{"entra_signins_total&label=kind&match=%7Bapp%3D%22Teams%22%7D", []any{"interactive"}},
		{"entra_signins_total&label=user_principal_name&match=entra_signins_total%7Bstatus%3D~%22succ.*%22%7D",
			[]any{"alex@contoso.example", "megan@contoso.example"}},
		{"entra_signins_total&label=app&match=%7Bstatus%3D%22failure%22%20or%20user_display_name%3D%22alex%22%7D",
			[]any{"Teams"}},
		{"entra_signin_failures_total&label=reason", []any{"InvalidUserNameOrPassword"}},
		{"entra_signins_total&label=app&from=1772409600000&to=1772409600001", []any{"Azure Portal"}},
		{"entra_signin_events&label=app&limit=1", []any{"Azure Portal"}},
	} {
		reply := get("metrics/values?metric=" + tt.url)
		require.Equal(t, tt.want, reply["values"], tt.url)
		require.Equal(t, strings.HasSuffix(tt.url, "limit=1"), reply["more"], tt.url)
	}
	for url, message := range map[string]string{
		"entra_signin_total&label=app":                                 "did you mean entra_signins_total?",
		"entra_signins_total&label=ap":                                 "has no label ap: did you mean app?",
		"entra_signins_total&label=app&match=sum(1)":                   "is no selector",
		"entra_signins_total&label=app&match=entra_audit_events_total": "whose values are asked for",
		"entra_signins_total&label=app&from=1":                         "only one end of the time range is given",
		"entra_signins_total&label=app&limit=many":                     `limit: \"many\" is not a whole number`,
	} {
		status, body, err := d.get(t.Context(), "metrics/values?metric="+url)
		require.NoError(t, err)
		require.Equal(t, 400, status, url)
		require.Contains(t, body, message, url)
	}

	check := func(expr string) object {
		status, reply, err := d.post(t.Context(), "metrics/check", object{"expr": expr})
		require.NoError(t, err)
		require.Equal(t, 200, status, reply)
		return reply
	}
	require.Equal(t, object{"ok": true, "pretty": "sum(increase(entra_signins_total[$__interval]))"},
		check("sum( increase(entra_signins_total[$__interval]) )"))
	require.Equal(t, object{"start": 7.0, "end": 12.0}, check("sum(   irate(entra_signins_total[5m]))")["at"])
	require.Equal(t, object{"start": 5.0, "end": 23.0}, check("1 + (entra_signin_total)")["at"])
	require.Contains(t, check("sum(")["error"], "not understood")
	require.Nil(t, check("sum(")["at"])
	require.Equal(t, object{"start": 46.0, "end": 50.0}, check(`increase(entra_signins_total{app="😀"}[1h]) + rand()`)["at"])

	status, plan, err := d.post(t.Context(), "metrics/explain", object{
		"expr": `sum(increase(entra_signins_total{status="failure"}[1h])) / sum(increase(entra_signins_total[1h]))`,
		"from": day.UnixMilli(), "to": day.Add(30*time.Hour + time.Minute).UnixMilli(), "step": time.Hour.Milliseconds(),
		"instant": false, "axis": "event",
	})
	require.NoError(t, err)
	require.Equal(t, 200, status, plan)
	require.EqualValues(t, day.UnixMilli(), plan["start"])
	require.EqualValues(t, day.Add(30*time.Hour).UnixMilli(), plan["end"])
	require.EqualValues(t, time.Hour.Milliseconds(), plan["step"])
	served := map[any]int{}
	for _, selector := range plan["selectors"].([]any) {
		selector := selector.(object)
		served[selector["served"]]++
		require.Contains(t, selector["sql"], "SELECT")
		require.Contains(t, selector["expr"], "entra_signins_total")
	}
	require.Equal(t, map[any]int{"rollup": 2, "totals": 2}, served)

	status, plan, err = d.post(t.Context(), "metrics/explain", object{"expr": "irate(entra_signins_total[5m])", "from": 1, "to": 2})
	require.NoError(t, err)
	require.Equal(t, 400, status, plan)
}

func floats(t *testing.T, field *data.Field) (list []float64) {
	t.Helper()
	for n := range field.Len() {
		v, err := field.FloatAt(n)
		require.NoError(t, err)
		list = append(list, v)
	}
	return list
}
