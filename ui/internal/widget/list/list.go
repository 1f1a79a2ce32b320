// Package list is a table with a cursor, marks, sorting and a filter. It draws only
// the rows that show, so a thousand of them cost no more than thirty. It knows neither
// what its rows are nor where they come from.
package list

import (
	"cmp"
	"slices"

	"berth/ui/internal/match"
	"berth/ui/internal/style"
)

// A Column is one column of the table.
type Column[T any] struct {
	Title string
	Width int  // cells; of the column that grows: at least
	Grow  bool // takes what the others leave; one column has it
	Right bool // numbers stand at the right
	Tail  bool // the end says more than the beginning, as of a reference: cut at the left
	From  int  // the table's width from which the column shows
	Rank  int  // above 0: goes before what grows is cut, those of the highest rank first
	Most  int  // above Width: takes what the column that grows does not need, up to this
	Less  func(a, b T) int
}

// A Cell is one field of a row.
type Cell struct {
	Text  string // clean
	Style *style.Style
}

// A Source says what rows are.
type Source[T any] struct {
	Key     func(T) string // who a row is, whatever else of it changes
	Text    func(T) string // what the filter reads
	Cells   func(st *style.Styles, v T) []Cell
	Columns []Column[T]
}

// A Model is one table. Make it with New.
type Model[T any] struct {
	src     Source[T]
	items   []T
	view    []int // what the filter lets through, sorted
	cursor  int   // in view
	key     string
	offset  int
	height  int   // rows that show
	width   int   // as it was last drawn
	columns []int // the widths that it was last drawn with
	natural []int // how wide the cells are that grow, of all rows; nil: not measured yet
	headed  bool
	marks   map[string]bool
	sort    int
	reverse bool
	pattern match.Pattern
	version int
}

// New returns an empty table that is sorted by a column.
func New[T any](src Source[T], sortBy int, reverse bool) *Model[T] {
	return &Model[T]{src: src, marks: make(map[string]bool), sort: sortBy, reverse: reverse}
}

// Set replaces the rows. Cursor and marks stay with the rows that they are on.
func (m *Model[T]) Set(items []T) {
	m.items = items
	if len(m.marks) > 0 {
		live := make(map[string]bool, len(m.marks))
		for _, v := range items {
			if k := m.src.Key(v); m.marks[k] {
				live[k] = true
			}
		}
		m.marks = live
	}
	m.arrange()
}

// arrange filters and sorts, and puts the cursor back on its row.
func (m *Model[T]) arrange() {
	m.version++
	m.view, m.natural = m.view[:0], nil
	for i, v := range m.items {
		if m.pattern.Empty() || m.pattern.Match(m.src.Text(v)) {
			m.view = append(m.view, i)
		}
	}
	less := m.src.Columns[m.sort].Less
	slices.SortStableFunc(m.view, func(a, b int) int {
		x, y := m.items[a], m.items[b]
		if m.reverse {
			x, y = y, x
		}
		return cmp.Or(less(x, y), cmp.Compare(m.src.Key(m.items[a]), m.src.Key(m.items[b])))
	})
	at := slices.IndexFunc(m.view, func(i int) bool { return m.src.Key(m.items[i]) == m.key })
	if at < 0 {
		at = min(m.cursor, len(m.view)-1)
	}
	m.moveTo(at)
}

func (m *Model[T]) moveTo(at int) {
	m.cursor = max(0, min(at, len(m.view)-1))
	m.key = ""
	if len(m.view) > 0 {
		m.key = m.src.Key(m.items[m.view[m.cursor]])
	}
	m.version++
}

// Version changes with everything that changes the drawing.
func (m *Model[T]) Version() int { return m.version }

// Len returns how many rows the filter lets through, and how many there are.
func (m *Model[T]) Len() (shown, all int) { return len(m.view), len(m.items) }

// Move moves the cursor by n rows.
func (m *Model[T]) Move(n int) { m.moveTo(m.cursor + n) }

// Page returns how far a page is.
func (m *Model[T]) Page() int { return max(1, m.height-1) }

// Top moves the cursor to the first row.
func (m *Model[T]) Top() { m.moveTo(0) }

