package ui

import (
	"time"

	"berth/ui/internal/display"
	"berth/ui/internal/style"

	tea "charm.land/bubbletea/v2"
)

// An overlay lies over the panes and gets all keys.
type overlay interface {
	key(m *Model, k tea.KeyPressMsg) tea.Cmd
	// draw returns the overlay's lines, all equally wide, at most w by h cells, and
	// where the cursor stands in them, or a negative column for none.
	draw(m *Model, w, h int) (lines []string, x, y int)
}

// A paster is an overlay in which text can be typed.
type paster interface {
	paste(m *Model, text string) tea.Cmd
}

// A scroller is an overlay that the wheel moves.
type scroller interface {
	wheel(lines int)
}

// A clicker is an overlay in which things can be clicked; x and y count from its corner.
type clicker interface {
	click(m *Model, x, y int) tea.Cmd
}

type closeOverlay struct{}

func (m *Model) show(o overlay) tea.Cmd {
	if c, ok := o.(*confirm); ok && !c.fits(m.window.w, m.window.h) {
		return m.tell("The window is too small for the question.")
	}
	m.overlay = o
	m.drawn.all()
	if _, ok := o.(*confirm); ok {
		return tea.Tick(armAfter, func(time.Time) tea.Msg { return armed{} })
	}
	return nil
}

func (m *Model) hide() {
	m.overlay = nil
	m.drawn.all()
}

// box draws lines into a frame with a title; the lines must be w-4 wide.
func box(st *style.Styles, title string, lines []string, w int) []string {
	return boxed(st, st.BorderFocus, title, st.TitleFocus, lines, w)
}

func boxed(st *style.Styles, b style.Style, title string, tone style.Style, lines []string, w int) []string {
	title = display.Cut(title, w-6, st.Icons.More)
	fill := w - 5 - display.Width(title)
	out := []string{b.Render(st.Frame.TopLeft+st.Frame.Top) + " " + tone.Render(title) + " " + b.Render(rule(st, fill)+st.Frame.TopRight)}
	edge := b.Render(st.Frame.Left)
	for _, l := range lines {
		l = display.Cut(l, w-4, "")
		out = append(out, edge+" "+l+display.Spaces(w-4-display.Width(l))+" "+edge)
	}
	return append(out, b.Render(st.Frame.BottomLeft+rule(st, w-2)+st.Frame.BottomRight))
}

func rule(st *style.Styles, n int) string {
	s := ""
	for range max(0, n) {
		s += st.Frame.Top
	}
	return s
}
