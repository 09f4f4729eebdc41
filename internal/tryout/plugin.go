package tryout

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
)

const pluginID = "entra-activity-datasource"

// plugin is the built plugin binary, running as Grafana would run it.
type plugin struct {
	client      *goplugin.Client
	data        grpcplugin.DataClient
	diagnostics grpcplugin.DiagnosticsClient
	context     backend.PluginContext
}

// settings are those of the data source, as Grafana keeps them.
type settings struct {
	json     map[string]any
	password string
}

func startPlugin(binary string, s settings) (*plugin, error) {
	p := &plugin{client: goplugin.NewClient(&goplugin.ClientConfig{
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
		p.stop()
		return nil, fmt.Errorf("start %s: %w", binary, err)
	}
	return p, nil
}

func (p *plugin) connect(s settings) error {
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
	jsonData, err := json.Marshal(s.json)
	if err != nil {
		return err
	}
	p.data, p.diagnostics = data.(grpcplugin.DataClient), diagnostics.(grpcplugin.DiagnosticsClient)
	p.context = backend.PluginContext{
		OrgID:    1,
		PluginID: pluginID,
		User:     &backend.User{Login: "tryout", Role: "Admin"},
		DataSourceInstanceSettings: &backend.DataSourceInstanceSettings{
			ID: 1, UID: "entra-activity", Name: "Entra ID Activity", Type: pluginID,
			JSONData:                jsonData,
			DecryptedSecureJSONData: map[string]string{"password": s.password},
			Updated:                 time.Now(),
		},
	}
	return nil
}

func (p *plugin) stop() { p.client.Kill() }

// health is what the button "Save & test" shows.
func (p *plugin) health(ctx context.Context) (string, error) {
	reply, err := p.diagnostics.CheckHealth(ctx, &pluginv2.CheckHealthRequest{PluginContext: backend.ToProto().PluginContext(p.context)})
	if err != nil {
		return "", err
	}
	if reply.Status != pluginv2.CheckHealthResponse_OK {
		return "", fmt.Errorf("the data source is not healthy: %s", reply.Message)
	}
	return reply.Message, nil
}

// ask puts the questions of a panel, as Grafana would.
func (p *plugin) ask(ctx context.Context, asked panel) (answer, error) {
	request := &backend.QueryDataRequest{PluginContext: p.context}
	for _, target := range asked.targets {
		var named struct {
			RefID     string `json:"refId"`
			QueryType string `json:"queryType"`
		}
		if err := json.Unmarshal(target, &named); err != nil {
			return answer{}, err
		}
		request.Queries = append(request.Queries, backend.DataQuery{
			RefID: named.RefID, QueryType: named.QueryType, JSON: target, TimeRange: asked.span,
			MaxDataPoints: 1000, Interval: asked.span.Duration() / 1000,
		})
	}
	began := time.Now()
	reply, err := p.data.QueryData(ctx, backend.ToProto().QueryDataRequest(request))
	took := time.Since(began)
	if err != nil {
		return answer{}, err
	}
	response, err := backend.FromProto().QueryDataResponse(reply)
	if err != nil {
		return answer{}, err
	}
	a := answer{took: took}
	for _, query := range request.Queries {
		r, ok := response.Responses[query.RefID]
		switch {
		case !ok:
			return a, fmt.Errorf("query %s got no answer", query.RefID)
		case r.Error != nil:
			return a, r.Error
		}
		a.frames = append(a.frames, r.Frames...)
	}
	return a, nil
}
