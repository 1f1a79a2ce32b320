package vt

import "unicode/utf8"

// cell is one position of the grid in 8 bytes.
type cell struct {
	ch   uint32 // a rune, or clusterBit and an index into tables.clusters; 0 is empty
	attr uint32 // style index and the wide bits
}

const (
	clusterBit = 1 << 31

	wideBit   = 1 << 31 // first half of a character two cells wide
	tailBit   = 1 << 30 // second half; ch is 0
	styleMask = 1<<24 - 1
)

func (c cell) wide() bool    { return c.attr&wideBit != 0 }
func (c cell) tail() bool    { return c.attr&tailBit != 0 }
func (c cell) style() uint32 { return c.attr & styleMask }

// empty reports whether nothing was printed here since it was last erased.
func (c cell) empty() bool { return c.ch == 0 && c.attr&tailBit == 0 }

// Cell is one position as a renderer sees it.
type Cell struct {
	// Rune is the first rune of the character; 0 where nothing was printed
	// and in the second half of a wide character.
	Rune rune
	// Cluster is the whole character when it has more than one rune, else "".
	Cluster string
	// Width is 1, or 2 for the first half of a wide character, or 0 for its
	// second half.
	Width uint8
	Style Style
}

// AppendText appends the character as UTF-8, a space for an empty cell and
// nothing for the second half of a wide one.
func (c Cell) AppendText(dst []byte) []byte {
	switch {
	case c.Cluster != "":
		return append(dst, c.Cluster...)
	case c.Width == 0:
		return dst
	case c.Rune == 0:
		return append(dst, ' ')
	}
	return utf8.AppendRune(dst, c.Rune)
}

// row is one line of the grid. Rows are moved by pointer, never by cell.
type row struct {
	cells []cell
	// used bounds what is not blank: cells[used:] are zero. It makes short
	// lines cheap to erase and to store.
	used int
	// wrapped says that autowrap continued this line on the next row, so
	// that copying, searching and resizing join them.
	wrapped bool
	gen     uint64 // Screen.gen at the last change
}

// touch extends used to cover n cells.
func (r *row) touch(n int) {
	if n > r.used {
		r.used = n
	}
}

// fill erases cells[from:to] to the style attr.
func (r *row) fill(from, to int, attr uint32) {
	if attr == 0 {
		if to > r.used {
			to = r.used
		}
		if from < to {
			clear(r.cells[from:to])
		}
		if to == r.used && from < to {
			r.used = from
		}
		return
	}
	blank := cell{attr: attr}
	for i := from; i < to; i++ {
		r.cells[i] = blank
	}
	r.touch(to)
}

// reset makes the row blank in style attr.
func (r *row) reset(attr uint32) {
	r.wrapped = false
	r.fill(0, len(r.cells), attr)
}

// grid is one screen buffer, the primary or the alternate one.
type grid struct {
	rows  []*row
	saved savedCursor
	kitty kittyStack
}

// newGrid allocates a blank grid in one piece.
func newGrid(cols, rows int) *grid {
	g := &grid{rows: make([]*row, rows)}
	slab := make([]cell, cols*rows)
	hdr := make([]row, rows)
	for y := range g.rows {
		hdr[y].cells = slab[y*cols : (y+1)*cols : (y+1)*cols]
		g.rows[y] = &hdr[y]
	}
	return g
}
