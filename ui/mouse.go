package ui

import (
	"berth/ui/internal/display"
	"berth/ui/internal/layout"

	tea "charm.land/bubbletea/v2"
)

// wheelLines is how far a notch of the wheel goes.
const wheelLines = 3

// moused takes the mouse: a click focuses and selects a row, a drag marks text, the wheel
// scrolls what is under it.
func (m *Model) moused(msg tea.MouseMsg) tea.Cmd {
	if m.overlay != nil {
		return m.mousedOver(msg)
	}
	if !m.sel.dragging {
		if cmd, ok := m.shellMouse(msg); ok {
			return cmd
		}
	}
	at := msg.Mouse()
	switch msg.(type) {
	case tea.MouseClickMsg:
		if at.Button == tea.MouseLeft {
			return m.clicked(at.X, at.Y)
		}
	case tea.MouseMotionMsg:
		if m.sel.dragging {
			m.drag(at.X, at.Y)
		}
	case tea.MouseReleaseMsg:
		if m.sel.dragging {
			return m.release()
		}
	case tea.MouseWheelMsg:
		switch at.Button {
		case tea.MouseWheelUp:
			m.wheel(at.X, at.Y, -wheelLines)
		case tea.MouseWheelDown:
			m.wheel(at.X, at.Y, wheelLines)
		}
	}
	return nil
}

// mousedOver hands the mouse to the overlay. What lies behind it gets nothing.
func (m *Model) mousedOver(msg tea.MouseMsg) tea.Cmd {
	at := msg.Mouse()
	m.drawn.all()
	switch msg.(type) {
	case tea.MouseClickMsg:
		if c, ok := m.overlay.(clicker); ok && at.Button == tea.MouseLeft && m.drawn.box.Contains(at.X, at.Y) {
			return c.click(m, at.X-m.drawn.box.X, at.Y-m.drawn.box.Y)
		}
	case tea.MouseWheelMsg:
		s, ok := m.overlay.(scroller)
		switch {
		case ok && at.Button == tea.MouseWheelUp:
			s.wheel(-wheelLines)
		case ok && at.Button == tea.MouseWheelDown:
			s.wheel(wheelLines)
		}
	}
	return nil
}

// paneAt returns the pane at a cell.
func (m *Model) paneAt(x, y int) (layout.Pane, layout.Rect, bool) {
	for p, r := range m.window.lay.Pane {
		if r.Contains(x, y) && (y < r.Y+r.H-1 || layout.Pane(p) >= layout.Pulls || m.window.lay.Mode != layout.Wide) {
			return layout.Pane(p), r, true
		}
	}
	return 0, layout.Rect{}, false
}

func (m *Model) clicked(x, y int) tea.Cmd {
	if m.window.lay.Tabs.Contains(x, y) {
		at := 0
		for p, name := range paneNames {
			if m.window.w < 48 && layout.Pane(p) != m.window.focus {
				name = "1"
			}
			if at += display.Width(name) + 3; x < at {
				m.focusOn(layout.Pane(p))
				return nil
			}
		}
		return nil
	}
	p, r, ok := m.paneAt(x, y)
	if !ok {
		return nil
	}
	if p == layout.Main && y == r.Y {
		bar := display.Width(m.main.Bar(m.look.style, m.barRoom(r.W), m.window.focus == p))
		m.focusOn(p)
		return m.main.ClickBar(x - (r.X + r.W - 2 - bar))
	}
	if p != m.window.focus {
		m.focusOn(p)
	}
	m.drawn.all()
	in := m.body(p)
	if !in.Contains(x, y) {
		return nil
	}
	m.press(p, x-in.X, y-in.Y)
	if l := m.listOf(p); l != nil {
		l.Click(x-in.X, y-in.Y)
	} else if t := m.main.Tab(); t != nil {
		t.Click(x-in.X, y-in.Y)
	}
	return nil
}

func (m *Model) wheel(x, y, n int) {
	p, _, ok := m.paneAt(x, y)
	if !ok {
		return
	}
	m.unselect()
	m.drawn.mark(p)
	if l := m.listOf(p); l != nil {
		l.Scroll(n)
	} else if t := m.main.Tab(); t != nil {
		t.Scroll(n)
	}
}
