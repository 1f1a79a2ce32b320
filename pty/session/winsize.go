package session

import (
	"os"

	"github.com/creack/pty"
)

// winsize sets a terminal's size; the program in the foreground gets SIGWINCH.
func winsize(f *os.File, size Size) error {
	return pty.Setsize(f, &pty.Winsize{Cols: clamp(size.Cols), Rows: clamp(size.Rows)})
}

// clamp keeps a size within what a terminal can have and a screen can afford.
func clamp(n int) uint16 { return uint16(min(max(n, 1), 5000)) }
