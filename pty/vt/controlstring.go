package vt

import "github.com/charmbracelet/x/ansi/parser"

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
		in.bell = true
		s.endString()
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

// terminator is the one that ended the present string: xterm answers with the
// terminator of the question, and there are programs that wait for just that.
func (s *Screen) terminator() string {
	if s.in.bell {
		return "\a"
	}
	return "\x1b\\"
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
