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
	open    bool   // the last line goes on with the next row
	style   Style  // at the end of the last line, while open
	tail    int    // columns of its last row, while open
	scratch []cell // of decode
	read    lineRead
}

// lineRead says which line history.scratch holds; chunk is nil when none, or
// when the line or the tables its cells refer to have changed.
type lineRead struct {
	chunk *chunk
	line  int
	fill  uint32
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
