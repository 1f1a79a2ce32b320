package screen

import (
	"encoding/json"
	"strings"

	"berth/engine"
	"berth/ui/internal/display"
	"berth/ui/internal/style"
	"berth/ui/internal/widget/jsontree"
)

// Steps shows an operation: its steps in order, and all that is known of the one under
// the cursor.
type Steps struct {
	op     Operation
	cursor int
	top    int // of the list
	list   int // rows of the list that show
	beside bool
	detail sheet
}

// NewSteps returns the view with the cursor on the step that failed.
func NewSteps(op Operation) *Steps {
	return &Steps{op: op, cursor: max(0, op.Failed())}
}

// Operation returns what is shown.
func (s *Steps) Operation() Operation { return s.op }

// Move moves the cursor by n steps.
func (s *Steps) Move(n int) {
	s.cursor = max(0, min(s.cursor+n, len(s.op.Steps)-1))
	s.detail.top = 0
}

// Page scrolls what is known of the step by pages.
func (s *Steps) Page(n int) { s.detail.Scroll(n * max(1, s.detail.height-1)) }

// Scroll scrolls what is known of the step by lines.
func (s *Steps) Scroll(n int) { s.detail.Scroll(n) }

// Click puts the cursor on the step at a cell of the drawing.
func (s *Steps) Click(x, y int) {
	if i := s.top + y; y >= 0 && y < s.list && i < len(s.op.Steps) && (!s.beside || x < s.listWidth()) {
		s.Move(i - s.cursor)
	}
}

// Copy returns what is known of the step as text.
func (s *Steps) Copy() string {
	st := s.op.Steps[s.cursor]
	var b strings.Builder
	for _, part := range []string{s.op.Name + " " + s.op.Subject + ": " + st.Name, st.Explain, st.Error, st.Hint, string(st.Data)} {
		if part != "" && part != "null" {
			b.WriteString(part + "\n")
		}
	}
	return b.String()
}

// besideFrom is the width from which the list stands beside what is known of a step.
const besideFrom = 76

// timeWidth is how wide a duration is.
const timeWidth = 8

// listWidth is how wide the list beside the details is.
func (s *Steps) listWidth() int {
	w := 0
	for _, st := range s.op.Steps {
		w = max(w, display.Width(display.Clean(st.Name)))
	}
	return min(w, 30) + timeWidth + 6
}

// More reports whether more is known of the step than the last drawing had room for.
func (s *Steps) More() bool { return len(s.detail.lines) > s.detail.height }

// Draw returns at most h lines of w cells. A window that is too low for both shows the
// step under the cursor only.
func (s *Steps) Draw(env Env, w, h int) []string {
	st := env.Style
	s.beside = w >= besideFrom
	switch {
	case h < 9 && !s.beside || h < 3:
		s.list = 0
		return s.drawDetail(st, w, h)
	case !s.beside:
		s.list = min(len(s.op.Steps), max(3, h/3))
		lines := s.drawList(st, w)
		lines = append(lines, st.Faint.Render(strings.Repeat(st.Icons.Rule, w)))
		return append(lines, s.drawDetail(st, w, h-len(lines))...)
	}
	s.list = min(len(s.op.Steps), h)
	lw := s.listWidth()
	left, right := s.drawList(st, lw), s.drawDetail(st, w-lw-2, h)
	lines := make([]string, 0, h)
	for i := range h {
		l, r := display.Spaces(lw), ""
		if i < len(left) {
			l = left[i]
		}
		if i < len(right) {
			r = right[i]
		}
		lines = append(lines, l+" "+st.Faint.Render(st.Frame.Left)+r)
	}
	return lines
}

// Height returns how many lines of w cells are enough for the list and for what failed;
// what is known of another step may be more, and scrolls.
func (s *Steps) Height(env Env, w int) int {
	if w < besideFrom {
		return 1 << 10 // one below the other they have the whole window
	}
	h, at := len(s.op.Steps), s.cursor
	for s.cursor = range s.op.Steps {
		n := s.fill(env.Style, w-s.listWidth()-2)
		if s.cursor != s.op.Failed() {
			n = min(n, 16)
		}
		h = max(h, n)
	}
	s.cursor = at
	return h
}

