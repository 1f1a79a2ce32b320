// Package terminal is a live terminal in a pane: a screen (package vt) that a program
// writes to through an attachment of the engine, what the user types to it, and the view
// of it: scrollback, selection and copy mode. It draws lines of cells and knows nothing
// of tabs, containers or the rest of the window.
//
// It runs in berth. Output goes from the attachment's goroutine straight into the
// screen under a lock that is held for a bounded time; input goes through a queue, so
// that a program which does not read blocks nobody. The owner's methods are called from
// one goroutine and never wait for the program.
package terminal

import (
	"errors"
	"sync"
	"time"

	"berth/engine"
	"berth/pty/vt"
)

// slice is how much output is interpreted before the lock is offered to who draws or
// types: a quarter of a millisecond of work at most.
const slice = 16 << 10

// syncLimit is how long a program may hold its picture back (mode 2026) before it is
// drawn all the same: it may have died.
const syncLimit = 150 * time.Millisecond

// Options say what a terminal begins with.
type Options struct {
	Size       engine.Size
	Foreground vt.Color // what the program is told when it asks for colours
	Background vt.Color
	// Wake is called from other goroutines when there is something new to draw, or the
	// program ended. It must not block.
	Wake func()
}

// An End is how the connection to a program ended.
type End struct {
	Status engine.ExitStatus
	Err    error     // the connection broke; the program may run on
	Heard  time.Time // when that was known here
}

// A Terminal shows one program. Make it with [New], hand it to the engine as the
// attachment's Stdout, then [Terminal.Connect] it.
type Terminal struct {
	wake func()
	in   *input

	mu      sync.Mutex // guards below
	screen  *vt.Screen
	view    view
	end     *End
	heldAt  time.Time   // when the program began to hold its picture back
	told    engine.Size // of the program's terminal, by the engine; zero if it has not said
	asked   bool        // the program wanted to use the clipboard
	focused bool
}

// New returns a blank terminal.
func New(o Options) *Terminal {
	t := &Terminal{wake: o.Wake, in: newInput(o.Wake)}
	t.screen = vt.New(vt.Options{
		Cols: o.Size.Cols, Rows: o.Size.Rows, Foreground: o.Foreground, Background: o.Background,
		Clipboard: func(vt.ClipboardRequest) { t.asked = true }, // under mu, within Write
	})
	t.view.size = o.Size
	return t
}

// Connect begins to send what is typed to an attachment that writes to t, and to wait
// for its end. t closes it.
func (t *Terminal) Connect(a engine.Attachment) {
	go t.in.run(a)
	go func() {
		status, err := a.Wait()
		t.mu.Lock()
		t.end = &End{status, err, time.Now()}
		if errors.Is(err, engine.ErrDetached) {
			t.end.Err = nil
		}
		t.mu.Unlock()
		t.in.close()
		t.wake()
	}()
}

// Close detaches. The program runs on. It does not wait.
func (t *Terminal) Close() { t.in.close() }

// End returns how the connection ended, nil while it stands.
func (t *Terminal) End() *End {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.end
}

// Write takes output of the program. It never fails.
func (t *Terminal) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		part := p[:min(len(p), slice)]
		p = p[len(part):]
		t.mu.Lock()
		before := t.screen.Scrolled()
		held := t.screen.Modes().Has(vt.ModeSync)
		t.screen.Write(part)
		t.view.pushed(t.screen, int(t.screen.Scrolled()-before))
		if !held && t.screen.Modes().Has(vt.ModeSync) {
			t.heldAt = time.Now()
		}
		if r := t.screen.Replies(); len(r) > 0 {
			t.in.send(r)
		}
		t.mu.Unlock()
	}
	t.wake()
	return n, nil
}

// Resize makes the terminal another size and tells the program.
func (t *Terminal) Resize(s engine.Size) {
	s.Cols, s.Rows = min(max(s.Cols, 1), vt.MaxCols), min(max(s.Rows, 1), vt.MaxRows)
	t.mu.Lock()
	defer t.mu.Unlock()
	if s == t.view.size {
		return
	}
	t.view.size, t.told = s, engine.Size{}
	t.resize(s)
	t.in.resize(s)
}

// Sized takes the size that the program draws for from here on, which is another window's
// if that one was active last. Give it to the engine as the attachment's OnSize.
func (t *Terminal) Sized(s engine.Size) {
	if s.Cols < 1 || s.Rows < 1 || s.Cols > vt.MaxCols || s.Rows > vt.MaxRows {
		return
	}
	t.mu.Lock()
	t.told = s
	if cols, rows := t.screen.Size(); cols != s.Cols || rows != s.Rows {
		t.resize(s)
	}
	t.mu.Unlock()
	t.wake()
}

// resize makes the screen another size. It does not answer: who keeps the program tells it
// in band (mode 2048), and an answer of ours would count as the user's typing here.
func (t *Terminal) resize(s engine.Size) {
	t.screen.Resize(s.Cols, s.Rows)
	t.screen.Replies()
	t.view.resized(t.screen)
}

// Foreign returns the size that the program draws for, if it is that of another window.
func (t *Terminal) Foreign() (size engine.Size, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.told, t.told != engine.Size{} && t.told != t.view.size && t.end == nil
}

// SetColors changes the colours that the program is told.
func (t *Terminal) SetColors(foreground, background vt.Color) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.screen.SetDefaultColors(foreground, background, 0)
	if r := t.screen.Replies(); len(r) > 0 {
		t.in.send(r)
	}
}

// Title returns the title that the program set, "" if none.
func (t *Terminal) Title() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.screen.Title()
}

// Bells counts the times that the program rang.
func (t *Terminal) Bells() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.screen.Bells()
}

// Modes returns the modes that the program has set.
func (t *Terminal) Modes() vt.Modes {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.screen.Modes()
}

// AskedClipboard reports whether the program has tried to use the user's clipboard
// since the last call. It was refused: a program may neither read what was copied
// elsewhere nor put a command there for the user to paste.
func (t *Terminal) AskedClipboard() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	asked := t.asked
	t.asked = false
	return asked
}

// Stuck reports whether the program has stopped reading what is typed.
func (t *Terminal) Stuck() bool { return t.in.full() }
