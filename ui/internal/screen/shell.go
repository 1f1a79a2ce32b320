package screen

import (
	"context"
	"slices"

	"berth/engine"
	"berth/ui/internal/keymap"
	"berth/ui/internal/match"
	"berth/ui/internal/terminal"

	tea "charm.land/bubbletea/v2"
)

// A KeyTaker is a tab that takes keys, pasted text and the mouse as they come.
type KeyTaker interface {
	Tab
	// Key takes a key; id is what it means in the tab's scope, "" for nothing. What it
	// leaves to the root it returns as an action.
	Key(k tea.KeyPressMsg, id keymap.ID) (cmd tea.Cmd, left keymap.ID)
	// Release takes a key that went up.
	Release(k tea.KeyReleaseMsg)
	// Paste takes pasted text.
	Paste(text string)
	// Mouse takes a mouse event at a cell of the drawing, and reports whether it did.
	Mouse(msg tea.MouseMsg, x, y int) (cmd tea.Cmd, taken bool)
	// Cursor returns the cursor within the drawing, nil if none shows.
	Cursor() *tea.Cursor
	// Terminal returns the terminal that gets the keys, nil if none does.
	Terminal() *terminal.Terminal
}

// A Shell is the tab of a container's shells. The sessions belong to [Shells]; the tab
// comes and goes with the selection.
type Shell struct {
	shells *Shells
	id     string
	info   func() (c engine.Container, ok bool)
	prefix string // the prefix key that was pressed, "" if none was
	pending
	w, h   int
	places []place // of the sessions in the last drawing
	strip  []barSpan
	drag   *session // where the mouse went down
	live   *Live
}

// NewShell returns the tab of a container's shells.
func NewShell(shells *Shells, container string, info func() (engine.Container, bool)) *Shell {
	return &Shell{shells: shells, id: container, info: info}
}

// Name implements Tab.
func (t *Shell) Name() string { return "Shell" }

func (t *Shell) deck() *deck {
	if d := t.shells.decks[t.id]; d != nil {
		return d
	}
	return &deck{container: t.id} // of a container without sessions; nothing is kept for it
}

// Scope implements Tab.
func (t *Shell) Scope() keymap.Scope {
	s := t.deck().current()
	switch {
	case t.prefix != "":
		return keymap.ShellKeys
	case s == nil || s.term == nil:
		return keymap.ShellList
	case s.term.Copying():
		return keymap.CopyMode
	case !s.live():
		return keymap.ShellEnded
	}
	return keymap.ShellView
}

// Open implements Tab: it finds the sessions that run.
func (t *Shell) Open(context.Context) tea.Cmd { return t.shells.list(t.id, nil) }

// Receive implements Tab.
func (t *Shell) Receive(any) tea.Cmd { return nil }

// Terminal implements KeyTaker.
func (t *Shell) Terminal() *terminal.Terminal {
	if s := t.deck().current(); s != nil {
		return s.term
	}
	return nil
}

// Key implements KeyTaker.
func (t *Shell) Key(k tea.KeyPressMsg, id keymap.ID) (tea.Cmd, keymap.ID) {
	term := t.Terminal()
	prefix := t.prefix
	t.prefix = ""
	switch {
	case prefix != "" && k.String() == prefix: // twice: the key itself
		if term != nil {
			term.Key(k)
		}
		return nil, ""
	case prefix == "" && term != nil && term.Copying() && t.copyTyped(term, k, id):
		return nil, ""
	case id == keymap.ShellPrefix:
		t.prefix = k.String()
		return nil, ""
	case id == keymap.GoShell:
		t.goTo(int(k.Code - '1'))
		return nil, ""
	case id == "" && prefix == "" && term != nil && term.End() == nil && !term.Copying():
		term.Key(k)
		return nil, ""
	}
	return nil, id
}

// Release implements KeyTaker.
func (t *Shell) Release(k tea.KeyReleaseMsg) {
	if term := t.Terminal(); term != nil && t.prefix == "" && !term.Copying() {
		term.Release(k)
	}
}

// Paste implements KeyTaker.
func (t *Shell) Paste(text string) {
	if term := t.Terminal(); term != nil && term.End() == nil {
		term.Paste(text)
	}
}

