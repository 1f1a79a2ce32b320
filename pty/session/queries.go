package session

import (
	"bytes"
	"strings"
)

// maxHeld is the longest escape sequence that a filter holds back to look at its end.
// Queries are short; a longer sequence is something else and passes.
const maxHeld = 256

// A filter takes terminal queries out of a stream: sequences that make a terminal
// send something. It holds an unfinished sequence back until its end is seen. The
// sources are xterm's ctlseqs and the VT510 manual.
type filter struct {
	held []byte
}

func (f *filter) holding() bool { return len(f.held) > 0 }

// flush appends what is held back.
func (f *filter) flush(dst []byte) []byte {
	dst = append(dst, f.held...)
	f.held = f.held[:0]
	return dst
}

// apply appends p without its queries to dst.
func (f *filter) apply(dst, p []byte) []byte {
	for len(p) > 0 {
		if !f.holding() {
			i := bytes.IndexAny(p, "\x1b\x05")
			if i < 0 {
				return append(dst, p...)
			}
			dst = append(dst, p[:i]...)
			if p[i] == 0x05 { // ENQ asks for the answerback
				p = p[i+1:]
				continue
			}
			f.held, p = append(f.held, 0x1b), p[i+1:]
			continue
		}
		if p[0] == 0x1b && !stringSeq(f.held) || p[0] == 0x18 || p[0] == 0x1a {
			dst = f.flush(dst) // a new sequence, or CAN or SUB, aborts
			continue
		}
		f.held, p = append(f.held, p[0]), p[1:]
		switch {
		case !complete(f.held):
			if len(f.held) >= maxHeld {
				dst = f.flush(dst)
			}
		case isQuery(f.held):
			f.held = f.held[:0]
		default:
			dst = f.flush(dst)
		}
	}
	return dst
}

// stringSeq reports whether the sequence is one that ST ends: DCS, OSC, APC, PM, SOS.
func stringSeq(q []byte) bool {
	return len(q) > 1 && bytes.IndexByte([]byte("P]_^X"), q[1]) >= 0
}

// complete reports whether q, which starts with ESC, is a whole sequence.
func complete(q []byte) bool {
	if len(q) < 2 {
		return false
	}
	last := q[len(q)-1]
	switch {
	case q[1] == '[':
		return len(q) > 2 && last >= 0x40 && last <= 0x7e
	case stringSeq(q):
		return last == 0x07 && q[1] == ']' || last == '\\' && q[len(q)-2] == 0x1b && len(q) > 3
	case q[1] >= 0x20 && q[1] <= 0x2f:
		return last >= 0x30
	}
	return true
}

// isQuery reports whether a terminal answers the whole sequence q.
func isQuery(q []byte) bool {
	switch q[1] {
	case 'Z': // DECID
		return true
	case '[':
		return isCSIQuery(q[2:len(q)-1], q[len(q)-1])
	case ']': // colours, fonts and the selection are asked for with "?"
		body := bytes.TrimSuffix(bytes.TrimSuffix(q[2:], []byte("\x07")), []byte("\x1b\\"))
		return bytes.HasSuffix(body, []byte(";?"))
	case 'P': // DECRQSS, XTGETTCAP
		return bytes.HasPrefix(q[2:], []byte("$q")) || bytes.HasPrefix(q[2:], []byte("+q"))
	case '_': // kitty graphics: every command but a quiet one is answered
		return bytes.HasPrefix(q[2:], []byte("G")) && bytes.Contains(q, []byte("a=q"))
	}
	return false
}

func isCSIQuery(params []byte, final byte) bool {
	p := string(params)
	switch final {
	case 'c', 'n': // DA1-3; DSR, CPR, colour scheme. ">n" is XTMODKEYS, which sets.
		return final == 'c' || len(p) == 0 || p[0] != '>'
	case 'p': // DECRQM; "!p" is a reset, "\"p" sets the level
		return len(p) > 0 && p[len(p)-1] == '$'
	case 'q': // XTVERSION; " q" is the cursor's shape
		return len(p) > 0 && p[0] == '>'
	case 'u': // kitty keyboard flags; a bare "u" restores the cursor
		return len(p) > 0 && p[0] == '?'
	case 'm': // XTQMODKEYS
		return len(p) > 0 && p[0] == '?'
	case 'h': // reports of the size begin with one
		return p == "?2048"
	case 'x': // DECREQTPARM; "$x" fills
		return len(p) == 0 || p[len(p)-1] >= '0' && p[len(p)-1] <= '9'
	case 'y': // DECRQCRA ends in "*"
		return len(p) > 0 && p[len(p)-1] == '*'
	case 't': // reports of window operations
		op, _, _ := strings.Cut(p, ";")
		switch op {
		case "11", "13", "14", "15", "16", "18", "19", "20", "21":
			return true
		}
	case 'w': // DECRQPSR
		return len(p) > 0 && p[len(p)-1] == '$'
	}
	return false
}
