package jsonfields

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A scanner finds the values in JSON text. It looks no deeper than it must, so a
// mistake inside a value that nobody reads may go unnoticed; one that hides where the
// value ends does not.
type scanner struct {
	text string
	pos  int
	err  error
}

func (s *scanner) fail(expected string) {
	if s.err == nil {
		s.err = fmt.Errorf("JSON at byte %d: %s expected", s.pos, expected)
	}
}

// peek returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	if s.pos < len(s.text) {
		return s.text[s.pos]
	}
	return 0
}

func (s *scanner) blank() {
	for s.pos < len(s.text) && (s.text[s.pos] == ' ' || s.text[s.pos] == '\n' || s.text[s.pos] == '\t' || s.text[s.pos] == '\r') {
		s.pos++
	}
}

// take goes past c, and reports whether it was there.
func (s *scanner) take(c byte) bool {
	s.blank()
	if s.err != nil || s.peek() != c {
		return false
	}
	s.pos++
	return true
}

// object calls each for the members of an object.
func (s *scanner) object(each func(member)) {
	s.split('{', '}', func() {
		if s.blank(); s.peek() != '"' {
			s.fail("a name")
			return
		}
		name, err := unquote(s.value())
		if err != nil || !s.take(':') {
			s.fail("a name and a colon")
			return
		}
		each(member{name, s.value()})
	})
}

// elements splits an array.
func elements(array string) (all []string, err error) {
	s := scanner{text: array}
	s.split('[', ']', func() { all = append(all, s.value()) })
	return all, s.err
}

// split calls one for each part between the brackets.
func (s *scanner) split(begin, end byte, one func()) {
	if !s.take(begin) {
		s.fail(string(begin))
		return
	}
	if s.take(end) {
		return
	}
	for s.err == nil {
		one()
		if s.take(end) {
			return
		}
		if !s.take(',') {
			s.fail(string(end))
		}
	}
}

// value returns the text of the next value and goes past it.
func (s *scanner) value() string {
	s.blank()
	from := s.pos
	depth := 0
	for s.err == nil {
		switch c := s.peek(); c {
		case '"':
			s.quoted()
		case '{', '[':
			depth++
			s.pos++
		case '}', ']':
			depth--
			s.pos++
		case ',', ':', ' ', '\t', '\n', '\r':
			s.pos++ // between the parts of a value: see below
		default:
			s.word()
		}
		if depth < 0 {
			s.fail("a value")
		}
		if depth == 0 {
			break
		}
	}
	if s.err != nil || s.text[from] == ',' || s.text[from] == ':' {
		s.fail("a value")
		return "null"
	}
	return s.text[from:s.pos]
}

// quoted goes past a string.
func (s *scanner) quoted() {
	for s.pos++; ; {
		n := strings.IndexByte(s.text[s.pos:], '"')
		if n < 0 {
			s.fail("the end of a string")
			return
		}
		s.pos += n + 1
		backslashes := 0
		for s.text[s.pos-2-backslashes] == '\\' {
			backslashes++
		}
		if backslashes%2 == 0 {
			return
		}
	}
}

// word goes past a number or a literal.
func (s *scanner) word() {
	from := s.pos
	for ; s.pos < len(s.text); s.pos++ {
		c := s.text[s.pos]
		if c != '-' && c != '+' && c != '.' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			break
		}
	}
	if word := s.text[from:s.pos]; word == "" || word[0] > '9' && word != "true" && word != "false" && word != "null" {
		s.fail("a value")
	}
}

// unquote returns what a string's text means.
func unquote(v string) (string, error) {
	if len(v) < 2 || v[0] != '"' {
		return "", errKind
	}
	inside := v[1 : len(v)-1]
	for i := range len(inside) {
		if c := inside[i]; c == '\\' || c < ' ' || c >= utf8.RuneSelf {
			var s string
			err := json.Unmarshal([]byte(v), &s)
			return s, err
		}
	}
	return inside, nil
}
