package ui

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"berth/engine"
	"berth/ui/internal/display"
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
		text = sentence(err.Error())
	}
	m.notice = notice{text: display.Clean(text), hint: display.Clean(engine.HintOf(err)), bad: true}
	m.drawn.all()
	return nil
}

func (m *Model) say(s screen.Say) tea.Cmd {
	if s.Err != nil {
		return m.complain(s.Err, s.Text)
	}
	return m.report(s.Text)
}

// toast is a notice of something bad in a box, at most w cells wide; nil if there is none.
func (m *Model) toast(w int) []string {
	if !m.notice.bad || w < 12 {
		return nil
	}
	st := m.look.style
	inner := min(w, 64) - 4
	text := m.notice.text
	if n := display.Width(text); n < inner && display.Width(m.notice.hint) < inner {
		inner = max(n, display.Width(m.notice.hint), 16)
	}
	var lines []string
	for _, l := range display.Wrap(text, inner) {
		lines = append(lines, st.Text.Render(l))
	}
	if m.notice.hint != "" {
		for _, l := range display.Wrap(m.notice.hint, inner) {
			lines = append(lines, st.Muted.Render(l))
		}
	}
	return boxed(st, st.Error, st.Icons.Failed, st.Error, lines, inner+4)
}

// sentence makes one of an error's clause.
func sentence(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + strings.TrimSuffix(s[n:], ".") + "."
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
