// Package input is a line in which text is typed: the editing of Bubbles' textinput,
// with whole-line completion and history around it. The terminal's own cursor stands in
// it, so that it costs nothing while nobody types.
package input

import (
	"strings"

	"berth/ui/internal/display"
	"berth/ui/internal/style"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
)

// A Model is one line. Make it with New.
type Model struct {
	edit    textinput.Model
	offset  int // the first character that shows
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
	m := &Model{edit: textinput.New(), history: history, choice: -1}
	m.edit.SetVirtualCursor(false)
	m.edit.Focus()
	// The terminal pastes by itself; textinput's key for it would start a program.
	m.edit.KeyMap.Paste.SetEnabled(false)
	// On the last character it reads behind the end of the line (Bubbles 2.1.1).
	m.edit.KeyMap.DeleteWordForward.SetEnabled(false)
	m.Set(text)
	return m
}

// Set replaces the text and puts the cursor behind it.
func (m *Model) Set(text string) {
	m.edit.SetValue(text)
	m.edit.CursorEnd()
}

// Value returns the text.
func (m *Model) Value() string { return m.edit.Value() }

// Insert puts text at the cursor, as pasting does. Line ends become spaces and
// control characters vanish.
func (m *Model) Insert(s string) {
	m.edit, _ = m.edit.Update(tea.PasteMsg{Content: s})
	m.changed()
}

func (m *Model) changed() {
	m.choice, m.offered, m.past = -1, nil, 0
}

// Key takes a key and tells whether it did something.
func (m *Model) Key(k tea.KeyPressMsg) bool {
	switch k.String() {
	case "up", "ctrl+p":
		m.recall(1)
		return true
	case "down", "ctrl+n":
		m.recall(-1)
		return true
	case "tab":
		m.next(1)
		return true
	case "shift+tab":
		m.next(-1)
		return true
	case "right", "ctrl+f", "end", "ctrl+e":
		if g := m.ghost(); g != "" {
			m.Insert(g)
			return true
		}
	}
	text, at := m.edit.Value(), m.edit.Position()
	m.edit, _ = m.edit.Update(k)
	if m.edit.Value() != text {
		m.changed()
		return true
	}
	return m.edit.Position() != at
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

// ghost is what the best completion would add at the end of the line.
func (m *Model) ghost() string {
	line := m.Value()
	if line == "" || m.offered != nil || m.edit.Position() != len([]rune(line)) {
		return ""
	}
	offers, _ := m.Offers()
	if len(offers) == 0 {
		return ""
	}
	rest, _ := strings.CutPrefix(offers[0], line)
	if rest == offers[0] {
		return ""
	}
	return rest
}

// Draw returns the line in w cells and the column of the cursor. It is not textinput's
// own drawing, whose column counts characters, wide ones too, as one cell each.
func (m *Model) Draw(st *style.Styles, w int) (line string, cursor int) {
	if w <= 1 {
		return display.Spaces(w), 0
	}
	text, at := []rune(m.edit.Value()), m.edit.Position()
	m.offset = min(m.offset, at)
	for width(text[m.offset:at]) >= w {
		m.offset++
	}
	shown := display.Cut(display.Clean(string(text[m.offset:])), w, "")
	line = st.Text.Render(shown)
	if room := w - display.Width(shown); room > 0 {
		ghost := display.Cut(display.Clean(m.ghost()), room, "")
		line += st.Muted.Italic(true).Render(ghost) + display.Spaces(room-display.Width(ghost))
	}
	return line, width(text[m.offset:at])
}

func width(text []rune) int { return display.Width(display.Clean(string(text))) }
