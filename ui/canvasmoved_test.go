package ui

import (
	"math/rand/v2"
	"strings"
	"testing"

	"berth/pty/vt"

	tea "charm.land/bubbletea/v2"
)

// Lines that move take others with them, also such as are the same as before: those must
// be found again where they belong.
func TestMovedLinesLeaveNoGaps(t *testing.T) {
	const w, h = 20, 16
	text := []string{strings.Repeat("│ ", w/2), strings.Repeat("─", w), "one " + strings.Repeat("a", 16), "two " + strings.Repeat("b", 16),
		"three " + strings.Repeat("c", 14), "four " + strings.Repeat("d", 15), strings.Repeat(" ", w)}
	rnd := rand.New(rand.NewPCG(1, 2))
	outer := vt.New(vt.Options{Cols: w, Rows: h})
	c := still(outer)
	lines := make([]string, h)
	for i := range lines {
		lines[i] = text[rnd.IntN(len(text))]
	}
	for range 400 {
		from, n := rnd.IntN(h), 1+rnd.IntN(4) // a pane gets or loses lines, within a part of the window
		to := from + rnd.IntN(h-from)
		part := append([]string(nil), lines[from:to]...)
		for range n {
			part = append([]string{text[rnd.IntN(len(text))]}, part...)
		}
		if rnd.IntN(2) == 0 && len(part) > n {
			part = append(part[n+1:], part[:n+1]...)
		}
		copy(lines[from:to], part)
		v := tea.View{Content: strings.Join(lines, "\n")}
		c.show(v, w, h, nil)
		c.draw(c.next)
		want := vt.New(vt.Options{Cols: w, Rows: h})
		fresh := still(want)
		fresh.show(v, w, h, nil)
		fresh.draw(fresh.next)
		if got := outer.String(); got != want.String() {
			t.Fatalf("the screen is\n%s\nnot\n%s", got, want)
		}
	}
}
