// Package input is a line in which text is typed, with completion and history. The
// terminal's own cursor stands in it, so that it costs nothing while nobody types.
package input

import (
	"slices"
	"strings"
	"unicode"

	"berth/ui/internal/display"
	"berth/ui/internal/style"

	tea "charm.land/bubbletea/v2"
)

// A Model is one line. The zero Model is empty and completes nothing.
type Model struct {
	text    []rune
	at      int
	offset  int
	history []string
	past    int    // how far back in history; 0 is the line itself
	draft   string // the line itself while history shows

	// Complete returns whole lines that the present one may become, best first.
	Complete func(line string) []string
	choice   int // of the completions, -1 before tab was pressed
	offered  []string
}

// New returns a line with text in it, the cursor behind it, and lines typed before, newest last.
func New(text string, history []string) *Model {
	m := &Model{history: history, choice: -1}
	m.Set(text)
	return m
}

// Set replaces the text and puts the cursor behind it.
func (m *Model) Set(text string) {
	m.text = []rune(text)
	m.at = len(m.text)
}

// Value returns the text.
func (m *Model) Value() string { return string(m.text) }

// Insert puts text at the cursor, as pasting does. Line ends become spaces and
// control characters vanish.
func (m *Model) Insert(s string) {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
	r := []rune(s)
	m.text = slices.Insert(m.text, m.at, r...)
	m.at += len(r)
	m.changed()
}

func (m *Model) changed() {
	m.choice, m.offered, m.past = -1, nil, 0
}

// Key takes a key and tells whether it was one of an editor's.
func (m *Model) Key(k tea.KeyPressMsg) bool {
	switch k.String() {
	case "left", "ctrl+b":
		m.at = max(0, m.at-1)
	case "right", "ctrl+f":
		if m.at == len(m.text) {
			m.accept()
		}
		m.at = min(len(m.text), m.at+1)
	case "home", "ctrl+a":
		m.at = 0
	case "end", "ctrl+e":
		m.at = len(m.text)
	case "alt+left", "ctrl+left", "alt+b":
		m.at = m.wordLeft()
	case "alt+right", "ctrl+right", "alt+f":
		m.at = m.wordRight()
	case "backspace", "ctrl+h":
		m.cut(m.at-1, m.at)
	case "delete", "ctrl+d":
		m.cut(m.at, m.at+1)
	case "ctrl+w", "alt+backspace":
		m.cut(m.wordLeft(), m.at)
	case "ctrl+u":
		m.cut(0, m.at)
	case "ctrl+k":
		m.cut(m.at, len(m.text))
	case "up", "ctrl+p":
		m.recall(1)
	case "down", "ctrl+n":
		m.recall(-1)
	case "tab":
		m.next(1)
	case "shift+tab":
		m.next(-1)
	default:
		if k.Text == "" || k.Mod&^tea.ModShift != 0 {
			return false
		}
		m.Insert(k.Text)
	}
	return true
}

func (m *Model) cut(from, to int) {
	from, to = max(0, from), min(len(m.text), to)
	if from >= to {
		return
	}
	m.text = slices.Delete(m.text, from, to)
	m.at = from
	m.changed()
}

func (m *Model) wordLeft() int {
	i := m.at
	for i > 0 && m.text[i-1] == ' ' {
		i--
	}
	for i > 0 && m.text[i-1] != ' ' {
		i--
	}
	return i
}

func (m *Model) wordRight() int {
	i := m.at
	for i < len(m.text) && m.text[i] == ' ' {
		i++
	}
	for i < len(m.text) && m.text[i] != ' ' {
		i++
	}
	return i
}

func (m *Model) recall(n int) {
	to := m.past + n
	if to < 0 || to > len(m.history) {
		return
	}
	if m.past == 0 {
		m.draft = m.Value()
	}
	m.choice, m.offered, m.past = -1, nil, to
	if to == 0 {
		m.Set(m.draft)
		return
	}
	m.Set(m.history[len(m.history)-to])
}

// Offers returns the completions of what is typed, and which of them the line shows, -1 if none.
func (m *Model) Offers() ([]string, int) {
	if m.offered != nil {
		return m.offered, m.choice
	}
	if m.Complete == nil {
		return nil, -1
	}
	return m.Complete(m.Value()), -1
}

// next makes the line the next completion.
func (m *Model) next(dir int) {
	offers, choice := m.Offers()
	if len(offers) == 0 {
		return
	}
	choice += dir
	if choice < 0 {
		choice = len(offers) - 1
	}
	choice %= len(offers)
	m.Set(offers[choice])
	m.past, m.offered, m.choice = 0, offers, choice
}

// accept takes the completion that is shown behind the cursor.
func (m *Model) accept() {
	if g := m.ghost(); g != "" {
		m.Insert(g)
	}
}

// ghost is what the best completion would add at the end of the line.
func (m *Model) ghost() string {
	if m.at != len(m.text) || len(m.text) == 0 || m.offered != nil {
		return ""
	}
	for _, o := range first(m.Offers()) {
		if rest, ok := strings.CutPrefix(o, m.Value()); ok && rest != "" {
			return rest
		}
	}
	return ""
}

func first(offers []string, _ int) []string { return offers }

// Draw returns the line in w cells and the column of the cursor.
func (m *Model) Draw(st *style.Styles, w int) (line string, cursor int) {
	if w <= 1 {
		return display.Spaces(w), 0
	}
	if m.at < m.offset {
		m.offset = m.at
	}
	for display.Width(string(m.text[m.offset:m.at])) >= w {
		m.offset++
	}
	text := display.Cut(display.Clean(string(m.text[m.offset:])), w, "")
	cursor = display.Width(display.Clean(string(m.text[m.offset:m.at])))
	line = st.Text.Render(text)
	if room := w - display.Width(text); room > 0 {
		ghost := display.Cut(display.Clean(m.ghost()), room, "")
		line += st.Muted.Italic(true).Render(ghost) + display.Spaces(room-display.Width(ghost))
	}
	return line, cursor
}
