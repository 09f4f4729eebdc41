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

	"github.com/entra-activity/entra-activity-datasource/internal/embedded/debian"
	"github.com/entra-activity/entra-activity-datasource/internal/tryout"
)

// The tests in the folder tests open one preview of a small tenant in Chromium. PREVIEW_URL names one that runs already;
// PLAYWRIGHT_FLAGS="-g Overview" runs some of them.
func TestInBrowser(t *testing.T) {
	chromium := debian.Program(t, "chromium", "chromium")
	root, err := filepath.Abs("..")
	require.NoError(t, err)

	address := os.Getenv("PREVIEW_URL")
	if address == "" {
		ctx, stop := context.WithCancel(t.Context())
		opened, ended := make(chan string, 1), make(chan error, 1)
		go func() {
			ended <- tryout.Run(ctx, tryout.Options{
				Root: root, SignIns: 20_000, Preview: true, Out: t.Output(), Opened: func(address string) { opened <- address },
			})
		}()
		defer func() {
			stop()
			assert.NoError(t, <-ended)
		}()
		select {
		case address = <-opened:
		case err := <-ended:
			ended <- nil
			require.NoError(t, err)
		}
	}

	npx, err := exec.LookPath("npx")
	require.NoError(t, err, "install Node 20 or newer, https://nodejs.org")
	playwright := exec.CommandContext(t.Context(), npx, "playwright", "test", "--config", "preview/playwright.config.ts")
	playwright.Args = append(playwright.Args, strings.Fields(os.Getenv("PLAYWRIGHT_FLAGS"))...)
	playwright.Dir = root
	playwright.Env = append(os.Environ(), "PREVIEW_URL="+address, "CHROMIUM="+chromium, "PLAYWRIGHT_OUTPUT="+cmp.Or(os.Getenv("PLAYWRIGHT_OUTPUT"), t.TempDir()))
	playwright.Stdout, playwright.Stderr = os.Stdout, os.Stderr
	require.NoError(t, playwright.Run())
}
