package ui

import (
	"time"

	"berth/ui/internal/display"

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
	w = min(w, 60)
	var lines []string
	lines = append(lines, "")
	for _, l := range display.Wrap(c.consequence, w-4) {
		lines = append(lines, st.Text.Render(l))
	}
	cancel, yes := " Cancel ", " "+c.verb+" "
	// Without colours the brackets say which button has the focus.
	left, right := st.Muted.Render(" "+cancel+" "), st.Muted.Render(" "+yes+" ")
	if c.yes {
		right = st.Danger.Render("[" + yes + "]")
	} else {
		left = st.Badge.Render("[" + cancel + "]")
	}
	buttons := left + "  " + right
	lines = append(lines, "", display.Spaces(w-4-display.Width(buttons))+buttons)
	if h < len(lines)+2 {
		lines = lines[max(0, len(lines)-max(1, h-2)):]
	}
	c.row, c.right = len(lines), w-2
	c.middle = c.right - display.Width(right)
	c.left = c.right - display.Width(buttons)
	return box(st, c.title, lines, w), -1, 0
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
