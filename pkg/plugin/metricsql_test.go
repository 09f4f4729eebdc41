package plugin_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"
)

// documented matches an expression in the documentation, how to run it, and the result below it.
var documented = regexp.MustCompile("(?s)```promql ([^\n]*)\n(.*?)\n```\n\n```text\n(.*?)```\n")

// TestMetricsQLDocumentation runs every example of docs/metricsql.md.
func TestMetricsQLDocumentation(t *testing.T) {
	const path = "../../docs/metricsql.md"
	d := build(t).dataSource(settings(t, contoso(t), nil))
	run := func(expr, how string) backend.DataResponse {
		model := object{"queryType": "metrics", "version": 2, "expr": expr}
		interval := time.Hour
		switch {
		case how == "instant":
			model["instant"] = true
		case strings.HasPrefix(how, "by "):
			model["interval"] = how[3:]
			interval = map[string]time.Duration{"1d": 24 * time.Hour, "1h": time.Hour}[how[3:]]
		default:
			require.Equal(t, "refused", how)
		}
		text, err := json.Marshal(model)
		require.NoError(t, err)
		responses, err := d.QueryData(t.Context(), &backend.QueryDataRequest{
			Queries: []backend.DataQuery{{RefID: "A", JSON: text, MaxDataPoints: 1000, Interval: interval, TimeRange: week}},
		})
		require.NoError(t, err)
		return responses.Responses["A"]
	}

	text, err := os.ReadFile(path)
	require.NoError(t, err)
	examples := 0
	updated := documented.ReplaceAllStringFunc(string(text), func(block string) string {
		parts := documented.FindStringSubmatch(block)
		how, expr := parts[1], parts[2]
		response, result := run(expr, how), ""
		if how == "refused" {
			require.Error(t, response.Error, expr)
			require.Equal(t, backend.StatusBadRequest, response.Status, expr)
			result = response.Error.Error() + "\n"
		} else {
			require.NoError(t, response.Error, expr)
			result = seriesAsText(t, response.Frames, how == "instant")
			examples++
		}
		return "```promql " + how + "\n" + expr + "\n```\n\n```text\n" + result + "```\n"
	})
	require.GreaterOrEqual(t, examples, 20)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(updated), 0o600))
	}
	require.Equal(t, string(text), updated, "run the test with -update")
}

// seriesAsText writes series side by side, below their labels; single values one below the other.
func seriesAsText(t *testing.T, frames data.Frames, instant bool) string {
	t.Helper()
	type column struct {
		title string
		cells map[time.Time]string
	}
	var columns []column
	times := map[time.Time]bool{}
	for _, frame := range frames {
		for _, field := range frame.Fields[min(1, len(frame.Fields)):] {
			var labels []string
			for name, value := range field.Labels {
				labels = append(labels, fmt.Sprintf("%s=%q", name, value))
			}
			slices.Sort(labels)
			c := column{"{" + strings.Join(labels, ", ") + "}", map[time.Time]string{}}
			for n := range field.Len() {
				at, ok := frame.Fields[0].ConcreteAt(n)
				require.True(t, ok)
				value, err := field.NullableFloatAt(n)
				require.NoError(t, err)
				if value != nil && !math.IsNaN(*value) {
					c.cells[at.(time.Time).UTC()] = strconv.FormatFloat(*value, 'g', 6, 64)
				}
				times[at.(time.Time).UTC()] = true
			}
			columns = append(columns, c)
		}
	}
	if len(columns) == 0 {
		return "(nothing)\n"
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	if instant {
		for _, c := range columns {
			for _, cell := range c.cells {
				fmt.Fprintf(w, "%s\t%s\n", c.title, cell)
			}
		}
	} else {
		fmt.Fprint(w, "time")
		for _, c := range columns {
			fmt.Fprintf(w, "\t%s", c.title)
		}
		fmt.Fprintln(w)
		var order []time.Time
		for at := range times {
			order = append(order, at)
		}
		slices.SortFunc(order, time.Time.Compare)
		for _, at := range order {
			fmt.Fprint(w, at.Format("2006-01-02 15:04"))
			for _, c := range columns {
				cell := c.cells[at]
				if cell == "" {
					cell = "-"
				}
				fmt.Fprintf(w, "\t%s", cell)
			}
			fmt.Fprintln(w)
		}
	}
	w.Flush() //nolint:errcheck // a strings.Builder takes everything
	return b.String()
}
