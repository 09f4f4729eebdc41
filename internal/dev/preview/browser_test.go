//go:build browser

package preview_test

import (
	"cmp"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/demo/demotest"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/devenv"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/debian"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// The tests in the folder tests open one preview of a small tenant in Chromium. PREVIEW_URL names one that runs
// already; PLAYWRIGHT_FLAGS="-g Overview" runs some of them. Where SCREENSHOTS names a folder, they leave pictures of
// the dashboards there.
func TestInBrowser(t *testing.T) {
	address := os.Getenv("PREVIEW_URL")
	if address == "" {
		address = show(t, devenv.Options{SignIns: 20_000})
	}
	playwright(t, "tests", address, pictures("dashboards"))
}

// The pictures of docs/queries.md, of the same week and tenant as its results.
func TestPicturesOfQueries(t *testing.T) {
	folder := pictures("queries")
	if folder == "" {
		t.Skip("SCREENSHOTS names no folder to draw pictures into")
	}
	db, address := demotest.Store(t)
	address = show(t, devenv.Options{PostgreSQL: pgtest.Reader(t, db, address).String()})
	playwright(t, "pictures", address, folder)
}

// pictures is the folder of some pictures below the one that SCREENSHOTS names; empty where it names none.
func pictures(folder string) string {
	root := os.Getenv("SCREENSHOTS")
	if root == "" {
		return ""
	}
	return filepath.Join(root, folder)
}

// show opens a preview until the test ends, and returns its address.
func show(t *testing.T, opts devenv.Options) string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	opened, ended := make(chan string, 1), make(chan error, 1)
	opts.Root, opts.Preview, opts.Out, opts.Opened = root(t), true, t.Output(), func(address string) { opened <- address }
	go func() { ended <- devenv.Run(ctx, opts) }()
	t.Cleanup(func() {
		stop()
		assert.NoError(t, <-ended)
	})
	select {
	case address := <-opened:
		return address
	case err := <-ended:
		ended <- nil
		require.NoError(t, err)
		return ""
	}
}

// playwright runs the specifications of a folder on a preview. The pictures that they draw are made small and put into
// another.
func playwright(t *testing.T, folder, address, pictures string) {
	t.Helper()
	npx, err := exec.LookPath("npx")
	require.NoError(t, err, "install Node 20 or newer, https://nodejs.org")
	drawn := ""
	if pictures != "" {
		drawn = t.TempDir()
	}
	command := exec.CommandContext(t.Context(), npx, "playwright", "test", "--config", "preview/playwright.config.ts")
	command.Args = append(command.Args, strings.Fields(os.Getenv("PLAYWRIGHT_FLAGS"))...)
	command.Dir = root(t)
	command.Env = append(os.Environ(), "SPECIFICATIONS="+folder, "PREVIEW_URL="+address,
		"CHROMIUM="+debian.Program(t, "chromium", "chromium"), "PICTURES="+drawn,
		"PLAYWRIGHT_OUTPUT="+cmp.Or(os.Getenv("PLAYWRIGHT_OUTPUT"), t.TempDir()))
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	require.NoError(t, command.Run())
	if pictures == "" {
		return
	}
	names, err := filepath.Glob(filepath.Join(drawn, "*.png"))
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		small := filepath.Join(pictures, filepath.Base(name))
		output, err := exec.CommandContext(t.Context(), debian.Program(t, "pngquant", "pngquant"), "--force",
			"--strip", "--speed=1", "--output="+small, "128", "--", name).CombinedOutput()
		require.NoError(t, err, "%s", output)
	}
}

func root(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", ".."))
	require.NoError(t, err)
	return path
}
