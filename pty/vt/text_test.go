package vt

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// allRows returns scrollback and screen as text, with ↩ where a row goes on.
func allRows(s *Screen) []string {
	var rows []string
	var cells []Cell
	for y := -s.ScrollbackLen(); y < s.rows; y++ {
		var wrapped bool
		cells, wrapped = s.Line(cells[:0], y)
		var b []byte
		for _, c := range cells {
			b = c.AppendText(b)
		}
		row := strings.TrimRight(string(b), " ")
		if wrapped {
			row += "↩"
		}
		rows = append(rows, row)
	}
	return rows
}

func TestReflow(t *testing.T) {
	s := New(Options{Cols: 10, Rows: 3})
	fmt.Fprint(s, "one two three four five\r\nsix\r\nseven eight nine\r\n$ ")
	check := func(cols, rows int, x, y int, want ...string) {
		t.Helper()
		s.Resize(cols, rows)
		if diff := cmp.Diff(want, allRows(s)); diff != "" {
			t.Errorf("at %dx%d (-want +got):\n%s", cols, rows, diff)
		}
		if s.cur.x != x || s.cur.y != y {
			t.Errorf("at %dx%d the cursor is at %d,%d, want %d,%d", cols, rows, s.cur.x, s.cur.y, x, y)
		}
	}
	check(10, 4, 2, 3, "one two th↩", "ree four f↩", "ive", "six", "seven eigh↩", "t nine", "$")
	check(30, 4, 2, 3, "one two three four five", "six", "seven eight nine", "$")
	check(8, 4, 2, 3, "one two↩", "three fo↩", "ur five", "six", "seven ei↩", "ght nine", "$")
	check(30, 2, 2, 1, "one two three four five", "six", "seven eight nine", "$")
	check(30, 5, 2, 3, "one two three four five", "six", "seven eight nine", "$", "")
}

func TestReflowWide(t *testing.T) {
	s := New(Options{Cols: 10, Rows: 2})
	fmt.Fprint(s, "漢字漢字漢字漢字\r\n$ ")
	for _, c := range []struct {
		cols int
		want []string
	}{
		{7, []string{"漢字漢↩", "字漢字↩", "漢字", "$"}},
		{5, []string{"漢字↩", "漢字↩", "漢字↩", "漢字", "$"}},
		{16, []string{"漢字漢字漢字漢字", "$"}},
	} {
		s.Resize(c.cols, 2)
		if diff := cmp.Diff(c.want, allRows(s)); diff != "" {
			t.Errorf("at %d columns (-want +got):\n%s", c.cols, diff)
		}
	}
}

// TestResizeKeepsText holds that no change of the width loses what was written.
func TestResizeKeepsText(t *testing.T) {
	s := New(Options{Cols: 80, Rows: 10})
	var want strings.Builder
	for i := range 200 {
		line := fmt.Sprintf("%d: %s", i, strings.Repeat("word ", i%40)+"end")
		fmt.Fprintf(s, "%s\r\n", line)
		want.WriteString(line + "\n")
	}
	for _, cols := range []int{40, 13, 200, 80, 7, 80} {
		s.Resize(cols, 5+cols%20)
		got := strings.TrimRight(s.Text(Position{0, -s.ScrollbackLen()}, Position{cols, 100}), "\n") + "\n"
		if diff := cmp.Diff(want.String(), got); diff != "" {
			t.Fatalf("at %d columns (-want +got):\n%s", cols, diff)
		}
	}
}

func TestText(t *testing.T) {
	s := New(Options{Cols: 10, Rows: 3})
	fmt.Fprint(s, "first  \r\nthis line is wrapped\r\n漢字 e\u0301\x1b[20Gx")
	for _, c := range []struct {
		from, to Position
		want     string
	}{
		{Position{0, -1}, Position{9, 2}, "first\nthis line is wrapped\n漢字 e\u0301   x"},
		{Position{5, 0}, Position{3, 1}, "line is w"},
		{Position{3, 1}, Position{5, 0}, "line is w"},
		{Position{0, -100}, Position{2, -1}, "fir"},
		{Position{2, 2}, Position{100, 100}, "字 e\u0301   x"},
	} {
		if got := s.Text(c.from, c.to); got != c.want {
			t.Errorf("text from %v to %v is %q, want %q", c.from, c.to, got, c.want)
		}
	}
}

