//go:build unix

package tryout

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/pluginhost"
)

// installGrafana puts a program in the place of Grafana.
func installGrafana(t *testing.T, script string) {
	t.Helper()
	home := t.TempDir()
	for name, text := range map[string]string{"bin/grafana": "#!/bin/sh\n" + script, "conf/defaults.ini": ""} {
		name = filepath.Join(home, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o700))
	}
	t.Setenv("GRAFANA_HOME", home)
}

func TestGrafanaThatDoesNotStartSaysWhy(t *testing.T) {
	installGrafana(t, "echo 'the port is taken'; exit 1")
	g, err := startGrafana(t.Context(), t.TempDir(), t.TempDir(), pluginhost.Settings{})
	require.NoError(t, err)
	defer g.stop()
	assert.ErrorContains(t, g.awaitAnswer(t.Context()), "the port is taken")
}

func TestGrafanaIsGivenEverything(t *testing.T) {
	installGrafana(t, `cd "$GF_PATHS_PROVISIONING" && grep -l apiVersion */*.yaml; ls -d "$GF_PATHS_PLUGINS"/*`)
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	g, err := startGrafana(t.Context(), root, t.TempDir(), pluginhost.Settings{})
	require.NoError(t, err)
	<-g.ended
	text, err := os.ReadFile(g.log)
	require.NoError(t, err)
	for _, file := range []string{
		"datasources/entra-activity.yaml", "dashboards/entra-activity.yaml", "alerting/sign-ins.yaml", "alerting/notifications.yaml",
		"plugins/" + pluginhost.PluginID,
	} {
		assert.Contains(t, string(text), file)
	}
}

func TestGrafanaStopsOnInterrupt(t *testing.T) {
	folder := t.TempDir()
	installGrafana(t, `trap 'echo bye; exit' INT; echo ready; while true; do sleep 0.05; done`)
	g, err := startGrafana(t.Context(), t.TempDir(), folder, pluginhost.Settings{})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(g.log)
		return err == nil && len(text) > 0
	}, grafanaTimeout, pollInterval)
	g.stop()
	text, err := os.ReadFile(g.log)
	require.NoError(t, err)
	assert.Equal(t, "ready\nbye\n", string(text))
}
