package ui

import (
	"strings"

	"berth/ui/internal/display"
	"berth/ui/internal/keymap"
	"berth/ui/internal/layout"
	"berth/ui/internal/match"
	"berth/ui/internal/screen"
	"berth/ui/internal/widget/input"

	tea "charm.land/bubbletea/v2"
)

// A palette finds any action by name and runs it, wherever the focus is. Below stands the
// command line that does the same.
type palette struct {
	line    *input.Model
	actions []keymap.Action
	found   []keymap.Action
	cursor  int
	top     int
	rows    int // of actions that show
}

func newPalette(m *Model) *palette {
	p := &palette{line: input.New("", nil)}
	for _, g := range m.look.keys.Groups(m.scope()) {
		for _, a := range g.Actions {
			if a.ID != keymap.Palette && !moving[a.ID] && !screen.MovesInCopyMode(a.ID) && !m.twin(a) {
				p.actions = append(p.actions, a)
			}
		}
	}
	p.search()
	return p
}

// moving actions make no sense by name.
var moving = map[keymap.ID]bool{
	keymap.Up: true, keymap.Down: true, keymap.PageUp: true, keymap.PageDown: true, keymap.Top: true, keymap.Bottom: true,
	keymap.ScrollLeft: true, keymap.ScrollRight: true, keymap.GoShell: true, keymap.ShellPrefix: true,
	keymap.SwapEnds: true, keymap.LeaveCopy: true,
}

func (p *palette) search() {
	pattern := match.Parse(p.line.Value())
	p.found, p.cursor, p.top = nil, 0, 0
	var later []keymap.Action
	for _, a := range p.actions {
		switch {
		case pattern.Match(string(a.ID)) || pattern.Match(a.Short):
			p.found = append(p.found, a)
		case pattern.Match(a.Long) || pattern.Match(a.Command):
			later = append(later, a)
		}
	}
	p.found = append(p.found, later...)
}

func (p *palette) key(m *Model, k tea.KeyPressMsg) tea.Cmd {
	switch k.String() {
	case "esc", "ctrl+c":
		m.hide()
	case "up", "ctrl+p":
		p.cursor = max(0, p.cursor-1)
	case "down", "ctrl+n", "tab":
		p.cursor = max(0, min(len(p.found)-1, p.cursor+1))
	case "pgdown":
		p.cursor = max(0, min(len(p.found)-1, p.cursor+8))
	case "pgup":
		p.cursor = max(0, p.cursor-8)
	case "enter":
		return p.run(m)
	default:
		if p.line.Key(k) {
			p.search()
		}
	}
	return nil
}

// run carries out the action under the cursor.
func (p *palette) run(m *Model) tea.Cmd {
	if p.cursor >= len(p.found) {
		return nil
	}
	a := p.found[p.cursor]
	m.hide()
	m.focusFor(a.Scope)
	return m.do(a.ID)
}

// above is how many lines the palette has above its actions.
const above = 3

func (p *palette) click(m *Model, _, y int) tea.Cmd {
	if i := p.top + y - above; y >= above && i < min(len(p.found), p.top+p.rows) {
		p.cursor = i
		return p.run(m)
	}
	return nil
}

func (p *palette) wheel(n int) { p.cursor = max(0, min(len(p.found)-1, p.cursor+n)) }

func (p *palette) paste(_ *Model, text string) tea.Cmd {
	p.line.Insert(text)
	p.search()
	return nil
}

// focusFor puts the focus where an action's keys count.
func (m *Model) focusFor(s keymap.Scope) {
	switch s {
	case keymap.Images:
		m.focusOn(layout.Images)
	case keymap.Containers:
		m.focusOn(layout.Containers)
	case keymap.Pulls:
		m.focusOn(layout.Pulls)
	case keymap.Lists:
		m.focusOn(m.window.list)
	case keymap.LogView, keymap.TreeView, keymap.TableView, keymap.ShellView, keymap.ShellKeys, keymap.CopyMode, keymap.ShellEnded, keymap.ShellList:
		m.focusOn(layout.Main)
	}
}

func (p *palette) draw(m *Model, w, h int) ([]string, int, int) {
	st := m.look.style
	w = min(w, 84)
	inner := w - 4
	line, cur := p.line.Draw(st, inner-2)
	lines := []string{st.Key.Render(":") + " " + line, st.Faint.Render(rule(st, inner))}
	p.rows = max(1, min(h-6, 14))
	p.top = max(min(p.top, p.cursor), p.cursor-p.rows+1)
	for i := p.top; i < min(len(p.found), p.top+p.rows); i++ {
		a := p.found[i]
		key := ""
		if len(a.Keys) > 0 {
			key = keymap.Show(a.Keys[0])
		}
		name := display.Left(string(a.ID), 18, st.Icons.More)
		long := display.Left(a.Long, max(0, inner-29), st.Icons.More)
		key = display.Right(key, 7, "")
		if i == p.cursor {
			lines = append(lines, st.Selected.Render(display.Left(st.Icons.Cursor+name+"  "+long+" "+key, inner, "")))
			continue
		}
		lines = append(lines, " "+st.Text.Render(name)+"  "+st.Muted.Render(long)+" "+st.Key.Render(key))
	}
	if len(p.found) == 0 {
		lines = append(lines, st.Muted.Render("No action has such a name."))
	}
	command := ""
	if p.cursor < len(p.found) {
		command = m.commandLine(p.found[p.cursor])
	}
	same := "There is no command line for this."
	if command != "" {
		same = "$ " + command
	}
	lines = append(lines, st.Faint.Render(rule(st, inner)), st.OK.Render(display.Cut(same, inner, st.Icons.More)))
	return box(st, "Commands", lines, w), 4 + cur, 1
}

// commandLine fills the selection into an action's command line.
func (m *Model) commandLine(a keymap.Action) string {
	image, container, pull := "IMAGE", "CONTAINER", "REFERENCE"
	images, containers := image, container
	if t := m.images.Targets(); len(t) > 0 {
		image, images = screen.ImageRef(t[0]), ""
		if s, ok := m.images.Selected(); ok {
			image = screen.ImageRef(s)
		}
		for _, i := range t {
			images += " " + screen.ImageRef(i)
		}
	}
	if t := m.containers.Targets(); len(t) > 0 {
		container, containers = t[0].Name, ""
		if s, ok := m.containers.Selected(); ok {
			container = s.Name
		}
		for _, c := range t {
			containers += " " + c.Name
		}
	}
	if p, ok := m.pulls.Selected(); ok {
		pull = p.Progress.Ref
	}
	command := a.Command
	if s, ok := m.containers.Selected(); ok && a.ID == keymap.Pause && s.State == "paused" {
		command = strings.Replace(command, "pause", "unpause", 1)
	}
	return display.Clean(strings.NewReplacer("{image}", image, "{images}", strings.TrimSpace(images), "{container}", container,
		"{containers}", strings.TrimSpace(containers), "{pull}", pull).Replace(command))
}
