package devenv

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/pluginhost"
)

// errNoGrafana says that there is none on this machine.
var errNoGrafana = errors.New("no Grafana found: set GRAFANA_HOME to its folder, or put it on the PATH")

const (
	// grafanaTimeout covers the first start of a Grafana, when it makes its own database, on a slow machine.
	grafanaTimeout = 3 * time.Minute
	pollInterval   = 200 * time.Millisecond
)

// findGrafana returns Grafana's program and the folder with its configuration and front end.
func findGrafana() (program, home string, err error) {
	name := "grafana"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	var homes []string
	if home := os.Getenv("GRAFANA_HOME"); home != "" {
		program, homes = filepath.Join(home, "bin", name), []string{home}
	} else {
		if program, err = exec.LookPath("grafana"); err != nil {
			return "", "", errNoGrafana
		}
		if program, err = filepath.EvalSymlinks(program); err != nil {
			return "", "", err
		}
		homes = []string{filepath.Dir(filepath.Dir(program)), "/usr/share/grafana"} // unpacked; from a package
	}
	for _, home := range homes {
		if _, err := os.Stat(filepath.Join(home, "conf", "defaults.ini")); err == nil {
			return program, home, nil
		}
	}
	return "", "", fmt.Errorf("%s has no conf/defaults.ini beside it: set GRAFANA_HOME to Grafana's folder", program)
}

// grafana is a private Grafana with the plugin, a data source and the bundled dashboards.
type grafana struct {
	address string
	log     string
	command *exec.Cmd
	ended   chan struct{} // closed when it has
}

// startGrafana starts one that keeps its files in folder.
func startGrafana(ctx context.Context, root, folder string, sources ...dataSource) (*grafana, error) {
	program, home, err := findGrafana()
	if err != nil {
		return nil, err
	}
	if err := provision(root, folder, sources); err != nil {
		return nil, err
	}
	port, err := embedded.FreePort()
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(folder, "grafana.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close() // Grafana has its own handle
	command := exec.CommandContext(ctx, program, "server", "--homepath", home)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 5 * time.Second
	command.Stdout, command.Stderr = log, log
	command.Env = append(os.Environ(),
		"GF_SERVER_HTTP_ADDR=127.0.0.1",
		"GF_SERVER_HTTP_PORT="+strconv.Itoa(port),
		"GF_LOG_MODE=console",
		"GF_PATHS_DATA="+filepath.Join(folder, "data"),
		"GF_PATHS_LOGS="+filepath.Join(folder, "log"),
		"GF_PATHS_PLUGINS="+filepath.Join(folder, "plugins"),
		"GF_PATHS_PROVISIONING="+filepath.Join(folder, "provisioning"),
		"GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS="+pluginhost.PluginID,
		"GF_AUTH_ANONYMOUS_ENABLED=true",
		"GF_AUTH_ANONYMOUS_ORG_ROLE=Admin",
		"GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH="+filepath.Join(root, "dashboards", "overview.json"),
		// It reports nothing, and asks nobody for updates, news or keys.
		"GF_ANALYTICS_REPORTING_ENABLED=false",
		"GF_ANALYTICS_CHECK_FOR_UPDATES=false",
		"GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES=false",
		"GF_NEWS_NEWS_FEED_ENABLED=false",
		"GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED=true",
		"GF_PLUGINS_PREINSTALL_DISABLED=true",
		"GF_SECURITY_DISABLE_GRAVATAR=true",
	)
	if err := command.Start(); err != nil {
		return nil, err
	}
	g := &grafana{
		address: fmt.Sprintf("http://127.0.0.1:%d", port),
		log:     log.Name(),
		command: command,
		ended:   make(chan struct{}),
	}
	go func() {
		defer close(g.ended)
		_ = command.Wait()
	}()
	return g, nil
}

// awaitAnswer waits until it can be opened.
func (g *grafana) awaitAnswer(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, grafanaTimeout,
		fmt.Errorf("it has not answered within %v", grafanaTimeout))
	defer cancel()
	for {
		if _, err := embedded.Fetch(ctx, http.MethodGet, g.address+"/api/health", nil, nil); err == nil {
			return nil
		}
		select {
		case <-g.ended:
			return g.ending()
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pollInterval):
		}
	}
}

// ending returns why it is no longer there, as far as its log does.
func (g *grafana) ending() error {
	text, err := os.ReadFile(g.log)
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return fmt.Errorf("it has ended by itself; its last words were:\n%s", strings.Join(lines[max(0, len(lines)-5):], "\n"))
}

func (g *grafana) stop() {
	_ = g.command.Cancel()
	select {
	case <-g.ended:
	case <-time.After(g.command.WaitDelay):
		_ = g.command.Process.Kill()
		<-g.ended
	}
}

// dataSource is one as Grafana's file provisioning has it.
type dataSource map[string]any

func pluginSource(s pluginhost.Settings) dataSource {
	return dataSource{
		"name": pluginhost.DataSourceName, "uid": pluginhost.DataSourceUID, "type": pluginhost.PluginID, "isDefault": true,
		"jsonData": s.JSON, "secureJsonData": map[string]string{"password": s.Password},
	}
}

func prometheusSource(address string) dataSource {
	return dataSource{
		"name": "Prometheus", "uid": "prometheus", "type": "prometheus", "url": address,
		"jsonData": map[string]string{"timeInterval": scrapeInterval.String()},
	}
}

// provision writes what Grafana reads when it starts. JSON is YAML, too.
func provision(root, folder string, sources []dataSource) error {
	files := map[string]any{
		"datasources/entra-activity.yaml": map[string]any{"apiVersion": 1, "datasources": sources},
		"dashboards/entra-activity.yaml": map[string]any{
			"apiVersion": 1,
			"providers": []any{map[string]any{
				"name": "Entra ID", "folder": "Entra ID", "type": "file",
				"options": map[string]string{"path": filepath.Join(root, "dashboards")},
			}},
		},
	}
	for name, content := range files {
		text, err := json.Marshal(content)
		if err != nil {
			return err
		}
		name = filepath.Join(folder, "provisioning", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(name, text, 0o600); err != nil {
			return err
		}
	}
	plugins := filepath.Join(folder, "plugins")
	if err := os.MkdirAll(plugins, 0o700); err != nil {
		return err
	}
	return errors.Join(
		os.Symlink(filepath.Join(root, "dist"), filepath.Join(plugins, pluginhost.PluginID)),
		os.Symlink(filepath.Join(root, "provisioning", "alerting"), filepath.Join(folder, "provisioning", "alerting")),
	)
}
