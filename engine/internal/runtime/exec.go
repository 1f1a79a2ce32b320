package runtime

import (
	"context"
	"errors"
	"fmt"
	"os"

	"berth/engine"
	"berth/engine/internal/plan"

	"golang.org/x/sys/unix"
)

// An ExecSpec is a process to put beside a container's main one.
type ExecSpec struct {
	Args []string
	Env  []string // over the container's own
	User string   // as in bundle.Bundle.User; the container's if empty
	Cwd  string   // the container's if empty; it must exist
	// Terminal gives it a terminal in the container's devpts.
	Terminal bool
	// Privileged leaves it every capability that this host can give.
	Privileged bool
}

func errNotRunning() error {
	return engine.Errorf(engine.ClassConflict, "exec: the container does not run any more")
}

const (
	tellJoined = "joined"
	stepEnter  = "enter namespaces"
)

// Exec starts another process in the container whose main process p is: in its
// namespaces and cgroups, under the same rules. The process is a child of this one and
// must be waited for. ClassConflict says that the container does not run any more; other errors are as
// for Start. Options.BeforeExec and Gate work as there.
func (p *Process) Exec(ctx context.Context, spec ExecSpec, o Options) (*Process, error) {
	if p.bundle == nil {
		return nil, engine.Errorf(engine.ClassInvalid, "exec: process %d is not a container's main process", p.pid)
	}
	s, err := p.newExec(spec, o)
	if err != nil {
		return nil, err
	}
	defer s.close()
	j, err := p.join(spec.Terminal, o.Size)
	if err != nil {
		return nil, err
	}
	defer j.close()
	s.joinRoot = j.root
	if err := s.buildExec(j, spec); err != nil {
		return nil, err
	}
	proc, err := s.run(ctx)
	if err != nil {
		return nil, err
	}
	proc.console, j.console = j.console, nil
	return proc, nil
}

// A joint is what an exec needs of the running container.
type joint struct {
	member  *os.File // pidfd of a process in its namespaces
	root    *os.File // its root directory
	console *os.File // the new terminal's ends, nil without one
	slave   *os.File
}

func (j *joint) close() {
	for _, f := range []*os.File{j.member, j.root, j.console, j.slave} {
		if f != nil {
			f.Close()
		}
	}
}

// join takes hold of the container, whatever happens to p meanwhile.
func (p *Process) join(terminal bool, size engine.Size) (*joint, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return nil, errNotRunning()
	}
	// With an init of ours as main process the program is the one to follow: nobody but
	// root may touch the init.
	target := p.pidfd
	if p.member != nil {
		target = p.member
	}
	j := &joint{}
	var err error
	if j.member, err = duplicate(target); err == nil {
		j.root, err = duplicate(p.root)
	}
	if err == nil && terminal {
		j.console, j.slave, err = openTerminal(p.devpts, size)
	}
	if err != nil {
		j.close()
		return nil, err
	}
	return j, nil
}

// duplicate makes a descriptor that stays open when that of f is closed.
func duplicate(f *os.File) (*os.File, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("exec: %w", err)
	}
	var fd int
	var derr error
	err = raw.Control(func(t uintptr) { fd, derr = unix.FcntlInt(t, unix.F_DUPFD_CLOEXEC, 3) })
	if err := errors.Join(err, derr); err != nil {
		return nil, engine.Errorf(classOf(err), "exec: %w", err)
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}

func (p *Process) newExec(spec ExecSpec, o Options) (*start, error) {
	if err := checkArgs(spec.Args); err != nil {
		return nil, err
	}
	bld, err := newBuilder(p.bundle, o)
	if err != nil {
		return nil, err
	}
	s := &start{builder: bld, join: true, user: spec.User, argv: spec.Args}
	s.ahead = o.Gate == nil // else the replies are those to the gates, in their order
	if s.user == "" {
		s.user = p.bundle.User
	}
	if s.set, err = s.capabilities(spec.Privileged); err != nil {
		return nil, err
	}
	if s.flags, err = s.namespaceFlags(); err != nil {
		return nil, err
	}
	if !spec.Terminal {
		if err := s.openStdio(); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

// buildExec makes the plan. Two processes carry it out: the first enters the
// namespaces, but a process never changes its own PID namespace, so it makes a second, as
// a child of ours (CLONE_PARENT), and ends. Neither can be traced from inside at any
// time (CVE-2016-9962): PR_SET_DUMPABLE comes before setns.
func (s *start) buildExec(j *joint, spec ExecSpec) error {
	if j.slave != nil {
		s.stdFiles = [3]*os.File{j.slave, j.slave, j.slave}
	}
	member := j.member.Fd()
	s.Step("clone", "", "Make a child process that will enter the container.", nil)
	s.KeepOnly(append(s.keep(), j.member)...)
	s.resetSignals()
	s.Call(unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	s.Rename("exec") // seen from inside until execve
	s.joinCgroup(false)
	s.Step(stepEnter, "enter the container's namespaces", "Enter the namespaces of the container's main process.", namespaceNames(s.flags))
	s.Call(unix.SYS_SETNS, member, s.flags)
	pid, pidfd := s.Clone(unix.CLONE_PARENT)
	inside := s.Label()
	s.JumpIf(pid, true, inside)
	s.Tell(tellJoined, []plan.Slot{pidfd}, pid)
	s.Call(unix.SYS_EXIT_GROUP, 0)
	s.Place(inside)
	if s.userns() {
		s.Call(unix.SYS_SETRESGID, 0, 0, 0)
		s.Call(unix.SYS_SETRESUID, 0, 0, 0)
		s.Call(unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	}
	s.root = s.Slot("root")
	s.Call(unix.SYS_OPENAT, unix.AT_FDCWD, "/", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC).To(s.root)
	s.lookUpUser()
	cwd := spec.Cwd
	if cwd == "" {
		cwd = s.b.Spec.Process.Cwd
	}
	s.openCwd(cwd, false)
	s.enterCwd(cwd)
	if j.slave != nil {
		s.slave = s.Slot("terminal")
		s.Call(unix.SYS_FCNTL, j.slave.Fd(), unix.F_DUPFD_CLOEXEC, 3).To(s.slave)
	}
	env, hasHome := environment(s.b.Spec.Hostname, spec.Terminal, s.b.Spec.Process.Env, spec.Env)
	return s.finish(spec.Args, env, hasHome)
}
