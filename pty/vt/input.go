package vt

import (
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi/parser"
)

// Limits of one escape sequence.
const (
	maxParams   = 32
	maxParam    = 65535   // larger values count as this
	maxSequence = 256     // bytes of a CSI or ESC sequence; a longer one is cancelled
	maxString   = 1 << 20 // bytes of an OSC or DCS string; a longer one is ignored
)

// params are the parameters of a control sequence.
type params struct {
	v   [maxParams]int32 // -1 is an omitted parameter
	n   int
	sub uint32 // bit i: v[i+1] is a subparameter (colon) of v[i]
}

func (p *params) clear() { p.v[0], p.n, p.sub = -1, 0, 0 }

// digit and separator build the list; end completes it.
func (p *params) digit(b byte) {
	if p.n < maxParams {
		p.v[p.n] = min(max(p.v[p.n], 0)*10+int32(b-'0'), maxParam)
	}
}

func (p *params) separator(b byte) {
	if p.n >= maxParams {
		return
	}
	if b == ':' {
		p.sub |= 1 << p.n
	}
	if p.n++; p.n < maxParams {
		p.v[p.n] = -1
	}
}

func (p *params) end() {
	if p.n < maxParams && (p.n > 0 || p.v[0] >= 0) {
		p.n++
	}
}

// get returns parameter i, or def when it is missing.
func (p *params) get(i, def int) int {
	if i >= p.n || p.v[i] < 0 {
		return def
	}
	return int(p.v[i])
}

// count returns parameter i as a count: missing and 0 mean 1.
func (p *params) count(i int) int { return max(1, p.get(i, 1)) }

func (p *params) isSub(i int) bool { return i > 0 && p.sub&(1<<(i-1)) != 0 }

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
	ignore bool // the sequence is malformed or too long: swallow it to its end
	utf8   bool // raw is the beginning of a character
}

// ground forgets the unfinished sequence.
func (in *input) ground() {
	in.state = parser.GroundState
	in.esc, in.ignore, in.utf8 = false, false, false
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

// stringRun takes the bytes of a string up to its terminator in one go.
func (s *Screen) stringRun(p []byte) []byte {
	in := &s.in
	i := 0
	for i < len(p) {
		if b := p[i]; b == 0x1b || b == 0x18 || b == 0x1a || b == 0x07 && in.state == parser.OscStringState {
			break
		}
		i++
	}
	switch {
	case in.ignore:
	case len(in.raw)-in.data+i > maxString:
		in.tooLong()
	default:
		in.raw = append(in.raw, p[:i]...)
	}
	if i == len(p) {
		return nil
	}
	switch p[i] {
	case 0x1b:
		in.esc = true
	case 0x07:
		if in.ignore {
			in.ground()
		} else {
			s.endString()
		}
	default: // CAN, SUB
		in.ground()
	}
	return p[i+1:]
}

// tooLong gives up a string. What stays of the raw bytes is the beginning of
// one that terminals ignore and that ends where this one does.
func (in *input) tooLong() {
	in.ignore = true
	if in.state == parser.OscStringState {
		in.raw = []byte("\x1b]x") // BEL ends only an OSC
	} else {
		in.state = parser.SosStringState
		in.raw = []byte("\x1bX")
	}
	in.data = len(in.raw)
}

// endString acts on a finished string. The data is only valid during the call.
func (s *Screen) endString() {
	in := &s.in
	if !in.ignore {
		data := in.raw[in.data:]
		switch in.state {
		case parser.OscStringState:
			s.osc(data)
		case parser.DcsStringState:
			s.dcs(in.cmd, data)
		}
	}
	in.ground()
}

// printUTF8 prints the characters at the start of p up to the next ASCII byte.
func (s *Screen) printUTF8(p []byte) []byte {
	for len(p) > 0 && p[0] >= 0x80 {
		r, n := utf8.DecodeRune(p)
		if r == utf8.RuneError && n <= 1 {
			if !utf8.FullRune(p) {
				s.in.raw = append(s.in.raw[:0], p...)
				s.in.utf8 = true
				return nil
			}
			n = badPrefix(p)
		}
		s.printRune(r)
		p = p[n:]
	}
	return p
}

// badPrefix returns the length of the ill-formed sequence at the start of p
// that one replacement character stands for (Unicode 15, 3.9, best practice).
func badPrefix(p []byte) int {
	n := 1
	for n < len(p) && !utf8.FullRune(p[:n]) && !utf8.FullRune(p[:n+1]) {
		n++
	}
	return n
}

// continueUTF8 completes a character whose first bytes came with an earlier write.
func (s *Screen) continueUTF8(p []byte) []byte {
	in := &s.in
	in.raw = append(in.raw, p[0])
	if !utf8.FullRune(in.raw) {
		return p[1:]
	}
	r, n := utf8.DecodeRune(in.raw)
	whole := n == len(in.raw)
	in.ground()
	s.printRune(r)
	if whole {
		return p[1:]
	}
	return p // the byte that broke the character is not part of it
}
