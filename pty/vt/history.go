package vt

// history is the scrollback of the primary screen: logical lines (rows that
// autowrap joined are one) in a queue of chunks, oldest first, encoded as text
// with styles in line (see encode). Logical lines make a change of the width
// free: only how many rows each takes is counted anew, when somebody asks.
type history struct {
	budget  int // bytes; 0 keeps nothing
	cols    int
	chunks  []*chunk
	bytes   int    // size of all chunks
	spare   *chunk // the last one evicted, for its memory
	pushed  uint64 // rows that ever came
	open    bool   // the last line goes on with the next row
	style   Style  // at the end of the last line, while open
	tail    int    // columns of its last row, while open
	scratch []cell // of decode
	read    lineRead
}

// chunk is evicted as a whole.
type chunk struct {
	buf   []byte
	lines []line
	cols  int // the width for which rows are counted; 0 for none
	rows  int
}

// line is one logical line of a chunk.
type line struct {
	end   uint32 // offset of its end in chunk.buf
	cells uint32 // columns
	rows  uint32 // at width chunk.cols
	wide  bool   // has wide characters, so that rows must be found by wrapping
	cont  bool   // was cut for its length: the next line continues it
}

const (
	lineSize    = 16       // of line, in memory
	chunkBytes  = 64 << 10 // at which a chunk is full
	maxLineCols = 16 << 10 // at which a logical line is cut
)

func newHistory(budget, cols int) history {
	return history{budget: max(0, budget), cols: cols}
}

func (c *chunk) size() int { return cap(c.buf) + lineSize*cap(c.lines) }

// full is the size at which a new chunk is begun: small budgets have small
// chunks, so that evicting one leaves most of the scrollback.
func (h *history) full() int { return clampInt(h.budget/8, 512, chunkBytes) }

func (h *history) clear() {
	h.chunks, h.bytes, h.spare, h.open, h.read = nil, 0, nil, false, lineRead{}
}

// last returns the chunk to append to, beginning a new one when it is full.
func (h *history) last() *chunk {
	if n := len(h.chunks); n > 0 {
		c := h.chunks[n-1]
		if h.open || len(c.buf)+lineSize*len(c.lines) < h.full() {
			return c
		}
	}
	c := h.spare
	h.spare = nil
	if c == nil {
		c = &chunk{}
	}
	h.bytes += c.size()
	c.buf, c.lines, c.rows, c.cols = c.buf[:0], c.lines[:0], 0, h.cols
	h.chunks = append(h.chunks, c)
	return c
}

// evict drops the oldest chunks until the budget holds.
func (h *history) evict() {
	for h.bytes > h.budget && len(h.chunks) > 0 {
		c := h.chunks[0]
		h.bytes -= c.size()
		copy(h.chunks, h.chunks[1:])
		h.chunks[len(h.chunks)-1] = nil
		h.chunks = h.chunks[:len(h.chunks)-1]
		if c.size() <= 2*h.full() {
			h.spare = c
		}
		if len(h.chunks) == 0 {
			h.open = false
		}
	}
}

// trim returns the cells of the row that are worth keeping, and the style in
// which the rest of the row is blank.
func (r *row) trim() (cells []cell, fill uint32) {
	n := len(r.cells)
	last := r.cells[n-1]
	switch {
	case r.wrapped && last.empty():
		return r.cells[:n-1], 0 // left empty by the wide character that did not fit
	case r.wrapped:
		return r.cells, 0
	case last.empty():
		for n = r.used; n > 0 && r.cells[n-1] == last; {
			n--
		}
		return r.cells[:n], last.attr
	}
	return r.cells, 0
}

// remember appends a row that leaves the screen.
func (s *Screen) remember(r *row) {
	h := &s.hist
	h.pushed++
	c := h.last()
	before := c.size()
	c.count(s)
	if !h.open {
		c.lines = append(c.lines, line{end: uint32(len(c.buf)), rows: 1})
		c.rows++
		h.style, h.tail = Style{}, 0
	}
	h.read.chunk = nil
	cells, fill := r.trim()
	if h.open && len(cells) == 0 && fill != 0 {
		cells, fill = r.cells, 0 // a row of its own, which a fill is not
	}
	l := &c.lines[len(c.lines)-1]
	var wide bool
	c.buf, wide = s.encode(c.buf, cells, fill)
	l.wide = l.wide || wide
	l.cells += uint32(len(cells))
	l.end = uint32(len(c.buf))
	rows := h.extend(cells, wide)
	l.rows += rows
	c.rows += int(rows)
	if h.open && !r.wrapped && len(cells) == 0 {
		s.trimEnd(c)
	}
	h.open = r.wrapped
	if h.open && (l.cells >= maxLineCols || len(c.buf) > 2*chunkBytes) {
		h.open, l.cont = false, true
	}
	h.bytes += c.size() - before
	if h.bytes > h.budget {
		h.evict()
	}
	s.histGen = s.gen
}

// trimEnd drops what is empty at the end of the last line of c, which a row
// without text just ended.
func (s *Screen) trimEnd(c *chunk) {
	i := len(c.lines) - 1
	old := c.bytes(i)
	hold := s.tab.hold
	s.tab.hold = true
	defer func() { s.tab.hold = hold }()
	cells, _ := s.decode(old)
	n := len(cells)
	for n > 0 && cells[n-1] == (cell{}) {
		n--
	}
	if n == len(cells) {
		return
	}
	l := &c.lines[i]
	s.hist.style = Style{}
	c.buf, _ = s.encode(c.buf[:len(c.buf)-len(old)], cells[:n], 0)
	c.rows -= int(l.rows)
	l.cells, l.end, l.rows = uint32(n), uint32(len(c.buf)), uint32(countRows(cells[:n], s.hist.cols))
	c.rows += int(l.rows)
}

// extend counts the rows that cells add to the open line. Mostly one, but a row
// that a wide character left a column short takes a narrow one that stands in
// its place by now.
func (h *history) extend(cells []cell, wide bool) uint32 {
	n := uint32(0)
	if !wide {
		total := h.tail + len(cells)
		if total > h.cols {
			n = uint32((total - 1) / h.cols)
			total -= int(n) * h.cols
		}
		h.tail = total
		return n
	}
	for _, c := range cells {
		if h.tail == h.cols || c.wide() && h.tail == h.cols-1 && h.tail > 0 {
			h.tail = 0
			n++
		}
		h.tail++
	}
	return n
}

// count makes rows valid for the present width.
func (c *chunk) count(s *Screen) {
	if c.cols == s.hist.cols {
		return
	}
	c.cols, c.rows = s.hist.cols, 0
	for i := range c.lines {
		l := &c.lines[i]
		switch {
		case l.cells == 0:
			l.rows = 1
		case l.wide:
			cells, _ := s.decode(c.bytes(i))
			l.rows = uint32(countRows(cells, c.cols))
		default:
			l.rows = (l.cells + uint32(c.cols) - 1) / uint32(c.cols)
		}
		c.rows += int(l.rows)
	}
}

// bytes returns the encoded line i.
func (c *chunk) bytes(i int) []byte {
	from := uint32(0)
	if i > 0 {
		from = c.lines[i-1].end
	}
	return c.buf[from:c.lines[i].end]
}
