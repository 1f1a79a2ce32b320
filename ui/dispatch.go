package ui

import (
	"time"

	"berth/ui/internal/keymap"
	"berth/ui/internal/layout"
	"berth/ui/internal/match"
	"berth/ui/internal/screen"

	tea "charm.land/bubbletea/v2"
)

// pressed takes a key: an overlay gets all of them, else the table says what it means.
func (m *Model) pressed(k tea.KeyPressMsg) tea.Cmd {
	if now := time.Now(); now.Before(m.window.deaf) {
		m.window.deaf = now.Add(armAfter) // whoever types on has not seen it yet
		return nil
	}
	if m.overlay != nil {
		m.drawn.all()
		return m.overlay.key(m, k)
	}
	m.complaint.shown = m.notice.bad && m.complaint.op != ""
	if m.notice.text != "" { // whoever goes on has read it, and wants the hints back
		if m.notice.bad {
			m.drawn.all()
		}
		m.notice, m.drawn.footer = notice{}, true
	}
	if t, ok := m.typing(); ok {
		return m.typed(t, k)
	}
	id := m.look.keys.Lookup(m.scope(), k.String())
	if id == keymap.Copy && m.sel.on {
		return m.copySelection()
	}
	m.unselect()
	if id == "" {
		return nil
	}
	return m.do(id)
}

// pasted takes text: into a line that is being typed or a shell, else nowhere.
func (m *Model) pasted(text string) tea.Cmd {
	if p, ok := m.overlay.(paster); ok {
		m.drawn.all()
		return p.paste(m, text)
	}
	if t, ok := m.typing(); ok && m.overlay == nil {
		t.Paste(text)
	}
	return nil
}

// do carries an action out where the focus is.
func (m *Model) do(id keymap.ID) tea.Cmd {
	m.drawn.mark(m.window.focus)
	m.drawn.footer = true
	var began tea.Cmd
	if m.window.focus == layout.Main {
		cmd, ok := m.main.Do(id)
		if ok {
			return cmd
		}
		began = cmd
	}
	if f := handlers[id]; f != nil {
		return tea.Batch(began, f(m))
	}
	return began
}

// handlers says what the actions do. A test proves that every action of the key table
// is here or in a tab.
var handlers map[keymap.ID]func(*Model) tea.Cmd

func init() { // the help and the palette lead back to the table
	handlers = map[keymap.ID]func(*Model) tea.Cmd{
		keymap.Quit:        (*Model).quit,
		keymap.Help:        func(m *Model) tea.Cmd { return m.show(newKeyList(m)) },
		keymap.Palette:     func(m *Model) tea.Cmd { return m.show(newPalette(m)) },
		keymap.Theme:       func(m *Model) tea.Cmd { return m.show(newThemePicker(m)) },
		keymap.FocusImages: focuser(layout.Images),
		keymap.FocusConts:  focuser(layout.Containers),
		keymap.FocusPulls:  focuser(layout.Pulls),
		keymap.FocusMain:   focuser(layout.Main),
		keymap.FocusNext:   func(m *Model) tea.Cmd { m.focusOn((m.window.focus + 1) % layout.Panes); return nil },
		keymap.FocusPrev:   func(m *Model) tea.Cmd { m.focusOn((m.window.focus + layout.Panes - 1) % layout.Panes); return nil },
		keymap.Zoom: func(m *Model) tea.Cmd {
			m.window.zoom = !m.window.zoom
			m.arrange()
			return nil
		},
		keymap.NextTab: func(m *Model) tea.Cmd { return m.turn(1) },
		keymap.PrevTab: func(m *Model) tea.Cmd { return m.turn(-1) },
		keymap.Open:    focuser(layout.Main),
		keymap.Back:    (*Model).back,
		keymap.ToggleMouse: func(m *Model) tea.Cmd {
			m.window.noMouse = !m.window.noMouse
			if m.window.noMouse {
				return m.tell("The mouse belongs to the terminal now; M takes it back.")
			}
			return m.tell("The mouse works here again.")
		},
		keymap.Redraw:     func(m *Model) tea.Cmd { m.drawn.all(); return tea.ClearScreen },
		keymap.FailedStep: (*Model).showFailed,
		keymap.Undo:       (*Model).undo,
		keymap.Copy:       (*Model).copy,
		keymap.Filter:     func(m *Model) tea.Cmd { return m.show(newFilter(m)) },

		keymap.Up:          func(m *Model) tea.Cmd { return m.move(keymap.Up) },
		keymap.Down:        func(m *Model) tea.Cmd { return m.move(keymap.Down) },
		keymap.PageUp:      func(m *Model) tea.Cmd { return m.move(keymap.PageUp) },
		keymap.PageDown:    func(m *Model) tea.Cmd { return m.move(keymap.PageDown) },
		keymap.Top:         func(m *Model) tea.Cmd { return m.move(keymap.Top) },
		keymap.Bottom:      func(m *Model) tea.Cmd { return m.move(keymap.Bottom) },
		keymap.NextMatch:   func(m *Model) tea.Cmd { return m.move(keymap.NextMatch) },
		keymap.PrevMatch:   func(m *Model) tea.Cmd { return m.move(keymap.PrevMatch) },
		keymap.Sort:        func(m *Model) tea.Cmd { return m.move(keymap.Sort) },
		keymap.SortReverse: func(m *Model) tea.Cmd { return m.move(keymap.SortReverse) },
		keymap.Mark:        func(m *Model) tea.Cmd { return m.move(keymap.Mark) },
		keymap.MarkAll:     func(m *Model) tea.Cmd { return m.move(keymap.MarkAll) },

		keymap.Pull:        (*Model).askPull,
		keymap.Run:         (*Model).runImage,
		keymap.RunEdit:     (*Model).askRun,
		keymap.RemoveImage: (*Model).removeImages,
		keymap.Tag:         (*Model).askTag,
		keymap.Pin:         (*Model).pin,
		keymap.History:     func(m *Model) tea.Cmd { return m.tab(screen.AnImage, "History") },
		keymap.Inspect:     (*Model).inspect,

		keymap.Start:      (*Model).start,
		keymap.Stop:       (*Model).stop,
		keymap.Restart:    (*Model).restart,
		keymap.Pause:      (*Model).pause,
		keymap.Kill:       (*Model).kill,
		keymap.RemoveCont: (*Model).removeContainers,
		keymap.Rename:     (*Model).askRename,
		keymap.Logs:       func(m *Model) tea.Cmd { return m.tab(screen.AContainer, "Logs") },
		keymap.Stats:      func(m *Model) tea.Cmd { return m.tab(screen.AContainer, "Stats") },
		keymap.Save:       (*Model).askSave,
		keymap.Reload:     func(m *Model) tea.Cmd { return m.main.Reopen() },

		keymap.CancelPull:  (*Model).cancelPull,
		keymap.PausePull:   (*Model).holdPull,
		keymap.RetryPull:   (*Model).retryPull,
		keymap.DismissPull: (*Model).dismissPull,
	}
}

