package demo

import "time"

// quote writes s as a JSON string.
func quote(s string) string { return string(appendQuoted(nil, s)) }

// appendQuoted appends s as a JSON string. It escapes what JSON demands and
// nothing else, as Graph does.
func appendQuoted(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// appendText appends `"key":"value"`; the key needs no escapes.
func appendText(b []byte, key, value string) []byte {
	b = append(b, '"')
	b = append(b, key...)
	b = append(b, `":`...)
	return appendQuoted(b, value)
}

// appendTextOrNull is appendText with null for the empty value.
func appendTextOrNull(b []byte, key, value string) []byte {
	if value != "" {
		return appendText(b, key, value)
	}
	b = append(b, '"')
	b = append(b, key...)
	return append(b, `":null`...)
}

// appendTime appends nanoseconds since 1970 the way Graph prints a
// DateTimeOffset: in units of 100 ns, with as many decimals as it takes, none
// on a whole second.
func appendTime(b []byte, at int64) []byte {
	return time.Unix(0, at-mod(at, 100)).UTC().AppendFormat(b, time.RFC3339Nano)
}

func formatTime(at int64) string { return string(appendTime(nil, at)) }

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, "true"...)
	}
	return append(b, "false"...)
}
