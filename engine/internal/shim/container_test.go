package shim

import (
	"debug/elf"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/enginetest/ability"
	"berth/engine/internal/bundle"
	"berth/engine/internal/idmap"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// inside is the test's own program in the container, which is all that the image holds.
const inside = "/bin/prog"

// act is what that program does in a container.
func act(verb string) int {
	switch verb {
	case "true":
	case "hello":
		fmt.Println("hello from", os.Getpid())
		return 3
	case "echo":
		_, _ = io.Copy(os.Stdout, os.Stdin)
	case "wait":
		c := make(chan os.Signal, 1)
		signal.Notify(c, unix.SIGTERM)
		fmt.Println("ready")
		<-c
		return 9
	case "sleep":
		fmt.Println("ready")
		time.Sleep(time.Hour) // an empty select would be found to be a deadlock
	case "tty":
		ws, err := unix.IoctlGetWinsize(0, unix.TIOCGWINSZ)
		if err != nil {
			return 1
		}
		fmt.Println(ws.Col, ws.Row)
	case "exe": // what CVE-2019-5736 begins with
		f, err := os.OpenFile("/proc/self/exe", os.O_RDWR, 0)
		if err == nil {
			_ = f.Close()
			fmt.Println("writable")
		}
	}
	return 0
}

// isolatedDir makes the directory of a real container that does verb.
func isolatedDir(t testing.TB, verb string, change func(*bundle.Bundle)) string {
	t.Helper()
	ids, err := idmap.Detect()
	if err != nil {
		t.Fatal(err)
	}
	if ids.Mode == idmap.Host {
		ability.Need(t, ability.Root, ability.Overlay)
	} else {
		ability.Need(t, ability.UserNS, ability.Overlay)
	}
	if f, err := elf.Open("/proc/self/exe"); err != nil || f.Section(".interp") != nil {
		t.Fatal("the test's program is also the container's and must be static: test with CGO_ENABLED=0")
	}
	t.Setenv(isolate, "1")
	return prepareDir(t, "", func(b *bundle.Bundle) {
		base := t.TempDir()
		for _, d := range []string{"lower/bin", "lower/proc", "lower/dev", "lower/tmp", "upper", "work"} {
			if err := os.MkdirAll(filepath.Join(base, d), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		self, err := os.ReadFile("/proc/self/exe")
		if err == nil {
			err = os.WriteFile(filepath.Join(base, "lower", inside), self, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
		b.IDMap = ids
		b.Rootfs = bundle.Rootfs{Lower: []string{base + "/lower"}, Upper: base + "/upper", Work: base + "/work", UserXattr: ids.Mode != idmap.Host}
		b.Spec = realSpec(verb)
		if change != nil {
			change(b)
		}
	})
}

func realSpec(verb string) *specs.Spec {
	kinds := []specs.LinuxNamespaceType{specs.PIDNamespace, specs.MountNamespace, specs.UTSNamespace, specs.IPCNamespace, specs.NetworkNamespace}
	var ns []specs.LinuxNamespace
	for _, k := range kinds {
		ns = append(ns, specs.LinuxNamespace{Type: k})
	}
	return &specs.Spec{
		Hostname: "box", Root: &specs.Root{},
		Process: &specs.Process{Args: []string{inside, verb}, Cwd: "/", Env: []string{"PATH=/bin"}, Capabilities: &specs.LinuxCapabilities{}},
		Mounts: []specs.Mount{
			{Destination: "/proc", Type: "proc", Source: "proc", Options: []string{"nosuid", "noexec", "nodev"}},
			{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "strictatime", "mode=755", "size=65536k"}},
			{Destination: "/dev/pts", Type: "devpts", Source: "devpts", Options: []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}},
		},
		Linux: &specs.Linux{Namespaces: ns},
	}
}

func TestContainerOnPipes(t *testing.T) {
	dir := isolatedDir(t, "hello", nil)
	var out buffer
	_, a := start(t, dir, &engine.AttachOptions{Stdout: &out})
	if exit, err := a.Wait(); err != nil || exit.Code != 3 {
		t.Errorf("exit %+v, %v", exit, err)
	}
	if out.String() != "hello from 1\n" {
		t.Errorf("got %q", out.String())
	}
}

func TestContainerOnTerminalAndExec(t *testing.T) {
	dir := isolatedDir(t, "wait", func(b *bundle.Bundle) { b.Spec.Process.Terminal, b.Stdin = true, true })
	var out, ex, pipe buffer
	c, a := start(t, dir, &engine.AttachOptions{Stdout: &out, Stdin: true, Size: engine.Size{Cols: 70, Rows: 30}})
	eventually(t, "the program", func() bool { return strings.Contains(out.String(), "ready") })
	_, x, err := c.Exec(t.Context(), engine.ExecConfig{Cmd: []string{inside, "tty"}, TTY: true},
		&engine.AttachOptions{Stdout: &ex, Size: engine.Size{Cols: 91, Rows: 17}})
	if err != nil {
		t.Fatal(err)
	}
	if exit, err := x.Wait(); err != nil || exit.Code != 0 || ex.String() != "91 17\r\n" {
		t.Errorf("exec: %+v, %v, %q", exit, err, ex.String())
	}
	_, x, err = c.Exec(t.Context(), engine.ExecConfig{Cmd: []string{inside, "echo"}, Stdin: true}, &engine.AttachOptions{Stdout: &pipe, Stdin: true})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = x.Write([]byte("in"))
	_ = x.CloseWrite()
	if exit, err := x.Wait(); err != nil || exit.Code != 0 || pipe.String() != "in" {
		t.Errorf("exec on pipes: %+v, %v, %q", exit, err, pipe.String())
	}
	if err := c.Signal(t.Context(), unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if exit, err := a.Wait(); err != nil || exit.Code != 9 {
		t.Errorf("exit %+v, %v", exit, err)
	}
}

func TestContainerStartErrors(t *testing.T) {
	dir := isolatedDir(t, "true", func(b *bundle.Bundle) { b.Spec.Process.Args = []string{"no-such-program"} })
	_, _, err := Start(t.Context(), StartConfig{Dir: dir})
	if engine.ClassOf(err) != engine.ClassCommandNotFound || !strings.Contains(err.Error(), "no-such-program") {
		t.Errorf("start: %v of class %v", err, engine.ClassOf(err))
	}
}

func TestContainerDiesWithItsShim(t *testing.T) {
	dir := isolatedDir(t, "sleep", nil)
	var out buffer
	start(t, dir, &engine.AttachOptions{Stdout: &out})
	eventually(t, "the program", func() bool { return out.String() == "ready\n" })
	st, err := ReadStatus(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Kill(st.ShimPid, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "its end", func() bool { return startTime(st.Pid) != st.PidStart })
}

func TestPauseAndUnpause(t *testing.T) {
	ability.Need(t, ability.CgroupFreezer)
	dir := isolatedDir(t, "sleep", nil)
	c, _ := start(t, dir, nil)
	if err := c.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st, err := ReadStatus(dir); err != nil || st.State != engine.StatePaused {
		t.Errorf("status %+v, %v", st, err)
	}
	if _, _, err := c.Exec(t.Context(), engine.ExecConfig{Cmd: []string{inside, "true"}}, nil); engine.ClassOf(err) != engine.ClassConflict {
		t.Errorf("exec in a paused container: %v", err)
	}
	if err := c.Unpause(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if exit, err := c.Wait(t.Context()); err != nil || exit.Code != 137 {
		t.Errorf("a paused container that is killed: %+v, %v", exit, err)
	}
}

// TestProgramFileIsOutOfReach is the image whose program is a link to /proc/self/exe.
func TestProgramFileIsOutOfReach(t *testing.T) {
	dir := isolatedDir(t, "true", func(b *bundle.Bundle) {
		// The child that carries out the start plan executes its own file: ours.
		b.Spec.Process.Args = []string{"/proc/self/exe", "exe"}
	})
	var out buffer
	_, a, err := Start(t.Context(), StartConfig{Dir: dir, AttachFirst: &engine.AttachOptions{Stdout: &out, Stderr: &out}})
	if err != nil {
		return // refused altogether, which is as good
	}
	_, _ = a.Wait()
	if strings.Contains(out.String(), "writable") {
		t.Error("the container can write to the shim's program")
	}
}
