// Package runtime starts containers. It turns a bundle into a start plan (package
// plan), forks the child that carries it out, and answers the child at the few gates
// where it needs the parent: writing id maps, looking up the user, going on to execve.
//
// It does not keep state, logs or terminals: that is package shim's, in whose process
// it runs. Everything about the order of the steps is in start.go (a new container)
// and exec.go (another process in a running one).
package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"berth/engine"
	"berth/engine/internal/bundle"

	"golang.org/x/sys/unix"
)

// A Step is one step of a start: what was done, when, and how it ended. Err is set
// for the step that failed only.
type Step struct {
	Name     string
	Explain  string
	Data     json.RawMessage // what the step worked on, and its system calls
	Start    time.Time
	Duration time.Duration
	Err      error
}

// Options say with what a process is connected and who hears of its start.
type Options struct {
	// Stdin, Stdout and Stderr are the process's ends, for a process without a
	// terminal. A nil Stdin is an immediate end of file; nil outputs are discarded. The
	// caller keeps and closes them.
	Stdin, Stdout, Stderr *os.File
	// Size is the first size of the terminal.
	Size engine.Size
	// CgroupProcs are open cgroup.procs files, one for each hierarchy of version 1 or
	// one of version 2. The child enters them before anything else.
	CgroupProcs []*os.File
	// Network, if set, is what PrepareNetwork returned for the container that is started.
	Network *Network
	// Steps, if set, is called for each step, in order, after the program was executed or
	// the start failed; with Gate set, as soon as a step has ended.
	Steps func(Step)
	// Gate, if set, is called before each step and holds it up until it returns; its
	// error ends the start.
	Gate func(name string) error
	// Meanwhile, if set, is called once the child is at work, which takes it longer than
	// anything else at a start. Its error ends the start.
	Meanwhile func() error
	// BeforeExec, if set, is called when all is ready and the child waits for the last
	// time: what is left is to give up privileges and execve. Its error ends the start.
	BeforeExec func(pid int) error
}

// Start makes the container of b and starts its program. It returns once execve has
// succeeded. After an error nothing of the container is left running or mounted; the
// caller still owns the cgroup. Errors are an *engine.Error with the step's name:
// ClassCommandNotFound and ClassCommandNotInvokable when the program can't be executed,
// ClassInvalid for a user or working directory that can't be, and classes of the
// kernel's answer otherwise. When ctx ends first the child is killed.
//
// The container dies with the thread that made it, which lives as long as this process.
func Start(ctx context.Context, b *bundle.Bundle, o Options) (*Process, error) {
	s, err := newStart(b, o)
	if err != nil {
		return nil, err
	}
	defer s.close()
	return s.run(ctx)
}

// A Process is a started container's main process, or one that Exec put beside it.
type Process struct {
	pid     int
	pidfd   *os.File
	console *os.File // master of its terminal, or nil

	// mu guards the descriptors below and pidfd against being closed, and their numbers
	// used for something else, while an exec takes hold of them.
	mu    sync.Mutex
	ended bool

	// What an exec needs; nil and empty for a process that Exec made.
	bundle *bundle.Bundle
	member *os.File // pidfd of a process in the container's namespaces
	devpts *os.File // the container's own devpts, or nil
	root   *os.File // the container's root directory, as O_PATH
	mounts *os.File // its mount namespace, see Dismantle; or nil
}

// Pid returns the process ID in this process's PID namespace. It is valid until Wait returns.
func (p *Process) Pid() int { return p.pid }

// Pidfd returns the pidfd. It belongs to the Process and is closed by Wait.
func (p *Process) Pidfd() *os.File { return p.pidfd }

// Console returns the master of the process's terminal, nil without one. The caller
// closes it.
func (p *Process) Console() *os.File { return p.console }

// Signal sends a signal. ClassConflict says that the process has ended.
func (p *Process) Signal(sig unix.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return errEnded(p.pid)
	}
	var serr error
	raw, err := p.pidfd.SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) { serr = unix.PidfdSendSignal(int(fd), sig, nil, 0) })
	}
	if errors.Is(serr, unix.ESRCH) {
		return errEnded(p.pid)
	}
	if err := errors.Join(err, serr); err != nil {
		return fmt.Errorf("signal process %d: %w", p.pid, err)
	}
	return nil
}

func errEnded(pid int) error {
	return engine.Errorf(engine.ClassConflict, "signal process %d: it has ended", pid)
}

// Wait blocks until the process has ended, reaps it and closes what belongs to the
// Process, the console and the mounts (see Dismantle) excepted. It is called once. The
// PID may be reused afterwards.
func (p *Process) Wait() (unix.WaitStatus, error) {
	ws, err := reap(p.pid, p.pidfd)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.pidfd.Close()
	for _, f := range []*os.File{p.member, p.devpts, p.root} {
		if f != nil {
			f.Close()
		}
	}
	return ws, err
}

// Dismantle lets go of the container's mounts and returns when the kernel has unmounted
// them. The Process holds them until then, because the kernel would unmount them before
// it tells anybody that the container's last process has ended, and that takes several
// times as long as all else that it does at an exit. To be called once, after Wait.
func (p *Process) Dismantle() {
	if p.mounts != nil {
		p.mounts.Close()
	}
}

// holdMounts opens a process's mount namespace. A user who may not do so gets to know of
// the exit later.
func holdMounts(pid int) *os.File {
	fd, err := unix.Open(fmt.Sprintf("/proc/%d/ns/mnt", pid), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	return os.NewFile(uintptr(fd), "mount namespace")
}

// reap waits for a child of this process by its pidfd, without a thread that blocks.
func reap(pid int, pidfd *os.File) (unix.WaitStatus, error) {
	raw, err := pidfd.SyscallConn()
	if err != nil {
		return 0, fmt.Errorf("wait for process %d: %w", pid, err)
	}
	var ws unix.WaitStatus
	var werr error
	err = raw.Read(func(uintptr) bool {
		var got int
		for {
			got, werr = unix.Wait4(pid, &ws, unix.WNOHANG, nil)
			if werr != unix.EINTR {
				break
			}
		}
		return werr != nil || got == pid
	})
	if err := errors.Join(err, werr); err != nil {
		return 0, fmt.Errorf("wait for process %d: %w", pid, err)
	}
	return ws, nil
}

// Describe returns the steps that Start would take for b, in order, with nothing
// done. Times are zero.
func Describe(b *bundle.Bundle) ([]Step, error) {
	s, err := newStart(b, Options{})
	if err != nil {
		return nil, err
	}
	defer s.close()
	out := make([]Step, 0, len(s.Plan.Steps()))
	for i, ps := range s.Plan.Steps() {
		out = append(out, Step{Name: ps.Name, Explain: ps.Explain, Data: stepData(s.Plan, i)})
	}
	return out, nil
}
