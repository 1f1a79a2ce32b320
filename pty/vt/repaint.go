package vt

import (
	"fmt"
	"strings"
)

// RepaintOptions choose what a repaint is for.
type RepaintOptions struct {
	// Scrollback is the number of rows above the screen that are sent first;
	// they end in the scrollback of the terminal. Negative means all.
	Scrollback int
	// Outer is for a terminal that somebody else set up, such as the user's:
	// it is brought to a known state first instead of being taken for new,
	// its title is saved, and its colours are left alone. It may be larger
	// than the screen, so rows are placed one by one; that autowrap joined
	// some of them is lost.
	Outer bool
}

// Repaint appends what turns a new terminal of the same size into this one:
// scrollback, cells of both screens, cursor, modes, titles. The stream of the
// program can follow directly, even when it stopped within a sequence.
func (s *Screen) Repaint(dst []byte) []byte {
	return s.RepaintWith(dst, RepaintOptions{Scrollback: -1})
}

const (
	// outerPrologue saves the title and brings a terminal to the defaults that
	// the painter counts on. It begins with CAN, which ends a sequence that
	// whoever wrote before left unfinished.
	outerPrologue = "\x18\x1b[22;0t\x1b[!p\x1b[?25l\x1b[?69l\x1b[r\x1b[?6l\x1b[4l\x1b[20l\x1b[?7h\x1b[?2027l\x1b[?5W" +
		asciiSets + "\x1b[0\"q\x1b]8;;\x1b\\\x1b[m\x1b[H\x1b[2J"
	hideCursor = "\x1b[?25l"
)

// RepaintWith is Repaint with options.
func (s *Screen) RepaintWith(dst []byte, o RepaintOptions) []byte {
	p := &painter{s: s, dst: dst}
	if o.Outer {
		p.str(outerPrologue)
	} else {
		p.str(hideCursor)
	}
	s.tab.hold = true
	p.savedCursor(s.primary)
	if o.Outer {
		p.history(o.Scrollback)
		p.place(s.primary)
	} else {
		p.primary(o.Scrollback)
	}
	s.tab.hold = false
	p.kitty(s.primary)
	if s.modes.Has(ModeAltScreen) {
		if o.Outer {
			// Some terminals know no other number. It saves the cursor, so
			// that must be the saved one at this moment.
			p.str("\x1b8\x1b[?1049h")
			p.defaults(s.primary)
		} else {
			p.str("\x1b[?1047h")
		}
		p.savedCursor(s.alt)
		p.str("\x1b[H\x1b[2J")
		if o.Outer {
			p.place(s.alt)
		} else {
			p.rows(s.alt, carriage{first: true})
		}
		p.kitty(s.alt)
	}
	p.tabs()
	p.titles()
	if !o.Outer {
		p.dst = s.appendColors(p.dst)
	}
	p.keyboardAndMouse()
	p.modes()
	p.cursor()
	p.dst = append(p.dst, s.in.raw...)
	if s.in.esc {
		p.dst = append(p.dst, 0x1b)
	}
	return p.dst
}

// scrollback limits n rows of the scrollback, negative meaning all, to those there are.
func (p *painter) scrollback(n int) int {
	if length := p.s.ScrollbackLen(); n < 0 || n > length {
		return length
	}
	return n
}

// history writes n rows of the scrollback and scrolls them off the terminal.
func (p *painter) history(n int) {
	n = p.scrollback(n)
	for i := n; i > 0; i-- {
		cells, _, _ := p.s.historyRow(i)
		p.line(cells)
		p.style(0)
		p.str("\r\n")
	}
	if n > 0 {
		p.goTo(0, MaxRows) // the last row, however many there are
		p.str(strings.Repeat("\n", min(n, p.s.rows)))
		p.str("\x1b[H\x1b[2J")
	}
}

// place paints rows without relying on the size of the terminal.
func (p *painter) place(g *grid) {
	for y, r := range g.rows {
		if r.used > 0 {
			p.goTo(0, y)
			p.line(r.cells)
			p.style(0)
		}
	}
}

// primary paints n rows of the scrollback and the primary screen as one text,
// so that soft wraps join them.
func (p *painter) primary(n int) {
	s := p.s
	carry := carriage{first: true}
	for n = p.scrollback(n); n > 0; n-- {
		cells, wrapped, _ := s.historyRow(n)
		p.next(&carry, cells, wrapped)
	}
	p.rows(s.primary, carry)
}

// carriage is what painting a row must know of the one before.
type carriage struct {
	first   bool
	wrapped bool
	full    bool // its last column holds a character
}

// next goes to the next row and paints it.
func (p *painter) next(c *carriage, cells []cell, wrapped bool) {
	switch {
	case c.first:
	case c.wrapped:
		p.join(c.full, cells)
	default:
		p.style(0) // the row that scrolls in takes the background of the pen
		p.str("\r\n")
	}
	p.line(cells)
	full := len(cells) == p.s.cols && !cells[len(cells)-1].empty()
	if wrapped && !full {
		p.csi(p.s.cols, 'G')
	}
	*c = carriage{wrapped: wrapped, full: full}
}

