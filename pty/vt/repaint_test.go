package vt

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRepaint(t *testing.T) {
	for name, in := range map[string]string{
		"text":       "hello\r\nworld",
		"wrap":       strings.Repeat("abcdefghij", 5) + "\r\nx",
		"wide wrap":  "123456789" + strings.Repeat("漢字", 12),
		"scrollback": strings.Repeat("line\r\n\x1b[31mred\x1b[m\r\n", 10) + strings.Repeat("long ", 12),
		"pending":    "0123456789",
		"alt":        "shell\x1b[31m\x1b[?1049h\x1b[44m\x1b[2Jvim\x1b[5;5H\x1b7",
		"margins":    "\x1b[2;4r\x1b[?69h\x1b[3;8s\x1b[?6h\x1b[2;2Hxy",
		"links":      "\x1b]8;id=a;http://x/\x1b\\link\x1b]8;;\x1b\\ no",
		"modes":      "\x1b[?1;1002;1006;2004;1004h\x1b[>1u\x1b[>4;2m\x1b[5 q\x1b[?25l",
		"title":      "\x1b]0;a\a\x1b[22;0t\x1b]2;“b”\x1b\\",
		"charset":    "\x1b(0lqk\x1b)0\x0eq",
		"clusters":   "e\u0301 \x1b[?2027h👨‍👩‍👧 🇩🇪 ❤️x",
		"erased":     "\x1b[41mabc\x1b[K\x1b[2;3H\x1b[X\x1b[3;1Habcdefghijkl\x1b[4;1H\x1b[1K",
		"partial":    "abc\x1b[3",
		"utf8":       "abc\xe2\x80",
		"string":     "abc\x1b]2;tit\x1b",
		"tabs":       "\x1b[3g\x1b[1;4H\x1bH",
		"protected":  "\x1b[1\"qabc\x1b[0\"qdef\x1b[?2J",
		"colours":    "\x1b]4;1;rgb:12/34/56\a\x1b]11;#102030\a",
	} {
		t.Run(name, func(t *testing.T) {
			s := New(Options{Cols: 10, Rows: 5})
			s.Write([]byte(in))
			checkRepaint(t, s)
		})
	}
}

// TestRepaintOuter holds that a terminal in any state, and of any size that is
// large enough, shows the screen after a repaint that is meant for it.
func TestRepaintOuter(t *testing.T) {
	for i := range 300 {
		r := rand.New(rand.NewPCG(uint64(i), 6))
		outer := New(Options{Cols: 30, Rows: 10})
		outer.Write([]byte(generate(r, 40)))
		outer.Write(RestoreSequence())
		s := New(Options{Cols: 30, Rows: 10})
		s.Write([]byte(generate(r, 40)))
		paint := s.RepaintWith(nil, RepaintOptions{Outer: true})
		outer.Write(paint)

		want, got := snapshot(s, 0), snapshot(outer, 0)
		for _, v := range []*state{&want, &got} {
			v.Titles, v.Colors = "", ""
			for _, rows := range [][]string{v.Rows, v.Primary} {
				for y := range rows {
					rows[y] = strings.TrimSuffix(rows[y], "↩")
				}
			}
		}
		if s.primary.saved == (savedCursor{}) {
			want.Saved[0] = got.Saved[0] // what was saved before stays
		}
		if diff := diffStates(want, got); diff != "" {
			t.Fatalf("input %d (-screen +outer):\n%s", i, diff)
		}

		large := New(Options{Cols: 50, Rows: 20})
		large.Write(paint)
		if diff := cmp.Diff(s.String(), large.String()); diff != "" {
			t.Fatalf("input %d in a larger terminal (-screen +outer):\n%s", i, diff)
		}
	}
}

// TestRepaintScrollback holds that the newest rows of the scrollback, as many
// as are asked for, end in the scrollback of the terminal.
func TestRepaintScrollback(t *testing.T) {
	s := New(Options{Cols: 20, Rows: 5})
	for i := range 50 {
		fmt.Fprintf(s, "line %d\r\n", i)
	}
	for _, rows := range []int{5, 8} {
		for n, want := range map[int]string{0: "", 3: "line 43\nline 44\nline 45", 12: "line 34"} {
			outer := New(Options{Cols: 20, Rows: rows})
			outer.Write(s.RepaintWith(nil, RepaintOptions{Scrollback: n, Outer: true}))
			if got := outer.Text(Position{0, -1000}, Position{19, -1}); !strings.HasPrefix(got, want) {
				t.Errorf("%d rows leave %q in a terminal of %d rows, want %q", n, got, rows, want)
			}
			if diff := cmp.Diff(s.String(), outer.String()); diff != "" {
				t.Errorf("screen (-want +got):\n%s", diff)
			}
		}
	}
}
