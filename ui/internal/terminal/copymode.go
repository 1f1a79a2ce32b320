package terminal

import (
	"strings"

	"berth/pty/vt"
	"berth/ui/internal/match"
)

// A Motion moves the cursor of copy mode, as the key of that name does in vi.
type Motion int

// The motions.
const (
	Up Motion = iota
	Down
	Left
	Right
	HalfUp
	HalfDown
	PageUp
	PageDown
	Top
	Bottom
	LineStart
	LineText // its first character that is not blank
	LineEnd
	ScreenTop // of what shows
	ScreenMiddle
	ScreenBottom
	WordNext
	WordBack
	WordEnd
	BigWordNext // between blanks
	BigWordBack
	BigWordEnd
	ParagraphNext // the next empty line
	ParagraphBack
)

// Copying reports whether copy mode is on.
func (t *Terminal) Copying() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.view.copying
}

// Copy begins copy mode at the cursor. Output goes on, but the view stays.
func (t *Terminal) Copy() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.startCopy()
}

func (t *Terminal) startCopy() {
	v := &t.view
	if v.copying {
		return
	}
	cur := t.screen.Cursor()
	v.copying, v.sel = true, noSelection
	v.cur = vt.Position{X: cur.X, Y: min(cur.Y, v.size.Rows-1-v.scroll)}
	v.version++
}

// Live ends copy mode and shows the newest line.
func (t *Terminal) Live() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.view.live()
}

// Move moves the cursor of copy mode a number of times, and the view as far as it must.
func (t *Terminal) Move(m Motion, times int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := &t.view
	if !v.copying {
		return
	}
	v.clamp(t.screen) // the program may have cleared the scrollback
	for range max(times, 1) {
		was := v.cur
		v.move(t.screen, m)
		v.reveal(t.screen)
		if v.cur == was {
			break
		}
	}
	v.version++
}

// move carries out a motion once. The cursor may be outside afterwards.
func (v *view) move(s *vt.Screen, m Motion) {
	_, rows := s.Size()
	switch m {
	case Up:
		v.cur.Y--
	case Down:
		v.cur.Y++
	case Left:
		v.cur.X--
	case Right:
		v.cur.X++
	case HalfUp:
		v.cur.Y -= max(1, rows/2)
	case HalfDown:
		v.cur.Y += max(1, rows/2)
	case PageUp:
		v.cur.Y -= max(1, rows-2)
	case PageDown:
		v.cur.Y += max(1, rows-2)
	case Top:
		v.cur = vt.Position{Y: -s.ScrollbackLen()}
	case Bottom:
		v.cur = vt.Position{Y: s.Cursor().Y}
	case LineStart:
		v.cur.X = 0
	case LineText:
		v.cur.X = v.lineText(s, v.cur.Y)
	case LineEnd:
		v.cur.X = max(0, v.lineLen(s, v.cur.Y)-1)
	case ScreenTop:
		v.cur.Y = -v.scroll
	case ScreenMiddle:
		v.cur.Y = (v.size.Rows-1)/2 - v.scroll
	case ScreenBottom:
		v.cur.Y = v.size.Rows - 1 - v.scroll
	case ParagraphNext, ParagraphBack:
		v.cur = v.paragraph(s, m == ParagraphBack)
	default:
		v.cur = newWalker(s, v.cur).word(m)
	}
}

// paragraph returns the next empty row in a direction, or the end there.
func (v *view) paragraph(s *vt.Screen, back bool) vt.Position {
	_, rows := s.Size()
	step, end := 1, rows-1
	if back {
		step, end = -1, -s.ScrollbackLen()
	}
	y, text := v.cur.Y, false
	for here := v.lineLen(s, y); (end-y)*step > 0; {
		y += step
		empty := v.lineLen(s, y) == 0
		if empty && (text || here > 0) {
			break
		}
		text = text || !empty
	}
	return vt.Position{Y: y}
}

// lineText is the column of the first character of a row that is not blank.
func (v *view) lineText(s *vt.Screen, y int) int {
	v.cells, _ = s.Line(v.cells[:0], y)
	for x, c := range v.cells {
		if c.Rune != 0 && c.Rune != ' ' {
			return x
		}
	}
	return 0
}

// lineLen is the number of columns of a row up to its last character.
func (v *view) lineLen(s *vt.Screen, y int) int {
	v.cells, _ = s.Line(v.cells[:0], y)
	n := len(v.cells)
	for n > 0 && (v.cells[n-1].Rune == 0 && v.cells[n-1].Width == 1 || v.cells[n-1].Rune == ' ') {
		n--
	}
	return n
}

