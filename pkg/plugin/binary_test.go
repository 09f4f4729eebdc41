package plugin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/pluginhost"
	"github.com/entra-activity/entra-activity-datasource/pkg/plugin"
)

// program builds the plugin, once for all tests.
var program = sync.OnceValues(func() (path string, err error) {
	if programFolder, err = os.MkdirTemp("", "plugin-"); err != nil {
		return "", err
	}
	path = filepath.Join(programFolder, "gpx_entra_activity")
	if out, err := exec.Command("go", "build", "-o", path, "..").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

var programFolder string

// shared is the plugin as Grafana runs it: one process for all data sources.
var shared = sync.OnceValues(func() (built, error) {
	b, err := start()
	if err == nil {
		stopShared = b.Stop
	}
	return b, err
})

var stopShared = func() {}

// stop ends the process that the tests share, and leaves nothing of the program behind.
func stop() {
	stopShared()
	if programFolder != "" {
		os.RemoveAll(programFolder) //nolint:errcheck // it lies where the system removes what is left
	}
}

// built is the program that Grafana starts, running.
type built struct{ *pluginhost.Plugin }

func start() (built, error) {
	path, err := program()
	if err != nil {
		return built{}, err
	}
	p, err := pluginhost.Start(path, pluginhost.Settings{})
	return built{p}, err
}

// build returns the built plugin in a process that no other test has.
func build(t *testing.T) built {
	t.Helper()
	b, err := start()
	require.NoError(t, err)
	t.Cleanup(b.Stop)
	return b
}

// dataSource is a data source of the built plugin, as Grafana reaches it for a viewer.
type dataSource struct{ *pluginhost.Plugin }

func (b built) dataSource(s backend.DataSourceInstanceSettings) dataSource {
	return dataSource{b.As(backend.PluginContext{
		OrgID: 1, PluginID: plugin.ID, User: &backend.User{Login: "viewer", Role: "Viewer"}, DataSourceInstanceSettings: &s,
	})}
}

func instance(t *testing.T, s backend.DataSourceInstanceSettings) dataSource {
	t.Helper()
	b, err := shared()
	require.NoError(t, err)
	return b.dataSource(s)
}

func TestTheBuiltPlugin(t *testing.T) {
	program := build(t)
	t.Run("queries", program.runsQueries)
	t.Run("streams downloads", program.streamsDownloads)
	t.Run("tails", program.tails)
	t.Run("stops", program.stops)
	t.Run("TLS", program.encrypts)
	t.Run("outage", program.survivesAnOutage)
	t.Run("pooler", program.sharesConnections)
}

// query sends models in one request, as a dashboard does, and returns their responses in order.
func (d dataSource) query(ctx context.Context, models ...string) ([]backend.DataResponse, error) {
	request := &backend.QueryDataRequest{}
	for i, model := range models {
		request.Queries = append(request.Queries, backend.DataQuery{
			RefID: fmt.Sprint(i), JSON: []byte(model), MaxDataPoints: 100, TimeRange: twoDays,
		})
	}
	byRefID, err := d.QueryData(ctx, request)
	if err != nil {
		return nil, err
	}
	responses := make([]backend.DataResponse, len(models))
	for i := range models {
		responses[i] = byRefID.Responses[fmt.Sprint(i)]
	}
	return responses, nil
}

func (d dataSource) get(ctx context.Context, url string) (status int, body string, err error) {
	r := &received{}
	err = d.CallResource(ctx, resource("GET", url, ""), r.Send)
	return r.status, r.body.String(), err
}

func resource(method, url, body string) *backend.CallResourceRequest {
	path, _, _ := strings.Cut(url, "?")
	return &backend.CallResourceRequest{Method: method, Path: path, URL: url, Body: []byte(body)}
}

// post sends a body to a resource.
func (d dataSource) post(ctx context.Context, path string, body any) (status int, reply object, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	r := &received{}
	if err = d.CallResource(ctx, resource("POST", path, string(text)), r.Send); err != nil {
		return 0, nil, err
	}
	return r.status, reply, json.Unmarshal([]byte(r.body.String()), &reply)
}

// everyView has a model for each form of result, from rows and from the rollup.
var everyView = []string{
	`{"view": "list", "filters": [{"field": "userPrincipalName", "operator": "startsWith", "values": ["a", "m"]}]}`,
	`{"view": "list", "filters": [{"field": "id", "operator": "=~", "values": [".*[0-9]"]}]}`,
	`{"view": "timeSeries", "interval": "1h", "groupBy": ["status"], "timezone": "Europe/Berlin"}`,
	`{"view": "table", "groupBy": ["appDisplayName", "city"],
		"filters": [{"field": "ipAddress", "operator": "notInNetwork", "values": ["10.0.0.0/8"]}]}`,
	`{"view": "table", "measure": "distinctUsers", "groupBy": ["appDisplayName"], "top": 1, "other": true}`,
	`{"view": "value", "measure": "failureRate", "filters": [{"field": "errorCode", "operator": "in", "values": ["0", "50126"]}]}`,
}

func (b built) runsQueries(t *testing.T) {
	_, u := database(t)
	d := b.dataSource(settings(t, u, nil))
	responses, err := d.query(t.Context(), append(everyView, `{"queryType": "signIn", "view": "pie"}`)...)
	require.NoError(t, err)
	for i := range everyView {
		require.NoError(t, responses[i].Error, everyView[i])
		require.NotZero(t, responses[i].Frames[0].Rows(), everyView[i])
	}
	require.ErrorContains(t, responses[len(everyView)].Error, "use timeSeries, table, value, calendar, list")

	message, err := d.Health(t.Context())
	require.NoError(t, err)
	require.Contains(t, message, "records of one tenant")

	status, body, err := d.get(t.Context(), "values?kind=signIn&field=appDisplayName&search=tea")
	require.NoError(t, err)
	require.Equal(t, 200, status, body)
	require.Contains(t, body, "Teams")
}
