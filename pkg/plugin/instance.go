// Package plugin is the data source as Grafana sees it: one file for each kind of request.
package plugin

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"
	"github.com/grafana/grafana-plugin-sdk-go/backend/resource/httpadapter"
	"github.com/lib/pq"
	"golang.org/x/net/proxy"

	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/engine"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// ID is the plugin's id.
const ID = "entra-activity-datasource"

// DataSource is one configured data source.
type DataSource struct {
	resourceHandler backend.CallResourceHandler
	store           *engine.Engine
	batches         *store.BatchListener
	settings        settings
	problem         error  // with the settings, which every request then returns
	tlsConfig       string // the driver's name for our TLS configuration
}

var (
	_ backend.QueryDataHandler      = (*DataSource)(nil)
	_ backend.CheckHealthHandler    = (*DataSource)(nil)
	_ backend.CallResourceHandler   = (*DataSource)(nil)
	_ backend.StreamHandler         = (*DataSource)(nil)
	_ instancemgmt.InstanceDisposer = (*DataSource)(nil)
)

// NewInstance returns a data source with these settings. It does not connect. Settings that cannot work are no error of
// NewInstance, which Grafana would show nowhere useful, but of every request.
func NewInstance(ctx context.Context, from backend.DataSourceInstanceSettings) (instancemgmt.Instance, error) {
	d := &DataSource{settings: defaultSettings(ctx)}
	d.resourceHandler = httpadapter.New(d.resources())
	db, err := d.open(ctx, from)
	if err != nil {
		d.problem = settingsError{err}
		return d, nil
	}
	d.batches = store.NewBatchListener(db)
	d.store = &engine.Engine{
		DB: db, Tenant: d.settings.Tenant, MaxRows: d.settings.MaxRows,
		Timeout: time.Duration(d.settings.QueryTimeout) * time.Second,
	}
	return d, nil
}

// open reads the settings and returns a database to connect to.
func (d *DataSource) open(ctx context.Context, from backend.DataSourceInstanceSettings) (*store.DB, error) {
	if err := json.Unmarshal(from.JSONData, &d.settings); err != nil {
		return nil, fmt.Errorf("the settings are not understood: %w: "+
			"correct them in the data source's page or its provisioning file", err)
	}
	options, err := d.settings.connection(from.DecryptedSecureJSONData["password"])
	if err != nil {
		return nil, err
	}
	if options.Dialer, err = dialer(ctx, from); err != nil {
		return nil, err
	}
	encryption, err := d.settings.tls(from.DecryptedSecureJSONData)
	if err != nil {
		return nil, err
	}
	if encryption != nil {
		d.tlsConfig = rand.Text()
		options.Connection.SSLMode = pq.SSLMode("pqgo-" + d.tlsConfig)
		if err := pq.RegisterTLSConfig(d.tlsConfig, encryption); err != nil {
			return nil, err
		}
	}
	return store.Open(options)
}

// Dispose closes the pool. Queries that run end with an error that tells the user to try again.
func (d *DataSource) Dispose() {
	if d.store == nil {
		return
	}
	d.batches.Close()
	err := d.store.DB.Close()
	if d.tlsConfig != "" {
		err = errors.Join(err, pq.RegisterTLSConfig(d.tlsConfig, nil))
	}
	if err != nil {
		backend.Logger.Warn("Closing the connections failed", "error", err)
	}
}

// scope returns which records a user may see: until identities are verified, whoever may query the data source sees all.
func (d *DataSource) scope(context.Context) access.Scope { return access.All() }

// dialer returns how to reach the database through Grafana's private data source connect; nil if it is not enabled.
func dialer(ctx context.Context, from backend.DataSourceInstanceSettings) (pq.Dialer, error) {
	client, err := from.ProxyClient(ctx)
	if err != nil || !client.SecureSocksProxyEnabled() {
		return nil, err
	}
	d, err := client.NewSecureSocksProxyContextDialer()
	if err != nil {
		return nil, fmt.Errorf("the private data source connection is not usable: %w", err)
	}
	return proxyDialer{d}, nil
}

type proxyDialer struct{ proxy.Dialer }

// DialTimeout implements pq.Dialer.
func (d proxyDialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

// DialContext implements pq.DialerContext.
func (d proxyDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if c, ok := d.Dialer.(proxy.ContextDialer); ok {
		return c.DialContext(ctx, network, address)
	}
	return d.Dial(network, address)
}
