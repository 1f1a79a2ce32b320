// Package frame draws the borders around panes, with a title and facts in them.
// Borders and the title of the focused pane have the accent's colour.
package frame

import (
	"strings"

	"berth/ui/internal/display"
	"berth/ui/internal/style"
)

// A Frame is what stands in a pane's border.
type Frame struct {
	Title   string // already clean
	Info    string // behind the title, muted
	Right   string // at the right end of the upper border, styled
	Foot    string // at the right end of the lower border, styled
	Focused bool
	Joined  bool // the upper border continues the pane above
	After   bool // the pane above has the focus, so that this upper border is its lower one
	Open    bool // the lower border is the next pane's upper one
}

// Draw puts lines, which are w-2 wide, into a frame of w by h cells.
func Draw(st *style.Styles, f Frame, lines []string, w, h int) []string {
	if w < 2 || h < 1 {
		return nil
	}
	b := st.Border
	if f.Focused {
		b = st.BorderFocus
	}
	upper := b
	if f.After {
		upper = st.BorderFocus
	}
	out := make([]string, 0, h)
	left, right := st.Frame.TopLeft, st.Frame.TopRight
	if f.Joined {
		left, right = st.Frame.MiddleLeft, st.Frame.MiddleRight
	}
	out = append(out, upper.Render(left)+rule(st, upper, f, w-2)+upper.Render(right))
	body := h - 1
	if !f.Open {
		body--
	}
	edge := b.Render(st.Frame.Left)
	for i := range max(0, body) {
		line := ""
		if i < len(lines) {
			line = display.Cut(lines[i], w-2, "")
		}
		out = append(out, edge+line+display.Spaces(w-2-display.Width(line))+edge)
	}
	if !f.Open && h > 1 {
		foot := f.Foot
		if display.Width(foot) > w-6 {
			foot = ""
		}
		n := w - 2
		if foot != "" {
			foot = " " + foot + " "
			n -= display.Width(foot) + 1
			foot += b.Render(st.Frame.Bottom)
		}
		out = append(out, b.Render(st.Frame.BottomLeft+strings.Repeat(st.Frame.Bottom, max(0, n)))+foot+b.Render(st.Frame.BottomRight))
	}
	return out
}

// rule is the upper border between its corners.
func rule(st *style.Styles, b style.Style, f Frame, w int) string {
	line := st.Frame.Top
	title := st.Title
	if f.Focused {
		title = st.TitleFocus
	}
	right := f.Right
	rw := display.Width(right)
	if rw > 0 {
		rw += 2
	}
	if w < 12 || rw > w-8 {
		right, rw = "", 0
	}
	room := w - 3 - rw
	if room < 3 {
		return b.Render(strings.Repeat(line, max(0, w)))
	}
	text := display.Cut(f.Title, room-1, st.Icons.More)
	used := display.Width(text)
	s := b.Render(line) + " " + title.Render(text) + " "
	if info := f.Info; info != "" && used+3+display.Width(info) <= room {
		s += b.Render(line) + st.Muted.Render(" "+info+" ")
		used += 3 + display.Width(info)
	}
	s += b.Render(strings.Repeat(line, max(0, w-3-used-rw)))
	if right != "" {
		s += " " + right + " "
	}
	return s
}
