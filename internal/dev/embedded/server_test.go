package embedded

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// start runs a server for one test.
func start(t *testing.T, opts Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop() })
	return s
}

func open(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func scalar(t *testing.T, db *sql.DB, query string) (value string) {
	t.Helper()
	if err := db.QueryRow(query).Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

func assertGone(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there (%v)", path, err)
	}
}

// keptFolder returns a path for Options.Dir that root's server account can reach, which it cannot t.TempDir.
func keptFolder(t *testing.T) string {
	t.Helper()
	parent, err := os.MkdirTemp("", "embedded-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(parent) })
	if err := os.Chmod(parent, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(parent, "postgres")
}

func TestTemporaryServer(t *testing.T) {
	began := time.Now()
	s := start(t, Options{Settings: map[string]string{"work_mem": "7MB", "port": "1"}})
	t.Logf("PostgreSQL %s started in %v", s.installation.version, time.Since(began))

	if err := s.CreateDatabase(t.Context(), `Entra "ID"`); err != nil {
		t.Fatal(err)
	}
	if err := s.CreateDatabase(t.Context(), `Entra "ID"`); err != nil {
		t.Errorf("creating a database again: %v", err)
	}
	db := open(t, s.URL(`Entra "ID"`))
	for query, want := range map[string]string{
		"SELECT current_database()":                                        `Entra "ID"`,
		"SELECT rolsuper::text FROM pg_roles WHERE rolname = current_user": "true",
		"SHOW server_encoding":                                             "UTF8",
		"SHOW timezone":                                                    "UTC",
		"SHOW listen_addresses":                                            "127.0.0.1",
		"SHOW unix_socket_directories":                                     "",
		"SHOW fsync":                                                       "off",
		"SHOW work_mem":                                                    "7MB",
		"SELECT lower('ÄÉЖ')":                                              "äéж",
		"SELECT ('Z' < 'a')::text":                                         "true",
	} {
		if got := scalar(t, db, query); got != want {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}

	if err := s.Stop(); err != nil { // although db is still connected
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Errorf("the second Stop: %v", err)
	}
	assertGone(t, s.folder.path)
	if err := db.Ping(); err == nil {
		t.Error("the server still answers")
	}
}

func TestPasswordIsRequired(t *testing.T) {
	s := start(t, Options{})
	u, err := url.Parse(s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(superuser, "guess")
	if err := open(t, u.String()).Ping(); err == nil ||
		!strings.Contains(err.Error(), "password authentication failed") {
		t.Errorf("got %v, want a refusal", err)
	}
}

func TestKeptFolder(t *testing.T) {
	dir := keptFolder(t)
	s := start(t, Options{Dir: dir})
	if err := s.CreateDatabase(t.Context(), "entra"); err != nil {
		t.Fatal(err)
	}
	db := open(t, s.URL("entra"))
	if _, err := db.Exec("CREATE TABLE note AS SELECT 'kept' AS text"); err != nil {
		t.Fatal(err)
	}
	if got := scalar(t, db, "SHOW fsync"); got != "on" {
		t.Errorf("fsync is %s: a kept folder is to survive a power failure", got)
	}

	if _, err := Start(t.Context(), Options{Dir: dir}); err == nil ||
		!strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("a second server in the folder: got %v", err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}

	again := start(t, Options{Dir: dir})
	if got := scalar(t, open(t, again.URL("entra")), "SELECT text FROM note"); got != "kept" {
		t.Errorf("got %q", got)
	}
	if again.Password() != s.Password() {
		t.Error("the password has changed")
	}
	if err := again.Stop(); err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(filepath.Join(dir, logName))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(log), "not properly shut down") {
		t.Errorf("Stop left recovery to the next start:\n%s", log)
	}
}

func TestForeignFolderIsLeftAlone(t *testing.T) {
	dir := keptFolder(t)
	if err := os.MkdirAll(filepath.Join(dir, "photos"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), Options{Dir: dir}); err == nil ||
		!strings.Contains(err.Error(), "holds something else (photos)") {
		t.Errorf("got %v", err)
	}
}

func TestConcurrentStarts(t *testing.T) {
	var starting sync.WaitGroup
	ports := make([]string, 2)
	for i := range ports {
		starting.Go(func() {
			s, err := Start(t.Context(), Options{})
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Stop()
			ports[i] = scalar(t, open(t, s.URL("postgres")), "SHOW port")
		})
	}
	starting.Wait()
	if ports[0] == ports[1] {
		t.Errorf("both on port %s", ports[0])
	}
}

func TestStartTellsWhatTheServerSaid(t *testing.T) {
	place := temporaryPlace(t)
	_, err := Start(t.Context(), Options{Settings: map[string]string{"shared_buffers": "many"}})
	if err == nil || !strings.Contains(err.Error(), `invalid value for parameter "shared_buffers": "many"`) {
		t.Errorf("got %v", err)
	}
	assertEmpty(t, place)
}

func TestStartIsCanceled(t *testing.T) {
	place := temporaryPlace(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for ctx.Err() == nil && !initializing(place) {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	if _, err := Start(ctx, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	assertEmpty(t, place)
}

// initializing reports whether initdb is at work for a server that lives in place.
func initializing(place string) bool {
	begun, _ := filepath.Glob(filepath.Join(place, "*", dataNewName, "*"))
	return len(begun) > 0
}

// temporaryPlace makes the test's temporary servers live in a folder of its own.
func temporaryPlace(t *testing.T) string {
	t.Helper()
	place := filepath.Dir(keptFolder(t))
	if err := os.Chmod(place, 0o777|fs.ModeSticky); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", place)
	return place
}

func assertEmpty(t *testing.T, folder string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) > 0 {
		t.Errorf("left behind: %v", entries)
	}
}
