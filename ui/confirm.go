package ui

import (
	"time"

	"berth/ui/internal/display"
	"berth/ui/internal/layout"

	tea "charm.land/bubbletea/v2"
)

// armAfter is how long a question ignores keys: those were on their way before it could be read.
const armAfter = 300 * time.Millisecond

type armed struct{}

// A confirm asks before something that can't be undone. It begins on Cancel.
type confirm struct {
	title, consequence, verb string
	yes                      bool // the dangerous button has the focus
	armed                    bool
	do                       func(*Model) tea.Cmd
	row, left, middle, right int // where the buttons were drawn: Cancel from left, the other from middle to right
}

func newConfirm(title, consequence, verb string, do func(*Model) tea.Cmd) *confirm {
	return &confirm{title: title, consequence: consequence, verb: verb, do: do}
}

func (c *confirm) key(m *Model, k tea.KeyPressMsg) tea.Cmd {
	if !c.armed {
		return nil
	}
	switch k.String() {
	case "left", "h": // an arrow that repeats must not end on the other side
		c.yes = false
	case "right", "l":
		c.yes = true
	case "tab", "shift+tab":
		c.yes = !c.yes
	case "esc", "n", "q", "ctrl+c":
		m.hide()
	case "y":
		m.hide()
		return c.do(m)
	case "enter", "space":
		m.hide()
		if c.yes {
			return c.do(m)
		}
	}
	return nil
}

func (c *confirm) draw(m *Model, w, h int) ([]string, int, int) {
	st := m.look.style
	if text := display.Wrap(c.consequence, min(w, 60)-4); len(text)+5 <= h && w >= 28 {
		w = min(w, 60)
		lines := []string{""}
		for _, l := range text {
			lines = append(lines, st.Text.Render(l))
		}
		lines = append(lines, "", c.buttons(m, layout.Rect{X: 2, Y: len(lines) + 2, W: w - 4}, " "))
		return box(st, c.title, lines, w), -1, 0
	}
	// Without a frame there is room for the words in the smallest window.
	w, h = m.window.w, m.window.h
	lines := []string{st.Strong.Render(display.Left(display.Middle(c.title, w, st.Icons.More), w, ""))}
	for _, l := range display.Wrap(c.consequence, w) {
		lines = append(lines, st.Text.Render(display.Left(l, w, "")))
	}
	lines = lines[:max(0, min(len(lines), h-1))] // it may have become smaller since
	return append(lines, c.buttons(m, layout.Rect{Y: len(lines), W: w}, "")), -1, 0
}

// fits reports whether all that is asked can be read in a window.
func (c *confirm) fits(w, h int) bool {
	return len(display.Wrap(c.consequence, w))+2 <= h && w >= len("[Cancel] ")+len(c.verb)+2
}

// buttons draws them at the right end of a line of the box, with pad around the words,
// and keeps where they are.
func (c *confirm) buttons(m *Model, r layout.Rect, pad string) string {
	st := m.look.style
	cancel, yes := pad+"Cancel"+pad, pad+c.verb+pad
	// Without colours the brackets say which button has the focus.
	left, right := st.Muted.Render(" "+cancel+" "), st.Muted.Render(" "+yes+" ")
	if c.yes {
		right = st.Danger.Render("[" + yes + "]")
	} else {
		left = st.Badge.Render("[" + cancel + "]")
	}
	c.row, c.right = r.Y, r.X+r.W
	c.middle = c.right - display.Width(right)
	c.left = c.middle - len(pad+" ") - display.Width(left)
	return display.Spaces(c.left-r.X) + left + pad + " " + right
}

func (c *confirm) click(m *Model, x, y int) tea.Cmd {
	switch {
	case !c.armed || y != c.row || x < c.left || x >= c.right:
		return nil
	case x >= c.middle:
		m.hide()
		return c.do(m)
	}
	m.hide()
	return nil
}
