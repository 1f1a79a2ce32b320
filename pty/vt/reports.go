package vt

import (
	"fmt"
	"strconv"
)

// The identity is xterm's as far as programs act on it: a VT420 with selective
// erase (6), horizontal scrolling (21), colour (22) and rectangular editing
// (28). What it says is what is implemented: no sixel, no user-defined keys.
const (
	primaryDA   = "\x1b[?64;6;21;22;28c"
	secondaryDA = "\x1b[>41;390;0c"
	tertiaryDA  = "\x1bP!|00000000\x1b\\"
	versionName = "\x1bP>|berth\x1b\\"
)

// A cell's size in pixels, for programs that wait for the answer: nothing is drawn by
// pixels here, so that only their ratio matters.
const cellWidth, cellHeight = 8, 16

func (s *Screen) replyf(format string, args ...any) { s.reply(fmt.Appendf(nil, format, args...)...) }

func (s *Screen) primaryAttributes(n int) {
	if n == 0 {
		s.replyString(primaryDA)
	}
}

func (s *Screen) secondaryAttributes(n int) {
	if n == 0 {
		s.replyString(secondaryDA)
	}
}

func (s *Screen) tertiaryAttributes(n int) {
	if n == 0 {
		s.replyString(tertiaryDA)
	}
}

func (s *Screen) version(n int) {
	if n == 0 {
		s.replyString(versionName)
	}
}

func (s *Screen) terminalParameters(n int) {
	if n < 2 {
		s.replyf("\x1b[%d;1;1;128;128;1;0x", n+2)
	}
}

// deviceStatus is DSR: 5 the state, 6 the cursor's position.
func (s *Screen) deviceStatus(n int) {
	switch n {
	case 5:
		s.replyString("\x1b[0n")
	case 6:
		ox, oy := s.origin()
		s.replyf("\x1b[%d;%dR", s.cur.y-oy+1, s.cur.x-ox+1)
	}
}

// privateStatus is DSR with DEC parameters.
func (s *Screen) privateStatus(n int) {
	switch n {
	case 6: // DECXCPR
		ox, oy := s.origin()
		s.replyf("\x1b[?%d;%d;1R", s.cur.y-oy+1, s.cur.x-ox+1)
	case 15: // printer: none
		s.replyString("\x1b[?13n")
	case 25: // user-defined keys: locked
		s.replyString("\x1b[?21n")
	case 26: // keyboard: North American
		s.replyString("\x1b[?27;1;0;0n")
	case 55: // locator: none
		s.replyString("\x1b[?53n")
	case 996:
		s.reportColorScheme()
	}
}

// reportColorScheme says whether the background is dark (1) or light (2).
func (s *Screen) reportColorScheme() {
	scheme := 1
	if r, g, b := s.defaultColor(11); 299*int(r)+587*int(g)+114*int(b) > 127500 {
		scheme = 2
	}
	s.replyf("\x1b[?997;%dn", scheme)
}

// reportMode is DECRQM.
func (s *Screen) reportMode(n int, private bool) {
	if private {
		s.replyf("\x1b[?%d;%d$y", n, s.modeState(n))
		return
	}
	state := 0
	if m, ok := ansiModes[n]; ok {
		state = 2
		if s.modes.Has(m) {
			state = 1
		}
	} else if n == 12 { // SRM: no local echo
		state = 3
	}
	s.replyf("\x1b[%d;%d$y", n, state)
}

func (s *Screen) reportKitty() { s.replyf("\x1b[?%du", s.grid.kitty.flags()) }

func (s *Screen) reportModifierOptions(n int) {
	if n == 4 {
		s.replyf("\x1b[>4;%dm", s.modes.otherKeys)
	}
}

// reportSize is the in-band size report of mode 2048; pixels are not known.
func (s *Screen) reportSize() { s.replyf("\x1b[48;%d;%d;0;0t", s.rows, s.cols) }

// windowOp is XTWINOPS. It reports, and keeps the stack of titles; it never
// moves or resizes: a window belongs to the user. Titles are not reported,
// because a program could write commands into one and have them typed.
func (s *Screen) windowOp(p *params) {
	switch p.get(0, 0) {
	case 11: // not iconified
		s.replyString("\x1b[1t")
	case 13: // the window's place, which is nobody's business
		s.replyString("\x1b[3;0;0t")
	case 14, 15: // sizes of the text area and of the screen, in pixels
		s.replyf("\x1b[%d;%d;%dt", p.get(0, 0)-10, s.rows*cellHeight, s.cols*cellWidth)
	case 16: // size of a cell
		s.replyf("\x1b[6;%d;%dt", cellHeight, cellWidth)
	case 18, 19: // size of the text area, of the screen, in characters
		s.replyf("\x1b[%d;%d;%dt", p.get(0, 0)-10, s.rows, s.cols)
	case 20:
		s.replyString("\x1b]L\x1b\\")
	case 21:
		s.replyString("\x1b]l\x1b\\")
	case 22:
		s.title.push(p.get(1, 0))
	case 23:
		s.title.pop(p.get(1, 0))
	}
}

// reportSetting is DECRQSS: the sequence that would restore a setting.
func (s *Screen) reportSetting(q string) {
	var v string
	switch q {
	case "m":
		v = string(appendSGR(nil, s.pen.Style)) + "m"
	case "r":
		v = fmt.Sprintf("%d;%dr", s.region.top+1, s.region.bottom+1)
	case "s":
		v = fmt.Sprintf("%d;%ds", s.region.left+1, s.region.right+1)
	case " q":
		v = strconv.Itoa(int(s.shape)) + " q"
	case `"q`:
		v = "0\"q"
		if s.pen.Attrs&Protected != 0 {
			v = "1\"q"
		}
	case `"p`:
		v = `64;1"p`
	case "t": // DECSLPP
		v = strconv.Itoa(s.rows) + "t"
	case "$|": // DECSCPP
		v = strconv.Itoa(s.cols) + "$|"
	default:
		s.replyString("\x1bP0$r\x1b\\")
		return
	}
	s.replyf("\x1bP1$r%s\x1b\\", v)
}
