package vt

// Color is a colour as the program named it: the default, one of 256 palette
// entries, or 24 bits. The zero value is the default.
type Color uint32

const (
	colorIndexed Color = 1 << 24
	colorRGB     Color = 2 << 24
)

// Indexed is palette entry i: 0-15 the ANSI colours, 16-231 the cube, 232-255 greys.
func Indexed(i uint8) Color { return colorIndexed | Color(i) }

// RGB is a direct colour.
func RGB(r, g, b uint8) Color {
	return colorRGB | Color(r)<<16 | Color(g)<<8 | Color(b)
}

// IsDefault reports whether the terminal's own colour is meant.
func (c Color) IsDefault() bool { return c == 0 }

// Index returns the palette entry, if the colour is one.
func (c Color) Index() (i uint8, ok bool) { return uint8(c), c&^0xff == colorIndexed }

// RGB returns the components, if the colour is direct.
func (c Color) RGB() (r, g, b uint8, ok bool) {
	return uint8(c >> 16), uint8(c >> 8), uint8(c), c&colorRGB != 0
}

// Attrs are the on/off renditions of a cell.
type Attrs uint16

// Renditions, with the SGR parameter that sets them.
const (
	Bold       Attrs = 1 << iota // 1
	Faint                        // 2
	Italic                       // 3
	Blink                        // 5
	RapidBlink                   // 6
	Inverse                      // 7
	Invisible                    // 8
	Strikeout                    // 9
	Overline                     // 53
	// Protected is DECSCA, not SGR: DECSED and DECSEL leave the cell alone.
	Protected
)

// Underline is the style of a line under the text (SGR 4:n).
type Underline uint8

// Underline styles in the order of SGR 4:n.
const (
	UnderlineNone Underline = iota
	UnderlineSingle
	UnderlineDouble
	UnderlineCurly
	UnderlineDotted
	UnderlineDashed
)

// Style is how a cell is drawn. Styles compare with ==.
type Style struct {
	Fg, Bg, UnderlineColor Color
	// Link names a hyperlink of this screen, 0 for none; see [Screen.Link].
	Link      uint32
	Attrs     Attrs
	Underline Underline
}
