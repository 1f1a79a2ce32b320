package vt

// charsets are the four designated sets (0 or 'B' is ASCII) and the one that
// is shifted in. Sets other than ASCII, DEC special graphics and UK are taken
// for ASCII: programs of today write UTF-8 for the rest.
type charsets struct {
	g      [4]byte // designator: '0' graphics, 'A' UK, 0 ASCII
	gl     uint8   // which g is invoked (SO, SI, LS2, LS3)
	single uint8   // SS2 or SS3: 2 or 3 for the next character, else 0
}

// active reports whether characters must be translated.
func (c *charsets) active() bool { return c.single != 0 || c.g[c.gl] != 0 }

func (c *charsets) designate(slot int, final byte) {
	switch final {
	case '0', 'A':
		c.g[slot] = final
	default:
		c.g[slot] = 0
	}
}

func (c *charsets) translate(b byte) rune {
	set := c.g[c.gl]
	if c.single != 0 {
		set = c.g[c.single]
		c.single = 0
	}
	switch {
	case set == '0' && b >= 0x5F && b < 0x7F:
		return decGraphics[b-0x5F]
	case set == 'A' && b == '#':
		return '£'
	}
	return rune(b)
}

// decGraphics is the DEC Special Character and Line Drawing Set, 0x5F to 0x7E
// (VT510 manual, table 7-7; Unicode as xterm draws it).
var decGraphics = [32]rune{
	' ', '◆', '▒', '␉', '␌', '␍', '␊', '°', '±', '␤', '␋', '┘', '┐', '┌', '└', '┼',
	'⎺', '⎻', '─', '⎼', '⎽', '├', '┤', '┴', '┬', '│', '≤', '≥', 'π', '≠', '£', '·',
}
