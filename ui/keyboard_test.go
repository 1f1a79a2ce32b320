package ui

import (
	"strings"
	"sync"
	"testing"
	"time"

	"berth/engine"
	"berth/ui/internal/keymap"
	"berth/ui/internal/layout"
	"berth/ui/internal/terminal"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
)

// A taker is the attachment of a program that reads all that is typed.
type taker struct {
	engine.Attachment
	mu     sync.Mutex
	typed  strings.Builder
	closed chan struct{}
}

func (a *taker) Offer(p []byte) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.typed.Write(p)
	return true
}
func (a *taker) Write(p []byte) (int, error)      { a.Offer(p); return len(p), nil }
func (a *taker) Resize(engine.Size) error         { return nil }
func (a *taker) Wait() (engine.ExitStatus, error) { <-a.closed; return engine.ExitStatus{}, nil }
func (a *taker) Close() error                     { close(a.closed); return nil }

func (a *taker) take() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	defer a.typed.Reset()
	return a.typed.String()
}

// typist is a keyboard that types into a terminal.
func typist(t *testing.T) (*keyboard, *terminal.Terminal, *taker) {
	t.Helper()
	term := terminal.New(terminal.Options{Size: engine.Size{Cols: 80, Rows: 24}, Wake: func() {}})
	a := &taker{closed: make(chan struct{})}
	term.Connect(a)
	t.Cleanup(term.Close)
	for end := time.Now().Add(5 * time.Second); !term.Type([]byte("x")); { // it connects in the background
		if time.Now().After(end) {
			t.Fatal("the terminal takes nothing")
		}
	}
	a.take()
	k := &keyboard{plain: plainKeys(keymap.Default()), keyed: func() {}}
	k.aim(term)
	return k, term, a
}

// What goes past Bubble Tea is what would have come out of it.
func TestPlainKeysAreSentAsTheyAre(t *testing.T) {
	k, term, a := typist(t)
	for b := range 256 {
		p := []byte{byte(b)}
		if !k.direct(p) {
			k.caughtUp(caughtUp{k.handed})
			if b > ' ' && b < 0x7f {
				t.Errorf("%q is no text", p)
			}
			continue
		}
		got := a.take()
		var d uv.EventDecoder
		_, event := d.Decode(p)
		press, ok := event.(uv.KeyPressEvent)
		if !ok {
			t.Errorf("%q is no key", p)
			continue
		}
		term.Key(tea.KeyPressMsg(press))
		if want := a.take(); got != want {
			t.Errorf("%q: sent %q, want %q", p, got, want)
		}
	}
}

func TestPrefixIsNotPlain(t *testing.T) {
	if plainKeys(keymap.Default())[0x1d] {
		t.Error("ctrl-] would go to the program")
	}
}

// Nothing overtakes what went to Bubble Tea before it.
func TestKeysStayInOrder(t *testing.T) {
	k, _, a := typist(t)
	for _, first := range []string{"\x1d", "\x1b[A", "é", "x\r", "\x1b"} {
		if !k.direct([]byte("a")) || a.take() != "a" {
			t.Fatal("a plain key did not go to the program")
		}
		if k.direct([]byte(first)) {
			t.Errorf("%q did", first)
		}
		old := caughtUp{k.handed}
		if k.direct([]byte("b")) {
			t.Errorf("b overtook %q", first)
		}
		k.caughtUp(old)
		if k.direct([]byte("c")) {
			t.Errorf("c overtook b")
		}
		k.caughtUp(caughtUp{k.handed})
	}
	k.aim(nil)
	if k.direct([]byte("a")) {
		t.Error("nobody is to get it")
	}
}

func TestPasteIsNotTyped(t *testing.T) {
	k, _, _ := typist(t)
	for _, c := range []struct {
		read string
		in   bool
	}{{"\x1b[20", false}, {"0~some", true}, {"text", true}, {"\x1b[201", true}, {"~", false}, {"\x1b[200~all\x1b[201~", false}} {
		k.hand([]byte(c.read))
		if k.paste != c.in {
			t.Errorf("after %q: in a paste: %v", c.read, k.paste)
		}
	}
}

// Modes in which the program wants keys otherwise, and a view of older lines, are not for plain keys.
func TestTypeLeavesWhatIsNotPlain(t *testing.T) {
	for _, c := range []struct {
		what string
		do   func(*terminal.Terminal)
		key  string
	}{
		{"kitty's keys", func(t *terminal.Terminal) { _, _ = t.Write([]byte("\x1b[>1u")) }, "a"},
		{"other keys", func(t *terminal.Terminal) { _, _ = t.Write([]byte("\x1b[>4;2m")) }, "a"},
		{"a locked keyboard", func(t *terminal.Terminal) { _, _ = t.Write([]byte("\x1b[2h")) }, "a"},
		{"newline mode", func(t *terminal.Terminal) { _, _ = t.Write([]byte("\x1b[20h")) }, "\r"},
		{"copy mode", (*terminal.Terminal).Copy, "a"},
		{"the scrollback", func(t *terminal.Terminal) {
			_, _ = t.Write([]byte(strings.Repeat("line\r\n", 100)))
			t.Scroll(-5)
		}, "a"},
	} {
		_, term, a := typist(t)
		c.do(term)
		if term.Type([]byte(c.key)) {
			t.Errorf("%s: %q was sent as it is: %q", c.what, c.key, a.take())
		}
	}
}

// The model says where plain keys go: nowhere while they mean something here.
func TestPlainlyIsOnlyWhereNothingElseListens(t *testing.T) {
	m, term := inShell(t)
	if m.plainly() != term {
		t.Fatal("a shell that has the keys does not get them")
	}
	press := func(k tea.KeyPressMsg) { m.Update(k) }
	press(tea.KeyPressMsg{Code: ']', Mod: tea.ModCtrl})
	if m.plainly() != nil {
		t.Error("behind the prefix")
	}
	press(tea.KeyPressMsg{Code: '?', Text: "?"})
	if m.plainly() != nil {
		t.Error("under the help")
	}
	m.overlay = nil
	m.focusOn(layout.Containers)
	if m.plainly() != nil {
		t.Error("while the list has the focus")
	}
}
