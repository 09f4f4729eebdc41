package conformance

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/conformance/engine"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/conformance/history"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/conformance/oracle"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/debian"
)

//go:embed testdata/expressions.txt
var expressionList string

// startFed starts a VictoriaMetrics that knows the counters of a history since before its first event.
func startFed(t testing.TB, data oracle.Data) server {
	t.Helper()
	address := freeAddress(t)
	start(t, debian.Program(t, "victoria-metrics", "victoria-metrics"), "-storageDataPath="+t.TempDir(), "-httpListenAddr="+address,
		"-search.latencyOffset=0s", "-search.disableCache", "-retentionPeriod=100y", "-loggerLevel=ERROR")
	s := server{"VictoriaMetrics", "http://" + address}
	require.Eventually(t, func() bool {
		response, err := http.Get(s.url + "/health")
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	}, patience, 50*time.Millisecond)
	post := func(path string, body []byte) {
		response, err := http.Post(s.url+path, "application/json", bytes.NewReader(body))
		require.NoError(t, err)
		response.Body.Close()
		require.Less(t, response.StatusCode, 300, path)
	}
	post("/api/v1/import", samplesOf(data))
	post("/internal/force_flush", nil)
	return s
}

// samplesOf are the counters' samples in VictoriaMetrics' form.
func samplesOf(data oracle.Data) []byte {
	var lines bytes.Buffer
	for _, c := range history.Scraped(data) {
		var line struct {
			Metric     map[string]string `json:"metric"`
			Values     []float64         `json:"values"`
			Timestamps []int64           `json:"timestamps"`
		}
		line.Metric, line.Values = c.Labels, c.Values
		for _, at := range c.Times {
			line.Timestamps = append(line.Timestamps, at.UnixMilli())
		}
		text, _ := json.Marshal(line) // texts and numbers always can be
		lines.Write(append(text, '\n'))
	}
	return lines.Bytes()
}

// evaluate asks a server for what an evaluation range asks for.
func (s server) evaluate(t *testing.T, expr string, g oracle.EvalRange) ([]oracle.Series, error) {
	t.Helper()
	var data struct {
		Result []struct {
			Metric map[string]string
			Value  [2]any
			Values [][2]any
		}
	}
	seconds := func(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }
	times := g.Times()
	path, parameters := "query", url.Values{"query": {expr}, "nocache": {"1"}, "time": {seconds(g.End)}}
	if g.Step > 0 {
		path = "query_range"
		parameters = url.Values{"query": {expr}, "nocache": {"1"}, "start": {seconds(times[0])},
			"end": {seconds(times[len(times)-1])}, "step": {seconds(time.Unix(int64(g.Step.Seconds()), 0))}}
	}
	if err := s.get(t, path, parameters, &data); err != nil {
		return nil, err
	}
	index := map[int64]int{}
	for i, at := range times {
		index[at.Unix()] = i
	}
	var list []oracle.Series
	for _, r := range data.Result {
		values := slices.Repeat([]float64{math.NaN()}, len(times))
		if g.Step == 0 {
			r.Values = [][2]any{r.Value}
		}
		for _, v := range r.Values {
			at, _ := v[0].(float64)
			text, _ := v[1].(string)
			value, err := strconv.ParseFloat(text, 64)
			i, known := index[int64(at)]
			if err != nil || !known {
				return nil, fmt.Errorf("unexpected sample %v", v)
			}
			values[i] = value
		}
		maps.DeleteFunc(r.Metric, func(_, value string) bool { return value == "" }) // label_replace leaves such labels
		list = append(list, oracle.Series{Labels: r.Metric, Values: values})
	}
	return list, nil
}

// The oracle is worth something: it says what a VictoriaMetrics says.
func TestOracleAgreesWithVictoriaMetrics(t *testing.T) {
	data := history.New(1, 1200).Data()
	vm := startFed(t, data)
	compared := 0
	for _, x := range history.Expressions(expressionList) {
		for _, g := range history.Ranges {
			want, err := vm.evaluate(t, x.Text, g.EvalRange)
			if !assert.NoError(t, err, x.Text) {
				break
			}
			got, err := data.Evaluate(x.Text, g.EvalRange)
			if !assert.NoError(t, err, x.Text) {
				break
			}
			if difference := oracle.Disagreement(x.Text, g.EvalRange, want, got); difference != "" {
				t.Errorf("%s, %s: %s", x.Text, g.Name, difference)
			}
			compared++
		}
	}
	t.Logf("%d results compared", compared)
}

// So it does with expressions that nobody has thought of.
func TestOracleAgreesWithVictoriaMetricsOnInventedExpressions(t *testing.T) {
	data := history.New(1, 1200).Data()
	inventedAgainst(t, startFed(t, data), data.Evaluate, data, 700)
}

// inventedAgainst compares with a VictoriaMetrics an engine's results for invented expressions.
func inventedAgainst(t *testing.T, vm server, evaluate engine.Evaluator, data oracle.Data, n int) {
	t.Helper()
	g, random := generator(77, data), rand.New(rand.NewPCG(77, 77))
	g.Scraped = true
	nonEmpty := 0
	for range n {
		text, _ := g.Expression()
		step := []time.Duration{2 * time.Minute, 5 * time.Minute, 7 * time.Minute, time.Hour}[random.IntN(4)]
		evalRange := oracle.EvalRange{Start: history.Dawn.Add(time.Duration(8+random.IntN(8)) * time.Hour).Truncate(step), Step: step}
		evalRange.End = evalRange.Start.Add(time.Duration(random.IntN(20)) * step)
		if samples := history.Dusk.Add(-10 * time.Minute); evalRange.End.After(samples) { // offsets look ahead by ten minutes
			evalRange.End = samples
		}
		want, err := vm.evaluate(t, text, evalRange)
		require.NoError(t, err, text)
		got, err := evaluate(text, evalRange)
		if assert.NoError(t, err, text) {
			assert.Empty(t, oracle.Difference(evalRange, want, got), text)
		}
		if len(want) > 0 {
			nonEmpty++
		}
	}
	require.Greater(t, nonEmpty, n/2)
	t.Logf("%d results compared, %d of them not empty", n, nonEmpty)
}

//go:embed testdata/differences.txt
var differenceList string

// What is said to differ does, and for no longer than it does.
func TestDifferencesFromVictoriaMetrics(t *testing.T) {
	data := history.New(1, 1200).Data()
	vm := startFed(t, data)
	for _, x := range history.Expressions(differenceList) {
		differs := false
		for _, g := range history.Ranges {
			got, err := data.Evaluate(x.Text, g.EvalRange)
			require.NoError(t, err, x.Text)
			want, err := vm.evaluate(t, x.Text, g.EvalRange)
			differs = differs || err != nil || oracle.Disagreement(x.Text, g.EvalRange, want, got) != ""
		}
		assert.True(t, differs, "%s: the same everywhere: belongs to expressions.txt", x.Text)
	}
}
