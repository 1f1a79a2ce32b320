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
	dst = append(dst, entryHead...)
	dst = appendEscaped(dst, line)
	return appendTail(dst, stderr, when)
}

const entryHead = `{"log":"`

func appendTail(dst []byte, stderr bool, when []byte) []byte {
	if stderr {
		dst = append(dst, `","stream":"stderr","time":"`...)
	} else {
		dst = append(dst, `","stream":"stdout","time":"`...)
	}
	dst = append(dst, when...)
	return append(dst, "\"}\n"...)
}

// tails are what follows the text in entries of one moment, made once for all of them:
// of a short line most of its entry.
type tails struct {
	when []byte     // the moment, formatted
	all  [2][2]tail // by stream, and by the line's end
}

// A tail is the rest of an entry from the end of the line on.
type tail struct {
	end  string // of the line: a newline, or with a carriage return as terminals have it
	json []byte
}

// set makes the tails for t.
func (t *tails) set(now time.Time) {
	t.when = appendTime(t.when[:0], now)
	for stream := range t.all {
		for i, end := range [...]string{"\n", "\r\n"} {
			v := &t.all[stream][i]
			v.end = end
			v.json = appendTail(appendEscaped(v.json[:0], []byte(end)), stream == 1, t.when)
		}
	}
}

// simple returns the length of the text of the line at the start of p, and what ends its
// entry, if the text needs no escape and the line is whole; else 0.
func (t *tails) simple(p []byte, stderr bool) (int, *tail) {
	n := 0
	for n < len(p) && n < maxLine-2 && plain[p[n]] {
		n++
	}
	v := &t.all[0]
	if stderr {
		v = &t.all[1]
	}
	switch {
	case n+1 < len(p) && p[n] == '\r' && p[n+1] == '\n':
		return n, &v[1]
	case n < len(p) && p[n] == '\n':
		return n, &v[0]
	}
	return 0, nil
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
