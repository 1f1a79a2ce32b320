package vt

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// size returns the bytes that the side tables and buffers of s hold, roughly.
func footprint(s *Screen) int {
	n := s.ScrollbackBytes() + cap(s.in.raw) + cap(s.replies) + s.tab.linkBytes
	n += 48*len(s.tab.styles) + 64*len(s.tab.links) + 8*cap(s.hist.scratch)
	for _, c := range s.tab.clusters {
		n += 32 + len(c)
	}
	return n
}

// TestHostileInput feeds what could make a careless terminal grow without end,
// and checks that it stays small and still works.
func TestHostileInput(t *testing.T) {
	repeat := func(n int, f func(i int) string) func(s *Screen) {
		return func(s *Screen) {
			for i := range n {
				s.Write([]byte(f(i)))
			}
		}
	}
	megabyte := strings.Repeat("x", 1<<20)
	wide := strings.Repeat("漢", 1<<18)
	for _, c := range []struct {
		name string
		feed func(s *Screen)
	}{
		{"a line of 100 MB", repeat(100, func(int) string { return megabyte })},
		{"a line of wide characters", repeat(10, func(int) string { return wide })},
		{"an OSC of 100 MB", repeat(100, func(i int) string { return "\x1b]2;"[:4*max(0, 1-i)] + megabyte })},
		{"a DCS of 20 MB", repeat(20, func(i int) string { return "\x1bPq"[:3*max(0, 1-i)] + megabyte })},
		{"digits without end", repeat(1000, func(i int) string { return "\x1b["[:2*max(0, 1-i)] + strings.Repeat("1", 1000) })},
		{"parameters without end", repeat(1000, func(i int) string { return "\x1b["[:2*max(0, 1-i)] + strings.Repeat("1;", 1000) })},
		{"a million queries", repeat(1000, func(int) string { return strings.Repeat("\x1b[c\x1b[6n\x1bP$qm\x1b\\", 1000) })},
		{"a million colours", repeat(1000, func(i int) string {
			var b strings.Builder
			for j := range 1000 {
				n := i*1000 + j
				fmt.Fprintf(&b, "\x1b[38;2;%d;%d;%dmx", n>>16&255, n>>8&255, n&255)
			}
			return b.String()
		})},
		{"a million clusters", repeat(1000, func(i int) string {
			var b strings.Builder
			for j := range 1000 {
				n := i*1000 + j
				fmt.Fprintf(&b, "x%c%c%c", 0x300+n%100, 0x300+n/100%100, 0x300+n/10000%100)
			}
			return b.String()
		})},
		{"marks without end", repeat(1000, func(int) string { return strings.Repeat("\u0301", 1000) })},
		{"long links", repeat(20000, func(i int) string {
			return fmt.Sprintf("\x1b]8;id=%d;http://%s/%d\x1b\\x", i, strings.Repeat("a", 2000), i)
		})},
		{"two long links in turn", repeat(20000, func(i int) string {
			return fmt.Sprintf("\x1b]8;;http://%s/%d\x1b\\x", strings.Repeat("a", 2000), i%2)
		})},
		{"stacks", repeat(10000, func(i int) string {
			return fmt.Sprintf("\x1b]0;%s\a\x1b[22t\x1b[>%du\x1b7\x1b[?%ds", strings.Repeat("t", 2000), i%32, i%3000)
		})},
		{"palette", repeat(10000, func(i int) string { return fmt.Sprintf("\x1b]4;%d;#%06x\a", i%300, i) })},
		{"random bytes", func(s *Screen) {
			r := rand.New(rand.NewPCG(1, 2))
			buf := make([]byte, 1<<20)
			for range 5 {
				for i := range buf {
					buf[i] = byte(r.Uint32())
				}
				s.Write(buf)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := New(Options{Cols: 80, Rows: 24, ScrollbackBytes: 1 << 20})
			c.feed(s)
			checkInvariants(t, s)
			if n := footprint(s); n > 5<<20 {
				t.Errorf("the screen holds %d bytes", n)
			}
			if n := len(s.Replies()); n > maxReplies {
				t.Errorf("%d bytes of replies", n)
			}
			checkRepaint(t, s)
			s.Write([]byte("\x18\x1b\\\x1bcstill here"))
			if got := s.String(); got != "still here" {
				t.Errorf("afterwards the screen shows %q", got)
			}
		})
	}
}

// TestManyResizes is a window that is dragged about while a program writes.
func TestManyResizes(t *testing.T) {
	s := New(Options{Cols: 80, Rows: 24, ScrollbackBytes: 1 << 20})
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 10000 {
		fmt.Fprintf(s, "line %d \x1b[3%dmwith colour\x1b[m and 漢字 and some length to wrap\r\n", i, i%8)
		if i%100 == 0 {
			s.Write([]byte([]string{"\x1b[?1049h", "\x1b[?1049l"}[i/100%2]))
		}
		s.Resize(1+r.IntN(200), 1+r.IntN(80))
	}
	checkInvariants(t, s)
	checkRepaint(t, s)
	s.Resize(-5, 1<<30)
	if c, r := s.Size(); c != 1 || r != MaxRows {
		t.Errorf("size is %dx%d after a senseless request", c, r)
	}
}

// TestNoAllocations holds that text and colour cost no allocation once the
// screen has seen them.
func TestNoAllocations(t *testing.T) {
	s := New(Options{Cols: 80, Rows: 24, ScrollbackBytes: 1 << 18})
	text := []byte(strings.Repeat("\x1b[1;32mname\x1b[m  some text, café 漢字 e\u0301\x1b[38;2;1;2;3m!\x1b[K\r\n", 100))
	for range 300 {
		s.Write(text) // until the scrollback is full
	}
	if n := testing.AllocsPerRun(100, func() { s.Write(text) }); n > 1 {
		t.Errorf("%v allocations for 100 lines", n)
	}
}

// TestUnfinishedSequences holds that a program that dies within a sequence
// leaves the terminal of whoever attaches usable.
func TestUnfinishedSequences(t *testing.T) {
	for _, in := range []string{"\x1b", "\x1b[", "\x1b[12;", "\x1b[?", "\x1b(", "\x1b]0;tit", "\x1b]0;tit\x1b", "\x1bP+q54", "\x1b_G", "\xf0\x9f\x92"} {
		s := New(Options{Cols: 20, Rows: 3})
		s.Write([]byte("text" + in))
		outer := New(Options{Cols: 20, Rows: 3})
		outer.Write(s.RepaintWith(nil, RepaintOptions{Outer: true}))
		outer.Write(s.Restore())
		outer.Write([]byte("$ "))
		// What began a character is shown as one that was broken off.
		if got := strings.ReplaceAll(outer.String(), "\ufffd", ""); got != "text$" {
			t.Errorf("after %q the user's terminal shows %q", in, got)
		}
	}
}

// TestRestore holds that a terminal gets its modes back whatever ran in it.
func TestRestoreResetsTheKeypadForTerminalsWithoutItsMode(t *testing.T) {
	if !bytes.Contains(RestoreSequence(), []byte("\x1b>")) {
		t.Error("a program's ESC = is not undone where DECNKM is unknown")
	}
}

func TestRestore(t *testing.T) {
	for i := range 300 {
		r := rand.New(rand.NewPCG(uint64(i), 5))
		outer := New(Options{Cols: 30, Rows: 10})
		outer.Write([]byte("\x1b]0;user's title\a$ berth attach\r\n"))
		before := snapshot(outer, 0)

		s := New(Options{Cols: 30, Rows: 10})
		s.Write([]byte(generate(r, 40)))
		paint := s.RepaintWith(nil, RepaintOptions{Outer: true})
		if bytes.Contains(paint, []byte("\x1bc")) {
			t.Fatal("the repaint resets the user's terminal")
		}
		outer.Write(paint)
		more := []byte(generate(r, 20))
		more = more[:r.IntN(len(more)+1)] // the program dies anywhere
		outer.Write(more)
		s.Write(more)
		outer.Write(s.Restore())

		after := snapshot(outer, 0)
		for _, v := range []*state{&before, &after} { // what the program printed may stay
			v.Cur, v.Rows, v.Saved, v.Tabs = cursor{}, nil, nil, ""
		}
		if before.Titles != after.Titles && strings.Contains(string(more)+string(paint), "\x1b[2") {
			after.Titles = before.Titles // the program may have used the stack of titles up
		}
		if diff := diffStates(before, after); diff != "" {
			t.Fatalf("input %d: the terminal is not as before:\n%s", i, diff)
		}
	}
}
