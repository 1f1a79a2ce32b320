package output

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// Escape returns s with every character that a terminal could act on written out:
// ESC becomes \x1b, an invalid byte \xff, a bidirectional override \u202e. Newlines
// and tabs count as such characters too; text that may hold them goes through
// [NewEscapeWriter].
func Escape(s string) string {
	if !needsEscape(s, false) {
		return s
	}
	var b strings.Builder
	writeEscaped(&b, s, false)
	return b.String()
}

// NewEscapeWriter returns a writer that passes text on to w with control
// characters other than newline and tab written out. Names, labels and image
// metadata come from strangers; sent raw they could rename the window, fill the
// clipboard or answer as if the user had typed.
func NewEscapeWriter(w io.Writer) io.Writer { return escapeWriter{w} }

type escapeWriter struct{ w io.Writer }

// Write reports len(p) on success, however many bytes the escapes took.
func (e escapeWriter) Write(p []byte) (int, error) {
	s := string(p)
	if needsEscape(s, true) {
		var b strings.Builder
		writeEscaped(&b, s, true)
		s = b.String()
	}
	if _, err := io.WriteString(e.w, s); err != nil {
		return 0, err
	}
	return len(p), nil
}

func needsEscape(s string, lines bool) bool {
	for i := 0; i < len(s); {
		if c := s[i]; c >= 0x20 && c < 0x7f {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if unsafeRune(r, n, lines) {
			return true
		}
		i += n
	}
	return false
}

func writeEscaped(b *strings.Builder, s string, lines bool) {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case !unsafeRune(r, n, lines):
			b.WriteString(s[i : i+n])
		case r == utf8.RuneError || r < 0x100:
			c := s[i]
			if r != utf8.RuneError {
				c = byte(r)
			}
			b.WriteString(`\x`)
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		default:
			b.WriteString(`\u`)
			for shift := 12; shift >= 0; shift -= 4 {
				b.WriteByte(hexDigits[r>>shift&15])
			}
		}
		i += n
	}
}

// unsafeRune reports whether the n bytes decoded as r must not reach a terminal.
// U+FEFF, U+200E and the like reorder or hide text, so that a name can look like another.
func unsafeRune(r rune, n int, lines bool) bool {
	switch {
	case r == utf8.RuneError && n == 1:
		return true
	case lines && (r == '\n' || r == '\t'):
		return false
	case r < 0x20, r >= 0x7f && r < 0xa0:
		return true
	case r < 0x200b:
		return false
	}
	return r <= 0xffff && (unicode.Is(unicode.Bidi_Control, r) || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0x200b)
}
