package store

import (
	"crypto/sha1" //nolint:gosec // RFC 9562 builds name-based UUIDs of version 5 from SHA-1; nothing secret depends on it
	"encoding/hex"
	"strings"
)

// namespace of the identifiers that are not GUIDs.
var namespace = [16]byte{0x0e, 0x27, 0x52, 0x1a, 0x5d, 0x3c, 0x4c, 0x6e, 0x9a, 0x44, 0x9b, 0x1c, 0x2f, 0x0d, 0x61, 0x7e}

// IdentifierUUID returns the uuid under which an identifier is kept: itself if it is a GUID, else the name-based UUID of
// its text, which the table identifier then holds.
func IdentifierUUID(text string) (uuid string, guid bool) {
	if lower := strings.ToLower(text); isGUID(lower) {
		return lower, true
	}
	h := sha1.New() //nolint:gosec // see above
	h.Write(namespace[:])
	h.Write([]byte(text))
	u := [16]byte(h.Sum(nil)[:16])
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	return formatUUID(u), false
}

// isGUID reports whether a text in lower case is a GUID.
func isGUID(text string) bool {
	if len(text) != len("00000000-0000-0000-0000-000000000000") {
		return false
	}
	for i := range len(text) {
		c := text[i]
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (c == '-') || !dash && (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func formatUUID(u [16]byte) string {
	text := hex.EncodeToString(u[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}
