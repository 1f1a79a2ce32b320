package ui

import (
	"bytes"
	"os"
	"sync"
	"time"

	"berth/pty/quickio"
	"berth/ui/internal/keymap"
	"berth/ui/internal/terminal"

	tea "charm.land/bubbletea/v2"
)

// settled is how long after a key that went through Bubble Tea the next ones may pass it by.
// It is longer than Bubble Tea waits for the rest of a sequence.
const settled = 100 * time.Millisecond

// A keyboard is what Bubble Tea reads. It hands what is plainly typed for a program in a pane
// to that at once: through Bubble Tea's reader, its decoder, its loop and the model it would
// take longer than all the rest of its way. What that is, the model says after each message;
// everything else goes to Bubble Tea.
//
// Nothing is overtaken: after something that went to Bubble Tea, all goes there until the loop
// has seen a message that was sent when its reader had to be done with it.
//
// It has no name, as a file has, which makes Bubble Tea read it rather than wait for its
// descriptor. A nil keyboard does nothing.
type keyboard struct {
	f     *os.File // of the terminal; Bubble Tea sets its modes
	in    *quickio.Input
	plain [128]bool // bytes that mean nothing here
	keyed func()    // is told of what passed Bubble Tea by

	mu      sync.Mutex // guards below
	to      *terminal.Terminal
	program *tea.Program
	handed  uint64 // reads that went to Bubble Tea
	seen    uint64 // of them, those whose messages the loop has seen
	paste   bool   // the last one ended within a paste
	tail    []byte // its end
	timer   *time.Timer
}

// caughtUp says that Bubble Tea has read what was handed to it up to then.
type caughtUp struct{ handed uint64 }

// newKeyboard returns the keyboard of the terminal that the options name, nil if it is none.
func newKeyboard(opts *Options, keys *keymap.Map, keyed func()) *keyboard {
	f := os.Stdin
	if opts.In != nil {
		f, _ = opts.In.(*os.File)
	}
	if f == nil || !isTerminal(f) {
		return nil
	}
	in, err := quickio.NewInput(f)
	if err != nil {
		return nil // it works without
	}
	return &keyboard{f: f, in: in, plain: plainKeys(keys), keyed: keyed}
}

// plainKeys are the bytes that a program gets as they are and that are no action's key.
func plainKeys(keys *keymap.Map) (plain [128]bool) {
	for b := range plain {
		k := tea.Key{Code: rune(b)}
		switch {
		case b == '\t' || b == '\r' || b == 0x7f:
		case b == '\b' || b < ' ' && (b == 0 || b > 26):
			continue
		case b < ' ':
			k = tea.Key{Code: rune(b) + 'a' - 1, Mod: tea.ModCtrl}
		default:
			k.Text = string(rune(b))
		}
		plain[b] = keys.Lookup(keymap.ShellView, tea.KeyPressMsg(k).String()) == ""
	}
	return plain
}

// Read implements io.Reader.
func (k *keyboard) Read(p []byte) (int, error) {
	for {
		n, err := k.in.Read(p)
		if err != nil || !k.direct(p[:n]) {
			return n, err
		}
	}
}

// direct sends what was typed to the program, if it is that plain.
func (k *keyboard) direct(p []byte) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.to != nil && k.handed == k.seen && k.text(p) && k.to.Type(p) {
		k.keyed()
		return true
	}
	k.hand(p)
	return false
}

// text reports whether p is text or a single other key.
func (k *keyboard) text(p []byte) bool {
	for _, b := range p {
		if b >= 0x80 || !k.plain[b] || len(p) > 1 && (b < ' ' || b == 0x7f) {
			return false
		}
	}
	return true
}

// hand remembers that p goes to Bubble Tea.
func (k *keyboard) hand(p []byte) {
	const begin, end = "\x1b[200~", "\x1b[201~" // of a paste
	k.tail = append(k.tail, p...)
	if b, e := bytes.LastIndex(k.tail, []byte(begin)), bytes.LastIndex(k.tail, []byte(end)); b != e {
		k.paste = b > e
	}
	k.tail = append(k.tail[:0], k.tail[max(0, len(k.tail)-len(begin)+1):]...)
	k.handed++
	if k.program == nil {
		return
	}
	if k.timer == nil {
		k.timer = time.AfterFunc(settled, k.settle)
		return
	}
	k.timer.Reset(settled)
}

// settle tells the loop what Bubble Tea has read by now.
func (k *keyboard) settle() {
	k.mu.Lock()
	program, msg, paste := k.program, caughtUp{k.handed}, k.paste
	k.mu.Unlock()
	if !paste {
		program.Send(msg)
	}
}

// caughtUp is called by the loop.
func (k *keyboard) caughtUp(msg caughtUp) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.seen = max(k.seen, msg.handed)
}

// aim says which terminal gets what is plainly typed; nil for none.
func (k *keyboard) aim(t *terminal.Terminal) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.to = t
}

// use says whose keyboard it is.
func (k *keyboard) use(p *tea.Program) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.program = p
}

// close ends a Read that waits.
func (k *keyboard) close() {
	if k == nil {
		return
	}
	_ = k.in.Close() // nothing is buffered
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.timer != nil {
		k.timer.Stop()
	}
}

// Fd is the terminal's descriptor, for its modes.
func (k *keyboard) Fd() uintptr { return k.f.Fd() }

// Write implements io.Writer: Bubble Tea asks for it and doesn't use it.
func (k *keyboard) Write(p []byte) (int, error) { return k.f.Write(p) }

// Close implements io.Closer. The terminal is its owner's.
func (k *keyboard) Close() error { return nil }

// plainly returns the terminal that gets what is typed, if a plain key does nothing else.
func (m *Model) plainly() *terminal.Terminal {
	t, ok := m.typing()
	if !ok || m.overlay != nil || m.notice.text != "" || m.complaint.shown || m.sel.on ||
		t.Scope() != keymap.ShellView || !m.main.Pattern().Empty() {
		return nil
	}
	return t.Terminal()
}
