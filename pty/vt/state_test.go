package vt

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// state is everything of a screen that a repaint must bring back, in a form
// that compares and prints well.
type state struct {
	Size       [2]int
	Cur        cursor
	Pen        string
	Charsets   charsets
	Region     margins
	Tabs       string
	Modes      ModeSet
	Keys       Modes
	Shape      CursorShape
	Titles     string
	Colors     string
	Saved      []string
	Kitty      string
	Rows       []string // of the shown grid
	Primary    []string // of the hidden one
	Scrollback []string
	Partial    string
}

func (s *Screen) styleText(id uint32) string {
	return s.penText(s.tab.styles[id])
}

func (s *Screen) penText(st Style) string {
	l := s.tab.links[st.Link]
	st.Link = 0
	if st == (Style{}) && l == (Link{}) {
		return ""
	}
	return fmt.Sprintf("{%s %d %q}", appendSGR(nil, st), st.Attrs&Protected, l)
}

func (s *Screen) rowText(cells []cell, wrapped bool) string {
	for len(cells) > 0 && cells[len(cells)-1] == (cell{}) {
		cells = cells[:len(cells)-1]
	}
	var b strings.Builder
	attr := uint32(0)
	for _, c := range cells {
		if c.style() != attr {
			attr = c.style()
			b.WriteString("<" + s.styleText(attr) + ">")
		}
		switch {
		case c.tail():
			b.WriteString("_")
		case c.empty():
			b.WriteString("·")
		default:
			b.Write(s.appendChar(nil, c.ch))
			if c.wide() {
				b.WriteString("²")
			}
		}
	}
	if wrapped {
		b.WriteString("↩")
	}
	return b.String()
}

func (s *Screen) gridText(g *grid) []string {
	var rows []string
	for _, r := range g.rows {
		rows = append(rows, s.rowText(r.cells, r.wrapped))
	}
	return rows
}

// snapshot takes the state with up to n rows of scrollback.
func snapshot(s *Screen, n int) state {
	v := state{
		Size: [2]int{s.cols, s.rows}, Cur: s.cur, Pen: s.penText(s.pen.Style), Charsets: s.chars,
		Region: s.region, Tabs: fmt.Sprint(s.tabs), Modes: s.modes.ModeSet &^ ModeInBandResize,
		Keys: s.Modes(), Shape: s.shape, Titles: fmt.Sprintf("%q", s.title),
		Colors: string(s.appendColors(nil)),
		Rows:   s.gridText(s.grid), Partial: string(s.in.raw),
		Kitty: fmt.Sprint(s.grid.kitty.entries[:s.grid.kitty.n], s.grid.kitty.base),
	}
	v.Keys.ModeSet = 0
	grids := []*grid{s.primary}
	if s.modes.Has(ModeAltScreen) {
		v.Primary = s.gridText(s.primary)
		v.Kitty += fmt.Sprint(s.primary.kitty.entries[:s.primary.kitty.n], s.primary.kitty.base)
		grids = append(grids, s.alt)
	}
	for _, g := range grids {
		sv := g.saved
		v.Saved = append(v.Saved, fmt.Sprint(sv.cur, s.penText(sv.pen), sv.chars, sv.origin))
	}
	for n := min(n, s.ScrollbackLen()); n > 0; n-- {
		s.tab.hold = true
		cells, wrapped, _ := s.historyRow(n)
		// In the scrollback, nothing tells blank cells from spaces.
		for i := range cells {
			if cells[i].empty() {
				cells[i].ch = ' '
			}
		}
		for len(cells) > 0 && cells[len(cells)-1] == (cell{ch: ' '}) {
			cells = cells[:len(cells)-1]
		}
		v.Scrollback = append(v.Scrollback, s.rowText(cells, wrapped))
		s.tab.hold = false
	}
	return v
}

func diffStates(a, b state) string {
	return cmp.Diff(a, b, cmp.AllowUnexported(cursor{}, charsets{}, margins{}))
}

// checkRepaint is the oracle vt(repaint(vt(x))) == vt(x).
func checkRepaint(t *testing.T, s *Screen) {
	t.Helper()
	painted := s.Repaint(nil)
	n := s.ScrollbackLen()
	again := New(Options{Cols: s.cols, Rows: s.rows, ScrollbackBytes: s.opts.ScrollbackBytes * 2})
	again.Write(painted)
	if diff := diffStates(snapshot(s, n), snapshot(again, n)); diff != "" {
		t.Fatalf("repaint differs (-screen +repainted):\n%s\nrepaint: %q", diff, painted)
	}
	if _, _, ok := s.lastShown(); ok {
		if want, got := string(s.appendChar(nil, s.last)), string(again.appendChar(nil, again.last)); got != want {
			t.Fatalf("after a repaint, REP repeats %q instead of %q", got, want)
		}
	}
	if r := again.Replies(); len(r) != 0 {
		t.Fatalf("repaint makes the terminal answer %q", r)
	}
}
