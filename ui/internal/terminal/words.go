package terminal

import (
	"unicode"

	"berth/pty/vt"
)

// A walker goes over the cells of a screen and its scrollback, character by character.
type walker struct {
	s            *vt.Screen
	pos          vt.Position
	cols, oldest int
	newest       int
	big          bool // words end at blanks only
	row          []vt.Cell
	rowY         int
	loaded       bool
}

func newWalker(s *vt.Screen, at vt.Position) *walker {
	cols, rows := s.Size()
	return &walker{s: s, pos: at, cols: cols, oldest: -s.ScrollbackLen(), newest: rows - 1}
}

// A class is a kind of character to words: vi's.
type class int

const (
	blank class = iota
	wordChar
	punctuation
)

func (w *walker) class() class {
	if !w.loaded || w.rowY != w.pos.Y {
		w.row, _ = w.s.Line(w.row[:0], w.pos.Y)
		w.rowY, w.loaded = w.pos.Y, true
	}
	x := w.pos.X
	if x > 0 && x < len(w.row) && w.row[x].Width == 0 {
		x--
	}
	if x >= len(w.row) {
		return blank
	}
	switch r := w.row[x].Rune; {
	case r == 0 || unicode.IsSpace(r):
		return blank
	case w.big || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
		return wordChar
	}
	return punctuation
}

// step goes to the neighbour, on to the next row at the end; false at the very end.
func (w *walker) step(dir int) bool {
	p := w.pos
	p.X += dir
	switch {
	case p.X < 0:
		p.Y, p.X = p.Y-1, w.cols-1
	case p.X >= w.cols:
		p.Y, p.X = p.Y+1, 0
	}
	if p.Y < w.oldest || p.Y > w.newest {
		return false
	}
	w.pos = p
	return true
}

// skip steps while the character is, or is not, of a class; false at the very end.
func (w *walker) skip(dir int, c class, is bool) bool {
	for (w.class() == c) == is {
		if !w.step(dir) {
			return false
		}
	}
	return true
}

// word returns where a motion over words ends; where it was if there is no further one.
func (w *walker) word(m Motion) vt.Position {
	start := w.pos
	switch m {
	case BigWordNext, BigWordBack, BigWordEnd:
		w.big, m = true, m-BigWordNext+WordNext
	}
	switch m {
	case WordNext:
		if c := w.class(); c != blank && !w.skip(1, c, true) || !w.skip(1, blank, true) {
			return start
		}
	case WordEnd:
		if !w.step(1) || !w.skip(1, blank, true) {
			return start
		}
		if c := w.class(); w.skip(1, c, true) {
			w.step(-1)
		}
	case WordBack:
		if !w.step(-1) || !w.skip(-1, blank, true) {
			return start
		}
		if c := w.class(); w.skip(-1, c, true) {
			w.step(1)
		}
	}
	return w.pos
}

// around returns the ends of the word under the position.
func (w *walker) around() (from, to vt.Position) {
	at, c := w.pos, w.class()
	for w.class() == c && w.pos.Y == at.Y {
		from = w.pos
		if !w.step(-1) {
			break
		}
	}
	w.pos = at
	for w.class() == c && w.pos.Y == at.Y {
		to = w.pos
		if !w.step(1) {
			break
		}
	}
	return from, to
}
