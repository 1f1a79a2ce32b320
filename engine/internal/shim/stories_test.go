package shim

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/internal/bundle"
	"berth/engine/internal/eventlog"

	"golang.org/x/sys/unix"
)

// blocked is a writer that never returns until the test ends.
type blocked struct{ ch chan struct{} }

func (b blocked) Write(p []byte) (int, error) { <-b.ch; return len(p), nil }

func TestBlockedTerminalClientStallsNobody(t *testing.T) {
	dir := prepareDir(t, `i=0; while [ $i -lt 200 ]; do head -c 100000 /dev/zero | tr '\0' x; i=$((i+1)); done; echo END`,
		func(b *bundle.Bundle) { b.Spec.Process.Terminal = true })
	b := blocked{make(chan struct{})}
	t.Cleanup(func() { close(b.ch) })
	c, _ := start(t, dir, &engine.AttachOptions{Stdout: b})
	if exit, err := c.Wait(t.Context()); err != nil || exit.Code != 0 {
		t.Errorf("exit %+v, %v", exit, err)
	}
	// The shim still waits for that client, but it does not stand in the way.
	eventually(t, "a second start", func() bool {
		c, _, err := Start(t.Context(), StartConfig{Dir: dir})
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

func TestBlockedPipeClientStallsNobodyAndMissesNothing(t *testing.T) {
	const size = 20 << 20
	dir := prepareDir(t, fmt.Sprintf("head -c %d /dev/zero", size), nil)
	b := &gated{open: make(chan struct{})}
	c, a := start(t, dir, &engine.AttachOptions{Stdout: b})
	if exit, err := c.Wait(t.Context()); err != nil || exit.Code != 0 {
		t.Errorf("exit %+v, %v", exit, err)
	}
	close(b.open)
	if exit, err := a.Wait(); err != nil || exit.Code != 0 || b.n != size {
		t.Errorf("exit %+v, %v, %d of %d bytes", exit, err, b.n, size)
	}
}

// gated counts bytes once it is open.
type gated struct {
	open chan struct{}
	n    int
}

func (g *gated) Write(p []byte) (int, error) {
	<-g.open
	g.n += len(p)
	return len(p), nil
}

func TestAllOutputComesBeforeTheExit(t *testing.T) {
	dir := prepareDir(t, `seq 1 200000`, nil)
	out := &slow{}
	_, a := start(t, dir, &engine.AttachOptions{Stdout: out})
	if exit, err := a.Wait(); err != nil || exit.Code != 0 {
		t.Fatalf("exit %+v, %v", exit, err)
	}
	if s := out.b.String(); !strings.HasSuffix(s, "\n200000\n") || strings.Count(s, "\n") != 200000 {
		t.Errorf("%d lines, the last %q", strings.Count(s, "\n"), s[max(0, len(s)-10):])
	}
}

// slow takes its time with every write.
type slow struct{ b strings.Builder }

func (s *slow) Write(p []byte) (int, error) {
	time.Sleep(time.Millisecond)
	return s.b.Write(p)
}

func TestOrphanThatHoldsThePipe(t *testing.T) {
	dir := prepareDir(t, `echo begin; setsid sleep 1000 & echo $!; exit 0`, nil)
	var out buffer
	_, a := start(t, dir, &engine.AttachOptions{Stdout: &out})
	exit, err := a.Wait()
	if err != nil || exit.Code != 0 {
		t.Errorf("exit %+v, %v", exit, err)
	}
	if !strings.HasPrefix(out.String(), "begin\n") {
		t.Errorf("got %q", out.String())
	}
	_ = exec.Command("kill", strings.Fields(out.String())[1]).Run()
}

func TestOrphansAreReaped(t *testing.T) {
	// The inner shell leaves its child to the subreaper and ends.
	dir := prepareDir(t, `sh -c 'sh -c "exit 3" & echo $! > pid'; while :; do sleep 0.01; done`,
		func(b *bundle.Bundle) { b.Spec.Process.Cwd = t.TempDir() })
	start(t, dir, nil)
	b, err := bundle.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	var pid string
	eventually(t, "the orphan", func() bool {
		data, _ := os.ReadFile(filepath.Join(b.Spec.Process.Cwd, "pid"))
		pid = strings.TrimSpace(string(data))
		return pid != ""
	})
	eventually(t, "the orphan to be reaped", func() bool {
		_, err := os.Stat("/proc/" + pid)
		return os.IsNotExist(err)
	})
}

func TestClientThatDiesHarmsNothing(t *testing.T) {
	dir := prepareDir(t, `echo up; cat; echo over`, func(b *bundle.Bundle) { b.Stdin = true })
	c, _ := start(t, dir, nil) // started detached: standard input stays open
	conn, _, err := c.open(t.Context(), wireRequest{Op: opAttach, Attach: &wireAttach{Stdin: true, Stdout: true}})
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.write(frameStdin, []byte("one\n"))
	_ = conn.Close() // as kill -9 does: no detach
	var out buffer
	a, err := c.Attach(t.Context(), engine.AttachOptions{Stdin: true, Stdout: &out})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = a.Write([]byte("two\n"))
	_ = a.CloseWrite()
	if exit, err := a.Wait(); err != nil || exit.Code != 0 {
		t.Errorf("exit %+v, %v", exit, err)
	}
	// Which client's line comes first is open: the shim reads both at the same time.
	if s := out.String(); !strings.Contains(s, "two\n") || !strings.HasSuffix(s, "over\n") {
		t.Errorf("got %q", out.String())
	}
	if o, _ := logged(t, dir); !strings.Contains(o, "one\n") || !strings.Contains(o, "two\n") {
		t.Errorf("logged %q", o)
	}
}

func TestReadOnlyClient(t *testing.T) {
	dir := prepareDir(t, `read x; echo "got $x"`, func(b *bundle.Bundle) { b.Spec.Process.Terminal, b.Stdin = true, true })
	c, _ := start(t, dir, nil)
	ro, err := c.Attach(t.Context(), engine.AttachOptions{Stdin: true, ReadOnly: true, Size: engine.Size{Cols: 5, Rows: 5}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ro.Write([]byte("evil\r")); engine.ClassOf(err) != engine.ClassPermission {
		t.Errorf("write: %v", err)
	}
	if err := ro.Resize(engine.Size{Cols: 7, Rows: 7}); engine.ClassOf(err) != engine.ClassPermission {
		t.Errorf("resize: %v", err)
	}
	// A client that ignores its own rules is held to them by the shim.
	conn, _, err := c.open(t.Context(), wireRequest{Op: opAttach, Attach: &wireAttach{Stdin: true, ReadOnly: true}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.write(frameStdin, []byte("evil\r"))
	var out buffer
	a, err := c.Attach(t.Context(), engine.AttachOptions{Stdin: true, Stdout: &out})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = a.Write([]byte("good\r"))
	if _, err := a.Wait(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "got good") {
		t.Errorf("got %q", out.String())
	}
}

func TestHostileRequests(t *testing.T) {
	dir := prepareDir(t, `sleep 1000`, nil)
	c, _ := start(t, dir, nil)
	for name, send := range map[string]func(*conn){
		"garbage":  func(k *conn) { _, _ = k.f.Write([]byte("GET / HTTP/1.1\r\n\r\n")) },
		"no hello": func(k *conn) { _ = k.send(frameRequest, &wireRequest{Op: opState}) },
		"other version": func(k *conn) {
			_ = k.send(frameHello, &wireHello{Version: 99})
			_ = k.send(frameRequest, &wireRequest{Op: opState})
		},
		"broken request": func(k *conn) { _ = k.send(frameHello, &wireHello{Version: 1}); _ = k.write(frameRequest, []byte("{")) },
		"half a frame":   func(k *conn) { _, _ = k.f.Write([]byte{0, 0, 1, 0, 1, '{'}) },
		"start": func(k *conn) {
			_ = k.send(frameHello, &wireHello{Version: 1})
			_ = k.send(frameRequest, &wireRequest{Op: opStart})
		},
		"empty requests": func(k *conn) {
			_ = k.send(frameHello, &wireHello{Version: 1})
			for _, op := range []string{opExec, opResize, opSignal, opUpdate, opAttachExec, "nonsense"} {
				_ = k.send(frameRequest, &wireRequest{Op: op, Signal: -1})
			}
		},
	} {
		k, err := dial(dir)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		send(k)
		_ = k.Close()
		if _, err := c.State(t.Context()); err != nil {
			t.Fatalf("after %q the shim is gone: %v", name, err)
		}
	}
}

func TestFilesArePrivate(t *testing.T) {
	dir := prepareDir(t, `sleep 1000`, nil)
	start(t, dir, nil)
	for _, name := range []string{socketName, lockName, statusName, "shim.log"} {
		fi, err := os.Stat(filepath.Join(dir, name))
		if err != nil || fi.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, fi.Mode(), err)
		}
	}
	if data, _ := os.ReadFile("/proc/net/unix"); strings.Contains(string(data), "@berth") {
		t.Error("there is an abstract socket")
	}
}

func TestProgramInheritsNothing(t *testing.T) {
	// Something that is inherited, as from a shell.
	leak, err := unix.Open(os.DevNull, unix.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(leak)
	dir := prepareDir(t, `ls /proc/self/fd | wc -l; umask; grep SigIgn /proc/self/status; ps -o sid= -p $$ | grep -q . && echo session`, nil)
	var out buffer
	_, a := start(t, dir, &engine.AttachOptions{Stdout: &out})
	_, _ = a.Wait()
	// Signal 32 belongs to the C library, which leaves it ignored in what it spawns: the
	// test's own parent may have handed it down.
	got := strings.Replace(out.String(), "SigIgn:\t0000000080000000", "SigIgn:\t0000000000000000", 1)
	// ls has three and the directory that it reads.
	if want := "4\n0022\nSigIgn:\t0000000000000000\nsession\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEvents(t *testing.T) {
	logDir := t.TempDir()
	dir := prepareDir(t, `exit 3`, func(b *bundle.Bundle) {
		b.EventLog, b.Op, b.OpName, b.StepOffset = logDir, "op1", "run", 5
	})
	_, a := start(t, dir, &engine.AttachOptions{})
	_, _ = a.Wait()
	l, err := eventlog.Open(logDir)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var got []string
	err = l.History(time.Time{}, time.Time{}, func(recs []eventlog.Record) error {
		for _, r := range recs {
			if r.Action == "exit" { // an operation of the shim's own
				r.ID = "its own"
			} else if r.Kind == string(engine.KindStep) && !strings.Contains(string(r.Data), `"Seq":6`) {
				t.Errorf("step %s", r.Data)
			}
			got = append(got, r.Kind+" "+r.Action+" "+r.ID[:3]+" "+r.Attrs["exitCode"])
		}
		return nil
	})
	want := "[step clone op1  container start 012  step exit its  container die 012 3]"
	if s := strings.Join(got, " "); err != nil || "["+s+"]" != want {
		t.Errorf("events [%s], %v, want %s", s, err, want)
	}
}

func TestShutdownStopsTheProgram(t *testing.T) {
	dir := prepareDir(t, `trap 'exit 6' USR1; echo up; while :; do sleep 0.01; done`, func(b *bundle.Bundle) {
		b.StopSignal, b.Restart.Name = int(unix.SIGUSR1), "always"
	})
	var out buffer
	c, a := start(t, dir, &engine.AttachOptions{Stdout: &out})
	eventually(t, "the trap", func() bool { return out.String() == "up\n" })
	st, err := c.State(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Kill(st.ShimPid, unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if exit, err := a.Wait(); err != nil || exit.Code != 6 {
		t.Errorf("exit %+v, %v", exit, err)
	}
	if st, err := ReadStatus(dir); err != nil || st.State != engine.StateExited {
		t.Errorf("status %+v, %v", st, err)
	}
}
