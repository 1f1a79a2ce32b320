package vt

import "fmt"

// RepaintOptions choose what a repaint is for.
type RepaintOptions struct {
	// Scrollback is the number of rows above the screen that are sent first;
	// they end in the scrollback of the terminal. Negative means all.
	Scrollback int
	// Outer is for a terminal that somebody else set up, such as the user's:
	// it is brought to a known state first instead of being taken for new,
	// its title is saved, and its colours are left alone.
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
	outerPrologue = "\x18\x1b[22;0t\x1b[?25l\x1b[!p\x1b[?69l\x1b[r\x1b[?6l\x1b[4l\x1b[20l\x1b[?7h" +
		"\x1b(B\x1b)B\x0f\x1b[0\"q\x1b]8;;\x1b\\\x1b[m\x1b[H\x1b[2J"
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
	p.primary(o.Scrollback)
	s.tab.hold = false
	if s.modes.Has(ModeAltScreen) {
		p.savedCursor(s.primary)
		p.kitty(s.primary)
		p.str("\x1b[?1049h")
		p.pen(s.primary.saved.pen, Style{})
		p.defaults(s.primary)
		p.str("\x1b[H\x1b[2J")
		p.rows(s.alt, carriage{first: true})
		p.savedCursorIfSet(s.alt)
		p.kitty(s.alt)
	} else {
		p.savedCursorIfSet(s.primary)
		p.kitty(s.primary)
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

// primary paints n rows of the scrollback and the primary screen as one text,
// so that soft wraps join them.
func (p *painter) primary(n int) {
	s := p.s
	length := s.ScrollbackLen()
	if n < 0 || n > length {
		n = length
	}
	carry := carriage{first: true}
	for ; n > 0; n-- {
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
	*c = carriage{wrapped: wrapped, full: full}
}

func (p *painter) rows(g *grid, c carriage) {
	for _, r := range g.rows {
		p.next(&c, r.cells, r.wrapped)
	}
	p.style(0)
}

// savedCursor sets what DECSC saved, or on a screen where nothing was saved
// the state it would restore.
func (p *painter) savedCursor(g *grid) {
	v := g.saved
	if v.origin {
		p.str("\x1b[?6h")
	}
	p.placeAt(g, v.cur, p.s.cols-1)
	p.charsets(v.chars, false)
	p.pen(Style{}, v.pen)
}

// savedCursorIfSet also saves it, and returns to the defaults.
func (p *painter) savedCursorIfSet(g *grid) {
	if g.saved == (savedCursor{}) {
		return
	}
	p.savedCursor(g)
	p.str("\x1b7")
	p.pen(g.saved.pen, Style{})
	p.defaults(g)
}

// defaults undoes savedCursor.
func (p *painter) defaults(g *grid) {
	if g.saved.cur.pending {
		p.str("\x1b[?69l") // see placeAt
	}
	if g.saved.origin {
		p.str("\x1b[?6l")
	}
	if g.saved.chars != (charsets{}) {
		p.str("\x1b(B\x1b)B\x1b*B\x1b+B\x0f")
	}
}

// placeAt moves the cursor without margins, to the pending wrap if c has one:
// the character in its column is printed again. last is the column where the
// terminal wraps now.
func (p *painter) placeAt(g *grid, c cursor, last int) {
	if !c.pending {
		p.goTo(c.x, c.y)
		return
	}
	if c.x != last {
		p.dst = fmt.Appendf(p.dst, "\x1b[?69h\x1b[1;%ds", c.x+1)
	}
	p.pend(g, c.x, c.y, 0, 0)
}

// pend brings the cursor to the pending wrap in column x, with the origin at ox, oy.
func (p *painter) pend(g *grid, x, y, ox, oy int) {
	r := g.rows[y]
	at := x
	if r.cells[x].tail() && x > 0 {
		at--
	}
	p.goTo(at-ox, y-oy)
	c := r.cells[at]
	if !c.empty() {
		p.char(c)
		p.style(0)
		return
	}
	p.style(c.style())
	p.str(" ")
	p.dst = fmt.Appendf(p.dst, "\x1b[%d;%d;%d;%d$z", y-oy+1, x-ox+1, y-oy+1, x-ox+1)
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

// cursor sets margins, position, charsets and pen, in an order where none
// disturbs another.
func (p *painter) cursor() {
	s := p.s
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
