package tty

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"berth/engine"
	"berth/engine/enginetest/ability"

	"github.com/creack/pty"
	"golang.org/x/term"
)

func TestParseKeys(t *testing.T) {
	for in, want := range map[string]string{
		"ctrl-p,ctrl-q": "\x10\x11", "a": "a", "ctrl-@": "\x00", "ctrl-[": "\x1b", "ctrl-]": "\x1d", "ctrl-\\,x": "\x1cx",
		"ctrl-_": "\x1f", "CTRL-A,b": "\x01b",
	} {
		k, err := ParseKeys(in)
		if err != nil || string(k.seq) != want {
			t.Errorf("ParseKeys(%q) = %q, %v; want %q", in, k.seq, err, want)
		}
	}
	for _, in := range []string{"ctrl-", "ctrl-1", "ctrl-p,", "alt-x", "ctrl-pp"} {
		if _, err := ParseKeys(in); engine.ClassOf(err) != engine.ClassInvalid {
			t.Errorf("ParseKeys(%q): %v, want an invalid argument", in, err)
		}
	}
}

func TestDetachReader(t *testing.T) {
	docker, err := ParseKeys("ctrl-p,ctrl-q")
	if err != nil {
		t.Fatal(err)
	}
	single, err := ParseKeys("ctrl-x")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		keys     Keys
		in, out  string
		detached bool
	}{
		{"plain text", DefaultKeys(), "echo hi\r", "echo hi\r", false},
		{"prefix d", DefaultKeys(), "ls\x1dd rest", "ls", true},
		{"doubled prefix", DefaultKeys(), "a\x1d\x1db", "a\x1db", false},
		{"doubled prefix then d", DefaultKeys(), "\x1d\x1dd", "\x1dd", false},
		{"prefix and another key", DefaultKeys(), "\x1dx", "\x1dx", false},
		{"prefix at the end", DefaultKeys(), "a\x1d", "a\x1d", false},
		{"docker's keys", docker, "ls\x10\x11rest", "ls", true},
		{"docker's prefix alone", docker, "\x10x", "\x10x", false},
		{"docker's prefix twice", docker, "\x10\x10\x11", "\x10", true},
		{"one key", single, "ab\x18c", "ab", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, src := range map[string]io.Reader{
				"at once":     strings.NewReader(c.in),
				"key by key":  iotest.OneByteReader(strings.NewReader(c.in)),
				"end of file": iotest.DataErrReader(strings.NewReader(c.in)),
			} {
				out, err := io.ReadAll(NewDetachReader(src, c.keys))
				if string(out) != c.out || errors.Is(err, ErrDetach) != c.detached {
					t.Errorf("%s: got %q, %v; want %q, detached %v", name, out, err, c.out, c.detached)
				}
			}
		})
	}
}

func TestModeTracker(t *testing.T) {
	var b bytes.Buffer
	m := NewModeTracker(&b)
	for _, p := range []string{"\x1b[?1049", "h\x1b[?25l", "\x1b[?1000;1006h text \x1b[?7h", "\x1b[?1000l"} {
		io.WriteString(m, p)
	}
	if got := b.String(); got != "\x1b[?1049h\x1b[?25l\x1b[?1000;1006h text \x1b[?7h\x1b[?1000l" {
		t.Errorf("output was changed: %q", got)
	}
	reset := m.Reset()
	for _, want := range []string{"\x1b[?25h", "\x1b[?1006l", "\x1b[?1049l", "\x1b[0m"} {
		if !strings.Contains(reset, want) {
			t.Errorf("reset %q lacks %q", reset, want)
		}
	}
	if strings.Contains(reset, "1000") || !strings.HasSuffix(reset, "\x1b[?1049l") {
		t.Errorf("reset %q undoes what was undone, or leaves the alternate screen too early", reset)
	}
}

func TestRawRestores(t *testing.T) {
	ability.Need(t, ability.PTY)
	ptmx, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer ptmx.Close()
	defer tty.Close()
	before, err := term.GetState(int(tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := MakeRaw(tty)
	if err != nil {
		t.Fatal(err)
	}
	if now, _ := term.GetState(int(tty.Fd())); *now == *before {
		t.Fatal("the terminal did not become raw")
	}
	func() {
		defer func() { _ = recover() }()
		defer raw.RestoreOnPanic()
		panic("a goroutine's fault")
	}()
	if now, _ := term.GetState(int(tty.Fd())); *now != *before {
		t.Error("the terminal was left raw after a panic")
	}
	raw.Restore()
	(*Raw)(nil).Restore()
}
