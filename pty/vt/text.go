package vt

import "strings"

// Line appends the cells of row y to dst: 0 is the top of the screen, -1 the
// newest row of the scrollback, -ScrollbackLen() the oldest. Rows of the
// screen have as many cells as there are columns, rows of the scrollback may
// be shorter. wrapped says that autowrap continued the text in the next row.
// A row that does not exist has no cells.
func (s *Screen) Line(dst []Cell, y int) (cells []Cell, wrapped bool) {
	var raw []cell
	switch {
	case y >= s.rows:
		return dst, false
	case y >= 0:
		raw, wrapped = s.grid.rows[y].cells, s.grid.rows[y].wrapped
	default:
		s.tab.hold = true
		defer func() { s.tab.hold = false }()
		raw, wrapped, _ = s.historyRow(-y)
	}
	for _, c := range raw {
		dst = append(dst, s.cell(c))
	}
	return dst, wrapped
}

// cell converts a cell for a renderer.
func (s *Screen) cell(c cell) Cell {
	v := Cell{Rune: rune(c.ch), Width: 1, Style: s.tab.styles[c.style()]}
	switch {
	case c.tail():
		v.Width = 0
	case c.wide():
		v.Width = 2
	}
	if c.ch&clusterBit != 0 {
		v.Cluster = s.tab.clusters[c.ch&^clusterBit]
		for _, r := range v.Cluster {
			v.Rune = r
			break
		}
	}
	return v
}

// Position is a cell of the screen or, with a negative Y, of the scrollback,
// numbered as by [Screen.Line].
type Position struct{ X, Y int }

// Text returns the text from one position to another, both included, for
// copying: rows that autowrap joined are one line, blanks at the ends of lines
// are dropped, lines are separated by LF. Positions outside are clamped.
func (s *Screen) Text(from, to Position) string {
	if to.Y < from.Y || to.Y == from.Y && to.X < from.X {
		from, to = to, from
	}
	if first := -s.ScrollbackLen(); from.Y < first {
		from = Position{0, first}
	}
	if to.Y >= s.rows {
		to = Position{s.cols - 1, s.rows - 1}
	}
	var out []byte
	var cells []Cell
	for y := from.Y; y <= to.Y; y++ {
		var wrapped bool
		cells, wrapped = s.Line(cells[:0], y)
		begin, end := 0, len(cells)
		if y == from.Y {
			begin = min(max(from.X, 0), end)
		}
		if y == to.Y {
			end = max(begin, min(end, to.X+1))
			wrapped = false
		}
		blank := end
		for blank > begin && cells[blank-1].Rune == 0 && cells[blank-1].Width == 1 {
			blank--
		}
		for _, c := range cells[begin:blank] {
			out = c.AppendText(out)
		}
		if !wrapped {
			out = []byte(strings.TrimRight(string(out), " "))
			if y < to.Y {
				out = append(out, '\n')
			}
		}
	}
	return string(out)
}

// String returns the screen as text, one line per row, without blanks at the
// ends of rows and of the screen.
func (s *Screen) String() string {
	var b strings.Builder
	var cells []Cell
	for y := range s.rows {
		cells, _ = s.Line(cells[:0], y)
		var line []byte
		for _, c := range cells {
			line = c.AppendText(line)
		}
		b.WriteString(strings.TrimRight(string(line), " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}
