package shim

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/internal/bundle"
	"berth/engine/internal/logfile"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// A buffer is a writer that tests may read meanwhile.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited 20 s for %s", what)
		}
	}
}

// prepareDir makes the directory of a container that runs a shell script.
func prepareDir(t testing.TB, script string, change func(*bundle.Bundle)) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), strings.Repeat("deep/", 30), "id") // a path beyond sun_path
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	b := &bundle.Bundle{
		Version: bundle.Version, ID: "0123456789abcdef", Name: "test", StopSignal: 15,
		Spec: &specs.Spec{Process: &specs.Process{
			Args: []string{"/bin/sh", "-c", script}, Env: []string{"PATH=/bin:/usr/bin", "A=1"}, Cwd: "/",
		}},
		Log: bundle.Log{Path: filepath.Join(dir, "json.log")},
	}
	if change != nil {
		change(b)
	}
	if err := b.Write(dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if c, err := Dial(context.Background(), dir); err == nil {
			_ = c.Kill(context.Background())
			_, _ = c.Wait(context.Background())
			_ = c.Close()
		}
		if faults, _ := os.ReadFile(filepath.Join(dir, "shim.log")); len(faults) > 0 {
			t.Errorf("the shim complains: %s", faults)
		}
	})
	return dir
}

func start(t testing.TB, dir string, attach *engine.AttachOptions) (*Client, engine.Attachment) {
	t.Helper()
	c, a, err := Start(t.Context(), StartConfig{Dir: dir, AttachFirst: attach})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c, a
}

