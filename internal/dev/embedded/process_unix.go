//go:build unix

package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"sync"
	"syscall"
)

// supervisor runs a program until that ends or until standard input, a pipe whose other end only our process holds, is
// closed. The signal is repeated because a shell starts programs in the background with SIGINT and SIGQUIT ignored: one
// that comes before the program handles them is lost.
const supervisor = `
signal=$1 remove=$2
shift 2
exec 3<&0 </dev/null
"$@" 3<&- &
program=$!
letgo=
trap 'letgo=yes' TERM
(
	read -r line <&3
	kill -s TERM $$
	while kill -s "$signal" "$program" 2>/dev/null; do sleep 0.1; done
) &
watcher=$!
exec 3<&-
wait "$program"
status=$?
if [ -z "$letgo" ]; then
	kill -s KILL "$watcher" # at its very beginning it would miss a milder signal
	wait "$watcher" 2>/dev/null
	exit "$status"
fi
wait "$program" "$watcher"
[ -z "$remove" ] || rm -rf -- "$remove" || { sleep 1; rm -rf -- "$remove"; }
`

func (c command) start() (*process, error) {
	arguments := append([]string{"-c", supervisor, "supervisor", c.signal, c.remove}, c.argv...)
	cmd := exec.Command("/bin/sh", arguments...)
	cmd.Dir = c.dir
	cmd.Env = environment()
	cmd.Stdout = c.output
	cmd.Stderr = c.output
	c.account.apply(cmd)
	// Its own session: Ctrl-C in our terminal is for us, who let go when we are ready to.
	cmd.SysProcAttr.Setsid = true

	hold, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{done: make(chan struct{}), letGo: sync.OnceFunc(func() { hold.Close() })}
	go func() { p.end(cmd.Wait()) }()
	return p, nil
}

// serverAccount returns the account for the server's programs: another's when we are root, else our own (nil).
func serverAccount() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "_postgres", "nobody"} {
		if found, err := user.Lookup(name); err == nil {
			return newAccount(found)
		}
	}
	return nil, errors.New("PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it: " +
		"start this as an ordinary user")
}

func newAccount(u *user.User) (*account, error) {
	uid, uidErr := strconv.Atoi(u.Uid)
	gid, gidErr := strconv.Atoi(u.Gid)
	return &account{name: u.Username, uid: uid, gid: gid}, errors.Join(uidErr, gidErr)
}

// ownerOf returns the account that a file or folder belongs to.
func ownerOf(path string) (*account, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	owner := info.Sys().(*syscall.Stat_t)
	name := strconv.FormatUint(uint64(owner.Uid), 10)
	if found, err := user.LookupId(name); err == nil {
		return newAccount(found)
	}
	return &account{name: name, uid: int(owner.Uid), gid: int(owner.Gid)}, nil
}

// apply makes a command run as the account.
func (a *account) apply(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if a != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
}

// canEnter reports why the account cannot work in a folder, by having it go there.
func (a *account) canEnter(folder string) error {
	if a == nil {
		return nil
	}
	cmd := exec.Command("/bin/sh", "-c", ":")
	cmd.Dir = folder
	a.apply(cmd)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("PostgreSQL refuses to run as root, and user %s, who is to run it, cannot enter %s: "+
			"choose a folder outside private homes: %w", a.name, folder, err)
	}
	return nil
}

// ownedByUs reports why a folder may hold what others put there.
func ownedByUs(folder string) error {
	info, err := os.Lstat(folder)
	if err != nil {
		return err
	}
	switch owner := info.Sys().(*syscall.Stat_t); {
	case !info.IsDir():
		return &fs.PathError{Op: "trust", Path: folder, Err: syscall.ENOTDIR}
	case int(owner.Uid) != os.Geteuid():
		return errors.New("it belongs to another user")
	case info.Mode().Perm()&0o022 != 0:
		return errors.New("other users can write to it")
	}
	return nil
}

// tryLock locks a file until it is closed or this process ends, or fails when another holds it.
func tryLock(file *os.File) error {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
