package vt

// ModeSet is a set of modes that are on or off.
type ModeSet uint64

// Modes, with the number that DECSET, or SM for the first three, gives them
// (VT510 manual; xterm ctlseqs, "DEC Private Mode Set").
const (
	ModeKeyboardLock   ModeSet = 1 << iota // KAM 2
	ModeInsert                             // IRM 4
	ModeNewline                            // LNM 20
	ModeCursorKeys                         // DECCKM ?1: application cursor keys
	ModeReverseVideo                       // DECSCNM ?5
	ModeOrigin                             // DECOM ?6
	ModeAutowrap                           // DECAWM ?7
	ModeAutorepeat                         // DECARM ?8
	ModeCursorBlink                        // ?12
	ModeCursorVisible                      // DECTCEM ?25
	ModeReverseWrap                        // ?45
	ModeAltScreen                          // ?47 ?1047 ?1049
	ModeKeypad                             // DECNKM ?66, DECKPAM: application keypad
	ModeBackspaceBS                        // DECBKM ?67: backarrow sends BS
	ModeMargins                            // DECLRMM ?69
	ModeFocus                              // ?1004: focus reports
	ModeAltScroll                          // ?1007: wheel as cursor keys
	ModeMetaEsc                            // ?1036: meta sends escape
	ModeBracketedPaste                     // ?2004
	ModeSync                               // ?2026: do not draw until it is reset
	ModeGraphemes                          // ?2027: grapheme clusters
	ModeColorScheme                        // ?2031: reports of light and dark
	ModeInBandResize                       // ?2048: reports of the size
)

// defaultModes are on in a new terminal. The wheel sends cursor keys on the
// alternate screen unless the program says no, as in VTE, kitty and foot.
const defaultModes = ModeAutowrap | ModeAutorepeat | ModeCursorVisible | ModeMetaEsc | ModeAltScroll

// Has reports whether all modes of m are on.
func (s ModeSet) Has(m ModeSet) bool { return s&m == m }

func (s *ModeSet) set(m ModeSet, on bool) {
	if on {
		*s |= m
	} else {
		*s &^= m
	}
}

// MouseMode says which mouse events the program wants; it holds the DECSET number.
type MouseMode uint16

// Mouse modes (xterm ctlseqs, "Mouse Tracking").
const (
	MouseOff    MouseMode = 0
	MousePress  MouseMode = 9    // X10: presses only
	MouseNormal MouseMode = 1000 // presses and releases
	MouseDrag   MouseMode = 1002 // and motion with a button down
	MouseAny    MouseMode = 1003 // and all motion
)

// MouseEncoding says how mouse events are written; it holds the DECSET number.
type MouseEncoding uint16

// Mouse encodings (xterm ctlseqs, "Extended coordinates").
const (
	MouseX10Encoding MouseEncoding = 0
	MouseUTF8        MouseEncoding = 1005
	MouseSGR         MouseEncoding = 1006
	MouseURXVT       MouseEncoding = 1015
)

// modeState are the modes of a screen, and what decides how input is sent.
type modeState struct {
	ModeSet
	saved     ModeSet // XTSAVE
	mouse     MouseMode
	encoding  MouseEncoding
	otherKeys uint8 // modifyOtherKeys
}

// Modes are all that decides how keys, mouse and paste are sent to the program.
type Modes struct {
	ModeSet
	Mouse    MouseMode
	Encoding MouseEncoding
	// ModifyOtherKeys is xterm's resource of that name, 0 to 2.
	ModifyOtherKeys uint8
	// Kitty are the flags of the kitty keyboard protocol, 0 for legacy keys.
	Kitty KittyFlags
}

// Modes returns the modes in force.
func (s *Screen) Modes() Modes {
	return Modes{
		ModeSet: s.modes.ModeSet, Mouse: s.modes.mouse, Encoding: s.modes.encoding,
		ModifyOtherKeys: s.modes.otherKeys, Kitty: s.grid.kitty.flags(),
	}
}

// privateModes maps DECSET numbers that are nothing but a bit.
var privateModes = map[int]ModeSet{
	1: ModeCursorKeys, 5: ModeReverseVideo, 6: ModeOrigin, 7: ModeAutowrap, 8: ModeAutorepeat,
	12: ModeCursorBlink, 25: ModeCursorVisible, 45: ModeReverseWrap,
	47: ModeAltScreen, 1047: ModeAltScreen, 1049: ModeAltScreen,
	66: ModeKeypad, 67: ModeBackspaceBS, 69: ModeMargins,
	1004: ModeFocus, 1007: ModeAltScroll, 1036: ModeMetaEsc, 2004: ModeBracketedPaste,
	2026: ModeSync, 2027: ModeGraphemes, 2031: ModeColorScheme, 2048: ModeInBandResize,
}

