package main_test

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// program is the built companion, in a folder with files.
type program struct {
	path, folder string
}

func build(t *testing.T, files map[string]string) program {
	t.Helper()
	p := program{filepath.Join(t.TempDir(), "entra-activity"), t.TempDir()}
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", p.path, ".").CombinedOutput()
	require.NoError(t, err, string(out))
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(p.folder, name), []byte(text), 0o600))
	}
	return p
}

// run returns all that the program prints, and whether it is content.
func (p program) run(t *testing.T, database string, args ...string) (out string, ok bool) {
	t.Helper()
	command := exec.CommandContext(t.Context(), p.path, args...)
	command.Dir, command.Env = p.folder, append(os.Environ(), "ENTRA_ACTIVITY_DATABASE_URL="+database)
	text, err := command.CombinedOutput()
	return string(text), err == nil
}

// What can go wrong at the first try, and what is said then.
func TestWhatIsWrongIsSaidWithWhatToDo(t *testing.T) {
	const signIn = `{"id": "7e26b6b1-4dd5-4f5e-a7a2-5ee6e4b1f201", "createdDateTime": "2026-03-02T10:00:00Z", ` +
		`"userPrincipalName": "a@contoso.example", "appId": "x", "status": {"errorCode": 0}}`
	other := `{"time": "2026-03-02T10:00:00Z", "category": "MicrosoftGraphActivityLogs", "operationName": "x", "properties": {"id": "1"}}`
	p := build(t, map[string]string{
		"signIn.json": signIn, "empty.json": "[]",
		"mixed.json":  signIn + "\n" + strings.Repeat(other+"\n", 3) + `{"a": 1}`,
		"others.json": other,
		"many.json": strings.Repeat(strings.Replace(signIn, "2026-03-02T10", "some", 1)+"\n",
			2) + strings.Join([]string{"[1,", `{"id": 7}`, "<html>", `{"error": {"message": "gone"}}`,
			`{"category": "x", "properties": {}}`, other}, "\n"),
	})
	_, filled := pgtest.Store(t)
	address := func(change func(u *url.URL)) string {
		u, err := url.Parse(filled)
		require.NoError(t, err)
		change(u)
		return u.String()
	}
	nobody := address(func(u *url.URL) { u.Host = "127.0.0.1:1" })
	bare := pgtest.Database(t)

	for _, tt := range []struct {
		database string
		args     string
		ok       bool
		says     []string
	}{
		{nobody, "migrate", false, []string{"the database cannot be reached: dial tcp 127.0.0.1:1",
			"check the host and port in --database-url or PGHOST and PGPORT"}},
		{bare, "retention --keep 400d", false, []string{`run "entra-activity migrate" on it`}},
		{bare, "import signIn.json", false, []string{`run "entra-activity migrate" on it`}},
		{filled, "retention --keep 5m", false, []string{`--keep: "5m" is not understood: give an age in days, weeks ` +
			`or years, such as 400d`}},
		{filled, "retention --keep 400", false, []string{"give an age in days"}},
		{filled, "retention --keep 0d", false, []string{"give an age in days"}},
		{filled, "import --tenant contoso.example signIn.json", false,
			[]string{"--tenant: contoso.example is a domain: give the tenant's ID"}},
		{filled, "import --tenant t signIn.json", true, []string{"Sign-ins                       1           1"}},
		{filled, "import signIn.json", true, []string{"1 record without a tenant: give its ID with --tenant"}},
		{filled, "import empty.json", true, []string{"there are no records in what was given"}},
		{filled, "import --tenant t mixed.json", true, []string{"4 refused and noted in entra-activity-rejects.ndjson:\n",
			`           3  diagnostic records of the category "MicrosoftGraphActivityLogs" are not kept ` +
				`(mixed.json:2)` + "\n", "           1  "}},
		{filled, "import --tenant t many.json", false, []string{"           2  ", "for other reasons\n"}},
		{filled, "import --tenant t others.json", false, []string{"everything was refused"}},
		{filled, "import --rejects missing/rejects others.json", false,
			[]string{"what is refused cannot be noted: open missing/rejects", "name another file with --rejects"}},
	} {
		out, ok := p.run(t, tt.database, strings.Fields(tt.args)...)
		require.Equal(t, tt.ok, ok, "%s: %s", tt.args, out)
		for _, says := range tt.says {
			require.Contains(t, out, says, tt.args)
		}
	}

	rejects := func() string {
		text, err := os.ReadFile(filepath.Join(p.folder, "entra-activity-rejects.ndjson"))
		require.NoError(t, err)
		return string(text)
	}
	before := rejects()
	require.Contains(t, before, `"mixed.json"`)
	_, ok := p.run(t, filled, "import", "--tenant", "t", "mixed.json", "others.json")
	require.True(t, ok)
	require.Equal(t, before, rejects(), "what is noted is not noted again")
}
