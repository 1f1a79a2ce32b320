package shim

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/internal/bundle"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// TestMain lets the test's program be the shim too, as berth is when no small shim
// lies beside it. Its containers are ordinary processes.
func TestMain(m *testing.M) {
	if Invoked() {
		os.Exit(dispatch(os.Args[1:], map[string]Mode{"add": add}, ordinary{}))
	}
	os.Exit(m.Run())
}

// add is a mode as other packages register them.
func add(args []string) int { return len(args) }

// ordinary launches processes without any isolation.
type ordinary struct{}

func (ordinary) Launch(_ context.Context, b *bundle.Bundle, io launchIO) (container, error) {
	p := b.Spec.Process
	io.Step(engine.Step{Name: "clone", Start: time.Now()}, map[string]int{"n": 1})
	return launchOrdinary(execSpec{Args: p.Args, Env: p.Env, Cwd: p.Cwd, Terminal: p.Terminal}, io)
}

func launchOrdinary(e execSpec, io launchIO) (*process, error) {
	path, err := exec.LookPath(e.Args[0])
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return nil, &engine.Error{Class: engine.ClassCommandNotFound, Msg: `exec "` + e.Args[0] + `": not found`, Step: "exec"}
	}
	if err != nil {
		return nil, &engine.Error{Class: engine.ClassCommandNotInvokable, Msg: `exec "` + e.Args[0] + `": not executable`, Step: "exec"}
	}
	p := &process{}
	attr := &os.ProcAttr{Dir: e.Cwd, Env: e.Env, Sys: &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setsid: true}}
	if e.Terminal {
		master, slave, err := pty.Open()
		if err != nil {
			return nil, err
		}
		defer slave.Close()
		if err := pty.Setsize(master, &pty.Winsize{Cols: uint16(io.Size.Cols), Rows: uint16(io.Size.Rows)}); err != nil {
			return nil, err
		}
		attr.Files = []*os.File{slave, slave, slave}
		attr.Sys.Setctty = true
		p.console = master
	} else {
		attr.Files = []*os.File{io.Stdin, io.Stdout, io.Stderr}
	}
	proc, err := os.StartProcess(path, e.Args, attr)
	if err != nil {
		return nil, err
	}
	p.pid = proc.Pid
	return p, nil
}

type process struct {
	pid     int
	console *os.File
}

func (p *process) Pid() int                     { return p.pid }
func (p *process) Console() *os.File            { return p.console }
func (p *process) Signal(sig unix.Signal) error { return unix.Kill(p.pid, sig) }

func (p *process) Wait() (ws unix.WaitStatus, err error) {
	for {
		if _, err = unix.Wait4(p.pid, &ws, 0, nil); err != unix.EINTR {
			return ws, err
		}
	}
}

func (p *process) Exec(_ context.Context, e execSpec, io launchIO) (program, error) {
	return launchOrdinary(e, io)
}