// ansiModes maps SM numbers.
var ansiModes = map[int]ModeSet{2: ModeKeyboardLock, 4: ModeInsert, 20: ModeNewline}

// setANSIModes is SM and RM.
func (s *Screen) setANSIModes(p *params, on bool) {
	for i := range p.n {
		s.modes.set(ansiModes[p.get(i, 0)], on)
	}
}

// setPrivateModes is DECSET and DECRST.
func (s *Screen) setPrivateModes(p *params, on bool) {
	for i := range p.n {
		s.setPrivateMode(p.get(i, 0), on)
	}
}

func (s *Screen) setPrivateMode(n int, on bool) {
	switch n {
	case 9, 1000, 1002, 1003:
		switch {
		case on:
			s.modes.mouse = MouseMode(n)
		default: // xterm: resetting any of them turns tracking off
			s.modes.mouse = MouseOff
		}
		return
	case 1005, 1006, 1015:
		switch {
		case on:
			s.modes.encoding = MouseEncoding(n)
		case s.modes.encoding == MouseEncoding(n):
			s.modes.encoding = MouseX10Encoding
		}
		return
	case 47, 1047, 1049:
		s.switchScreen(n, on)
		return
	case 1048:
		if on {
			s.saveCursor()
		} else {
			s.restoreCursor()
		}
		return
	}
	m := privateModes[n]
	was := s.modes.ModeSet
	s.modes.set(m, on)
	switch m {
	case ModeOrigin:
		s.moveOrigin(0, 0)
	case ModeMargins:
		s.region.left, s.region.right = 0, s.cols-1
	case ModeReverseVideo:
		if s.modes.ModeSet != was {
			s.touchAll()
		}
	case ModeAutowrap:
		if !on {
			s.cur.pending = false
		}
	case ModeInBandResize:
		if on {
			s.reportSize()
		}
	}
}

// switchScreen shows the alternate screen or the primary one. Mode 1049 also
// saves and restores the cursor. The alternate screen is blank whenever it is
// entered; xterm keeps its cells between two uses of mode 47, which no program
// relies on and every attached terminal would have to be told.
func (s *Screen) switchScreen(n int, alt bool) {
	if alt && n == 1049 {
		s.saveCursor() // also when it is shown already, as in xterm
	}
	if alt != s.modes.Has(ModeAltScreen) {
		s.modes.set(ModeAltScreen, alt)
		s.cur.pending = s.cur.pending && s.modes.Has(ModeAutowrap)
		if alt {
			if s.alt == nil {
				s.alt = newGrid(s.cols, s.rows)
			}
			attr := s.eraseAttr()
			for _, r := range s.alt.rows {
				r.reset(attr)
			}
			s.alt.saved, s.alt.kitty = savedCursor{}, kittyStack{}
			s.grid = s.alt
		} else {
			s.grid = s.primary
			for _, r := range s.alt.rows {
				r.reset(0) // so that its styles can be swept
			}
		}
		s.touchAll()
	}
	if !alt && n == 1049 {
		s.restoreCursor()
	}
}

// saveModes and restoreModes are XTSAVE and XTRESTORE.
func (s *Screen) saveModes(p *params) {
	for i := range p.n {
		m := privateModes[p.get(i, 0)]
		s.modes.saved = s.modes.saved&^m | s.modes.ModeSet&m
	}
}

func (s *Screen) restoreModes(p *params) {
	for i := range p.n {
		n := p.get(i, 0)
		if m := privateModes[n]; m != 0 {
			s.setPrivateMode(n, s.modes.saved.Has(m))
		}
	}
}

// modeState is the answer to DECRQM for a DEC private mode: 1 set, 2 reset, 3
// permanently set, 4 permanently reset, 0 not known.
func (s *Screen) modeState(n int) int {
	onOff := func(on bool) int {
		if on {
			return 1
		}
		return 2
	}
	switch n {
	case 9, 1000, 1002, 1003:
		return onOff(s.modes.mouse == MouseMode(n))
	case 1005, 1006, 1015:
		return onOff(s.modes.encoding == MouseEncoding(n))
	case 1048:
		return 1
	case 2, 1046: // DECANM: never a VT52; the alternate screen is there
		return 3
	case 3, 4, 18, 19, 40, 42, 80, 1001, 1010, 1011, 1034, 1035, 1039, 1042, 1043:
		return 4
	}
	if m, ok := privateModes[n]; ok {
		return onOff(s.modes.Has(m))
	}
	return 0
}
