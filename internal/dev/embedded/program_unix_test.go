//go:build unix

package embedded

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestProgram(t *testing.T) {
	p, err := Run("/bin/sh", map[string]string{"said": "hello"}, "-c", `cat said; id -u >account; exec sleep 60`)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Stop() })
	var account []byte
	for len(account) == 0 {
		time.Sleep(10 * time.Millisecond)
		account, _ = p.folder.root.ReadFile("account")
	}
	if p.process.said() != "hello" {
		t.Errorf("it said %q", p.process.said())
	}
	if strings.TrimSpace(string(account)) == "0" {
		t.Error("it runs as root")
	}
	select {
	case <-p.process.done:
		t.Errorf("it ended: %s", p.process.ending())
	default:
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	assertGone(t, p.folder.path)
}

func TestProgramThatEnds(t *testing.T) {
	port, err := FreePort()
	if err != nil {
		t.Fatal(err)
	}
	p, err := Run("/bin/sh", nil, "-c", "echo no such setting; exit 3")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.AwaitPort(t.Context(), port); err == nil || !strings.Contains(err.Error(), "exit status 3") ||
		!strings.Contains(err.Error(), "no such setting") {
		t.Errorf("got %v", err)
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	assertGone(t, p.folder.path)
}

func TestServerOnAChosenPort(t *testing.T) {
	dir := keptFolder(t)
	first := start(t, Options{Dir: dir})
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	again := start(t, Options{Dir: dir, Port: first.Port()})
	if got := scalar(t, open(t, again.URL("postgres")), "SHOW port"); got != strconv.Itoa(first.Port()) {
		t.Errorf("it answers on port %s", got)
	}
}
