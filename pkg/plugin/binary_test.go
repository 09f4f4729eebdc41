package plugin_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/pkg/plugin"
)

// built is the program that Grafana starts, spoken to over the protocol that Grafana speaks.
type built struct {
	process     int
	data        grpcplugin.DataClient
	diagnostics grpcplugin.DiagnosticsClient
	resource    grpcplugin.ResourceClient
	stream      grpcplugin.StreamClient
}

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
var shared = sync.OnceValues(start)

// stop ends the processes, and leaves nothing of the program behind.
func stop() {
	goplugin.CleanupClients()
	if programFolder != "" {
		os.RemoveAll(programFolder) //nolint:errcheck // it lies where the system removes what is left
	}
}

// start starts the built plugin.
func start() (built, error) {
	path, err := program()
	if err != nil {
		return built{}, err
	}
	command := exec.Command(path)
	client := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig: goplugin.HandshakeConfig{ProtocolVersion: grpcplugin.ProtocolVersion, MagicCookieKey: grpcplugin.MagicCookieKey, MagicCookieValue: grpcplugin.MagicCookieValue},
		VersionedPlugins: map[int]goplugin.PluginSet{grpcplugin.ProtocolVersion: {
			"diagnostics": &grpcplugin.DiagnosticsGRPCPlugin{}, "resource": &grpcplugin.ResourceGRPCPlugin{}, "data": &grpcplugin.DataGRPCPlugin{}, "stream": &grpcplugin.StreamGRPCPlugin{},
		}},
		Cmd:              command,
		Managed:          true,
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		Logger:           hclog.NewNullLogger(),
	})
	rpc, err := client.Client()
	if err != nil {
		return built{}, err
	}
	var parts [4]any
	for i, name := range []string{"data", "diagnostics", "resource", "stream"} {
		if parts[i], err = rpc.Dispense(name); err != nil {
			return built{}, err
		}
	}
	return built{command.Process.Pid, parts[0].(grpcplugin.DataClient), parts[1].(grpcplugin.DiagnosticsClient),
		parts[2].(grpcplugin.ResourceClient), parts[3].(grpcplugin.StreamClient)}, nil
}

// build returns the built plugin in a process that no other test has.
func build(t *testing.T) built {
	t.Helper()
	b, err := start()
	require.NoError(t, err)
	return b
}

func asker(s backend.DataSourceInstanceSettings) backend.PluginContext {
	return backend.PluginContext{OrgID: 1, PluginID: plugin.ID, User: &backend.User{Login: "viewer", Role: "Viewer"}, DataSourceInstanceSettings: &s}
}

// dataSource is a data source of the built plugin, as Grafana reaches it.
type dataSource struct {
	built
	asking backend.PluginContext
}

func instance(t *testing.T, s backend.DataSourceInstanceSettings) dataSource {
	t.Helper()
	b, err := shared()
	require.NoError(t, err)
	return dataSource{b, asker(s)}
}

func (d dataSource) QueryData(ctx context.Context, r *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	r.PluginContext = d.asking
	answer, err := d.data.QueryData(ctx, backend.ToProto().QueryDataRequest(r))
	if err != nil {
		return nil, err
	}
	return backend.FromProto().QueryDataResponse(answer)
}

func (d dataSource) CallResource(ctx context.Context, r *backend.CallResourceRequest, sender backend.CallResourceResponseSender) error {
	r.PluginContext = d.asking
	stream, err := d.resource.CallResource(ctx, backend.ToProto().CallResourceRequest(r))
	if err != nil {
		return err
	}
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := sender.Send(backend.FromProto().CallResourceResponse(part)); err != nil {
			return err
		}
	}
}

func (d dataSource) CheckHealth(ctx context.Context) (*backend.CheckHealthResult, error) {
	answer, err := d.diagnostics.CheckHealth(ctx, &pluginv2.CheckHealthRequest{PluginContext: backend.ToProto().PluginContext(d.asking)})
	if err != nil {
		return nil, err
	}
	return &backend.CheckHealthResult{Status: backend.HealthStatus(answer.Status), Message: answer.Message, JSONDetails: answer.JsonDetails}, nil
}

