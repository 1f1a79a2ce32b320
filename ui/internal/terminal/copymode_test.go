package terminal

import (
	"strings"
	"testing"

	"berth/pty/vt"
)

// at is the cursor of copy mode as row:column.
func at(term *Terminal) vt.Position {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.view.cur
}

func TestMotionsGoWhereVisGo(t *testing.T) {
	rows := []string{"", "  one two-three, four", "漢字 end", "", "last line"}
	for _, c := range []struct {
		name  string
		from  vt.Position
		moves []Motion
		times int
		want  vt.Position
	}{
		{"^", vt.Position{X: 9, Y: 1}, []Motion{LineText}, 1, vt.Position{X: 2, Y: 1}},
		{"0", vt.Position{X: 9, Y: 1}, []Motion{LineStart}, 1, vt.Position{X: 0, Y: 1}},
		{"$", vt.Position{X: 0, Y: 1}, []Motion{LineEnd}, 1, vt.Position{X: 20, Y: 1}},
		{"H", vt.Position{X: 1, Y: 2}, []Motion{ScreenTop}, 1, vt.Position{X: 1, Y: 0}},
		{"M", vt.Position{X: 1, Y: 0}, []Motion{ScreenMiddle}, 1, vt.Position{X: 1, Y: 2}},
		{"L", vt.Position{X: 1, Y: 2}, []Motion{ScreenBottom}, 1, vt.Position{X: 1, Y: 4}},
		{"w", vt.Position{X: 2, Y: 1}, []Motion{WordNext}, 2, vt.Position{X: 9, Y: 1}},
		{"W", vt.Position{X: 2, Y: 1}, []Motion{BigWordNext}, 2, vt.Position{X: 17, Y: 1}},
		{"b", vt.Position{X: 17, Y: 1}, []Motion{WordBack}, 1, vt.Position{X: 15, Y: 1}},
		{"B", vt.Position{X: 17, Y: 1}, []Motion{BigWordBack}, 1, vt.Position{X: 6, Y: 1}},
		{"e", vt.Position{X: 6, Y: 1}, []Motion{WordEnd}, 1, vt.Position{X: 8, Y: 1}},
		{"E", vt.Position{X: 6, Y: 1}, []Motion{BigWordEnd}, 1, vt.Position{X: 15, Y: 1}},
		{"}", vt.Position{X: 2, Y: 1}, []Motion{ParagraphNext}, 1, vt.Position{X: 0, Y: 3}},
		{"{", vt.Position{X: 1, Y: 2}, []Motion{ParagraphBack}, 1, vt.Position{X: 0, Y: 0}},
		{"3j", vt.Position{X: 1, Y: 0}, []Motion{Down}, 3, vt.Position{X: 1, Y: 3}},
		{"99k", vt.Position{X: 1, Y: 4}, []Motion{Up}, 99, vt.Position{X: 1, Y: 0}},
	} {
		term, _ := open(t, 24, len(rows))
		term.Write([]byte(strings.Join(rows, "\r\n")))
		term.Copy()
		term.view.cur = c.from
		for _, m := range c.moves {
			term.Move(m, c.times)
		}
		if got := at(term); got != c.want {
			t.Errorf("%s from %v is %v, not %v", c.name, c.from, got, c.want)
		}
	}
}

func TestFindGoesToACharacter(t *testing.T) {
	term, _ := open(t, 30, 2)
	term.Write([]byte("a,b,漢字,c,d"))
	term.Copy()
	term.Move(LineStart, 1)
	for _, step := range []struct {
		what string
		do   func()
		want int
	}{
		{"f,", func() { term.Find(Find{Char: ','}, 1) }, 1},
		{";", func() { term.FindAgain(false, 1) }, 3},
		{"2;", func() { term.FindAgain(false, 2) }, 10},
		{"too far", func() { term.FindAgain(false, 5) }, 10},
		{",", func() { term.FindAgain(true, 1) }, 8},
		{"F漢", func() { term.Find(Find{Char: '漢', Back: true}, 1) }, 4},
		{"t,", func() { term.Find(Find{Char: ','}, 1); term.Find(Find{Char: ',', Till: true}, 1) }, 9},
		{"T漢", func() { term.Find(Find{Char: '漢', Back: true, Till: true}, 1) }, 6},
		{"0t,", func() { term.Move(LineStart, 1); term.Find(Find{Char: ',', Till: true}, 1) }, 0},
		{"; after t", func() { term.FindAgain(false, 1) }, 2},
		{"; before a wide one", func() { term.FindAgain(false, 1) }, 6},
	} {
		if step.do(); at(term).X != step.want {
			t.Errorf("after %s the cursor is in column %d, not %d", step.what, at(term).X, step.want)
		}
	}
}

func TestBlockSelectionCopiesARectangle(t *testing.T) {
	term, _ := open(t, 20, 3)
	term.Write([]byte("abcdef\r\nghijkl\r\nmnopqr"))
	term.Copy()
	term.Move(Top, 1)
	term.Move(Right, 3)
	term.Select(BlockSelection)
	term.Move(Down, 2)
	term.Move(Left, 2)
	lines := term.Draw(Look{Selection: vt.Style{Attrs: vt.Inverse}}, 20, 3)
	for i, want := range []string{"bcd", "hij", "nop"} {
		if !strings.Contains(lines[i], "\x1b[0;7m"+want+"\x1b[0m") {
			t.Errorf("row %d of the block is drawn as %q", i, lines[i])
		}
	}
	if got := term.Yank(); got != "bcd\nhij\nnop\n" {
		t.Errorf("the block is %q", got)
	}
}
