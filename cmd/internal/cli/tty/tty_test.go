package tty

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"berth/engine"
	"berth/engine/enginetest/ability"
	"berth/pty/vt"

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

func TestTerminalIsGivenBack(t *testing.T) {
	for _, c := range []struct {
		name, output string
		ended, quiet bool
	}{
		{"nothing special", "text \x1b[31mred\x1b[m\r\n\x1b[?2004h$ \x1b[?2004l", true, true},
		{"detached from text", "text \x1b[31mred", false, false},
		{"an editor was killed", "\x1b[?1049h\x1b[22;0t\x1b[?25l\x1b[?1000;1006h\x1b[>4;2m\x1b[2;5r\x1b=\x1b[>1u\x1b[4h text \x1b[?1000l", true, false},
		{"detached from an editor", "\x1b[?1049h\x1b[?1h\x1b=\x1b[2;5r\x1b[>1u\x1b[4 q", false, false},
		{"ended within a title", "a\x1b]0;never ends", true, false},
		{"ended within a sequence", "a\x1b[?10", true, false},
		{"ended within a string, after an escape", "a\x1bP$q\x1b", true, false},
		{"an editor that tidied up", "\x1b[?1049h\x1b[?25l\x1b[2;5r\x1b[r\x1b[?25h\x1b[?1049l", true, true},
		{"an origin of its own", "\x1b[2;5r\x1b[?6h", true, false},
		{"a title that is whole", "\x1b]0;shell\x07\x1bP$qm\x1b\\x", true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			outer, tmux := vt.New(vt.Options{Cols: 40, Rows: 8}), vt.New(vt.Options{Cols: 40, Rows: 8})
			io.WriteString(tmux, c.output)
			io.WriteString(outer, "\r\nbefore\r\n")
			fresh := outer.Modes()
			m := NewModeTracker(outer)
			for i := range len(c.output) { // every sequence torn
				io.WriteString(m, c.output[i:i+1])
			}
			back := m.Restore(c.ended)
			if c.quiet != (back == "") {
				t.Errorf("restores with %q", back)
			}
			io.WriteString(outer, back)
			io.WriteString(tmux, strings.ReplaceAll(back, "\x1b[!p", "")) // DECSTR, which it lacks
			if tmux.Modes().Has(vt.ModeOrigin) {
				t.Error("the origin stays where there is no DECSTR")
			}
			if n, err := io.WriteString(m, "\x1b[?1049h"); n != 8 || err != nil {
				t.Errorf("late output: %d, %v", n, err)
			}
			if outer.Modes() != fresh || !outer.Cursor().Visible {
				t.Errorf("modes %+v, were %+v", outer.Modes(), fresh)
			}
			io.WriteString(outer, "\r\nafter")
			if text := outer.String(); !strings.Contains(text, "before") || !strings.HasSuffix(text, "\nafter") {
				t.Errorf("screen %q", text)
			}
		})
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