func TestDamage(t *testing.T) {
	s := New(Options{Cols: 10, Rows: 4})
	changed := func(out string) string {
		since := s.Generation()
		fmt.Fprint(s, out)
		var b strings.Builder
		for y := range 4 {
			if s.Changed(y, since) {
				fmt.Fprint(&b, y)
			}
		}
		return b.String()
	}
	for _, c := range []struct{ out, want string }{
		{"text", "0"},
		{"\x1b[3;1H", ""},
		{"\x1b[31m", ""},
		{"x\r\ny", "23"},
		{"\r\nz", "0123"},
		{"\x1b[2;3r\x1b[3;1H\n", "12"},
		{"\x1b[r\x1b[H\x1b[J", "0123"},
		{"\x1b[?1049h", "0123"},
		{"\x1b[2;2H\x1b[K", "1"},
		{"\x1b]2;title\a", ""},
	} {
		if got := changed(c.out); got != c.want {
			t.Errorf("%q changes rows %q, want %q", c.out, got, c.want)
		}
	}
}

func TestScrollbackChanged(t *testing.T) {
	s := New(Options{Cols: 10, Rows: 2})
	fmt.Fprint(s, "a\r\nb")
	since := s.Generation()
	fmt.Fprint(s, "c")
	if s.ScrollbackChanged(since) {
		t.Error("typing changes the scrollback")
	}
	fmt.Fprint(s, "\r\n")
	if !s.ScrollbackChanged(since) || s.ScrollbackLen() != 1 {
		t.Error("a line that scrolled off does not show")
	}
}

// TestScrollbackKeepsStyles reads back what scrolled off.
func TestScrollbackKeepsStyles(t *testing.T) {
	s := New(Options{Cols: 20, Rows: 1})
	fmt.Fprint(s, "a\x1b[1;4:3;31;48;2;1;2;3;58:5:9mb\x1b[m \x1b]8;id=x;http://y/\x1b\\link\x1b]8;;\x1b\\\r\n")
	cells, wrapped := s.Line(nil, -1)
	if wrapped || len(cells) != 7 {
		t.Fatalf("%d cells, wrapped %v", len(cells), wrapped)
	}
	want := Style{Fg: Indexed(1), Bg: RGB(1, 2, 3), UnderlineColor: Indexed(9), Attrs: Bold, Underline: UnderlineCurly}
	if cells[0].Style != (Style{}) || cells[1].Style != want || cells[2].Style != (Style{}) {
		t.Errorf("styles %+v", cells[:3])
	}
	if l, ok := s.Link(cells[3].Style.Link); !ok || l != (Link{ID: "x", URI: "http://y/"}) {
		t.Errorf("link %+v", l)
	}
}

// TestScrollbackBudget holds the budget and keeps the newest lines.
func TestScrollbackBudget(t *testing.T) {
	for _, budget := range []int{2 << 10, 64 << 10, 1 << 20} {
		s := New(Options{Cols: 80, Rows: 24, ScrollbackBytes: budget})
		for i := range 100000 {
			fmt.Fprintf(s, "line %d\r\n", i)
		}
		if s.ScrollbackBytes() > 2*budget || s.hist.bytes > budget {
			t.Errorf("a budget of %d bytes holds %d", budget, s.ScrollbackBytes())
		}
		n := s.ScrollbackLen()
		if n < budget/64 {
			t.Errorf("a budget of %d bytes holds %d lines only", budget, n)
		}
		if got, want := s.Text(Position{0, -1}, Position{79, -1}), "line 99976"; got != want {
			t.Errorf("the newest line of the scrollback is %q, want %q", got, want)
		}
		if got, want := s.Text(Position{0, -n}, Position{79, -n}), fmt.Sprintf("line %d", 99977-n); got != want {
			t.Errorf("the oldest line of the scrollback is %q, want %q", got, want)
		}
	}
	s := New(Options{Cols: 80, Rows: 2, ScrollbackBytes: -1})
	fmt.Fprint(s, strings.Repeat("x\r\n", 100))
	if s.ScrollbackLen() != 0 || s.ScrollbackBytes() != 0 {
		t.Error("a screen without scrollback has some")
	}
}

func TestLogicalLine(t *testing.T) {
	s := New(Options{Cols: 10, Rows: 3})
	fmt.Fprint(s, "first\r\nthe quick 漢字 brown fox jumps\r\nlast\r\n")
	var got []string
	for y := -s.ScrollbackLen(); y < 3; {
		l := s.LogicalLine(y)
		got = append(got, fmt.Sprintf("%d-%d %s", l.First, l.Last, l.Text))
		y = l.Last + 1
	}
	want := []string{"-3--3 first", "-2-0 the quick 漢字 brown fox jumps", "1-1 last", "2-2 "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	l := s.LogicalLine(-1)
	for word, want := range map[string]Position{"the": {0, -2}, "漢": {0, -1}, "字": {2, -1}, "brown": {5, -1}, "jumps": {5, 0}} {
		if p := l.At(strings.Index(l.Text, word)); p != want {
			t.Errorf("%q is at %v, want %v", word, p, want)
		}
	}
	if p := l.At(len(l.Text)); p != (Position{10, 0}) {
		t.Errorf("the end is at %v", p)
	}
}
