package vt

// lineRead says which line history.scratch holds; chunk is nil when none, or
// when the line or the tables its cells refer to have changed.
type lineRead struct {
	chunk *chunk
	line  int
	fill  uint32
}

// nextRow returns the end of the row that begins at cells[from] at a width of
// cols: a wide character is not divided.
func nextRow(cells []cell, from, cols int) int {
	end := min(from+cols, len(cells))
	if end < len(cells) && cells[end].tail() && end > from+1 {
		end--
	}
	return end
}

// spaceLast makes an empty last column of a row that goes on a space: a row
// that autowrap continued is full.
func spaceLast(cells []cell, cols int, wrapped bool) {
	if wrapped && len(cells) == cols && cells[cols-1].empty() {
		cells[cols-1].ch = ' '
	}
}

// spaceHalves makes spaces of halves of wide characters at the ends of a row:
// where it was cut, or is one column wide.
func spaceHalves(cells []cell) {
	if len(cells) == 0 {
		return
	}
	if c := &cells[0]; c.tail() {
		*c = cell{' ', c.style()}
	}
	if c := &cells[len(cells)-1]; c.wide() {
		*c = cell{' ', c.style()}
	}
}

func countRows(cells []cell, cols int) int {
	n := 0
	for from := 0; from < len(cells); n++ {
		from = nextRow(cells, from, cols)
	}
	return max(n, 1)
}

// Scrolled counts the rows that went from the screen into the scrollback since New. It
// never goes back, even when old ones are dropped: a viewer that wants to stay on a row
// moves by the difference.
func (s *Screen) Scrolled() uint64 { return s.hist.pushed }

// ScrollbackLen returns the number of rows above the screen, at the present width.
func (s *Screen) ScrollbackLen() int {
	n := 0
	for _, c := range s.hist.chunks {
		c.count(s)
		n += c.rows
	}
	return n
}

// ScrollbackBytes returns the memory that the scrollback takes.
func (s *Screen) ScrollbackBytes() int {
	n := s.hist.bytes
	if s.hist.spare != nil {
		n += s.hist.spare.size()
	}
	return n
}

// historyRow returns the cells of row n above the screen (1 is the one just
// above), and whether the row is continued by the next one. The cells are
// valid until the next read.
func (s *Screen) historyRow(n int) (cells []cell, wrapped, ok bool) {
	h := &s.hist
	for i := len(h.chunks) - 1; i >= 0; i-- {
		c := h.chunks[i]
		c.count(s)
		if n > c.rows {
			n -= c.rows
			continue
		}
		for j := len(c.lines) - 1; j >= 0; j-- {
			l := c.lines[j]
			if n > int(l.rows) {
				n -= int(l.rows)
				continue
			}
			newest := i == len(h.chunks)-1 && j == len(c.lines)-1
			all, fill := s.decodeLine(c, j)
			from, to := 0, 0
			for k := int(l.rows) - n; k >= 0; k-- {
				from = to
				to = nextRow(all, from, h.cols)
			}
			wrapped = n > 1 || l.cont || newest && h.open
			cells = all[from:to:to]
			if fill != 0 && n == 1 {
				for len(cells) < h.cols {
					cells = append(cells, cell{attr: fill})
				}
			}
			spaceLast(cells, h.cols, wrapped)
			spaceHalves(cells)
			return cells, wrapped, true
		}
	}
	return nil, false, false
}

// decodeLine is decode of one line, which it remembers: whoever reads a long
// line reads one row of it after the other.
func (s *Screen) decodeLine(c *chunk, i int) ([]cell, uint32) {
	h := &s.hist
	if h.read.chunk == c && h.read.line == i {
		return h.scratch, h.read.fill
	}
	cells, fill := s.decode(c.bytes(i))
	h.read.chunk, h.read.line, h.read.fill = c, i, fill
	return cells, fill
}

// takeLast removes the newest logical line and returns its cells, which are
// valid until the next read, and its fill.
func (s *Screen) takeLast() (cells []cell, fill uint32, ok bool) {
	h := &s.hist
	n := len(h.chunks)
	if n == 0 {
		return nil, 0, false
	}
	c := h.chunks[n-1]
	c.count(s)
	i := len(c.lines) - 1
	cells, fill = s.decode(c.bytes(i))
	c.buf = c.buf[:len(c.buf)-len(c.bytes(i))]
	c.rows -= int(c.lines[i].rows)
	c.lines = c.lines[:i]
	if i == 0 {
		h.bytes -= c.size()
		h.chunks[n-1] = nil
		h.chunks = h.chunks[:n-1]
	}
	h.open = false
	s.histGen = s.gen
	return cells, fill, true
}
