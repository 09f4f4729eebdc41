// Package deploy holds the files with which the companion is installed, and their tests.
package deploy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/promslog"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/internal/exporter"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// companion builds the companion program.
func companion(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "entra-activity")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../cmd/entra-activity").CombinedOutput()
	require.NoError(t, err, string(out))
	return binary
}

// TestYAML reads every YAML file, and tries every command line in them on the companion.
func TestYAML(t *testing.T) {
	binary := companion(t)
	var files, commands int
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		documents := yaml.NewDecoder(bytes.NewReader(text))
		documents.KnownFields(true)
		for {
			var document any
			if err := documents.Decode(&document); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				t.Errorf("%s: %v", path, err)
				return nil
			}
			walk(document, func(container map[string]any) {
				if container["image"] != "entra-activity" {
					return
				}
				for _, key := range []string{"args", "command"} {
					if args, ok := container[key].([]any); ok {
						commands++
						understood(t, binary, path, args...)
					}
				}
			})
		}
	})
	require.NoError(t, err)
	require.GreaterOrEqual(t, files, 8)
	require.GreaterOrEqual(t, commands, 6)
}

// walk calls visit with every mapping in a document.
func walk(node any, visit func(map[string]any)) {
	switch node := node.(type) {
	case map[string]any:
		visit(node)
		for _, child := range node {
			walk(child, visit)
		}
	case []any:
		for _, child := range node {
			walk(child, visit)
		}
	}
}

// understood checks that the companion knows a command line's command and flags.
func understood(t *testing.T, binary, where string, args ...any) {
	t.Helper()
	texts := []string{}
	for _, arg := range args {
		texts = append(texts, fmt.Sprint(arg))
	}
	out, err := exec.CommandContext(t.Context(), binary, append(texts, "--help")...).CombinedOutput() //nolint:gosec // the files are ours
	require.NoError(t, err, "%s: %q\n%s", where, texts, out)
}

// TestComposeMounts checks that what the compose file takes from the repository is there.
func TestComposeMounts(t *testing.T) {
	text, err := os.ReadFile("docker/compose.yaml")
	require.NoError(t, err)
	mounts := regexp.MustCompile(`(\.\.?/[\w./-]+):/`).FindAllStringSubmatch(string(text), -1)
	require.GreaterOrEqual(t, len(mounts), 6)
	for _, mount := range mounts {
		path := filepath.Join("docker", mount[1])
		if filepath.Base(path) == "dist" { // made by go tool mage build
			continue
		}
		_, err := os.Stat(path)
		require.NoError(t, err)
	}
}

// TestGrafanaFindsWhatItIsGiven checks that Grafana's files fit what the compose file puts where.
func TestGrafanaFindsWhatItIsGiven(t *testing.T) {
	read := func(path string, into any) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		decoder := yaml.NewDecoder(bytes.NewReader(text))
		require.NoError(t, decoder.Decode(into), path)
	}
	var compose struct {
		Services map[string]struct {
			Volumes     []string
			Environment map[string]any
		}
	}
	read("docker/compose.yaml", &compose)
	mounted := map[string]string{} // by where it is in the container
	for _, volume := range compose.Services["grafana"].Volumes {
		parts := strings.Split(volume, ":")
		mounted[parts[1]] = parts[0]
	}
	require.Equal(t, "../../provisioning/alerting", mounted["/etc/grafana/provisioning/alerting"])
	require.Equal(t, "../../provisioning/dashboards", mounted["/etc/grafana/provisioning/dashboards"])

	var dashboards struct {
		Providers []struct {
			Folder  string
			Options struct{ Path string }
		}
	}
	read("../provisioning/dashboards/entra-activity.yaml", &dashboards)
	require.Len(t, dashboards.Providers, 1)
	folder := dashboards.Providers[0].Options.Path
	require.Equal(t, "../../dist", mounted[filepath.Dir(folder)], "the plugin is there")
	require.Equal(t, "dashboards", filepath.Base(folder), "where the build puts them")

	var sources struct{ Datasources []struct{ Type, UID string } }
	read("docker/grafana.yaml", &sources)
	uids := map[string]bool{"__expr__": true}
	for _, s := range sources.Datasources {
		uids[s.UID] = true
		if strings.HasPrefix(s.Type, "entra-") {
			require.Equal(t, s.Type, compose.Services["grafana"].Environment["GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS"])
			require.Equal(t, s.Type, filepath.Base(filepath.Dir(folder)))
		}
	}
	rules, err := filepath.Glob("../provisioning/alerting/*.yaml")
	require.NoError(t, err)
	sourcesNamed := 0
	for _, path := range rules {
		var file any
		read(path, &file)
		walk(file, func(container map[string]any) {
			if uid, ok := container["datasourceUid"].(string); ok {
				sourcesNamed++
				require.True(t, uids[uid], "%s asks the data source %s, which there is not", path, uid)
			}
		})
	}
	require.Positive(t, sourcesNamed)
}

