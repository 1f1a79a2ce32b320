package logfile

import (
	"bytes"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// An entry is a decoded line of the file. text shares the decoder's buffer.
type entry struct {
	text   []byte
	stderr bool
	time   time.Time
}

// A decoder reads lines of the file; its buffer is used again for each.
type decoder struct {
	text, key, val []byte
}

// decode reads one line. ok is false if it is not an entry: a file that was cut off by
// a crash, or that somebody edited, loses the broken lines and no more.
func (d *decoder) decode(line []byte) (e entry, ok bool) {
	p := skipSpace(line)
	if len(p) == 0 || p[0] != '{' {
		return e, false
	}
	p = skipSpace(p[1:])
	seen := false
	for len(p) > 0 && p[0] == '"' {
		if d.key, p, ok = unquote(d.key[:0], p); !ok {
			return e, false
		}
		if p = skipSpace(p); len(p) == 0 || p[0] != ':' {
			return e, false
		}
		p = skipSpace(p[1:])
		switch {
		case string(d.key) == "log":
			d.text, p, ok = unquote(d.text[:0], p)
			seen = true
		case string(d.key) == "stream" || string(d.key) == "time":
			if d.val, p, ok = unquote(d.val[:0], p); !ok {
				return e, false
			}
			if d.key[0] == 's' {
				e.stderr = string(d.val) == "stderr"
			} else if t, err := time.Parse(time.RFC3339Nano, string(d.val)); err == nil {
				e.time = t.Local()
			}
		default: // "attrs", or what a later version adds
			p, ok = skipValue(p)
		}
		if !ok {
			return e, false
		}
		if p = skipSpace(p); len(p) > 0 && p[0] == ',' {
			p = skipSpace(p[1:])
		}
	}
	e.text = d.text
	return e, seen && len(p) > 0 && p[0] == '}'
}

func skipSpace(p []byte) []byte {
	for len(p) > 0 && (p[0] == ' ' || p[0] == '\t' || p[0] == '\r' || p[0] == '\n') {
		p = p[1:]
	}
	return p
}

// skipValue skips one JSON value without looking at it closely.
func skipValue(p []byte) (rest []byte, ok bool) {
	depth := 0
	for i := 0; i < len(p); i++ {
		switch p[i] {
		case '"':
			for i++; i < len(p) && p[i] != '"'; i++ {
				if p[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return p[i:], true
			}
			if depth--; depth == 0 {
				return p[i+1:], true
			}
		case ',':
			if depth == 0 {
				return p[i:], true
			}
		}
	}
	return nil, false
}

// unquote appends the value of the JSON string at the start of p.
func unquote(dst, p []byte) (val, rest []byte, ok bool) {
	if len(p) == 0 || p[0] != '"' {
		return dst, p, false
	}
	p = p[1:]
	for {
		i := bytes.IndexByte(p, '"')
		if i < 0 {
			return dst, p, false
		}
		j := bytes.IndexByte(p[:i], '\\')
		if j < 0 {
			return append(dst, p[:i]...), p[i+1:], true
		}
		dst = append(dst, p[:j]...)
		if dst, p, ok = unescape(dst, p[j+1:]); !ok {
			return dst, p, false
		}
	}
}

var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unescape appends what the escape at p, behind its backslash, stands for.
func unescape(dst, p []byte) (val, rest []byte, ok bool) {
	if len(p) == 0 {
		return dst, p, false
	}
	if c := escapes[p[0]]; c != 0 {
		return append(dst, c), p[1:], true
	}
	r, ok := hex4(p)
	if !ok {
		return dst, p, false
	}
	p = p[5:]
	if utf16.IsSurrogate(r) && len(p) > 0 && p[0] == '\\' {
		if low, ok := hex4(p[1:]); ok {
			if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
				r, p = both, p[6:]
			}
		}
	}
	return utf8.AppendRune(dst, r), p, true
}

// hex4 reads "uXXXX".
func hex4(p []byte) (r rune, ok bool) {
	if len(p) < 5 || p[0] != 'u' {
		return 0, false
	}
	for _, c := range p[1:5] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
