package vt

import "unicode/utf8"

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
