package vt

// scrollUp moves the lines between the margins up by n. Those that leave the
// primary screen at its top go to the scrollback.
func (s *Screen) scrollUp(n int) {
	keep := s.region.top == 0 && s.grid == s.primary && s.hist.budget > 0
	s.removeLines(s.region.top, n, keep)
}

// removeLines moves the lines from top to the bottom margin up by n; what moves
// out of the first is kept in the scrollback or dropped.
func (s *Screen) removeLines(top, n int, keep bool) {
	bottom := s.region.bottom
	n = min(n, bottom-top+1)
	if n <= 0 {
		return
	}
	if !s.wholeWidth() {
		s.shiftColumns(top, n)
		return
	}
	attr := s.eraseAttr()
	rows := s.grid.rows
	if top > 0 {
		rows[top-1].wrapped = false
	}
	for range n {
		r := rows[top]
		if keep {
			s.remember(r)
		}
		copy(rows[top:bottom], rows[top+1:bottom+1])
		rows[bottom] = r
		r.reset(attr)
	}
	// After one line, it is autowrap that may have scrolled: then the last
	// line does go on in the new one.
	if n > 1 && bottom-n >= top {
		rows[bottom-n].wrapped = false
	}
	s.touchRows(top, bottom)
}

// scrollDown moves the lines from top to the bottom margin down by n.
func (s *Screen) scrollDown(top, n int) {
	bottom := s.region.bottom
	n = min(n, bottom-top+1)
	if n <= 0 {
		return
	}
	attr := s.eraseAttr()
	if !s.wholeWidth() {
		s.shiftColumns(top, -n)
		return
	}
	rows := s.grid.rows
	if top > 0 {
		rows[top-1].wrapped = false
	}
	for range n {
		r := rows[bottom]
		copy(rows[top+1:bottom+1], rows[top:bottom])
		rows[top] = r
		r.reset(attr)
	}
	rows[bottom].wrapped = false
	s.touchRows(top, bottom)
}

// shiftColumns scrolls between the left and right margins, up for n > 0.
func (s *Screen) shiftColumns(top, n int) {
	m, rows, attr := s.region, s.grid.rows, s.eraseAttr()
	for y := top; y <= m.bottom; y++ {
		s.isolate(rows[y], m.left, m.right+1)
		if m.right == s.cols-1 {
			rows[y].wrapped = false
		}
	}
	move := func(y int) {
		to := rows[y]
		to.gen = s.gen
		if from := y + n; from >= top && from <= m.bottom {
			copy(to.cells[m.left:m.right+1], rows[from].cells[m.left:m.right+1])
			to.touch(min(m.right+1, max(to.used, rows[from].used)))
			return
		}
		to.fill(m.left, m.right+1, attr)
	}
	if n > 0 {
		for y := top; y <= m.bottom; y++ {
			move(y)
		}
		return
	}
	for y := m.bottom; y >= top; y-- {
		move(y)
	}
}

// touchRows marks rows as changed.
func (s *Screen) touchRows(top, bottom int) {
	if top == 0 && bottom == s.rows-1 {
		s.allGen = s.gen
		return
	}
	for _, r := range s.grid.rows[top : bottom+1] {
		r.gen = s.gen
	}
}

func (s *Screen) insideMargins() bool {
	m := s.region
	return s.cur.y >= m.top && s.cur.y <= m.bottom && s.cur.x >= m.left && s.cur.x <= m.right
}

// insertLines is IL and deleteLines DL: nothing outside the margins.
func (s *Screen) insertLines(n int) {
	if s.insideMargins() {
		s.scrollDown(s.cur.y, n)
		s.carriageReturn()
	}
}

func (s *Screen) deleteLines(n int) {
	if s.insideMargins() {
		s.removeLines(s.cur.y, n, false)
		s.carriageReturn()
	}
}

// insertCells is ICH: the rest of the line moves right, up to the margin.
func (s *Screen) insertCells(n int) {
	s.shiftRight(s.cur.x, s.cur.y, n)
}

func (s *Screen) shiftRight(x, y, n int) {
	end := s.region.right + 1
	if x >= end || x < s.region.left {
		return
	}
	r := s.grid.rows[y]
	r.gen = s.gen
	n = min(n, end-x)
	attr := s.eraseAttr()
	s.isolate(r, x, end)
	copy(r.cells[x+n:end], r.cells[x:end-n])
	r.touch(min(end, r.used+n))
	r.fill(x, x+n, attr)
	s.fixLast(r, end)
}

// deleteCells is DCH: the rest of the line, up to the margin, moves left.
func (s *Screen) deleteCells(n int) {
	s.shiftLeft(s.cur.x, s.cur.y, n)
}

func (s *Screen) shiftLeft(x, y, n int) {
	end := s.region.right + 1
	if x >= end || x < s.region.left {
		return
	}
	r := s.grid.rows[y]
	r.gen = s.gen
	n = min(n, end-x)
	attr := s.eraseAttr()
	s.isolate(r, x, end)
	s.splitWide(r, x, x+n)
	copy(r.cells[x:end-n], r.cells[x+n:end])
	r.fill(end-n, end, attr)
	s.fixLast(r, end)
}

// isolate cuts wide characters at both ends of cells[from:to], which is about
// to be moved: their halves on either side become spaces.
func (s *Screen) isolate(r *row, from, to int) {
	s.splitWide(r, from, to)
	if c := &r.cells[from]; c.tail() {
		*c = cell{' ', c.style()}
	}
	if c := &r.cells[to-1]; c.wide() {
		*c = cell{' ', c.style()}
	}
}

// fixLast repairs the last column of a line that was shifted: a wide
// character cut in half becomes a space, and the line no longer continues.
func (s *Screen) fixLast(r *row, end int) {
	if c := &r.cells[end-1]; c.wide() {
		*c = cell{' ', c.style()}
	}
	if end == s.cols {
		r.wrapped = false
	}
}

// shiftAll is SL and SR, DECIC and DECDC: columns of all lines in the margins.
func (s *Screen) shiftAll(x, n int, shift func(x, y, n int)) {
	for y := s.region.top; y <= s.region.bottom; y++ {
		shift(x, y, n)
	}
}
