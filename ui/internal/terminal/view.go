package terminal

import (
	"slices"
	"time"

	"berth/engine"
	"berth/pty/vt"
	"berth/ui/internal/match"

	tea "charm.land/bubbletea/v2"
)

// A Selection is what is selected between the anchor and the cursor.
type Selection int

// The kinds of selection.
const (
	noSelection    Selection = iota
	CharSelection            // from the one to the other, as text runs
	LineSelection            // whole rows
	BlockSelection           // the rectangle between the two
)

// A view is the part of the screen and its scrollback that shows, with the cursor of
// copy mode. Rows are numbered as vt does: 0 is the top of the screen, negative ones are
// in the scrollback.
type view struct {
	size    engine.Size
	scroll  int  // rows that the view is above the newest
	copying bool // copy mode
	cur     vt.Position
	sel     Selection
	anchor  vt.Position
	pattern match.Pattern
	from    vt.Position // where the search began
	back    bool        // the search goes towards older lines
	sought  Find        // the character that was sought last within a line
	version int         // changes with everything here that shows
	cells   []vt.Cell   // scratch

	press   vt.Position // where the mouse went down
	pressed bool        // and is down
	clicks  int
	clickAt time.Time

	drawn cache
}

// A cache holds the lines as they were drawn.
type cache struct {
	lines   []string
	gen     uint64
	look    Look
	w, h    int
	version int
	marked  bool // with a selection or matches, which vt does not know
	waking  bool // a timer looks after a picture that is held back
}

// pushed keeps the view on the same text after n rows went into the scrollback.
func (v *view) pushed(s *vt.Screen, n int) {
	if n == 0 || !v.copying && v.scroll <= 0 && v.sel == noSelection {
		return
	}
	if v.copying || v.scroll > 0 {
		v.scroll = min(max(v.scroll+n, v.lowest(s)), s.ScrollbackLen())
	}
	v.cur.Y, v.anchor.Y, v.from.Y, v.press.Y = v.cur.Y-n, v.anchor.Y-n, v.from.Y-n, v.press.Y-n
	v.clamp(s)
	v.version++
}

func (v *view) resized(s *vt.Screen) {
	v.sel, v.pressed = noSelection, false
	v.clamp(s)
	v.version++
}

// lowest is the least scroll: less than 0 where the screen has more rows than show,
// because the program draws for another window.
func (v *view) lowest(s *vt.Screen) int {
	_, rows := s.Size()
	return min(0, v.size.Rows-rows)
}

// follow keeps the cursor in sight where the view is live; without one, the top.
func (v *view) follow(s *vt.Screen) {
	if v.copying || v.scroll > 0 {
		return
	}
	at := 0
	if cur := s.Cursor(); cur.Visible {
		at = max(v.lowest(s), min(0, v.size.Rows-1-cur.Y))
	}
	if at != v.scroll {
		v.scroll = at
		v.version++
	}
}

// clamp brings everything back to rows and columns that exist.
func (v *view) clamp(s *vt.Screen) {
	cols, rows := s.Size()
	oldest := -s.ScrollbackLen()
	v.scroll = min(max(v.scroll, v.lowest(s)), -oldest)
	for _, p := range [...]*vt.Position{&v.cur, &v.anchor, &v.from, &v.press} {
		p.X, p.Y = min(max(p.X, 0), cols-1), min(max(p.Y, oldest), rows-1)
	}
}

// live ends copy mode and goes back to the newest line.
func (v *view) live() {
	if v.scroll <= 0 && !v.copying && v.sel == noSelection && v.pattern.Empty() {
		return
	}
	v.scroll, v.copying, v.sel, v.pattern = 0, false, noSelection, match.Pattern{}
	v.version++
}

// Draw returns h lines of w cells. Rows that did not change are not made again. Unlike the
// other methods it may be called from any goroutine.
func (t *Terminal) Draw(l Look, w, h int) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	v, d := &t.view, &t.view.drawn
	v.follow(t.screen)
	same := d.w == w && d.h == h && d.look == l && d.version == v.version && d.lines != nil
	if same && t.heldBack() {
		return slices.Clone(d.lines)
	}
	gen := t.screen.Generation()
	if same && gen == d.gen {
		return slices.Clone(d.lines)
	}
	marks := v.marks(t.screen, l, h)
	all := !same || v.scroll != 0 || d.marked || len(marks) > 0
	if len(d.lines) != h {
		d.lines = make([]string, h)
	}
	paint := newPainter(t.screen, l)
	invert := t.screen.Modes().Has(vt.ModeReverseVideo)
	cols, rows := t.screen.Size()
	var buf []byte
	for i := range h {
		y := i - v.scroll
		if y >= rows {
			d.lines[i] = string(paint.appendOutside(buf[:0], w))
			continue
		}
		if !all && !t.screen.Changed(y, d.gen) {
			continue
		}
		v.cells, _ = t.screen.Line(v.cells[:0], y)
		for _, m := range marks {
			m.apply(v.cells, y)
		}
		if invert {
			for j := range v.cells {
				v.cells[j].Style.Attrs ^= vt.Inverse
			}
		}
		paint.row = t.screen.Scrolled() + uint64(int64(y))
		buf = paint.appendRow(buf[:0], v.cells, min(w, cols))
		buf = paint.appendOutside(buf, w-cols)
		d.lines[i] = string(buf)
	}
	d.gen, d.look, d.w, d.h, d.version, d.marked = gen, l, w, h, v.version, len(marks) > 0
	return slices.Clone(d.lines)
}

