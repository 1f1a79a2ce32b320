package vt

import "slices"

// Resize changes the size, clamped as by New. Lines of the primary screen and
// of the scrollback that autowrap divided are wrapped anew; the alternate
// screen is cut or extended, because its programs redraw. Margins return to
// the whole screen.
func (s *Screen) Resize(cols, rows int) {
	cols, rows = clampInt(cols, 1, MaxCols), clampInt(rows, 1, MaxRows)
	if cols == s.cols && rows == s.rows {
		return
	}
	s.gen++
	s.tab.hold = true
	s.resizePrimary(cols, rows)
	s.tab.hold = false
	s.cur.pending = s.cur.pending && s.modes.Has(ModeAutowrap)
	if s.alt != nil {
		s.alt = cropGrid(s.alt, cols, rows)
		s.alt.saved.cur.clamp(cols, rows)
	}
	s.grid = s.primary
	if s.modes.Has(ModeAltScreen) {
		s.grid = s.alt
		s.cur.clamp(cols, rows)
	}
	from := s.cols
	s.cols, s.rows = cols, rows
	s.checkPending()
	s.region = margins{bottom: rows - 1, right: cols - 1}
	if cols > from {
		s.defaultTabs(from)
	}
	s.tabs = s.tabs[:cols]
	s.touchAll()
	s.histGen = s.gen
	if s.modes.Has(ModeInBandResize) {
		s.reportSize()
	}
}

func (c *cursor) clamp(cols, rows int) {
	if c.x > cols-1 || c.y > rows-1 {
		c.pending = false
	}
	c.x, c.y = clampInt(c.x, 0, cols-1), clampInt(c.y, 0, rows-1)
	c.pending = c.pending && c.x == cols-1
}

// cropGrid returns g with its upper left part kept.
func cropGrid(g *grid, cols, rows int) *grid {
	n := newGrid(cols, rows)
	n.saved, n.kitty = g.saved, g.kitty
	for y, r := range g.rows[:min(rows, len(g.rows))] {
		n.rows[y].set(r.cells[:r.used], len(r.cells) == cols && r.wrapped && y < rows-1)
	}
	return n
}

// set fills a blank row with cells, as many as fit.
func (r *row) set(cells []cell, wrapped bool) {
	r.used = copy(r.cells, cells)
	r.wrapped = wrapped
	spaceHalves(r.cells)
}

// piece is a row of the new grid before it has its place.
type piece struct {
	cells   []cell
	fill    uint32 // style of the rest of the row
	wrapped bool
}

// resizePrimary lays the primary screen out for the new size.
func (s *Screen) resizePrimary(cols, rows int) {
	old := s.primary
	at := &s.cur
	if s.modes.Has(ModeAltScreen) {
		at = &old.saved.cur
	}
	marks := []*cursor{at, &old.saved.cur}
	if at == marks[1] {
		marks = marks[:1]
	}
	blank := 0 // rows below everything, which stay blank
	for n := len(old.rows); blank < n-1-at.y && old.rows[n-1-blank].used == 0; {
		blank++
	}
	var list []piece
	if cols == s.cols {
		for _, r := range old.rows[:len(old.rows)-blank] {
			list = append(list, piece{cells: r.cells[:r.used], wrapped: r.wrapped})
		}
	} else {
		list = s.rewrap(old.rows[:len(old.rows)-blank], cols, marks)
	}
	s.hist.cols = cols
	s.place(list, blank, cols, rows, marks)
}

