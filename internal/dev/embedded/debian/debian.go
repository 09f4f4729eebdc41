// Package debian gives tests programs of Debian's packages: a pooler, a browser, a Prometheus.
package debian

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// LeftOutEnv names the environment variable with the file that lists what was left out. The test command prints it:
// what go test says about tests that it skipped is easily missed.
const LeftOutEnv = "ENTRA_ACTIVITY_LEFT_OUT"

// install installs a package, one process at a time. What it installs is for tests to run: Debian starts services of
// new packages unless this file, meant for that, tells it not to.
const install = `
set -eu
exec 9</var/lib/dpkg
flock 9
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	trap 'rm -f "$policy"' EXIT
	trap 'exit 1' HUP INT TERM
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
fi
apt() { apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" </dev/null; }
apt install --no-install-recommends "$1" || { apt update && apt install --no-install-recommends "$1"; }
`

// Program returns the path of a program. A missing one is installed from its Debian package where that is possible: as
// root on Debian or Ubuntu. Elsewhere the test is left out, but fails in continuous integration, which leaves out
// nothing.
func Program(t testing.TB, name, pack string) string {
	t.Helper()
	path, err := find(name)
	if err == nil {
		return path
	}
	if _, missing := exec.LookPath("apt-get"); missing == nil && os.Geteuid() == 0 {
		t.Logf("installing %s", pack)
		if err = installed(pack); err == nil {
			path, err = find(name)
		}
		if err == nil {
			return path
		}
	}
	notice := fmt.Sprintf("LEFT OUT: %s, which needs %s (%v). Install it with: apt install %s", t.Name(), name, err, pack)
	if os.Getenv("CI") != "" {
		t.Fatal(notice)
	}
	report(t, notice)
	t.Skip(notice)
	return ""
}

// find looks for a program also where Debian keeps servers and ordinary users' PATH does not lead.
func find(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err == nil {
		return path, nil
	}
	if path := filepath.Join("/usr/sbin", name); exec.Command(path, "--version").Run() == nil {
		return path, nil
	}
	return "", err
}

func installed(pack string) error {
	cmd := exec.Command("/bin/sh", "-c", install, "install", pack)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("install %s: %w:\n%s", pack, err, bytes.TrimSpace(output))
	}
	return nil
}

func report(t testing.TB, notice string) {
	t.Helper()
	path := os.Getenv(LeftOutEnv)
	if path == "" {
		return
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = fmt.Fprintln(file, notice)
	require.NoError(t, errors.Join(err, file.Close()))
}
