package ui

import (
	"slices"
	"strconv"
	"time"

	"berth/engine"
	"berth/pty/vt"
	"berth/ui/internal/display"
	"berth/ui/internal/keymap"
	"berth/ui/internal/layout"
	"berth/ui/internal/match"
	"berth/ui/internal/screen"
	"berth/ui/internal/terminal"

	tea "charm.land/bubbletea/v2"
)

// shellTab is the name of the main area's tab of shells.
const shellTab = "Shell"

func init() { // behind the init of the handlers, which is in a file before this one
	handlers[keymap.Shell] = (*Model).openShell
	handlers[keymap.Attach] = (*Model).attachMain
	handlers[keymap.Detach] = (*Model).leaveShell
	handlers[keymap.CloseShell] = (*Model).leaveShell
	handlers[keymap.SearchBack] = handlers[keymap.Filter]
	for _, a := range keymap.Default().Actions() {
		switch a.Scope {
		case keymap.ShellView, keymap.ShellKeys, keymap.CopyMode, keymap.ShellEnded, keymap.ShellList:
		default:
			continue
		}
		if handlers[a.ID] == nil {
			handlers[a.ID] = func(m *Model) tea.Cmd { return m.tell("That is for shells; s on a container opens one.") }
		}
	}
}

// created is a container with a terminal that was made and is to be started in a pane.
type created struct{ id, name string }

// shelled takes what concerns shells.
func (m *Model) shelled(msg tea.Msg) tea.Cmd {
	_, here := m.main.Tab().(*screen.Shell)
	if here {
		m.drawn.mark(layout.Main)
		m.drawn.footer = true
	}
	switch msg := msg.(type) {
	case screen.ShellOutput:
		return m.shells.Woken()
	case screen.ShellOpened:
		// That its container is there may be heard only now; it has no shell to go to.
		if id, failed := msg.Failed(); failed && id == m.want.shell {
			m.want.shell = ""
		}
		return m.shells.Opened(msg)
	case screen.ShellsFound:
		return m.shells.Found(msg)
	case created:
		m.want.container, m.want.shell = msg.id, msg.id
		m.goToContainer()
		return m.shells.Start(msg.id, msg.name)
	}
	return nil
}

// leaveShell gives the focus back to the list.
func (m *Model) leaveShell() tea.Cmd {
	if _, ok := m.typing(); !ok {
		return m.tell("No shell is open here.")
	}
	m.window.zoom = false
	m.focusOn(m.window.list)
	return nil
}

// openShell opens a shell in the selected container, or goes back to it.
func (m *Model) openShell() tea.Cmd {
	c, ok := m.containers.Selected()
	switch {
	case !ok:
		return m.tell("No container is selected.")
	case !c.State.Alive():
		return m.tell(display.Clean(c.Name) + " does not run; " + m.look.keys.Key(keymap.Containers, keymap.Start) + " starts it.")
	}
	return m.inShell(c, m.shells.Open(c.ID))
}

// attachMain shows the selected container's own program.
func (m *Model) attachMain() tea.Cmd {
	c, ok := m.containers.Selected()
	switch {
	case !ok:
		return m.tell("No container is selected.")
	case !c.State.Alive():
		return m.tell(display.Clean(c.Name) + " does not run; " + m.look.keys.Key(keymap.Containers, keymap.Start) + " starts it.")
	}
	return m.inShell(c, m.shells.AttachMain(c.ID, c.Name, c.Command))
}

// inShell shows the tab of a container's shells.
func (m *Model) inShell(c engine.Container, cmd tea.Cmd) tea.Cmd {
	m.window.list = layout.Containers
	follow := m.main.Show(screen.Subject{Kind: screen.AContainer, ID: c.ID})
	return tea.Batch(follow, m.tab(screen.AContainer, shellTab), cmd)
}

// followShells keeps the shells in step with what the engine has told and with where
// the focus is.
func (m *Model) followShells() tea.Cmd {
	var cmd tea.Cmd
	if m.want.shell != "" && m.main.Subject().ID == m.want.shell {
		m.want.shell = ""
		cmd = m.tab(screen.AContainer, shellTab)
	}
	if !m.look.style.Plain {
		r := m.look.theme.Roles
		m.shells.SetColors(screen.ShellColor(r.Text), screen.ShellColor(r.Background))
	}
	if t, ok := m.typing(); ok && m.overlay == nil && !m.window.blurred {
		m.shells.SetFocus(t.Terminal())
	} else {
		m.shells.SetFocus(nil)
	}
	if m.containers.Rang(m.shells.Rang()) {
		m.drawn.mark(layout.Containers)
	}
	return cmd
}

// keepShells forgets the shells of containers that are gone.
func (m *Model) keepShells() {
	m.shells.Keep(func(id string) bool {
		_, ok := m.state.Container(id)
		return ok || id == m.want.shell
	})
}

