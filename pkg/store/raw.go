package store

import (
	"bytes"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// suspects are what JSON that PostgreSQL cannot read as text has: NUL, its escape, or the escape of a surrogate.
var suspects = [][]byte{{0}, []byte(`\u0000`), []byte(`\ud`), []byte(`\uD`)}

// storable returns JSON whose texts PostgreSQL can hold. The escapes of NUL and of unpaired surrogates become that of the
// replacement character, and bytes that are not UTF-8 become the replacement character itself. NUL bytes are dropped.
func storable(raw []byte) []byte {
	if !utf8.Valid(raw) {
		raw = bytes.ToValidUTF8(raw, []byte("\uFFFD"))
	}
	if !slices.ContainsFunc(suspects, func(s []byte) bool { return bytes.Contains(raw, s) }) {
		return raw
	}
	raw = bytes.ReplaceAll(raw, []byte{0}, nil)
	out := make([]byte, 0, len(raw))
	for len(raw) > 0 {
		n, ok := 1, true
		if raw[0] == '\\' {
			n, ok = escape(raw)
		}
		if ok {
			out = append(out, raw[:n]...)
		} else {
			out = append(out, `\ufffd`...)
		}
		raw = raw[n:]
	}
	return out
}

// escape returns the length of the escape that b begins with, and whether PostgreSQL can hold what it stands for.
func escape(b []byte) (length int, ok bool) {
	code, ok := unicodeEscape(b)
	switch {
	case !ok:
		return min(2, len(b)), true
	case code == 0:
		return 6, false
	case !utf16.IsSurrogate(code):
		return 6, true
	}
	if low, ok := unicodeEscape(b[6:]); ok && utf16.DecodeRune(code, low) != utf8.RuneError {
		return 12, true
	}
	return 6, false
}

// unicodeEscape reads an escape of the form \uXXXX.
func unicodeEscape(b []byte) (code rune, ok bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return rune(n), err == nil
}
