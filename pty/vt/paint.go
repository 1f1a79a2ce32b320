package vt

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// painter writes cells as sequences for a terminal that has autowrap on and
// everything else at its defaults.
type painter struct {
	s    *Screen
	dst  []byte
	attr uint32 // what the pen of the terminal was set to last
}

func (p *painter) str(s string) { p.dst = append(p.dst, s...) }

func (p *painter) csi(n int, final byte) {
	p.dst = strconv.AppendInt(append(p.dst, "\x1b["...), int64(n), 10)
	p.dst = append(p.dst, final)
}

func (p *painter) goTo(x, y int) { p.dst = fmt.Appendf(p.dst, "\x1b[%d;%dH", y+1, x+1) }

// style sets the pen of the terminal.
func (p *painter) style(id uint32) {
	if id != p.attr {
		p.pen(p.s.tab.styles[p.attr], p.s.tab.styles[id])
		p.attr = id
	}
}

// pen changes the pen from one style to another.
func (p *painter) pen(from, to Style) {
	if from.Link != to.Link {
		l := p.s.tab.links[to.Link]
		p.str("\x1b]8;")
		if l.ID != "" {
			p.str("id=" + l.ID)
		}
		p.str(";" + l.URI + "\x1b\\")
	}
	if (from.Attrs^to.Attrs)&Protected != 0 {
		if to.Attrs&Protected != 0 {
			p.str("\x1b[1\"q")
		} else {
			p.str("\x1b[0\"q")
		}
	}
	from.Link, to.Link = 0, 0
	from.Attrs, to.Attrs = from.Attrs&^Protected, to.Attrs&^Protected
	if from != to {
		p.str("\x1b[")
		p.dst = append(appendSGR(p.dst, to), 'm')
	}
}

// appendSGR appends the parameters that set st from any style.
func appendSGR(dst []byte, st Style) []byte {
	dst = append(dst, '0')
	for i, n := range [...]string{";1", ";2", ";3", ";5", ";6", ";7", ";8", ";9", ";53"} {
		if st.Attrs&(1<<i) != 0 {
			dst = append(dst, n...)
		}
	}
	switch st.Underline {
	case UnderlineNone:
	case UnderlineSingle:
		dst = append(dst, ";4"...)
	default:
		dst = strconv.AppendInt(append(dst, ";4:"...), int64(st.Underline), 10)
	}
	dst = appendColor(dst, st.Fg, 30)
	dst = appendColor(dst, st.Bg, 40)
	return appendColor(dst, st.UnderlineColor, 50)
}

// appendColor appends the parameters for c: base 30, 40 or 50.
func appendColor(dst []byte, c Color, base int) []byte {
	if r, g, b, ok := c.RGB(); ok {
		if base == 50 { // never understood with semicolons
			return fmt.Appendf(dst, ";58:2::%d:%d:%d", r, g, b)
		}
		return fmt.Appendf(dst, ";%d;2;%d;%d;%d", base+8, r, g, b)
	}
	i, ok := c.Index()
	switch {
	case !ok:
		return dst
	case base == 50:
		return fmt.Appendf(dst, ";58:5:%d", i)
	case i < 8:
		return fmt.Appendf(dst, ";%d", base+int(i))
	case i < 16:
		return fmt.Appendf(dst, ";%d", base+60+int(i)-8)
	}
	return fmt.Appendf(dst, ";%d;5;%d", base+8, i)
}

// char writes a character in its style.
func (p *painter) char(c cell) {
	p.style(c.style())
	if c.ch&clusterBit == 0 {
		p.dst = utf8.AppendRune(p.dst, rune(c.ch))
		return
	}
	p.cluster(p.s.tab.clusters[c.ch&^clusterBit], c.wide())
}

// cluster writes a grapheme cluster. Where it holds together only in mode
// 2027, that is on for all but the first character, which must not join the
// cell before.
func (p *painter) cluster(str string, wide bool) {
	first, n := utf8.DecodeRuneInString(str)
	needs := (runeWidth(first) == 2) != wide
	for _, r := range str[n:] {
		needs = needs || runeWidth(r) > 0
	}
	if !needs {
		p.str(str)
		return
	}
	p.str(str[:n] + "\x1b[?2027h" + str[n:] + "\x1b[?2027l")
}

// line writes the cells of a row from the cursor at its beginning. The row of
// the terminal is blank.
func (p *painter) line(cells []cell) {
	end := len(cells)
	for end > 0 && cells[end-1] == (cell{}) {
		end--
	}
	for x := 0; x < end; {
		c := cells[x]
		if c.tail() {
			x++
			continue
		}
		if !c.empty() {
			p.char(c)
			x++
			continue
		}
		n := x + 1
		for n < end && cells[n] == c {
			n++
		}
		if c.attr != 0 {
			p.style(c.style())
			p.csi(n-x, 'X')
		}
		if n < end {
			p.csi(n-x, 'C')
		}
		x = n
	}
}

// join makes the terminal wrap from a row to the next one, which begins with
// cells and is painted afterwards. full says that the row has a character in its
// last column; otherwise a wide one that did not fit left that empty.
//
// Where the next character would wrap by itself that is left to it, unless it
// has a background: a row that scrolls in would take that.
func (p *painter) join(full bool, cells []cell) {
	var first cell
	if len(cells) > 0 {
		first = cells[0]
	}
	base, _ := utf8.DecodeRune(p.s.appendChar(nil, first.ch))
	wraps := full && !first.empty() || !full && first.wide() && runeWidth(base) == 2
	if wraps && p.s.tab.styles[first.style()].Bg == 0 {
		return
	}
	p.style(0)
	if full {
		p.str(" \r\x1b[X")
	} else {
		p.str("\u3000\r\x1b[2X")
	}
}
