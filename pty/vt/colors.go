package vt

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// colors are what the program changed about the palette.
type colors struct {
	palette map[uint8]Color // OSC 4; nil until first used
	dynamic [3]Color        // OSC 10, 11, 12: foreground, background, cursor
}

// Palette returns the colour of palette entry i: what the program set, or xterm's default.
func (s *Screen) Palette(i uint8) (r, g, b uint8) {
	if c, ok := s.colors.palette[i]; ok {
		r, g, b, _ = c.RGB()
		return r, g, b
	}
	return xtermColor(i)
}

// PaletteSet returns palette entry i if the program has set it. A renderer that has a
// palette of its own shows the others in that.
func (s *Screen) PaletteSet(i uint8) (Color, bool) {
	c, ok := s.colors.palette[i]
	return c, ok
}

// SetDefaultColors changes the colours that answer queries, for a user who
// changed the theme, and tells a program that asked to be told (mode 2031).
func (s *Screen) SetDefaultColors(foreground, background, cursor Color) {
	s.opts.Foreground, s.opts.Background, s.opts.CursorColor = foreground, background, cursor
	if s.modes.Has(ModeColorScheme) {
		s.reportColorScheme()
	}
}

// DynamicColors returns the foreground, background and cursor colours that the
// program set with OSC 10 to 12; those it did not are the default.
func (s *Screen) DynamicColors() (fg, bg, cursor Color) {
	return s.colors.dynamic[0], s.colors.dynamic[1], s.colors.dynamic[2]
}

// xtermColor is xterm's default palette.
func xtermColor(i uint8) (r, g, b uint8) {
	switch {
	case i < 16:
		c := ansiColors[i]
		return uint8(c >> 16), uint8(c >> 8), uint8(c)
	case i < 232:
		level := func(n uint8) uint8 {
			if n == 0 {
				return 0
			}
			return 55 + 40*n
		}
		i -= 16
		return level(i / 36), level(i / 6 % 6), level(i % 6)
	}
	v := 8 + 10*(i-232)
	return v, v, v
}

var ansiColors = [16]uint32{
	0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
	0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
}

// defaultColor resolves dynamic colour 10, 11 or 12.
func (s *Screen) defaultColor(n int) (r, g, b uint8) {
	configured := [3]Color{s.opts.Foreground, s.opts.Background, s.opts.CursorColor}[n-10]
	for _, c := range [...]Color{s.colors.dynamic[n-10], configured} {
		if r, g, b, ok := c.RGB(); ok {
			return r, g, b
		}
		if i, ok := c.Index(); ok {
			return s.Palette(i)
		}
	}
	if n == 11 {
		return 0, 0, 0
	}
	return 0xe5, 0xe5, 0xe5
}

// paletteCommand is OSC 4 ; index ; spec, any number of pairs; "?" queries.
func (s *Screen) paletteCommand(b []byte) {
	for len(b) > 0 {
		var num, spec []byte
		num, b, _ = bytes.Cut(b, []byte{';'})
		spec, b, _ = bytes.Cut(b, []byte{';'})
		i, err := strconv.ParseUint(string(num), 10, 8)
		if err != nil {
			continue
		}
		if string(spec) == "?" {
			r, g, bl := s.Palette(uint8(i))
			s.replyf("\x1b]4;%d;%s%s", i, colorSpec(r, g, bl), s.terminator())
		} else if c, ok := parseColor(string(spec)); ok {
			if s.colors.palette == nil {
				s.colors.palette = map[uint8]Color{}
			}
			s.colors.palette[uint8(i)] = c
			s.touchAll()
		}
	}
}

// resetPalette is OSC 104 ; index ...: all when none is given.
func (s *Screen) resetPalette(b []byte) {
	s.touchAll()
	if len(b) == 0 {
		s.colors.palette = nil
		return
	}
	for num := range bytes.SplitSeq(b, []byte{';'}) {
		if i, err := strconv.ParseUint(string(num), 10, 8); err == nil {
			delete(s.colors.palette, uint8(i))
		}
	}
}

// dynamicColors is OSC 10, 11 and 12; further specs in one command belong to
// the following numbers.
func (s *Screen) dynamicColors(n int, b []byte) {
	for spec := range bytes.SplitSeq(b, []byte{';'}) {
		if n > 12 {
			return
		}
		if string(spec) == "?" {
			s.replyf("\x1b]%d;%s%s", n, colorSpec(s.defaultColor(n)), s.terminator())
		} else if c, ok := parseColor(string(spec)); ok {
			s.colors.dynamic[n-10] = c
			s.touchAll()
		}
		n++
	}
}

// colorSpec writes a colour as XParseColor reads it and xterm reports it.
func colorSpec(r, g, b uint8) string {
	return fmt.Sprintf("rgb:%02x%02x/%02x%02x/%02x%02x", r, r, g, g, b, b)
}

// parseColor reads rgb:h/h/h with one to four digits each, and #rgb with one
// to four digits each. Names of colours are not known here.
func parseColor(spec string) (Color, bool) {
	var parts []string
	if rest, ok := strings.CutPrefix(spec, "rgb:"); ok {
		parts = strings.Split(rest, "/")
	} else if rest, ok := strings.CutPrefix(spec, "#"); ok && len(rest)%3 == 0 && len(rest) <= 12 {
		n := len(rest) / 3
		parts = []string{rest[:n], rest[n : 2*n], rest[2*n:]}
	}
	if len(parts) != 3 {
		return 0, false
	}
	var v [3]uint8
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 16, 16)
		if err != nil || len(part) > 4 {
			return 0, false
		}
		full := uint64(1)<<(4*len(part)) - 1
		v[i] = uint8((n*255 + full/2) / full)
	}
	return RGB(v[0], v[1], v[2]), true
}

// appendColors appends the commands that set what the program changed.
func (s *Screen) appendColors(dst []byte) []byte {
	for _, i := range slices.Sorted(maps.Keys(s.colors.palette)) {
		r, g, b, _ := s.colors.palette[i].RGB()
		dst = fmt.Appendf(dst, "\x1b]4;%d;%s\x1b\\", i, colorSpec(r, g, b))
	}
	for n, c := range s.colors.dynamic {
		if r, g, b, ok := c.RGB(); ok {
			dst = fmt.Appendf(dst, "\x1b]%d;%s\x1b\\", 10+n, colorSpec(r, g, b))
		}
	}
	return dst
}
