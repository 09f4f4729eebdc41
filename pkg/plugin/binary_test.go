package plugin_test

import (
	"os/exec"
	"path/filepath"
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
}

func (b built) answers(t *testing.T) {
	_, u := database(t)
	asker := asker(settings(t, u, nil))
	answer, err := b.data.QueryData(t.Context(), backend.ToProto().QueryDataRequest(&backend.QueryDataRequest{PluginContext: asker, Queries: []backend.DataQuery{
		{RefID: "A", JSON: []byte(`{"queryType": "signIn", "view": "list"}`), TimeRange: backend.TimeRange{From: day, To: day.AddDate(0, 0, 2)}},
		{RefID: "B", JSON: []byte(`{"queryType": "signIn", "view": "pie"}`), TimeRange: backend.TimeRange{From: day, To: day.AddDate(0, 0, 2)}},
	}}))
	require.NoError(t, err)
	responses, err := backend.FromProto().QueryDataResponse(answer)
	require.NoError(t, err)
	require.NoError(t, responses.Responses["A"].Error)
	require.Equal(t, 4, responses.Responses["A"].Frames[0].Rows())
	require.ErrorContains(t, responses.Responses["B"].Error, "use timeSeries, table, value, list")

	health, err := b.diagnostics.CheckHealth(t.Context(), &pluginv2.CheckHealthRequest{PluginContext: backend.ToProto().PluginContext(asker)})
	require.NoError(t, err)
	require.Equal(t, pluginv2.CheckHealthResponse_OK, health.Status, health.Message)
	require.Contains(t, health.Message, "records of one tenant")
}
