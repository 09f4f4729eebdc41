package main_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
)

// What Graph, az and PowerShell write is stored as it is, and what is something else leaves a group the members that it has.
func TestGroupsAreStoredFromWhatIsPipedIn(t *testing.T) {
	zipped := func(text string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Write([]byte(text))
		w.Close()
		return b.String()
	}
	inUTF16 := func(text string) string { // as Windows PowerShell redirects
		b := []byte{0xff, 0xfe}
		for _, unit := range utf16.Encode([]rune(text)) {
			b = binary.LittleEndian.AppendUint16(b, unit)
		}
		return string(b)
	}
	member := func(id string) string { return `{"@odata.type": "#microsoft.graph.user", "id": "` + id + `"}` }

	p := build(t, nil)
	db, address := pgtest.Store(t)
	for _, tt := range []struct {
		input, path, says string
		ok                bool
		members           string // afterwards
	}{
		{`{"value": [` + member("u1") + `]}`, "-", "g7 Seven: 1 user\n", true, "u1"},
		{zipped("[" + member("u2") + "," + member("u3") + "]"), "-", "g7 Seven: 2 users", true, "u2 u3"},
		{inUTF16("[" + member("u4") + "]"), "-", "g7 Seven: 1 user\n", true, "u4"},
		{`{"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#auditLogs/signIns", "value": [{"id": "s1"}]}`, "-",
			"standard input: this is no page of groups or members as Microsoft Graph returns it for " +
				"/groups?$expand=members or /groups/{id}/members: it holds auditLogs/signIns", false, "u4"},
		{`{"error": {"code": "Forbidden", "message": "Insufficient privileges."}}`, "-",
			"Forbidden: Insufficient privileges.", false, "u4"},
		{zipped("[" + member("u5") + "]")[:20], "-", "standard input: the gzip file ends too early: copy it again", false, "u4"},
		{`[` + member("u5") + `]`, "", "a path is empty: name a file, a folder, or - for standard input", false, "u4"},
	} {
		command := exec.CommandContext(t.Context(), p.path, "groups", "--tenant", "t", "--group", "g7", "--name", "Seven", tt.path)
		command.Env = append(os.Environ(), "ENTRA_ACTIVITY_DATABASE_URL="+address)
		command.Stdin = strings.NewReader(tt.input)
		out, err := command.CombinedOutput()
		require.Equal(t, tt.ok, err == nil, string(out))
		require.Contains(t, string(out), tt.says)
		var members []string
		require.NoError(t, db.Select(&members, "SELECT user_id FROM entra.group_member ORDER BY user_id"))
		require.Equal(t, tt.members, strings.Join(members, " "), tt.says)
	}
}
