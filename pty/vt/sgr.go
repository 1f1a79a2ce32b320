package vt

// sgr is Select Graphic Rendition (xterm ctlseqs; ISO 8613-6 for colons).
func (s *Screen) sgr(p *params) {
	pen := &s.pen.Style
	s.pen.changed()
	if p.n == 0 {
		s.resetPen()
		return
	}
	for i := 0; i < p.n; i++ {
		next := i + 1
		for next < p.n && p.isSub(next) {
			next++
		}
		n := p.get(i, 0)
		switch {
		case n == 0:
			s.resetPen()
		case n < 10:
			if n == 4 && next > i+1 {
				setUnderline(pen, p.get(i+1, 1))
			} else {
				setAttr(pen, n)
			}
		case n == 21:
			pen.Underline = UnderlineDouble
		case n < 30:
			clearAttr(pen, n)
		case n < 38:
			pen.Fg = Indexed(uint8(n - 30))
		case n == 38 || n == 48 || n == 58:
			c, used, ok := extendedColor(p, i, next)
			if ok {
				switch n {
				case 38:
					pen.Fg = c
				case 48:
					pen.Bg = c
				default:
					pen.UnderlineColor = c
				}
			}
			next = used
		case n == 39:
			pen.Fg = 0
		case n < 48:
			pen.Bg = Indexed(uint8(n - 40))
		case n == 49:
			pen.Bg = 0
		case n == 53:
			pen.Attrs |= Overline
		case n == 55:
			pen.Attrs &^= Overline
		case n == 59:
			pen.UnderlineColor = 0
		case n >= 90 && n < 98:
			pen.Fg = Indexed(uint8(n - 90 + 8))
		case n >= 100 && n < 108:
			pen.Bg = Indexed(uint8(n - 100 + 8))
		}
		i = next - 1
	}
}

// resetPen is SGR 0. Hyperlinks and protection are not renditions and stay.
func (s *Screen) resetPen() {
	s.pen.Style = Style{Link: s.pen.Link, Attrs: s.pen.Attrs & Protected}
}

func setUnderline(pen *Style, n int) {
	if n <= int(UnderlineDashed) {
		pen.Underline = Underline(n)
	}
}

func setAttr(pen *Style, n int) {
	switch n {
	case 1:
		pen.Attrs |= Bold
	case 2:
		pen.Attrs |= Faint
	case 3:
		pen.Attrs |= Italic
	case 4:
		pen.Underline = UnderlineSingle
	case 5:
		pen.Attrs |= Blink
	case 6:
		pen.Attrs |= RapidBlink
	case 7:
		pen.Attrs |= Inverse
	case 8:
		pen.Attrs |= Invisible
	case 9:
		pen.Attrs |= Strikeout
	}
}

func clearAttr(pen *Style, n int) {
	switch n {
	case 22:
		pen.Attrs &^= Bold | Faint
	case 23:
		pen.Attrs &^= Italic
	case 24:
		pen.Underline = UnderlineNone
	case 25:
		pen.Attrs &^= Blink | RapidBlink
	case 27:
		pen.Attrs &^= Inverse
	case 28:
		pen.Attrs &^= Invisible
	case 29:
		pen.Attrs &^= Strikeout
	}
}

// extendedColor reads 38, 48 or 58 at parameter i; sub is the end of its
// subparameters. It accepts 38;5;n, 38;2;r;g;b, 38:5:n, 38:2::r:g:b and the
// common misreading 38:2:r:g:b. It returns where the next parameter begins.
func extendedColor(p *params, i, sub int) (c Color, next int, ok bool) {
	at := i + 2
	colon := sub > i+1
	end := p.n
	if colon {
		end = sub
	}
	switch p.get(i+1, 0) {
	case 5:
		if next = at + 1; colon {
			next = sub
		}
		n := p.get(at, 0)
		return Indexed(uint8(n)), min(next, p.n), at < end && n < 256
	case 2:
		next = at + 3
		if colon {
			next = sub
			if sub-at > 3 { // a colour space comes first
				at++
			}
		}
		r, g, b := p.get(at, 0), p.get(at+1, 0), p.get(at+2, 0)
		return RGB(uint8(r), uint8(g), uint8(b)), min(next, p.n), at+2 < end && max(r, g, b) < 256
	}
	return 0, max(sub, min(i+2, p.n)), false
}
