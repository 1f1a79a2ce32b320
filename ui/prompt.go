package ui

import (
	"strings"

	"berth/ui/internal/display"
	"berth/ui/internal/keymap"
	"berth/ui/internal/layout"
	"berth/ui/internal/match"
	"berth/ui/internal/widget/input"

	tea "charm.land/bubbletea/v2"
)

// promptConfig is what a prompt asks.
type promptConfig struct {
	title, label, text, hint string
	history                  []string
	complete                 func(string) []string
	done                     func(m *Model, line string) tea.Cmd
}

// A prompt asks for one line.
type prompt struct {
	promptConfig
	line *input.Model
}

func newPrompt(c promptConfig) *prompt {
	p := &prompt{promptConfig: c, line: input.New(c.text, c.history)}
	p.line.Complete = c.complete
	return p
}

func (p *prompt) key(m *Model, k tea.KeyPressMsg) tea.Cmd {
	switch k.String() {
	case "esc", "ctrl+c":
		m.hide()
		return nil
	case "enter":
		line := strings.TrimSpace(p.line.Value())
		if line == "" {
			return nil
		}
		m.hide()
		return p.done(m, line)
	}
	p.line.Key(k)
	return nil
}

func (p *prompt) paste(_ *Model, text string) tea.Cmd {
	p.line.Insert(text)
	return nil
}

// offersShown is how many completions a prompt lists.
const offersShown = 6

func (p *prompt) draw(m *Model, w, h int) ([]string, int, int) {
	st := m.look.style
	w = min(w, 76)
	inner := w - 4
	label := p.label + " "
	if display.Width(label) > inner/2 {
		label = ""
	}
	line, cur := p.line.Draw(st, inner-display.Width(label))
	lines := []string{st.Muted.Render(label) + line}
	offers, chosen := p.line.Offers()
	if len(offers) > 0 && h > 6 {
		first := max(0, chosen-offersShown+1)
		for i := first; i < min(len(offers), first+min(offersShown, h-5)); i++ {
			tone, mark := st.Muted, "  "
			if i == chosen {
				tone, mark = st.Accent, st.Icons.Prompt+" "
			}
			lines = append(lines, tone.Render(display.Cut(mark+display.Clean(offers[i]), inner, st.Icons.More)))
		}
	}
	if p.hint != "" && h > 3 {
		lines = append(lines, st.Muted.Render(display.Cut(p.hint+" "+st.Icons.Dot+" esc leaves", inner, st.Icons.More)))
	}
	return box(st, p.title, lines, w), 2 + display.Width(label) + cur, 1
}

// A filter is the line in the footer behind "/": what is typed counts at once.
type filter struct {
	line *input.Model
	old  match.Pattern
	pane layout.Pane
}

func newFilter(m *Model) *filter {
	f := &filter{pane: m.window.focus, old: m.pattern(m.window.focus)}
	f.line = input.New(f.old.Text, nil)
	return f
}

// pattern returns what filters or searches a pane.
func (m *Model) pattern(p layout.Pane) match.Pattern {
	if l := m.listOf(p); l != nil {
		return l.Pattern()
	}
	return m.main.Pattern()
}

func (m *Model) setPattern(p layout.Pane, pattern match.Pattern) {
	if l := m.listOf(p); l != nil {
		l.Filter(pattern)
		return
	}
	m.main.Search(pattern)
}

func (f *filter) key(m *Model, k tea.KeyPressMsg) tea.Cmd {
	switch k.String() {
	case "esc", "ctrl+c":
		m.setPattern(f.pane, match.Pattern{})
		m.hide()
		m.arrange()
		return nil
	case "enter":
		m.hide()
		m.arrange()
		return nil
	case "up", "down":
		return m.move(map[string]keymap.ID{"up": keymap.Up, "down": keymap.Down}[k.String()])
	}
	if f.line.Key(k) {
		m.setPattern(f.pane, match.Parse(f.line.Value()))
	}
	return nil
}

func (f *filter) paste(m *Model, text string) tea.Cmd {
	f.line.Insert(text)
	m.setPattern(f.pane, match.Parse(f.line.Value()))
	return nil
}

// draw returns nothing: the filter stands in the footer.
func (f *filter) draw(*Model, int, int) ([]string, int, int) { return nil, -1, 0 }

// footer returns the filter's line and the cursor's column.
func (f *filter) footer(m *Model, w int) (string, int) {
	st := m.look.style
	lead := " " + st.Key.Render("/")
	line, cur := f.line.Draw(st, max(2, w/2))
	info := "enter keeps " + st.Icons.Dot + " esc clears " + st.Icons.Dot + " ! inverts"
	p := m.pattern(f.pane)
	if p.Err != nil {
		info = "not a regular expression yet: searched as text"
	}
	if l := m.listOf(f.pane); l != nil && !p.Empty() {
		shown, all := l.Len()
		info = display.Number(shown) + " of " + display.Number(all) + " " + st.Icons.Dot + " " + info
	}
	return lead + line + " " + st.Muted.Render(display.Cut(info, w-4-w/2, "")), 2 + cur
}
