package cli

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
)

func TestRecordingWhileWatching(t *testing.T) {
	b := newBench(t)
	b.must("pull", "-q", "toolbox")
	b.must("run", "-dit", "--name", "shell", "toolbox", "sh")
	file := filepath.Join(t.TempDir(), "lesson.cast")
	u := newUser(t)
	code := u.runs(t.Context(), b, "attach", "--record", file, "--record-format", "asciicast-v3", "shell")
	u.types("echo rec''orded\r")
	u.sees("recorded\r\n")
	u.types("\x1dd")
	u.expectCode(code, 0)
	cast, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(cast); !strings.HasPrefix(text, `{"version":3,"term":{"cols":90,"rows":30`) || !strings.Contains(text, `"o", "`) || !strings.Contains(text, "recorded") {
		t.Errorf("recorded %s", cast)
	}
	if fi, _ := os.Stat(file); fi.Mode().Perm() != 0o600 {
		t.Errorf("others may read the recording: %v", fi.Mode())
	}
	for _, c := range [][]string{
		{"attach", "--no-stdin", "--record", file, "shell"}, // is there already
		{"attach", "--no-stdin", "--record", file + "2", "--record-format", "gif", "shell"},
	} {
		if got, _, errs := b.run(c...); got == 0 || !strings.Contains(errs, "record") {
			t.Errorf("%q: %d %q", c, got, errs)
		}
	}
}

// What a watcher records has the size of the program's terminal, not of the watcher's.
func TestAWatchersRecordingHasTheProgramsSize(t *testing.T) {
	b := newBench(t)
	b.must("pull", "-q", "toolbox")
	file := filepath.Join(t.TempDir(), "lesson.cast")
	u := newUser(t)
	size := func(cols, rows uint16) {
		t.Helper()
		if err := pty.Setsize(u.slave, &pty.Winsize{Cols: cols, Rows: rows}); err != nil {
			t.Fatal(err)
		}
	}
	size(111, 44)
	code := u.runs(t.Context(), b, "run", "-it", "--name", "shell", "toolbox", "sh")
	u.sees("# ")
	watcher := newUser(t)
	watched := watcher.runs(t.Context(), b, "attach", "--no-stdin", "--record", file, "shell")
	watcher.sees("# ")
	size(101, 40)
	if err := syscall.Kill(os.Getpid(), syscall.SIGWINCH); err != nil {
		t.Fatal(err)
	}
	for cast := []byte(nil); !strings.Contains(string(cast), `"r", "101x40"]`); {
		u.types("\r") // until the size has come
		watcher.sees("# ")
		cast, _ = os.ReadFile(file)
	}
	u.types("exit\r")
	u.expectCode(code, 0)
	watcher.expectCode(watched, 0)
	cast, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(cast), `{"version":2,"width":111,"height":44,`) {
		t.Errorf("recorded %s, %v", cast, err)
	}
}

// A watcher's terminal of another size leaves the program's as it is.
func TestWatchingDoesNotResize(t *testing.T) {
	b := newBench(t)
	b.must("pull", "-q", "toolbox")
	u := newUser(t)
	code := u.runs(t.Context(), b, "run", "-it", "--name", "shell", "toolbox", "sh")
	u.sees("# ")
	watcher := newUser(t)
	watched := watcher.runs(t.Context(), b, "attach", "--no-stdin", "shell")
	watcher.sees("# ")
	watcher.types("echo fr''om the watcher\r")
	u.types("echo fr''om the user\r")
	u.sees("from the user")
	watcher.sees("from the user")
	u.types("exit\r")
	u.expectCode(code, 0)
	watcher.expectCode(watched, 0)
	if log := b.must("logs", "shell"); strings.Contains(log, "from the watcher") {
		t.Errorf("a watcher typed: %q", log)
	}
}
