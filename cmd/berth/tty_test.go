package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"berth/engine/enginetest/ability"

	"github.com/creack/pty"
	"golang.org/x/term"
)

// A seat is a user at a terminal, on a state directory of its own.
type seat struct {
	t    *testing.T
	root string
}

// newSeat is a seat with the image toolbox.
func newSeat(t *testing.T) *seat {
	t.Helper()
	s := emptySeat(t)
	s.berth("pull", "-q", "toolbox")
	return s
}

func emptySeat(t *testing.T) *seat {
	t.Helper()
	ability.Need(t, ability.Overlay, ability.PTY)
	s := &seat{t: t, root: filepath.Join(t.TempDir(), "state")}
	t.Cleanup(func() {
		if ids := strings.Fields(s.berth("ps", "-aq")); len(ids) > 0 {
			s.berth(append([]string{"rm", "-f"}, ids...)...)
		}
		s.berth("image", "prune", "-af")
	})
	return s
}

func (s *seat) command(args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(binDir, "berth"), args...)
	c.Env = append(os.Environ(), "BERTH_ROOT="+s.root, "BERTH_DEMO=1", "HOME="+filepath.Dir(s.root), "DOCKER_CONFIG=")
	return c
}

// berth runs a command that must succeed and returns its output.
func (s *seat) berth(args ...string) string {
	s.t.Helper()
	out, err := s.command(args...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("berth %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// A screen is one berth on a PTY.
type screen struct {
	t     *testing.T
	cmd   *exec.Cmd
	pty   *os.File
	ended chan struct{}

	mu   sync.Mutex // guards all below
	more *sync.Cond
	seen bytes.Buffer
	gone bool
}

// patience bounds how long a condition may take on a busy machine.
const patience = 30 * time.Second

func (s *seat) open(args ...string) *screen {
	s.t.Helper()
	sc := &screen{t: s.t, cmd: s.command(args...), ended: make(chan struct{})}
	sc.more = sync.NewCond(&sc.mu)
	var err error
	if sc.pty, err = pty.StartWithSize(sc.cmd, &pty.Winsize{Cols: 90, Rows: 30}); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = sc.cmd.Process.Kill()
		<-sc.ended
		sc.pty.Close()
	})
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := sc.pty.Read(buf)
			sc.mu.Lock()
			sc.seen.Write(buf[:n])
			sc.gone = err != nil
			sc.more.Broadcast()
			sc.mu.Unlock()
			if err != nil {
				break
			}
		}
		_ = sc.cmd.Wait()
		close(sc.ended)
	}()
	return sc
}

// sees waits until text has appeared, and forgets it and what came before.
func (sc *screen) sees(text string) {
	sc.t.Helper()
	late := false
	timeout := time.AfterFunc(patience, func() {
		sc.mu.Lock()
		late = true
		sc.more.Broadcast()
		sc.mu.Unlock()
	})
	defer timeout.Stop()
	sc.mu.Lock()
	defer sc.mu.Unlock()
	for {
		if i := bytes.Index(sc.seen.Bytes(), []byte(text)); i >= 0 {
			sc.seen.Next(i + len(text))
			return
		}
		if sc.gone || late {
			sc.t.Fatalf("waited for %q, saw %q", text, sc.seen.String())
		}
		sc.more.Wait()
	}
}

func (sc *screen) types(keys string) {
	sc.t.Helper()
	if _, err := io.WriteString(sc.pty, keys); err != nil {
		sc.t.Fatal(err)
	}
}

// exits waits for berth's end and compares its exit code; a signal n is 128+n.
func (sc *screen) exits(code int) {
	sc.t.Helper()
	select {
	case <-sc.ended:
	case <-time.After(patience):
		sc.t.Fatal("berth did not end")
	}
	ws := sc.cmd.ProcessState.Sys().(syscall.WaitStatus)
	got := ws.ExitStatus()
	if ws.Signaled() {
		got = 128 + int(ws.Signal())
	}
	if got != code {
		sc.mu.Lock()
		defer sc.mu.Unlock()
		sc.t.Fatalf("exit code %d, want %d; saw %q", got, code, sc.seen.String())
	}
}

// prompt is the end of the toolbox shell's.
const prompt = "# "

