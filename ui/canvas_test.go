package ui

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"berth/engine"
	"berth/pty/vt"
	"berth/ui/internal/screen"
	"berth/ui/internal/terminal"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// A desk is a window with a shell in it, as a canvas draws it for an outer terminal.
type desk struct {
	w, h   int
	term   *terminal.Terminal
	c      *canvas
	outer  *vt.Screen
	footer int
}

// still returns a canvas that draws when it is told to.
func still(out io.Writer) *canvas {
	c := newCanvas(out, []string{"TERM=xterm-256color"}, true)
	c.message(tea.ColorProfileMsg{Profile: colorprofile.TrueColor})
	_, _ = c.Write([]byte(ansi.SetModeAltScreenSaveCursor + clearing + ansi.ResetModeTextCursorEnable))
	return c
}

func newDesk(w, h int) *desk {
	d := &desk{w: w, h: h, outer: vt.New(vt.Options{Cols: w, Rows: h})}
	d.term = terminal.New(terminal.Options{Size: engine.Size{Cols: w - 12, Rows: h - 2}, Wake: func() {}})
	d.c = still(d.outer)
	return d
}

// view composes the window as it is now: a list, the shell, and lines around them.
func (d *desk) view(covered bool) (tea.View, *screen.Live) {
	live := &screen.Live{Terminal: d.term, X: 11, Y: 1, W: d.w - 12, H: d.h - 2, Gen: d.term.Generation()}
	live.Rows = d.term.Draw(live.Look, live.W, live.H)
	lines := []string{strings.Repeat("─", d.w)}
	for i, row := range live.Rows {
		lines = append(lines, fmt.Sprintf("\x1b[32m%-10d\x1b[m│", i+d.footer)+row+"│")
	}
	lines = append(lines, fmt.Sprintf("%-*d", d.w, d.footer))
	v := tea.View{}
	if v.Cursor = d.term.Cursor(); v.Cursor != nil {
		v.Cursor.X, v.Cursor.Y = v.Cursor.X+live.X, v.Cursor.Y+live.Y
	}
	if covered {
		lines[d.h/2] = strings.Repeat("#", d.w)
		live = nil
	}
	v.Content = strings.Join(lines, "\n")
	return v, live
}

// differs compares the outer terminal with one on which a view was drawn from nothing.
func (d *desk) differs(v tea.View) string {
	want := vt.New(vt.Options{Cols: d.w, Rows: d.h})
	c := still(want)
	c.show(v, d.w, d.h, nil)
	c.draw(c.next)
	linked := vt.New(vt.Options{Cols: d.w, Rows: d.h}) // as the lines themselves say
	for y, line := range strings.Split(v.Content, "\n") {
		_, _ = fmt.Fprintf(linked, "\x1b[%d;1H%s", y+1, line)
	}
	for y := range d.h {
		a, _ := d.outer.Line(nil, y)
		b, _ := want.Line(nil, y)
		l, _ := linked.Line(nil, y)
		for x := range b {
			is, _ := d.outer.Link(a[x].Style.Link)
			should, _ := linked.Link(l[x].Style.Link)
			if is.URI != should.URI {
				return fmt.Sprintf("row %d, column %d links to %q, not %q:\n%s", y, x, is.URI, should.URI, d.outer)
			}
			a[x].Style.Link, b[x].Style.Link = 0, 0 // numbers of each screen's own
			for _, cell := range []*vt.Cell{&a[x], &b[x]} {
				if cell.Rune == 0 && cell.Width == 1 {
					cell.Rune = ' ' // erased or written
				}
			}
			if a[x] != b[x] {
				return fmt.Sprintf("row %d, column %d shows %+v, not %+v:\n%s\n\n%s", y, x, a[x], b[x], d.outer, want)
			}
		}
	}
	a, b := d.outer.Cursor(), want.Cursor()
	if a.Visible != b.Visible || b.Visible && (a.X != b.X || a.Y != b.Y || a.Shape != b.Shape) {
		return fmt.Sprintf("the cursor is %+v, not %+v", a, b)
	}
	return ""
}

