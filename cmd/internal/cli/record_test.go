package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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
