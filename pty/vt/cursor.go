package vt

// execute obeys a C0 control character.
func (s *Screen) execute(b byte) {
	switch b {
	case 0x07:
		s.bells++
	case '\b':
		s.backspace()
	case '\t':
		s.tabForward(1)
	case '\n', '\v', '\f':
		s.cur.pending = false
		s.index()
		if s.modes.Has(ModeNewline) {
			s.carriageReturn()
		}
	case '\r':
		s.carriageReturn()
	case 0x0e: // SO, LS1
		s.chars.gl = 1
	case 0x0f: // SI, LS0
		s.chars.gl = 0
	}
}

// backspace moves left, and with reverse wrap to the end of a line that
// autowrap continued here.
func (s *Screen) backspace() {
	if s.cur.pending && s.modes.Has(ModeReverseWrap) && s.modes.Has(ModeAutowrap) {
		s.cur.pending = false
		return
	}
	s.cur.pending = false
	left := 0
	if s.cur.x >= s.region.left {
		left = s.region.left
	}
	switch {
	case s.cur.x > left:
		s.cur.x--
	case s.modes.Has(ModeReverseWrap) && s.modes.Has(ModeAutowrap) && s.cur.y > 0 &&
		s.cur.y != s.region.top && s.grid.rows[s.cur.y-1].wrapped:
		s.cur.y--
		s.cur.x = s.region.right
	}
}

// carriageReturn goes to the left margin, or to column 0 from left of it.
func (s *Screen) carriageReturn() {
	s.cur.pending = false
	if s.cur.x >= s.region.left {
		s.cur.x = s.region.left
	} else {
		s.cur.x = 0
	}
}

// index is IND: down one line, scrolling at the bottom margin. With left and
// right margins it only scrolls when the cursor is between them.
func (s *Screen) index() {
	switch {
	case s.cur.y == s.region.bottom:
		if s.cur.x >= s.region.left && s.cur.x <= s.region.right {
			s.scrollUp(1)
		}
	case s.cur.y < s.rows-1:
		s.cur.y++
	}
}

// reverseIndex is RI.
func (s *Screen) reverseIndex() {
	s.cur.pending = false
	switch {
	case s.cur.y == s.region.top:
		if s.cur.x >= s.region.left && s.cur.x <= s.region.right {
			s.scrollDown(s.region.top, 1)
		}
	case s.cur.y > 0:
		s.cur.y--
	}
}

// move sets the cursor to absolute coordinates, clamped to the screen.
func (s *Screen) move(x, y int) {
	s.cur = cursor{x: clampInt(x, 0, s.cols-1), y: clampInt(y, 0, s.rows-1)}
}

// moveOrigin sets the cursor relative to the origin (DECOM).
func (s *Screen) moveOrigin(x, y int) {
	if !s.modes.Has(ModeOrigin) {
		s.move(x, y)
		return
	}
	s.cur = cursor{
		x: clampInt(x+s.region.left, s.region.left, s.region.right),
		y: clampInt(y+s.region.top, s.region.top, s.region.bottom),
	}
}

// origin returns where row and column 1 of CUP are.
func (s *Screen) origin() (x, y int) {
	if s.modes.Has(ModeOrigin) {
		return s.region.left, s.region.top
	}
	return 0, 0
}

// The relative movements stop at the margin when they start inside it.

func (s *Screen) up(n int) {
	limit := 0
	if s.cur.y >= s.region.top {
		limit = s.region.top
	}
	s.cur.y, s.cur.pending = max(limit, s.cur.y-n), false
}

func (s *Screen) down(n int) {
	limit := s.rows - 1
	if s.cur.y <= s.region.bottom {
		limit = s.region.bottom
	}
	s.cur.y, s.cur.pending = min(limit, s.cur.y+n), false
}

func (s *Screen) right(n int) {
	s.cur.x, s.cur.pending = min(s.lastCol(), s.cur.x+n), false
}

func (s *Screen) left(n int) {
	limit := 0
	if s.cur.x >= s.region.left {
		limit = s.region.left
	}
	s.cur.x, s.cur.pending = max(limit, s.cur.x-n), false
}

func (s *Screen) tabForward(n int) {
	last := s.lastCol()
	x := s.cur.x
	for n > 0 && x < last {
		x++
		if s.tabs[x] {
			n--
		}
	}
	if x != s.cur.x {
		s.cur.x, s.cur.pending = x, false
	}
}

func (s *Screen) tabBackward(n int) {
	limit := 0
	if s.modes.Has(ModeOrigin) {
		limit = s.region.left
	}
	x := s.cur.x
	for n > 0 && x > limit {
		x--
		if s.tabs[x] {
			n--
		}
	}
	s.cur.x, s.cur.pending = max(x, 0), false
}

// clearTabs is TBC.
func (s *Screen) clearTabs(what int) {
	switch what {
	case 0:
		s.tabs[s.cur.x] = false
	case 3:
		clear(s.tabs)
	}
}

// saveCursor is DECSC; each of the two grids has its own place for it. A
// pending single shift is not saved: xterm does not either.
func (s *Screen) saveCursor() {
	s.grid.saved = savedCursor{cur: s.cur, pen: s.pen.Style, chars: s.chars, origin: s.modes.Has(ModeOrigin)}
	s.grid.saved.chars.single = 0
}

// restoreCursor is DECRC. Without a saved one it goes home (VT510).
func (s *Screen) restoreCursor() {
	v := s.grid.saved
	s.cur, s.chars = v.cur, v.chars
	s.cur.x, s.cur.y = min(s.cur.x, s.cols-1), min(s.cur.y, s.rows-1)
	s.pen.Style = v.pen
	s.pen.changed()
	s.modes.set(ModeOrigin, v.origin)
	if v.origin { // then the cursor is never outside the margins
		s.cur.x = clampInt(s.cur.x, s.region.left, s.region.right)
		s.cur.y = clampInt(s.cur.y, s.region.top, s.region.bottom)
	}
	s.cur.pending = s.cur.pending && s.cur.x == s.lastCol() && s.modes.Has(ModeAutowrap)
}

// setVerticalMargins is DECSTBM; parameters are 1-based, 0 the default.
func (s *Screen) setVerticalMargins(top, bottom int) {
	top = max(top, 1)
	if bottom == 0 || bottom > s.rows {
		bottom = s.rows
	}
	if top >= bottom && s.rows > 1 {
		return
	}
	s.region.top, s.region.bottom = min(top, s.rows)-1, bottom-1
	s.moveOrigin(0, 0)
}

// setHorizontalMargins is DECSLRM, only meaningful in mode DECLRMM.
func (s *Screen) setHorizontalMargins(left, right int) {
	left = max(left, 1)
	if right == 0 || right > s.cols {
		right = s.cols
	}
	if left >= right && s.cols > 1 {
		return
	}
	s.region.left, s.region.right = min(left, s.cols)-1, right-1
	s.moveOrigin(0, 0)
}
