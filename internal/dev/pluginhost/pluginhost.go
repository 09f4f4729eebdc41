// Package pluginhost runs the built plugin binary as Grafana would, and queries it over the protocol that Grafana speaks.
package pluginhost

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
)

const (
	// PluginID is the plugin's id in Grafana.
	PluginID = "entra-activity-datasource"
	// DataSourceUID is the uid of the one data source that the plugin is run for.
	DataSourceUID = "entra-activity"
	// DataSourceName is that data source's name.
	DataSourceName = "Entra ID Activity"
)

// Binary returns where in a repository's folder the build puts the plugin for this machine.
func Binary(root string) string {
	name := fmt.Sprintf("gpx_entra_activity_%s_%s", runtime.GOOS, runtime.GOARCH)
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(root, "dist", name)
}

// Settings are the settings of the data source, as Grafana keeps them.
type Settings struct {
	JSON     map[string]any
	Password string
	Secrets  map[string]string // beside the password
}

// SettingsOf returns the settings for the address of a database, such as
// postgres://user:password@host:5432/database?sslmode=verify-full.
func SettingsOf(address string) (Settings, error) {
	u, err := url.Parse(address)
	if err != nil || !slices.Contains([]string{"postgres", "postgresql"}, u.Scheme) || u.User == nil {
		return Settings{}, errors.New("the address of a PostgreSQL looks like postgres://user:password@host:5432/database")
	}
	port, err := strconv.Atoi(cmp.Or(u.Port(), "5432"))
	if err != nil {
		return Settings{}, err
	}
	password, _ := u.User.Password()
	return Settings{
		JSON: map[string]any{
			"host": u.Hostname(), "port": port, "database": strings.TrimPrefix(u.Path, "/"), "user": u.User.Username(),
			"tlsMode": cmp.Or(u.Query().Get("sslmode"), "verify-full"),
		},
		Password: password,
	}, nil
}

// Plugin is the running plugin, with the data source and user of its requests.
type Plugin struct {
	process

	settings sync.RWMutex
	context  backend.PluginContext
}

// process is what runs, for all data sources.
type process struct {
	client      *goplugin.Client
	data        grpcplugin.DataClient
	diagnostics grpcplugin.DiagnosticsClient
	resource    grpcplugin.ResourceClient
	stream      grpcplugin.StreamClient
}

// Start runs a binary for one data source.
func Start(binary string, s Settings) (*Plugin, error) {
	p := &Plugin{process: process{client: goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig: goplugin.HandshakeConfig{
			ProtocolVersion:  grpcplugin.ProtocolVersion,
			MagicCookieKey:   grpcplugin.MagicCookieKey,
			MagicCookieValue: grpcplugin.MagicCookieValue,
		},
		VersionedPlugins: map[int]goplugin.PluginSet{grpcplugin.ProtocolVersion: {
			"diagnostics": &grpcplugin.DiagnosticsGRPCPlugin{},
			"data":        &grpcplugin.DataGRPCPlugin{},
			"resource":    &grpcplugin.ResourceGRPCPlugin{},
			"stream":      &grpcplugin.StreamGRPCPlugin{},
		}},
		Cmd:              exec.Command(binary),
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		SkipHostEnv:      true,
		Logger:           hclog.NewNullLogger(), // what matters of the plugin's log comes back as errors
	})}}
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
	clients := map[string]any{}
	for _, name := range []string{"data", "diagnostics", "resource", "stream"} {
		if clients[name], err = protocol.Dispense(name); err != nil {
			return err
		}
	}
	p.data, p.diagnostics = clients["data"].(grpcplugin.DataClient), clients["diagnostics"].(grpcplugin.DiagnosticsClient)
	p.resource, p.stream = clients["resource"].(grpcplugin.ResourceClient), clients["stream"].(grpcplugin.StreamClient)
	return p.Configure(s)
}

// Configure gives the data source other settings, as Grafana does when they are saved.
func (p *Plugin) Configure(s Settings) error {
	jsonData, err := json.Marshal(s.JSON)
	if err != nil {
		return err
	}
	secrets := map[string]string{"password": s.Password} // as Grafana hands them to the plugin
	maps.Copy(secrets, s.Secrets)
	p.settings.Lock()
	defer p.settings.Unlock()
	p.context = backend.PluginContext{
		OrgID:    1,
		PluginID: PluginID,
		User:     &backend.User{Login: "host", Role: "Admin"},
		DataSourceInstanceSettings: &backend.DataSourceInstanceSettings{
			ID: 1, UID: DataSourceUID, Name: DataSourceName, Type: PluginID,
			JSONData:                jsonData,
			DecryptedSecureJSONData: secrets,
			Updated:                 time.Now(),
		},
	}
	return nil
}

// As returns the same running plugin for requests of another data source or user.
func (p *Plugin) As(pc backend.PluginContext) *Plugin {
	return &Plugin{process: p.process, context: pc}
}

func (p *Plugin) pluginContext() backend.PluginContext {
	p.settings.RLock()
	defer p.settings.RUnlock()
	return p.context
}

