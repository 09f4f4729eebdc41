package embedded

import (
	"os"
	"os/exec"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// start runs the program in a job that Windows ends, with all programs in it, when its last handle is closed: ours.
// That is PostgreSQL's immediate stop; a kept folder recovers at the next start. A temporary folder outlives a process
// that was killed.
func (c command) start() (*process, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return nil, err
	}
	letGo := sync.OnceFunc(func() { windows.CloseHandle(job) })

	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{}
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	if _, err := windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits))); err != nil {
		letGo()
		return nil, err
	}

	cmd := exec.Command(c.argv[0], c.argv[1:]...)
	cmd.Dir = c.dir
	cmd.Env = environment()
	cmd.Stdout = c.output
	cmd.Stderr = c.output
	// Its own group: Ctrl-C in our console is for us, who let go when we are ready to.
	cmd.SysProcAttr = &windows.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
	if err := cmd.Start(); err != nil {
		letGo()
		return nil, err
	}
	var assigned error
	if err := cmd.Process.WithHandle(func(handle uintptr) {
		assigned = windows.AssignProcessToJobObject(job, windows.Handle(handle))
	}); err != nil {
		assigned = err
	}
	p := &process{done: make(chan struct{}), letGo: letGo}
	go func() { p.end(cmd.Wait()) }()
	if assigned != nil {
		cmd.Process.Kill()
		<-p.done
		letGo()
		return nil, assigned
	}
	return p, nil
}

// serverAccount returns nil: on Windows PostgreSQL runs as whoever we are, who must not have an administrator's rights.
func serverAccount() (*account, error) { return nil, nil }

func ownerOf(string) (*account, error) { return nil, nil }

func (a *account) apply(*exec.Cmd) {}

func (a *account) canEnter(string) error { return nil }

// ownedByUs trusts the user's cache folder: Windows closes profiles to other users.
func ownedByUs(string) error { return nil }

// tryLock locks a file until it is closed or this process ends, or fails when another holds it.
func tryLock(file *os.File) error {
	return windows.LockFileEx(windows.Handle(file.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &windows.Overlapped{})
}
