package plugin_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/experimental"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/demo/demotest"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// The week that the documentation asks about.
var week = backend.TimeRange{From: demotest.Week, To: demotest.End}

// contoso returns the address of a store with the invented tenant.
func contoso(t *testing.T) *url.URL {
	t.Helper()
	db, address := demotest.Store(t)
	return pgtest.Reader(t, db, address)
}

// Every kind of record in every view, and every query of the documentation, through the program that Grafana starts.
func TestTheBuiltPluginRunsEveryKind(t *testing.T) {
	u := contoso(t)
	d := instance(t, settings(t, u, nil))
	run := func(t *testing.T, model string) backend.DataResponse {
		responses, err := d.QueryData(t.Context(), &backend.QueryDataRequest{
			Queries: []backend.DataQuery{{RefID: "A", JSON: []byte(model), MaxDataPoints: 100, TimeRange: week}},
		})
		require.NoError(t, err)
		response := responses.Responses["A"]
		require.NoError(t, response.Error, model)
		return response
	}

	for _, kind := range query.Kinds() {
		for _, view := range []query.View{query.TimeSeries, query.Table, query.Value, query.Calendar, query.List} {
			t.Run(fmt.Sprintf("%s %s", kind.Name, view), func(t *testing.T) {
				model := object{"queryType": kind.Name, "version": 2, "view": view, "limit": 3, "interval": "1w", "top": 3}
				for _, name := range []string{"status", "riskLevel"} {
					if kind.Field(name) != nil && (view == query.TimeSeries || view == query.Table) {
						model["groupBy"] = []string{name}
					}
				}
				if kind == activity.UserActivity {
					model["filters"] = []any{object{"field": "userPrincipalName", "operator": "contains", "values": []string{"@"}}}
				}
				text, err := json.Marshal(model)
				require.NoError(t, err)
				response := run(t, string(text))
				require.NotEmpty(t, response.Frames[0].Fields)
				for _, frame := range response.Frames {
					if frame.Meta.ExecutedQueryString != "" { // the statement is compared elsewhere
						frame.Meta.ExecutedQueryString = "..."
					}
				}
				experimental.CheckGoldenJSONResponse(t, "testdata", fmt.Sprintf("kind_%s_%s", kind.Name, view), &response, *update)
			})
		}
	}

	t.Run("the documentation", func(t *testing.T) {
		const path = "../../docs/queries.md"
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		documented := map[string]bool{}
		updated := example.ReplaceAllStringFunc(string(text), func(block string) string {
			model := example.FindStringSubmatch(block)[1]
			var kind struct{ QueryType string }
			require.NoError(t, json.Unmarshal([]byte(model), &kind), model)
			documented[kind.QueryType] = true
			response := run(t, model)
			return "```json\n" + model + "```\n\n```text\n" + asText(response.Frames) + "```\n"
		})
		for _, kind := range query.Kinds() {
			require.True(t, documented[kind.Name], "there is no example of %s", kind.Name)
		}
		pictures := map[string]string{}
		for _, m := range pictured.FindAllStringSubmatch(string(text), -1) {
			pictures[m[1]] = m[2]
			picture, err := os.Stat("../../docs/" + m[2])
			require.NoError(t, err, "run go tool mage screenshots, and look at it")
			require.Less(t, picture.Size(), int64(120_000), m[2])
		}
		for _, kind := range query.Kinds() {
			require.Contains(t, pictures, kind.Name, "an example and its picture")
		}
		if *update {
			require.NoError(t, os.WriteFile(path, []byte(updated), 0o600))
		}
		require.Equal(t, string(text), updated, "run the test with -update")
	})
}

// The queries that the help in Explore and the editor of annotations offer have results.
func TestExamplesOfTheEditors(t *testing.T) {
	text, err := os.ReadFile("../../src/testing/examples.json")
	require.NoError(t, err)
	var examples []struct {
		Title string
		Query object
	}
	require.NoError(t, json.Unmarshal(text, &examples))
	require.NotEmpty(t, examples)
	d := instance(t, settings(t, contoso(t), nil))
	some := 0
	for _, e := range examples {
		text, err := json.Marshal(e.Query)
		require.NoError(t, err)
		response, err := d.QueryData(t.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{{
			RefID: "A", JSON: text, MaxDataPoints: 100, TimeRange: backend.TimeRange{From: demotest.Start, To: demotest.End},
		}}})
		require.NoError(t, err)
		require.NoError(t, response.Responses["A"].Error, e.Title)
		if len(response.Responses["A"].Frames[0].Fields) > 0 {
			some++
		}
	}
	require.Greater(t, some, len(examples)*2/3, "most find something in three weeks of the invented tenant")
}

// example matches a query in the documentation and the result below it.
var example = regexp.MustCompile("(?s)```json\n(.*?)```\n\n```text\n(.*?)```\n")

// pictured matches an example with a picture below its result.
var pictured = regexp.MustCompile("\"queryType\": \"(\\w+)\"[^`]*```\n\n```text\n[^`]*```\n\n" +
	`!\[[^\]]+\]\((img/queries/[\w-]+\.png)\)`)

// asText writes what is seen of a result as a table, series side by side.
func asText(frames data.Frames) string {
	var columns []*data.Field
	for i, frame := range frames {
		for _, field := range frame.Fields {
			hidden := field.Config != nil && field.Config.Custom["hideFrom"] != nil
			if field.Type() != data.FieldTypeJSON && !hidden && (i == 0 || field.Name != "time") {
				columns = append(columns, field)
			}
		}
	}
	if len(columns) == 0 {
		return "(nothing)\n"
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for n := -1; n < columns[0].Len(); n++ {
		var cells []string
		for _, field := range columns {
			if n < 0 {
				cells = append(cells, title(field))
			} else {
				cells = append(cells, cell(field, n))
			}
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	w.Flush() //nolint:errcheck // a strings.Builder takes everything
	return regexp.MustCompile(` +\n`).ReplaceAllString(b.String(), "\n")
}

func title(field *data.Field) string {
	if field.Config == nil {
		return field.Name
	}
	names := []string{field.Config.DisplayName, field.Config.DisplayNameFromDS, field.Name}
	return names[slices.IndexFunc(names, func(name string) bool { return name != "" })]
}

func cell(field *data.Field, n int) string {
	value, ok := field.ConcreteAt(n)
	if !ok {
		return "-"
	}
	switch v := value.(type) {
	case time.Time:
		return strings.TrimSuffix(v.UTC().Format("2006-01-02 15:04"), " 00:00")
	case float64:
		switch field.Config.Unit {
		case "percentunit":
			return fmt.Sprintf("%.1f %%", v*100)
		case "ms":
			return fmt.Sprintf("%.0f ms", v)
		}
	}
	return fmt.Sprint(value)
}
