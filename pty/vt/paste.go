package vt

import "unicode"

// AppendPaste appends pasted text as a program in these modes expects it: line
// ends as CR, and between marks in bracketed paste mode. Control characters
// other than tab are dropped, ESC above all: text copied from a web page could
// otherwise end the bracket by itself and type commands after it.
func (m Modes) AppendPaste(dst []byte, text string) []byte {
	if m.Has(ModeBracketedPaste) {
		dst = append(dst, "\x1b[200~"...)
	}
	cr := false
	for _, r := range text {
		switch {
		case r == '\n' && cr:
		case r == '\n' || r == '\r':
			dst = append(dst, '\r')
		case r == '\t' || !unicode.IsControl(r):
			dst = append(dst, string(r)...)
		}
		cr = r == '\r'
	}
	if m.Has(ModeBracketedPaste) {
		dst = append(dst, "\x1b[201~"...)
	}
	return dst
}

// AppendFocus appends the report that the terminal got or lost the focus, if
// the program asked for it (mode 1004).
func (m Modes) AppendFocus(dst []byte, focused bool) []byte {
	switch {
	case !m.Has(ModeFocus):
	case focused:
		dst = append(dst, "\x1b[I"...)
	default:
		dst = append(dst, "\x1b[O"...)
	}
	return dst
}
