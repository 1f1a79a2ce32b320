package vt

// csi obeys a control sequence: final byte, prefix<<8, intermediate<<16.
// Sequences that are not in the tables are swallowed.
func (s *Screen) csi(cmd int, p *params) {
	var f csiFunc
	if cmd < 0x80 {
		f = csiTable[cmd]
	} else {
		f = csiPrefixed[cmd]
	}
	if f != nil {
		f(s, p)
		s.checkPending()
	}
}

// checkPending drops the pending wrap when the character that was printed in
// the last column is not there any more.
func (s *Screen) checkPending() {
	if s.cur.pending && s.row().cells[s.cur.x].empty() {
		s.cur.pending = false
	}
}

func cursorPosition(s *Screen, p *params) { s.moveOrigin(p.count(1)-1, p.count(0)-1) }

func cursorColumn(s *Screen, p *params) {
	_, oy := s.origin()
	s.moveOrigin(p.count(0)-1, s.cur.y-oy)
}

func cursorRow(s *Screen, p *params) {
	ox, _ := s.origin()
	s.moveOrigin(s.cur.x-ox, p.count(0)-1)
}

func eraseChars(s *Screen, p *params) {
	s.cur.pending = false
	s.eraseCells(s.cur.y, s.cur.x, min(s.cur.x+p.count(0), s.cols), false)
}

// scrollDownOrTrack is SD; with five parameters it would start highlight mouse
// tracking, which can lock a terminal up and is not supported.
func scrollDownOrTrack(s *Screen, p *params) {
	if p.n < 2 {
		s.scrollDown(s.region.top, p.count(0))
	}
}

// saveCursorOrMargins is DECSLRM in mode DECLRMM, else SCOSC.
func saveCursorOrMargins(s *Screen, p *params) {
	if s.modes.Has(ModeMargins) {
		s.setHorizontalMargins(p.get(0, 0), p.get(1, 0))
	} else if p.n == 0 {
		s.saveCursor()
	}
}

func cursorShape(s *Screen, p *params) {
	if n := p.get(0, 0); n <= int(CursorBar) {
		s.shape = CursorShape(n)
	}
}

// protect is DECSCA.
func protect(s *Screen, p *params) {
	if p.get(0, 0) == 1 {
		s.pen.Attrs |= Protected
	} else {
		s.pen.Attrs &^= Protected
	}
	s.pen.changed()
}

func copyRectangle(s *Screen, p *params) {
	ox, oy := s.origin()
	s.copyRect(s.rectAt(p, 0), p.count(6)-1+ox, p.count(5)-1+oy)
}

// columns is DECIC and DECDC.
func (s *Screen) columns(n int, shift func(x, y, n int)) {
	if s.insideMargins() {
		s.shiftAll(s.cur.x, n, shift)
	}
}

// keyModifierOptions is XTMODKEYS; only modifyOtherKeys (4) is kept.
func keyModifierOptions(s *Screen, p *params) {
	if p.n == 0 || p.get(0, 0) == 4 {
		s.modes.otherKeys = uint8(min(p.get(1, 0), 2))
	}
}