func TestTheBuiltPlugin(t *testing.T) {
	program := build(t)
	t.Run("answers", program.answers)
	t.Run("streams downloads", program.streamsDownloads)
	t.Run("tails", program.tails)
	t.Run("stops", program.stops)
	t.Run("TLS", program.encrypts)
	t.Run("outage", program.survivesAnOutage)
	t.Run("pooler", program.sharesConnections)
}

// ask asks questions in one request, as a dashboard does, and returns their answers in order.
func (b built) ask(ctx context.Context, s backend.DataSourceInstanceSettings, models ...string) ([]backend.DataResponse, error) {
	request := &backend.QueryDataRequest{}
	for i, model := range models {
		request.Queries = append(request.Queries, backend.DataQuery{
			RefID: fmt.Sprint(i), JSON: []byte(model), MaxDataPoints: 100, TimeRange: backend.TimeRange{From: day, To: day.AddDate(0, 0, 2)},
		})
	}
	byRefID, err := dataSource{b, asker(s)}.QueryData(ctx, request)
	if err != nil {
		return nil, err
	}
	answers := make([]backend.DataResponse, len(models))
	for i := range models {
		answers[i] = byRefID.Responses[fmt.Sprint(i)]
	}
	return answers, nil
}

func (b built) health(ctx context.Context, s backend.DataSourceInstanceSettings) (ok bool, message string, err error) {
	health, err := b.diagnostics.CheckHealth(ctx, &pluginv2.CheckHealthRequest{PluginContext: backend.ToProto().PluginContext(asker(s))})
	if err != nil {
		return false, "", err
	}
	return health.Status == pluginv2.CheckHealthResponse_OK, health.Message, nil
}

func (b built) get(ctx context.Context, s backend.DataSourceInstanceSettings, url string) (status int, body string, err error) {
	path, _, _ := strings.Cut(url, "?")
	stream, err := b.resource.CallResource(ctx, &pluginv2.CallResourceRequest{PluginContext: backend.ToProto().PluginContext(asker(s)), Method: "GET", Path: path, Url: url})
	if err != nil {
		return 0, "", err
	}
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return status, body, nil
		}
		if err != nil {
			return 0, "", err
		}
		status, body = int(part.Code), body+string(part.Body)
	}
}

// everyView asks for each form of answer, from rows and from the rollup.
var everyView = []string{
	`{"view": "list", "filters": [{"field": "userPrincipalName", "operator": "startsWith", "values": ["a", "m"]}]}`,
	`{"view": "list", "filters": [{"field": "id", "operator": "=~", "values": [".*[0-9]"]}]}`,
	`{"view": "timeSeries", "interval": "1h", "groupBy": ["status"], "timezone": "Europe/Berlin"}`,
	`{"view": "table", "groupBy": ["appDisplayName", "city"], "filters": [{"field": "ipAddress", "operator": "notInNetwork", "values": ["10.0.0.0/8"]}]}`,
	`{"view": "table", "measure": "distinctUsers", "groupBy": ["appDisplayName"], "top": 1, "other": true}`,
	`{"view": "value", "measure": "failureRate", "filters": [{"field": "errorCode", "operator": "in", "values": ["0", "50126"]}]}`,
}

func (b built) answers(t *testing.T) {
	_, u := database(t)
	s := settings(t, u, nil)
	answers, err := b.ask(t.Context(), s, append(everyView, `{"queryType": "signIn", "view": "pie"}`)...)
	require.NoError(t, err)
	for i := range everyView {
		require.NoError(t, answers[i].Error, everyView[i])
		require.NotZero(t, answers[i].Frames[0].Rows(), everyView[i])
	}
	require.ErrorContains(t, answers[len(everyView)].Error, "use timeSeries, table, value, calendar, list")

	ok, message, err := b.health(t.Context(), s)
	require.NoError(t, err)
	require.True(t, ok, message)
	require.Contains(t, message, "records of one tenant")

	status, body, err := b.get(t.Context(), s, "values?kind=signIn&field=appDisplayName&search=tea")
	require.NoError(t, err)
	require.Equal(t, 200, status, body)
	require.Contains(t, body, "Teams")
}
