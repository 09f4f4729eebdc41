package preview

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/pluginhost"
)

// start serves a preview of one dashboard; nothing queries its plugin.
func start(t *testing.T) *Server {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{"bin/preview/preview.js": "", "preview/index.html": "<div id=\"root\">",
		"dashboards/one.json": `{"uid": "one"}`} {
		name = filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
	s, err := Start(Options{Root: root, Settings: pluginhost.Settings{JSON: map[string]any{"host": "db"},
		Password: "secret"}})
	require.NoError(t, err)
	t.Cleanup(s.Stop)
	return s
}

func TestOnlyPagesOfThePreviewGetIn(t *testing.T) {
	s := start(t)
	require.True(t, strings.HasPrefix(s.Address, "http://127.0.0.1:"), s.Address)
	for name, c := range map[string]struct {
		method, host, site string
		status             int
	}{
		"its own page":                 {http.MethodGet, "", "same-origin", http.StatusOK},
		"a name that leads here":       {http.MethodGet, "evil.example", "", http.StatusForbidden},
		"a form on another page":       {http.MethodPost, "", "cross-site", http.StatusForbidden},
		"an address nothing is served": {http.MethodPost, "", "same-origin", http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), c.method, s.Address+"/api/dashboards", nil)
			require.NoError(t, err)
			request.Host = c.host
			request.Header.Set("Sec-Fetch-Site", c.site)
			response, err := http.DefaultClient.Do(request)
			require.NoError(t, err)
			defer response.Body.Close()
			assert.Equal(t, c.status, response.StatusCode)
		})
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	s := start(t)
	response, err := http.Get(s.Address + "/api/datasources/uid/" + pluginhost.DataSourceUID)
	require.NoError(t, err)
	defer response.Body.Close()
	var shown map[string]any
	require.NoError(t, json.NewDecoder(response.Body).Decode(&shown))
	assert.Equal(t, map[string]any{"password": true}, shown["secureJsonFields"])
	assert.NotContains(t, shown, "secureJsonData")
}

func TestWhatIsNotBuiltIsSaid(t *testing.T) {
	_, err := Start(Options{Root: t.TempDir()})
	assert.ErrorContains(t, err, "npm run build:preview")
}
