package shell

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// A terminal is the shell's controlling terminal, on standard input.
type terminal struct {
	fd    int
	pgid  int          // the shell's own process group
	sound unix.Termios // the modes to which the terminal returns when a program leaves it in disorder
}

// openTerminal returns the terminal on standard input. If it is the session's controlling terminal,
// control is true, and the shell is now a process group of its own in the terminal's foreground.
func openTerminal() (t *terminal, control bool, err error) {
	t = &terminal{fd: 0, pgid: unix.Getpgrp()}
	modes, err := unix.IoctlGetTermios(t.fd, unix.TCGETS)
	if err != nil {
		return nil, false, err
	}
	t.sound = *modes
	if _, err := unix.IoctlGetInt(t.fd, unix.TIOCGPGRP); err != nil {
		return t, false, nil
	}
	if pid := os.Getpid(); t.pgid != pid {
		if err := unix.Setpgid(0, 0); err != nil {
			return t, false, nil
		}
		t.pgid = pid
	}
	t.give(t.pgid)
	return t, true, nil
}

// give makes a process group the foreground of the terminal.
func (t *terminal) give(pgid int) {
	// The kernel stops a background process that does this, unless the signal for that is
	// blocked: credentials(7). Ignoring it instead would be inherited by every program.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var block, old unix.Sigset_t
	block.Val[(unix.SIGTTOU-1)/64] |= 1 << ((unix.SIGTTOU - 1) % 64)
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &block, &old); err != nil {
		return
	}
	// It fails only when the group or the terminal has gone, and then nobody needs it.
	_ = unix.IoctlSetPointerInt(t.fd, unix.TIOCSPGRP, pgid)
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil)
}

// take brings the shell back into the foreground. restore says that the program before
// did not end by itself, and may have left the terminal without echo or line by line input.
func (t *terminal) take(restore bool) {
	t.give(t.pgid)
	if restore {
		_ = unix.IoctlSetTermios(t.fd, unix.TCSETSW, &t.sound)
	} else if modes, err := unix.IoctlGetTermios(t.fd, unix.TCGETS); err == nil {
		t.sound = *modes // stty is meant to last
	}
}

// raw switches to reading key by key, and returns what switches back. Output
// stays processed, so that background jobs may print while a line is edited.
func (t *terminal) raw() (restore func()) {
	modes := t.sound
	modes.Iflag &^= unix.ICRNL | unix.INLCR | unix.IGNCR | unix.IXON | unix.ISTRIP
	modes.Lflag &^= unix.ICANON | unix.ECHO | unix.ECHONL | unix.ISIG | unix.IEXTEN
	modes.Cc[unix.VMIN], modes.Cc[unix.VTIME] = 1, 0
	_ = unix.IoctlSetTermios(t.fd, unix.TCSETSW, &modes)
	return t.restore
}

// restore brings back the modes from before raw.
func (t *terminal) restore() { _ = unix.IoctlSetTermios(t.fd, unix.TCSETSW, &t.sound) }
