package ui

import (
	"berth/engine"
	"berth/ui/internal/display"
	"berth/ui/internal/keymap"
	"berth/ui/internal/layout"
	"berth/ui/internal/style"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
)

// drawHeader is the line of totals. Parts that do not fit are left out, the last first.
func (m *Model) drawHeader() string {
	st, w := m.look.style, m.window.w
	name := " " + st.Accent.Bold(true).Render(st.Icons.Anchor+" berth")
	helpKey, quitKey := st.Key.Render(m.look.keys.Key(keymap.Global, keymap.Help)), st.Key.Render(m.look.keys.Key(keymap.Global, keymap.Quit))
	right := helpKey + st.Muted.Render(" help   ") + quitKey + st.Muted.Render(" quit ")
	switch {
	case w < 70:
		right = helpKey + " "
	case w >= 100:
		right = st.Muted.Render(m.look.theme.Name+"   ") + right
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

// saidInside is what the footer would say, on as many lines of w cells as it takes, for a
// window that has none; nil if there is nothing but hints.
func (m *Model) saidInside(w int) []string {
	st, text := m.look.style, ""
	switch {
	case m.notice.text != "" && !m.notice.bad:
		text = m.notice.text
	case m.notice.text == "" && len(m.pending) > 0:
		text = m.waitingLine() + ". " + m.look.keys.Key(keymap.Global, keymap.Undo) + " keeps it."
	default:
		return nil
	}
	lines := display.Wrap(text, w)
	for i, l := range lines {
		lines[i] = st.Bar.Render(display.Left(l, w, ""))
	}
	return lines
}

// hints are the most useful keys at the focus that would do something, as many as have room.
func (m *Model) hints(room int) string {
	var keys []key.Binding
	for _, a := range m.look.keys.Hints(m.scope(), m.window.focus == layout.Main) {
		if m.applies(a) {
			keys = append(keys, a.Binding())
		}
	}
	m.look.hints.SetWidth(room - 1)
	line := m.look.hints.ShortHelpView(keys)
	for display.Width(line) >= room && len(keys) > 0 { // it lets one through that is too long, if the sign for more has no room
		keys = keys[:len(keys)-1]
		line = m.look.hints.ShortHelpView(keys)
	}
	return " " + line
}

// newHints is how the footer writes keys.
func newHints(st *style.Styles) help.Model {
	h := help.New()
	h.ShortSeparator, h.Ellipsis = "   ", st.Icons.More
	h.Styles = help.Styles{ShortKey: st.Key.Style, ShortDesc: st.Muted.Style, ShortSeparator: st.Muted.Style, Ellipsis: st.Faint.Style}
	return h
}

// applies reports whether an action would do something to what is selected: a hint that
// leads to a refusal helps nobody.
func (m *Model) applies(a keymap.Action) bool {
	if a.ID == keymap.Pull {
		return true
	}
	if m.nothingSelected() {
		return a.ID == keymap.Palette || a.ID == keymap.FocusNext
	}
	switch a.Scope {
	case keymap.Global:
		failed, _ := m.failedHere()
		return a.ID != keymap.FailedStep || failed != ""
	case keymap.Containers:
		c, ok := m.containers.Selected()
		if !ok || len(m.containers.Marked()) > 0 {
			return true
		}
		switch a.ID {
		case keymap.Start:
			return !c.State.Alive()
		case keymap.Shell, keymap.Attach, keymap.Stop, keymap.Pause, keymap.Stats:
			return c.State.Alive()
		}
	case keymap.Pulls:
		u, ok := m.pulls.Selected()
		if !ok {
			return true
		}
		switch a.ID {
		case keymap.PausePull, keymap.CancelPull:
			return u.Active() || u.Held
		case keymap.RetryPull:
			return u.Progress.State == engine.PullFailed || u.Progress.State == engine.PullCanceled
		case keymap.DismissPull:
			return u.Progress.State.Final() && !u.Held
		}
	}
	return true
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
