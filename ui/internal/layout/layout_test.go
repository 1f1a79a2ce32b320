package layout

import "testing"

// Whatever the size: nothing overlaps, nothing leaves the window, and the focused pane shows.
func TestEverySizeIsDividedCleanly(t *testing.T) {
	for _, w := range []int{0, 1, 2, 19, 20, 29, 30, 60, 99, 100, 101, 120, 160, 220} {
		for _, h := range []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 17, 18, 19, 20, 24, 35, 60} {
			for f := Images; f < Panes; f++ {
				for _, zoom := range []bool{false, true} {
					check(t, Want{W: w, H: h, Focus: f, Zoom: zoom, Rows: [3]int{h, 3, h / 3}})
				}
			}
		}
	}
}

func check(t *testing.T, want Want) {
	t.Helper()
	l := Compute(want)
	used := make(map[[2]int]int)
	mark := func(r Rect, shared int) {
		for y := r.Y; y < r.Y+r.H-shared; y++ {
			for x := r.X; x < r.X+r.W; x++ {
				used[[2]int{x, y}]++
				if x < 0 || y < 0 || x >= want.W || y >= want.H {
					t.Fatalf("%+v: %+v leaves the window", want, r)
				}
			}
		}
	}
	mark(l.Header, 0)
	mark(l.Tabs, 0)
	mark(l.Footer, 0)
	for p, r := range l.Pane {
		shared := 0
		if l.Mode == Wide && Pane(p) < Pulls {
			shared = 1
		}
		mark(r, shared)
	}
	for at, n := range used {
		if n > 1 {
			t.Fatalf("%+v: cell %v is given %d times", want, at, n)
		}
	}
	if len(used) != want.W*want.H {
		t.Fatalf("%+v: %d of %d cells are given", want, len(used), want.W*want.H)
	}
	if want.W > 0 && want.H > 0 && l.Pane[want.Focus].Empty() {
		t.Fatalf("%+v: the focused pane does not show", want)
	}
}

// Zooming is no dead key where one pane shows anyway.
func TestZoomGivesRoomInEveryWindow(t *testing.T) {
	for _, size := range [][2]int{{160, 45}, {80, 24}, {120, 12}, {20, 5}} {
		w := Want{W: size[0], H: size[1], Focus: Main}
		before := Compute(w).Pane[Main]
		w.Zoom = true
		if after := Compute(w).Pane[Main]; after.W*after.H <= before.W*before.H {
			t.Errorf("%v: %+v becomes %+v", size, before, after)
		}
	}
}

func TestFocusedListKeepsItsLines(t *testing.T) {
	l := Compute(Want{W: 120, H: 35, Focus: Containers, Rows: [3]int{9, 8, 0}})
	if got := l.Pane[Containers].H; got < 8+3 {
		t.Errorf("containers have %d lines", got)
	}
	if got := l.Pane[Pulls].H; got != 4 {
		t.Errorf("no pulls take %d lines", got)
	}
}