func (s *Steps) drawList(st *style.Styles, w int) []string {
	s.top = max(min(s.top, s.cursor), s.cursor-s.list+1)
	s.top = max(0, min(s.top, len(s.op.Steps)-s.list))
	lines := make([]string, 0, s.list)
	for i := s.top; i < s.top+s.list; i++ {
		step := s.op.Steps[i]
		icon, tone := stepState(st, step)
		name := display.Left(display.Clean(step.Name), w-timeWidth-5, st.Icons.More)
		took := ""
		if step.Done {
			took = display.Took(step.Duration)
		}
		took = display.Right(took, timeWidth, "")
		if i == s.cursor {
			lines = append(lines, st.Accent.On(st.Selected).Render(st.Icons.Cursor)+st.Selected.Render(display.Left(icon+" "+name+" "+took, w-1, "")))
			continue
		}
		lines = append(lines, " "+tone.Render(icon)+" "+st.Text.Render(name)+" "+st.Muted.Render(took)+" ")
	}
	return lines
}

// stepState is the sign and the tone of how a step ended.
func stepState(st *style.Styles, s engine.Step) (string, *style.Style) {
	switch {
	case s.Error != "":
		return st.Icons.Failed, &st.Error
	case s.Done:
		return st.Icons.Done, &st.OK
	}
	return st.Icons.Waiting, &st.Muted
}

func (s *Steps) drawDetail(st *style.Styles, w, h int) []string {
	s.fill(st, w)
	return s.detail.draw(st, w, h)
}

// fill writes down all that is known of the step under the cursor, and returns how many lines that are.
func (s *Steps) fill(st *style.Styles, w int) int {
	step, d := s.op.Steps[s.cursor], &s.detail
	d.clear()
	icon, tone := stepState(st, step)
	word := "ran for " + display.Took(step.Duration)
	switch {
	case step.Error != "":
		word = "failed after " + display.Took(step.Duration)
	case !step.Done:
		word = "has not ended"
	}
	d.add(span{icon + " " + display.Clean(step.Name), tone}, span{"  " + word, &st.Muted})
	wrap := func(text string, tone *style.Style) {
		for _, line := range strings.Split(text, "\n") {
			for _, part := range display.Wrap(display.Clean(line), max(8, w-2)) {
				d.add(span{part, tone})
			}
		}
	}
	if step.Error != "" {
		wrap(display.Sentence(step.Error), &st.Text)
		if step.Hint != "" {
			wrap(step.Hint, &st.Warn)
		}
		d.add()
	}
	wrap(step.Explain, &st.Muted)
	s.data(st, w, step.Data)
	return len(d.lines)
}

// data writes what the step worked on: one line for each value, and long ones broken.
func (s *Steps) data(st *style.Styles, w int, doc []byte) {
	tree, err := jsontree.New(doc, 1)
	if err != nil {
		return // there is none
	}
	tree.FoldAll(false)
	rows := tree.Rows()
	if len(rows) < 2 && (len(rows) == 0 || rows[0].Kind == jsontree.Null) {
		return
	}
	s.detail.add()
	for i, r := range rows {
		if i == 0 && r.Foldable || r.Kind == jsontree.Null || r.Value == `""` || r.Value == "{}" || r.Value == "[]" {
			continue // the whole, or what says nothing
		}
		indent := display.Spaces(2 * max(0, r.Depth-1))
		key := display.Clean(r.Key)
		if strings.HasPrefix(key, "[") { // a place in a list says nothing
			key = st.Icons.Dot
		}
		lead := indent + key
		if key != "" {
			lead += " "
		}
		value := display.Clean(r.Value)
		if text := ""; r.Kind == jsontree.String && json.Unmarshal([]byte(r.Value), &text) == nil {
			value = display.Clean(text)
		}
		room := max(8, w-2-display.Width(lead))
		for n, part := range display.Wrap(value, room) {
			if n > 0 {
				lead = display.Spaces(display.Width(lead))
			}
			s.detail.add(span{lead, &st.Muted}, span{part, &st.Text})
		}
	}
}
