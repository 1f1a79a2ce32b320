package shim

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/internal/bundle"
	"berth/engine/internal/cgroup"
	"berth/engine/internal/runtime"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// TestMain lets the test's program be the shim too, as berth is when no small shim
// lies beside it. Its containers are ordinary processes.
func TestMain(m *testing.M) {
	switch {
	case Invoked() && os.Getenv(isolate) != "":
		os.Exit(Main(os.Args[1:], nil))
	case Invoked():
		os.Exit(dispatch(os.Args[1:], map[string]Mode{"add": add}, ordinary{}))
	case os.Getpid() == 1 || os.Args[0] == inside || os.Args[0] == "/proc/self/exe":
		os.Exit(act(os.Args[1]))
	}
	os.Exit(m.Run())
}

// add is a mode as other packages register them.
func add(args []string) int { return len(args) }

// isolate is the environment's variable that asks for real containers.
const isolate = "BERTH_TEST_ISOLATE"

// ordinary launches processes without any isolation.
type ordinary struct{}

func (ordinary) Launch(_ context.Context, b *bundle.Bundle, o runtime.Options) (container, error) {
	if err := o.Meanwhile(); err != nil {
		return nil, err
	}
	p := b.Spec.Process
	o.Steps(runtime.Step{Name: "clone", Start: time.Now(), Data: json.RawMessage(`{"n":1}`)})
	return launchOrdinary(runtime.ExecSpec{Args: p.Args, Env: p.Env, Cwd: p.Cwd, Terminal: p.Terminal}, o)
}

func (ordinary) Group(*bundle.Bundle) (*cgroup.Group, error) { return nil, nil }

func launchOrdinary(e runtime.ExecSpec, o runtime.Options) (*process, error) {
	path, err := exec.LookPath(e.Args[0])
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return nil, &engine.Error{Class: engine.ClassCommandNotFound, Msg: `exec "` + e.Args[0] + `": not found`, Step: "exec"}
	}
	if err != nil {
		return nil, &engine.Error{Class: engine.ClassCommandNotInvokable, Msg: `exec "` + e.Args[0] + `": not executable`, Step: "exec"}
	}
	p := &process{env: e.Env}
	attr := &os.ProcAttr{Dir: e.Cwd, Env: e.Env, Sys: &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setsid: true}}
	if e.Terminal {
		master, slave, err := pty.Open()
		if err != nil {
			return nil, err
		}
		defer slave.Close()
		if err := pty.Setsize(master, &pty.Winsize{Cols: uint16(o.Size.Cols), Rows: uint16(o.Size.Rows)}); err != nil {
			return nil, err
		}
		attr.Files = []*os.File{slave, slave, slave}
		attr.Sys.Setctty = true
		p.console = master
	} else {
		attr.Files = []*os.File{o.Stdin, o.Stdout, o.Stderr}
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
	env     []string
}

func (p *process) Pid() int          { return p.pid }
func (p *process) Console() *os.File { return p.console }

func (p *process) Signal(sig unix.Signal) error {
	if err := unix.Kill(p.pid, sig); err != nil {
		return engine.Errorf(engine.ClassConflict, "signal: %w", err)
	}
	return nil
}

func (p *process) Wait() (ws unix.WaitStatus, err error) {
	for {
		if _, err = unix.Wait4(p.pid, &ws, 0, nil); err != unix.EINTR {
			return ws, err
		}
	}
}

func (p *process) Dismantle() {}

func (p *process) Exec(_ context.Context, e runtime.ExecSpec, o runtime.Options) (program, error) {
	e.Env = append(append([]string(nil), p.env...), e.Env...)
	return launchOrdinary(e, o)
}

// A tail is a writer that keeps the end of what was written.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	t.b = append(t.b[:0], t.b[max(0, len(t.b)-100):]...)
	return len(p), nil
}

func (t *tail) has(s string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Contains(string(t.b), s)
}
