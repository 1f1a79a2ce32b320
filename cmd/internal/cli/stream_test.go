package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/enginetest"
	"berth/engine/enginetest/ability"

	"github.com/creack/pty"
	"golang.org/x/term"
)

// A user sits at one end of a PTY; berth has the other.
type user struct {
	t      *testing.T
	master *os.File
	slave  *os.File

	mu   sync.Mutex // guards seen
	more *sync.Cond
	seen bytes.Buffer
	gone bool
}

func newUser(t *testing.T) *user {
	t.Helper()
	ability.Need(t, ability.PTY)
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(slave, &pty.Winsize{Cols: 90, Rows: 30}); err != nil {
		t.Fatal(err)
	}
	u := &user{t: t, master: master, slave: slave}
	u.more = sync.NewCond(&u.mu)
	go u.watch()
	t.Cleanup(func() {
		slave.Close()
		master.Close()
	})
	return u
}

func (u *user) watch() {
	buf := make([]byte, 4096)
	for {
		n, err := u.master.Read(buf)
		u.mu.Lock()
		u.seen.Write(buf[:n])
		u.gone = err != nil
		u.more.Broadcast()
		u.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// patience bounds how long a condition may take on a busy machine.
const patience = 20 * time.Second

// sees waits until text has appeared since the last call, and forgets what came before it.
func (u *user) sees(text string) {
	u.t.Helper()
	timeout := time.AfterFunc(patience, func() {
		u.mu.Lock()
		u.gone = true
		u.more.Broadcast()
		u.mu.Unlock()
	})
	defer timeout.Stop()
	u.mu.Lock()
	defer u.mu.Unlock()
	for {
		if i := bytes.Index(u.seen.Bytes(), []byte(text)); i >= 0 {
			u.seen.Next(i + len(text))
			return
		}
		if u.gone {
			u.t.Fatalf("waited for %q, saw %q", text, u.seen.String())
		}
		u.more.Wait()
	}
}

func (u *user) types(keys string) {
	u.t.Helper()
	if _, err := io.WriteString(u.master, keys); err != nil {
		u.t.Fatal(err)
	}
}

// runs starts a command line on the user's terminal; the channel gets its exit code.
func (u *user) runs(ctx context.Context, b *bench, args ...string) <-chan int {
	a, _, _ := b.app()
	a.Streams = Streams{In: u.slave, Out: u.slave, Err: u.slave, InTerm: u.slave, OutTerm: u.slave, ErrTerm: u.slave}
	code := make(chan int, 1)
	go func() { code <- a.Run(ctx, args) }()
	return code
}

func (u *user) expectCode(code <-chan int, want int) {
	u.t.Helper()
	select {
	case got := <-code:
		if got != want {
			u.mu.Lock()
			defer u.mu.Unlock()
			u.t.Fatalf("exit code %d, want %d; saw %q", got, want, u.seen.String())
		}
	case <-time.After(patience):
		u.t.Fatal("berth did not end")
	}
}

func (u *user) isRaw() bool {
	state, err := term.GetState(int(u.slave.Fd()))
	if err != nil {
		u.t.Fatal(err)
	}
	before := *state
	if _, err := term.MakeRaw(int(u.slave.Fd())); err != nil {
		u.t.Fatal(err)
	}
	raw, err := term.GetState(int(u.slave.Fd()))
	if err != nil {
		u.t.Fatal(err)
	}
	if err := term.Restore(int(u.slave.Fd()), &before); err != nil {
		u.t.Fatal(err)
	}
	return before == *raw
}

func TestInteractiveShellDetachesAndComesBack(t *testing.T) {
	b := newBench(t)
	b.must("pull", "-q", "toolbox")
	u := newUser(t)
	code := u.runs(t.Context(), b, "run", "-it", "--name", "shell", "toolbox", "sh")
	u.sees("# ")
	if !u.isRaw() {
		t.Error("the terminal is not raw while the shell runs")
	}
	u.types("echo h''i\r")
	u.sees("hi\r\n")
	u.types("\x1dd")
	u.sees("shell keeps running; come back with: berth attach shell")
	u.expectCode(code, 0)
	if u.isRaw() {
		t.Error("the terminal was left raw")
	}
	if got := b.must("inspect", "-f", "{{.State.Status}}", "shell"); got != "running" {
		t.Fatalf("the container is %s after detaching", got)
	}
	code = u.runs(t.Context(), b, "attach", "shell")
	u.sees("hi") // the screen is repainted
	u.types("exit 3\r")
	u.expectCode(code, 3)
	if u.isRaw() {
		t.Error("the terminal was left raw")
	}
}

// What exec started is a session too: it is listed, and one comes back to it.
func TestExecDetachesAndComesBack(t *testing.T) {
	b := newBench(t)
	b.must("pull", "-q", "toolbox")
	b.must("run", "-dit", "--name", "shell", "toolbox", "sh")
	u := newUser(t)
	code := u.runs(t.Context(), b, "exec", "-it", "shell", "sh")
	u.sees("# ")
	u.types("echo h''i\r")
	u.sees("hi\r\n")
	u.types("\x1dd")
	u.sees("keeps running in shell; come back with: berth attach --exec ")
	u.expectCode(code, 0)
	id := b.must("attach", "--list", "--no-trunc", "--format", "{{.ID}}", "shell")
	if list := b.must("attach", "--list", "shell"); !strings.Contains(list, engine.ShortID(id)) || !strings.Contains(list, `"sh"`) {
		t.Errorf("the list is %q", list)
	}
	code = u.runs(t.Context(), b, "attach", "--exec", id[:6], "shell")
	u.sees("hi")
	u.types("exit 4\r")
	u.expectCode(code, 4)
	if c, _, errs := b.run("attach", "--exec", id[:6], "shell"); c != 125 && c != 1 || !strings.Contains(errs, "no process of exec") {
		t.Errorf("attaching to what has ended: %d %q", c, errs)
	}
}

func TestDetachKeysOfConfiguration(t *testing.T) {
	b := newBench(t)
	b.must("pull", "-q", "toolbox")
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/config.json", []byte(`{"detachKeys":"ctrl-e,e"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	b.env["DOCKER_CONFIG"] = dir
	u := newUser(t)
	code := u.runs(t.Context(), b, "run", "-it", "--name", "shell", "toolbox", "sh")
	u.sees("# ")
	u.types("\x05e")
	u.expectCode(code, 0)
	code = u.runs(t.Context(), b, "attach", "--detach-keys", "ctrl-t", "shell")
	u.sees("# ")
	u.types("\x14")
	u.expectCode(code, 0)
}

func TestTerminalRestoredWhenInterrupted(t *testing.T) {
	b := newBench(t)
	b.must("pull", "-q", "toolbox")
	u := newUser(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	code := u.runs(ctx, b, "run", "-it", "toolbox", "sh")
	u.sees("# ")
	cancel(&signalError{syscall.SIGHUP})
	u.expectCode(code, 128+int(syscall.SIGHUP))
	if u.isRaw() {
		t.Error("the terminal was left raw")
	}
}

func TestWindowSizeReachesTheProgram(t *testing.T) {
	sizes := make(chan engine.Size, 10)
	b := newBench(t, enginetest.WithProgram("sizes", func(ctx context.Context, p *enginetest.Process) int {
		for {
			select {
			case sizes <- p.Size():
			case <-ctx.Done():
				return 0
			}
		}
	}))
	b.must("pull", "-q", "toolbox")
	u := newUser(t)
	ctx, cancel := context.WithCancel(t.Context())
	code := u.runs(ctx, b, "run", "-it", "--name", "sized", "toolbox", "sizes")
	waitSize := func(want engine.Size) {
		t.Helper()
		deadline := time.After(patience)
		for {
			select {
			case got := <-sizes:
				if got == want {
					return
				}
			case <-deadline:
				t.Fatalf("the program never saw %v", want)
			}
		}
	}
	waitSize(engine.Size{Cols: 90, Rows: 30})
	if err := pty.Setsize(u.slave, &pty.Winsize{Cols: 100, Rows: 40}); err != nil {
		t.Fatal(err)
	}
	// The kernel tells the foreground group, which this test process is not.
	if err := syscall.Kill(os.Getpid(), syscall.SIGWINCH); err != nil {
		t.Fatal(err)
	}
	waitSize(engine.Size{Cols: 100, Rows: 40})
	cancel()
	<-code
	b.must("kill", "sized")
}

func TestSignalsReachTheProgram(t *testing.T) {
	ready := make(chan struct{})
	b := newBench(t, enginetest.WithProgram("catch", func(_ context.Context, p *enginetest.Process) int {
		signals := p.Notify()
		ready <- struct{}{}
		<-signals
		return 42
	}))
	b.must("pull", "-q", "toolbox")
	for _, flags := range [][]string{nil, {"-t"}} {
		a, _, errs := b.app()
		code := make(chan int, 1)
		go func() {
			code <- a.Run(t.Context(), slices.Concat([]string{"run"}, flags, []string{"toolbox", "catch"}))
		}()
		<-ready
		if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if got := <-code; got != 42 {
			t.Errorf("%q: exit code %d, want the program's own 42: %s", flags, got, errs.String())
		}
	}
}

func TestStandardInputReachesTheProgram(t *testing.T) {
	b := newBench(t)
	b.must("pull", "-q", "toolbox")
	b.in = "first\nsecond\n"
	if got := b.must("run", "-i", "--rm", "toolbox", "cat"); got != "first\nsecond" {
		t.Errorf("cat printed %q", got)
	}
	if got := b.must("run", "--rm", "toolbox", "cat"); got != "" {
		t.Errorf("without -i, cat printed %q", got)
	}
	if got := b.must("ps", "-aq"); got != "" {
		t.Errorf("--rm left %q", got)
	}
	code, out, errs := b.run("run", "--rm", "toolbox", "sh", "-c", "echo out; echo err >&2")
	if code != 0 || out != "out\n" || errs != "err\n" {
		t.Errorf("code %d, stdout %q, stderr %q", code, out, errs)
	}
	if _, out, _ := b.run("run", "-a", "stderr", "--rm", "toolbox", "sh", "-c", "echo out; echo err >&2"); strings.Contains(out, "out") {
		t.Errorf("-a stderr shows the standard output: %q", out)
	}
}

func TestStartFailureCleansUp(t *testing.T) {
	b := newBench(t)
	b.must("pull", "-q", "toolbox")
	b.fake.Fail("StartContainer", engine.Errorf(engine.ClassCommandNotInvokable, "exec \"/etc\": permission denied"))
	if code, _, errs := b.run("run", "--rm", "toolbox", "/etc"); code != 126 || !strings.Contains(errs, "permission denied") {
		t.Errorf("code %d, %q", code, errs)
	}
	if got := b.must("ps", "-aq"); got != "" {
		t.Errorf("--rm left %q", got)
	}
}
