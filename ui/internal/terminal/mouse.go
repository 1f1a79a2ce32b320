package terminal

import (
	"time"

	"berth/pty/vt"

	tea "charm.land/bubbletea/v2"
)

const (
	wheelRows   = 3
	doubleClick = 400 * time.Millisecond
)

var buttons = map[tea.MouseButton]vt.MouseButton{
	tea.MouseNone: vt.MouseNone, tea.MouseLeft: vt.MouseLeft, tea.MouseMiddle: vt.MouseMiddle, tea.MouseRight: vt.MouseRight,
	tea.MouseWheelUp: vt.MouseWheelUp, tea.MouseWheelDown: vt.MouseWheelDown, tea.MouseWheelLeft: vt.MouseWheelLeft,
	tea.MouseWheelRight: vt.MouseWheelRight, tea.MouseBackward: vt.MouseBackward, tea.MouseForward: vt.MouseForward,
}

// Mouse takes a mouse event at a cell of the drawing, which may lie outside while a
// button is down. A program that asked for the mouse gets it, unless shift is held. Else
// the wheel scrolls, and dragging selects: the text that was selected when the button
// went up is returned, to be copied.
func (t *Terminal) Mouse(msg tea.MouseMsg, x, y int) (copied string) {
	ev := msg.Mouse()
	button, known := buttons[ev.Button]
	if !known {
		return ""
	}
	e := vt.MouseEvent{Button: button, Mods: mods(ev.Mod)}
	switch msg.(type) {
	case tea.MouseMotionMsg:
		e.Motion = true
	case tea.MouseReleaseMsg:
		e.Release = true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	v := &t.view
	e.X, e.Y = min(max(x, 0), v.size.Cols-1), min(max(y, 0), v.size.Rows-1)
	modes := t.screen.Modes()
	if v.scroll <= 0 && !v.copying && !v.pressed && e.Mods&vt.ModShift == 0 && t.end == nil {
		e.Y -= v.scroll // 0, or less where the program draws for a larger window
		if out := modes.AppendMouse(nil, e); len(out) > 0 || modes.Mouse != vt.MouseOff {
			t.in.send(out)
			return ""
		}
		e.Y += v.scroll
	}
	switch {
	case e.Button == vt.MouseWheelUp:
		t.scroll(-wheelRows)
	case e.Button == vt.MouseWheelDown:
		t.scroll(wheelRows)
	case e.Button == vt.MouseLeft && e.Motion:
		t.drag(e, y)
	case e.Release && v.pressed:
		v.pressed = false
		if v.sel != noSelection {
			return v.text(t.screen)
		}
	case e.Button == vt.MouseLeft && !e.Release:
		t.click(vt.Position{X: e.X, Y: e.Y - v.scroll})
	}
	return ""
}

// click begins a selection; a second one takes the word, a third the line.
func (t *Terminal) click(at vt.Position) {
	v := &t.view
	now := time.Now()
	if at == v.press && now.Sub(v.clickAt) < doubleClick {
		v.clicks++
	} else {
		v.clicks = 1
	}
	v.press, v.pressed, v.clickAt = at, true, now
	v.sel = noSelection
	switch v.clicks {
	case 1:
		if v.copying {
			v.cur = at
		}
	case 2:
		v.anchor, v.cur = newWalker(t.screen, at).around()
		v.sel = CharSelection
	default:
		v.anchor, v.cur, v.sel = at, at, LineSelection
	}
	v.version++
}

// drag extends the selection to a cell, and scrolls at the edges.
func (t *Terminal) drag(e vt.MouseEvent, y int) {
	v := &t.view
	if !v.pressed {
		return
	}
	if y < 0 || y >= v.size.Rows {
		t.scroll(min(max(y, -1), 1))
	}
	at := vt.Position{X: e.X, Y: e.Y - v.scroll}
	if v.sel == noSelection {
		if at == v.press {
			return
		}
		v.anchor, v.sel = v.press, CharSelection
	}
	v.cur = at
	v.version++
}
