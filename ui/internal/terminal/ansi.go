package terminal

import (
	"strconv"
	"strings"

	"berth/pty/vt"
)

// A Look is how a terminal is drawn where the program left it to the terminal.
type Look struct {
	Foreground vt.Color // of text without a colour; the default: the outer terminal's
	Selection  vt.Style
	Match      vt.Style
	Outside    vt.Style // of what lies outside of the program's screen
	Filler     rune     // that it is filled with; 0 for blanks
	// Clusters says that the outer terminal draws a grapheme cluster in one place (mode
	// 2027), so that an emoji of several characters may go out whole.
	Clusters bool
}

// appendStyle appends the SGR sequence that turns any rendition into s.
func (p *painter) appendStyle(dst []byte, s vt.Style) []byte {
	dst = append(dst, "\x1b[0"...)
	for _, a := range [...]struct {
		attr vt.Attrs
		code string
	}{
		{vt.Bold, ";1"}, {vt.Faint, ";2"}, {vt.Italic, ";3"}, {vt.Blink | vt.RapidBlink, ";5"}, {vt.Inverse, ";7"}, {vt.Strikeout, ";9"},
	} {
		if s.Attrs&a.attr != 0 {
			dst = append(dst, a.code...)
		}
	}
	if s.Underline != vt.UnderlineNone {
		dst = append(dst, ";4:"...)
		dst = append(dst, '0'+byte(s.Underline))
	}
	dst = appendColor(dst, p.color(s.Fg, p.fg), 30)
	dst = appendColor(dst, p.color(s.Bg, p.bg), 40)
	if s.Underline != vt.UnderlineNone {
		dst = appendColor(dst, p.color(s.UnderlineColor, 0), 50)
	}
	return append(dst, 'm')
}

// color is what stands for c: the terminal's own colour, or what the program has made of
// a palette entry.
func (p *painter) color(c, own vt.Color) vt.Color {
	if c.IsDefault() {
		return own
	}
	if i, ok := c.Index(); ok {
		if set, ok := p.screen.PaletteSet(i); ok {
			return set
		}
	}
	return c
}

// appendColor appends the parameters of a colour; base is 30 for the text, 40 for the
// background and 50 for underlines.
func appendColor(dst []byte, c vt.Color, base int) []byte {
	if i, ok := c.Index(); ok {
		switch {
		case base < 50 && i < 8:
			return strconv.AppendInt(append(dst, ';'), int64(base)+int64(i), 10)
		case base < 50 && i < 16:
			return strconv.AppendInt(append(dst, ';'), int64(base)+60+int64(i)-8, 10)
		}
		dst = strconv.AppendInt(append(dst, ';'), int64(base)+8, 10)
		return strconv.AppendInt(append(dst, ";5;"...), int64(i), 10)
	}
	if r, g, b, ok := c.RGB(); ok {
		dst = strconv.AppendInt(append(dst, ';'), int64(base)+8, 10)
		for i, v := range [...]uint8{r, g, b} {
			if i == 0 {
				dst = append(dst, ";2"...)
			}
			dst = strconv.AppendInt(append(dst, ';'), int64(v), 10)
		}
	}
	return dst
}

// linkRows is after how many rows their numbers in links begin anew: more than a window has.
const linkRows = 1000

// endLink ends a hyperlink (OSC 8).
const endLink = "\x1b]8;;\x1b\\"

// appendLink appends the sequence that begins a link of the program's, or ends the open one. Only
// links into the web go out: a file's name means another file outside of the container,
// and other schemes start programs. The outer terminal shows the target.
//
// The row is told as well, by a key that terminals pass over: the renderer closes a link on
// its way to another row and believes it open there, unless that row's is another one. Its
// number stays what it is when the rows are scrolled, which so needs no writing them anew.
func (p *painter) appendLink(dst []byte, id uint32, open bool) (out []byte, nowOpen bool) {
	l, ok := p.screen.Link(id)
	if !ok || !webLink(l.URI) {
		if open {
			dst = append(dst, endLink...)
		}
		return dst, false
	}
	dst = append(dst, "\x1b]8;"...)
	if plain(l.ID) {
		dst = append(append(append(dst, "id="...), l.ID...), ':')
	}
	dst = strconv.AppendUint(append(dst, "row="...), p.row%linkRows, 10)
	dst = append(dst, ';')
	dst = append(dst, strings.ReplaceAll(l.URI, ";", "%3B")...) // which would end the address
	return append(dst, "\x1b\\"...), true
}

func webLink(uri string) bool {
	for _, scheme := range [...]string{"https://", "http://", "mailto:"} {
		if len(uri) > len(scheme) && strings.EqualFold(uri[:len(scheme)], scheme) {
			return !strings.ContainsFunc(uri, func(r rune) bool { return r <= ' ' || r >= 0x7f })
		}
	}
	return false
}

// plain reports whether a link's id is made of characters that mean nothing.
func plain(id string) bool {
	return id != "" && !strings.ContainsFunc(id, func(r rune) bool {
		return r != '-' && r != '_' && r != '.' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}
