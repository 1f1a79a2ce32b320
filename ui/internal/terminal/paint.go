package terminal

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"berth/pty/vt"

	"github.com/charmbracelet/x/ansi"
)

// A painter turns cells of a screen into lines for the outer terminal. Only printable
// characters, SGR and links into the web go out: what a program wrote can do nothing to
// the terminal around the pane.
type painter struct {
	screen   *vt.Screen
	fg, bg   vt.Color // of cells without a colour; the default: the outer terminal's
	clusters bool
	outside  vt.Style
	filler   rune
	row      uint64 // the one to be appended, counted from the first that the program wrote
}

// newPainter takes over the colours that the program has set.
func newPainter(s *vt.Screen, l Look) *painter {
	p := &painter{screen: s, clusters: l.Clusters, outside: l.Outside, filler: max(l.Filler, ' ')}
	if p.fg, p.bg, _ = s.DynamicColors(); p.fg.IsDefault() {
		p.fg = l.Foreground
	}
	return p
}

// appendRow appends cells as a line of exactly w cells that begins and ends in the
// plain rendition.
func (p *painter) appendRow(dst []byte, cells []vt.Cell, w int) []byte {
	first, last, joined, linked := true, vt.Style{}, false, false
	col := 0
	for i := 0; i < len(cells) && col < w; i++ {
		c := &cells[i]
		if c.Width == 0 && c.Rune == 0 && i > 0 && cells[i-1].Width == 2 {
			continue // the second half of what is drawn already
		}
		joins := c.Rune >= 0x300 && !alone(c.Rune)
		if first || c.Style != last || joins || joined && c.Rune >= 0x300 {
			if c.Style.Link != last.Link {
				dst, linked = p.appendLink(dst, c.Style.Link, linked)
			}
			// A sequence in between also keeps two cells from being taken for one character.
			dst = p.appendStyle(dst, c.Style)
			first, last = false, c.Style
		}
		joined = joins
		n := int(max(c.Width, 1))
		switch {
		case col+n > w: // half a wide character at the edge
			dst, n = append(dst, ' '), 1
		case c.Rune == 0 || c.Style.Attrs&vt.Invisible != 0:
			dst = append(dst, "  "[:n]...)
		case c.Rune < utf8.RuneSelf && c.Cluster == "":
			dst = append(dst, printable(byte(c.Rune)))
		case col+2 <= w && i+1 < len(cells) && regional(c.Rune) && regional(cells[i+1].Rune) && cells[i+1].Style == c.Style:
			dst = utf8.AppendRune(utf8.AppendRune(dst, c.Rune), cells[i+1].Rune) // a flag
			i, n = i+1, 2
		default:
			dst = p.appendCharacter(dst, c, n)
		}
		col += n
	}
	if linked {
		dst = append(dst, endLink...)
	}
	if col < w {
		if blank := (vt.Style{}); first || last != blank || p.bg != 0 {
			dst = append(dst, "\x1b[m"...)
			if p.bg != 0 {
				dst = p.appendStyle(dst, blank)
			}
		}
		for ; col < w; col++ {
			dst = append(dst, ' ')
		}
	}
	return append(dst, "\x1b[m"...)
}

// appendOutside appends n cells of what the program does not draw on, since it draws for
// a smaller window than this.
func (p *painter) appendOutside(dst []byte, n int) []byte {
	if n <= 0 {
		return dst
	}
	dst = p.appendStyle(dst, p.outside)
	for range n {
		dst = utf8.AppendRune(dst, p.filler)
	}
	return append(dst, "\x1b[m"...)
}

func printable(b byte) byte {
	if b < ' ' || b == 0x7f {
		return ' '
	}
	return b
}

// skin reports whether a character colours the emoji before it, and has no width then.
func skin(r rune) bool { return r >= 0x1f3fb && r < 0x1f400 }

func regional(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }

// alone reports whether a character never becomes one with its neighbours: the common
// ranges only, the others cost a sequence each.
func alone(r rune) bool {
	return r >= 0x2190 && r < 0x2e80 || r >= 0x3000 && r < 0xa000 || r >= 0xac00 && r < 0xd7a4 || r >= 0xe000 && r < 0xf900 || r >= 0xff00 && r < 0xff9e ||
		r >= 0x370 && r < 0x530
}

// appendCharacter appends a character outside ASCII in n cells, or what stands for it
// if the outer terminal might give it another width, or could be led astray by it: one
// cell too many or too few moves the rest of the line, and with it the window's frame.
func (p *painter) appendCharacter(dst []byte, c *vt.Cell, n int) []byte {
	if c.Cluster == "" {
		if c.Rune >= 0x2500 && c.Rune < 0x25a0 && n == 1 { // lines and blocks, the most common
			return utf8.AppendRune(dst, c.Rune)
		}
	} else if safe(c.Cluster) && p.width(c.Cluster) == n {
		return append(dst, c.Cluster...)
	}
	if !hidden(c.Rune) { // without its marks
		if w := p.width(string(c.Rune)); w > 0 && w <= n {
			return append(utf8.AppendRune(dst, c.Rune), " "[:n-w]...)
		}
	}
	return append(append(dst, "\ufffd"...), " "[:n-1]...)
}

// width is how many columns a character takes, 0 if that depends on the terminal: those
// of today give a cluster one place, older ones add its characters up.
func (p *painter) width(s string) int {
	n := ansi.StringWidth(s)
	if !p.clusters && ansi.StringWidthWc(s) != n {
		return 0
	}
	return n
}

// safe reports whether a cluster goes out whole: nothing in it controls, and it would not
// take in what stands behind it.
func safe(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return hidden(r) && !skin(r) && r != joiner }) && !strings.HasSuffix(s, string(joiner))
}

// joiner makes one emoji of two (ZWJ).
const joiner = '\u200d'

// hidden reports whether a character controls instead of showing something, or has
// different widths in the Unicode versions that terminals know: what is not assigned yet
// takes no cell in some.
func hidden(r rune) bool {
	switch {
	case r >= 0x4e00 && r < 0xa000, r >= 0xac00 && r < 0xd7a4, r >= 0x3041 && r < 0x3097: // the most common
		return false
	case r == utf8.RuneError, skin(r):
		return true
	case r >= 0x1160 && r < 0x1200, r >= 0xd7b0 && r < 0xd800: // parts of Hangul syllables
		return true
	case r >= 0x2630 && r < 0x2638, r >= 0x268a && r < 0x2690, r >= 0x4dc0 && r < 0x4e00, r >= 0x1d300 && r < 0x1d377: // wide since Unicode 16
		return true
	case r >= 0x3248 && r < 0x3250: // ambiguous, and wide in some
		return true
	}
	return !unicode.IsPrint(r) && !unicode.Is(unicode.Co, r) // icon fonts have private characters
}
