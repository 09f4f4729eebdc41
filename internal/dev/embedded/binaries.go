package embedded

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// BinEnv names the environment variable that settles which PostgreSQL is used: the folder that holds initdb and
// postgres, or "npm" for the npm package whatever the machine has.
const BinEnv = "ENTRA_ACTIVITY_PG_BIN"

const minimumMajor = 14

const advice = `Do one of these:
  install PostgreSQL 14 or newer
    (Debian, Ubuntu: apt install postgresql; Fedora: dnf install postgresql-server; macOS: brew install postgresql)
  install Node.js with npm, which fetches PostgreSQL by itself (on Linux with glibc, macOS and Windows)
  set ` + BinEnv + ` to the folder that holds initdb and postgres`

// usualFolders are where packages and installers put the server's programs, as glob patterns.
var usualFolders = []string{
	"/usr/lib/postgresql/*/bin",     // Debian, Ubuntu
	"/usr/lib/postgresql[0-9]*/bin", // openSUSE
	"/usr/pgsql-*/bin",              // packages of postgresql.org for Red Hat and its kin
	"/usr/libexec/postgresql[0-9]*", // Alpine
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
	`C:\Program Files\PostgreSQL\*\bin`,
}

// installation is a folder of PostgreSQL's programs that the server's account can run.
type installation struct {
	bin     string
	version string // such as 18.4
	major   int
}

func (in installation) program(name string) string {
	return filepath.Join(in.bin, programName(name))
}

func programName(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}

// locales returns initdb's arguments for text ordered by code point with letters of all scripts known, best first.
func (in installation) locales() [][]string {
	if in.major >= 17 {
		// PostgreSQL's own; the same on every system.
		return [][]string{{"--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"}}
	}
	return [][]string{{"--locale=C.UTF-8"}, {"--locale=C"}}
}

// finder looks for PostgreSQL's programs.
type finder struct {
	explicit string // value of BinEnv
	cache    string // where the npm package is kept; empty for the usual place
	account  *account
	log      io.Writer
}

func (f finder) find(ctx context.Context) (installation, error) {
	var passedOver []error
	switch f.explicit {
	case "":
		folders, problem := f.folders(ctx)
		found, problems := f.firstUsable(ctx, folders)
		if found != nil {
			return *found, nil
		}
		passedOver = append(problems, problem)
	case "npm":
	default:
		found, err := f.inspect(ctx, f.explicit)
		if err != nil {
			return installation{}, fmt.Errorf("%s: %w", BinEnv, err)
		}
		return found, nil
	}
	found, err := f.installed(ctx)
	if err != nil {
		return installation{}, fmt.Errorf("no usable PostgreSQL found:\n%w\n%s",
			errors.Join(append(passedOver, err)...), advice)
	}
	return found, nil
}

// folders returns where the machine may have a server, most telling first.
func (f finder) folders(ctx context.Context) (folders []string, problem error) {
	if output, err := f.output(ctx, "pg_config", "--bindir"); err != nil {
		problem = fmt.Errorf("pg_config: %w", err)
	} else {
		folders = append(folders, strings.TrimSpace(output))
	}
	for _, pattern := range usualFolders {
		matches, _ := filepath.Glob(pattern)
		slices.SortFunc(matches, newestFirst)
		folders = append(folders, matches...)
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			folders = append(folders, filepath.Dir(path))
		}
	}
	return folders, problem
}

var numberPattern = regexp.MustCompile(`\d+`)

func newestFirst(a, b string) int {
	number := func(path string) int {
		n, _ := strconv.Atoi(numberPattern.FindString(path))
		return n
	}
	return cmp.Compare(number(b), number(a))
}

// firstUsable returns the first folder with a server that will do, and why the ones before it will not.
func (f finder) firstUsable(ctx context.Context, folders []string) (*installation, []error) {
	var problems []error
	for i, folder := range folders {
		if slices.Contains(folders[:i], folder) {
			continue
		}
		found, err := f.inspect(ctx, folder)
		if err == nil {
			return &found, problems
		}
		problems = append(problems, err)
	}
	return nil, problems
}

var versionPattern = regexp.MustCompile(`\(PostgreSQL\) ((\d+)[.\w]*)`)

func (f finder) inspect(ctx context.Context, bin string) (installation, error) {
	in := installation{bin: bin}
	for _, name := range []string{"initdb", "postgres"} {
		if _, err := os.Stat(in.program(name)); err != nil {
			return in, fmt.Errorf("%s: no %s there", bin, name)
		}
	}
	output, err := f.output(ctx, in.program("postgres"), "--version")
	if err != nil {
		return in, fmt.Errorf("%s: postgres cannot be run%s: %w", bin, f.account.by(), err)
	}
	version := versionPattern.FindStringSubmatch(output)
	if version == nil {
		return in, fmt.Errorf("%s: postgres does not tell its version but %q", bin, output)
	}
	in.version = version[1]
	if in.major, err = strconv.Atoi(version[2]); err != nil {
		return in, err
	}
	if in.major < minimumMajor {
		return in, fmt.Errorf("%s: PostgreSQL %s is older than %d", bin, in.version, minimumMajor)
	}
	return in, nil
}

// output runs a program as the server's account: as root, nothing that was merely found is run with root's rights.
func (f finder) output(ctx context.Context, name string, arguments ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, arguments...)
	cmd.Env = environment()
	cmd.Dir = string(filepath.Separator)
	f.account.apply(cmd)
	output, err := cmd.Output()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) && len(failed.Stderr) > 0 {
		err = fmt.Errorf("%w: %s", err, strings.TrimSpace(string(failed.Stderr)))
	}
	return string(output), err
}
