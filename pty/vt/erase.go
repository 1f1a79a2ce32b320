package vt

// eraseCells erases [from, to) of row y. Selective erasure (DECSED, DECSEL)
// leaves protected cells alone.
func (s *Screen) eraseCells(y, from, to int, selective bool) {
	r := s.grid.rows[y]
	r.gen = s.gen
	if to >= s.cols {
		to = s.cols
		r.wrapped = false
	}
	if from >= to {
		return
	}
	attr := s.eraseAttr()
	if selective {
		for x := from; x < to; x++ {
			if c := r.cells[x]; s.tab.styles[c.style()].Attrs&Protected == 0 {
				s.splitWide(r, x, x+1)
				r.cells[x] = cell{attr: attr}
			}
		}
		r.touch(to)
		return
	}
	s.splitWide(r, from, to)
	r.fill(from, to, attr)
}

// eraseLine is EL and DECSEL.
func (s *Screen) eraseLine(what int, selective bool) {
	s.cur.pending = false
	switch what {
	case 0:
		s.eraseCells(s.cur.y, s.cur.x, s.cols, selective)
	case 1:
		s.eraseCells(s.cur.y, 0, s.cur.x+1, selective)
	case 2:
		s.eraseCells(s.cur.y, 0, s.cols, selective)
	}
}

// eraseScreen is ED and DECSED; 3 is xterm's erasure of the scrollback.
func (s *Screen) eraseScreen(what int, selective bool) {
	from, to := 0, 0
	switch what {
	case 0:
		s.eraseLine(0, selective)
		from, to = s.cur.y+1, s.rows
	case 1:
		s.eraseLine(1, selective)
		to = s.cur.y
	case 2:
		s.cur.pending = false
		to = s.rows
	case 3:
		if !selective {
			s.hist.clear()
			s.histGen = s.gen
		}
	}
	for y := from; y < to; y++ {
		s.eraseCells(y, 0, s.cols, selective)
	}
}

// fillScreen is DECALN: the screen full of E, margins and modes of the cursor reset.
func (s *Screen) fillScreen() {
	s.region = margins{bottom: s.rows - 1, right: s.cols - 1}
	s.modes.set(ModeOrigin, false)
	for _, r := range s.grid.rows {
		r.wrapped = false
		for x := range r.cells {
			r.cells[x] = cell{ch: 'E'}
		}
		r.touch(s.cols)
	}
	s.touchAll()
	s.move(0, 0)
}

// rect is a rectangle of cells, exclusive of right and bottom.
type rect struct{ left, top, right, bottom int }

// rectAt reads Pt;Pl;Pb;Pr from parameter i on, relative to the origin.
func (s *Screen) rectAt(p *params, i int) rect {
	ox, oy := s.origin()
	lim := rect{0, 0, s.cols, s.rows}
	if s.modes.Has(ModeOrigin) {
		lim = rect{s.region.left, s.region.top, s.region.right + 1, s.region.bottom + 1}
	}
	last := func(v, o, limit int) int {
		if v == 0 {
			return limit
		}
		return min(v+o, limit)
	}
	return rect{
		top:    p.count(i) - 1 + oy,
		left:   p.count(i+1) - 1 + ox,
		bottom: last(p.get(i+2, 0), oy, lim.bottom),
		right:  last(p.get(i+3, 0), ox, lim.right),
	}
}

// eraseRect is DECERA and DECSERA.
func (s *Screen) eraseRect(a rect, selective bool) {
	for y := a.top; y < a.bottom; y++ {
		s.eraseCells(y, a.left, a.right, selective)
	}
}

// fillRect is DECFRA.
func (s *Screen) fillRect(ch rune, a rect) {
	if ch < 0x20 || ch > 0x7e {
		return
	}
	attr := s.attr()
	for y := a.top; y < a.bottom; y++ {
		if a.left >= a.right {
			return
		}
		r := s.grid.rows[y]
		r.gen = s.gen
		s.splitWide(r, a.left, a.right)
		for x := a.left; x < a.right; x++ {
			r.cells[x] = cell{uint32(ch), attr}
		}
		r.touch(a.right)
	}
}

// copyRect is DECCRA within the one page that there is.
func (s *Screen) copyRect(a rect, left, top int) {
	w, h := min(a.right-a.left, s.cols-left), min(a.bottom-a.top, s.rows-top)
	if w <= 0 || h <= 0 {
		return
	}
	buf := make([]cell, w*h)
	for y := range h {
		copy(buf[y*w:(y+1)*w], s.grid.rows[a.top+y].cells[a.left:])
	}
	for y := range h {
		r, line := s.grid.rows[top+y], buf[y*w:(y+1)*w]
		r.gen = s.gen
		if line[0].tail() {
			line[0] = cell{' ', line[0].style()}
		}
		if line[w-1].wide() {
			line[w-1] = cell{' ', line[w-1].style()}
		}
		s.splitWide(r, left, left+w)
		copy(r.cells[left:], line)
		r.touch(left + w)
		if left+w == s.cols {
			r.wrapped = false
		}
	}
}
