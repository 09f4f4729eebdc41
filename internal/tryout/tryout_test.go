package tryout

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/pluginhost"
)

// The plugin is built and asked over gRPC, as Grafana does, for everything the bundled dashboards show.
func TestEveryPanelAndMetricHasAnAnswer(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the plugin and imports a tenant")
	}
	root := filepath.Join("..", "..")
	binary := filepath.Join(t.TempDir(), "plugin")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./pkg")
	build.Dir = root
	output, err := build.CombinedOutput()
	require.NoError(t, err, "%s", output)

	var out bytes.Buffer
	err = Run(t.Context(), Options{Root: root, Plugin: binary, SignIns: 20_000, Smoke: true, Out: &out})
	t.Log(out.String())
	require.NoError(t, err)
}

func TestSettingsOfAnAddress(t *testing.T) {
	s, err := settingsOf("postgres://reader:p%40ss@db.example/entra?sslmode=require")
	require.NoError(t, err)
	require.Equal(t, pluginhost.Settings{
		JSON:     map[string]any{"host": "db.example", "port": 5432, "database": "entra", "user": "reader", "tlsMode": "require"},
		Password: "p@ss",
	}, s)
	for _, wrong := range []string{"db.example", "mysql://reader@db/entra", "postgres://db/entra"} {
		_, err := settingsOf(wrong)
		require.Error(t, err, wrong)
	}
}