func focuser(p layout.Pane) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		m.focusOn(p)
		return nil
	}
}

func (m *Model) turn(dir int) tea.Cmd {
	m.drawn.mark(layout.Main)
	return m.main.Turn(dir)
}

// tab shows a tab of the main area and goes there.
func (m *Model) tab(kind screen.Kind, name string) tea.Cmd {
	cmd := m.main.Choose(kind, name)
	m.focusOn(layout.Main)
	return cmd
}

func (m *Model) inspect() tea.Cmd { return m.tab(m.main.Subject().Kind, "Inspect") }

// mover is what all lists can do, whatever their rows are.
type mover interface {
	Move(n int)
	Page() int
	Top()
	Bottom()
	Step(dir int)
	SortNext()
	Reverse()
	Mark()
	MarkAll()
	Unmark() bool
	Filter(match.Pattern)
	Pattern() match.Pattern
	Scroll(n int)
	Click(x, y int) bool
	Len() (shown, all int)
}

// listOf returns the list in a pane, nil for the main area.
func (m *Model) listOf(p layout.Pane) mover {
	switch p {
	case layout.Images:
		return m.images.Model
	case layout.Containers:
		return m.containers.Model
	case layout.Pulls:
		return m.pulls.Model
	}
	return nil
}

// move moves in the focused list.
func (m *Model) move(id keymap.ID) tea.Cmd {
	l := m.listOf(m.window.focus)
	if l == nil {
		return nil
	}
	switch id {
	case keymap.Up:
		l.Move(-1)
	case keymap.Down:
		l.Move(1)
	case keymap.PageUp:
		l.Move(-l.Page())
	case keymap.PageDown:
		l.Move(l.Page())
	case keymap.Top:
		l.Top()
	case keymap.Bottom:
		l.Bottom()
	case keymap.NextMatch:
		l.Step(1)
	case keymap.PrevMatch:
		l.Step(-1)
	case keymap.Sort:
		l.SortNext()
	case keymap.SortReverse:
		l.Reverse()
	case keymap.Mark:
		l.Mark()
	case keymap.MarkAll:
		l.MarkAll()
	}
	return nil
}

// back undoes the narrowest thing: the search, the marks, the filter, the zoom, the focus.
func (m *Model) back() tea.Cmd {
	if m.window.focus == layout.Main {
		if !m.main.Pattern().Empty() {
			m.main.Search(match.Pattern{})
			return nil
		}
		m.window.zoom = false
		m.focusOn(m.window.list)
		return nil
	}
	l := m.listOf(m.window.focus)
	switch {
	case l.Unmark():
	case !l.Pattern().Empty():
		l.Filter(match.Pattern{})
		m.arrange()
	case m.window.zoom:
		m.window.zoom = false
		m.arrange()
	}
	return nil
}

// copy puts what is under the cursor onto the clipboard, by OSC 52.
func (m *Model) copy() tea.Cmd {
	text, what := "", ""
	switch m.window.focus {
	case layout.Images:
		if i, ok := m.images.Selected(); ok {
			text, what = screen.ImageRef(i), screen.ImageRef(i)
		}
	case layout.Containers:
		if c, ok := m.containers.Selected(); ok {
			text, what = c.Name, c.Name
		}
	case layout.Pulls:
		if p, ok := m.pulls.Selected(); ok {
			text, what = p.Progress.Ref, p.Progress.Ref
		}
	default:
		if t := m.main.Tab(); t != nil {
			text = t.Copy()
			what = clip(text)
		}
	}
	if text == "" {
		return m.tell("There is nothing to copy here.")
	}
	return tea.Batch(tea.SetClipboard(text), m.report("Copied "+what+"."))
}

// quit ends the program. Deletions that wait are carried out: they were asked for.
func (m *Model) quit() tea.Cmd {
	m.leaving.asked, m.leaving.farewell = true, m.parting()
	m.shells.Keep(func(string) bool { return false })
	done := m.flush()
	return tea.Sequence(done, func() tea.Msg {
		m.cancel()
		return tea.Quit()
	})
}