// Do implements Tab.
func (t *Shell) Do(id keymap.ID) (tea.Cmd, bool) {
	d := t.deck()
	s := d.current()
	if s != nil && s.term != nil && s.term.Copying() {
		if cmd, ok := t.copyKey(s.term, id); ok {
			return cmd, true
		}
	}
	switch id {
	case keymap.NewShell, keymap.Shell:
		return t.shells.New(t.id), true
	case keymap.Attach:
		return t.attachMain(), true
	case keymap.Open:
		if s != nil && s.term == nil && !s.opening {
			return t.shells.attach(d, s), true
		}
		return t.shells.Open(t.id), true
	case keymap.NextShell, keymap.Down:
		t.goTo((d.cur + 1) % max(1, len(d.all)))
	case keymap.PrevShell, keymap.Up:
		t.goTo((d.cur + len(d.all) - 1) % max(1, len(d.all)))
	case keymap.Detach:
		t.detach(s)
		return nil, false // the root leaves the pane, before the next key comes
	case keymap.CloseShell:
		cmd := t.close(s)
		return cmd, len(d.all) > 0 // the root leaves an empty pane
	case keymap.RunAgain:
		return t.again(s), true
	case keymap.SplitShell:
		return t.split(false), true
	case keymap.SplitBelow:
		return t.split(true), true
	case keymap.Unsplit:
		d.tiles = nil
	case keymap.OtherShell:
		t.other()
	case keymap.Copying:
		if s != nil && s.term != nil {
			s.term.Copy()
		}
	default:
		return nil, false
	}
	return nil, true
}

// detach leaves a session; its program runs on.
func (t *Shell) detach(s *session) {
	if s != nil && s.term != nil {
		s.term.Close()
		s.term = nil
	}
}

// close takes a session out of the tab. Its program runs on, and is found again.
func (t *Shell) close(s *session) tea.Cmd {
	if s == nil {
		return nil
	}
	d, live := t.deck(), s.live()
	t.detach(s)
	d.remove(s)
	if live {
		return tea.Batch(say(s.title()+" runs on; it is found again in this tab."), t.shells.list(t.id, nil))
	}
	return nil
}

// again runs what has ended once more.
func (t *Shell) again(s *session) tea.Cmd {
	switch c, ok := t.info(); {
	case s == nil || s.live() || s.opening:
		return nil
	case s.id != mainProcess && s.term.End().Err != nil: // the connection broke, not the program
		return t.shells.attach(t.deck(), s)
	case s.id != mainProcess:
		return t.shells.exec(t.deck(), s, s.cmd)
	case ok && c.State.Alive():
		return t.shells.attach(t.deck(), s)
	}
	return t.shells.Start(t.id, s.name)
}

func (t *Shell) attachMain() tea.Cmd {
	c, ok := t.info()
	if !ok {
		return nil
	}
	return t.shells.AttachMain(c.ID, c.Name, c.Command)
}

// goTo gives the keys to another session.
func (t *Shell) goTo(i int) {
	if d := t.deck(); i >= 0 && i < len(d.all) {
		d.choose(d.all[i])
	}
}

// split shows another session beside the current one or below it: one that runs and
// does not show, else a new one.
func (t *Shell) split(below bool) tea.Cmd {
	d := t.deck()
	s := d.current()
	if s == nil {
		return t.shells.New(t.id)
	}
	var cmd tea.Cmd
	next := slices.IndexFunc(d.all, func(o *session) bool { return o != s && o.live() && !d.tiles.has(o) })
	if next < 0 {
		cmd = t.shells.New(t.id) // it is the current one now, in the place of s
		d.tiles.replace(d.current(), s)
		next = d.cur
	}
	d.tiles.add(s, d.all[next], below)
	d.cur = next
	if len(d.tiles.arrange(0, 0, t.w, t.h-1)) == 0 {
		cmd = tea.Batch(cmd, say("There is no room for one more here; zoom, or a larger window, shows it."))
	}
	return cmd
}

// other gives the keys to the next one of those that show.
func (t *Shell) other() {
	d := t.deck()
	if next := d.tiles.next(d.current()); next != nil {
		d.choose(next)
	}
}

// Search implements Tab.
func (t *Shell) Search(p match.Pattern) {
	if term := t.Terminal(); term != nil {
		term.Search(p)
	}
}

// Scroll implements Tab.
func (t *Shell) Scroll(n int) {
	if term := t.Terminal(); term != nil {
		term.Scroll(n)
	}
}

// Copy implements Tab.
func (t *Shell) Copy() string {
	if term := t.Terminal(); term != nil {
		return term.Yank()
	}
	return ""
}
