package cgroup

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// freezePatience is how long the kernel gets to freeze a group. A process in an
// uninterruptible wait, on a network file system for example, can prevent it.
const freezePatience = 10 * time.Second

// Freeze stops all processes of the group. When it returns without an error, all are
// frozen; after one, none is. ClassUnsupported says that the host has no freezer.
func (g *Group) Freeze() error {
	if dir := g.dir1("freezer"); dir != "" {
		return g.freeze1(dir)
	}
	if g.v2 == "" {
		return engine.Errorf(engine.ClassUnsupported, "freeze processes: the container has no control group that can").
			WithHint("See `berth doctor` for what this host lacks; then start the container again.")
	}
	return g.freeze2()
}

// freeze1 asks and asks again: version 1 tells no one when a group became FROZEN, and
// a process that forks meanwhile needs another attempt.
func (g *Group) freeze1(dir string) error {
	deadline := time.Now().Add(freezePatience)
	for pause := 50 * time.Microsecond; ; pause = min(2*pause, 20*time.Millisecond) {
		if err := write(dir, "freezer.state", "FROZEN"); err != nil {
			return fmt.Errorf("freeze processes: %w", err)
		}
		if state(dir) == "FROZEN" {
			return nil
		}
		if time.Now().After(deadline) {
			return g.giveUp()
		}
		time.Sleep(pause)
	}
}

func state(dir string) string { return strings.Join(fields(filepath.Join(dir, "freezer.state")), "") }

// freeze2 waits for the notice in cgroup.events.
func (g *Group) freeze2() error {
	events, err := os.Open(filepath.Join(g.v2, "cgroup.events"))
	if err != nil {
		return fmt.Errorf("freeze processes: %w", err)
	}
	defer events.Close()
	if err := write(g.v2, "cgroup.freeze", "1"); err != nil {
		return fmt.Errorf("freeze processes: %w", err)
	}
	deadline := time.Now().Add(freezePatience)
	for !isFrozen2(g.v2) {
		left := time.Until(deadline)
		if left <= 0 {
			return g.giveUp()
		}
		poll := []unix.PollFd{{Fd: int32(events.Fd()), Events: unix.POLLPRI}}
		if _, err := unix.Poll(poll, int(left.Milliseconds())+1); err != nil && err != unix.EINTR {
			return fmt.Errorf("freeze processes: %w", err)
		}
		// The notice is taken back by reading.
		if _, err := events.ReadAt(make([]byte, 256), 0); err != nil && err != io.EOF {
			return fmt.Errorf("freeze processes: %w", err)
		}
	}
	return nil
}

func (g *Group) giveUp() error {
	err := engine.Errorf(engine.ClassUnavailable, "freeze processes: one of them waits in the kernel and can't be frozen now")
	return errors.Join(err, g.Thaw())
}

func isFrozen2(dir string) bool { return keyed(filepath.Join(dir, "cgroup.events"))["frozen"] == 1 }

// Thaw lets the processes of the group run again. Thawing what runs is no error.
func (g *Group) Thaw() error {
	var err error
	if dir := g.dir1("freezer"); dir != "" {
		err = write(dir, "freezer.state", "THAWED")
	} else if g.v2 != "" {
		err = write(g.v2, "cgroup.freeze", "0")
	}
	if err != nil {
		return fmt.Errorf("thaw processes: %w", err)
	}
	return nil
}

// Frozen reports whether the group is frozen.
func (g *Group) Frozen() bool {
	if dir := g.dir1("freezer"); dir != "" {
		return state(dir) == "FROZEN"
	}
	return g.v2 != "" && isFrozen2(g.v2)
}

// Pids returns the processes in the group and in the groups inside it, as this
// process's PID namespace numbers them. The list may be outdated when it arrives.
func (g *Group) Pids() ([]int, error) {
	dir := g.v2
	for _, name := range []string{"freezer", "pids", "memory", "cpuacct", "cpu"} {
		if dir != "" {
			break
		}
		dir = g.dir1(name)
	}
	if dir == "" && len(g.v1) > 0 {
		dir = g.v1[0].dir
	}
	if dir == "" {
		return nil, nil
	}
	var out []int
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed while we walk
		}
		if err != nil || !d.IsDir() {
			return err
		}
		for _, f := range fields(filepath.Join(path, "cgroup.procs")) {
			if pid, err := strconv.Atoi(f); err == nil && pid > 0 {
				out = append(out, pid)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list processes of control group: %w", err)
	}
	return out, nil
}

// Kill sends SIGKILL to all processes of the group, frozen or not, so that none
// escapes by forking. It does not wait for their end.
func (g *Group) Kill() error {
	if g.v2 != "" {
		err := write(g.v2, "cgroup.kill", "1") // kernel 5.14
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if !g.Exists() {
		return nil
	}
	// The usual end: nothing is left that could fork, and freezing takes a while.
	if pids, err := g.Pids(); err != nil || len(pids) == 0 {
		return err
	}
	// Without cgroup.kill a frozen group can't fork; the signals act at the thaw.
	frozen := g.Freeze() == nil
	for range 100 {
		n, err := g.signalAll()
		if err != nil {
			return err
		}
		if frozen {
			return g.Thaw()
		}
		if n == 0 {
			return nil
		}
	}
	return engine.Errorf(engine.ClassUnavailable, "kill processes of control group %q: new ones keep appearing", g.path)
}

// signalAll kills each process that is listed and says how many were alive. The
// number is asked for again once a descriptor pins the process, since a number alone
// may belong to another by now.
func (g *Group) signalAll() (int, error) {
	pids, err := g.Pids()
	if err != nil || len(pids) == 0 {
		return 0, err
	}
	pinned := make(map[int]int, len(pids))
	for _, pid := range pids {
		if fd, err := unix.PidfdOpen(pid, 0); err == nil {
			pinned[pid] = fd
		}
	}
	defer func() {
		for _, fd := range pinned {
			unix.Close(fd)
		}
	}()
	if pids, err = g.Pids(); err != nil {
		return 0, err
	}
	n := 0
	for _, pid := range pids {
		fd, ok := pinned[pid]
		if ok && unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0) == nil {
			n++
		}
	}
	return n, nil
}
