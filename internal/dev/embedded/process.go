package embedded

import (
	"os"
	"runtime"
	"slices"
	"strings"
)

// account is the user that the server's programs run as when this process is root, which PostgreSQL refuses. A nil
// account stands for whoever we are.
type account struct {
	name     string
	uid, gid int
}

// by completes the sentence "it cannot be run".
func (a *account) by() string {
	if a == nil {
		return ""
	}
	return " by user " + a.name
}

// own gives a file or folder to the account.
func (a *account) own(path string) error {
	if a == nil {
		return nil
	}
	return os.Chown(path, a.uid, a.gid)
}

// command is one of the server's programs, ready to run.
type command struct {
	account *account
	dir     string // working folder
	argv    []string
	output  *os.File
	signal  string // name of the signal that asks the program to end; Windows has none and kills
	remove  string // folder to remove once the program was let go; may be empty
}

// process is a running program that ends when it is let go, and no later than this process: what holds it is released
// by the operating system when we end, even by SIGKILL or a crash. The program and what it leaves behind go then too.
type process struct {
	done  chan struct{} // closed when the program has ended
	err   error         // why it failed, nil when it did not; set before done is closed
	letGo func()        // asks it to end; may be called again, and after it has ended
	said  func() string // returns the end of its output
}

func (p *process) end(err error) {
	p.err = err
	close(p.done)
}

// ending returns how a program that should still be running has ended.
func (p *process) ending() string {
	if p.err == nil {
		return "exit status 0"
	}
	return p.err.Error()
}

// environment is what the server's programs get of ours: settings for PostgreSQL's clients and programs (PGDATA,
// PGPORT) would mislead them, and nothing else is their business.
func environment() []string {
	environment := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		if runtime.GOOS == "windows" {
			return strings.HasPrefix(strings.ToUpper(name), "PG")
		}
		return !slices.Contains([]string{"PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"}, name)
	})
	return append(environment, "LC_ALL=C", "TZ=UTC")
}
