package vt

import "unicode/utf8"

// lastCol is the column where autowrap applies to the cursor: the right
// margin, or the edge of the screen for a cursor that is already beyond it.
func (s *Screen) lastCol() int {
	if s.cur.x > s.region.right {
		return s.cols - 1
	}
	return s.region.right
}

// printASCII prints a run of characters 0x20-0x7E.
func (s *Screen) printASCII(p []byte) {
	if s.chars.active() {
		for _, b := range p {
			s.printRune(s.chars.translate(b))
		}
		return
	}
	attr := s.attr()
	s.last = uint32(p[len(p)-1])
	for len(p) > 0 {
		if s.cur.pending {
			s.wrap(false)
		}
		last := s.lastCol()
		x := s.cur.x
		n := min(len(p), last-x+1)
		if s.modes.Has(ModeInsert) {
			s.insertCells(n)
		}
		r := s.dirty()
		s.splitWide(r, x, x+n)
		cells := r.cells[x : x+n]
		for i, b := range p[:len(cells)] {
			cells[i] = cell{uint32(b), attr}
		}
		r.touch(x + n)
		p = p[n:]
		if x+n <= last {
			s.cur.x = x + n
			return
		}
		s.cur.x = last
		if s.modes.Has(ModeAutowrap) {
			s.cur.pending = true
		} else if len(p) > 1 {
			p = p[len(p)-1:] // the rest overprints the last column
		}
	}
}

// wrap continues on the next line (DECAWM). The two lines are joined, unless the
// character that stood in the last column is gone; gap says that it is empty
// because a wide one did not fit.
func (s *Screen) wrap(gap bool) {
	s.cur.pending = false
	if !s.modes.Has(ModeAutowrap) {
		return
	}
	r := s.row()
	joined := s.wholeWidth() && s.cur.x == s.cols-1 && (gap || !r.cells[s.cur.x].empty())
	if joined {
		r.wrapped = true
		r.gen = s.gen
	}
	y := s.cur.y
	s.cur.x = s.region.left
	s.index()
	if joined && s.cur.y == y && s.row() == r {
		r.wrapped = false // below the region: the line goes on over itself
	}
}

// printRune prints one character that is not a control.
func (s *Screen) printRune(r rune) {
	if r < 0xA0 && r >= 0x80 {
		return // C1, encoded: not obeyed, see the package comment, and nothing to show
	}
	w := runeWidth(r)
	if w == 0 || s.modes.Has(ModeGraphemes) && r >= 0x80 {
		if s.combine(r, w) || w == 0 {
			return
		}
	}
	s.printCell(uint32(r), w)
	s.last = uint32(r)
}

// printCell puts ch, w columns wide, at the cursor and moves it.
func (s *Screen) printCell(ch uint32, w int) {
	attr := s.attr()
	if s.cur.pending {
		s.wrap(false)
	}
	last := s.lastCol()
	if w == 2 && s.cur.x == last {
		if last == s.region.left || !s.modes.Has(ModeAutowrap) {
			return // it fits nowhere
		}
		r := s.dirty() // leave the last column empty, and go on in the next line
		s.splitWide(r, last, last+1)
		r.fill(last, last+1, 0)
		s.wrap(true)
		last = s.lastCol()
	}
	if s.modes.Has(ModeInsert) {
		s.insertCells(w)
	}
	x := s.cur.x
	r := s.dirty()
	s.splitWide(r, x, x+w)
	if w == 2 {
		r.cells[x] = cell{ch, attr | wideBit}
		r.cells[x+1] = cell{0, attr | tailBit}
	} else {
		r.cells[x] = cell{ch, attr}
	}
	r.touch(x + w)
	s.advanceCursor(x+w, last)
}

// advanceCursor moves the cursor to x, or sets the pending wrap when x is beyond last.
func (s *Screen) advanceCursor(x, last int) {
	if x <= last {
		s.cur.x = x
		return
	}
	s.cur.x = last
	s.cur.pending = s.modes.Has(ModeAutowrap)
}

// combine joins r to the character before the cursor. Without mode 2027 only
// characters of no width join; with it, every continuation of a grapheme
// cluster does, and the cluster may become wide.
func (s *Screen) combine(r rune, w int) bool {
	x := s.cur.x - 1
	if s.cur.pending || s.cur.x == s.lastCol() && !s.modes.Has(ModeAutowrap) && s.row().cells[s.cur.x].ch != 0 {
		x = s.cur.x
	}
	line := s.row()
	if x > 0 && line.cells[x].tail() {
		x--
	}
	if x < 0 || line.cells[x].ch == 0 {
		return false
	}
	c := line.cells[x]
	var buf [maxCluster]byte
	b := s.appendChar(buf[:0], c.ch)
	if w > 0 && !joins(b, r) {
		return false
	}
	if len(b)+utf8.RuneLen(r) > maxCluster {
		return true // more marks than anybody can read
	}
	b = utf8.AppendRune(b, r)
	widen := s.modes.Has(ModeGraphemes) && !c.wide() && clusterWidth(b) == 2
	if widen && !s.canWiden(x) {
		if w > 0 {
			return false // no room for both halves: two characters then
		}
		widen = false
	}
	s.dirty()
	c.ch = clusterBit | s.clusterID(b)
	line.cells[x] = c
	s.last = c.ch
	if widen {
		s.widen(x)
	}
	return true
}

// canWiden reports whether the character at x can take a second column.
func (s *Screen) canWiden(x int) bool {
	return x == s.cur.x-1 && s.cur.x <= s.lastCol() && !s.cur.pending
}

// widen makes the character at x, which is before the cursor, two columns wide.
func (s *Screen) widen(x int) {
	last := s.lastCol()
	r := s.dirty()
	s.splitWide(r, x+1, x+2)
	r.cells[x].attr |= wideBit
	r.cells[x+1] = cell{0, r.cells[x].style() | tailBit}
	r.touch(x + 2)
	s.advanceCursor(x+2, last)
}

// appendChar appends the text of cell.ch.
func (s *Screen) appendChar(b []byte, ch uint32) []byte {
	if ch&clusterBit != 0 {
		return append(b, s.tab.clusters[ch&^clusterBit]...)
	}
	return utf8.AppendRune(b, rune(ch))
}

// splitWide prepares cells[from:to] for being overwritten: of a wide character
// that reaches over either end, the half outside becomes a space.
func (s *Screen) splitWide(r *row, from, to int) {
	if from > 0 && from < len(r.cells) && r.cells[from].tail() {
		r.cells[from-1] = cell{' ', r.cells[from-1].style()}
	}
	if to < len(r.cells) && r.cells[to].tail() {
		r.cells[to] = cell{' ', r.cells[to].style()}
	}
}

// repeat is REP: the last printed character n times more.
func (s *Screen) repeat(n int) {
	if s.last == 0 {
		return
	}
	w := runeWidth(rune(s.last))
	if s.last&clusterBit != 0 {
		w = 1
		if s.modes.Has(ModeGraphemes) {
			w = clusterWidth([]byte(s.tab.clusters[s.last&^clusterBit]))
		} else if r, _ := utf8.DecodeRuneInString(s.tab.clusters[s.last&^clusterBit]); r != utf8.RuneError {
			w = runeWidth(r)
		}
	}
	if w == 0 {
		return
	}
	for range min(n, s.cols*s.rows) {
		s.printCell(s.last, w)
	}
}
