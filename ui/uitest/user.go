// Package uitest drives the workstation as a person does: press keys, type, click, and
// look at the rows of the screen. It runs the real program without a terminal, on any
// engine. It is for tests and for the scenes that pictures are made of.
package uitest

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"berth/engine"
	"berth/ui"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// T is what a test gives the user to complain to.
type T interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// A User sits in front of the workstation.
type User struct {
	t       T
	program *tea.Program
	done    chan struct{}
	err     error

	mu      sync.Mutex // guards below
	content string
	mouse   tea.MouseMode
	changed chan struct{} // closed at the next frame
}

// tap lets the user see what the model draws.
type tap struct {
	*ui.Model
	u *User
}

// Update implements tea.Model.
func (t tap) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	_, cmd := t.Model.Update(msg)
	return t, cmd
}

// View implements tea.Model.
func (t tap) View() tea.View {
	v := t.Model.View()
	t.u.mu.Lock()
	defer t.u.mu.Unlock()
	if v.Content != t.u.content || v.MouseMode != t.u.mouse {
		t.u.content, t.u.mouse = v.Content, v.MouseMode
		close(t.u.changed)
		t.u.changed = make(chan struct{})
	}
	return v
}

// limit is how long a user waits for what should show.
const limit = 10 * time.Second

// Start opens the workstation in a window of w by h cells. It is closed at the test's end.
func Start(t T, eng engine.Engine, opts ui.Options, w, h int) *User {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	u := &User{t: t, done: make(chan struct{}), changed: make(chan struct{})}
	u.program = tea.NewProgram(tap{ui.New(ctx, eng, opts), u}, tea.WithContext(ctx), tea.WithInput(nil), tea.WithOutput(io.Discard),
		tea.WithWindowSize(w, h), tea.WithoutSignalHandler(), tea.WithEnvironment([]string{"TERM=xterm-256color", "COLORTERM=truecolor"}))
	go func() {
		defer close(u.done)
		_, u.err = u.program.Run()
	}()
	t.Cleanup(func() {
		cancel()
		<-u.done
	})
	return u
}

// named are the keys that are not the character that they are called.
var named = map[string]tea.KeyPressMsg{
	"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "tab": {Code: tea.KeyTab}, "shift+tab": {Code: tea.KeyTab, Mod: tea.ModShift},
	"space": {Code: tea.KeySpace, Text: " "}, "backspace": {Code: tea.KeyBackspace}, "delete": {Code: tea.KeyDelete},
	"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight},
	"home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd}, "pgup": {Code: tea.KeyPgUp}, "pgdown": {Code: tea.KeyPgDown},
	"f1": {Code: tea.KeyF1}, "f2": {Code: tea.KeyF2},
}

// Key returns the message of a key by its name: "enter", "ctrl+c", "R".
func Key(name string) tea.KeyPressMsg {
	if k, ok := named[name]; ok {
		return k
	}
	if c, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: []rune(c)[0], Mod: tea.ModCtrl}
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}

// Press presses keys one after the other.
func (u *User) Press(keys ...string) *User {
	for _, k := range keys {
		u.program.Send(Key(k))
	}
	return u
}

// Type types text.
func (u *User) Type(text string) *User {
	for _, r := range text {
		if r == ' ' {
			u.Press("space")
			continue
		}
		u.Press(string(r))
	}
	return u
}

// Paste pastes text.
func (u *User) Paste(text string) *User {
	u.program.Send(tea.PasteMsg{Content: text})
	return u
}

// Click clicks on the first place on the screen where text stands.
func (u *User) Click(text string) *User {
	u.t.Helper()
	u.Sees(text)
	for y, row := range u.Rows() {
		if i := strings.Index(row, text); i >= 0 {
			return u.ClickAt(ansi.StringWidth(row[:i]), y)
		}
	}
	return u
}

// ClickAt clicks on a cell.
func (u *User) ClickAt(x, y int) *User {
	u.program.Send(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
	return u
}

// Drag presses the button on one cell, and lets it go on another.
func (u *User) Drag(x, y, toX, toY int) *User {
	u.ClickAt(x, y)
	u.program.Send(tea.MouseMotionMsg{X: toX, Y: toY, Button: tea.MouseLeft})
	u.program.Send(tea.MouseReleaseMsg{X: toX, Y: toY, Button: tea.MouseLeft})
	return u
}

// Wheel turns the wheel over a cell, down if down is set.
func (u *User) Wheel(x, y int, down bool) *User {
	b := tea.MouseWheelUp
	if down {
		b = tea.MouseWheelDown
	}
	u.program.Send(tea.MouseWheelMsg{X: x, Y: y, Button: b})
	return u
}

// Resize makes the window another size.
func (u *User) Resize(w, h int) *User {
	u.program.Send(tea.WindowSizeMsg{Width: w, Height: h})
	return u
}

// Send hands any message to the program.
func (u *User) Send(msg tea.Msg) *User {
	u.program.Send(msg)
	return u
}

// Styled returns the screen with its colours.
func (u *User) Styled() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.content
}