// Bottom moves the cursor to the last row.
func (m *Model[T]) Bottom() { m.moveTo(len(m.view) - 1) }

// Step moves the cursor to the next row in a direction that the filter let through, round the end.
func (m *Model[T]) Step(dir int) {
	if n := len(m.view); n > 0 {
		m.moveTo((m.cursor + dir + n) % n)
	}
}

// Scroll moves the window without the cursor, as the wheel does, and takes the cursor along at the edge.
func (m *Model[T]) Scroll(n int) {
	m.offset = max(0, min(m.offset+n, len(m.view)-m.height))
	m.moveTo(min(max(m.cursor, m.offset), m.offset+max(0, m.height-1)))
}

// SelectKey moves the cursor to the row with a key, and tells whether there is one.
func (m *Model[T]) SelectKey(key string) bool {
	for i, v := range m.view {
		if m.src.Key(m.items[v]) == key {
			m.moveTo(i)
			return true
		}
	}
	return false
}

// Selected returns the row under the cursor.
func (m *Model[T]) Selected() (v T, ok bool) {
	if len(m.view) == 0 {
		return v, false
	}
	return m.items[m.view[m.cursor]], true
}

// Targets returns the marked rows in the table's order, or the selected one if none is marked.
func (m *Model[T]) Targets() []T {
	var out []T
	for _, i := range m.view {
		if m.marks[m.src.Key(m.items[i])] {
			out = append(out, m.items[i])
		}
	}
	if len(out) == 0 {
		if v, ok := m.Selected(); ok {
			out = append(out, v)
		}
	}
	return out
}

// Marked returns the marked rows only.
func (m *Model[T]) Marked() []T {
	if len(m.marks) == 0 {
		return nil
	}
	var out []T
	for _, v := range m.items {
		if m.marks[m.src.Key(v)] {
			out = append(out, v)
		}
	}
	return out
}

// Mark marks the selected row, or unmarks it, and goes down.
func (m *Model[T]) Mark() {
	if m.key == "" {
		return
	}
	if m.marks[m.key] {
		delete(m.marks, m.key)
	} else {
		m.marks[m.key] = true
	}
	m.Move(1)
}

// MarkAll marks all rows that show, or unmarks them if they all are.
func (m *Model[T]) MarkAll() {
	marked := 0
	for _, i := range m.view {
		if m.marks[m.src.Key(m.items[i])] {
			marked++
		}
	}
	all := marked == len(m.view)
	for _, i := range m.view {
		if k := m.src.Key(m.items[i]); all {
			delete(m.marks, k)
		} else {
			m.marks[k] = true
		}
	}
	m.version++
}

// Unmark forgets all marks and tells whether there were any.
func (m *Model[T]) Unmark() bool {
	had := len(m.marks) > 0
	clear(m.marks)
	m.version++
	return had
}

// Filter lets only rows through that match.
func (m *Model[T]) Filter(p match.Pattern) {
	m.pattern = p
	m.arrange()
}

// Pattern returns the filter.
func (m *Model[T]) Pattern() match.Pattern { return m.pattern }

// SortNext sorts by the next column that can be sorted by and shows.
func (m *Model[T]) SortNext() {
	for range m.src.Columns {
		m.sort = (m.sort + 1) % len(m.src.Columns)
		if c := m.src.Columns[m.sort]; c.Less != nil && (m.columns == nil || m.columns[m.sort] > 0) {
			break
		}
	}
	m.reverse = m.src.Columns[m.sort].Right // large numbers first
	m.arrange()
}

// Resort sorts anew, because what rows are sorted by has changed without the rows.
func (m *Model[T]) Resort() { m.arrange() }

// Reverse sorts the other way round.
func (m *Model[T]) Reverse() {
	m.reverse = !m.reverse
	m.arrange()
}

// SortedBy returns the title of the column that the table is sorted by, and its direction.
func (m *Model[T]) SortedBy() (title string, reverse bool) {
	return m.src.Columns[m.sort].Title, m.reverse
}

// Visible returns the rows that show.
func (m *Model[T]) Visible() []T {
	var out []T
	for i := m.offset; i < min(m.offset+m.height, len(m.view)); i++ {
		out = append(out, m.items[m.view[i]])
	}
	return out
}
