package vt

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var seeds = []string{
	"hello\r\nworld", "\x1b[31;1mred\x1b[m\x1b[2J\x1b[H", "\x1b[?1049h\x1b[2;4r\x1b[?69h\x1b[2;9s\x1b[?6hx",
	"\x1b]2;title\x1b\\\x1bP$qm\x1b\\\x1b[6n\x1b[c", "漢字e\u0301\x1b[?2027h👨‍👩‍👧🇩🇪", "\x1b[3g\x1bH\t\t\x1b(0lqk",
	"\xe2\x80", "\x1b[38:2::1:2", "\x1b]8;;http://x\x1b\\y\x1b]8;;\x1b\\", "\x18\x1a\x9b\xff\x00",
	"\n\n\n\n\n\n" + flood, "\x1b[9H" + flood + "\x1b[3b\r\n" + flood + "\x1b[31m" + flood, flood + "\x1b[?7l\x1b[S" + flood,
	"0123456789012345678901234567890123456789\x1b[5b\x1b[2@\x1b[3P\x1b[2L\x1b[M",
}

// seed adds hand-written and generated inputs.
func seed(f *testing.F) {
	for _, in := range seeds {
		f.Add([]byte(in))
	}
	for i := range 40 {
		f.Add([]byte(generate(rand.New(rand.NewPCG(uint64(i), 7)), 60)))
	}
}

// FuzzRepaint checks that a repaint brings back the screen that any input made.
func FuzzRepaint(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		s := New(Options{Cols: 16, Rows: 6, ScrollbackBytes: 1 << 16})
		s.Write(in)
		checkInvariants(t, s)
		checkRepaint(t, s)
	})
}

// FuzzChunks checks that how the input is divided makes no difference, which
// also holds the two parsers against each other: one byte at a time, every
// sequence goes through the state table.
func FuzzChunks(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		whole := New(Options{Cols: 16, Rows: 6})
		whole.Write(in)
		bytewise := New(Options{Cols: 16, Rows: 6})
		for i := range in {
			bytewise.Write(in[i : i+1])
		}
		n := whole.ScrollbackLen()
		if diff := diffStates(snapshot(whole, n), snapshot(bytewise, n)); diff != "" {
			t.Fatalf("divided input differs (-whole +bytewise):\n%s", diff)
		}
		if diff := cmp.Diff(string(whole.Replies()), string(bytewise.Replies())); diff != "" {
			t.Fatalf("replies differ (-whole +bytewise):\n%s", diff)
		}
	})
}

// FuzzResize checks that no sequence of sizes and input breaks the screen. A
// byte 0xFF in the input takes the next two as a size.
func FuzzResize(f *testing.F) {
	seed(f)
	f.Add([]byte("hello world, this wraps\xff\x05\x03\xff\x28\x08more\xff\x01\x01x漢\xff\x50\x18"))
	f.Fuzz(func(t *testing.T, in []byte) {
		s := New(Options{Cols: 16, Rows: 6, ScrollbackBytes: 1 << 14})
		for start := 0; start < len(in); {
			end := start
			for end < len(in) && in[end] != 0xff {
				end++
			}
			s.Write(in[start:end])
			if end+2 < len(in) {
				s.Resize(int(in[end+1])%100, int(in[end+2])%40)
				checkInvariants(t, s)
			}
			start = end + 3
		}
		checkInvariants(t, s)
		checkRepaint(t, s)
	})
}

// TestGenerated runs the fuzz oracles on more generated input than the seeds.
func TestGenerated(t *testing.T) {
	n := 2000
	if testing.Short() {
		n = 200
	}
	for i := range n {
		r := rand.New(rand.NewPCG(uint64(i), 99))
		s := New(Options{Cols: 2 + r.IntN(30), Rows: 1 + r.IntN(10), ScrollbackBytes: 1 << 16})
		for range 4 {
			s.Write([]byte(generate(r, 40)))
			checkInvariants(t, s)
			checkRepaint(t, s)
			if r.IntN(2) == 0 {
				s.Resize(1+r.IntN(40), 1+r.IntN(12))
				checkInvariants(t, s)
				checkRepaint(t, s)
			}
		}
		if t.Failed() {
			t.Fatalf("input of seed %d", i)
		}
	}
}

// checkInvariants checks what must hold after every call.
func checkInvariants(t *testing.T, s *Screen) {
	t.Helper()
	m := s.region
	if s.cur.x < 0 || s.cur.x >= s.cols || s.cur.y < 0 || s.cur.y >= s.rows {
		t.Fatalf("cursor %+v is outside of %dx%d", s.cur, s.cols, s.rows)
	}
	if m.top < 0 || m.top > m.bottom || m.bottom >= s.rows || m.left < 0 || m.left > m.right || m.right >= s.cols {
		t.Fatalf("margins %+v of %dx%d", m, s.cols, s.rows)
	}
	if len(s.tabs) != s.cols || len(s.grid.rows) != s.rows {
		t.Fatalf("%d tab stops and %d rows for %dx%d", len(s.tabs), len(s.grid.rows), s.cols, s.rows)
	}
	for _, g := range []*grid{s.primary, s.alt} {
		if g == nil {
			continue
		}
		for y, r := range g.rows {
			checkRow(t, s, y, r)
		}
	}
	if s.hist.bytes > s.hist.budget {
		t.Fatalf("scrollback takes %d bytes of %d", s.hist.bytes, s.hist.budget)
	}
	size := 0
	for _, c := range s.hist.chunks {
		size += c.size()
		for i, l := range c.lines {
			cells, _ := s.decode(c.bytes(i))
			if n := countRows(cells, c.cols); c.cols == s.hist.cols && n != int(l.rows) || len(cells) != int(l.cells) {
				t.Fatalf("line of %d cells %q counts as %d rows of %d: %+v", len(cells), s.rowText(cells, false), l.rows, c.cols, l)
			}
		}
	}
	if size != s.hist.bytes {
		t.Fatalf("scrollback of %d bytes is counted as %d", size, s.hist.bytes)
	}
}

func checkRow(t *testing.T, s *Screen, y int, r *row) {
	t.Helper()
	if len(r.cells) != s.cols || r.used > s.cols {
		t.Fatalf("row %d has %d cells, %d used, of %d", y, len(r.cells), r.used, s.cols)
	}
	for x, c := range r.cells {
		switch {
		case x >= r.used && c != cell{}:
			t.Fatalf("cell %d,%d is %+v beyond the %d used", x, y, c, r.used)
		case c.wide() && (x+1 == s.cols || !r.cells[x+1].tail()):
			t.Fatalf("cell %d,%d is wide without a second half", x, y)
		case c.tail() && (x == 0 || !r.cells[x-1].wide()):
			t.Fatalf("cell %d,%d is a second half without a first", x, y)
		case c.style() >= uint32(len(s.tab.styles)):
			t.Fatalf("cell %d,%d has style %d of %d", x, y, c.style(), len(s.tab.styles))
		}
	}
}