// reveal brings the cursor into what shows.
func (v *view) reveal(s *vt.Screen) {
	v.clamp(s)
	if v.cur.Y < -v.scroll {
		v.scroll = -v.cur.Y
	}
	if last := v.size.Rows - 1 - v.scroll; v.cur.Y > last {
		v.scroll -= v.cur.Y - last
	}
	v.clamp(s)
	v.version++
}

// Select begins a selection of a kind at the cursor, or ends it if there is one of that
// kind.
func (t *Terminal) Select(kind Selection) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := &t.view
	switch v.sel {
	case kind:
		v.sel = noSelection
	case noSelection:
		v.anchor, v.sel = v.cur, kind
	default:
		v.sel = kind
	}
	v.version++
}

// SwapEnds puts the cursor on the other end of the selection.
func (t *Terminal) SwapEnds() {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := &t.view
	if v.sel != noSelection {
		v.cur, v.anchor = v.anchor, v.cur
		v.reveal(t.screen)
	}
}

// Unselect drops the selection, and reports whether there was one.
func (t *Terminal) Unselect() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := &t.view
	if v.sel == noSelection {
		return false
	}
	v.sel = noSelection
	v.version++
	return true
}

// Yank returns the selected text and drops the selection. Without one it returns the
// line under the cursor of copy mode, or else the screen.
func (t *Terminal) Yank() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := &t.view
	switch {
	case v.sel != noSelection:
		text := v.text(t.screen)
		v.sel = noSelection
		v.version++
		return text
	case v.copying:
		return t.screen.LogicalLine(v.cur.Y).Text
	}
	return t.screen.String()
}

// text is what is selected.
func (v *view) text(s *vt.Screen) string {
	from, to := v.selected(s)
	switch v.sel {
	case LineSelection:
		return s.Text(from, to) + "\n"
	case BlockSelection:
		var b strings.Builder
		for y := from.Y; y <= to.Y; y++ {
			b.WriteString(s.Text(vt.Position{X: from.X, Y: y}, vt.Position{X: to.X, Y: y}) + "\n")
		}
		return b.String()
	}
	return s.Text(from, to)
}

// BeginSearch starts copy mode and says where a search begins and its direction.
func (t *Terminal) BeginSearch(back bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.startCopy()
	t.view.from, t.view.back = t.view.cur, back
}

// Search highlights a pattern and goes to the first match from where the search began.
// An empty one ends the highlight.
func (t *Terminal) Search(p match.Pattern) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := &t.view
	v.pattern = p
	v.version++
	if p.Empty() {
		return
	}
	t.startCopy()
	if pos, ok := v.find(t.screen, v.from, v.back, true); ok {
		v.cur = pos
		v.reveal(t.screen)
	}
}

// Next goes to the next match in the direction of the search, or against it.
func (t *Terminal) Next(against bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := &t.view
	if v.pattern.Empty() {
		return
	}
	if pos, ok := v.find(t.screen, v.cur, v.back != against, false); ok {
		v.cur, v.from = pos, pos
		v.reveal(t.screen)
	}
}

// find looks for the first match behind or before a position, and goes round at the
// end. With at, a match at the position itself counts.
func (v *view) find(s *vt.Screen, from vt.Position, back, at bool) (vt.Position, bool) {
	_, rows := s.Size()
	oldest, newest := -s.ScrollbackLen(), rows-1
	y, seen := from.Y, 0
	for first := true; seen <= newest-oldest+1; first = false {
		line := s.LogicalLine(y)
		if pos, ok := v.inLine(line, from, back, at, first); ok {
			return pos, true
		}
		seen += max(1, line.Last-line.First+1)
		if back {
			if y = line.First - 1; y < oldest {
				y = newest
			}
		} else if y = line.Last + 1; y > newest {
			y = oldest
		}
	}
	// Round once: what is left is the part of the first line on the other side.
	return v.inLine(s.LogicalLine(from.Y), from, back, at, false)
}

// inLine returns the first match of a line in a direction; bounded says that it must be
// beyond from.
func (v *view) inLine(line vt.LogicalLine, from vt.Position, back, at, bounded bool) (out vt.Position, ok bool) {
	var starts []vt.Position
	if v.pattern.Invert {
		if v.pattern.Match(line.Text) && line.Text != "" {
			starts = append(starts, line.At(0))
		}
	} else {
		for _, span := range v.pattern.Spans(line.Text) {
			starts = append(starts, line.At(span[0]))
		}
	}
	for _, p := range starts {
		d := p.Y - from.Y
		if d == 0 {
			d = p.X - from.X
		}
		beyond := !bounded || at && d == 0 || !back && d > 0 || back && d < 0
		if !beyond {
			continue
		}
		out, ok = p, true
		if !back {
			break
		}
	}
	return out, ok
}