func TestKustomization(t *testing.T) {
	kubectl, err := exec.LookPath("kubectl")
	if err != nil {
		t.Skip("LEFT OUT: kubectl is not installed")
	}
	out, err := exec.CommandContext(t.Context(), kubectl, "kustomize", "kubernetes").CombinedOutput()
	require.NoError(t, err, string(out))
	for _, kind := range []string{"ConfigMap", "Deployment", "Service", "Job", "CronJob", "ServiceMonitor"} {
		require.Contains(t, string(out), "kind: "+kind+"\n")
	}
	require.NotContains(t, string(out), "image: entra-activity\n", "the image has a tag")
}

func TestUnits(t *testing.T) {
	binary := companion(t)
	units, err := filepath.Glob("systemd/entra-activity-*")
	require.NoError(t, err)
	require.Len(t, units, 5)
	dir := t.TempDir()
	var copies []string
	for _, unit := range units {
		text, err := os.ReadFile(unit)
		require.NoError(t, err)
		for _, line := range regexp.MustCompile(`(?m)^ExecStart=\S+ (.*)$`).FindAllStringSubmatch(string(text), -1) {
			args := []any{}
			for _, arg := range strings.Fields(line[1]) {
				args = append(args, arg)
			}
			understood(t, binary, unit, args...)
		}
		path := filepath.Join(dir, filepath.Base(unit))
		require.NoError(t, os.WriteFile(path, bytes.ReplaceAll(text, []byte("/usr/local/bin/entra-activity"), []byte(binary)), 0o600))
		copies = append(copies, path)
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("LEFT OUT: systemd-analyze is not installed")
	}
	verify := append([]string{"verify", "--man=no"}, copies...)
	out, err := exec.CommandContext(t.Context(), analyze, verify...).CombinedOutput() //nolint:gosec // the files are ours
	require.NoError(t, err, string(out))
	require.NotContains(t, string(out), dir, "systemd-analyze has complaints")
}

