package screen

import (
	"context"
	"slices"
	"time"

	"berth/ui/internal/display"
	"berth/ui/internal/keymap"
	"berth/ui/internal/match"
	"berth/ui/internal/style"

	tea "charm.land/bubbletea/v2"
)

// A Kind is what the main area shows.
type Kind int

// The kinds of subjects.
const (
	Nothing Kind = iota
	AnImage
	AContainer
	APull
)

// A Subject is the thing that the main area follows.
type Subject struct {
	Kind Kind
	ID   string
}

// settle is how long the cursor must rest before a tab loads, so that running through
// a list costs nothing.
const settle = 60 * time.Millisecond

type settled struct{ gen int }

// Main is the main area: tabs of the selected thing.
type Main struct {
	// Build makes the tabs of a subject; their messages carry gen.
	Build func(gen int, s Subject) []Tab

	subject Subject
	tabs    []Tab
	chosen  map[Kind]string // the tab that was last looked at
	gen     int
	open    bool
	root    context.Context
	cancel  context.CancelFunc
	bar     []barSpan
	pattern match.Pattern
}

// NewMain returns an empty main area whose tabs load until ctx ends.
func NewMain(ctx context.Context, build func(gen int, s Subject) []Tab) *Main {
	return &Main{Build: build, root: ctx, cancel: func() {}, chosen: make(map[Kind]string)}
}

// Subject returns what is shown.
func (m *Main) Subject() Subject { return m.subject }

// Show follows the selection to another subject.
func (m *Main) Show(s Subject) tea.Cmd {
	if s == m.subject {
		return nil
	}
	m.subject = s
	m.rebuild()
	gen := m.gen
	return tea.Tick(settle, func(time.Time) tea.Msg { return Loaded{gen, settled{gen}} })
}

// rebuild ends what the tabs were loading and makes new ones.
func (m *Main) rebuild() {
	m.cancel()
	m.gen++
	m.open, m.pattern = false, match.Pattern{}
	m.tabs = m.Build(m.gen, m.subject)
}

// Reopen loads the present tab anew.
func (m *Main) Reopen() tea.Cmd {
	m.rebuild()
	return m.begin()
}

func (m *Main) begin() tea.Cmd {
	t := m.Tab()
	if t == nil {
		return nil
	}
	m.open = true
	ctx, cancel := context.WithCancel(m.root)
	m.cancel = cancel
	return t.Open(ctx)
}

// Receive hands a message to the tab that waits for it; one for an older tab is dropped.
func (m *Main) Receive(l Loaded) tea.Cmd {
	if l.Gen != m.gen {
		return nil
	}
	if _, ok := l.Data.(settled); ok {
		if m.open {
			return nil
		}
		return m.begin()
	}
	if t := m.Tab(); t != nil {
		return t.Receive(l.Data)
	}
	return nil
}

func (m *Main) index() int {
	i := slices.IndexFunc(m.tabs, func(t Tab) bool { return t.Name() == m.chosen[m.subject.Kind] })
	return max(0, i)
}

// Tab returns the tab that shows, nil if there is none.
func (m *Main) Tab() Tab {
	if len(m.tabs) == 0 {
		return nil
	}
	return m.tabs[m.index()]
}

// Do carries an action out in the tab that shows. A key may come before the tab has
// begun to load; then it begins now.
func (m *Main) Do(id keymap.ID) (tea.Cmd, bool) {
	t := m.Tab()
	if t == nil {
		return nil, false
	}
	var begin tea.Cmd
	if !m.open {
		begin = m.begin()
	}
	cmd, ok := t.Do(id)
	return tea.Batch(begin, cmd), ok
}

// Scope says which keys count.
func (m *Main) Scope() keymap.Scope {
	if t := m.Tab(); t != nil {
		return t.Scope()
	}
	return keymap.Global
}

// Choose shows the tab with a name, of whatever kind of subject is next.
func (m *Main) Choose(kind Kind, name string) tea.Cmd {
	if m.chosen[kind] == name && m.open && m.subject.Kind == kind {
		return nil
	}
	m.chosen[kind] = name
	if m.subject.Kind != kind {
		return nil
	}
	return m.Reopen()
}

// Turn shows the next tab in a direction.
func (m *Main) Turn(dir int) tea.Cmd {
	n := len(m.tabs)
	if n == 0 {
		return nil
	}
	return m.Choose(m.subject.Kind, m.tabs[(m.index()+dir+n)%n].Name())
}

// Search highlights a pattern in the tab that shows.
func (m *Main) Search(p match.Pattern) {
	m.pattern = p
	if t := m.Tab(); t != nil {
		t.Search(p)
	}
}

// Pattern returns what is searched for.
func (m *Main) Pattern() match.Pattern { return m.pattern }

// A barSpan is where a name stands in the tab bar.
type barSpan struct {
	from, to int
	name     string
}

// Bar draws the names of the tabs in at most w cells, the one that shows set off. With
// little room the names move together, and then those far from it are left out.
func (m *Main) Bar(st *style.Styles, w int, focused bool) string {
	m.bar = m.bar[:0]
	if len(m.tabs) == 0 {
		return ""
	}
	for _, sep := range []string{" " + st.Frame.Left + " ", "  ", " "} {
		if total := m.barWidth(0, len(m.tabs), sep); total <= w {
			return m.drawBar(st, 0, len(m.tabs), sep, focused)
		}
	}
	from, to := m.index(), m.index()+1
	for grown := true; grown; { // the neighbours that still fit, with a mark for more at both ends
		grown = false
		if to < len(m.tabs) && m.barWidth(from, to+1, " ")+4 <= w {
			to, grown = to+1, true
		}
		if from > 0 && m.barWidth(from-1, to, " ")+4 <= w {
			from, grown = from-1, true
		}
	}
	if m.barWidth(from, to, " ") > w {
		return ""
	}
	return m.drawBar(st, from, to, " ", focused)
}

func (m *Main) barWidth(from, to int, sep string) int {
	n := -display.Width(sep)
	for _, t := range m.tabs[from:to] {
		n += display.Width(t.Name()) + display.Width(sep)
	}
	return n
}

func (m *Main) drawBar(st *style.Styles, from, to int, sep string, focused bool) string {
	active := st.Strong
	if focused {
		active = st.TitleFocus
	}
	out, at := "", 0
	if from > 0 {
		out, at = st.Faint.Render(st.Icons.More)+" ", 2
	}
	for i, t := range m.tabs[from:to] {
		if i > 0 {
			out += st.Faint.Render(sep)
			at += display.Width(sep)
		}
		tone := st.Muted
		if from+i == m.index() {
			tone = active.Underline(true)
		}
		out += tone.Render(t.Name())
		m.bar = append(m.bar, barSpan{at, at + len(t.Name()), t.Name()})
		at += len(t.Name())
	}
	if to < len(m.tabs) {
		out += " " + st.Faint.Render(st.Icons.More)
	}
	return out
}

// ClickBar shows the tab whose name is at a cell of the bar.
func (m *Main) ClickBar(x int) tea.Cmd {
	for _, s := range m.bar {
		if x >= s.from && x < s.to {
			return m.Choose(m.subject.Kind, s.name)
		}
	}
	return nil
}
