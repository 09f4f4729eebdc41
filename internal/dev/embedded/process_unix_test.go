//go:build unix

package embedded

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// holderEnv makes the test binary start a server and then end in the way its value says.
const holderEnv = "EMBEDDED_TEST_HOLDER"

func TestMain(m *testing.M) {
	if ending := os.Getenv(holderEnv); ending != "" {
		hold(ending)
	}
	m.Run()
}

func hold(ending string) {
	// A background job of a shell is born deaf to the signals of a terminal.
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGINT, syscall.SIGHUP)
	opts := Options{Dir: os.Getenv("EMBEDDED_TEST_DIR")}
	s, err := Start(context.Background(), opts)
	if err != nil {
		panic(err)
	}
	pid, err := s.folder.root.ReadFile(filepath.Join(dataName, "postmaster.pid"))
	if err != nil {
		panic(err)
	}
	first, _, _ := strings.Cut(string(pid), "\n")
	fmt.Println(first, s.folder.path)
	switch ending {
	case "panic":
		panic("as a test may")
	case "exit":
		os.Exit(0)
	}
	<-ended
	os.Exit(1)
}

// A server must not outlive its process, however that ends.
func TestNoServerIsLeftBehind(t *testing.T) {
	for _, test := range []struct {
		name   string
		signal syscall.Signal // for the whole process group, as a terminal does it
		kept   bool
	}{
		{name: "killed", signal: syscall.SIGKILL},
		{name: "killed, kept folder", signal: syscall.SIGKILL, kept: true},
		{name: "ctrl-c", signal: syscall.SIGINT},
		{name: "terminal closed", signal: syscall.SIGHUP},
		{name: "panic"},
		{name: "exit"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var dir string
			if test.kept {
				dir = keptFolder(t)
			}
			holder := holderCommand(test.name, dir)
			output, err := holder.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := holder.Start(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(output).ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			pidText, path, _ := strings.Cut(strings.TrimSpace(line), " ")
			pid, err := strconv.Atoi(pidText)
			if err != nil {
				t.Fatal(err)
			}
			if test.signal != 0 {
				if err := syscall.Kill(-holder.Process.Pid, test.signal); err != nil {
					t.Fatal(err)
				}
			}
			holder.Wait()

			eventually(t, "the server has ended", func() bool {
				return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
			})
			if !test.kept {
				eventually(t, "its folder is gone", func() bool {
					_, err := os.Stat(path)
					return errors.Is(err, fs.ErrNotExist)
				})
				return
			}
			start(t, Options{Dir: dir})
			log, err := os.ReadFile(filepath.Join(dir, logName))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(log), "not properly shut down") {
				t.Errorf("the server was not stopped in good order:\n%s", log)
			}
		})
	}

	t.Run("while starting", func(t *testing.T) {
		place := temporaryPlace(t)
		holder := holderCommand("while starting", "")
		if err := holder.Start(); err != nil {
			t.Fatal(err)
		}
		left := func() []string {
			folders, _ := filepath.Glob(filepath.Join(place, "*"))
			return folders
		}
		eventually(t, "initdb is at work", func() bool { return initializing(place) })
		if err := syscall.Kill(holder.Process.Pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		holder.Wait()
		eventually(t, "its folder is gone", func() bool { return len(left()) == 0 })
	})
}

func holderCommand(ending, dir string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), holderEnv+"="+ending, "EMBEDDED_TEST_DIR="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

func TestStopReportsAServerThatHadEnded(t *testing.T) {
	s := start(t, Options{})
	var pid int
	text, err := s.folder.root.ReadFile(filepath.Join(dataName, "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(string(text), &pid); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	<-s.process.done
	if err := s.Stop(); err == nil || !strings.Contains(err.Error(), "had ended before it was stopped") {
		t.Errorf("got %v", err)
	}
	assertGone(t, s.folder.path)
}

func TestRootRunsTheServerAsAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("for root only")
	}
	t.Run("account", func(t *testing.T) {
		s := start(t, Options{})
		owner, err := ownerOf(filepath.Join(s.folder.path, dataName))
		if err != nil {
			t.Fatal(err)
		}
		if owner.uid == 0 {
			t.Error("the data belong to root")
		}
	})
	t.Run("private temporary folder", func(t *testing.T) {
		t.Setenv("TMPDIR", t.TempDir()) // 0700
		s := start(t, Options{})
		if strings.HasPrefix(s.folder.path, os.TempDir()) {
			t.Errorf("the data are in %s", s.folder.path)
		}
	})
	t.Run("private kept folder", func(t *testing.T) {
		private := t.TempDir()
		if err := os.Chmod(private, 0o700); err != nil {
			t.Fatal(err)
		}
		_, err := Start(t.Context(), Options{Dir: filepath.Join(private, "postgres")})
		if err == nil || !strings.Contains(err.Error(), "choose a folder outside private homes") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("folder of an ordinary user", func(t *testing.T) {
		nobody, err := user.Lookup("nobody")
		if err != nil {
			t.Skip(err)
		}
		as, err := newAccount(nobody)
		if err != nil {
			t.Fatal(err)
		}
		dir := keptFolder(t)
		if err := errors.Join(os.Mkdir(dir, 0o700), as.own(dir)); err != nil {
			t.Fatal(err)
		}
		s := start(t, Options{Dir: dir})
		if s.folder.account.uid != as.uid {
			t.Errorf("the server runs as %s", s.folder.account.name)
		}
	})
}

func TestOnlyOurOwnFolderIsTrusted(t *testing.T) {
	parent := keptFolder(t)
	folder := filepath.Join(parent, "postgres")
	if err := makeTrusted(folder); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := makeTrusted(folder); err == nil || !strings.Contains(err.Error(), "other users can write") {
		t.Errorf("open to all: got %v", err)
	}
	if err := errors.Join(os.Remove(folder), os.Symlink("/tmp", folder)); err != nil {
		t.Fatal(err)
	}
	if err := makeTrusted(folder); err == nil || !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("a link: got %v", err)
	}
	if os.Geteuid() != 0 {
		return
	}
	if err := errors.Join(os.Remove(folder), os.Mkdir(folder, 0o755), os.Chown(folder, 65534, 65534)); err != nil {
		t.Fatal(err)
	}
	if err := makeTrusted(folder); err == nil || !strings.Contains(err.Error(), "belongs to another user") {
		t.Errorf("another's: got %v", err)
	}
}
