package terminal

import (
	"fmt"
	"strings"
	"testing"

	"berth/engine"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

func drawn(term *Terminal, w, h int) string {
	lines := term.Draw(Look{Filler: '.'}, w, h)
	for i := range lines {
		lines[i] = ansi.Strip(lines[i])
	}
	return strings.Join(lines, "|")
}

func TestASmallerWindowsPictureIsFramed(t *testing.T) {
	term, _ := open(t, 8, 4)
	term.Sized(engine.Size{Cols: 8, Rows: 4})
	if _, ok := term.Foreign(); ok {
		t.Error("its own size is said to be another window's")
	}
	term.Sized(engine.Size{Cols: 5, Rows: 2})
	term.Write([]byte("wrapped"))
	if got := drawn(term, 8, 4); got != "wrapp...|ed   ...|........|........" {
		t.Errorf("it shows %q", got)
	}
	if size, ok := term.Foreign(); !ok || size != (engine.Size{Cols: 5, Rows: 2}) {
		t.Errorf("the size is %v, %v", size, ok)
	}
}

// A size that another window gives is not answered from here, or this one would count as
// the one that was used last.
func TestAnotherWindowsSizeIsNotAnswered(t *testing.T) {
	term, p := open(t, 8, 4)
	term.Write([]byte("\x1b[?2048h"))
	eventually(t, "the report that the mode begins with", func() bool { return p.got() == "\x1b[48;4;8;0;0t" })
	term.Sized(engine.Size{Cols: 5, Rows: 2})
	term.Write([]byte("drawn anew\x1b[5n"))
	eventually(t, "the answer to a question", func() bool { return strings.HasSuffix(p.got(), "\x1b[0n") })
	if got := p.got(); got != "\x1b[48;4;8;0;0t\x1b[0n" {
		t.Errorf("the program got %q", got)
	}
}

// Of a larger picture the part with the cursor shows, and the mouse hits what is seen.
func TestALargerWindowsPictureFollowsTheCursor(t *testing.T) {
	term, p := open(t, 6, 3)
	term.Sized(engine.Size{Cols: 9, Rows: 5})
	for i := range 5 {
		fmt.Fprintf(term, "\x1b[%d;1Hrow%d", i+1, i)
	}
	if got := drawn(term, 6, 3); got != "row2  |row3  |row4  " {
		t.Errorf("with the cursor at the bottom it shows %q", got)
	}
	if c := term.Cursor(); c == nil || c.Y != 2 {
		t.Errorf("the cursor is at %+v", c)
	}
	term.Write([]byte("\x1b[?1000h\x1b[?1006h"))
	term.Mouse(tea.MouseClickMsg{Button: tea.MouseLeft}, 1, 0)
	eventually(t, "the click", func() bool { return p.got() == "\x1b[<0;2;3M" })
	term.Write([]byte("\x1b[H"))
	if got := drawn(term, 6, 3); got != "row0  |row1  |row2  " {
		t.Errorf("with the cursor at the top it shows %q", got)
	}
	term.Write([]byte("\x1b[5;1H\x1b[?25l"))
	if got := drawn(term, 6, 3); got != "row0  |row1  |row2  " {
		t.Errorf("without a cursor it shows %q", got)
	}
	term.Copy()
	term.Move(Bottom, 1)
	term.Move(Down, 9)
	if got := drawn(term, 6, 3); got != "row2  |row3  |row4  " {
		t.Errorf("copy mode shows %q", got)
	}
}
