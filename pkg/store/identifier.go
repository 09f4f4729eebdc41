package store

import (
	"strings"

	"github.com/google/uuid"
)

// namespace of the identifiers that are not GUIDs.
var namespace = uuid.MustParse("0e27521a-5d3c-4c6e-9a44-9b1c2f0d617e")

// IdentifierUUID returns the uuid under which an identifier is kept: itself if it is a GUID, else the name-based UUID of
// its text, which the table identifier then holds.
func IdentifierUUID(text string) (id string, guid bool) {
	if lower := strings.ToLower(text); len(lower) == 36 && uuid.Validate(lower) == nil {
		return lower, true
	}
	return uuid.NewSHA1(namespace, []byte(text)).String(), false
}
