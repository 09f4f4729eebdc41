package plugin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/config"
	"github.com/lib/pq"

	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// settings are what a data source's editor and provisioning files write.
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

// defaultSettings returns what applies to a data source that does not say otherwise. Grafana has its own for pools.
func defaultSettings(ctx context.Context) settings {
	s := settings{
		Port: 5432, TLSMode: "require", MaxOpenConns: 10, MaxIdleConns: 5, ConnMaxLifetime: 3600,
		QueryTimeout: 30, MaxRows: 10_000, DownloadLimit: 250_000, DownloadTimeout: 600,
	}
	if g, err := config.GrafanaConfigFromContext(ctx).SQL(); err == nil {
		s.MaxOpenConns, s.MaxIdleConns = g.DefaultMaxOpenConns, g.DefaultMaxIdleConns
		s.ConnMaxLifetime = g.DefaultMaxConnLifetimeSeconds
	}
	return s
}

// connection validates the settings and returns how to connect, but for TLS.
func (s *settings) connection(password string) (store.Config, error) {
	var missing []string
	for _, setting := range []struct{ name, value string }{{"host", s.Host}, {"database", s.Database}, {"user", s.User}} {
		if setting.value == "" {
			missing = append(missing, setting.name)
		}
	}
	switch {
	case len(missing) > 0:
		return store.Config{}, fmt.Errorf("the data source has no %s: fill in the connection settings", strings.Join(missing, ", no "))
	case min(s.QueryTimeout, s.MaxRows, s.DownloadTimeout, s.DownloadLimit) <= 0,
		min(s.MaxOpenConns, s.MaxIdleConns, s.ConnMaxLifetime) < 0:
		return store.Config{}, errors.New("timeouts and limits of rows have to be positive, pool sizes and lifetime not negative: " +
			"correct the settings")
	}
	return store.Config{
		Connection: &pq.Config{
			Host: s.Host, Port: s.Port, Database: s.Database, User: s.User, Password: password,
			SSLMode: pq.SSLModeDisable, ConnectTimeout: connectTimeout, ApplicationName: "grafana " + ID,
			BinaryParameters: true, // a statement and its parameters in one message, which takes half the round trips
		},
		MaxOpenConns: s.MaxOpenConns, MaxIdleConns: s.MaxIdleConns, ConnMaxLifetime: time.Duration(s.ConnMaxLifetime) * time.Second,
	}, nil
}
