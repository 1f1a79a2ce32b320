package vt

// A flood of plain lines, such as a long file or a build's log, mostly scrolls off the
// screen before anybody sees it. Such lines need not become cells first: what the
// scrollback keeps of a plain line is its text.

// flood counts the whole lines of printable ASCII at the start of p that need not wrap. It
// returns their number, their size with their line ends, and where it met something else.
func (s *Screen) flood(p []byte) (lines, size, stop int) {
	start := 0
	for i := 0; i < len(p); i++ {
		if b := p[i]; b >= 0x20 && b < 0x7f {
			continue
		}
		if p[i] != '\r' || i+1 == len(p) || p[i+1] != '\n' || i-start > s.cols {
			return lines, start, i
		}
		i++
		start = i + 1
		lines++
	}
	return lines, start, len(p)
}

// floods reports whether a line that is printed now does nothing but appear at the
// bottom and scroll the others up: the cursor stands on a blank last row, and no mode,
// margin, style or character set changes what printing means.
func (s *Screen) floods() bool {
	if s.cur.y != s.rows-1 || s.cur.x != 0 || s.cur.pending || s.rows < 2 || s.grid != s.primary ||
		s.region != (margins{bottom: s.rows - 1, right: s.cols - 1}) ||
		s.modes.ModeSet&(ModeInsert|ModeNewline) != 0 || s.chars.active() || s.pen.Style != (Style{}) {
		return false
	}
	rows := s.grid.rows
	return rows[s.rows-1].used == 0 && !rows[s.rows-1].wrapped && !rows[s.rows-2].wrapped
}

// printFlood prints n lines that flood found, at least as many as there are rows.
func (s *Screen) printFlood(p []byte, n int) {
	keep := s.rows - 1 // the last row is the cursor's, and blank
	if s.hist.budget > 0 {
		for _, r := range s.grid.rows[:keep] {
			s.remember(r)
		}
	}
	p = s.rememberPlain(p, n-keep)
	for _, r := range s.grid.rows[:keep] {
		end := s.passLine(p)
		r.reset(0)
		for i, b := range p[:end] {
			r.cells[i] = cell{ch: uint32(b)}
		}
		r.used = end
		p = p[end+2:]
	}
	s.touchAll()
}

// passLine returns the length of the line at the start of p, which flood found, and
// remembers its last character.
func (s *Screen) passLine(p []byte) int {
	n := 0
	for p[n] != '\r' {
		n++
	}
	if n > 0 {
		s.last = uint32(p[n-1])
	}
	return n
}

// rememberPlain appends the first n lines of p to the scrollback and returns the rest.
// The last line there is not open.
func (s *Screen) rememberPlain(p []byte, n int) []byte {
	h := &s.hist
	if h.budget == 0 {
		for ; n > 0; n-- {
			p = p[s.passLine(p)+2:]
		}
		return p
	}
	h.pushed += uint64(n)
	h.read.chunk = nil
	s.histGen = s.gen
	for n > 0 {
		c := h.last()
		before := c.size()
		c.count(s)
		room := h.full() - len(c.buf) - lineSize*len(c.lines)
		for n > 0 && room > 0 {
			end := s.passLine(p)
			c.buf = append(c.buf, p[:end]...)
			c.lines = append(c.lines, line{end: uint32(len(c.buf)), cells: uint32(end), rows: 1})
			c.rows++
			p = p[end+2:]
			room -= end + lineSize
			n--
		}
		if h.bytes += c.size() - before; h.bytes > h.budget {
			h.evict()
		}
	}
	return p
}
