// Package pluginhost runs the built plugin binary as Grafana would, and asks it over the protocol that Grafana speaks.
package pluginhost

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
)

// PluginID is the plugin's id in Grafana.
const PluginID = "entra-activity-datasource"

// Binary returns where in a repository's folder the build puts the plugin for this machine.
func Binary(root string) string {
	name := fmt.Sprintf("gpx_entra_activity_%s_%s", runtime.GOOS, runtime.GOARCH)
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(root, "dist", name)
}

// Settings are those of the data source, as Grafana keeps them.
type Settings struct {
	JSON     map[string]any
	Password string
}

// Plugin is the running plugin.
type Plugin struct {
	client      *goplugin.Client
	data        grpcplugin.DataClient
	diagnostics grpcplugin.DiagnosticsClient
	context     backend.PluginContext
}

// Start runs a binary for one data source.
func Start(binary string, s Settings) (*Plugin, error) {
	p := &Plugin{client: goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig: goplugin.HandshakeConfig{
			ProtocolVersion:  grpcplugin.ProtocolVersion,
			MagicCookieKey:   grpcplugin.MagicCookieKey,
			MagicCookieValue: grpcplugin.MagicCookieValue,
		},
		VersionedPlugins: map[int]goplugin.PluginSet{grpcplugin.ProtocolVersion: {
			"diagnostics": &grpcplugin.DiagnosticsGRPCPlugin{},
			"data":        &grpcplugin.DataGRPCPlugin{},
		}},
		Cmd:              exec.Command(binary),
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		SkipHostEnv:      true,
		Logger:           hclog.NewNullLogger(), // what matters of the plugin's log comes back as errors
	})}
	if err := p.connect(s); err != nil {
		p.Stop()
		return nil, fmt.Errorf("start %s: %w", binary, err)
	}
	return p, nil
}

func (p *Plugin) connect(s Settings) error {
	protocol, err := p.client.Client()
	if err != nil {
		return err
	}
	data, err := protocol.Dispense("data")
	if err != nil {
		return err
	}
	diagnostics, err := protocol.Dispense("diagnostics")
	if err != nil {
		return err
	}
	jsonData, err := json.Marshal(s.JSON)
	if err != nil {
		return err
	}
	p.data, p.diagnostics = data.(grpcplugin.DataClient), diagnostics.(grpcplugin.DiagnosticsClient)
	p.context = backend.PluginContext{
		OrgID:    1,
		PluginID: PluginID,
		User:     &backend.User{Login: "host", Role: "Admin"},
		DataSourceInstanceSettings: &backend.DataSourceInstanceSettings{
			ID: 1, UID: "entra-activity", Name: "Entra ID Activity", Type: PluginID,
			JSONData:                jsonData,
			DecryptedSecureJSONData: map[string]string{"password": s.Password},
			Updated:                 time.Now(),
		},
	}
	return nil
}

// Stop ends the plugin's process.
func (p *Plugin) Stop() { p.client.Kill() }

// PID is the number of the plugin's process.
func (p *Plugin) PID() int { return p.client.ReattachConfig().Pid }

// Health is what the button "Save & test" shows.
func (p *Plugin) Health(ctx context.Context) (string, error) {
	reply, err := p.diagnostics.CheckHealth(ctx, &pluginv2.CheckHealthRequest{PluginContext: backend.ToProto().PluginContext(p.context)})
	if err != nil {
		return "", err
	}
	if reply.Status != pluginv2.CheckHealthResponse_OK {
		return "", fmt.Errorf("the data source is not healthy: %s", reply.Message)
	}
	return reply.Message, nil
}

// Query puts the questions of one panel, as Grafana would, and returns the frames of all answers.
func (p *Plugin) Query(ctx context.Context, targets []json.RawMessage, span backend.TimeRange) (data.Frames, error) {
	request := &backend.QueryDataRequest{PluginContext: p.context}
	for _, target := range targets {
		var named struct {
			RefID     string `json:"refId"`
			QueryType string `json:"queryType"`
		}
		if err := json.Unmarshal(target, &named); err != nil {
			return nil, err
		}
		request.Queries = append(request.Queries, backend.DataQuery{
			RefID: named.RefID, QueryType: named.QueryType, JSON: target, TimeRange: span,
			MaxDataPoints: 1000, Interval: span.Duration() / 1000,
		})
	}
	reply, err := p.data.QueryData(ctx, backend.ToProto().QueryDataRequest(request))
	if err != nil {
		return nil, err
	}
	response, err := backend.FromProto().QueryDataResponse(reply)
	if err != nil {
		return nil, err
	}
	var frames data.Frames
	for _, query := range request.Queries {
		r, ok := response.Responses[query.RefID]
		switch {
		case !ok:
			return frames, fmt.Errorf("query %s got no answer", query.RefID)
		case r.Error != nil:
			return frames, r.Error
		}
		frames = append(frames, r.Frames...)
	}
	return frames, nil
}