func logged(t testing.TB, dir string) (out, errs string) {
	t.Helper()
	err := logfile.Read(t.Context(), filepath.Join(dir, "json.log"), engine.LogOptions{Tail: -1, Stdout: true, Stderr: true}, nil,
		func(e engine.LogEntry) error {
			if e.Stderr {
				errs += string(e.Line)
			} else {
				out += string(e.Line)
			}
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	return out, errs
}

func TestRunOnPipes(t *testing.T) {
	dir := prepareDir(t, `echo out; echo err >&2; exit 3`, nil)
	var out, errs buffer
	_, a := start(t, dir, &engine.AttachOptions{Stdout: &out, Stderr: &errs})
	exit, err := a.Wait()
	if err != nil || exit.Code != 3 || exit.Signal != 0 {
		t.Errorf("exit %+v, %v", exit, err)
	}
	if out.String() != "out\n" || errs.String() != "err\n" {
		t.Errorf("stdout %q, stderr %q", out.String(), errs.String())
	}
	if o, e := logged(t, dir); o != "out\n" || e != "err\n" {
		t.Errorf("logged %q and %q", o, e)
	}
	st, err := ReadStatus(dir)
	if err != nil || st.State != engine.StateExited || st.ExitCode != 3 || st.Pid != 0 || st.Finished.Before(st.Started) {
		t.Errorf("status %+v, %v", st, err)
	}
	// It can be started again at once.
	_, a = start(t, dir, &engine.AttachOptions{})
	if exit, err := a.Wait(); err != nil || exit.Code != 3 {
		t.Errorf("second run: %+v, %v", exit, err)
	}
}

func TestStdinReachesTheProgramAndEnds(t *testing.T) {
	dir := prepareDir(t, `cat`, func(b *bundle.Bundle) { b.Stdin = true })
	var out buffer
	_, a := start(t, dir, &engine.AttachOptions{Stdout: &out, Stdin: true})
	want := strings.Repeat("0123456789abcdef", 1<<16) // 1 MiB: beyond the window
	if _, err := a.Write([]byte(want)); err != nil {
		t.Fatal(err)
	}
	if err := a.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if exit, err := a.Wait(); err != nil || exit.Code != 0 {
		t.Errorf("exit %+v, %v", exit, err)
	}
	if out.String() != want {
		t.Errorf("got %d of %d bytes back", len(out.String()), len(want))
	}
}

func TestStartErrorsCrossTheWire(t *testing.T) {
	dir := prepareDir(t, ``, func(b *bundle.Bundle) { b.Spec.Process.Args = []string{"no-such-program"} })
	_, _, err := Start(t.Context(), StartConfig{Dir: dir, AttachFirst: &engine.AttachOptions{}})
	if engine.ClassOf(err) != engine.ClassCommandNotFound {
		t.Fatalf("error %v of class %v", err, engine.ClassOf(err))
	}
	if e := err.(*engine.Error); e.Step != "exec" || !strings.Contains(e.Msg, "no-such-program") {
		t.Errorf("error %+v", e)
	}
	st, err := ReadStatus(dir)
	if err != nil || st.State != engine.StateCreated || st.ExitCode != 127 || !strings.Contains(st.Error, "no-such-program") {
		t.Errorf("status %+v, %v", st, err)
	}
}

func TestOneShimPerContainer(t *testing.T) {
	dir := prepareDir(t, `sleep 1000`, nil)
	start(t, dir, nil)
	if _, _, err := Start(t.Context(), StartConfig{Dir: dir}); engine.ClassOf(err) != engine.ClassConflict {
		t.Errorf("second start: %v, want a conflict", err)
	}
	if _, err := Dial(t.Context(), dir); err != nil {
		t.Errorf("the first shim can't be reached any more: %v", err)
	}
}

func TestTerminalIsFoundAgain(t *testing.T) {
	dir := prepareDir(t, `stty size; printf '\033[31mhello\033[m'; read x; echo "got $x"; stty size; exit 7`,
		func(b *bundle.Bundle) { b.Spec.Process.Terminal, b.Stdin = true, true })
	var first, second buffer
	c, a := start(t, dir, &engine.AttachOptions{Stdout: &first, Stdin: true, Size: engine.Size{Cols: 91, Rows: 17}})
	eventually(t, "first output", func() bool { return strings.Contains(first.String(), "hello") })
	if !strings.HasPrefix(first.String(), "17 91\r\n") {
		t.Errorf("the first client's size is not the program's: %q", first.String())
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Wait(); err != engine.ErrDetached {
		t.Errorf("wait after detach: %v", err)
	}
	b, err := c.Attach(t.Context(), engine.AttachOptions{Stdout: &second, Stdin: true, Size: engine.Size{Cols: 60, Rows: 20}})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "repaint", func() bool { return strings.Contains(second.String(), "hello") })
	if _, err := b.Write([]byte("word\r")); err != nil {
		t.Fatal(err)
	}
	exit, err := b.Wait()
	if err != nil || exit.Code != 7 {
		t.Errorf("exit %+v, %v", exit, err)
	}
	if s := second.String(); !strings.Contains(s, "got word\r\n20 60\r\n") {
		t.Errorf("second client got %q", s)
	}
	if o, _ := logged(t, dir); !strings.Contains(o, "hello") || !strings.Contains(o, "got word\r\n") {
		t.Errorf("logged %q", o)
	}
}

func TestExec(t *testing.T) {
	dir := prepareDir(t, `sleep 1000`, nil)
	c, _ := start(t, dir, nil)
	var out, errs buffer
	id, a, err := c.Exec(t.Context(), engine.ExecConfig{Cmd: []string{"/bin/sh", "-c", `echo $A$B; pwd; cat >&2; exit 5`}, Env: []string{"B=2"}, WorkingDir: "/usr", Stdin: true},
		&engine.AttachOptions{Stdout: &out, Stderr: &errs, Stdin: true})
	if err != nil {
		t.Fatal(err)
	}
	list, err := c.Execs(t.Context())
	if err != nil || len(list) != 1 || list[0].ID != id || list[0].Clients != 1 {
		t.Errorf("execs %+v, %v", list, err)
	}
	_, _ = a.Write([]byte("in"))
	_ = a.CloseWrite()
	if exit, err := a.Wait(); err != nil || exit.Code != 5 {
		t.Errorf("exit %+v, %v", exit, err)
	}
	if out.String() != "12\n/usr\n" || errs.String() != "in" {
		t.Errorf("stdout %q, stderr %q", out.String(), errs.String())
	}
	if _, err := c.AttachExec(t.Context(), id, engine.AttachOptions{}); engine.ClassOf(err) != engine.ClassNotFound {
		t.Errorf("attach to an ended exec: %v", err)
	}
	if _, _, err := c.Exec(t.Context(), engine.ExecConfig{Cmd: []string{"no-such"}}, nil); engine.ClassOf(err) != engine.ClassCommandNotFound {
		t.Errorf("exec of nothing: %v", err)
	}
}

func TestExecSessionIsReattached(t *testing.T) {
	dir := prepareDir(t, `sleep 1000`, nil)
	c, _ := start(t, dir, nil)
	var one, two buffer
	id, a, err := c.Exec(t.Context(), engine.ExecConfig{Cmd: []string{"/bin/sh", "-c", `echo ready; read x; echo "<$x>"`}, TTY: true, Stdin: true},
		&engine.AttachOptions{Stdout: &one, Stdin: true, Size: engine.Size{Cols: 80, Rows: 24}})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "exec's output", func() bool { return strings.Contains(one.String(), "ready") })
	_ = a.Close()
	b, err := c.AttachExec(t.Context(), id, engine.AttachOptions{Stdout: &two, Stdin: true, Size: engine.Size{Cols: 80, Rows: 24}})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = b.Write([]byte("x\r"))
	if exit, err := b.Wait(); err != nil || exit.Code != 0 {
		t.Errorf("exit %+v, %v", exit, err)
	}
	if s := two.String(); !strings.Contains(s, "ready") || !strings.Contains(s, "<x>") {
		t.Errorf("got %q", s)
	}
}

func TestSignalAndWait(t *testing.T) {
	dir := prepareDir(t, `trap 'exit 9' TERM; echo up; while :; do sleep 0.01; done`, nil)
	var out buffer
	c, _ := start(t, dir, &engine.AttachOptions{Stdout: &out})
	eventually(t, "the trap", func() bool { return out.String() == "up\n" })
	type result struct {
		exit engine.ExitStatus
		err  error
	}
	done := make(chan result)
	go func() {
		exit, err := c.Wait(t.Context())
		done <- result{exit, err}
	}()
	if err := c.Signal(t.Context(), unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if r := <-done; r.err != nil || r.exit.Code != 9 {
		t.Errorf("wait: %+v", r)
	}
	eventually(t, "the shim's end", func() bool { return engine.ClassOf(c.Signal(t.Context(), unix.SIGTERM)) == engine.ClassConflict })
	if exit, err := c.Wait(t.Context()); err != nil || exit.Code != 9 {
		t.Errorf("wait afterwards: %+v, %v", exit, err)
	}
}

func TestRestartPolicy(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "mark")
	dir := prepareDir(t, `echo x >> `+mark+`; exit 4`, func(b *bundle.Bundle) { b.Restart = bundle.Restart{Name: "on-failure", MaxRetry: 2} })
	start(t, dir, nil)
	eventually(t, "the last retry", func() bool {
		st, err := ReadStatus(dir)
		return err == nil && st.State == engine.StateExited
	})
	st, _ := ReadStatus(dir)
	if n, _ := os.ReadFile(mark); string(n) != "x\nx\nx\n" || st.RestartCount != 2 || st.ExitCode != 4 {
		t.Errorf("ran %q, status %+v", n, st)
	}
}

func TestStopSuspendsTheRestartPolicy(t *testing.T) {
	dir := prepareDir(t, `exec sleep 1000`, func(b *bundle.Bundle) { b.Restart.Name = "always" })
	c, _ := start(t, dir, nil)
	if err := c.Signal(t.Context(), unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the restart", func() bool {
		st, err := ReadStatus(dir)
		return err == nil && st.State == engine.StateRunning && st.RestartCount == 1
	})
	if err := c.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end", func() bool {
		st, err := ReadStatus(dir)
		return err == nil && st.State == engine.StateExited && st.ExitCode == 137 && st.Signal == 9
	})
}

