package picture

import (
	"image"
	"image/color"
	"image/draw"
	"math"
)

// drawn reports whether a character is drawn as geometry: box drawing, block elements, braille.
func drawn(r rune) bool {
	_, box := arms[r]
	return box || arcs[r] != 0 || r >= 0x2580 && r <= 0x2595 || r >= 0x2800 && r <= 0x28ff
}

// The sides to which a frame's line goes.
const (
	up = 1 << iota
	down
	left
	right
	heavy
)

// arms lists the sides of the box-drawing characters in use (Unicode block 2500-257F).
var arms = map[rune]int{
	'─': left | right, '│': up | down, '┌': down | right, '┐': down | left, '└': up | right, '┘': up | left,
	'├': up | down | right, '┤': up | down | left, '┬': left | right | down, '┴': left | right | up,
	'┼': up | down | left | right, '╴': left, '╵': up, '╶': right, '╷': down,
	'━': left | right | heavy, '┃': up | down | heavy, '╸': left | heavy, '╹': up | heavy, '╺': right | heavy, '╻': down | heavy,
	'┏': down | right | heavy, '┓': down | left | heavy, '┗': up | right | heavy, '┛': up | left | heavy,
}

// arcs lists the rounded corners.
var arcs = map[rune]int{'╭': down | right, '╮': down | left, '╰': up | right, '╯': up | left}

func drawShape(img *image.RGBA, box image.Rectangle, r rune, fg color.Color) {
	src := image.NewUniform(fg)
	fill := func(rect image.Rectangle) { draw.Draw(img, rect, src, image.Point{}, draw.Over) }
	switch {
	case arcs[r] != 0:
		drawArc(img, box, arcs[r], fg)
	case arms[r] != 0:
		drawArms(box, arms[r], fill)
	case r >= 0x2800:
		drawBraille(box, int(r-0x2800), fill)
	default:
		drawBlock(img, box, r, fg, fill)
	}
}

func drawArms(box image.Rectangle, sides int, fill func(image.Rectangle)) {
	thick := 1
	if sides&heavy != 0 {
		thick = 3
	}
	cx, cy := box.Min.X+box.Dx()/2, box.Min.Y+box.Dy()/2
	lo, hi := thick/2, thick-thick/2
	if sides&up != 0 {
		fill(image.Rect(cx-lo, box.Min.Y, cx+hi, cy+hi))
	}
	if sides&down != 0 {
		fill(image.Rect(cx-lo, cy-lo, cx+hi, box.Max.Y))
	}
	if sides&left != 0 {
		fill(image.Rect(box.Min.X, cy-lo, cx+hi, cy+hi))
	}
	if sides&right != 0 {
		fill(image.Rect(cx-lo, cy-lo, box.Max.X, cy+hi))
	}
}

// drawArc draws a quarter circle between the middles of two sides, with the coverage of
// each pixel as its opacity, and straight lines for what is left to the edges.
func drawArc(img *image.RGBA, box image.Rectangle, sides int, fg color.Color) {
	cx, cy := float64(box.Min.X+box.Dx()/2)+0.5, float64(box.Min.Y+box.Dy()/2)+0.5
	radius := float64(box.Dx()) / 2
	dx, dy := 1.0, 1.0 // from the cell's middle to the circle's
	if sides&left != 0 {
		dx = -1
	}
	if sides&up != 0 {
		dy = -1
	}
	ox, oy := cx+dx*radius, cy+dy*radius
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			px, py := float64(x)+0.5, float64(y)+0.5
			var dist float64
			switch {
			case (px-ox)*dx <= 0 && (py-oy)*dy <= 0:
				dist = math.Abs(math.Hypot(px-ox, py-oy) - radius)
			case (py-oy)*dy > 0 && (px-ox)*dx <= 0:
				dist = math.Abs(px - cx)
			default:
				continue
			}
			blend(img, x, y, fg, 1-dist)
		}
	}
}

// blend mixes a colour into a pixel; a coverage of 0 or less leaves it.
func blend(img *image.RGBA, x, y int, fg color.Color, coverage float64) {
	if coverage <= 0 {
		return
	}
	r, g, b, _ := fg.RGBA()
	a := min(coverage, 1)
	c := color.NRGBA64{R: uint16(r), G: uint16(g), B: uint16(b), A: uint16(a * 0xffff)}
	draw.Draw(img, image.Rect(x, y, x+1, y+1), image.NewUniform(c), image.Point{}, draw.Over)
}

// drawBraille draws the dots of a braille pattern: bits 0-2 and 6 are the left column
// from the top, 3-5 and 7 the right one.
func drawBraille(box image.Rectangle, bits int, fill func(image.Rectangle)) {
	for i, pos := range [8]image.Point{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {0, 3}, {1, 3}} {
		if bits&(1<<i) == 0 {
			continue
		}
		x := box.Min.X + box.Dx()*(2*pos.X+1)/4
		y := box.Min.Y + box.Dy()*(2*pos.Y+1)/8
		fill(image.Rect(x-1, y-1, x+1, y+1))
	}
}

func drawBlock(img *image.RGBA, box image.Rectangle, r rune, fg color.Color, fill func(image.Rectangle)) {
	w, h := box.Dx(), box.Dy()
	switch {
	case r == '▀':
		fill(image.Rect(box.Min.X, box.Min.Y, box.Max.X, box.Min.Y+h/2))
	case r >= '▁' && r <= '█': // eighths from below
		fill(image.Rect(box.Min.X, box.Max.Y-h*int(r-'▁'+1)/8, box.Max.X, box.Max.Y))
	case r >= '▉' && r <= '▏': // eighths from the left, seven down to one
		fill(image.Rect(box.Min.X, box.Min.Y, box.Min.X+max(w*int('▏'-r+1)/8, 1), box.Max.Y))
	case r == '▐':
		fill(image.Rect(box.Min.X+w/2, box.Min.Y, box.Max.X, box.Max.Y))
	case r >= '░' && r <= '▓':
		for y := box.Min.Y; y < box.Max.Y; y++ {
			for x := box.Min.X; x < box.Max.X; x++ {
				blend(img, x, y, fg, float64(r-'░'+1)/4)
			}
		}
	case r == '▔':
		fill(image.Rect(box.Min.X, box.Min.Y, box.Max.X, box.Min.Y+h/8))
	case r == '▕':
		fill(image.Rect(box.Max.X-max(w/8, 1), box.Min.Y, box.Max.X, box.Max.Y))
	}
}
