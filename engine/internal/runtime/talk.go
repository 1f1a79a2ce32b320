package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"berth/engine"
	"berth/engine/internal/idmap"
	"berth/engine/internal/plan"

	"golang.org/x/sys/unix"
)

const gateStep = "step"

// Step begins a step; in step mode the child waits there for the parent.
func (b *builder) Step(name, doing, explain string, data any) {
	b.Plan.Step(name, doing, explain, data)
	if b.o.Gate != nil {
		b.Gate(gateStep, nil, -1)
	}
}

// keep lists the files that the child needs.
func (b *builder) keep() []*os.File {
	return append(append(b.stdFiles[:], b.opened...), b.o.CgroupProcs...)
}

// A talk is the conversation with one child.
type talk struct {
	*start
	child   *plan.Child
	report  reporter
	proc    *Process
	console *os.File
	member  *os.File
	devpts  *os.File
	root    *os.File
	isReady bool // the child has said its last word

	// victim is the pidfd of the process that dies when the context ends. The first of
	// an exec's two processes never is: see abandonJoined.
	victim atomic.Pointer[os.File]
}

// run forks the child and sees it through to its program.
func (s *start) run(ctx context.Context) (*Process, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	child, err := s.Fork(s.forkFlags())
	if err != nil {
		return nil, s.cloneError(err)
	}
	t := &talk{start: s, child: child, report: reporter{plan: s.Plan, child: child, f: s.o.Steps}}
	if !s.join {
		t.proc = &Process{pid: child.Pid, pidfd: child.Pidfd}
		t.victim.Store(child.Pidfd)
	}
	stop := context.AfterFunc(ctx, func() { kill(t.victim.Load()) })
	if s.ahead {
		err = t.answerAhead()
	}
	if err == nil && s.o.Meanwhile != nil {
		err = s.o.Meanwhile()
	}
	if err == nil {
		err = t.converse(ctx)
	}
	if !stop() && ctx.Err() != nil {
		err = ctx.Err()
	}
	err = explain(err, s.argv)
	t.report.upTo(len(s.Steps()), time.Now(), err)
	if err != nil {
		t.abandon()
		return nil, err
	}
	if s.join {
		_, err = reap(child.Pid, child.Pidfd)
		child.Pidfd.Close()
	}
	child.Close()
	t.proc.console = t.console
	if !s.join {
		t.proc.bundle, t.proc.member, t.proc.devpts, t.proc.root = s.b, t.member, t.devpts, t.root
	}
	return t.proc, err
}

// cloneError names the setting that forbids user namespaces, if that is the cause.
func (s *start) cloneError(err error) error {
	if s.userns() && !s.join {
		if explained := idmap.Explain(err); engine.ClassOf(explained) != engine.ClassUnknown {
			return explained
		}
	}
	return &engine.Error{Class: classOf(err), Step: "clone", Msg: "make container process", Err: err}
}

// forkFlags are those of the first clone.
func (s *start) forkFlags() uint64 {
	if s.join {
		return 0
	}
	return s.flags
}

// kill ends a child by its pidfd. That it has ended already is no error.
func kill(pidfd *os.File) {
	if pidfd == nil {
		return
	}
	raw, err := pidfd.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { _ = unix.PidfdSendSignal(int(fd), unix.SIGKILL, nil, 0) })
}

// abandon kills and reaps what was made and closes what was opened.
func (t *talk) abandon() {
	if t.join {
		t.abandonJoined()
	} else {
		kill(t.child.Pidfd)
		_, _ = reap(t.child.Pid, t.child.Pidfd)
	}
	t.child.Pidfd.Close()
	t.child.Close()
	if t.proc != nil {
		t.proc.Dismantle()
	}
	for _, f := range []*os.File{t.console, t.member, t.devpts, t.root} {
		if f != nil {
			f.Close()
		}
	}
}

// abandonJoined ends both processes of an exec. The second must be reaped by all
// means: a zombie in the container's PID namespace keeps its PID 1 from ending. Its name
// may not have arrived yet, because its own last words can overtake the first's; the
// first is therefore not killed, it ends by itself right after having told.
func (t *talk) abandonJoined() {
	_, _ = reap(t.child.Pid, t.child.Pidfd)
	for t.proc == nil {
		m, err := t.child.Pending()
		var f *plan.Failure
		if err != nil && !errors.As(err, &f) {
			return
		}
		if m != nil && m.Name == tellJoined {
			t.joined(m)
		}
	}
	kill(t.proc.pidfd)
	_, _ = t.proc.Wait()
}

func (t *talk) joined(m *plan.Message) {
	t.proc = &Process{pid: m.Value, pidfd: m.Files[0]}
	t.victim.Store(t.proc.pidfd)
}

