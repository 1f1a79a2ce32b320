package local_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/enginetest/ability"
	"berth/engine/enginetest/leak"
	"berth/engine/local"
	"berth/engine/registries"
)

// patience bounds what a test waits for; nothing asserts that it is short.
const patience = 60 * time.Second

func testContext(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// open opens an engine on a fresh state directory with the built-in registry.
func open(t testing.TB) *local.Engine {
	t.Helper()
	return openAt(t, t.TempDir())
}

// openAt opens an engine; when the test ends its containers are removed, and nothing
// of them may be left: no process, mount, cgroup or socket.
func openAt(t testing.TB, root string) *local.Engine {
	t.Helper()
	ability.Need(t, ability.UserNS, ability.Overlay)
	e, err := local.Open(local.Options{Root: root, Demo: true, DockerConfig: t.TempDir(), Registries: registries.Open})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.Background()
		all, err := e.ListContainers(ctx, engine.ContainerListOptions{All: true})
		if err != nil {
			t.Error(err)
		}
		for _, c := range all {
			if err := e.RemoveContainer(ctx, c.ID, engine.RemoveContainerOptions{Force: true}); err != nil {
				t.Errorf("remove %s: %v", c.Name, err)
			}
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		leak.Check(t, root)
	})
	return e
}

// pulled opens an engine that has the toolbox image.
func pulled(t testing.TB) *local.Engine {
	t.Helper()
	e := open(t)
	if _, err := e.Pull(testContext(t), engine.PullRequest{Ref: "toolbox"}); err != nil {
		t.Fatal(err)
	}
	return e
}

// sh returns the configuration of a container that runs a script.
func sh(script string) engine.ContainerConfig {
	return engine.ContainerConfig{Image: "toolbox", Entrypoint: []string{}, Cmd: []string{"sh", "-c", script}}
}

// output collects what a process writes. It may be read while the process runs.
type output struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// await waits until text has been written.
func (o *output) await(t testing.TB, text string) {
	t.Helper()
	until(t, "output "+text, func() bool { return strings.Contains(o.String(), text) }, o.String)
}

// until waits for a condition and shows state if it never comes.
func until(t testing.TB, what string, cond func() bool, state func() string) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !cond() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain for %s; last state: %q", what, state())
		}
	}
}