// bereave takes the keys from the main area if its subject, in whose shell they were, is
// gone: what is typed on would go to the shell of another container.
func (m *Model) bereave(term *terminal.Terminal, was screen.Subject) {
	if term == nil || m.window.focus != layout.Main {
		return
	}
	if _, there := m.state.Container(was.ID); there || was.Kind != screen.AContainer {
		return
	}
	m.window.deaf = time.Now().Add(armAfter)
	m.focusOn(m.window.list)
	text := "The container is gone, and its shell with it."
	if end := term.End(); end != nil && end.Err == nil && end.Status.Signal == 0 {
		text = "The program ended (exit " + strconv.Itoa(end.Status.Code) + "), and its container is gone."
	}
	m.tell(text)
}

// typing returns the tab that takes keys as they come, if it has the focus.
func (m *Model) typing() (screen.KeyTaker, bool) {
	if m.window.focus != layout.Main {
		return nil, false
	}
	t, ok := m.main.Tab().(screen.KeyTaker)
	return t, ok
}

// typed hands a key to a tab that takes all of them; what it leaves is an action like
// any other.
func (m *Model) typed(t screen.KeyTaker, k tea.KeyPressMsg) tea.Cmd {
	before, id := t.Scope(), m.look.keys.Lookup(m.scope(), k.String())
	if before == keymap.ShellEnded && id != keymap.ShellPrefix && time.Since(t.Terminal().End().Heard) < armAfter {
		return nil // it was typed for the program that has just ended
	}
	cmd, left := t.Key(k, id)
	if before != keymap.ShellView || t.Scope() != keymap.ShellView || left != "" {
		m.drawn.mark(layout.Main)
		m.drawn.footer = true
	} // else the program got it, and shows what it makes of it
	if left != "" {
		cmd = tea.Batch(cmd, m.do(left))
	}
	if m.overlay == nil && t.Scope() != keymap.CopyMode && !m.main.Pattern().Empty() {
		m.main.Search(match.Pattern{}) // it was left with copy mode
	}
	return cmd
}

// shellMouse hands the mouse to a shell that is under it; false if there is none.
func (m *Model) shellMouse(msg tea.MouseMsg) (tea.Cmd, bool) {
	t, ok := m.main.Tab().(*screen.Shell)
	if !ok {
		return nil, false
	}
	at, in := msg.Mouse(), m.body(layout.Main)
	if in.Empty() || !in.Contains(at.X, at.Y) && !t.Dragging() {
		return nil, false
	}
	_, click := msg.(tea.MouseClickMsg)
	if _, motion := msg.(tea.MouseMotionMsg); motion && m.window.focus != layout.Main && !t.Dragging() {
		return nil, true
	}
	if click && m.window.focus != layout.Main {
		m.focusOn(layout.Main)
		return nil, true // the click that comes here is not one on what is here
	}
	m.drawn.mark(layout.Main)
	return t.Mouse(msg, at.X-in.X, at.Y-in.Y)
}

// shellLive is where the shell that has the focus is in the window, if nothing is laid over
// it or made of it. What is said shares the last lines of a window without a footer.
func (m *Model) shellLive(footless bool) *screen.Live {
	t, ok := m.main.Tab().(*screen.Shell)
	if !ok || m.window.focus != layout.Main || m.overlay != nil || m.sel.on || m.opts.ASCII || footless || t.Live() == nil {
		return nil
	}
	live, in := *t.Live(), m.body(layout.Main)
	live.X, live.Y = live.X+in.X, live.Y+in.Y
	if live.X+live.W > m.window.w || live.Y+live.H > m.window.h {
		return nil
	}
	return &live
}

// shellCursor is the cursor of the shell that has the focus, in the window.
func (m *Model) shellCursor() *tea.Cursor {
	t, ok := m.typing()
	if !ok {
		return nil
	}
	c := t.Cursor()
	if c == nil {
		return nil
	}
	in := m.body(layout.Main)
	if c.X >= in.W || c.Y >= in.H {
		return nil
	}
	c.X, c.Y = c.X+in.X, c.Y+in.Y
	return c
}

// shellView asks the outer terminal for what the program that has the focus asks for. One
// that has ended asks for nothing any more: it may have died without taking it back.
func (m *Model) shellView(v *tea.View) {
	t, ok := m.typing()
	if !ok || t.Terminal() == nil || t.Terminal().End() != nil {
		return
	}
	modes := t.Terminal().Modes()
	if modes.Mouse == vt.MouseAny && !m.window.noMouse {
		v.MouseMode = tea.MouseModeAllMotion
	}
	v.KeyboardEnhancements = tea.KeyboardEnhancements{
		ReportEventTypes: modes.Kitty&vt.KittyEventTypes != 0, ReportAlternateKeys: modes.Kitty&vt.KittyAlternateKeys != 0,
	}
}

// twin reports whether an action of a shell is one that another scope has too, such as
// zoom: it has another key there, but no other meaning.
func (m *Model) twin(a keymap.Action) bool {
	rank := func(s keymap.Scope) int {
		return slices.Index([]keymap.Scope{keymap.ShellKeys, keymap.ShellEnded, keymap.ShellList, keymap.CopyMode, keymap.ShellView}, s)
	}
	return rank(a.Scope) >= 0 && slices.ContainsFunc(m.look.keys.Actions(), func(b keymap.Action) bool {
		return b.ID == a.ID && rank(b.Scope) < rank(a.Scope)
	})
}
