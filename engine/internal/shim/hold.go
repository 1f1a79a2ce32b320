package shim

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A Hold is how a process that watches knows a shim and its container's main process:
// by descriptors, whose numbers no other process can take over. Waiting on one costs
// nothing while nothing happens. inotify(7) can't do this: it tells of no unlock.
type Hold struct {
	shim *os.File
	raw  syscall.RawConn
	main int // the main process's pidfd; -1 without one
	pid  int // of the main process
}

// NewHold takes hold of the shim that lives in dir; nil if none does. The caller closes it.
func NewHold(dir string) (*Hold, error) {
	s, err := ReadStatus(dir)
	if err != nil || !s.State.Alive() && !s.Ending {
		return nil, err
	}
	// Not blocking, which leaves the waiting to the runtime's poller.
	fd, err := unix.PidfdOpen(s.ShimPid, unix.PIDFD_NONBLOCK)
	if err == unix.ESRCH {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("watch shim: %w", err)
	}
	h := &Hold{shim: os.NewFile(uintptr(fd), "shim process"), main: -1}
	if h.raw, err = h.shim.SyscallConn(); err != nil {
		h.Close()
		return nil, fmt.Errorf("watch shim: %w", err)
	}
	if s.Pid > 0 {
		if h.main, err = unix.PidfdOpen(s.Pid, 0); err != nil {
			h.main = -1 // it ends this moment
		}
		h.pid = s.Pid
	}
	// It lives now, with the number that it had before: so it was its own in between.
	now, err := ReadStatus(dir)
	if err != nil || now.ShimPid != s.ShimPid || now.Pid != s.Pid || now.PidStart != s.PidStart {
		h.Close()
		if err == nil {
			return NewHold(dir) // it goes on meanwhile
		}
		return nil, err
	}
	return h, nil
}

// Wait blocks until the shim has ended, however it did, or until ctx ends.
func (h *Hold) Wait(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = h.shim.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	err := h.raw.Read(func(fd uintptr) bool { return pollFor(int(fd), unix.POLLIN, 0) })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// Close lets go.
func (h *Hold) Close() {
	_ = h.shim.Close()
	if h.main >= 0 {
		_ = unix.Close(h.main)
	}
}

// reapPatience is how long the host's init may take to reap the main process, before
// which the kernel does not tell its exit status.
const reapPatience = 50 * time.Millisecond

// exit asks the kernel how the main process, whose parent is dead, ended: since Linux
// 6.15 a pidfd tells it, PIDFD_GET_INFO of ioctl_pidfd(2). Without an answer the record stays
// as it is: it was killed.
func (h *Hold) exit(s *Status, pid int) {
	if h.main < 0 || h.pid != pid {
		return
	}
	pollFor(h.main, 0, reapPatience) // POLLHUP, which needs no asking for, is the reaping
	info := unix.PidfdInfo{Mask: unix.PIDFD_INFO_EXIT}
	if unix.IoctlPidfdInfo(h.main, &info) != nil || info.Mask&unix.PIDFD_INFO_EXIT == 0 {
		return
	}
	ws := unix.WaitStatus(info.Exit_code)
	s.ExitCode, s.Signal = ws.ExitStatus(), 0
	s.Error = "the shim was killed, and the program ended by itself"
	if ws.Signaled() {
		s.Signal = int(ws.Signal())
		s.ExitCode = 128 + s.Signal
		if ws.Signal() == unix.SIGKILL {
			s.Error = orphanError
		}
	}
}