// create makes a container and returns its ID.
func create(t testing.TB, e engine.Engine, cfg engine.ContainerConfig) string {
	t.Helper()
	res, err := e.CreateContainer(testContext(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return res.ID
}

// start creates and starts a container without a client.
func start(t testing.TB, e engine.Engine, cfg engine.ContainerConfig) string {
	t.Helper()
	id := create(t, e, cfg)
	if _, err := e.StartContainer(testContext(t), id, nil); err != nil {
		t.Fatal(err)
	}
	return id
}

// runs runs a container to its end and returns what it wrote.
func runs(t testing.TB, e engine.Engine, cfg engine.ContainerConfig) (stdout, stderr string, st engine.ExitStatus) {
	t.Helper()
	id := create(t, e, cfg)
	var out, errs output
	a, err := e.StartContainer(testContext(t), id, &engine.AttachOptions{Stdout: &out, Stderr: &errs})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	st, err = a.Wait()
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), st
}

func inspect(t testing.TB, e engine.Engine, id string) engine.ContainerDetail {
	t.Helper()
	d, err := e.InspectContainer(testContext(t), id, engine.InspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func wantClass(t testing.TB, err error, class engine.Class) {
	t.Helper()
	if err == nil || engine.ClassOf(err) != class {
		t.Fatalf("got error %v of class %q, want class %q", err, engine.ClassOf(err), class)
	}
}

func TestHelloWorld(t *testing.T) {
	e := open(t)
	_, err := e.CreateContainer(testContext(t), engine.ContainerConfig{Image: "hello-world"})
	wantClass(t, err, engine.ClassNotFound)

	res, err := e.Pull(testContext(t), engine.PullRequest{Ref: "hello-world"})
	if err != nil {
		t.Fatal(err)
	}
	if res.Ref != "hello-world:latest" || !res.Fresh || res.Digest == "" {
		t.Errorf("pulled %+v", res)
	}
	out, errs, st := runs(t, e, engine.ContainerConfig{Image: "hello-world"})
	if !strings.Contains(out, "Hello from Berth!") || errs != "" || st.Code != 0 {
		t.Errorf("stdout %q, stderr %q, exit %d", out, errs, st.Code)
	}
	all, err := e.ListContainers(testContext(t), engine.ContainerListOptions{All: true})
	if err != nil || len(all) != 1 {
		t.Fatalf("%d containers, %v", len(all), err)
	}
	if c := all[0]; c.State != engine.StateExited || c.ExitCode != 0 || strings.Count(c.Name, "_") != 1 || c.Image != "hello-world" {
		t.Errorf("listed as %+v", c)
	}
}

func TestExitCodes(t *testing.T) {
	e := pulled(t)
	for script, want := range map[string]int{"exit 0": 0, "exit 7": 7, "kill -TERM $$; sleep 60": 143} {
		cfg := sh(script)
		cfg.Init = want == 143 // the kernel shields PID 1 from signals it has no handler for
		if _, _, st := runs(t, e, cfg); st.Code != want {
			t.Errorf("%q ended with %d, want %d", script, st.Code, want)
		}
	}
}

func TestACommandThatCannotRun(t *testing.T) {
	e := pulled(t)
	for _, c := range []struct {
		name  string
		cmd   []string
		class engine.Class
	}{
		{"not in PATH", []string{"no-such-program"}, engine.ClassCommandNotFound},
		{"no such file", []string{"/no/such/file"}, engine.ClassCommandNotFound},
		{"a directory", []string{"/etc"}, engine.ClassCommandNotInvokable},
		{"not executable", []string{"/etc/passwd"}, engine.ClassCommandNotInvokable},
	} {
		t.Run(c.name, func(t *testing.T) {
			id := create(t, e, engine.ContainerConfig{Image: "toolbox", Entrypoint: []string{}, Cmd: c.cmd})
			_, err := e.StartContainer(testContext(t), id, nil)
			wantClass(t, err, c.class)
			if d := inspect(t, e, id); d.State.Alive() || d.Error == "" {
				t.Errorf("left in state %q with error %q", d.State, d.Error)
			}
		})
	}
}

func TestOutputIsSplitAndOrdered(t *testing.T) {
	e := pulled(t)
	out, errs, _ := runs(t, e, sh("echo one; echo two >&2; echo three"))
	if out != "one\nthree\n" || errs != "two\n" {
		t.Errorf("stdout %q, stderr %q", out, errs)
	}
}

func TestStandardInputReachesItsEnd(t *testing.T) {
	e := pulled(t)
	cfg := engine.ContainerConfig{Image: "toolbox", Entrypoint: []string{}, Cmd: []string{"wc", "-c"}, OpenStdin: true}
	id := create(t, e, cfg)
	var out output
	a, err := e.StartContainer(testContext(t), id, &engine.AttachOptions{Stdout: &out, Stdin: true})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	block := bytes.Repeat([]byte("0123456789abcdef"), 1<<12)
	for range 32 {
		if _, err := a.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if st, err := a.Wait(); err != nil || st.Code != 0 {
		t.Fatalf("ended with %+v, %v", st, err)
	}
	if got := strings.TrimSpace(out.String()); got != "2097152" {
		t.Errorf("the program read %s bytes, want 2097152", got)
	}
}

func TestContainersOutliveTheirEngine(t *testing.T) {
	root := t.TempDir()
	e := openAt(t, root)
	if _, err := e.Pull(testContext(t), engine.PullRequest{Ref: "toolbox"}); err != nil {
		t.Fatal(err)
	}
	cfg := sh("read line; echo got $line; exit 3")
	cfg.OpenStdin, cfg.Name = true, "survivor"
	id := start(t, e, cfg)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e = openAt(t, root)
	if d := inspect(t, e, "survivor"); d.State != engine.StateRunning || d.ID != id {
		t.Fatalf("found again as %+v", d.Container)
	}
	var out output
	a, err := e.Attach(testContext(t), id, engine.AttachOptions{Stdout: &out, Stdin: true})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if _, err := a.Write([]byte("word\n")); err != nil {
		t.Fatal(err)
	}
	if st, err := a.Wait(); err != nil || st.Code != 3 {
		t.Fatalf("ended with %+v, %v", st, err)
	}
	out.await(t, "got word")
}

func TestTerminalIsRepaintedForALaterClient(t *testing.T) {
	e := pulled(t)
	cfg := sh("echo first line; read x; echo then $x; read y")
	cfg.TTY, cfg.OpenStdin, cfg.Console = true, true, engine.Size{Cols: 80, Rows: 24}
	id := create(t, e, cfg)
	var one, two output
	a, err := e.StartContainer(testContext(t), id, &engine.AttachOptions{Stdout: &one, Stdin: true, Size: cfg.Console})
	if err != nil {
		t.Fatal(err)
	}
	one.await(t, "first line")
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Wait(); engine.ClassOf(err) != engine.ClassCanceled {
		t.Errorf("a detached client ends with %v", err)
	}
	b, err := e.Attach(testContext(t), id, engine.AttachOptions{Stdout: &two, Stdin: true, Size: cfg.Console})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	two.await(t, "first line")
	b.Write([]byte("word\r"))
	two.await(t, "then word")
	if err := e.KillContainer(testContext(t), id, "KILL"); err != nil {
		t.Fatal(err)
	}
	if st, err := b.Wait(); err != nil || st.Code != 137 {
		t.Errorf("ended with %+v, %v", st, err)
	}
}

func TestTheTerminalHasTheClientsSize(t *testing.T) {
	e := pulled(t)
	cfg := sh("stty size; read x; stty size")
	cfg.TTY, cfg.OpenStdin = true, true
	id := create(t, e, cfg)
	var out output
	a, err := e.StartContainer(testContext(t), id, &engine.AttachOptions{Stdout: &out, Stdin: true, Size: engine.Size{Cols: 101, Rows: 31}})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	out.await(t, "31 101")
	if err := a.Resize(engine.Size{Cols: 66, Rows: 22}); err != nil {
		t.Fatal(err)
	}
	a.Write([]byte("\r"))
	out.await(t, "22 66")
}

func TestRemove(t *testing.T) {
	e := pulled(t)
	id := start(t, e, sh("sleep 600"))
	wantClass(t, e.RemoveContainer(testContext(t), id, engine.RemoveContainerOptions{}), engine.ClassConflict)
	if err := e.RemoveContainer(testContext(t), id, engine.RemoveContainerOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	_, err := e.InspectContainer(testContext(t), id, engine.InspectOptions{})
	wantClass(t, err, engine.ClassNotFound)
	wantClass(t, e.RemoveContainer(testContext(t), id, engine.RemoveContainerOptions{}), engine.ClassNotFound)
}

func TestAutoRemoveNeedsNoClient(t *testing.T) {
	e := pulled(t)
	cfg := sh("sleep 0.05")
	cfg.AutoRemove = true
	id := create(t, e, cfg)
	if _, err := e.StartContainer(testContext(t), id, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := e.WaitContainer(testContext(t), id, engine.WaitRemoved); err != nil && engine.ClassOf(err) != engine.ClassNotFound {
		t.Fatal(err)
	}
	if all, _ := e.ListContainers(testContext(t), engine.ContainerListOptions{All: true}); len(all) != 0 {
		t.Errorf("left: %+v", all)
	}
}

func TestRestartPolicyCountsFailures(t *testing.T) {
	e := pulled(t)
	cfg := sh("echo run >> /count; test $(wc -l < /count) -ge 3")
	cfg.Restart = engine.RestartPolicy{Name: "on-failure", MaxRetry: 5}
	id := start(t, e, cfg)
	until(t, "the third run to succeed", func() bool {
		d := inspect(t, e, id)
		return d.State == engine.StateExited && d.ExitCode == 0
	}, func() string { return string(inspect(t, e, id).State) })
	if d := inspect(t, e, id); d.RestartCount != 2 {
		t.Errorf("restarted %d times, want 2", d.RestartCount)
	}
}

func TestExec(t *testing.T) {
	e := pulled(t)
	id := start(t, e, sh("export SECRET=1; sleep 600"))
	var out, errs output
	_, a, err := e.Exec(testContext(t), id, engine.ExecConfig{
		Cmd: []string{"sh", "-c", "echo $A in $(pwd) as $(id -u); echo oops >&2; exit 9"}, Env: []string{"A=b"}, WorkingDir: "/tmp",
	}, &engine.AttachOptions{Stdout: &out, Stderr: &errs})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	st, err := a.Wait()
	if err != nil || st.Code != 9 || out.String() != "b in /tmp as 0\n" || errs.String() != "oops\n" {
		t.Errorf("exit %d, %v, stdout %q, stderr %q", st.Code, err, out.String(), errs.String())
	}
	_, _, err = e.Exec(testContext(t), id, engine.ExecConfig{Cmd: []string{"no-such-program"}}, nil)
	wantClass(t, err, engine.ClassCommandNotFound)

	stopped := create(t, e, sh("true"))
	_, _, err = e.Exec(testContext(t), stopped, engine.ExecConfig{Cmd: []string{"true"}}, nil)
	wantClass(t, err, engine.ClassConflict)
}

func TestLogsSayWhatWasWritten(t *testing.T) {
	e := pulled(t)
	id := start(t, e, sh("echo one; echo two >&2; echo three"))
	if _, err := e.WaitContainer(testContext(t), id, engine.WaitNotRunning); err != nil {
		t.Fatal(err)
	}
	read := func(opts engine.LogOptions) string {
		var b strings.Builder
		err := e.Logs(testContext(t), id, opts, func(l engine.LogEntry) error {
			if l.Stderr {
				b.WriteString("E:")
			}
			b.Write(l.Line)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if got := read(engine.LogOptions{Stdout: true, Tail: -1}); got != "one\nthree\n" {
		t.Errorf("standard output is logged as %q", got)
	}
	if got := read(engine.LogOptions{Stdout: true, Stderr: true, Tail: 0}); got != "" {
		t.Errorf("the last no lines are %q", got)
	}
	if got := read(engine.LogOptions{Stderr: true, Tail: -1}); got != "E:two\n" {
		t.Errorf("standard error is logged as %q", got)
	}
}

func TestTwoEnginesStartOneContainerOnce(t *testing.T) {
	root := t.TempDir()
	e := openAt(t, root)
	if _, err := e.Pull(testContext(t), engine.PullRequest{Ref: "toolbox"}); err != nil {
		t.Fatal(err)
	}
	id := create(t, e, sh("echo run >> /count; sleep 600"))
	other, err := local.Open(local.Options{Root: root, Demo: true, Registries: registries.Open})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	var wg sync.WaitGroup
	for _, eng := range []engine.Engine{e, other, e, other} {
		wg.Go(func() {
			if _, err := eng.StartContainer(testContext(t), id, nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var out output
	until(t, "the program to write", func() bool {
		_, a, err := e.Exec(testContext(t), id, engine.ExecConfig{Cmd: []string{"cat", "/count"}}, &engine.AttachOptions{Stdout: &out})
		if err == nil {
			a.Wait()
		}
		return out.String() != ""
	}, out.String)
	if got := strings.Count(out.String(), "run"); got != 1 {
		t.Errorf("the program was started %d times", got)
	}
}
