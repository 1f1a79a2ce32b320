package ui

import (
	"context"
	"errors"
	"strings"
	"time"

	"berth/engine"
	"berth/ui/internal/display"
	"berth/ui/internal/keymap"
	"berth/ui/internal/layout"
	"berth/ui/internal/screen"

	tea "charm.land/bubbletea/v2"
)

// A notice is one sentence in the footer, for a while or until the next key.
type notice struct {
	text  string
	hint  string
	bad   bool
	done  bool      // something was carried out
	until time.Time // zero: until the next key
}

// tell says something for a few seconds, or until the next key.
func (m *Model) tell(text string) tea.Cmd {
	m.notice = notice{text: display.Clean(text), until: m.now().Add(4 * time.Second)}
	m.drawn.footer = true
	return nil
}

// report says that something was carried out.
func (m *Model) report(text string) tea.Cmd {
	m.tell(text)
	m.notice.done = true
	return nil
}

// complain says what went wrong and what helps, until the next key. What the user
// cancelled is no news.
func (m *Model) complain(err error, otherwise string) tea.Cmd {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	text := otherwise
	if err != nil {
		text = display.Sentence(err.Error())
	}
	m.notice = notice{text: display.Clean(text), hint: display.Clean(engine.HintOf(err)), bad: true}
	m.complaint = complaint{op: engine.OpOf(err)}
	m.drawn.all()
	return nil
}

func (m *Model) say(s screen.Say) tea.Cmd {
	if s.Err != nil {
		if t, ok := m.main.Tab().(*screen.Shell); ok && t.Terminal() == nil && m.window.focus == layout.Main {
			m.focusOn(m.window.list) // nothing was opened to have the keys
		}
		return m.complain(s.Err, s.Text)
	}
	return m.report(s.Text)
}

// failedKey is how the steps of what failed are reached from here.
func (m *Model) failedKey() string {
	scope := m.scope()
	if scope != keymap.ShellView && scope != keymap.CopyMode {
		return m.look.keys.Key(keymap.Global, keymap.FailedStep)
	}
	return m.look.keys.Key(scope, keymap.ShellPrefix) + " " + m.look.keys.Key(keymap.ShellKeys, keymap.FailedStep)
}

// leastToast is room for the key that explains.
const leastToast = 30

// toast is a notice of something bad in a box, at most w cells wide, or without one if
// the window is too low for it; nil if there is none.
func (m *Model) toast(w, h int) []string {
	if !m.notice.bad || w < 12 {
		return nil
	}
	inner := min(w, 64) - 4
	n, hint := display.Width(m.notice.text), display.Width(m.notice.hint)
	if n < inner && hint < inner {
		inner = min(inner, max(n, hint, leastToast))
	}
	st := m.look.style
	if lines := m.toastLines(inner); len(lines)+2 <= h {
		return boxed(st, st.Error, st.Icons.Failed, st.Error, lines, inner+4)
	}
	lines := m.toastLines(w + 2)
	for i, l := range lines {
		lines[i] = at([]string{l}, 0, w+2)
	}
	return lines[:min(len(lines), h)]
}

// toastLines are the sentence, its remedy and the key that explains, w cells wide.
func (m *Model) toastLines(w int) (lines []string) {
	st := m.look.style
	for _, l := range display.Wrap(m.notice.text, w) {
		lines = append(lines, st.Text.Render(l))
	}
	if m.notice.hint != "" {
		for _, l := range display.Wrap(m.notice.hint, w) {
			lines = append(lines, st.Muted.Render(l))
		}
	}
	if m.complaint.op != "" {
		lines = append(lines, display.Cut(st.Key.Render(m.failedKey())+st.Muted.Render(" shows the step that failed"), w, ""))
	}
	return lines
}

// clip shortens a text to a few words of one line.
func clip(s string) string {
	s = strings.TrimSpace(s)
	if line, _, more := strings.Cut(s, "\n"); more {
		return display.Count(strings.Count(s, "\n")+1, "line")
	} else {
		s = line
	}
	return display.Cut(display.Clean(s), 40, "…")
}