// rewrap joins rows to logical lines and divides them at cols. The marks are
// moved with the text they stand on.
func (s *Screen) rewrap(rows []*row, cols int, marks []*cursor) []piece {
	var list []piece
	var head []cell
	if s.hist.open { // the first row continues a line of the scrollback
		head, _, _ = s.takeLast()
		head = slices.Clone(head)
	}
	moved := make([]bool, len(marks))
	for y := 0; y < len(rows); {
		line := head
		head = nil
		first := y
		offsets := []int{len(line)} // of each row in line
		var fill uint32
		for {
			r := rows[y]
			y++
			var cells []cell
			cells, fill = r.trim()
			line = append(line, cells...)
			if !r.wrapped || y == len(rows) {
				break
			}
			offsets = append(offsets, len(line))
		}
		start := len(list)
		list = appendPieces(list, line, fill, cols, rows[y-1].wrapped)
		for i, m := range marks {
			if !moved[i] && m.y >= first && m.y < y {
				moved[i] = true
				m.follow(list, start, offsets[m.y-first], cols)
			}
		}
	}
	return list
}

// follow moves a cursor that stands in the row beginning at offset of the
// logical line whose pieces are list[start:].
func (c *cursor) follow(list []piece, start, offset, cols int) {
	at := offset + c.x
	if c.pending {
		at++
	}
	c.pending = false
	c.y, c.x = start, at
	for c.y+1 < len(list) && c.x >= len(list[c.y].cells) {
		c.x -= len(list[c.y].cells)
		c.y++
	}
	if c.x >= cols {
		c.pending = c.x == cols && len(list[c.y].cells) == cols
		c.x = cols - 1
	}
}

// appendPieces divides a logical line.
func appendPieces(list []piece, line []cell, fill uint32, cols int, wrapped bool) []piece {
	for from := 0; ; {
		to := nextRow(line, from, cols)
		p := piece{cells: line[from:to], wrapped: true}
		if to == len(line) {
			p.wrapped, p.fill = wrapped && to-from == cols, fill
		}
		spaceLast(p.cells, cols, p.wrapped)
		list = append(list, p)
		if from = to; to == len(line) {
			return list
		}
	}
}

// place builds the new primary grid from list and blank empty rows. What is
// too much goes to the scrollback, but never the cursor; room that is left is
// filled from there.
func (s *Screen) place(list []piece, blank, cols, rows int, marks []*cursor) {
	g := newGrid(cols, rows)
	g.saved, g.kitty = s.primary.saved, s.primary.kitty
	shift := 0
	if over := len(list) - rows; over > 0 {
		shift = -min(over, marks[0].y)
		tmp := &row{cells: make([]cell, cols)}
		for _, p := range list[:-shift] {
			clear(tmp.cells)
			tmp.put(p)
			if s.hist.budget > 0 {
				s.remember(tmp)
			}
		}
		list = list[-shift:]
	} else if room := rows - len(list) - blank; room > 0 {
		above := s.recall(room, cols)
		shift = len(above)
		list = append(above, list...)
	}
	for y, p := range list[:min(rows, len(list))] {
		g.rows[y].put(p)
	}
	g.rows[rows-1].wrapped = false
	for i, m := range marks {
		if i > 0 {
			m = &g.saved.cur
		}
		m.y += shift
		m.clamp(cols, rows)
	}
	if marks[0] == &s.primary.saved.cur {
		g.saved.cur = s.primary.saved.cur
	}
	s.primary = g
}

func (r *row) put(p piece) {
	r.set(p.cells, p.wrapped)
	if p.fill != 0 {
		r.fill(r.used, len(r.cells), p.fill)
	}
}

// recall takes up to n rows back from the scrollback.
func (s *Screen) recall(n, cols int) []piece {
	var list []piece
	for len(list) < n {
		wrapped := s.hist.open
		cells, fill, ok := s.takeLast()
		if !ok {
			break
		}
		line := appendPieces(nil, slices.Clone(cells), fill, cols, wrapped)
		if extra := len(list) + len(line) - n; extra > 0 {
			tmp := &row{cells: make([]cell, cols)}
			for _, p := range line[:extra] {
				clear(tmp.cells)
				tmp.put(p)
				s.remember(tmp)
			}
			line = line[extra:]
		}
		list = append(line, list...)
	}
	return list
}
