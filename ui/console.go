package ui

import (
	"berth/ui/internal/layout"
	"berth/ui/internal/screen"

	tea "charm.land/bubbletea/v2"
)

// console returns the terminal that has the focus and takes the keys, nil if none does.
func (m *Model) console() screen.Console {
	if m.window.focus != layout.Main || m.overlay != nil {
		return nil
	}
	if c, ok := m.main.Tab().(screen.Console); ok && c.Captures() {
		return c
	}
	return nil
}

// toConsole hands a console what it waits for.
func (m *Model) toConsole(msg screen.ForConsole) tea.Cmd {
	c := m.consoles[msg.ID]
	if c == nil {
		return nil
	}
	if m.main.Tab() == screen.Tab(c) {
		m.drawn.mark(layout.Main)
	}
	return c.Receive(msg.Data)
}

// consoleCursor is the cursor of the console that has the focus, on the window.
func (m *Model) consoleCursor() *tea.Cursor {
	c := m.console()
	if c == nil {
		return nil
	}
	cur := c.Cursor()
	if cur == nil {
		return nil
	}
	in := m.body(layout.Main)
	at := *cur
	at.X, at.Y = in.X+cur.X, in.Y+cur.Y
	if !in.Contains(at.X, at.Y) {
		return nil
	}
	return &at
}

// closeConsoles detaches from all terminals.
func (m *Model) closeConsoles() {
	for _, c := range m.consoles {
		c.Close()
	}
}