// writes are what a program in the shell may print.
var writes = []string{
	"a", "hello ", "\r\n", "\x1b[31mred\x1b[m", "\x1b[7m \x1b[m", "\b \b", "\x1b[H", "\x1b[2J", "\x1b[%d;%dH", "日本", "e\u0301", "\U0001f600", "\x1b[K", "\x1b[1K",
	"\x1b[L", "\x1b[M", "\x1b[3P", "\x1b[2@", "\t", "\x1b[?25l", "\x1b[?25h", "\x1b[5 q", "\x1b[0 q", "\x1b[44m\x1b[K\x1b[m", "\x1b[S", "\x1bM", "\x1b]8;;http://x.y\x1b\\link\x1b]8;;\x1b\\",
	"\x1b]8;;http://x.y\x1b\\", "\x1b[44mblue \x1b]8;id=z;http://z.y\x1b\\", "\x1b]8;;\x1b\\", "\x1b[m", "\x1b[38;5;200mpink", "\x1b[?1049h", "\x1b[?1049l", "\x1b[?5h", "\x1b[?5l", strings.Repeat("w", 70), "\x1b[4:3mwave\x1b[m", "\u200d", "\U0001f1e9\U0001f1ea",
}

// play lets a program print, frames and echoes be drawn in any order, the window change, and
// checks after each step in which something was drawn that the terminal shows what a fresh
// one would.
func play(t *testing.T, r *rand.Rand, steps int) {
	d := newDesk(40+r.IntN(30), 6+r.IntN(10))
	draw := func(covered bool) tea.View {
		v, live := d.view(covered)
		d.c.show(v, d.w, d.h, live)
		d.c.draw(d.c.next)
		return v
	}
	draw(false)
	covered := false
	for step := range steps {
		what := writes[r.IntN(len(writes))]
		if strings.Contains(what, "%d") {
			what = fmt.Sprintf(what, 1+r.IntN(d.h), 1+r.IntN(d.w))
		}
		stale, staleLive := d.view(covered)
		_, _ = io.WriteString(d.term, what)
		var v tea.View
		k := r.IntN(20)
		switch {
		case k < 12:
			d.c.keyed = time.Now()
			if !d.c.echo(d.term) {
				continue // too much for an echo, or nothing to draw on
			}
			v, _ = d.view(covered)
		case k < 14: // a frame that was composed before
			d.c.show(stale, d.w, d.h, staleLive)
			d.c.draw(d.c.next)
			v = draw(covered)
		case k < 15:
			covered = !covered
			v = draw(covered)
		case k < 16:
			d.w, d.h = 40+r.IntN(30), 6+r.IntN(10)
			d.c.message(tea.WindowSizeMsg{Width: d.w, Height: d.h})
			d.outer.Resize(d.w, d.h)
			d.term.Resize(engine.Size{Cols: d.w - 12, Rows: d.h - 2})
			v = draw(covered)
		case k < 17:
			_, _ = d.c.Write([]byte("\x1b[m" + clearing)) // asked for, or behind a resize
			v = draw(covered)
		default:
			d.footer++
			v = draw(covered)
		}
		if diff := d.differs(v); diff != "" {
			t.Fatalf("step %d.%d, after %q: %s", step, k, what, diff)
		}
	}
}

func TestEchoesAndFramesShowTheSame(t *testing.T) {
	for seed := range uint64(40) {
		play(t, rand.New(rand.NewPCG(seed, 1)), 120)
	}
}

func FuzzEchoesAndFrames(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, a, b uint64) { play(t, rand.New(rand.NewPCG(a, b)), 60) })
}

// A link that is printed piece by piece is one all along.
func TestALinkGoesOn(t *testing.T) {
	d := newDesk(60, 8)
	v, live := d.view(false)
	d.c.show(v, d.w, d.h, live)
	d.c.draw(d.c.next)
	for _, what := range []string{"\x1b]8;;http://x.y\x1b\\li", "nk", "ed\x1b]8;;\x1b\\ no"} {
		_, _ = io.WriteString(d.term, what)
		d.c.keyed = time.Now()
		d.c.echo(d.term)
	}
	cells, _ := d.outer.Line(nil, 1)
	for x, want := range map[int]string{11: "http://x.y", 13: "http://x.y", 16: "http://x.y", 17: "", 18: ""} {
		if l, _ := d.outer.Link(cells[x].Style.Link); l.URI != want {
			t.Errorf("column %d links to %q, not %q", x, l.URI, want)
		}
	}
}

