package list

import (
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
func (m *Model[T]) Click(w, x, y int) bool {
	if m.headed {
		if y == 0 {
			m.clickHeading(w, x)
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

func (m *Model[T]) clickHeading(w, x int) {
	widths := m.widths(w)
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

// widths divides w cells between the columns; 0 hides one.
func (m *Model[T]) widths(w int) []int {
	out := make([]int, len(m.src.Columns))
	rest, grow := w-gutter, -1
	for i, c := range m.src.Columns {
		if c.From > w {
			continue
		}
		out[i] = c.Width
		rest -= c.Width + 1
		if c.Grow {
			grow = i
		}
	}
	if grow >= 0 {
		out[grow] = max(4, out[grow]+rest+1)
	}
	return out
}

// Draw returns at most h lines of w cells, after Fit. An empty table gives none.
func (m *Model[T]) Draw(st *style.Styles, w int, focused bool) []string {
	m.width = w
	widths := m.widths(w)
	var lines []string
	if m.headed {
		lines = append(lines, m.drawHeading(st, widths))
	}
	for i := m.offset; i < min(m.offset+m.height, len(m.view)); i++ {
		lines = append(lines, m.drawRow(st, m.items[m.view[i]], widths, w, i == m.cursor, focused))
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

func (m *Model[T]) drawRow(st *style.Styles, v T, widths []int, w int, selected, focused bool) string {
	marked := m.marks[m.src.Key(v)]
	bar, mark := " ", " "
	if selected {
		bar = st.Icons.Cursor
	}
	if marked {
		mark = st.Icons.Mark
	}
	cells := m.src.Cells(st, v)
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
