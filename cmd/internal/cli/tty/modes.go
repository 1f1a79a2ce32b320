package tty

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"sync"

	"berth/pty/vt"
)

// defaults are the private modes (DECSET) that a full-screen program may leave behind,
// with what a shell expects.
var defaults = map[int]bool{
	1:    false, // cursor keys
	6:    false, // origin
	25:   true,  // cursor visible
	47:   false, // alternate screen
	1047: false,
	1049: false,
	1000: false, // mouse
	1002: false,
	1003: false,
	1004: false, // focus reports
	1005: false,
	1006: false,
	1015: false,
	2004: false, // bracketed paste
	2026: false, // nothing is drawn
	2031: false, // reports of light and dark
	2048: false, // reports of the size
}

// A ModeTracker passes a terminal's output on and notes what the program has changed, so
// that the user gets the terminal back when the program died, or the user detached, in
// the midst of it.
type ModeTracker struct {
	w io.Writer

	mu      sync.Mutex // guards what is below; not held while the terminal takes its time
	over    bool       // the terminal is the user's again
	state   trackState
	params  []byte
	changed map[int]bool
	keys    bool // how keys are sent, margins, insert mode, or the like
	titles  int  // saved and not yet taken back
}

// A trackState is where the little parser stands.
type trackState uint8

const (
	inText trackState = iota
	afterEscape
	inSequence     // after ESC [
	inString       // OSC, DCS and the like
	inStringEscape // after an ESC there
)

// NewModeTracker returns a tracker that writes to w.
func NewModeTracker(w io.Writer) *ModeTracker {
	return &ModeTracker{w: w, changed: map[int]bool{}}
}

// Write passes p on. Once the terminal was given back it goes nowhere.
func (m *ModeTracker) Write(p []byte) (int, error) {
	if !m.note(p) {
		return len(p), nil
	}
	return m.w.Write(p)
}

// note follows what p does to the terminal, if it may still do it.
func (m *ModeTracker) note(p []byte) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for rest := p; len(rest) > 0; rest = rest[1:] {
		if m.state == inText { // most output is text
			i := bytes.IndexByte(rest, 0x1b)
			if i < 0 {
				break
			}
			rest = rest[i:]
		}
		m.step(rest[0])
	}
	return !m.over
}

func (m *ModeTracker) step(c byte) {
	switch {
	case c == 0x18 || c == 0x1a: // CAN, SUB
		m.state = inText
	case m.state == inString:
		if c == 0x1b {
			m.state = inStringEscape
		} else if c == 0x07 {
			m.state = inText
		}
	case m.state == inStringEscape && c == '\\':
		m.state = inText
	case c == 0x1b:
		m.state = afterEscape
	case m.state == afterEscape || m.state == inStringEscape:
		m.escape(c)
	case c >= 0x20 && c < 0x40:
		if len(m.params) < 64 {
			m.params = append(m.params, c)
		}
	case c >= 0x40 && c < 0x7f:
		m.state = inText
		m.sequence(string(m.params), c)
	}
}

func (m *ModeTracker) escape(c byte) {
	switch c {
	case '[':
		m.state, m.params = inSequence, m.params[:0]
	case ']', 'P', 'X', '^', '_':
		m.state = inString
	case '=', '(': // application keypad, character sets
		m.state, m.keys = inText, true
	default:
		m.state = inText
	}
}

// sequence notes what a whole control sequence does.
func (m *ModeTracker) sequence(params string, final byte) {
	switch final {
	case 'h', 'l':
		if list, ok := strings.CutPrefix(params, "?"); ok {
			m.set(list, final == 'h')
		} else {
			m.keys = true
		}
	case 'r', 'u': // margins; kitty's keys
		m.keys = m.keys || params != "" && params != "?"
	case 'm': // xterm's keys
		m.keys = m.keys || strings.HasPrefix(params, ">")
	case 'q': // cursor's shape
		m.keys = m.keys || strings.HasSuffix(params, " ")
	case 't':
		switch params {
		case "22;0", "22;2", "22":
			m.titles++
		case "23;0", "23;2", "23":
			m.titles = max(m.titles-1, 0)
		}
	}
}

func (m *ModeTracker) set(list string, on bool) {
	for word := range strings.SplitSeq(list, ";") {
		n, err := strconv.Atoi(word)
		normal, known := defaults[n]
		if err != nil || !known {
			continue
		}
		if on == normal {
			delete(m.changed, n)
		} else {
			m.changed[n] = true
		}
	}
}

// Restore returns the bytes that give the terminal back; none if there is no need. ended
// says that the program ended by itself: then it is trusted with what it usually tidies
// up, unless it evidently did not come to that. What is written from now on is dropped.
func (m *ModeTracker) Restore(ended bool) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.over = true
	died := m.state != inText || len(m.changed) > 0
	switch {
	case died, m.keys && !ended:
		back := string(vt.RestoreSequence())
		if m.changed[6] { // tmux saves it with the cursor, and so got it back; without it one is at the top
			back += "\x1b[?6l\x1b[999H"
		}
		return back + strings.Repeat("\x1b[23;0t", m.titles)
	case !ended:
		return "\x1b[0m" + strings.Repeat("\x1b[23;0t", m.titles)
	case m.titles > 0: // ours, from the repaint
		return strings.Repeat("\x1b[23;0t", m.titles)
	}
	return ""
}