func TestKillWhileItWaitsForItsRestart(t *testing.T) {
	dir := prepareDir(t, `exit 1`, func(b *bundle.Bundle) { b.Restart.Name = "always" })
	c, _ := start(t, dir, nil)
	eventually(t, "a pause long enough to be met", func() bool {
		st, err := ReadStatus(dir)
		return err == nil && st.State == engine.StateRestarting && st.RestartCount >= 3
	})
	if err := c.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end", func() bool {
		st, err := ReadStatus(dir)
		return err == nil && st.State == engine.StateExited
	})
}

func TestBundleWithoutAProgram(t *testing.T) {
	dir := prepareDir(t, ``, func(b *bundle.Bundle) { b.Spec.Process = nil })
	if _, _, err := Start(t.Context(), StartConfig{Dir: dir}); engine.ClassOf(err) != engine.ClassInvalid {
		t.Errorf("start: %v", err)
	}
}

func TestManyClientsOnOneTerminal(t *testing.T) {
	dir := prepareDir(t, `read x; i=0; while [ $i -lt 2000 ]; do echo "line $i"; i=$((i+1)); done; read x`,
		func(b *bundle.Bundle) { b.Spec.Process.Terminal, b.Stdin = true, true })
	var outs [6]buffer
	c, a := start(t, dir, &engine.AttachOptions{Stdout: &outs[0], Stdin: true, Size: engine.Size{Cols: 80, Rows: 24}})
	for i := range outs[1:] {
		if _, err := c.Attach(t.Context(), engine.AttachOptions{Stdout: &outs[i+1], Size: engine.Size{Cols: 80, Rows: 24}}); err != nil {
			t.Fatal(err)
		}
	}
	if st, err := c.State(t.Context()); err != nil || st.Clients != len(outs) {
		t.Errorf("state %+v, %v", st, err)
	}
	_, _ = a.Write([]byte("\r"))
	for i := range outs {
		eventually(t, "the last line", func() bool { return strings.Contains(outs[i].String(), "line 1999\r\n") })
		if s := outs[i].String(); strings.Count(s, "line ") != 2000 {
			t.Errorf("client %d has %d lines", i, strings.Count(s, "line "))
		}
	}
}

