package store

import (
	"crypto/sha1" //nolint:gosec // RFC 9562 builds name-based UUIDs of version 5 from SHA-1; nothing secret depends on it
	"encoding/hex"
	"regexp"
	"strings"
)

var guid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// namespace of the identifiers that are not GUIDs.
var namespace = [16]byte{0x0e, 0x27, 0x52, 0x1a, 0x5d, 0x3c, 0x4c, 0x6e, 0x9a, 0x44, 0x9b, 0x1c, 0x2f, 0x0d, 0x61, 0x7e}

// IdentifierUUID returns the uuid under which an identifier is kept: itself if it is a GUID, else the name-based UUID of
// its text, which the table identifier then holds.
func IdentifierUUID(text string) (uuid string, isGUID bool) {
	if lower := strings.ToLower(text); guid.MatchString(lower) {
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

func formatUUID(u [16]byte) string {
	text := hex.EncodeToString(u[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}
