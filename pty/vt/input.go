package vt

import "github.com/charmbracelet/x/ansi/parser"

// Limits of one escape sequence.
const (
	maxParams   = 32
	maxParam    = 65535   // larger values count as this
	maxSequence = 256     // bytes of a CSI or ESC sequence; a longer one is cancelled
	maxString   = 1 << 20 // bytes of an OSC or DCS string; a longer one is ignored
)

// input is the parser's state between two bytes.
type input struct {
	state parser.State
	cmd   int // final byte, prefix<<8, intermediate<<16
	par   params
	// raw holds the bytes of an unfinished sequence or character, so that
	// Repaint can hand them on: the live stream that follows a repaint may
	// begin in the middle of one.
	raw    []byte
	data   int  // raw[data:] is the payload of a string
	esc    bool // ESC was seen in a string: ST if a backslash follows
	bell   bool // BEL, not ST, ended the string
	ignore bool // the sequence is malformed or too long: swallow it to its end
	utf8   bool // raw is the beginning of a character
}

// ground forgets the unfinished sequence.
func (in *input) ground() {
	in.state = parser.GroundState
	in.esc, in.bell, in.ignore, in.utf8 = false, false, false, false
	if cap(in.raw) > 4096 {
		in.raw = nil
	} else {
		in.raw = in.raw[:0]
	}
}

func (in *input) begin(b byte, state parser.State) {
	in.ground()
	in.state = state
	in.raw = append(in.raw, b)
	in.cmd = 0
	in.par.clear()
}

func (in *input) inString() bool {
	switch in.state {
	case parser.OscStringState, parser.DcsStringState, parser.SosStringState,
		parser.PmStringState, parser.ApcStringState:
		return true
	}
	return false
}

// Write interprets output of the program. It always consumes all of p and the
// error is always nil; the signature is io.Writer's.
func (s *Screen) Write(p []byte) (int, error) {
	n := len(p)
	if n > 0 {
		s.gen++
	}
	calm := len(p) // flood has nothing to look for before so much is left
	for len(p) > 0 {
		switch b := p[0]; {
		case s.in.utf8:
			p = s.continueUTF8(p)
		case s.in.state != parser.GroundState:
			if s.in.inString() && !s.in.esc {
				p = s.stringRun(p)
			} else {
				s.advance(b)
				p = p[1:]
			}
		case b >= 0x20 && b < 0x7f:
			k := 1
			for k < len(p) && p[k] >= 0x20 && p[k] < 0x7f {
				k++
			}
			s.printASCII(p[:k])
			p = p[k:]
		case b == 0x1b:
			if k := s.completeCSI(p); k > 0 {
				p = p[k:]
				continue
			}
			s.in.begin(b, parser.EscapeState)
			p = p[1:]
		case b < 0x20:
			s.execute(b)
			p = p[1:]
			if b == '\n' && len(p) <= calm && len(p) >= 2*s.rows && s.floods() {
				lines, size, stop := s.flood(p)
				calm = len(p) - stop
				if lines >= s.rows {
					s.printFlood(p, lines)
					p = p[size:]
				}
			}
		case b == 0x7f:
			p = p[1:]
		default:
			p = s.printUTF8(p)
		}
	}
	return n, nil
}

// completeCSI handles a control sequence that is whole at the start of p and
// returns its length. Everything unusual, such as a sequence split between two
// writes, is left to the state table by returning 0.
func (s *Screen) completeCSI(p []byte) int {
	if len(p) < 3 || p[1] != '[' {
		return 0
	}
	par := &s.in.par
	par.clear()
	cmd, i := 0, 2
	if p[2] >= '<' && p[2] <= '?' {
		cmd, i = int(p[2])<<8, 3
	}
	for end := min(len(p), maxSequence); i < end; i++ {
		switch b := p[i]; {
		case b >= '0' && b <= '9':
			par.digit(b)
		case b == ';' || b == ':':
			par.separator(b)
		case b >= 0x40 && b < 0x7f:
			par.end()
			s.csi(cmd|int(b), par)
			return i + 1
		default:
			return 0
		}
	}
	return 0
}

// advance feeds one byte of an unfinished sequence through the state table.
func (s *Screen) advance(b byte) {
	in := &s.in
	if in.esc { // in a string, after ESC
		if b == '\\' {
			s.endString()
			return
		}
		in.begin(0x1b, parser.EscapeState) // the string was cut off: drop it
	}
	switch {
	case b == 0x1b:
		in.begin(b, parser.EscapeState)
		return
	case b >= 0x80: // text in the middle of a control sequence: cancel that
		in.ground()
		s.printUTF8([]byte{b})
		return
	}
	next, action := parser.Table.Transition(in.state, b)
	if action == parser.ExecuteAction {
		if next == parser.GroundState { // CAN, SUB
			in.ground()
		}
		s.execute(b)
		return
	}
	if in.state == parser.CsiIntermediateState && b >= 0x30 && b <= 0x3f ||
		in.state == parser.DcsIntermediateState && b >= 0x30 && b <= 0x3f {
		in.ignore, next, action = true, in.state, parser.IgnoreAction
	}
	if in.raw = append(in.raw, b); len(in.raw) > maxSequence {
		in.ground()
		return
	}
	s.act(action, next, b)
}

// act carries out a transition of the state table.
func (s *Screen) act(action parser.Action, next parser.State, b byte) {
	in := &s.in
	switch action {
	case parser.ClearAction:
		in.cmd = 0
		in.par.clear()
	case parser.PrefixAction:
		in.cmd = in.cmd&^0xff00 | int(b)<<8
	case parser.CollectAction:
		in.cmd = in.cmd&^0xff0000 | int(b)<<16
	case parser.ParamAction:
		if b == ';' || b == ':' {
			in.par.separator(b)
		} else {
			in.par.digit(b)
		}
	case parser.StartAction, parser.PutAction: // the first byte of a string
		if next == parser.DcsStringState {
			in.cmd |= int(b)
			in.par.end()
		}
		in.data = len(in.raw)
	case parser.DispatchAction:
		in.par.end()
		cmd, state, ignore := in.cmd|int(b), in.state, in.ignore
		in.ground()
		switch {
		case ignore:
		case state == parser.EscapeState || state == parser.EscapeIntermediateState:
			s.escape(cmd)
		default:
			s.csi(cmd, &in.par)
		}
		return
	}
	if next == parser.GroundState {
		in.ground()
		return
	}
	in.state = next
}
