package vt

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxTitle   = 1024 // bytes; longer titles are cut
	titleDepth = 16   // of the stack of titles; the oldest is dropped
)

// titles are the window title and the icon's, each with a stack, and the
// working directory.
type titles struct {
	window, icon           string
	windowStack, iconStack []string
	cwd                    string // OSC 7
}

// push is XTWINOPS 22: 0 both, 1 the icon's, 2 the window's.
func (t *titles) push(what int) {
	save := func(stack *[]string, v string) {
		if len(*stack) == titleDepth {
			*stack = append((*stack)[:0], (*stack)[1:]...)
		}
		*stack = append(*stack, v)
	}
	if what == 0 || what == 2 {
		save(&t.windowStack, t.window)
	}
	if what == 0 || what == 1 {
		save(&t.iconStack, t.icon)
	}
}

func (t *titles) pop(what int) {
	restore := func(stack *[]string, v *string) {
		if n := len(*stack); n > 0 {
			*v = (*stack)[n-1]
			*stack = (*stack)[:n-1]
		}
	}
	if what == 0 || what == 2 {
		restore(&t.windowStack, &t.window)
	}
	if what == 0 || what == 1 {
		restore(&t.iconStack, &t.icon)
	}
}

// Title returns the window title that the program set. It has no control
// characters and at most 1 kB.
func (s *Screen) Title() string { return s.title.window }

// Cwd returns the working directory URL that the program reported (OSC 7), or "".
func (s *Screen) Cwd() string { return s.title.cwd }

// cleanText makes what a program sent fit to be shown and sent again: valid
// UTF-8 without control characters, at most maxTitle bytes.
func cleanText(b []byte) string {
	if len(b) > maxTitle {
		b = b[:maxTitle]
		for len(b) > 0 && !utf8.Valid(b) && len(b) > maxTitle-utf8.UTFMax {
			b = b[:len(b)-1]
		}
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, string(b))
}

// osc obeys an operating system command (xterm ctlseqs, "Operating System Commands").
func (s *Screen) osc(data []byte) {
	num, rest, _ := bytes.Cut(data, []byte{';'})
	n := 0
	for _, b := range num {
		if b < '0' || b > '9' || n > maxParam {
			return
		}
		n = n*10 + int(b-'0')
	}
	if len(num) == 0 {
		return
	}
	switch n {
	case 0:
		s.title.window = cleanText(rest)
		s.title.icon = s.title.window
	case 1:
		s.title.icon = cleanText(rest)
	case 2:
		s.title.window = cleanText(rest)
	case 4:
		s.paletteCommand(rest)
	case 7:
		s.title.cwd = cleanText(rest)
	case 8:
		s.hyperlink(rest)
	case 10, 11, 12:
		s.dynamicColors(n, rest)
	case 52:
		s.clipboard(rest)
	case 104:
		s.resetPalette(rest)
	case 110, 111, 112:
		s.colors.dynamic[n-110] = 0
		s.touchAll()
	}
}

// hyperlink is OSC 8 ; params ; URI.
func (s *Screen) hyperlink(b []byte) {
	opts, uri, ok := bytes.Cut(b, []byte{';'})
	if !ok {
		return
	}
	var id string
	for opt := range bytes.SplitSeq(opts, []byte{':'}) {
		if v, ok := bytes.CutPrefix(opt, []byte("id=")); ok {
			id = string(v)
		}
	}
	s.pen.Link = 0
	s.pen.changed()
	if printable(uri) && printable([]byte(id)) {
		s.pen.Link = s.linkID(Link{ID: id, URI: string(uri)})
	}
}

// printable reports whether b has only the characters that OSC 8 allows in a
// URI, so that it can be sent again without being able to end the sequence.
func printable(b []byte) bool {
	for _, c := range b {
		if c < 0x20 || c > 0x7e {
			return false
		}
	}
	return true
}

// ClipboardRequest is an OSC 52: the program wants to set the user's clipboard,
// or to read it. Nothing happens by itself: the owner asks the user, or not.
type ClipboardRequest struct {
	// Selection names the buffers: "c" the clipboard, "p" the primary
	// selection, and others; "" stands for "s0".
	Selection string
	// Query says that the program asks for the content. Answer, if the
	// policy allows it, with [Screen.ReplyClipboard].
	Query bool
	// Data is the new content; empty to clear it.
	Data []byte
}

// clipboard is OSC 52 ; selection ; base64 or "?".
func (s *Screen) clipboard(b []byte) {
	sel, data, ok := bytes.Cut(b, []byte{';'})
	if !ok || s.opts.Clipboard == nil || len(sel) > 16 || !printable(sel) {
		return
	}
	req := ClipboardRequest{Selection: string(sel)}
	if string(data) == "?" {
		req.Query = true
	} else {
		text, err := base64.StdEncoding.DecodeString(string(data))
		if err != nil {
			text = nil // xterm: anything else clears it
		}
		req.Data = text
	}
	s.opts.Clipboard(req)
}

// ReplyClipboard answers a query for the clipboard. Data that would not fit
// into the reply buffer is not sent.
func (s *Screen) ReplyClipboard(selection string, data []byte) {
	s.replyString("\x1b]52;" + selection + ";" + base64.StdEncoding.EncodeToString(data) + "\x1b\\")
}