// Stop ends the plugin's process.
func (p process) Stop() { p.client.Kill() }

// PID returns the number of the plugin's process.
func (p process) PID() int { return p.client.ReattachConfig().Pid }

// CheckHealth returns how the data source is.
func (p *Plugin) CheckHealth(ctx context.Context) (*backend.CheckHealthResult, error) {
	reply, err := p.diagnostics.CheckHealth(ctx,
		&pluginv2.CheckHealthRequest{PluginContext: backend.ToProto().PluginContext(p.pluginContext())})
	if err != nil {
		return nil, err
	}
	return backend.FromProto().CheckHealthResponse(reply), nil
}

// Health returns what the button "Save & test" shows.
func (p *Plugin) Health(ctx context.Context) (string, error) {
	result, err := p.CheckHealth(ctx)
	if err != nil {
		return "", err
	}
	if result.Status != backend.HealthStatusOk {
		return "", fmt.Errorf("the data source is not healthy: %s", result.Message)
	}
	return result.Message, nil
}

// Query runs the queries of one panel, as Grafana would, and returns the frames of all responses.
func (p *Plugin) Query(ctx context.Context, targets []json.RawMessage, span backend.TimeRange) (data.Frames, error) {
	queries, err := Queries(targets, span)
	if err != nil {
		return nil, err
	}
	response, err := p.QueryData(ctx, &backend.QueryDataRequest{Queries: queries})
	if err != nil {
		return nil, err
	}
	var frames data.Frames
	for _, query := range queries {
		r, ok := response.Responses[query.RefID]
		switch {
		case !ok:
			return frames, fmt.Errorf("query %s got no response", query.RefID)
		case r.Error != nil:
			return frames, r.Error
		}
		frames = append(frames, r.Frames...)
	}
	return frames, nil
}

// Queries returns queries for a range of time as Grafana makes them of what it has saved.
func Queries(models []json.RawMessage, span backend.TimeRange) (queries []backend.DataQuery, err error) {
	for _, model := range models {
		var named struct {
			RefID         string `json:"refId"`
			QueryType     string `json:"queryType"`
			MaxDataPoints int64  `json:"maxDataPoints"`
			IntervalMs    int64  `json:"intervalMs"`
		}
		if err := json.Unmarshal(model, &named); err != nil {
			return nil, err
		}
		points := cmp.Or(named.MaxDataPoints, 1000) // about as wide as a panel
		queries = append(queries, backend.DataQuery{
			RefID: named.RefID, QueryType: named.QueryType, JSON: model, TimeRange: span, MaxDataPoints: points,
			Interval: cmp.Or(time.Duration(named.IntervalMs)*time.Millisecond, span.Duration()/time.Duration(points)),
		})
	}
	return queries, nil
}

// QueryData runs queries and returns the response to each.
func (p *Plugin) QueryData(ctx context.Context, request *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	request.PluginContext = p.pluginContext()
	reply, err := p.data.QueryData(ctx, backend.ToProto().QueryDataRequest(request))
	if err != nil {
		return nil, err
	}
	return backend.FromProto().QueryDataResponse(reply)
}

// CallResource passes a request on to the plugin's own resources, and the parts of the response to send.
func (p *Plugin) CallResource(ctx context.Context, request *backend.CallResourceRequest,
	send func(*backend.CallResourceResponse) error) error {
	request.PluginContext = p.pluginContext()
	stream, err := p.resource.CallResource(ctx, backend.ToProto().CallResourceRequest(request))
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
		if err := send(backend.FromProto().CallResourceResponse(part)); err != nil {
			return err
		}
	}
}

// Subscribe subscribes to a live channel, with the query that it follows, and returns what is sent on it until ctx
// ends.
func (p *Plugin) Subscribe(ctx context.Context, path string,
	query json.RawMessage) (pluginv2.Stream_RunStreamClient, error) {
	who := backend.ToProto().PluginContext(p.pluginContext())
	response, err := p.stream.SubscribeStream(ctx,
		&pluginv2.SubscribeStreamRequest{PluginContext: who, Path: path, Data: query})
	if err != nil {
		return nil, err
	}
	if response.Status != pluginv2.SubscribeStreamResponse_OK {
		return nil, fmt.Errorf("the plugin refuses the channel %s: %s", path, response.Status)
	}
	return p.stream.RunStream(ctx, &pluginv2.RunStreamRequest{PluginContext: who, Path: path, Data: query})
}

// Publish sends data on a live channel.
func (p *Plugin) Publish(ctx context.Context, path string, data json.RawMessage) error {
	response, err := p.stream.PublishStream(ctx,
		&pluginv2.PublishStreamRequest{PluginContext: backend.ToProto().PluginContext(p.pluginContext()), Path: path,
			Data: data})
	if err == nil && response.Status != pluginv2.PublishStreamResponse_OK {
		err = fmt.Errorf("the plugin takes nothing on the channel %s: %s", path, response.Status)
	}
	return err
}
