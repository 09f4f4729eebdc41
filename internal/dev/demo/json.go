package demo

import (
	"strconv"
	"time"
)

// object is JSON being written: each method returns it with one more property or element, and the comma before it. Keys
// need no escapes.
type object []byte

// separate appends the comma that the next property or element needs.
func (o object) separate() object {
	if n := len(o); n > 0 && o[n-1] != '{' && o[n-1] != '[' && o[n-1] != ':' {
		return append(o, ',')
	}
	return o
}

func (o object) key(key string) object {
	o = append(o.separate(), '"')
	o = append(o, key...)
	return append(o, `":`...)
}

// json appends a property whose value is JSON already.
func (o object) json(key, value string) object { return append(o.key(key), value...) }

// fields appends properties, or elements of a list, that are JSON already.
func (o object) fields(list string) object { return append(o.separate(), list...) }

func (o object) text(key, value string) object { return appendQuoted(o.key(key), value) }

// textOrNull is text with null for the empty value.
func (o object) textOrNull(key, value string) object {
	if value == "" {
		return o.json(key, "null")
	}
	return o.text(key, value)
}

// optional is text that leaves out the empty value.
func (o object) optional(key, value string) object {
	if value == "" {
		return o
	}
	return o.text(key, value)
}

// list appends a list of one or no text.
func (o object) list(key, value string) object {
	o = append(o.key(key), '[')
	if value != "" {
		o = appendQuoted(o, value)
	}
	return append(o, ']')
}

func (o object) id(key string, id guid) object {
	return append(id.append(append(o.key(key), '"')), '"')
}

func (o object) time(key string, at int64) object {
	return append(appendTime(append(o.key(key), '"'), at), '"')
}

func (o object) number(key string, n int64) object { return strconv.AppendInt(o.key(key), n, 10) }

func (o object) bool(key string, value bool) object { return strconv.AppendBool(o.key(key), value) }

// open begins an object or a list as the value of a key, begin one as an element or on its own. end ends it.
func (o object) open(key string, bracket byte) object { return append(o.key(key), bracket) }
func (o object) begin() object                        { return append(o.separate(), '{') }
func (o object) end(brackets string) object           { return append(o, brackets...) }

// quote returns s as a JSON string.
func quote(s string) string { return string(appendQuoted(nil, s)) }

// appendQuoted appends s as a JSON string. It escapes what JSON demands and nothing else, as Graph does.
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

// appendTime appends nanoseconds since 1970 the way Graph prints a DateTimeOffset: in units of 100 ns, with as many
// decimals as it takes, none on a whole second.
func appendTime(b []byte, at int64) []byte {
	return time.Unix(0, at-mod(at, 100)).UTC().AppendFormat(b, time.RFC3339Nano)
}
