package shim

import (
	"berth/engine"
	"berth/pty/session"
	"berth/pty/vt"
)

// newScreen makes the screen of a terminal.
func newScreen(size engine.Size) session.Screen {
	return vt.New(vt.Options{Cols: size.Cols, Rows: size.Rows})
}
