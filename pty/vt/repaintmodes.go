package vt

import "fmt"

// modeNumbers lists the modes that painter.modes sets, in a fixed order.
var modeNumbers = []struct {
	mode    ModeSet
	n       int
	private bool
}{
	{ModeKeyboardLock, 2, false}, {ModeNewline, 20, false},
	{ModeCursorKeys, 1, true}, {ModeReverseVideo, 5, true}, {ModeAutorepeat, 8, true},
	{ModeCursorBlink, 12, true}, {ModeReverseWrap, 45, true}, {ModeKeypad, 66, true},
	{ModeBackspaceBS, 67, true}, {ModeFocus, 1004, true}, {ModeAltScroll, 1007, true},
	{ModeMetaEsc, 1036, true}, {ModeBracketedPaste, 2004, true}, {ModeSync, 2026, true},
	{ModeColorScheme, 2031, true},
}

// modes sets what differs from a new terminal. Mode 2048 is set by the owner of
// the screen alone: setting it makes a terminal send a report.
func (p *painter) modes() {
	s := p.s
	for _, m := range modeNumbers {
		on := s.modes.Has(m.mode)
		if on == defaultModes.Has(m.mode) {
			continue
		}
		prefix, final := "", byte('l')
		if m.private {
			prefix = "?"
		}
		if on {
			final = 'h'
		}
		p.dst = fmt.Appendf(p.dst, "\x1b[%s%d%c", prefix, m.n, final)
	}
}

// keyboardAndMouse sets what decides how input is sent.
func (p *painter) keyboardAndMouse() {
	s := p.s
	if s.modes.mouse != MouseOff {
		p.dst = fmt.Appendf(p.dst, "\x1b[?%dh", s.modes.mouse)
	}
	if s.modes.encoding != MouseX10Encoding {
		p.dst = fmt.Appendf(p.dst, "\x1b[?%dh", s.modes.encoding)
	}
	if s.modes.otherKeys != 0 {
		p.dst = fmt.Appendf(p.dst, "\x1b[>4;%dm", s.modes.otherKeys)
	}
	if s.shape != CursorDefault {
		p.dst = fmt.Appendf(p.dst, "\x1b[%d q", s.shape)
	}
}

// kitty sets the stack of keyboard flags of the screen that is shown.
func (p *painter) kitty(g *grid) {
	if g.kitty.base != 0 {
		p.dst = fmt.Appendf(p.dst, "\x1b[=%du", g.kitty.base)
	}
	for _, f := range g.kitty.entries[:g.kitty.n] {
		p.dst = fmt.Appendf(p.dst, "\x1b[>%du", f)
	}
}

// tabs sets the tab stops, when they are not every eight columns.
func (p *painter) tabs() {
	s := p.s
	same := true
	for x, on := range s.tabs {
		same = same && on == (x > 0 && x%8 == 0)
	}
	if same {
		return
	}
	p.str("\x1b[3g")
	for x, on := range s.tabs {
		if on {
			p.goTo(x, 0)
			p.str("\x1bH")
		}
	}
}

// titles sets the titles and their stacks.
func (p *painter) titles() {
	t := p.s.title
	for _, v := range []struct {
		osc   int
		stack []string
		now   string
	}{{1, t.iconStack, t.icon}, {2, t.windowStack, t.window}} {
		for _, title := range v.stack {
			p.dst = fmt.Appendf(p.dst, "\x1b]%d;%s\x1b\\\x1b[22;%dt", v.osc, title, v.osc)
		}
		if v.now != "" || len(v.stack) > 0 {
			p.dst = fmt.Appendf(p.dst, "\x1b]%d;%s\x1b\\", v.osc, v.now)
		}
	}
	if cwd := p.s.title.cwd; cwd != "" {
		p.dst = fmt.Appendf(p.dst, "\x1b]7;%s\x1b\\", cwd)
	}
}

// RestoreSequence gives a terminal back that showed a program of which nothing
// is known: it ends an unfinished sequence and undoes every mode that a
// program may have left. It keeps what is on the primary screen and the
// cursor's place there.
func RestoreSequence() []byte {
	return []byte("\x18\x1b\\" + "\x1b[?2026l" + resetKeyboard + leaveAlternate + resetKeyboard + resetModes)
}

// The keyboard's flags are kept per screen, so they are reset on both. A pop of
// more than there is empties the stack.
const resetKeyboard = "\x1b[<16u\x1b[=0u"

// DECSC comes first: where the primary screen is shown already, the cursor that
// 1049 restores is then the one that is there.
const leaveAlternate = "\x1b7\x1b[?1049l"

// resetModes undoes the rest. DECSTR resets origin mode without moving the
// cursor; DECRST 6 and DECSTBM, for terminals that do not know it, do move it,
// so they stand between DECSC and DECRC. tmux knows DECKPNM, but not DECNKM.
const resetModes = "\x1b[!p" + "\x1b7\x1b[?69l\x1b[?6l\x1b[r\x1b8" +
	"\x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1005l\x1b[?1006l\x1b[?1015l" +
	"\x1b[?1004l\x1b[?2004l\x1b[?2031l\x1b[?2048l\x1b[?2027l\x1b[?1l\x1b[?5l\x1b[?66l\x1b>\x1b[?67l\x1b[>4m" +
	"\x1b[2l\x1b[4l\x1b[20l\x1b[?7h\x1b[?8h\x1b[?45l\x1b[?1036h" +
	asciiSets + "\x1b[0\"q\x1b]8;;\x1b\\\x1b[m\x1b[0 q\x1b[?12l\x1b[?25h"

// asciiSets designates ASCII into G0 to G3 and invokes G0.
const asciiSets = "\x1b(B\x1b)B\x1b*B\x1b+B\x0f"

// Restore gives back a terminal that was painted with RepaintOptions.Outer and
// then got the program's stream: what RestoreSequence does, but no more of it
// than the program made necessary, the title as it was, and the colours if the
// program changed any.
func (s *Screen) Restore() []byte {
	p := &painter{s: s}
	p.str("\x18\x1b\\\x1b[?2026l")
	if s.modes.Has(ModeAltScreen) {
		p.resetKitty(s.alt)
		p.str(leaveAlternate)
	}
	p.resetKitty(s.primary)
	p.str(resetModes)
	if len(s.colors.palette) > 0 {
		p.str("\x1b]104\x1b\\")
	}
	for i, c := range s.colors.dynamic {
		if c != 0 {
			p.dst = fmt.Appendf(p.dst, "\x1b]%d\x1b\\", 110+i)
		}
	}
	p.str("\x1b[23;0t")
	return p.dst
}

// resetKitty takes back what the program pushed on the screen that is shown,
// and leaves what was there before.
func (p *painter) resetKitty(g *grid) {
	if g.kitty.n > 0 {
		p.dst = fmt.Appendf(p.dst, "\x1b[<%du", g.kitty.n)
	}
	if g.kitty.base != 0 {
		p.str("\x1b[=0u")
	}
}
