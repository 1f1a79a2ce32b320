package screen

import (
	tea "charm.land/bubbletea/v2"
)

// A Console is a tab with a program's terminal in it. It lives on while other tabs and
// other containers show, until it is closed or its program ends.
type Console interface {
	Tab
	// Captures reports whether keys go to the program; then the root keeps none back.
	Captures() bool
	// Key takes a key while the console captures.
	Key(k tea.KeyPressMsg) tea.Cmd
	// Paste takes pasted text.
	Paste(text string) tea.Cmd
	// Mouse takes a mouse event at a cell of the drawing, and tells whether the program,
	// or a selection, wanted it.
	Mouse(msg tea.MouseMsg, x, y int) (tea.Cmd, bool)
	// Cursor returns where the cursor stands in the drawing, nil if it is hidden.
	Cursor() *tea.Cursor
	// Close detaches. The program runs on.
	Close()
}

// ForConsole carries what a console's command brought, whether the console shows or not.
// ID is the container's.
type ForConsole struct {
	ID   string
	Data any
}
