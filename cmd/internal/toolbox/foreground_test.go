package toolbox

import (
	"os"

	"golang.org/x/sys/unix"
)

// foreground returns the terminal's foreground process group.
func foreground(tty *os.File) int {
	pgid, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	if err != nil {
		return 0
	}
	return pgid
}
