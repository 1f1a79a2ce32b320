package jsonfields

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// A scanner finds the values in JSON text. It looks no deeper than it must, so a
// mistake inside a value that nobody reads may go unnoticed; one that hides where the
// value ends does not.
type scanner struct {
	data []byte
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
	if s.pos < len(s.data) {
		return s.data[s.pos]
	}
	return 0
}

func (s *scanner) blank() {
	for s.pos < len(s.data) && (s.data[s.pos] == ' ' || s.data[s.pos] == '\n' || s.data[s.pos] == '\t' || s.data[s.pos] == '\r') {
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

// object splits an object into its members.
func (s *scanner) object() []member {
	all := make([]member, 0, 8)
	s.split('{', '}', func() {
		if s.blank(); s.peek() != '"' {
			s.fail("a name")
			return
		}
		quoted := s.value()
		name, err := unquote(quoted)
		if err != nil || !s.take(':') {
			s.fail("a name and a colon")
			return
		}
		all = append(all, member{[]byte(name), s.value()})
	})
	return all
}

// elements splits an array.
func elements(array []byte) (all [][]byte, err error) {
	s := scanner{data: array}
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
func (s *scanner) value() []byte {
	s.blank()
	from := s.pos
	depth := 0
	for s.err == nil {
		switch c := s.peek(); c {
		case '"':
			s.text()
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
	if s.err != nil || s.data[from] == ',' || s.data[from] == ':' {
		s.fail("a value")
		return []byte("null")
	}
	return s.data[from:s.pos]
}

// text goes past a string.
func (s *scanner) text() {
	for s.pos++; ; s.pos++ {
		switch s.peek() {
		case '"':
			s.pos++
			return
		case '\\':
			s.pos++
		case 0:
			s.fail("the end of a string")
			return
		}
	}
}

// word goes past a number or a literal.
func (s *scanner) word() {
	from := s.pos
	for ; s.pos < len(s.data); s.pos++ {
		c := s.data[s.pos]
		if c != '-' && c != '+' && c != '.' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			break
		}
	}
	if word := string(s.data[from:s.pos]); word == "" || word[0] > '9' && word != "true" && word != "false" && word != "null" {
		s.fail("a value")
	}
}

// unquote returns what a string's text means.
func unquote(v []byte) (string, error) {
	if len(v) < 2 || v[0] != '"' {
		return "", errKind
	}
	for _, c := range v[1 : len(v)-1] {
		if c == '\\' || c < ' ' || c >= utf8.RuneSelf {
			var s string
			err := json.Unmarshal(v, &s)
			return s, err
		}
	}
	return string(v[1 : len(v)-1]), nil
}
