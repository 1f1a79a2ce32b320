package vt

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// commonInput generates output within what tmux and this terminal both claim
// to do in the way of xterm; plain leaves out what charmbracelet/x/vt does
// otherwise than both: wide characters at the edge, character sets, insert and
// origin mode, ED 1 and the other screen.
func commonInput(r *rand.Rand, n int, plain bool) string {
	var b strings.Builder
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	num := func() string {
		if r.IntN(5) == 0 {
			return ""
		}
		return fmt.Sprint(1 + r.IntN(14))
	}
	saves, alt := r.IntN(3), false
	// tmux can leave one half of a wide character, so these come where only
	// text and line ends do.
	wide := r.IntN(4) == 0 && !plain
	for range n {
		what := r.IntN(12)
		if plain {
			what = r.IntN(10)
		}
		if wide {
			if what = r.IntN(4); r.IntN(4) == 0 {
				what = 9
			}
			b.WriteString(pick("漢字", "日本", "한국", "e\u0301"))
		}
		switch what {
		case 0, 1, 2:
			b.WriteString(pick("a", "hello", "the quick brown fox ", "│─┐", "é", "0123456789ABCDEF"))
		case 3:
			b.WriteString(pick("\r\n", "\r\n", "\r\n\n"))
			if !wide {
				b.WriteString(pick("\r", "\t"))
			}
		case 4, 5:
			fmt.Fprintf(&b, "\x1b[%s;%sH", num(), num())
		case 6:
			fmt.Fprintf(&b, "\x1b[%s%s", num(), pick("A", "B", "C", "D", "E", "F", "G", "d", "`"))
		case 7:
			// tmux leaves the cursor's column alone in IL and DL, and obeys
			// them outside the margins; it counts a pending wrap as a column;
			// and ICH of more than half the line leaves cells behind.
			fmt.Fprintf(&b, "\x1b[%s;%sH\x1b[%s%s", num(), num(), num(), pick("P", "X", "S", "T"))
			fmt.Fprintf(&b, "\x1b[%s;%sH%s", num(), num(), pick("\x1b[3@", "\x1b[r\x1b[3L\r", "\x1b[r\x1b[2M\r"))
			if !plain {
				fmt.Fprintf(&b, "\x1b[%s;%sH\x1b[4hab\x1b[4l", num(), num())
			}
		case 8:
			// Erasing ends a pending wrap in xterm, and not in tmux.
			fmt.Fprintf(&b, "\x1b[%s;%sH\x1b[%s", num(), num(), pick("0K", "1K", "2K", "K", "J", "2J"))
			if !plain {
				b.WriteString("\x1b[1J")
			}
		case 9:
			fmt.Fprintf(&b, "\x1b[%sm", pick("", "1", "2", "3", "4", "7", "9", "31", "92",
				"38;5;200", "38;2;1;2;3", "4:3", "22", "24", "27", "39;49"))
			if r.IntN(3) == 0 { // tmux does not take the background along when it wraps and scrolls
				fmt.Fprintf(&b, "\r\x1b[%smab\x1b[K\x1b[49m", pick("44", "103", "48;5;17", "48;2;250;20;30"))
			}
		case 10:
			b.WriteString(pick("\r\x1bD", "\x1bE", "\x1bM", "\x1b(0", "\x1b(B", "\x1bH", "\x1b[g"))
		default:
			if saves != 1 { // DECRC does not restore origin mode in tmux
				b.WriteString(pick("\x1b[?6h", "\x1b[?6l"))
			}
			b.WriteString(pick("\x1b[?7l", "\x1b[?7h",
				"\x1b[r", fmt.Sprintf("\x1b[?6l\x1b[%s;%sr", num(), num())))
			// tmux ignores 1049 when there is nothing to switch, xterm saves
			// or restores the cursor, with origin mode, character sets and
			// the background that it clears with; and DECSC is not per screen
			// in tmux.
			if saves == 2 {
				b.WriteString("\x1b[m\x1b(B\x1b[?6l")
			}
			switch {
			case saves == 0:
			case saves == 1:
				b.WriteString(pick("\x1b7", "\x1b8"))
			case alt:
				b.WriteString("\x1b[?1049l")
				alt = false
			default:
				b.WriteString("\x1b[?1049h")
				alt = true
			}
		}
	}
	return b.String()
}

// TestAgainstTmux compares screens with tmux's on generated input.
func TestAgainstTmux(t *testing.T) {
	const cols, rows = 24, 8
	m := startTmux(t, cols, rows)
	n := 300
	if testing.Short() {
		n = 30
	}
	for i := range n {
		in := commonInput(rand.New(rand.NewPCG(uint64(i), 3)), 30, false)
		capture, cursor := m.show(in)
		s := New(Options{Cols: cols, Rows: rows})
		s.Write([]byte(in))
		want := canonical(parseCapture(capture, cols, rows))
		if diff := cmp.Diff(want, canonical(s)); diff != "" {
			t.Errorf("input %d %q differs (-tmux +ours):\n%s", i, in, diff)
		}
		x := s.cur.x
		if s.cur.pending {
			x++ // tmux counts the pending wrap as a column
		}
		if ours := fmt.Sprintf("%d,%d", x, s.cur.y); ours != cursor {
			t.Errorf("input %d %q: cursor at %s, tmux has %s", i, in, ours, cursor)
		}
	}
}