// A link that goes on in the next row does so in the window, whatever stands between the two.
func TestALinkSpansRows(t *testing.T) {
	d := newDesk(60, 8)
	v, live := d.view(false)
	d.c.show(v, d.w, d.h, live)
	d.c.draw(d.c.next)
	_, _ = io.WriteString(d.term, "\x1b]8;;http://x.y\x1b\\"+strings.Repeat("\x1b[44mlinked\x1b[m ", 10)+"\x1b]8;;\x1b\\no")
	d.c.keyed = time.Now()
	if !d.c.echo(d.term) {
		t.Fatal("two rows were not drawn as an echo")
	}
	v, _ = d.view(false)
	if diff := d.differs(v); diff != "" {
		t.Error(diff)
	}
}

// What a key answers with is a few bytes, and the frame behind it none.
func TestAnEchoIsShortAndOnce(t *testing.T) {
	d := newDesk(80, 24)
	v, live := d.view(false)
	d.c.show(v, d.w, d.h, live)
	d.c.draw(d.c.next)
	var out bytes.Buffer
	d.c.out = &out
	_, _ = io.WriteString(d.term, "x")
	d.c.keyed = time.Now()
	d.c.echo(d.term)
	if n := out.Len(); n == 0 || n > 40 {
		t.Errorf("an echo took %d bytes: %q", n, out.String())
	}
	out.Reset()
	v, live = d.view(false)
	d.c.show(v, d.w, d.h, live)
	d.c.draw(d.c.next)
	if out.Len() > 0 {
		t.Errorf("the frame behind it wrote %q", out.String())
	}
}

// What is too much for an echo draws nothing, so that no frame comes too late for it.
func TestAnEchoThatDrawsNothingHoldsNoFrameUp(t *testing.T) {
	d := newDesk(60, 12)
	v, live := d.view(false)
	d.c.show(v, d.w, d.h, live)
	d.c.draw(d.c.next)
	_, _ = io.WriteString(d.term, "one")
	early, earlyLive := d.view(false)
	_, _ = io.WriteString(d.term, strings.Repeat("\r\nmore", echoRows+1))
	d.c.keyed = time.Now()
	if d.c.echo(d.term) {
		t.Fatal("so many rows were drawn as an echo")
	}
	d.c.show(early, d.w, d.h, earlyLive)
	if !d.c.draw(d.c.next) {
		t.Error("the frame was not drawn")
	}
	if diff := d.differs(early); diff != "" {
		t.Error(diff)
	}
}

// Nothing is written on a screen that is not ours, before it is or after.
func TestTheCanvasKeepsToItsScreen(t *testing.T) {
	var out bytes.Buffer
	c := newCanvas(&out, []string{"TERM=xterm-256color"}, true)
	c.message(tea.ColorProfileMsg{Profile: colorprofile.TrueColor})
	frame := func(text string) {
		c.show(tea.View{Content: text, Cursor: &tea.Cursor{Shape: tea.CursorBar}}, 10, 2, nil)
		c.draw(c.next)
	}
	frame("before")
	if out.Len() > 0 {
		t.Errorf("before the screen was there: %q", out.String())
	}
	_, _ = c.Write([]byte(ansi.SetModeAltScreenSaveCursor))
	if frame("within"); !strings.Contains(out.String(), "within") {
		t.Errorf("the frame is missing: %q", out.String())
	}
	_, _ = c.Write([]byte(ansi.ResetModeAltScreenSaveCursor))
	if !strings.Contains(out.String(), ansi.SetCursorStyle(0)) {
		t.Errorf("the cursor keeps its shape: %q", out.String())
	}
	out.Reset()
	if frame("after"); out.Len() > 0 {
		t.Errorf("after it was given back: %q", out.String())
	}
}