// Generation grows with everything that the program writes.
func (t *Terminal) Generation() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.screen.Generation()
}

// heldBack reports whether the program asks not to be drawn now, which it may for a
// moment only.
func (t *Terminal) heldBack() bool {
	if !t.screen.Modes().Has(vt.ModeSync) || time.Since(t.heldAt) > syncLimit {
		return false
	}
	if d := &t.view.drawn; !d.waking {
		d.waking = true
		time.AfterFunc(syncLimit+time.Millisecond, func() {
			t.mu.Lock()
			d.waking = false
			t.mu.Unlock()
			t.wake()
		})
	}
	return true
}

// A mark is a range of one row or several that is drawn in another style.
type mark struct {
	from, to vt.Position // both included
	style    vt.Style
}

func (m mark) apply(cells []vt.Cell, y int) {
	if y < m.from.Y || y > m.to.Y {
		return
	}
	from, to := 0, len(cells)-1
	if y == m.from.Y {
		from = m.from.X
	}
	if y == m.to.Y {
		to = min(to, m.to.X)
	}
	for x := from; x <= to; x++ {
		cells[x].Style = m.style
	}
}

// marks are the matches and the selection within the rows that show.
func (v *view) marks(s *vt.Screen, l Look, h int) (out []mark) {
	if !v.pattern.Empty() {
		for y := -v.scroll; y < h-v.scroll; {
			line := s.LogicalLine(y)
			for _, span := range v.pattern.Spans(line.Text) {
				from, to := line.At(span[0]), line.At(span[1]-1)
				out = append(out, mark{from, to, l.Match})
			}
			y = max(y, line.Last) + 1
		}
	}
	switch from, to := v.selected(s); v.sel {
	case noSelection:
	case BlockSelection:
		for y := max(from.Y, -v.scroll); y <= min(to.Y, h-1-v.scroll); y++ {
			out = append(out, mark{vt.Position{X: from.X, Y: y}, vt.Position{X: to.X, Y: y}, l.Selection})
		}
	default:
		out = append(out, mark{from, to, l.Selection})
	}
	return out
}

// selected returns the ends of the selection, both included.
func (v *view) selected(s *vt.Screen) (from, to vt.Position) {
	from, to = v.anchor, v.cur
	if to.Y < from.Y || to.Y == from.Y && to.X < from.X {
		from, to = to, from
	}
	switch v.sel {
	case LineSelection:
		cols, _ := s.Size()
		from.X, to.X = 0, cols-1
	case BlockSelection:
		from.X, to.X = min(from.X, to.X), max(from.X, to.X)
	}
	return from, to
}

// OwnShape is the shape that the user gave the outer terminal's cursor. Bubble Tea has no
// name for it.
const OwnShape tea.CursorShape = -1

// Cursor returns where the cursor is drawn, nil if it is not to be seen: the program's,
// or in copy mode our own.
func (t *Terminal) Cursor() *tea.Cursor {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := &t.view
	if v.copying {
		c := tea.NewCursor(v.cur.X, v.cur.Y+v.scroll)
		c.Shape, c.Blink = tea.CursorBlock, false
		return c
	}
	cur := t.screen.Cursor()
	if !cur.Visible || v.scroll > 0 || t.end != nil {
		return nil
	}
	c := tea.NewCursor(cur.X, cur.Y+v.scroll)
	switch cur.Shape {
	case vt.CursorDefault:
		c.Shape, c.Blink = OwnShape, false
		return c
	case vt.CursorBlockBlink, vt.CursorBlock:
		c.Shape = tea.CursorBlock
	case vt.CursorUnderlineBlink, vt.CursorUnderline:
		c.Shape = tea.CursorUnderline
	default:
		c.Shape = tea.CursorBar
	}
	c.Blink = cur.Shape%2 == 1
	return c
}

// Scrolled returns how many rows the view is above the newest, and of how many.
func (t *Terminal) Scrolled() (rows, of int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return max(t.view.scroll, 0), t.screen.ScrollbackLen()
}

// Scroll moves the view by rows, negative ones towards older lines.
func (t *Terminal) Scroll(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.scroll(n)
}

func (t *Terminal) scroll(n int) {
	v := &t.view
	was := v.scroll
	v.scroll = min(max(v.scroll-n, v.lowest(t.screen)), t.screen.ScrollbackLen())
	if v.copying { // the cursor stays within what shows
		v.cur.Y = min(max(v.cur.Y, -v.scroll), v.size.Rows-1-v.scroll)
	}
	if v.scroll != was {
		v.version++
	}
}

// String returns the screen as text.
func (t *Terminal) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.screen.String()
}
