package vt

// escape obeys an escape sequence: final byte, intermediate<<16.
func (s *Screen) escape(cmd int) {
	switch inter := byte(cmd >> 16); inter {
	case 0:
		s.escapePlain(byte(cmd))
		s.checkPending()
	case '(', ')', '*', '+': // SCS, 94-character sets into G0..G3
		s.chars.designate(int(inter-'('), byte(cmd))
	case '-', '.', '/': // 96-character sets, all taken for Latin-1
		s.chars.designate(int(inter-'-')+1, 0)
	case '#':
		if byte(cmd) == '8' {
			s.fillScreen() // DECALN
		}
	}
}

func (s *Screen) escapePlain(final byte) {
	switch final {
	case '6': // DECBI
		s.cur.pending = false
		if s.cur.x == s.region.left {
			s.columns(1, s.shiftRight)
		} else {
			s.cur.x = max(0, s.cur.x-1)
		}
	case '7':
		s.saveCursor() // DECSC
	case '8':
		s.restoreCursor() // DECRC
	case '9': // DECFI
		s.cur.pending = false
		if s.cur.x == s.region.right {
			s.shiftAllFrom(s.region.left)
		} else {
			s.cur.x = min(s.cols-1, s.cur.x+1)
		}
	case '=':
		s.modes.set(ModeKeypad, true) // DECKPAM
	case '>':
		s.modes.set(ModeKeypad, false) // DECKPNM
	case 'D': // IND
		s.cur.pending = false
		s.index()
	case 'E': // NEL
		s.carriageReturn()
		s.index()
	case 'H':
		s.tabs[s.cur.x] = true // HTS
	case 'M':
		s.reverseIndex() // RI
	case 'N', 'O': // SS2, SS3
		s.chars.single = final - 'N' + 2
	case 'Z':
		s.primaryAttributes(0) // DECID
	case 'c':
		s.reset() // RIS
	case 'n', 'o': // LS2, LS3
		s.chars.gl = final - 'n' + 2
	}
}

// shiftAllFrom scrolls the lines between the margins one column to the left.
func (s *Screen) shiftAllFrom(x int) {
	if s.insideMargins() {
		s.shiftAll(x, 1, s.shiftLeft)
	}
}
