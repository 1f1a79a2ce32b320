package terminal

import (
	"strconv"
	"unicode"
	"unicode/utf8"

	"berth/pty/vt"

	"github.com/charmbracelet/x/ansi"
)

// A Look is how a terminal is drawn where the program left it to the terminal.
type Look struct {
	Foreground vt.Color // of text without a colour; the default: the outer terminal's
	Selection  vt.Style
	Match      vt.Style
}

// appendStyle appends the SGR sequence that turns any rendition into s.
func appendStyle(dst []byte, s vt.Style, fg vt.Color) []byte {
	dst = append(dst, "\x1b[0"...)
	for _, a := range [...]struct {
		attr vt.Attrs
		code string
	}{
		{vt.Bold, ";1"}, {vt.Faint, ";2"}, {vt.Italic, ";3"}, {vt.Blink | vt.RapidBlink, ";5"}, {vt.Inverse, ";7"}, {vt.Strikeout, ";9"},
	} {
		if s.Attrs&a.attr != 0 {
			dst = append(dst, a.code...)
		}
	}
	if s.Underline != vt.UnderlineNone {
		dst = append(dst, ";4:"...)
		dst = append(dst, '0'+byte(s.Underline))
	}
	if s.Fg.IsDefault() {
		s.Fg = fg
	}
	dst = appendColor(dst, s.Fg, 30)
	dst = appendColor(dst, s.Bg, 40)
	if s.Underline != vt.UnderlineNone {
		dst = appendColor(dst, s.UnderlineColor, 50)
	}
	return append(dst, 'm')
}

// appendColor appends the parameters of a colour; base is 30 for the text, 40 for the
// background and 50 for underlines.
func appendColor(dst []byte, c vt.Color, base int) []byte {
	if i, ok := c.Index(); ok {
		switch {
		case base < 50 && i < 8:
			return strconv.AppendInt(append(dst, ';'), int64(base)+int64(i), 10)
		case base < 50 && i < 16:
			return strconv.AppendInt(append(dst, ';'), int64(base)+60+int64(i)-8, 10)
		}
		dst = strconv.AppendInt(append(dst, ';'), int64(base)+8, 10)
		return strconv.AppendInt(append(dst, ";5;"...), int64(i), 10)
	}
	if r, g, b, ok := c.RGB(); ok {
		dst = strconv.AppendInt(append(dst, ';'), int64(base)+8, 10)
		for i, v := range [...]uint8{r, g, b} {
			if i == 0 {
				dst = append(dst, ";2"...)
			}
			dst = strconv.AppendInt(append(dst, ';'), int64(v), 10)
		}
	}
	return dst
}

// appendRow appends cells as a line of exactly w cells that begins and ends in the
// plain rendition. Only printable characters and SGR go out: what a program wrote can
// do nothing to the terminal around the pane.
func appendRow(dst []byte, cells []vt.Cell, w int, fg vt.Color) []byte {
	first, last, joined := true, vt.Style{}, false
	col := 0
	for i := 0; i < len(cells) && col < w; i++ {
		c := &cells[i]
		if c.Width == 0 && c.Rune == 0 && i > 0 && cells[i-1].Width == 2 {
			continue // the second half of what is drawn already
		}
		style := c.Style
		style.Link = 0
		joins := c.Rune >= 0x300 && !alone(c.Rune)
		if first || style != last || joins || joined && c.Rune >= 0x300 {
			// A sequence in between also keeps two cells from being taken for one character.
			dst = appendStyle(dst, style, fg)
			first, last = false, style
		}
		joined = joins
		n := int(max(c.Width, 1))
		switch {
		case col+n > w: // half a wide character at the edge
			dst, n = append(dst, ' '), 1
		case c.Rune == 0 || style.Attrs&vt.Invisible != 0:
			dst = append(dst, "  "[:n]...)
		case c.Rune < utf8.RuneSelf && c.Cluster == "":
			dst = append(dst, printable(byte(c.Rune)))
		default:
			dst = appendCharacter(dst, c, n)
		}
		col += n
	}
	if col < w {
		if first || last != (vt.Style{}) {
			dst = append(dst, "\x1b[m"...)
		}
		for ; col < w; col++ {
			dst = append(dst, ' ')
		}
	}
	return append(dst, "\x1b[m"...)
}

func printable(b byte) byte {
	if b < ' ' || b == 0x7f {
		return ' '
	}
	return b
}

// alone reports whether a character never becomes one with its neighbours: the common
// ranges only, the others cost a sequence each.
func alone(r rune) bool {
	return r >= 0x2190 && r < 0x2e80 || r >= 0x3000 && r < 0xa000 || r >= 0xac00 && r < 0xd7a4 || r >= 0xe000 && r < 0xf900 || r >= 0xff00 && r < 0xfff0 ||
		r >= 0x370 && r < 0x530
}

// appendCharacter appends a character outside ASCII in n cells, or what stands for it
// if the outer terminal would give it another width, or could be led astray by it.
func appendCharacter(dst []byte, c *vt.Cell, n int) []byte {
	if c.Cluster == "" {
		if c.Rune >= 0x2500 && c.Rune < 0x25a0 && n == 1 { // lines and blocks, the most common
			return utf8.AppendRune(dst, c.Rune)
		}
		if !hidden(c.Rune) && ansi.StringWidth(string(c.Rune)) == n {
			return utf8.AppendRune(dst, c.Rune)
		}
	} else if safe(c.Cluster) && ansi.StringWidth(c.Cluster) == n {
		return append(dst, c.Cluster...)
	} else if !hidden(c.Rune) && ansi.StringWidth(string(c.Rune)) == n {
		return utf8.AppendRune(dst, c.Rune) // without its marks
	}
	return append(append(dst, "\ufffd"...), " "[:n-1]...)
}

func safe(s string) bool {
	for _, r := range s {
		if hidden(r) {
			return false
		}
	}
	return true
}

// hidden reports whether a character controls instead of showing something.
func hidden(r rune) bool {
	return r < 0x20 || r >= 0x7f && r < 0xa0 || r == utf8.RuneError || r == 0x2028 || r == 0x2029 || unicode.Is(unicode.Bidi_Control, r)
}
