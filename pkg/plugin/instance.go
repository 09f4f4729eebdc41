// Package plugin is the data source as Grafana sees it: one file for each kind of request.
package plugin

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"
	"github.com/grafana/grafana-plugin-sdk-go/backend/resource/httpadapter"
	"github.com/grafana/grafana-plugin-sdk-go/config"
	"github.com/lib/pq"
	"golang.org/x/net/proxy"

	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/engine"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// ID is the plugin's id.
const ID = "entra-activity-datasource"

// settings are a data source's, as the editor saves and provisioning gives them.
type settings struct {
	Host            string `json:"host"`
	Port            uint16 `json:"port"`
	Database        string `json:"database"`
	User            string `json:"user"`
	TLSMode         string `json:"tlsMode"`
	Tenant          string `json:"tenant"`
	MaxOpenConns    int    `json:"maxOpenConns"`
	MaxIdleConns    int    `json:"maxIdleConns"`
	ConnMaxLifetime int    `json:"connMaxLifetime"` // seconds
	QueryTimeout    int    `json:"queryTimeout"`    // seconds
	MaxRows         int    `json:"maxRows"`
	DownloadLimit   int    `json:"downloadLimit"`
	DownloadTimeout int    `json:"downloadTimeout"` // seconds
}

const connectTimeout = 10 * time.Second

// DataSource is one configured data source.
type DataSource struct {
	resourceHandler backend.CallResourceHandler
	store           *engine.Engine
	arrivals        *store.BatchListener
	problem         error // what is wrong with the settings
	settings        settings
	encryption      string // the driver's name for our TLS configuration
}

var (
	_ backend.QueryDataHandler      = (*DataSource)(nil)
	_ backend.CheckHealthHandler    = (*DataSource)(nil)
	_ backend.CallResourceHandler   = (*DataSource)(nil)
	_ backend.StreamHandler         = (*DataSource)(nil)
	_ instancemgmt.InstanceDisposer = (*DataSource)(nil)
)

// NewInstance makes a data source of its settings. It does not connect. Settings that cannot work are no error here,
// where Grafana would show it nowhere useful, but the answer to every request.
func NewInstance(ctx context.Context, from backend.DataSourceInstanceSettings) (instancemgmt.Instance, error) {
	d := &DataSource{settings: defaults(ctx)}
	d.resourceHandler = httpadapter.New(d.resources())
	if err := json.Unmarshal(from.JSONData, &d.settings); err != nil {
		d.problem = fmt.Errorf("the settings are not understood: %w: correct them in the data source's page or its provisioning file", err)
		return d, nil
	}
	connection, err := d.settings.config(from.DecryptedSecureJSONData["password"])
	if err == nil {
		connection.Dialer, err = dialer(ctx, from)
	}
	var encryption *tls.Config
	if err == nil {
		encryption, err = d.settings.tls(from.DecryptedSecureJSONData)
	}
	if err == nil && encryption != nil {
		d.encryption = rand.Text()
		connection.Connection.SSLMode, err = pq.SSLMode("pqgo-"+d.encryption), pq.RegisterTLSConfig(d.encryption, encryption)
	}
	var db *store.DB
	if err == nil {
		db, err = store.Open(connection)
	}
	if err != nil {
		d.problem = err
		return d, nil
	}
	d.arrivals = store.NewBatchListener(db)
	d.store = &engine.Engine{DB: db, Tenant: d.settings.Tenant, Timeout: time.Duration(d.settings.QueryTimeout) * time.Second, MaxRows: d.settings.MaxRows}
	return d, nil
}

// defaults are the settings that a data source need not have. Grafana has its own for pools.
func defaults(ctx context.Context) settings {
	s := settings{Port: 5432, TLSMode: "require", MaxOpenConns: 10, MaxIdleConns: 5, ConnMaxLifetime: 3600, QueryTimeout: 30, MaxRows: 10000,
		DownloadLimit: 250_000, DownloadTimeout: 600}
	if grafana, err := config.GrafanaConfigFromContext(ctx).SQL(); err == nil {
		s.MaxOpenConns, s.MaxIdleConns, s.ConnMaxLifetime = grafana.DefaultMaxOpenConns, grafana.DefaultMaxIdleConns, grafana.DefaultMaxConnLifetimeSeconds
	}
	return s
}

// Dispose closes the pool. Queries under way end with an error that tells the user to try again.
func (d *DataSource) Dispose() {
	if d.store == nil {
		return
	}
	d.arrivals.Close()
	err := d.store.DB.Close()
	if d.encryption != "" {
		err = errors.Join(err, pq.RegisterTLSConfig(d.encryption, nil))
	}
	if err != nil {
		backend.Logger.Warn("Closing the connections failed", "error", err)
	}
}

// scope says which records an asker may see: until identities are verified, whoever may query the data source sees all.
func (d *DataSource) scope(context.Context) access.Scope { return access.All() }

func (s *settings) config(password string) (store.Config, error) {
	var missing []string
	for _, setting := range []struct{ name, value string }{{"host", s.Host}, {"database", s.Database}, {"user", s.User}} {
		if setting.value == "" {
			missing = append(missing, setting.name)
		}
	}
	switch {
	case len(missing) > 0:
		return store.Config{}, fmt.Errorf("the data source has no %s: fill in the connection settings", strings.Join(missing, ", no "))
	case s.QueryTimeout <= 0 || s.MaxRows <= 0 || s.DownloadTimeout <= 0 || s.DownloadLimit <= 0 || s.MaxOpenConns < 0 || s.MaxIdleConns < 0 || s.ConnMaxLifetime < 0:
		return store.Config{}, errors.New("timeouts and limits of rows have to be positive, pool sizes and lifetime not negative: correct the settings")
	}
	connection := &pq.Config{
		Host: s.Host, Port: s.Port, Database: s.Database, User: s.User, Password: password,
		SSLMode: pq.SSLModeDisable, ConnectTimeout: connectTimeout, ApplicationName: "grafana " + ID,
		BinaryParameters: true, // a statement and its parameters in one message, which takes half the round trips
	}
	return store.Config{Connection: connection, MaxOpenConns: s.MaxOpenConns, MaxIdleConns: s.MaxIdleConns, ConnMaxLifetime: time.Duration(s.ConnMaxLifetime) * time.Second}, nil
}

// dialer reaches the database through Grafana's private connection where the data source uses one; nil otherwise.
func dialer(ctx context.Context, from backend.DataSourceInstanceSettings) (pq.Dialer, error) {
	client, err := from.ProxyClient(ctx)
	if err != nil || !client.SecureSocksProxyEnabled() {
		return nil, err
	}
	d, err := client.NewSecureSocksProxyContextDialer()
	if err != nil {
		return nil, fmt.Errorf("the private data source connection is not usable: %w", err)
	}
	return privateDialer{d}, nil
}

type privateDialer struct{ proxy.Dialer }

func (d privateDialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

func (d privateDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if c, ok := d.Dialer.(proxy.ContextDialer); ok {
		return c.DialContext(ctx, network, address)
	}
	return d.Dial(network, address)
}
