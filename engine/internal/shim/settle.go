package shim

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"berth/engine"
	"berth/engine/internal/bundle"

	"golang.org/x/sys/unix"
)

// The socket's file is also the mark of unfinished business: a shim makes it before it
// starts anything and takes it away when it has told everybody of the end. A free lock
// beside a socket says that a shim was killed in between, whatever the record says.

// Settlement says how Settle ends what a killed shim has left.
type Settlement struct {
	// Restart is the container's present policy.
	Restart bundle.Restart
	// Hold is what somebody had of the shim and its container, nil if nobody watched it.
	Hold *Hold
	// Clear ends what is left in the container's cgroup, and removes that.
	Clear func()
}

// Settle makes the record of an abandoned container final, and sees to it that none of
// its processes lives on. The caller holds the container's lock, tells what there is to
// tell, and ends with [Resume] if the returned state is "restarting", else with
// [Settled] or by removing the container. When it is killed meanwhile, the next caller
// of Settle gets the same answer.
//
// ok is false if there is nothing to settle: the shim lives, or it came to its own end.
func Settle(dir string, how Settlement) (s Status, ok bool, err error) {
	lock, err := freeLock(dir)
	if err != nil || lock == nil {
		return s, false, err
	}
	defer lock.Close() // and let go of it
	if s, err = readRecord(dir); err != nil || !s.abandoned(dir) {
		return s, false, err
	}
	if err := mark(dir); err != nil {
		return s, false, err
	}
	here := s.BootID == bootID()
	pid, started := s.Pid, s.PidStart
	decide := func() {
		s.State = engine.StateExited
		if here && !s.Halted && restarts(how.Restart, s.ExitCode, s.RestartCount) {
			s.State = engine.StateRestarting
		}
	}
	switch {
	case s.State == engine.StateRestarting && pid == 0: // its shim had decided
		if !here {
			s.State = engine.StateExited
		}
	case s.State.Alive():
		s = s.orphaned(dir)
		decide()
	}
	if here && pid != 0 {
		// A record by which whoever comes after us, if we are killed, still knows the process.
		s.Pid, s.PidStart = pid, started
		if err := s.write(dir); err != nil {
			return s, false, err
		}
		if err := endProcess(pid, started); err != nil {
			return s, false, err
		}
		if how.Hold != nil {
			s.Finished = time.Now()
			how.Hold.exit(&s, pid)
			decide()
		}
	}
	how.Clear()
	s.Pid, s.PidStart = 0, 0
	if err := s.write(dir); err != nil {
		return s, false, err
	}
	return s, true, syncStatus(dir)
}

// Settled says that all was told and done: the container is one at rest like any other.
func Settled(dir string) error {
	err := os.Remove(filepath.Join(dir, socketName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("settle container: %w", err)
	}
	return nil
}

// abandoned reports whether the record, or the mark, says that a shim did not come to
// its own end. The caller knows that none lives.
func (s Status) abandoned(dir string) bool {
	return s.State.Alive() || marked(dir)
}

// marked reports whether the socket's file is there.
func marked(dir string) bool {
	var st unix.Stat_t
	return unix.Lstat(dir+"/"+socketName, &st) == nil
}

// mark makes a file in the place of a socket that somebody took away.
func mark(dir string) error {
	if marked(dir) {
		return nil
	}
	f, err := os.OpenFile(filepath.Join(dir, socketName), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("settle container: %w", err)
	}
	return f.Close()
}

// freeLock keeps shims away from dir, and returns nil if one works there. It is shared:
// those who only look see that no shim lives, and a shim that is to start waits.
func freeLock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("take shim's lock: %w", err)
	}
	switch err := flock(f, unix.LOCK_SH|unix.LOCK_NB); err {
	case nil:
		return f, nil
	case unix.EWOULDBLOCK:
		_ = f.Close()
		return nil, nil
	default:
		_ = f.Close()
		return nil, fmt.Errorf("take shim's lock: %w", err)
	}
}

// endPatience is how long the kernel may take to end a process that was killed.
const endPatience = 10 * time.Second

// endProcess ends the main process, and with it its PID namespace. Mostly the kernel
// has done so: but a program that changes its user, as images' entry points do, loses
// the signal that it was to get with its shim's death (prctl(2), PR_SET_PDEATHSIG).
func endProcess(pid int, started uint64) error {
	if pid <= 0 {
		return nil
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return nil // gone
	}
	defer unix.Close(fd)
	// The descriptor was opened first: whose start time it is now stays who it is.
	if startTime(pid) != started {
		return nil
	}
	if err := unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0); err != nil && err != unix.ESRCH {
		return engine.Errorf(engine.ClassPermission, "end process %d, whose shim was killed: %w", pid, err)
	}
	if !pollFor(fd, unix.POLLIN, endPatience) {
		return engine.Errorf(engine.ClassUnavailable, "end process %d, whose shim was killed: it hangs in the kernel", pid)
	}
	return nil
}

// pollFor waits for an event on a descriptor.
func pollFor(fd int, event int16, limit time.Duration) bool {
	for end := time.Now().Add(limit); ; {
		p := []unix.PollFd{{Fd: int32(fd), Events: event}}
		n, err := unix.Poll(p, int(max(time.Until(end).Milliseconds(), 0)))
		if err != unix.EINTR {
			return n > 0 && p[0].Revents&(event|unix.POLLHUP) != 0
		}
	}
}
