package screen

import (
	"strings"

	"berth/ui/internal/display"
	"berth/ui/internal/keymap"
	"berth/ui/internal/match"
	"berth/ui/internal/style"

	tea "charm.land/bubbletea/v2"
)

// A span is text in one style.
type span struct {
	text  string
	style *style.Style
}

// A sheet is text that scrolls and can be searched: facts, lists, messages. Whoever
// embeds it fills it with lines.
type sheet struct {
	lines   [][]span
	top     int
	width   int // with height, of the last drawing
	height  int
	end     bool // the last drawing showed the end, and not all
	hit     int
	pattern match.Pattern
}

func (s *sheet) clear() { s.lines = s.lines[:0] }

// add appends a line.
func (s *sheet) add(spans ...span) { s.lines = append(s.lines, spans) }

// heading appends an empty line, unless it is the first, and a title.
func (s *sheet) heading(st *style.Styles, title string) {
	if len(s.lines) > 0 {
		s.add()
	}
	s.add(span{title, &st.Accent})
}

// factWidth is how far the values of facts are indented.
const factWidth = 13

// fact appends "name  value", the value broken over lines of w cells; nothing if it is empty.
func (s *sheet) fact(st *style.Styles, w int, name, value string) {
	if value == "" {
		return
	}
	room := max(8, w-factWidth-4)
	value = display.Clean(value)
	for first := true; value != "" || first; first = false {
		part := display.Cut(value, room, "")
		if part == "" {
			break
		}
		value = value[len(part):]
		label := ""
		if first {
			label = name
		}
		s.add(span{"  " + display.Left(label, factWidth, ""), &st.Muted}, span{part, &st.Text})
	}
}

func (s *sheet) text(i int) string {
	var b strings.Builder
	for _, sp := range s.lines[i] {
		b.WriteString(sp.text)
	}
	return b.String()
}

// Scope implements Tab for those that embed the sheet.
func (s *sheet) Scope() keymap.Scope { return keymap.TableView }

// Click implements Tab.
func (s *sheet) Click(int, int) {}

// Scroll implements Tab.
func (s *sheet) Scroll(n int) {
	s.top = max(0, min(s.top+n, len(s.lines)-s.height))
}

// Foot implements Tab.
func (s *sheet) Foot(Env) string { return "" }

// Copy implements Tab: the line of the match, or all.
func (s *sheet) Copy() string {
	if !s.pattern.Empty() && s.hit < len(s.lines) {
		return strings.TrimSpace(s.text(s.hit))
	}
	var b strings.Builder
	for i := range s.lines {
		b.WriteString(strings.TrimRight(s.text(i), " "))
		b.WriteByte('\n')
	}
	return b.String()
}

// Search implements Tab.
func (s *sheet) Search(p match.Pattern) {
	s.pattern, s.hit = p, s.top-1
	if !p.Empty() {
		s.step(1)
	}
}

func (s *sheet) step(dir int) {
	n := len(s.lines)
	for i := 1; i <= n && !s.pattern.Empty(); i++ {
		k := ((s.hit+dir*i)%n + n) % n
		if s.pattern.Match(s.text(k)) {
			s.hit = k
			if k < s.top || k >= s.top+s.height {
				s.top = max(0, min(k-s.height/2, n-s.height))
			}
			return
		}
	}
}

// Do implements Tab: moving and searching.
func (s *sheet) Do(id keymap.ID) (tea.Cmd, bool) {
	page := max(1, s.height-1)
	switch id {
	case keymap.Up:
		s.Scroll(-1)
	case keymap.Down:
		s.Scroll(1)
	case keymap.PageUp:
		s.Scroll(-page)
	case keymap.PageDown:
		s.Scroll(page)
	case keymap.Top:
		s.top = 0
	case keymap.Bottom:
		s.Scroll(len(s.lines))
	case keymap.NextMatch:
		s.step(1)
	case keymap.PrevMatch:
		s.step(-1)
	default:
		return nil, false
	}
	return nil, true
}

// draw renders the lines that show. What was at its end stays there when the window changes.
func (s *sheet) draw(st *style.Styles, w, h int) []string {
	if s.end && (w != s.width || h != s.height) {
		s.top = len(s.lines)
	}
	s.width, s.height = w, h
	s.Scroll(0)
	s.end = s.top > 0 && s.top+h >= len(s.lines)
	out := make([]string, 0, h)
	for i := s.top; i < min(len(s.lines), s.top+h); i++ {
		var b strings.Builder
		room := w - 1
		b.WriteByte(' ')
		for _, sp := range s.lines[i] {
			text := display.Cut(sp.text, room, st.Icons.More)
			room -= display.Width(text)
			if text != "" {
				b.WriteString(highlight(st, *sp.style, text, s.pattern))
			}
		}
		out = append(out, b.String())
	}
	return out
}

// highlight renders text with what a pattern finds in it.
func highlight(st *style.Styles, plain style.Style, text string, p match.Pattern) string {
	spans := p.Spans(text)
	if len(spans) == 0 {
		return plain.Render(text)
	}
	var b strings.Builder
	at := 0
	for _, sp := range spans {
		if sp[0] > at {
			b.WriteString(plain.Render(text[at:sp[0]]))
		}
		b.WriteString(st.Match.Render(text[sp[0]:sp[1]]))
		at = sp[1]
	}
	if at < len(text) {
		b.WriteString(plain.Render(text[at:]))
	}
	return b.String()
}
