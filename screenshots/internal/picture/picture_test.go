package picture

import (
	"image"
	"image/color"
	"testing"
)

var (
	black = color.RGBA{A: 255}
	white = color.RGBA{255, 255, 255, 255}
	red   = color.RGBA{R: 255, A: 255}
)

// render draws one row of cells, white on black.
func render(t *testing.T, cells ...Cell) *image.RGBA {
	t.Helper()
	p, err := NewPainter()
	if err != nil {
		t.Fatal(err)
	}
	return p.Draw(Grid{Cols: len(cells), Rows: 1, FG: white, BG: black, Cells: cells, Cursor: image.Pt(-1, -1)})
}

// ink counts the pixels of a cell that are not black.
func ink(img *image.RGBA, col int) (n int) {
	box := cellBox(col, 0, 1)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			if img.RGBAAt(x, y) != black {
				n++
			}
		}
	}
	return n
}

func TestGlyphsAndBlanks(t *testing.T) {
	img := render(t, Cell{Text: "M"}, Cell{}, Cell{Text: "█"}, Cell{BG: red})
	if ink(img, 0) == 0 || ink(img, 1) != 0 {
		t.Errorf("M has %d pixels, a blank %d", ink(img, 0), ink(img, 1))
	}
	for _, col := range []int{2, 3} {
		if ink(img, col) != cellWidth*cellHeight {
			t.Errorf("cell %d is filled with %d pixels", col, ink(img, col))
		}
	}
}

func TestFramesJoinWithoutSeams(t *testing.T) {
	img := render(t, Cell{Text: "╭"}, Cell{Text: "─"}, Cell{Text: "┬"}, Cell{Text: "╮"})
	y := margin + cellHeight/2
	for x := margin + cellWidth; x < margin+3*cellWidth; x++ {
		if img.RGBAAt(x, y) != white {
			t.Fatalf("the line is broken at x=%d", x)
		}
	}
	for _, x := range []int{margin + cellWidth - 1, margin + 3*cellWidth} { // the corners reach the cell's edge
		if img.RGBAAt(x, y) == black {
			t.Errorf("the corner ends before x=%d", x)
		}
	}
	for _, col := range []int{0, 3} { // and its bottom
		if img.RGBAAt(margin+col*cellWidth+cellWidth/2, margin+cellHeight-1) == black {
			t.Errorf("corner %d does not reach down", col)
		}
	}
}

func TestSparklinesGrow(t *testing.T) {
	img := render(t, Cell{Text: "▁"}, Cell{Text: "▃"}, Cell{Text: "▆"}, Cell{Text: "█"})
	for col := range 3 {
		if ink(img, col) >= ink(img, col+1) {
			t.Errorf("bar %d has %d pixels, the next %d", col, ink(img, col), ink(img, col+1))
		}
	}
}

func TestBrailleHasADotForEachBit(t *testing.T) {
	one, all := render(t, Cell{Text: "⠁"}), render(t, Cell{Text: "⣿"})
	if ink(one, 0)*8 != ink(all, 0) {
		t.Errorf("one dot has %d pixels, eight have %d", ink(one, 0), ink(all, 0))
	}
}

func TestMissingGlyphsAreKnown(t *testing.T) {
	p, err := NewPainter()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range "aé⚓▶■●○✓✗★↓…─╭▄⣿ " {
		if !p.Has(r) {
			t.Errorf("%c can't be drawn", r)
		}
	}
	if p.Has('字') {
		t.Error("the font claims to have a glyph that it lacks")
	}
}