// converse answers the child until it has become the program.
func (t *talk) converse(ctx context.Context) error {
	for {
		m, err := t.child.Next()
		switch {
		case errors.Is(err, io.EOF) && t.isReady && t.proc != nil:
			return nil
		case errors.Is(err, io.EOF) && t.join:
			return errNotRunning() // all processes in it were killed
		case errors.Is(err, io.EOF):
			return engine.Errorf(engine.ClassUnknown, "start container: its process was killed before it became the program")
		case err != nil:
			return err
		}
		if err := t.handle(ctx, m); err != nil {
			return err
		}
	}
}

func (t *talk) handle(ctx context.Context, m *plan.Message) error {
	switch m.Name {
	case gateStep:
		t.report.upTo(m.Step, time.Now(), nil)
		if err := t.o.Gate(t.Steps()[m.Step].Name); err != nil {
			return err
		}
		return t.child.Reply(nil, nil)
	case gateMaps:
		if err := t.b.IDMap.Write(t.child.Pid); err != nil {
			return err
		}
		return t.child.Reply(nil, nil)
	case tellProgram:
		t.member = m.Files[0]
		return nil
	case tellJoined:
		t.joined(m)
		if err := ctx.Err(); err != nil {
			return err // it ended before the new victim was known
		}
		if t.o.Gate == nil {
			t.report.render()
		}
		return nil
	case gateUser:
		return t.settle(m)
	case gateReady:
		return t.goOn()
	}
	return fmt.Errorf("start container: the child waits at an unknown gate %q", m.Name)
}

// identify looks the user up and makes the reply to gateUser.
func (t *talk) identify(root *os.File) ([]byte, error) {
	u, err := t.findUser(root, t.user)
	if err != nil {
		return nil, err
	}
	return t.answer(u, t.set)
}

// answerAhead looks an exec's user up while the child enters the container. A question
// would cost the child a sleep and two wake-ups, which are a tenth of an exec's time.
func (t *talk) answerAhead() error {
	answer, err := t.identify(t.joinRoot)
	if err != nil {
		return err
	}
	_ = t.child.Reply(answer, nil) // if nobody is there to hear it, the conversation tells why
	return nil
}

// settle looks the user up and opens the terminal.
func (t *talk) settle(m *plan.Message) error {
	root := m.Files[0]
	if t.join {
		defer root.Close()
	} else {
		t.root = root
	}
	if len(m.Files) > 1 {
		t.devpts = m.Files[1]
	}
	answer, err := t.identify(root)
	if err != nil {
		return err
	}
	if !t.join {
		t.adjust(t.child.Pid)
		t.proc.mounts = holdMounts(t.child.Pid)
	}
	var slave *os.File
	if t.slave >= 0 && !t.join {
		if t.console, slave, err = openTerminal(t.devpts, t.o.Size); err != nil {
			return err
		}
		defer slave.Close()
	}
	if err := t.child.Reply(answer, slave); err != nil {
		return err
	}
	t.report.render()
	return nil
}

// goOn lets the child execute the program.
func (t *talk) goOn() error {
	t.isReady = true
	if !t.waits {
		return nil
	}
	pid := t.child.Pid
	if t.proc != nil {
		pid = t.proc.pid
	}
	if t.join {
		t.adjust(pid)
	}
	if t.o.BeforeExec != nil {
		if err := t.o.BeforeExec(pid); err != nil {
			return err
		}
	}
	return t.child.Reply(nil, nil)
}

// adjust makes the kernel prefer a process, or not, when memory is short. From outside:
// our own procfs is the one that can be trusted. A value that this user may not set is no
// reason not to start.
func (t *talk) adjust(pid int) {
	if adj := t.b.Spec.Process.OOMScoreAdj; adj != nil {
		_ = os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid), fmt.Append(nil, *adj), 0)
	}
}

// openTerminal makes a new terminal in a devpts instance, which is named by a
// descriptor: no path inside a container has a part in it (CVE-2025-52565).
func openTerminal(devpts *os.File, size engine.Size) (master, slave *os.File, err error) {
	if devpts == nil {
		return nil, nil, engine.Errorf(engine.ClassUnsupported, "open terminal: the container has no devpts")
	}
	fd, err := unix.Openat(int(devpts.Fd()), "ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, nil, engine.Errorf(classOf(err), "open terminal: %w", err)
	}
	master = os.NewFile(uintptr(fd), "terminal")
	fail := func(err error) (*os.File, *os.File, error) {
		master.Close()
		return nil, nil, engine.Errorf(classOf(err), "open terminal: %w", err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return fail(err)
	}
	if size.Cols > 0 && size.Rows > 0 {
		ws := &unix.Winsize{Col: uint16(size.Cols), Row: uint16(size.Rows)}
		if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, ws); err != nil {
			return fail(err)
		}
	}
	// The peer by descriptor (Linux 4.13), never by its name.
	peer, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC)
	if errno != 0 {
		return fail(errno)
	}
	return master, os.NewFile(peer, "terminal"), nil
}