func TestShellOnATerminal(t *testing.T) {
	s := newSeat(t)
	sc := s.open("run", "-it", "--name", "shell", "-h", "harbour", "toolbox", "sh")
	sc.sees(prompt)
	sc.types("stty size; hostname\r")
	sc.sees("30 90")
	sc.sees("harbour")
	if err := pty.Setsize(sc.pty, &pty.Winsize{Cols: 100, Rows: 40}); err != nil {
		t.Fatal(err)
	}
	// The size travels on its own; ask until it has arrived.
	sc.types("until stty size | grep '40 100'; do :; done; echo arriv''ed\r")
	sc.sees("arrived")
	// Ctrl-C ends the program, not the shell. That cat repeats a line shows that it runs.
	sc.types("cat\r")
	// What is typed before cat runs would be the shell's.
	for deadline := time.Now().Add(patience); !strings.Contains(s.berth("top", "shell", "-o", "args"), "\ncat"); {
		if time.Now().After(deadline) {
			t.Fatal("cat never ran")
		}
	}
	sc.types("ping\r")
	sc.sees("ping")
	sc.sees("ping")
	sc.types("\x03")
	sc.sees(prompt)
	sc.types("echo still''here\r")
	sc.sees("stillhere")

	// Detach, look, come back: the screen is as it was.
	sc.types("\x1dd")
	sc.sees("come back with: berth attach shell")
	sc.exits(0)
	if got := s.berth("inspect", "-f", "{{.State.Status}}", "shell"); got != "running" {
		t.Fatalf("the container is %s after detaching", got)
	}
	sc = s.open("attach", "shell")
	sc.sees("stillhere")

	// A second terminal sees the same, and a third runs another shell.
	second := s.open("attach", "shell")
	second.sees("stillhere")
	sc.types("echo bo''th\r")
	sc.sees("both")
	second.sees("both")
	third := s.open("exec", "-it", "shell", "sh")
	third.sees(prompt)
	third.types("exit 4\r")
	third.exits(4)

	sc.types("exit 3\r")
	sc.exits(3)
	second.exits(3)
}

func TestContainerSurvivesItsTerminals(t *testing.T) {
	s := newSeat(t)
	for name, end := range map[string]struct {
		do   func(*screen) error
		code int
	}{
		"hangup":    {func(sc *screen) error { return sc.cmd.Process.Signal(syscall.SIGHUP) }, 129},
		"terminate": {func(sc *screen) error { return sc.cmd.Process.Signal(syscall.SIGTERM) }, 143},
		"kill":      {func(sc *screen) error { return sc.cmd.Process.Kill() }, 137},
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			sc := s.open("run", "-it", "--name", name, "toolbox", "sh")
			sc.sees(prompt)
			sc.types("export KEPT=treas''ure\r")
			sc.sees(prompt)
			before, err := term.GetState(int(sc.pty.Fd()))
			if err != nil {
				t.Fatal(err)
			}
			if err := end.do(sc); err != nil {
				t.Fatal(err)
			}
			sc.exits(end.code)
			if now, err := term.GetState(int(sc.pty.Fd())); name != "kill" && (err != nil || *now == *before) {
				t.Errorf("the terminal was left raw: %v", err)
			}
			sc = s.open("attach", name)
			sc.types("echo $KEPT\r")
			sc.sees("treasure")
			sc.types("exit\r")
			sc.exits(0)
		})
	}
	s.t = t
}

func TestPullOnATerminal(t *testing.T) {
	s := newSeat(t)
	sc := s.open("pull", "hello-world")
	sc.sees("latest: Pulling from library/hello-world")
	sc.sees("\x1b[")
	sc.sees("Pull complete")
	sc.sees("docker.io/library/hello-world:latest")
	sc.exits(0)
}

func TestWorkstationNeedsMoreThanADumbTerminal(t *testing.T) {
	t.Setenv("TERM", "dumb")
	s := &seat{t: t, root: filepath.Join(t.TempDir(), "state")}
	sc := s.open()
	sc.sees("\"dumb\" can't")
	sc.exits(2)
}

func TestWorkstationNeedsATerminal(t *testing.T) {
	s := &seat{t: t, root: filepath.Join(t.TempDir(), "state")}
	out, err := s.command().CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(string(out), "needs a terminal") {
		t.Errorf("%v: %s", err, out)
	}
}