func TestKilledShim(t *testing.T) {
	dir := prepareDir(t, `exec sleep 1000`, nil)
	c, a := start(t, dir, &engine.AttachOptions{})
	st, err := ReadStatus(dir)
	if err != nil || st.State != engine.StateRunning || st.PidStart == 0 {
		t.Fatalf("status %+v, %v", st, err)
	}
	waited := make(chan engine.ExitStatus)
	go func() {
		exit, _ := c.Wait(t.Context())
		waited <- exit
	}()
	if err := unix.Kill(st.ShimPid, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Wait(); err == nil {
		t.Error("an attachment to a killed shim ended well")
	}
	if exit := <-waited; exit.Code != 137 {
		t.Errorf("waiter got %+v", exit)
	}
	eventually(t, "the reconciled status", func() bool {
		got, err := ReadStatus(dir)
		return err == nil && got.State == engine.StateExited && got.ExitCode == 137 && got.Error != ""
	})
	eventually(t, "the container's death", func() bool { return startTime(st.Pid) != st.PidStart })
	if _, _, err := Start(t.Context(), StartConfig{Dir: dir}); err != nil {
		t.Errorf("start after the kill: %v", err)
	}
}

func TestModes(t *testing.T) {
	if got := dispatch([]string{"add", "x", "y"}, map[string]Mode{"add": add}, nil); got != 2 {
		t.Errorf("mode returned %d", got)
	}
}
