package screen

import (
	"strconv"

	tea "charm.land/bubbletea/v2"
)

// Click implements Tab; the mouse comes by Mouse.
func (t *Shell) Click(int, int) {}

// Mouse implements KeyTaker.
func (t *Shell) Mouse(msg tea.MouseMsg, x, y int) (tea.Cmd, bool) {
	d := t.deck()
	_, click := msg.(tea.MouseClickMsg)
	_, release := msg.(tea.MouseReleaseMsg)
	if click && len(t.places) > 0 && t.places[0].y > 0 && y == 0 {
		for _, span := range t.strip {
			if x >= span.from && x < span.to {
				i, _ := strconv.Atoi(span.name)
				t.goTo(i)
			}
		}
		return nil, true
	}
	for _, p := range t.places {
		if t.drag != p.s && (t.drag != nil || !p.contains(x, y)) {
			continue
		}
		if click {
			t.drag = p.s
			d.choose(p.s)
		}
		if release {
			t.drag = nil
		}
		if p.s.term == nil {
			return nil, true
		}
		if text := p.s.term.Mouse(msg, x-p.x, y-p.y); text != "" {
			return copied(text), true
		}
		return nil, true
	}
	t.drag = nil
	return nil, false
}

// Dragging reports whether a button is down that went down in a shell.
func (t *Shell) Dragging() bool { return t.drag != nil }
