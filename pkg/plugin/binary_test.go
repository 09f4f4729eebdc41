package plugin_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/pkg/plugin"
)

// built returns a connection to the program that Grafana starts.
func built(t *testing.T) goplugin.ClientProtocol {
	t.Helper()
	program := filepath.Join(t.TempDir(), "gpx_entra_activity")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "..").CombinedOutput()
	require.NoError(t, err, "%s", out)
	client := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig: goplugin.HandshakeConfig{ProtocolVersion: grpcplugin.ProtocolVersion, MagicCookieKey: grpcplugin.MagicCookieKey, MagicCookieValue: grpcplugin.MagicCookieValue},
		VersionedPlugins: map[int]goplugin.PluginSet{grpcplugin.ProtocolVersion: {
			"diagnostics": &grpcplugin.DiagnosticsGRPCPlugin{}, "resource": &grpcplugin.ResourceGRPCPlugin{}, "data": &grpcplugin.DataGRPCPlugin{},
		}},
		Cmd:              exec.Command(program),
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
	})
	t.Cleanup(client.Kill)
	rpc, err := client.Client()
	require.NoError(t, err)
	return rpc
}

// The program that Grafana starts answers over the protocol that Grafana speaks.
func TestTheBuiltPluginAnswers(t *testing.T) {
	rpc := built(t)
	_, u := database(t)
	s := settings(t, u, nil)
	asker := backend.PluginContext{OrgID: 1, PluginID: plugin.ID, User: &backend.User{Login: "viewer", Role: "Viewer"}, DataSourceInstanceSettings: &s}
	raw, err := rpc.Dispense("data")
	require.NoError(t, err)
	answer, err := raw.(grpcplugin.DataClient).QueryData(t.Context(), backend.ToProto().QueryDataRequest(&backend.QueryDataRequest{PluginContext: asker, Queries: []backend.DataQuery{
		{RefID: "A", JSON: []byte(`{"queryType": "signIn", "view": "list"}`), TimeRange: backend.TimeRange{From: day, To: day.AddDate(0, 0, 2)}},
		{RefID: "B", JSON: []byte(`{"queryType": "signIn", "view": "pie"}`), TimeRange: backend.TimeRange{From: day, To: day.AddDate(0, 0, 2)}},
	}}))
	require.NoError(t, err)
	responses, err := backend.FromProto().QueryDataResponse(answer)
	require.NoError(t, err)
	require.NoError(t, responses.Responses["A"].Error)
	require.Equal(t, 4, responses.Responses["A"].Frames[0].Rows())
	require.ErrorContains(t, responses.Responses["B"].Error, "use timeSeries, table, value, list")

	raw, err = rpc.Dispense("diagnostics")
	require.NoError(t, err)
	health, err := raw.(grpcplugin.DiagnosticsClient).CheckHealth(t.Context(), &pluginv2.CheckHealthRequest{PluginContext: backend.ToProto().PluginContext(asker)})
	require.NoError(t, err)
	require.Equal(t, pluginv2.CheckHealthResponse_OK, health.Status, health.Message)
	require.Contains(t, health.Message, "records of one tenant")
}
