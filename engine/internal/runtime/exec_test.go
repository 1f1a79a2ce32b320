package runtime

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"berth/engine"
	"berth/engine/internal/bundle"

	"golang.org/x/sys/unix"
)

// startSleeper starts a container that runs until its standard input ends.
func startSleeper(t testing.TB, b *bundle.Bundle) *Process {
	t.Helper()
	r, w, err := os.Pipe()
	mustDo(t, err)
	p, err := Start(t.Context(), b, Options{Stdin: r})
	r.Close()
	if err != nil {
		w.Close()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.Close()
		if _, err := p.Wait(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func execIn(t testing.TB, p *Process, spec ExecSpec) (string, unix.WaitStatus, error) {
	t.Helper()
	r, w, err := os.Pipe()
	mustDo(t, err)
	defer r.Close()
	x, err := p.Exec(t.Context(), spec, Options{Stdout: w, Stderr: w})
	w.Close()
	if err != nil {
		return "", 0, err
	}
	out, err := io.ReadAll(r)
	mustDo(t, err)
	ws, err := x.Wait()
	mustDo(t, err)
	return string(out), ws, nil
}

func TestExecJoins(t *testing.T) {
	b := testBundle(t, image(t), "copy")
	p := startSleeper(t, b)
	out, ws, err := execIn(t, p, ExecSpec{Args: []string{"prog", "facts"}, Env: []string{"B=2"}, User: "web", Cwd: "/tmp"})
	if b.IDMap.Mode == "single" {
		if engine.ClassOf(err) != engine.ClassUnsupported {
			t.Fatalf("user web in a mapping of one id: %v", err)
		}
		out, ws, err = execIn(t, p, ExecSpec{Args: []string{"/bin/prog", "facts"}, Env: []string{"B=2"}, Cwd: "/tmp"})
	}
	if err == nil && strings.HasPrefix(out, "{") && ws == 0 {
		f := decode(t, out)
		if b.IDMap.Mode != "single" && (f.UID != 33 || f.GID != 34 || len(f.Groups) != 2) {
			t.Errorf("user %d:%d %v", f.UID, f.GID, f.Groups)
		}
		if f.Cwd != "/tmp" || f.Hostname != "box" || f.Pid == 1 {
			t.Errorf("facts %+v", f)
		}
		for ns, id := range f.Namespaces {
			want, err := os.Readlink("/proc/" + strconv.Itoa(p.Pid()) + "/ns/" + ns)
			if err == nil && id != want {
				t.Errorf("namespace %s: %s, want %s", ns, id, want)
			}
		}
		checkDescriptors(t, f)
		if !strings.Contains(strings.Join(f.Env, " "), "B=2") || !strings.Contains(strings.Join(f.Env, " "), "A=1") {
			t.Errorf("environment %q", f.Env)
		}
		return
	}
	t.Fatal(out, ws, err)
}

func TestExecErrors(t *testing.T) {
	p := startSleeper(t, testBundle(t, image(t), "copy"))
	for _, tt := range []struct {
		spec  ExecSpec
		class engine.Class
	}{
		{ExecSpec{Args: []string{"nope"}}, engine.ClassCommandNotFound},
		{ExecSpec{Args: []string{"/etc/passwd"}}, engine.ClassCommandNotInvokable},
		{ExecSpec{Args: []string{"prog", "true"}, User: "nobody-here"}, engine.ClassInvalid},
		{ExecSpec{Args: []string{"prog", "true"}, Cwd: "/no/such"}, engine.ClassInvalid},
		{ExecSpec{Args: nil}, engine.ClassInvalid},
	} {
		if _, _, err := execIn(t, p, tt.spec); engine.ClassOf(err) != tt.class {
			t.Errorf("%+v: %v (%v), want %v", tt.spec, err, engine.ClassOf(err), tt.class)
		}
	}
	if _, ws, err := execIn(t, p, ExecSpec{Args: []string{"prog", "exit", "9"}}); err != nil || ws.ExitStatus() != 9 {
		t.Errorf("after the errors: %v %v", ws, err)
	}
}

func TestTerminal(t *testing.T) {
	b := testBundle(t, image(t), "tty")
	b.Spec.Process.Terminal = true
	p, err := Start(t.Context(), b, Options{Size: engine.Size{Cols: 91, Rows: 31}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Console().Close()
	line := readLine(t, p.Console())
	if line != "91 31 true /dev/pts/0 true <nil> <nil>" {
		t.Errorf("terminal says %q", line)
	}
	if ws, err := p.Wait(); err != nil || ws != 0 {
		t.Error(ws, err)
	}
}

func TestExecTerminal(t *testing.T) {
	p := startSleeper(t, testBundle(t, image(t), "copy"))
	x, err := p.Exec(t.Context(), ExecSpec{Args: []string{"prog", "tty"}, Terminal: true}, Options{Size: engine.Size{Cols: 80, Rows: 24}})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Console().Close()
	if line := readLine(t, x.Console()); line != "80 24 true /dev/pts/0 false <nil> <nil>" {
		t.Errorf("terminal says %q", line)
	}
	if ws, err := x.Wait(); err != nil || ws != 0 {
		t.Error(ws, err)
	}
}

func readLine(t *testing.T, f *os.File) string {
	t.Helper()
	line, err := bufio.NewReader(f).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err, line)
	}
	return strings.TrimSpace(line)
}
