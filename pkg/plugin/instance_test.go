package plugin

import (
	"context"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/config"
	"github.com/stretchr/testify/require"
)

func TestDefaultsOfPoolsAreGrafanas(t *testing.T) {
	ctx := config.WithGrafanaConfig(context.Background(), config.NewGrafanaCfg(map[string]string{
		config.SQLRowLimit: "1000000", config.SQLMaxOpenConnsDefault: "12", config.SQLMaxIdleConnsDefault: "11", config.SQLMaxConnLifetimeSecondsDefault: "60",
	}))
	s := defaults(ctx)
	require.Equal(t, []int{12, 11, 60, 30}, []int{s.MaxOpenConns, s.MaxIdleConns, s.ConnMaxLifetime, s.QueryTimeout})
	require.Equal(t, 10, defaults(context.Background()).MaxOpenConns)
}
