package embedded

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What a server's folder holds.
const (
	dataName     = "data"
	dataNewName  = "data.new" // initdb works here; the rename to data makes it all or nothing
	passwordName = "password"
	logName      = "server.log"
	lockName     = "lock"
)

// folder is where one server lives. As root, it belongs to the less trusted account that the server runs as: everything
// in it is reached through os.Root, so that no link planted there leads us elsewhere.
type folder struct {
	path      string
	temporary bool
	account   *account
	root      *os.Root
	lock      *os.File
}

// openFolder opens a server's folder, made when missing, for this process alone. An empty path means a temporary one.
func openFolder(path string, as *account) (_ *folder, err error) {
	f := &folder{path: path, account: as, temporary: path == ""}
	if f.temporary {
		err = f.makeTemporary()
	} else {
		err = f.makeKept()
	}
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.close())
		}
	}()
	if f.root, err = os.OpenRoot(f.path); err != nil {
		return nil, err
	}
	if f.lock, err = f.root.OpenFile(lockName, os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, err
	}
	if err := tryLock(f.lock); err != nil {
		return nil, fmt.Errorf("%s is in use by another process: stop that one or choose another folder", f.path)
	}
	return f, nil
}

func (f *folder) makeTemporary() error {
	var problems []error
	// The usual place can be private, and then closed to the account the server runs as.
	for _, parent := range []string{os.TempDir(), "/tmp", "/var/tmp"} {
		path, err := os.MkdirTemp(parent, "entra-activity-postgres-")
		if err != nil {
			problems = append(problems, err)
			continue
		}
		if err = f.account.own(path); err == nil {
			err = f.account.canEnter(path)
		}
		if err == nil {
			f.path = path
			return nil
		}
		problems = append(problems, err, os.Remove(path))
	}
	return fmt.Errorf("no place for a temporary folder (set TMPDIR to one): %w", errors.Join(problems...))
}

func (f *folder) makeKept() (err error) {
	if f.path, err = filepath.Abs(f.path); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(f.path), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(f.path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !slices.Contains([]string{dataName, dataNewName, passwordName, logName, lockName}, entry.Name()) {
			return fmt.Errorf("%s holds something else (%s): choose an empty or a new folder for PostgreSQL", f.path,
				entry.Name())
		}
	}
	if f.account != nil {
		owner, err := ownerOf(f.path)
		if err != nil {
			return err
		}
		if owner.uid != 0 {
			f.account = owner
		} else if err := f.account.own(f.path); err != nil {
			return err
		}
	}
	return f.account.canEnter(f.path)
}

// write makes a file that only the account can read.
func (f *folder) write(name, text string) error {
	if err := f.root.WriteFile(name, []byte(text), 0o600); err != nil || f.account == nil {
		return err
	}
	return f.root.Lchown(name, f.account.uid, f.account.gid)
}

// initialize makes the database cluster unless it is there, and returns its superuser's password.
func (f *folder) initialize(ctx context.Context, in installation) (password string, err error) {
	if _, err := f.root.Stat(filepath.Join(dataName, "PG_VERSION")); err == nil {
		kept, err := f.root.ReadFile(passwordName)
		if err != nil {
			return "", fmt.Errorf("the data in %s came without its password: remove the folder or choose another: %w",
				f.path, err)
		}
		return string(kept), nil
	}
	password = rand.Text()
	if err := f.write(passwordName, password); err != nil {
		return "", err
	}
	for _, locale := range in.locales() {
		if err = f.initdb(ctx, in, locale); err == nil {
			return password, f.root.Rename(dataNewName, dataName)
		}
		if !strings.Contains(err.Error(), "invalid locale") {
			break
		}
	}
	return "", err
}

func (f *folder) initdb(ctx context.Context, in installation, locale []string) error {
	if err := f.root.RemoveAll(dataNewName); err != nil {
		return err
	}
	argv := []string{
		in.program("initdb"),
		"--pgdata=" + filepath.Join(f.path, dataNewName),
		"--username=" + superuser,
		"--pwfile=" + filepath.Join(f.path, passwordName),
		"--auth=scram-sha-256",
		"--encoding=UTF8",
		"--no-instructions",
	}
	if f.temporary {
		argv = append(argv, "--no-sync")
	}
	p, err := f.start("TERM", append(argv, locale...)...)
	if err != nil {
		return fmt.Errorf("run initdb: %w", err)
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		p.letGo()
		<-p.done
		return context.Cause(ctx)
	}
	if p.err != nil {
		return fmt.Errorf("initdb failed (%w):\n%s", p.err, p.said())
	}
	return nil
}

// start runs a program in the folder, with its output in the log. The signal asks it to end.
func (f *folder) start(signal string, argv ...string) (*process, error) {
	log, err := f.root.OpenFile(logName, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the program has its own handle
	begin, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	c := command{account: f.account, dir: f.path, argv: argv, output: log, signal: signal}
	if f.temporary {
		c.remove = f.path
	}
	p, err := c.start()
	if err != nil {
		return nil, err
	}
	p.said = func() string {
		const most = 4096
		text, err := f.root.ReadFile(logName)
		if err != nil {
			return err.Error()
		}
		return strings.TrimSpace(string(text[max(int(begin), len(text)-most):]))
	}
	return p, nil
}

// ready reports whether the server says that it takes connections on the port. It keeps postmaster.pid for its own
// tools: line 4 is the port, line 8 the state.
func (f *folder) ready(port int) bool {
	text, err := f.root.ReadFile(filepath.Join(dataName, "postmaster.pid"))
	lines := strings.Split(string(text), "\n")
	return err == nil && len(lines) >= 8 && lines[3] == strconv.Itoa(port) && strings.TrimSpace(lines[7]) == "ready"
}

// close gives the folder back, and removes a temporary one. Its server must have ended.
func (f *folder) close() error {
	if f.lock != nil {
		f.lock.Close()
	}
	if f.root != nil {
		f.root.Close()
	}
	if !f.temporary {
		return nil
	}
	var err error
	for range 20 {
		// Windows keeps files of ended processes open for a moment.
		if err = os.RemoveAll(f.path); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}