// Mouse returns which events of the mouse the terminal is asked for.
func (u *User) Mouse() tea.MouseMode {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.mouse
}

// Screen returns the screen as text, without spaces at the ends of lines.
func (u *User) Screen() string { return strings.Join(u.Rows(), "\n") + "\n" }

// Rows returns the lines of the screen as text.
func (u *User) Rows() []string {
	rows := strings.Split(ansi.Strip(u.Styled()), "\n")
	for i, r := range rows {
		rows[i] = strings.TrimRight(r, " ")
	}
	return rows
}

// Until waits until the screen satisfies ok.
func (u *User) Until(what string, ok func(screen string) bool) *User {
	u.t.Helper()
	deadline := time.After(limit)
	for {
		u.mu.Lock()
		changed := u.changed
		u.mu.Unlock()
		if ok(u.Screen()) {
			return u
		}
		select {
		case <-changed:
		case <-u.done:
			u.t.Fatalf("the program ended (%v) before %s:\n%s", u.err, what, u.Screen())
			return u
		case <-deadline:
			u.t.Fatalf("never came: %s. The screen is\n%s", what, u.Screen())
			return u
		}
	}
}

// Insists presses a key again and again until the screen satisfies ok, as one does with
// a question that does not listen yet.
func (u *User) Insists(key, what string, ok func(screen string) bool) *User {
	u.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(limit); !ok(u.Screen()); {
		u.Press(key)
		select {
		case <-tick.C:
		case <-u.done:
			u.t.Fatalf("the program ended (%v) before %s", u.err, what)
			return u
		case <-deadline:
			u.t.Fatalf("never came: %s. The screen is\n%s", what, u.Screen())
			return u
		}
	}
	return u
}

// Sees waits until all texts show.
func (u *User) Sees(texts ...string) *User {
	u.t.Helper()
	for _, text := range texts {
		u.Until(fmt.Sprintf("%q shows", text), func(s string) bool { return strings.Contains(s, text) })
	}
	return u
}

// SeesNot waits until none of the texts shows.
func (u *User) SeesNot(texts ...string) *User {
	u.t.Helper()
	for _, text := range texts {
		u.Until(fmt.Sprintf("%q no longer shows", text), func(s string) bool { return !strings.Contains(s, text) })
	}
	return u
}

// SeesRow waits until one line holds all texts, in this order.
func (u *User) SeesRow(texts ...string) *User {
	u.t.Helper()
	return u.Until(fmt.Sprintf("a row with %q", texts), func(string) bool {
		for _, row := range u.Rows() {
			if inOrder(row, texts) {
				return true
			}
		}
		return false
	})
}

func inOrder(row string, texts []string) bool {
	for _, t := range texts {
		i := strings.Index(row, t)
		if i < 0 {
			return false
		}
		row = row[i+len(t):]
	}
	return true
}

// Leaves waits until the program has ended by itself.
func (u *User) Leaves() {
	u.t.Helper()
	select {
	case <-u.done:
		if u.err != nil {
			u.t.Fatalf("the program ended with %v", u.err)
		}
	case <-time.After(limit):
		u.t.Fatalf("the program does not end. The screen is\n%s", u.Screen())
	}
}

// Settles waits until the screen is want, and returns it, or what it is instead once it
// has long been at rest.
func (u *User) Settles(want string) string {
	deadline := time.After(limit)
	for {
		u.mu.Lock()
		changed := u.changed
		u.mu.Unlock()
		if got := u.Screen(); got == want {
			return got
		}
		select {
		case <-changed:
		case <-u.done:
			return u.Screen()
		case <-deadline:
			return u.Screen()
		}
	}
}

// AtRest waits until the screen has not changed for a while, and returns it.
func (u *User) AtRest() string {
	for {
		u.mu.Lock()
		changed := u.changed
		u.mu.Unlock()
		select {
		case <-changed:
		case <-time.After(500 * time.Millisecond):
			return u.Screen()
		}
	}
}
