// Package display writes values as people read them in a row of cells: sizes, ages,
// names from outside, text cut to a width. It knows neither colours nor what the values
// belong to.
package display

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Clean makes text from outside safe to show: control characters, and characters
// that turn the writing direction, become visible ones, so that no name, label or
// log line can move the cursor or speak to the terminal. Tabs become spaces.
func Clean(s string) string {
	if clean(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 8)
	col := 0
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		switch {
		case r == '\t':
			for stop := col + 8 - col%8; col < stop; col++ {
				b.WriteByte(' ')
			}
			continue
		case r == utf8.RuneError && n == 1:
			r = '�'
		case r < 0x20:
			r += 0x2400 // the block "Control Pictures"
		case r == 0x7f:
			r = 0x2421
		case hidden(r):
			r = '�'
		}
		b.WriteRune(r)
		col++
	}
	return b.String()
}

func clean(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c >= 0x7f {
			return c >= 0x80 && cleanRunes(s[i:])
		}
	}
	return true
}

func cleanRunes(s string) bool {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r < 0x20 || r == 0x7f || r == utf8.RuneError && n == 1 || hidden(r) {
			return false
		}
		i += n
	}
	return true
}

// hidden reports whether r is a C1 control, or a format character that reorders or hides text.
func hidden(r rune) bool {
	return r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 || unicode.Is(unicode.Bidi_Control, r)
}

// Width returns how many cells s takes. It may hold escape sequences.
//
// Every line of every frame comes through here, so what nearly all of them consist of is
// counted by itself: ASCII, colours, and the signs and frames of our own. Anything else
// goes the way of grapheme clusters, which takes thirty times as long.
func Width(s string) int {
	n := 0
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c >= 0x20 && c < 0x7f:
			n++
			i++
		case c == 0x1b:
			end := sgr(s[i:])
			if end == 0 {
				return ansi.StringWidth(s)
			}
			i += end
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			if !narrow(r) {
				return ansi.StringWidth(s)
			}
			n++
			i += size
		}
	}
	return n
}

// sgr returns the length of the colour sequence that s begins with, 0 if there is none:
// ECMA-48, 8.3.117.
func sgr(s string) int {
	if len(s) < 3 || s[1] != '[' {
		return 0
	}
	for i := 2; i < len(s); i++ {
		switch c := s[i]; {
		case c == 'm':
			return i + 1
		case c != ';' && c != ':' && (c < '0' || c > '9'):
			return 0
		}
	}
	return 0
}

// narrow reports whether a character certainly takes one cell: letters of Latin-1, arrows,
// frames, blocks and braille. What follows it may still join it, but is not narrow itself.
func narrow(r rune) bool {
	switch {
	case r >= 0x2500 && r < 0x25fd, r >= 0x2800 && r < 0x2900, r >= 0x2190 && r < 0x2200, r >= 0xb0 && r < 0x100:
		return true
	}
	return strings.ContainsRune("…–‖✓✗★⎈❯♪", r)
}

// Cut shortens s to w cells, and ends it with more if something was cut off.
func Cut(s string, w int, more string) string {
	if w <= 0 {
		return ""
	}
	if Width(s) <= w {
		return s
	}
	return ansi.Truncate(s, w, more)
}

// Tail shortens s to w cells at its beginning.
func Tail(s string, w int, more string) string {
	over := Width(s) - w
	if over <= 0 || w <= 0 {
		return Cut(s, w, "")
	}
	// A wide character on the seam is one cell more than there is room for.
	return Cut(more+ansi.TruncateLeft(s, over+Width(more), ""), w, "")
}

// Left cuts or pads s to exactly w cells, text at the left.
func Left(s string, w int, more string) string {
	s = Cut(s, w, more)
	return s + Spaces(w-Width(s))
}

// Right cuts or pads s to exactly w cells, text at the right.
func Right(s string, w int, more string) string {
	s = Cut(s, w, more)
	return Spaces(w-Width(s)) + s
}

const blanks = "                                                                                                                                "

// Spaces returns n spaces, none if n is negative.
func Spaces(n int) string {
	switch {
	case n <= 0:
		return ""
	case n <= len(blanks):
		return blanks[:n]
	}
	return strings.Repeat(" ", n)
}

// Middle shortens a path or reference in its middle, where it says least.
func Middle(s string, w int, more string) string {
	if Width(s) <= w || w < 5 {
		return Cut(s, w, more)
	}
	keep := w - Width(more)
	head := keep / 2
	// A wide character on the seam is one cell more than there is room for.
	return Cut(ansi.Truncate(s, head, "")+more+ansi.TruncateLeft(s, Width(s)-(keep-head), ""), w, "")
}

// Wrap splits text into lines of at most w cells, at spaces where it can.
func Wrap(text string, w int) []string {
	var out []string
	for Width(text) > w && w > 0 {
		part := Cut(text, w, "")
		if part == "" {
			break
		}
		cut := len(part)
		if text[cut] != ' ' {
			if i := strings.LastIndexByte(part, ' '); i > 0 {
				cut = i
			}
		}
		out = append(out, text[:cut])
		text = strings.TrimLeft(text[cut:], " ")
	}
	return append(out, text)
}

// Sentence makes one of an error's clause.
func Sentence(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + strings.TrimSuffix(s[n:], ".") + "."
}
