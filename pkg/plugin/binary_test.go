package plugin_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
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

func build(t *testing.T) built {
	t.Helper()
	program := filepath.Join(t.TempDir(), "gpx_entra_activity")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "..").CombinedOutput()
	require.NoError(t, err, "%s", out)
	command := exec.Command(program)
	client := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig: goplugin.HandshakeConfig{ProtocolVersion: grpcplugin.ProtocolVersion, MagicCookieKey: grpcplugin.MagicCookieKey, MagicCookieValue: grpcplugin.MagicCookieValue},
		VersionedPlugins: map[int]goplugin.PluginSet{grpcplugin.ProtocolVersion: {
			"diagnostics": &grpcplugin.DiagnosticsGRPCPlugin{}, "resource": &grpcplugin.ResourceGRPCPlugin{}, "data": &grpcplugin.DataGRPCPlugin{}, "stream": &grpcplugin.StreamGRPCPlugin{},
		}},
		Cmd:              command,
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		Logger:           hclog.NewNullLogger(),
	})
	t.Cleanup(client.Kill)
	rpc, err := client.Client()
	require.NoError(t, err)
	dispense := func(name string) any {
		raw, err := rpc.Dispense(name)
		require.NoError(t, err)
		return raw
	}
	return built{command.Process.Pid, dispense("data").(grpcplugin.DataClient), dispense("diagnostics").(grpcplugin.DiagnosticsClient),
		dispense("resource").(grpcplugin.ResourceClient), dispense("stream").(grpcplugin.StreamClient)}
}

func asker(s backend.DataSourceInstanceSettings) backend.PluginContext {
	return backend.PluginContext{OrgID: 1, PluginID: plugin.ID, User: &backend.User{Login: "viewer", Role: "Viewer"}, DataSourceInstanceSettings: &s}
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
	request := &backend.QueryDataRequest{PluginContext: asker(s)}
	for i, model := range models {
		request.Queries = append(request.Queries, backend.DataQuery{
			RefID: fmt.Sprint(i), JSON: []byte(model), MaxDataPoints: 100, TimeRange: backend.TimeRange{From: day, To: day.AddDate(0, 0, 2)},
		})
	}
	answer, err := b.data.QueryData(ctx, backend.ToProto().QueryDataRequest(request))
	if err != nil {
		return nil, err
	}
	byRefID, err := backend.FromProto().QueryDataResponse(answer)
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
