// Package picture draws the cells of a terminal as an image. It runs in the program
// that renders the project's screenshots, never in berth.
//
// Frames, blocks and braille are drawn as geometry, so that they join without seams at
// any size; everything else comes from a font that is compiled in, so that the result
// is the same on every machine.
package picture

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"

	"github.com/go-fonts/dejavu/dejavusansmono"
	"github.com/go-fonts/dejavu/dejavusansmonobold"
	"github.com/go-fonts/dejavu/dejavusansmonooblique"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// A Cell is one character cell. The zero Cell is a blank in the grid's colours.
type Cell struct {
	Text      string // one grapheme cluster; empty for a blank and for the right half of a wide one
	Width     int    // columns that Text covers, 1 or 2
	FG, BG    color.Color
	Bold      bool
	Italic    bool
	Underline bool
	Strike    bool
}

// A Grid is a screen of cells.
type Grid struct {
	Cols, Rows int
	FG, BG     color.Color // where a cell has none
	Cells      []Cell      // row by row
	Cursor     image.Point // the cell of the cursor; outside the grid for none
}

// The size of a cell in pixels, and the frame around the grid.
const (
	cellWidth  = 10
	cellHeight = 20
	margin     = 12
	fontSize   = 16.5
	baseline   = 15
)

// A Painter holds the font's faces. It is not safe for concurrent use.
type Painter struct {
	regular, bold, oblique font.Face
	outline                *sfnt.Font
	buf                    sfnt.Buffer
}

// NewPainter loads the font.
func NewPainter() (*Painter, error) {
	p := &Painter{}
	for _, f := range []struct {
		face *font.Face
		data []byte
	}{{&p.regular, dejavusansmono.TTF}, {&p.bold, dejavusansmonobold.TTF}, {&p.oblique, dejavusansmonooblique.TTF}} {
		parsed, err := opentype.Parse(f.data)
		if err != nil {
			return nil, fmt.Errorf("parse font: %w", err)
		}
		face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: fontSize, DPI: 72, Hinting: font.HintingFull})
		if err != nil {
			return nil, fmt.Errorf("load font: %w", err)
		}
		*f.face = face
		if p.outline == nil {
			p.outline = parsed
		}
	}
	return p, nil
}

// Has reports whether a character can be drawn: a screenshot must not show boxes
// where a terminal shows a glyph.
func (p *Painter) Has(r rune) bool {
	if r == ' ' || drawn(r) {
		return true
	}
	i, err := p.outline.GlyphIndex(&p.buf, r)
	return err == nil && i != 0
}

// Draw returns the grid as an image.
func (p *Painter) Draw(g Grid) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, g.Cols*cellWidth+2*margin, g.Rows*cellHeight+2*margin))
	draw.Draw(img, img.Bounds(), image.NewUniform(g.BG), image.Point{}, draw.Src)
	for pass := range 2 { // backgrounds first: glyphs may reach over their cell's edge
		for y := range g.Rows {
			for x := range g.Cols {
				c := g.Cells[y*g.Cols+x]
				box := cellBox(x, y, max(c.Width, 1))
				if pass == 0 {
					if c.BG != nil {
						draw.Draw(img, box, image.NewUniform(c.BG), image.Point{}, draw.Src)
					}
					continue
				}
				if c.FG == nil {
					c.FG = g.FG
				}
				p.drawCell(img, box, c)
			}
		}
	}
	if g.Cursor.In(image.Rect(0, 0, g.Cols, g.Rows)) {
		bar := cellBox(g.Cursor.X, g.Cursor.Y, 1)
		bar.Max.X = bar.Min.X + 2
		draw.Draw(img, bar, image.NewUniform(g.FG), image.Point{}, draw.Src)
	}
	return img
}

func cellBox(x, y, width int) image.Rectangle {
	at := image.Pt(margin+x*cellWidth, margin+y*cellHeight)
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(width*cellWidth, cellHeight))}
}

func (p *Painter) drawCell(img *image.RGBA, box image.Rectangle, c Cell) {
	for _, r := range c.Text {
		if drawn(r) {
			drawShape(img, box, r, c.FG)
			continue
		}
		face := p.regular
		switch {
		case c.Bold:
			face = p.bold
		case c.Italic:
			face = p.oblique
		}
		d := font.Drawer{Dst: img, Src: image.NewUniform(c.FG), Face: face}
		d.Dot = fixed.P(box.Min.X, box.Min.Y+baseline)
		if adv, ok := face.GlyphAdvance(r); ok { // centre what is narrower or wider than the cell
			d.Dot.X += (fixed.I(box.Dx()) - adv) / 2
		}
		d.DrawString(string(r))
	}
	line := func(y int) {
		draw.Draw(img, image.Rect(box.Min.X, y, box.Max.X, y+1), image.NewUniform(c.FG), image.Point{}, draw.Over)
	}
	if c.Underline {
		line(box.Min.Y + baseline + 2)
	}
	if c.Strike {
		line(box.Min.Y + cellHeight/2)
	}
}
