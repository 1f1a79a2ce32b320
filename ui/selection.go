package ui

import (
	"strings"

	"berth/ui/internal/layout"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// A cell is a place in a pane, counted from what its border leaves.
type cell struct{ x, y int }

// A selection is text that the mouse has marked inside one pane, as terminals do it
// inside a window: from one cell to another along the lines. While the button is down the
// pane stands still; the mark stays until the next key or click.
type selection struct {
	pane     layout.Pane
	from, to cell
	dragging bool // the button is down
	on       bool // and has moved, or has been let go after that
}

// A holder is a tab that can stop moving by itself, so that text can be marked in it.
type holder interface{ Hold() }

// press remembers where a drag may begin.
func (m *Model) press(p layout.Pane, x, y int) {
	m.unselect()
	m.sel = selection{pane: p, from: cell{x, y}, to: cell{x, y}, dragging: true}
}

// drag moves the end of the selection, which never leaves its pane.
func (m *Model) drag(x, y int) {
	in := m.body(m.sel.pane)
	to := cell{min(max(x-in.X, 0), max(0, in.W-1)), min(max(y-in.Y, 0), max(0, in.H-1))}
	if to == m.sel.to {
		return
	}
	if h, ok := m.main.Tab().(holder); ok && m.sel.pane == layout.Main && !m.sel.on {
		h.Hold()
	}
	m.sel.to, m.sel.on = to, true
	m.drawn.marked = true
}

// release ends the drag and copies what it has marked.
func (m *Model) release() tea.Cmd {
	m.sel.dragging = false
	if !m.sel.on {
		return nil
	}
	return m.copySelection()
}

// copySelection puts what is marked onto the clipboard.
func (m *Model) copySelection() tea.Cmd {
	text := m.selected()
	if strings.TrimSpace(text) == "" {
		return m.tell("There is no text here.")
	}
	return tea.Batch(tea.SetClipboard(text), m.report("Copied "+clip(text)+"."))
}

// unselect forgets the selection.
func (m *Model) unselect() {
	if m.sel.on {
		m.drawn.marked = true
	}
	m.sel = selection{}
}

// span returns which cells of a line of the body are marked, none if to is 0.
func (s selection) span(y, w int) (from, to int) {
	a, b := s.from, s.to
	if b.y < a.y || b.y == a.y && b.x < a.x {
		a, b = b, a
	}
	if y < a.y || y > b.y {
		return 0, 0
	}
	to = w
	if y == a.y {
		from = a.x
	}
	if y == b.y {
		to = min(w, b.x+1)
	}
	return from, to
}

// edge is how far a pane's body lies inside of what is drawn of it.
func (m *Model) edge() int {
	if m.window.lay.Mode == layout.Tiny {
		return 0
	}
	return 1
}

// selected returns the marked text as it stands on the screen.
func (m *Model) selected() string {
	edge, w := m.edge(), m.body(m.sel.pane).W
	var out []string
	for i, line := range m.drawn.pane[m.sel.pane] {
		if from, to := m.sel.span(i-edge, w); to > 0 {
			out = append(out, strings.TrimRight(ansi.Strip(ansi.Cut(line, from+edge, to+edge)), " "))
		}
	}
	return strings.Join(out, "\n")
}

// marked returns a pane's lines with the selection in them.
func (m *Model) marked(p layout.Pane) []string {
	lines := m.drawn.pane[p]
	if !m.sel.on || m.sel.pane != p {
		return lines
	}
	edge, w := m.edge(), m.body(p).W
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = line
		if from, to := m.sel.span(i-edge, w); to > 0 {
			from, to = from+edge, to+edge
			out[i] = ansi.Truncate(line, from, "") + m.look.style.Selected.Render(ansi.Strip(ansi.Cut(line, from, to))) + ansi.TruncateLeft(line, to, "")
		}
	}
	return out
}
