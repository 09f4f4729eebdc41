//go:build unix

package devenv

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/debian"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/pluginhost"
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
	g, err := startGrafana(t.Context(), t.TempDir(), t.TempDir())
	require.NoError(t, err)
	defer g.stop()
	assert.ErrorContains(t, g.awaitAnswer(t.Context()), "the port is taken")
}

func TestGrafanaIsGivenEverything(t *testing.T) {
	installGrafana(t, `cd "$GF_PATHS_PROVISIONING" && grep -l apiVersion */*.yaml; ls -d "$GF_PATHS_PLUGINS"/*`)
	root, err := filepath.Abs(root)
	require.NoError(t, err)
	g, err := startGrafana(t.Context(), root, t.TempDir())
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
	g, err := startGrafana(t.Context(), t.TempDir(), folder)
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

// The demo's Grafana has a Prometheus beside the plugin, which has seen the counters rise to what they are.
func TestDemoScrapesTheExporterForGrafana(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the plugin and imports a tenant")
	}
	debian.Program(t, "prometheus", "prometheus")
	self, err := os.Executable()
	require.NoError(t, err)
	installGrafana(t, standInEnv+"=1 exec "+self)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	opts := Options{Root: root, Plugin: builtPlugin(t), SignIns: 2000, Out: t.Output()}
	opened, ended := make(chan string, 1), make(chan error, 1)
	opts.Opened = func(address string) { opened <- address }
	go func() { ended <- Run(ctx, opts) }()
	var address string
	select {
	case err := <-ended:
		require.NoError(t, err)
	case address = <-opened:
	}

	response, err := http.Get(address + "/datasources/entra-activity.yaml")
	require.NoError(t, err)
	defer response.Body.Close()
	var provisioned struct{ DataSources []struct{ Type, URL string } }
	require.NoError(t, json.NewDecoder(response.Body).Decode(&provisioned))
	require.Len(t, provisioned.DataSources, 2)
	require.Equal(t, pluginhost.PluginID, provisioned.DataSources[0].Type)
	require.Equal(t, "prometheus", provisioned.DataSources[1].Type)
	await(t, provisioned.DataSources[1].URL, `count(sum by (instance) (increase(entra_signins_total[30d])) > bool 0)`,
		2) // the history, and what is scraped

	stop()
	require.NoError(t, <-ended)
}
