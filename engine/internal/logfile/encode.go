// Package logfile writes and reads the logs of containers in Docker's json-file form:
// one JSON object a line, {"log":"text\n","stream":"stdout","time":"..."}, rotated by
// size. A line of output longer than 16 KiB becomes several entries, of which only the
// last ends in a newline.
//
// The shim writes, through one Writer; any number of berths read at the same time.
// It has an encoder and a decoder of its own because each byte that a container prints
// goes through them.
package logfile

import (
	"time"
	"unicode/utf8"
)

// maxLine is the longest text of one entry, as in Docker.
const maxLine = 16 << 10

// plain marks the bytes that stand for themselves in a JSON string. Docker escapes
// <, > and & too; so do we, for files that are the same byte for byte.
var plain = func() (t [256]bool) {
	for c := 0x20; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\' && c != '<' && c != '>' && c != '&'
	}
	return t
}()

const hex = "0123456789abcdef"

// appendEntry appends one entry with its newline. when is a formatted time.
func appendEntry(dst, line []byte, stderr bool, when []byte) []byte {
	dst = append(dst, `{"log":"`...)
	dst = appendEscaped(dst, line)
	if stderr {
		dst = append(dst, `","stream":"stderr","time":"`...)
	} else {
		dst = append(dst, `","stream":"stdout","time":"`...)
	}
	dst = append(dst, when...)
	return append(dst, "\"}\n"...)
}

func appendTime(dst []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(dst, time.RFC3339Nano)
}

// appendEscaped appends s as the inside of a JSON string. Bytes that are not UTF-8
// become U+FFFD: JSON has no other way to say them.
func appendEscaped(dst, s []byte) []byte {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRune(s[i:])
			if (r != utf8.RuneError || n > 1) && r != '\u2028' && r != '\u2029' {
				i += n
				continue
			}
			dst = append(dst, s[start:i]...)
			switch r {
			case '\u2028':
				dst = append(dst, `\u2028`...)
			case '\u2029':
				dst = append(dst, `\u2029`...)
			default:
				dst = append(dst, `\ufffd`...)
			}
			i += n
			start = i
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		start = i
	}
	return append(dst, s[start:]...)
}
