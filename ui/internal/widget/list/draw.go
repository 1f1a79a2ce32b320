package list

import (
	"slices"
	"strings"

	"berth/ui/internal/display"
	"berth/ui/internal/style"
)

// gutter is the space at the left for the cursor and the mark.
const gutter = 2

// Fit tells the table how many lines it has, heading included, before it is drawn.
func (m *Model[T]) Fit(h int) {
	rows := max(0, h)
	m.headed = h > 3 // else a row is worth more than the heading
	if m.headed {
		rows--
	}
	m.height = rows
	switch {
	case m.cursor < m.offset:
		m.offset = m.cursor
	case m.cursor >= m.offset+rows:
		m.offset = m.cursor - rows + 1
	}
	m.offset = max(0, min(m.offset, len(m.view)-rows))
}

// Click puts the cursor on the row at a line of the drawing, or sorts by the column of
// the heading at x. It tells whether a row was hit.
func (m *Model[T]) Click(x, y int) bool {
	if m.headed {
		if y == 0 {
			m.clickHeading(x)
			return false
		}
		y--
	}
	if i := m.offset + y; y >= 0 && y < m.height && i < len(m.view) {
		m.moveTo(i)
		return true
	}
	return false
}

func (m *Model[T]) clickHeading(x int) {
	widths := m.columns
	if widths == nil {
		return // nothing has been drawn yet
	}
	at := gutter
	for i, c := range m.src.Columns {
		if widths[i] == 0 {
			continue
		}
		if x >= at && x <= at+widths[i] && c.Less != nil {
			if m.sort == i {
				m.reverse = !m.reverse
			} else {
				m.sort, m.reverse = i, c.Right
			}
			m.arrange()
			return
		}
		at += widths[i] + 1
	}
}

// widths divides w cells between the columns; 0 hides one. Names that would be cut have
// the room of columns that are empty in all rows that show, and then of those with a rank.
func (m *Model[T]) widths(st *style.Styles, w int, rows [][]Cell) []int {
	out := make([]int, len(m.src.Columns))
	rest, grow := w-gutter, -1
	var yielding []int
	for i, c := range m.src.Columns {
		if c.From > w {
			continue
		}
		out[i] = c.Width
		rest -= c.Width + 1
		if c.Grow {
			grow = i
		} else if c.Rank > 0 && i != m.sort {
			yielding = append(yielding, i)
		}
	}
	if grow < 0 {
		return out
	}
	most := rest
	for _, i := range yielding {
		most += out[i] + 1
	}
	want := m.widest(st, grow, out[grow]+most+1)
	empty := func(i int) bool {
		return !slices.ContainsFunc(rows, func(r []Cell) bool { return r[i].Text != "" })
	}
	slices.SortStableFunc(yielding, func(a, b int) int {
		if x, y := empty(a), empty(b); x != y {
			if x {
				return -1
			}
			return 1
		}
		return m.src.Columns[b].Rank - m.src.Columns[a].Rank
	})
	for _, i := range yielding {
		if out[grow]+rest+1 >= want {
			break
		}
		rest += out[i] + 1
		out[i] = 0
	}
	out[grow] = max(4, out[grow]+rest+1)
	m.spread(out, grow, max(want, usual), rows)
	return out
}

// usual is how wide most names are: a list does not move because one is longer than the others.
const usual = 12

// spread gives what the column that grows has beyond its need to columns that are cut.
func (m *Model[T]) spread(out []int, grow, need int, rows [][]Cell) {
	for i, c := range m.src.Columns {
		if out[i] == 0 || c.Most <= c.Width {
			continue
		}
		widest := 0
		for _, r := range rows {
			widest = max(widest, display.Width(r[i].Text))
		}
		if more := min(widest, c.Most) - out[i]; more > 0 && out[grow] > need {
			more = min(more, out[grow]-need)
			out[i], out[grow] = out[i]+more, out[grow]-more
		}
	}
}

// widest returns the width of the widest cell of the column that grows, of those that
// could be whole in room cells: for the others nothing needs to go.
func (m *Model[T]) widest(st *style.Styles, grow, room int) (widest int) {
	if m.natural == nil {
		m.natural = make([]int, len(m.view))
		for i, v := range m.view {
			m.natural[i] = display.Width(m.src.Cells(st, m.items[v])[grow].Text)
		}
	}
	for _, n := range m.natural {
		if n <= room {
			widest = max(widest, n)
		}
	}
	return widest
}

// Draw returns at most h lines of w cells, after Fit. An empty table gives none.
func (m *Model[T]) Draw(st *style.Styles, w int, focused bool) []string {
	var rows [][]Cell
	for i := m.offset; i < min(m.offset+m.height, len(m.view)); i++ {
		rows = append(rows, m.src.Cells(st, m.items[m.view[i]]))
	}
	m.width, m.columns = w, m.widths(st, w, rows)
	var lines []string
	if m.headed {
		lines = append(lines, m.drawHeading(st, m.columns))
	}
	for i, cells := range rows {
		v := m.items[m.view[m.offset+i]]
		lines = append(lines, m.drawRow(st, cells, w, m.offset+i == m.cursor, m.marks[m.src.Key(v)], focused))
	}
	return lines
}

func (m *Model[T]) drawHeading(st *style.Styles, widths []int) string {
	var b strings.Builder
	b.WriteString(display.Spaces(gutter))
	for i, c := range m.src.Columns {
		if widths[i] == 0 {
			continue
		}
		title := c.Title
		if i == m.sort {
			arrow := st.Icons.Ascending
			if m.reverse {
				arrow = st.Icons.Descending
			}
			if c.Right {
				title = arrow + title
			} else {
				title += arrow
			}
		}
		b.WriteString(fit(title, widths[i], c.Right, false, ""))
		b.WriteByte(' ')
	}
	return st.Muted.Render(strings.TrimSuffix(b.String(), " "))
}

func fit(s string, w int, right, tail bool, more string) string {
	if tail {
		s = display.Tail(s, w, more)
	}
	if right {
		return display.Right(s, w, more)
	}
	return display.Left(s, w, more)
}

func (m *Model[T]) drawRow(st *style.Styles, cells []Cell, w int, selected, marked, focused bool) string {
	widths := m.columns
	bar, mark := " ", " "
	if selected {
		bar = st.Icons.Cursor
	}
	if marked {
		mark = st.Icons.Mark
	}
	var b strings.Builder
	if selected {
		// One style for the whole row, so that its contrast is that of the theme's selection.
		b.WriteString(mark)
		for i, c := range m.src.Columns {
			if widths[i] > 0 {
				b.WriteString(fit(cells[i].Text, widths[i], c.Right, c.Tail, st.Icons.More))
				b.WriteByte(' ')
			}
		}
		row := st.SelectedIdle
		if focused {
			row = st.Selected
		}
		text := display.Left(strings.TrimSuffix(b.String(), " "), w-1, "")
		return st.Accent.On(row).Render(bar) + row.Render(text)
	}
	b.WriteString(bar)
	b.WriteString(st.Accent.Render(mark))
	for i, c := range m.src.Columns {
		if widths[i] == 0 {
			continue
		}
		text := fit(cells[i].Text, widths[i], c.Right, c.Tail, st.Icons.More)
		switch {
		case marked:
			text = st.Accent.Render(text)
		case cells[i].Style != nil:
			text = cells[i].Style.Render(text)
		default:
			text = st.Text.Render(text)
		}
		b.WriteString(text)
		b.WriteByte(' ')
	}
	return strings.TrimSuffix(b.String(), " ")
}
