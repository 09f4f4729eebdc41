// Package docs holds the documentation, and tests that it is true.
package docs

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/debian"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const root = ".."

var (
	fenced  = regexp.MustCompile("(?ms)^ *```([a-z]*)[^\n]*\n(.*?)^ *```$")
	target  = regexp.MustCompile(`\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	flag    = regexp.MustCompile(`[^-\w](--[a-z][\w.-]*)`)
)

// pages reads every Markdown file of the project, by its path in the repository.
func pages(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (name == "node_modules" || name == "dist" || name != "." && strings.HasPrefix(name, ".")):
			return fs.SkipDir
		case path.Ext(name) == ".md":
			text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
			texts[name] = string(text)
			return err
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, len(texts), 30)
	return texts
}

// anchors returns the fragments by which GitHub finds a page's headings.
func anchors(text string) map[string]bool {
	found := map[string]bool{}
	for _, h := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		anchor := regexp.MustCompile(`[^\pL\pN_ -]`).ReplaceAllString(strings.ToLower(h[1]), "")
		found[strings.ReplaceAll(anchor, " ", "-")] = true
	}
	return found
}

func TestLinksLeadSomewhere(t *testing.T) {
	ours := regexp.MustCompile("^/entra-activity/entra-activity-datasource/(?:blob|tree)/main/")
	texts, followed := pages(t), 0
	for page, text := range texts {
		for _, m := range target.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
			link, err := url.Parse(m[1] + m[2])
			require.NoError(t, err, page)
			name := path.Join(path.Dir(page), link.Path)
			switch {
			case link.Host == "github.com" && ours.MatchString(link.Path):
				name = ours.ReplaceAllString(link.Path, "")
			case link.IsAbs():
				continue
			case link.Path == "":
				name = page
			}
			followed++
			_, err = os.Stat(filepath.Join(root, filepath.FromSlash(name)))
			if assert.NoError(t, err, "%s links to %s", page, link) && link.Fragment != "" {
				assert.True(t, anchors(texts[name])[link.Fragment], "%s links to %s, which has no such heading", page, link)
			}
		}
	}
	require.Greater(t, followed, 100)
}

// companion builds the companion program, as bin/entra-activity in a folder of its own.
func companion(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	program := filepath.Join(folder, "bin", "entra-activity")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../cmd/entra-activity").CombinedOutput()
	require.NoError(t, err, string(out))
	return folder
}

// The flags that the pages name are the companion's.
func TestFlagsAreThere(t *testing.T) {
	program := filepath.Join(companion(t), "bin", "entra-activity")
	help, err := exec.CommandContext(t.Context(), program, "--help-long").CombinedOutput() //nolint:gosec // we built it
	require.NoError(t, err, string(help))
	known := map[string]bool{"--collector.": true, "--no-collector.": true} // of NAME
	// Those of systemctl, curl, Prometheus, npm, jq, az and azcopy.
	for _, other := range []string{
		"--now", "--data-binary", "--data-urlencode", "--fail-with-body", "--retry", "--config", "--delete-destination",
		"--enable-feature", "--no-git-tag-version", "--arg", "--workspace", "--analytics-query",
	} {
		known[other] = true
	}
	for _, f := range regexp.MustCompile(`--(\[no-\])?([a-z][\w.-]*)`).FindAllStringSubmatch(string(help), -1) {
		known["--"+f[2]] = true
		if f[1] != "" {
			known["--no-"+f[2]] = true
		}
	}
	named := 0
	for page, text := range pages(t) {
		for _, m := range flag.FindAllStringSubmatch(text, -1) {
			named++
			assert.True(t, known[strings.TrimSuffix(m[1], "NAME")], "%s names the flag %s, which there is not", page, m[1])
		}
	}
	require.Greater(t, named, 30)
}

// TestREADMEInstalls does what the README says under "Use it", as it is written there.
func TestREADMEInstalls(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the commands are those of a Unix shell")
	}
	_, text, found := strings.Cut(pages(t)["README.md"], "\n## Use it\n")
	require.True(t, found)
	blocks := fenced.FindAllStringSubmatch(text, -1)
	require.Equal(t, []string{"sql", "", "sql", "ini"}, []string{blocks[0][1], blocks[1][1], blocks[2][1], blocks[3][1]})
	server := pgtest.Server(t)
	as := func(role, database string) *store.DB {
		u, err := url.Parse(server.URL(database))
		require.NoError(t, err)
		if role != "" {
			u.User = url.UserPassword(role, "...")
		}
		db, err := store.Open(store.Config{URL: u.String()})
		require.NoError(t, err)
		t.Cleanup(func() { db.Close() })
		return db
	}
	run := func(db *store.DB, sql string) {
		for _, statement := range strings.SplitAfter(strings.TrimSpace(sql), ";\n") {
			_, err := db.Exec(statement)
			require.NoError(t, err, statement)
		}
	}

	run(as("", "postgres"), blocks[0][2])

	folder := companion(t)
	records := os.DirFS(filepath.Join(root, "internal", "ingest", "testdata", "msgraph-docs"))
	require.NoError(t, os.CopyFS(filepath.Join(folder, "exports"), records))
	page, err := fs.ReadFile(records, "v1.0_signIns_page.json")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "signIns.json"), page, 0o600))
	script := strings.Replace(blocks[1][2], "db.example.com", server.Host(), 1)
	shell := exec.CommandContext(t.Context(), "sh", "-euc", script) //nolint:gosec // the page is ours
	shell.Dir, shell.Env = folder, append(os.Environ(), "PGPORT="+strconv.Itoa(server.Port()))
	out, err := shell.CombinedOutput()
	require.NoError(t, err, string(out))
	require.FileExists(t, filepath.Join(folder, "entra-activity-rejects.ndjson"), "an example among the records is none")

	owner, reader := as("entra_activity", "entra"), as("grafana", "entra")
	run(owner, blocks[2][2])
	run(owner, "CREATE TABLE entra.later ()") // as a later version's migrate may do
	for _, table := range []string{"sign_in", "sign_in_raw", "later"} {
		_, err := reader.Exec("SELECT FROM entra." + table)
		require.NoError(t, err)
	}
	var tenants []string
	require.NoError(t, reader.Select(&tenants,
		"SELECT t.tenant_id FROM entra.tenant t JOIN entra.audit_event e ON e.tenant = t.id GROUP BY 1"))
	require.Equal(t, []string{"00000000-0000-0000-0000-000000000000"}, tenants)
	_, err = reader.Exec("DELETE FROM entra.sign_in")
	require.ErrorContains(t, err, "permission denied")
}

// TestPagesOfGraphAreImported runs the script of the page on importing, with a server in the place of Microsoft's.
func TestPagesOfGraphAreImported(t *testing.T) {
	_, text, found := strings.Cut(pages(t)["docs/importing.md"], "\n## Microsoft Graph\n")
	require.True(t, found)
	script := fenced.FindStringSubmatch(text)
	require.Equal(t, "sh", script[1])
	debian.Program(t, "curl", "curl")
	debian.Program(t, "jq", "jq")

	page, err := os.ReadFile(filepath.Join(root, "internal", "ingest", "testdata", "msgraph-docs", "v1.0_signIns_page.json"))
	require.NoError(t, err)
	page = bytes.Replace(page, []byte("@odata.nextLink"), []byte("@odata.thisLink"), 1) // leads to Microsoft
	var requests []string
	forbidden := "nothing"
	graph := httptest.NewServer(nil)
	t.Cleanup(graph.Close)
	graph.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/tenant/oauth2/v2.0/token":
			assert.Equal(t, "a+secret", r.FormValue("client_secret"))
			fmt.Fprint(w, `{"access_token": "token"}`)
		case r.Header.Get("Authorization") != "Bearer token":
			w.WriteHeader(http.StatusUnauthorized)
		case strings.HasSuffix(r.URL.Path, forbidden):
			w.WriteHeader(http.StatusForbidden)
		case len(requests) == 1: // two requests in a second are too many
			requests = append(requests, "")
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		case strings.Contains(r.FormValue("$filter"), "'interactiveUser'") && r.FormValue("$skiptoken") == "":
			requests = append(requests, r.URL.Path)
			next := url.Values{"$filter": r.Form["$filter"], "$skiptoken": {"2"}}
			fmt.Fprintf(w, `{"@odata.nextLink": "%s%s?%s", "value": []}`, graph.URL, r.URL.Path, next.Encode())
		case strings.Contains(r.FormValue("$filter"), "'interactiveUser'"):
			requests = append(requests, r.URL.Path)
			_, err := w.Write(page)
			assert.NoError(t, err)
		default:
			requests = append(requests, strings.TrimPrefix(r.URL.Path, "/beta/")+" "+strings.SplitN(r.FormValue("$filter"), " ", 2)[0])
			fmt.Fprint(w, `{"value": []}`)
		}
	})

	db, address := pgtest.Store(t)
	command := regexp.MustCompile(`https://(graph|login)\.microsoft(online)?\.com`).ReplaceAllLiteralString(script[2], graph.URL)
	command = strings.ReplaceAll(command, "scope="+graph.URL, "scope=https://graph.microsoft.com")
	folder := companion(t)
	run := func() (string, error) {
		shell := exec.CommandContext(t.Context(), "sh", "-c", command) //nolint:gosec // the page is ours
		shell.Dir = folder
		shell.Env = append(os.Environ(),
			"TENANT=tenant", "CLIENT_ID=client", "CLIENT_SECRET=a+secret", "ENTRA_ACTIVITY_DATABASE_URL="+address,
			"PATH="+filepath.Join(folder, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
		out, err := shell.CombinedOutput()
		return string(out), err
	}
	out, err := run()
	require.NoError(t, err, out)
	require.Equal(t, []string{
		"/beta/auditLogs/signIns", "", "/beta/auditLogs/signIns",
		"auditLogs/signIns createdDateTime", "auditLogs/signIns createdDateTime", "auditLogs/signIns createdDateTime",
		"auditLogs/directoryAudits activityDateTime", "auditLogs/provisioning activityDateTime",
		"identityProtection/riskDetections detectedDateTime", "identityProtection/riskyUsers riskLastUpdatedDateTime",
	}, requests)
	var tenants []string
	require.NoError(t, db.Select(&tenants, "SELECT DISTINCT t.tenant_id FROM entra.tenant t JOIN entra.sign_in s ON s.tenant = t.id"))
	require.Equal(t, []string{"tenant"}, tenants)

	forbidden = "/directoryAudits"
	out, err = run()
	require.Error(t, err, "a page that is missing is not passed over")
	require.Contains(t, out, "403")
}
