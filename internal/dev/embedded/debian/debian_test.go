package debian

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestProgramThatIsThere(t *testing.T) {
	got := Program(t, "go", "golang")
	if info, err := os.Stat(got); err != nil || info.IsDir() {
		t.Errorf("got %q: %v", got, err)
	}
}

func TestMissingProgram(t *testing.T) {
	t.Setenv("PATH", "") // no apt-get either
	for _, tt := range []struct {
		ci, outcome string
		reported    bool
	}{
		{"", "skipped", true},
		{"true", "failed", false},
	} {
		list := filepath.Join(t.TempDir(), "left-out")
		if err := os.WriteFile(list, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv("CI", tt.ci)
		t.Setenv(LeftOutEnv, list)
		said := &outcome{TB: t}
		done := make(chan struct{})
		go func() {
			defer close(done)
			Program(said, "no-such-program", "nothing")
		}()
		<-done
		const notice = "LEFT OUT: TestMissingProgram, which needs no-such-program"
		if said.how != tt.outcome || !strings.Contains(said.why, notice) {
			t.Errorf("CI=%q: %s: %s", tt.ci, said.how, said.why)
		}
		if listed, err := os.ReadFile(list); err != nil || strings.Contains(string(listed), notice) != tt.reported {
			t.Errorf("CI=%q: the list is %q, %v", tt.ci, listed, err)
		}
	}
}

// outcome is a test that notes how it ended.
type outcome struct {
	testing.TB
	how, why string
}

func (o *outcome) Skip(args ...any)  { o.end("skipped", args) }
func (o *outcome) Fatal(args ...any) { o.end("failed", args) }

func (o *outcome) end(how string, args []any) {
	o.how, o.why = how, args[0].(string)
	runtime.Goexit()
}
