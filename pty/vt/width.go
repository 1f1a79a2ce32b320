package vt

import (
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
	"github.com/rivo/uniseg"
)

// runeWidth returns the columns of one character: 0 for marks that join the
// one before, 1 or 2. Ambiguous characters are narrow, as in xterm and tmux.
func runeWidth(r rune) int {
	switch {
	case r < 0x300: // with the soft hyphen, a format character that terminals show
		return 1
	case r >= 0x4E00 && r < 0xA000, r >= 0x3041 && r < 0x3097, r >= 0xAC00 && r < 0xD7A4:
		return 2
	case r >= 0x2500 && r < 0x25A0: // box drawing
		return 1
	case r >= 0x1F1E6 && r <= 0x1F1FF: // one regional indicator; two are a flag
		return 1
	}
	return displaywidth.Rune(r)
}

// joins reports whether r continues the grapheme cluster prev (UAX #29).
func joins(prev []byte, r rune) bool {
	if len(prev) == 0 || len(prev) == 1 && runeWidth(r) > 0 || r >= 0x2E80 && r < 0xA4D0 {
		return false // text that never does, without the cost of asking
	}
	var buf [maxCluster + utf8.UTFMax]byte
	b := utf8.AppendRune(append(buf[:0], prev...), r)
	_, rest, _, _ := uniseg.FirstGraphemeCluster(b, -1)
	return len(rest) == 0
}

// clusterWidth returns the columns of a cluster in mode 2027: two when its
// first character is wide, when it asks for emoji presentation, or when it is
// a flag.
func clusterWidth(b []byte) int {
	r, n := utf8.DecodeRune(b)
	if runeWidth(r) == 2 {
		return 2
	}
	next, _ := utf8.DecodeRune(b[n:])
	switch {
	case next == 0xFE0F && r > 0x7F:
		return 2
	case r >= 0x1F1E6 && r <= 0x1F1FF && next >= 0x1F1E6 && next <= 0x1F1FF:
		return 2
	}
	return 1
}