func (p *painter) rows(g *grid, c carriage) {
	for _, r := range g.rows {
		p.next(&c, r.cells, r.wrapped)
	}
	p.style(0)
}

// savedCursor saves (DECSC) what is saved, on a screen that is not painted yet,
// because a pending wrap takes a character in the last column.
func (p *painter) savedCursor(g *grid) {
	v := g.saved
	if v == (savedCursor{}) {
		return
	}
	if v.origin {
		p.str("\x1b[?6h")
	}
	if v.cur.pending && v.cur.x != p.s.cols-1 {
		p.dst = fmt.Appendf(p.dst, "\x1b[?69h\x1b[1;%ds", v.cur.x+1)
	}
	p.goTo(v.cur.x, v.cur.y)
	if v.cur.pending {
		p.str(" ")
	}
	p.charsets(v.chars, false)
	p.pen(Style{}, v.pen)
	p.str("\x1b7")
	p.defaults(g)
	p.str("\x1b[H\x1b[2J")
}

// defaults undoes what the saved cursor of g brings with it.
func (p *painter) defaults(g *grid) {
	v := g.saved
	p.pen(v.pen, Style{})
	if v.cur.pending {
		p.str("\x1b[?69l")
	}
	if v.origin {
		p.str("\x1b[?6l")
	}
	if v.chars != (charsets{}) {
		p.str(asciiSets)
	}
}

// pend brings the cursor to the pending wrap in column x, with the origin at
// ox, oy, by printing the character that is there again.
func (p *painter) pend(g *grid, x, y, ox, oy int) {
	r := g.rows[y]
	if r.cells[x].tail() {
		x--
	}
	p.goTo(x-ox, y-oy)
	p.char(r.cells[x])
	p.style(0)
}

// charsets designates and invokes sets; single adds the single shift.
func (p *painter) charsets(c charsets, single bool) {
	for i, set := range c.g {
		if set != 0 {
			p.dst = append(p.dst, 0x1b, "()*+"[i], set)
		}
	}
	switch c.gl {
	case 1:
		p.str("\x0e")
	case 2:
		p.str("\x1bn")
	case 3:
		p.str("\x1bo")
	}
	if single && c.single != 0 {
		p.dst = append(p.dst, 0x1b, 'N'+c.single-2)
	}
}

// lastShown finds a cell that shows the character that REP would repeat.
func (s *Screen) lastShown() (x, y int, ok bool) {
	if s.last == 0 {
		return 0, 0, false
	}
	if s.cur.pending { // the repaint prints what stands there after everything else
		x = s.cur.x
		if x > 0 && s.row().cells[x].tail() {
			x--
		}
		return x, s.cur.y, s.row().cells[x].ch == s.last
	}
	if x = s.cur.x - 1; x >= 0 && s.row().cells[x].ch == s.last {
		return x, s.cur.y, true
	}
	for y, r := range s.grid.rows {
		for x, c := range r.cells[:r.used] {
			if c.ch == s.last {
				return x, y, true
			}
		}
	}
	return 0, 0, false
}

// cursor sets margins, position, charsets and pen, in an order where none
// disturbs another.
func (p *painter) cursor() {
	s := p.s
	if x, y, ok := s.lastShown(); ok && !s.cur.pending {
		p.goTo(x, y)
		p.char(s.grid.rows[y].cells[x])
		p.style(0)
	}
	whole := margins{bottom: s.rows - 1, right: s.cols - 1}
	if s.region != whole {
		p.dst = fmt.Appendf(p.dst, "\x1b[%d;%dr", s.region.top+1, s.region.bottom+1)
	}
	if s.modes.Has(ModeMargins) {
		p.dst = fmt.Appendf(p.dst, "\x1b[?69h\x1b[%d;%ds", s.region.left+1, s.region.right+1)
	}
	ox, oy := s.origin()
	if s.modes.Has(ModeOrigin) {
		p.str("\x1b[?6h")
	}
	if s.cur.pending {
		p.pend(s.grid, s.cur.x, s.cur.y, ox, oy)
	} else {
		p.goTo(s.cur.x-ox, s.cur.y-oy)
	}
	// These change how text is printed, so they come after the last text.
	if s.modes.Has(ModeInsert) {
		p.str("\x1b[4h")
	}
	if s.modes.Has(ModeGraphemes) {
		p.str("\x1b[?2027h")
	}
	if !s.modes.Has(ModeAutowrap) {
		p.str("\x1b[?7l")
	}
	if s.modes.Has(ModeCursorVisible) {
		p.str("\x1b[?25h")
	}
	p.pen(Style{}, s.pen.Style)
	p.charsets(s.chars, true)
}
