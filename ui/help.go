package ui

import (
	"strings"

	"berth/ui/internal/display"
	"berth/ui/internal/keymap"

	tea "charm.land/bubbletea/v2"
)

// A help lists all keys, those that count at the focus first.
type help struct {
	groups []keymap.Group
	top    int
	lines  int
	height int
}

func newHelp(m *Model) *help { return &help{groups: m.look.keys.Groups(m.scope())} }

func (o *help) key(m *Model, k tea.KeyPressMsg) tea.Cmd {
	page := max(1, o.height-1)
	switch m.look.keys.Lookup(keymap.Global, k.String()) {
	case keymap.Up:
		o.top--
	case keymap.Down:
		o.top++
	case keymap.PageUp:
		o.top -= page
	case keymap.PageDown:
		o.top += page
	case keymap.Top:
		o.top = 0
	case keymap.Bottom:
		o.top = o.lines
	case keymap.Help, keymap.Back, keymap.Quit:
		m.hide()
	case keymap.Palette:
		return m.show(newPalette(m))
	}
	return nil
}

func (o *help) draw(m *Model, w, h int) ([]string, int, int) {
	st := m.look.style
	w = min(w, 92)
	inner := w - 4
	var lines []string
	for i, g := range o.groups {
		if i > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, st.Accent.Render(g.Title))
		for _, a := range g.Actions {
			keys := make([]string, len(a.Keys))
			for i, k := range a.Keys {
				keys[i] = keymap.Show(k)
			}
			lead := "  " + st.Key.Render(display.Left(strings.Join(keys, " "), 14, "")) + " "
			for i, part := range broken(a.Long, max(8, inner-17)) {
				if i > 0 {
					lead = display.Spaces(17)
				}
				lines = append(lines, lead+st.Text.Render(part))
			}
		}
	}
	o.lines, o.height = len(lines), max(1, h-2)
	o.top = max(0, min(o.top, o.lines-o.height))
	shown := lines[o.top:min(len(lines), o.top+o.height)]
	title := "Keys"
	if o.lines > o.height {
		title += "  " + display.Number(o.top+len(shown)) + "/" + display.Number(o.lines)
	}
	return box(st, title+"  "+st.Icons.Dot+" esc leaves", shown, w), -1, 0
}
