package ui

import (
	"strings"

	"berth/ui/internal/display"
	"berth/ui/internal/keymap"
	"berth/ui/internal/layout"
)

// drawHeader is the line of totals. Parts that do not fit are left out, the last first.
func (m *Model) drawHeader() string {
	st, w := m.look.style, m.window.w
	name := " " + st.Accent.Bold(true).Render(st.Icons.Anchor+" berth")
	right := st.Muted.Render(m.look.theme.Name+"   ") + st.Key.Render(m.look.keys.Key(keymap.Global, keymap.Help)) + st.Muted.Render(" help ")
	if w < 70 {
		right = st.Key.Render(m.look.keys.Key(keymap.Global, keymap.Help)) + " "
	}
	room := w - display.Width(name) - display.Width(right) - 4
	var parts []string
	if m.state.Ready {
		t := m.totals
		if t.Active > 0 {
			s := display.Count(t.Active, "pull")
			if t.Total > 0 {
				s += " " + display.Number(int(t.Current*100/t.Total)) + "%"
			}
			parts = append(parts, st.Info.Render(s))
		}
		running := st.Muted.Render("none running")
		if t.Running > 0 {
			running = st.OK.Render(display.Number(t.Running) + " running")
		}
		images := st.Muted.Render(display.Count(t.Images, "image"))
		if t.Images > 0 {
			images += " " + st.Text.Render(display.Bytes(t.Bytes))
		}
		parts = append(parts, running, images)
		if t.Reclaimable > 0 {
			parts = append(parts, st.Muted.Render(display.Bytes(t.Reclaimable)+" unused"))
		}
	}
	if m.state.Lost != "" {
		parts = append([]string{st.Error.Render(st.Icons.Failed + " not connected")}, parts...)
	}
	line := joinFit(parts, st.Faint.Render(" "+st.Icons.Dot+" "), room)
	out := name + "   " + line
	fill := w - display.Width(out) - display.Width(right)
	if fill < 0 {
		return at([]string{out}, 0, w)
	}
	return out + display.Spaces(fill) + right
}

// joinFit joins as many parts as have room.
func joinFit(parts []string, sep string, room int) string {
	out := ""
	for _, p := range parts {
		next := p
		if out != "" {
			next = out + sep + p
		}
		if display.Width(next) > room {
			break
		}
		out = next
	}
	return out
}

// drawFooter is the line of hints, or of what is to be said now.
func (m *Model) drawFooter() string {
	st, w := m.look.style, m.window.w
	right := ""
	if n, bytes := m.images.Frees(); n > 0 && m.window.list == layout.Images {
		right = st.Accent.Render(display.Number(n)+" marked") + st.Muted.Render(" "+st.Icons.Dot+" frees ") + st.Strong.Render(display.Bytes(bytes)) + " "
	} else if marked := len(m.containers.Marked()); marked > 0 && m.window.list == layout.Containers {
		right = st.Accent.Render(display.Number(marked)+" marked") + " "
	}
	var left string
	switch {
	case m.notice.text != "" && !m.notice.bad:
		left = " " + st.Info.Render(st.Icons.Dot) + " " + st.Text.Render(m.notice.text)
		if m.notice.done {
			left = " " + st.OK.Render(st.Icons.Done) + " " + st.Text.Render(m.notice.text)
		}
	case len(m.pending) > 0:
		left = " " + st.Warn.Render(m.waitingLine()) + "  " + st.Key.Render(m.look.keys.Key(keymap.Global, keymap.Undo)) + st.Muted.Render(" keeps it")
	default:
		left = m.hints(w - display.Width(right) - 2)
	}
	if display.Width(left)+display.Width(right) > w {
		left = display.Cut(left, max(0, w-display.Width(right)-1), st.Icons.More)
	}
	return left + display.Spaces(w-display.Width(left)-display.Width(right)) + right
}

// hints are the most useful keys at the focus, as many as have room.
func (m *Model) hints(room int) string {
	st := m.look.style
	var b strings.Builder
	used := 1
	b.WriteByte(' ')
	for _, a := range m.look.keys.Hints(m.scope()) {
		if a.ID != keymap.Pull && a.Scope != keymap.Global && m.nothingSelected() {
			continue // it would only say that nothing is selected
		}
		key := keymap.Show(a.Keys[0])
		n := display.Width(key) + 1 + display.Width(a.Short) + 3
		if used+n > room {
			break
		}
		used += n
		b.WriteString(st.Key.Render(key) + st.Muted.Render(" "+a.Short) + "   ")
	}
	return b.String()
}

// nothingSelected reports whether the focused list is empty.
func (m *Model) nothingSelected() bool {
	l := m.listOf(m.window.focus)
	if l == nil {
		return false
	}
	shown, _ := l.Len()
	return shown == 0
}
