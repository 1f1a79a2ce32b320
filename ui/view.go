package ui

import (
	"strings"

	"berth/engine"
	"berth/ui/internal/display"
	"berth/ui/internal/layout"
	"berth/ui/internal/screen"
	"berth/ui/internal/widget/frame"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// drawn keeps what was drawn, and what of it is no longer true.
type drawn struct {
	pane    [layout.Panes][]string
	stale   [layout.Panes]bool
	header  bool // stale
	marked  bool // what the mouse has marked is another part
	footer  bool // stale
	content string
	top     string
	bottom  string
	cursor  *tea.Cursor
	live    *screen.Live // where the program that has the keys draws, if nothing lies over it
	box     layout.Rect  // where the overlay lies
}

// mark says that a pane shows something else now.
func (d *drawn) mark(p layout.Pane) { d.stale[p] = true }

// all says that everything shows something else.
func (d *drawn) all() {
	for p := range d.stale {
		d.stale[p] = true
	}
	d.header, d.footer = true, true
}

func (d *drawn) dirty() bool {
	for _, s := range d.stale {
		if s {
			return true
		}
	}
	return d.header || d.footer || d.marked
}

// View implements tea.Model. It draws what has changed and nothing else, and does no I/O.
func (m *Model) View() tea.View {
	v := tea.View{AltScreen: true, ReportFocus: true, WindowTitle: "berth"}
	if !m.window.noMouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	v.ProgressBar = m.progress()
	st := m.look.style
	v.BackgroundColor = st.Background()
	if m.drawn.dirty() && m.window.w > 0 && m.window.h > 0 {
		m.compose()
	}
	m.shellView(&v)
	v.Content, v.Cursor = m.drawn.content, m.drawn.cursor
	return v
}

// progress is what the terminal shows in its own tab or task bar while something is pulled.
func (m *Model) progress() *tea.ProgressBar {
	t := m.totals
	switch {
	case t.Active == 0:
		return nil
	case t.Total == 0:
		return tea.NewProgressBar(tea.ProgressBarIndeterminate, 0)
	}
	return tea.NewProgressBar(tea.ProgressBarDefault, int(t.Current*100/t.Total))
}

// compose puts the frame together.
func (m *Model) compose() {
	l := m.window.lay
	for p := range layout.Panes {
		if still := m.sel.dragging && m.sel.on && m.sel.pane == p; m.drawn.stale[p] && !still {
			m.drawn.stale[p] = false
			m.drawn.pane[p] = m.drawPane(p, l.Pane[p])
		}
	}
	m.drawn.cursor = m.shellCursor()
	if m.drawn.header {
		m.drawn.top = m.drawHeader()
	}
	lines := make([]string, 0, m.window.h)
	if !l.Header.Empty() {
		lines = append(lines, m.drawn.top)
	}
	if !l.Tabs.Empty() {
		lines = append(lines, m.drawPaneNames(l.Tabs.W))
	}
	if l.Mode == layout.Wide {
		left := make([]string, 0, l.Left.H)
		for p := layout.Images; p < layout.Main; p++ {
			left = append(left, m.marked(p)...)
		}
		main := m.marked(layout.Main)
		for i := range l.Left.H {
			lines = append(lines, at(left, i, l.Left.W)+at(main, i, l.Pane[layout.Main].W))
		}
	} else {
		r, shown := l.Pane[m.window.focus], m.marked(m.window.focus)
		for i := range r.H {
			lines = append(lines, at(shown, i, r.W))
		}
	}
	if !l.Footer.Empty() {
		if m.drawn.footer {
			m.drawn.bottom = m.drawFooter()
		}
		lines = append(lines, m.drawn.bottom)
	} else { // what is said has no line of its own
		said := m.saidInside(m.window.w)
		copy(lines[max(0, len(lines)-len(said)):], said[max(0, len(said)-len(lines)):])
	}
	m.drawn.header, m.drawn.footer, m.drawn.marked = false, false, false
	m.drawn.live = m.shellLive(l.Footer.Empty())
	if t := m.toast(m.window.w-2, len(lines)); t != nil {
		m.drawn.live = nil
		lines = lay(lines, t, max(0, m.window.w-display.Width(t[0])-2), max(0, len(lines)-len(t)-2))
	}
	lines = m.overlaid(lines)
	lines = lines[:min(len(lines), m.window.h)]
	if m.overlay != nil || m.notice.bad || l.Mode == layout.Tiny {
		for i, line := range lines { // no box may be larger than the window
			lines[i] = at([]string{line}, 0, m.window.w)
		}
	}
	m.drawn.content = strings.Join(lines, "\n")
	if m.opts.ASCII {
		m.drawn.content = asciiSigns.Replace(m.drawn.content)
	}
}

// at returns a line of a pane, exactly w cells wide.
func at(lines []string, i, w int) string {
	if i >= len(lines) {
		return display.Spaces(w)
	}
	l := lines[i]
	switch n := display.Width(l); {
	case n < w:
		return l + display.Spaces(w-n)
	case n > w:
		return ansi.Truncate(l, w, "")
	}
	return l
}

// overlaid lays the overlay over the frame, and puts the cursor where text is typed.
func (m *Model) overlaid(lines []string) []string {
	if m.overlay == nil {
		return lines
	}
	m.drawn.cursor = nil
	if f, ok := m.overlay.(*filter); ok {
		if foot := m.window.lay.Footer; !foot.Empty() {
			line, cur := f.footer(m, m.window.w)
			lines[len(lines)-1] = at([]string{line}, 0, m.window.w)
			m.drawn.cursor = cursorAt(min(cur, m.window.w-1), foot.Y)
			m.drawn.footer = true // it comes back when the filter goes
		}
		return lines
	}
	over, cx, cy := m.overlay.draw(m, m.window.w-2, m.window.h-2)
	if len(over) == 0 {
		return lines
	}
	if _, ok := m.overlay.(*themePicker); !ok { // what it chooses must be seen
		for i, line := range lines {
			lines[i] = m.look.style.Backdrop.Render(ansi.Strip(line))
		}
	}
	w := display.Width(over[0])
	x, y := max(0, (m.window.w-w)/2), max(0, (m.window.h-len(over))/3)
	lines = lay(lines, over, x, y)
	m.drawn.box = layout.Rect{X: x, Y: y, W: w, H: len(over)}
	if cx >= 0 && x+cx < m.window.w && y+cy < m.window.h {
		m.drawn.cursor = cursorAt(x+cx, y+cy)
	}
	return lines
}

// lay puts a box over lines.
func lay(lines, box []string, x, y int) []string {
	w := display.Width(box[0])
	for i, o := range box {
		if y+i >= len(lines) {
			break
		}
		under := lines[y+i]
		lines[y+i] = ansi.Truncate(under, x, "") + o + ansi.TruncateLeft(under, x+w, "")
	}
	return lines
}

func cursorAt(x, y int) *tea.Cursor {
	c := tea.NewCursor(x, y)
	c.Shape, c.Blink = tea.CursorBar, false
	return c
}

// drawPane draws one pane with its border, or without in a tiny window.
func (m *Model) drawPane(p layout.Pane, r layout.Rect) []string {
	if r.Empty() {
		return nil
	}
	st, focused := m.look.style, m.window.focus == p
	if m.window.lay.Mode == layout.Tiny {
		return m.drawBody(p, r.W, r.H, focused)
	}
	wide := m.window.lay.Mode == layout.Wide
	f := frame.Frame{Title: paneNames[p], Info: m.info(p), Focused: focused, Joined: wide && p > layout.Images && p < layout.Main, Open: wide && p < layout.Pulls}
	f.After = wide && p > layout.Images && p < layout.Main && m.window.focus == p-1
	in := m.body(p)
	if f.Open {
		r.H-- // the lower border is the next pane's upper one
	}
	body := m.drawBody(p, in.W, in.H, focused)
	if p == layout.Main {
		f.Title = m.mainTitle()
		if image := strings.Index(f.Title, " "+st.Icons.Dot+" "); image > 0 && display.Width(f.Title) > r.W-9-display.Width(m.main.Bar(st, m.barRoom(r.W), focused)) {
			f.Title = f.Title[:image] // half an image's name helps nobody
		}
		f.Right = m.main.Bar(st, m.barRoom(r.W), focused)
		f.Title = display.Cut(f.Title, max(leastTitle, r.W-9-display.Width(f.Right)), st.Icons.More)
		if t := m.main.Tab(); t != nil {
			f.Foot = t.Foot(m.env())
		}
		f.Info = ""
		if t, ok := m.main.Tab().(*screen.Shell); ok {
			f.Info = t.Title(st)
		}
		if pat := m.main.Pattern(); !pat.Empty() {
			f.Info = "/" + display.Clean(pat.Text)
		}
	}
	return frame.Draw(st, f, body, r.W, r.H)
}

// leastTitle is how much of the main area's title shows at least, though tabs want its room.
const leastTitle = 8

// barRoom is how much of the main area's border the tabs may have.
func (m *Model) barRoom(w int) int {
	return max(0, w-9-min(display.Width(m.mainTitle()), leastTitle))
}

var paneNames = [layout.Panes]string{"1 Images", "2 Containers", "3 Pulls", "4 Details"}

func (m *Model) drawBody(p layout.Pane, w, h int, focused bool) []string {
	env := m.env()
	switch {
	case w <= 0 || h <= 0:
		return nil
	case p == layout.Images && m.window.lay.Mode != layout.Wide && h > 12 && len(m.state.Images) == 0:
		return m.ready(m.welcome(w, h)) // there is no main area beside it
	case p == layout.Images:
		return m.ready(m.images.Draw(env, w, h, focused))
	case p == layout.Containers:
		return m.ready(m.containers.Draw(env, w, h, focused))
	case p == layout.Pulls:
		return m.ready(m.pulls.Draw(env, w, h, focused))
	}
	if t := m.main.Tab(); t != nil {
		return t.Draw(env, w, h, focused)
	}
	return m.ready(m.welcome(w, h))
}

// ready holds a pane's lines back until the engine has told what there is: "nothing
// yet" would be a lie.
func (m *Model) ready(lines []string) []string {
	if !m.state.Ready {
		return nil
	}
	return lines
}

// info is what stands behind a list's title.
func (m *Model) info(p layout.Pane) string {
	l := m.listOf(p)
	if l == nil || !m.state.Ready {
		return ""
	}
	st := m.look.style
	shown, all := l.Len()
	if pat := l.Pattern(); !pat.Empty() {
		return "/" + display.Clean(pat.Text) + " " + st.Icons.Dot + " " + display.Number(shown) + " of " + display.Number(all)
	}
	switch p {
	case layout.Containers:
		if up := m.totals.Running; all > 0 {
			return display.Number(up) + " of " + display.Number(all) + " up"
		}
	case layout.Pulls:
		if n := m.totals.Active; n > 0 {
			return display.Number(n) + " active"
		}
	default:
		if all > 0 {
			return display.Number(all)
		}
	}
	return ""
}

func (m *Model) mainTitle() string {
	s := m.main.Subject()
	st := m.look.style
	if c, ok := m.state.Container(s.ID); ok {
		return display.Clean(c.Name) + " " + st.Icons.Dot + " " + display.Clean(c.Image)
	}
	if i, ok := m.state.Image(engine.Digest(s.ID)); ok {
		if i.Dangling() {
			return "<none> " + i.ID.Short()
		}
		return display.Clean(screen.ImageName(i))
	}
	if p, ok := m.pull(s.ID); ok && s.ID != "" {
		return display.Clean(p.Progress.Ref)
	}
	return "4 Details"
}

// drawPaneNames is the line of names when one pane shows at a time.
func (m *Model) drawPaneNames(w int) string {
	st := m.look.style
	names := []string{"1 Images", "2 Containers", "3 Pulls", "4 Details"}
	if w < 48 {
		names = []string{"1", "2", "3", "4"}
		names[m.window.focus] = paneNames[m.window.focus]
	}
	var b strings.Builder
	for i, n := range names {
		if layout.Pane(i) == m.window.focus {
			b.WriteString(st.Badge.Render(" " + n + " "))
		} else {
			b.WriteString(st.Muted.Render(" " + n + " "))
		}
		b.WriteByte(' ')
	}
	return at([]string{b.String()}, 0, w)
}
