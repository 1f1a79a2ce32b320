package tty

import (
	"bytes"
	"io"
	"strconv"
	"strings"
)

// resettable are the private modes (DECSET) that a full-screen program may leave
// behind when its user detaches, with the value that a shell expects.
var resettable = map[int]string{
	1:    "\x1b[?1l",    // cursor keys
	25:   "\x1b[?25h",   // cursor visible
	1000: "\x1b[?1000l", // mouse
	1002: "\x1b[?1002l",
	1003: "\x1b[?1003l",
	1004: "\x1b[?1004l", // focus reports
	1005: "\x1b[?1005l",
	1006: "\x1b[?1006l",
	1015: "\x1b[?1015l",
	1049: "\x1b[?1049l", // alternate screen, last: it brings the old screen back
	2004: "\x1b[?2004l", // bracketed paste
	47:   "\x1b[?47l",
	1047: "\x1b[?1047l",
}

// A ModeTracker passes a terminal's output on and notes which modes the program
// has changed, so that detaching can undo exactly those. Undoing all of them
// blindly would move the cursor on terminals that restore it with ?1049l.
type ModeTracker struct {
	w       io.Writer
	state   int // of the little parser: 0 text, 1 after ESC, 2 after ESC [, 3 in parameters
	params  []byte
	changed map[int]bool
}

// NewModeTracker returns a tracker that writes to w.
func NewModeTracker(w io.Writer) *ModeTracker {
	return &ModeTracker{w: w, changed: map[int]bool{}}
}

// Write passes p on.
func (m *ModeTracker) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; rest = rest[1:] {
		if m.state == 0 { // most output is text
			i := bytes.IndexByte(rest, 0x1b)
			if i < 0 {
				break
			}
			rest = rest[i:]
		}
		m.step(rest[0])
	}
	return m.w.Write(p)
}

func (m *ModeTracker) step(c byte) {
	switch {
	case c == 0x1b:
		m.state = 1
	case m.state == 1 && c == '[':
		m.state = 2
	case m.state == 2 && c == '?':
		m.state, m.params = 3, m.params[:0]
	case m.state == 3 && (c >= '0' && c <= '9' || c == ';') && len(m.params) < 64:
		m.params = append(m.params, c)
	case m.state == 3 && (c == 'h' || c == 'l'):
		m.set(c == 'h')
		m.state = 0
	case m.state != 0:
		m.state = 0
	}
}

func (m *ModeTracker) set(on bool) {
	for _, word := range strings.Split(string(m.params), ";") {
		n, err := strconv.Atoi(word)
		reset, known := resettable[n]
		if err != nil || !known {
			continue
		}
		if on == strings.HasSuffix(reset, "h") {
			delete(m.changed, n)
		} else {
			m.changed[n] = true
		}
	}
}

// Reset returns the bytes that undo what is still changed, colours included.
func (m *ModeTracker) Reset() string {
	if len(m.changed) == 0 {
		return "\x1b[0m"
	}
	var b strings.Builder
	b.WriteString("\x1b[0m")
	for n := range m.changed {
		if n != 1049 {
			b.WriteString(resettable[n])
		}
	}
	if m.changed[1049] {
		b.WriteString(resettable[1049])
	}
	return b.String()
}
