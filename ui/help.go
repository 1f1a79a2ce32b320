package ui

import (
	"strings"

	"berth/ui/internal/display"
	"berth/ui/internal/keymap"

	"charm.land/bubbles/v2/viewport"
	tea "charm.land/bubbletea/v2"
)

// A keyList is the help: all keys, those that count at the focus first, in Bubbles'
// viewport, which scrolls with the keys that move everything else.
type keyList struct {
	groups []keymap.Group
	view   viewport.Model
}

func newKeyList(m *Model) *keyList {
	o := &keyList{groups: m.look.keys.Groups(m.scope()), view: viewport.New()}
	o.view.KeyMap = viewport.KeyMap{}
	for _, a := range m.look.keys.Actions() {
		if a.Scope != keymap.Global {
			continue
		}
		switch a.ID {
		case keymap.Up:
			o.view.KeyMap.Up = a.Binding()
		case keymap.Down:
			o.view.KeyMap.Down = a.Binding()
		case keymap.PageUp:
			o.view.KeyMap.PageUp = a.Binding()
		case keymap.PageDown:
			o.view.KeyMap.PageDown = a.Binding()
		}
	}
	return o
}

func (o *keyList) key(m *Model, k tea.KeyPressMsg) tea.Cmd {
	switch m.look.keys.Lookup(keymap.Global, k.String()) {
	case keymap.Top:
		o.view.GotoTop()
	case keymap.Bottom:
		o.view.GotoBottom()
	case keymap.Help, keymap.Back, keymap.Quit:
		m.hide()
	case keymap.Palette:
		return m.show(newPalette(m))
	default:
		o.view, _ = o.view.Update(k)
	}
	return nil
}

func (o *keyList) wheel(n int) { o.view.SetYOffset(o.view.YOffset() + n) }

func (o *keyList) draw(m *Model, w, h int) ([]string, int, int) {
	st := m.look.style
	w = min(w, 92)
	inner := w - 4
	var lines []string
	for i, g := range o.groups {
		if i > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, st.Accent.Bold(true).Render(g.Title))
		for _, a := range g.Actions {
			keys := make([]string, len(a.Keys))
			for i, k := range a.Keys {
				keys[i] = keymap.Show(k)
			}
			lead := "  " + st.Key.Render(display.Left(strings.Join(keys, " "), 14, "")) + " "
			for i, part := range display.Wrap(a.Long, max(8, inner-17)) {
				if i > 0 {
					lead = display.Spaces(17)
				}
				lines = append(lines, lead+st.Text.Render(part))
			}
		}
	}
	o.view.SetWidth(max(1, inner))
	o.view.SetHeight(max(1, min(len(lines), h-2)))
	o.view.SetContentLines(lines)
	title := "Keys"
	if n := o.view.TotalLineCount(); n > o.view.Height() {
		title += "  " + display.Number(min(n, o.view.YOffset()+o.view.Height())) + "/" + display.Number(n)
	}
	return box(st, title+"  "+st.Icons.Dot+" esc leaves", strings.Split(o.view.View(), "\n"), w), -1, 0
}
