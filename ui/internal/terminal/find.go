package terminal

import "berth/pty/vt"

// A Find is a character that is sought within a row of copy mode, as vi's f, F, t and T do.
type Find struct {
	Char rune
	Back bool // to the left
	Till bool // stop before it
}

// Find goes to the n-th such character in the cursor's row, and stays if there are fewer.
func (t *Terminal) Find(f Find, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.view.sought = f
	t.find(f, n, false)
}

// FindAgain repeats the last Find, or goes the other way.
func (t *Terminal) FindAgain(against bool, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.view.sought
	f.Back = f.Back != against
	t.find(f, n, true)
}

// find moves the cursor. When a till is repeated, the character that the cursor stands
// before already doesn't count, or the cursor would stay there for ever.
func (t *Terminal) find(f Find, n int, again bool) {
	v := &t.view
	if !v.copying || f.Char == 0 {
		return
	}
	step := 1
	if f.Back {
		step = -1
	}
	cells, _ := t.screen.Line(v.cells[:0], v.cur.Y)
	v.cells = cells
	x := v.cur.X + step
	if f.Till && again {
		x = beside(cells, v.cur.X, step) + step
	}
	for left := max(n, 1); x >= 0 && x < len(cells); x += step {
		if cells[x].Rune != f.Char {
			continue
		}
		if left--; left > 0 {
			continue
		}
		if f.Till {
			x = beside(cells, x, -step)
		}
		v.cur.X = x
		v.reveal(t.screen)
		return
	}
}

// beside is the column of the character beside one; a wide one has two.
func beside(cells []vt.Cell, x, step int) int {
	for x += step; x > 0 && x < len(cells) && cells[x].Width == 0; x += step {
	}
	return x
}
