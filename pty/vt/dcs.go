package vt

import (
	"bytes"
	"encoding/hex"
	"strconv"
)

// dcs obeys a device control string.
func (s *Screen) dcs(cmd int, data []byte) {
	switch cmd {
	case withIntermediate('$', 'q'): // DECRQSS
		s.reportSetting(string(data))
	case withIntermediate('+', 'q'): // XTGETTCAP
		s.reportCapabilities(data)
	}
}

// reportCapabilities is XTGETTCAP: names in hex, separated by semicolons; each
// is answered by itself, as xterm does since patch 370 when one is not known.
func (s *Screen) reportCapabilities(data []byte) {
	for name := range bytes.SplitSeq(data, []byte{';'}) {
		if len(name) > 64 || !printable(name) {
			continue
		}
		raw, err := hex.DecodeString(string(name))
		v, ok := s.capability(string(raw))
		switch {
		case err != nil || !ok:
			s.replyf("\x1bP0+r%s\x1b\\", name)
		case v == "":
			s.replyf("\x1bP1+r%s\x1b\\", name)
		default:
			s.replyf("\x1bP1+r%s=%X\x1b\\", name, v)
		}
	}
}

// capability returns a terminfo or termcap capability of this terminal.
func (s *Screen) capability(name string) (string, bool) {
	switch name {
	case "Co", "colors":
		return "256", true
	case "TN", "name":
		return "xterm-256color", true
	case "RGB":
		return "8/8/8", true
	case "li", "lines":
		return strconv.Itoa(s.rows), true
	case "co", "cols":
		return strconv.Itoa(s.cols), true
	case "Su", "Tc": // styled underlines, direct colour: flags
		return "", true
	}
	v, ok := capabilities[name]
	return v, ok
}

// capabilities are strings of terminfo's xterm-256color and user_caps(5).
var capabilities = map[string]string{
	"Smulx":   "\x1b[4:%p1%dm",
	"Setulc":  "\x1b[58:2::%p1%{65536}%/%d:%p1%{256}%/%{255}%&%d:%p1%{255}%&%d%;m",
	"Ss":      "\x1b[%p1%d q",
	"Se":      "\x1b[2 q",
	"Ms":      "\x1b]52;%p1%s;%p2%s\x1b\\",
	"Sync":    "\x1b[?2026%?%p1%{1}%-%tl%eh%;",
	"setrgbf": "\x1b[38:2:%p1%d:%p2%d:%p3%dm",
	"setrgbb": "\x1b[48:2:%p1%d:%p2%d:%p3%dm",
	"smcup":   "\x1b[?1049h", "rmcup": "\x1b[?1049l",
	"civis": "\x1b[?25l", "cnorm": "\x1b[?12l\x1b[?25h",
	"sitm": "\x1b[3m", "ritm": "\x1b[23m",
	"smxx": "\x1b[9m", "rmxx": "\x1b[29m",
	"kcuu1": "\x1bOA", "kcud1": "\x1bOB", "kcuf1": "\x1bOC", "kcub1": "\x1bOD",
	"khome": "\x1bOH", "kend": "\x1bOF", "kdch1": "\x1b[3~", "kich1": "\x1b[2~",
	"kpp": "\x1b[5~", "knp": "\x1b[6~", "kbs": "\x7f", "kcbt": "\x1b[Z",
	"kf1": "\x1bOP", "kf2": "\x1bOQ", "kf3": "\x1bOR", "kf4": "\x1bOS",
	"kf5": "\x1b[15~", "kf6": "\x1b[17~", "kf7": "\x1b[18~", "kf8": "\x1b[19~",
	"kf9": "\x1b[20~", "kf10": "\x1b[21~", "kf11": "\x1b[23~", "kf12": "\x1b[24~",
	// the same by their termcap names, which vim asks for
	"ku": "\x1bOA", "kd": "\x1bOB", "kr": "\x1bOC", "kl": "\x1bOD",
	"kh": "\x1bOH", "@7": "\x1bOF", "kD": "\x1b[3~", "kI": "\x1b[2~",
	"kP": "\x1b[5~", "kN": "\x1b[6~", "kb": "\x7f", "kB": "\x1b[Z",
	"k1": "\x1bOP", "k2": "\x1bOQ", "k3": "\x1bOR", "k4": "\x1bOS",
	"k5": "\x1b[15~", "k6": "\x1b[17~", "k7": "\x1b[18~", "k8": "\x1b[19~",
	"k9": "\x1b[20~", "k;": "\x1b[21~", "F1": "\x1b[23~", "F2": "\x1b[24~",
}