// TestRoles gives the roles of sql/ their rights and lets each do its work, and no more.
func TestRoles(t *testing.T) {
	address := pgtest.Database(t)
	super := open(t, address)
	roles := []string{"entra_writer", "entra_exporter", "entra_grafana"}
	script := func(db *store.DB, path string) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		_, err = db.Exec(string(text))
		require.NoError(t, err, path)
	}
	script(super, "sql/1-roles.sql")
	t.Cleanup(func() {
		for _, role := range roles {
			_, err := super.ExecContext(context.Background(), "DROP OWNED BY "+role+" CASCADE; DROP ROLE "+role)
			require.NoError(t, err)
		}
	})
	as := map[string]*store.DB{}
	for _, role := range roles {
		super.MustExec("ALTER ROLE " + role + " PASSWORD 'secret'")
		u, err := url.Parse(address)
		require.NoError(t, err)
		u.User = url.UserPassword(role, "secret")
		as[role] = open(t, u.String())
	}
	writer, reader, grafana := as["entra_writer"], as["entra_exporter"], as["entra_grafana"]
	migrate(t, address)
	script(writer, "sql/2-exporter.sql")
	script(writer, "sql/2-exporter.sql") // again does no harm

	w, err := store.NewWriter(t.Context(), writer)
	require.NoError(t, err)
	record := func(id string) *activity.Record {
		r := activity.NewRecord(activity.SignIn)
		r.ID, r.Tenant, r.Time, r.Raw = id, "contoso", time.Now(), []byte("{}")
		require.NoError(t, r.Set(activity.SignIn.Field("appId"), "app "+id))
		require.NoError(t, r.Set(activity.SignIn.Field("errorCode"), "0"))
		r.Complete()
		return r
	}
	_, err = w.Write(t.Context(), store.Batch{Source: "test", Records: []*activity.Record{record("1"), record("2")}})
	require.NoError(t, err)

	options := exporter.Options{ScrapeTimeout: time.Minute, MaxSeries: 12}
	for _, c := range exporter.Collectors() {
		options.Collectors = append(options.Collectors, c.Name)
	}
	scrape := func() string {
		handler, err := exporter.New(reader, options, promslog.New(&promslog.Config{})).Handler()
		require.NoError(t, err)
		body := ""
		require.Eventually(t, func() bool { // until what works in the background has worked
			response := httptest.NewRecorder()
			handler.ServeHTTP(response, httptest.NewRequest(http.MethodGet, "/metrics", nil))
			body = response.Body.String()
			return strings.Count(body, "\nentra_exporter_refresh_timestamp_seconds{") == 4
		}, 5*time.Minute, 100*time.Millisecond)
		return body
	}
	body := scrape()
	require.Contains(t, body, "entra_exporter_up 1\n")
	require.Equal(t, len(options.Collectors), strings.Count(body, "\nentra_exporter_collector_success{"))
	require.NotRegexp(t, `entra_exporter_collector_success{.*} 0`, body)
	options.MaxSeries = 24 // the second application gets series
	require.NotContains(t, scrape(), `entra_exporter_series_limited{collector="signins"} 2`)
	var own int
	require.NoError(t, super.Get(&own, "SELECT count(*) FROM entra.series WHERE grouping = 2 AND own"))
	require.Equal(t, 2, own)

	require.NoError(t, store.ResetCounters(t.Context(), writer))
	_, err = store.Retain(t.Context(), writer, activity.SignIn, time.Now())
	require.NoError(t, err)

	for db, statements := range map[*store.DB][]string{
		reader: {"SELECT * FROM entra.sign_in_raw", "SELECT * FROM entra.account", "SELECT ip_address FROM entra.sign_in",
			"UPDATE entra.total SET n = 0", "DELETE FROM entra.series", "CREATE TABLE entra.x ()"},
		grafana: {"DELETE FROM entra.sign_in", "INSERT INTO entra.word (text) VALUES ('x')",
			"CREATE TABLE entra.x ()", "CREATE SCHEMA x"},
	} {
		for _, statement := range statements {
			_, err := db.Exec(statement)
			require.ErrorContains(t, err, "permission denied", statement)
		}
	}
	var rows int
	require.NoError(t, grafana.Get(&rows, "SELECT count(*) FROM entra.sign_in_raw"))
}

// migrate runs the companion as the units do: the database from PG*, the password from a file.
func migrate(t *testing.T, address string) {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	password := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(password, []byte("secret\nwhat else is in the file\n"), 0o600))
	command := exec.CommandContext(t.Context(), companion(t), "migrate")
	command.Env = []string{
		"PGHOST=" + u.Hostname(), "PGPORT=" + u.Port(), "PGDATABASE=" + strings.TrimPrefix(u.Path, "/"), "PGUSER=entra_writer",
		"ENTRA_ACTIVITY_DATABASE_PASSWORD_FILE=" + password,
	}
	out, err := command.CombinedOutput()
	require.NoError(t, err, string(out))
}

func open(t *testing.T, address string) *store.DB {
	t.Helper()
	db, err := store.Open(store.Config{URL: address})
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}
