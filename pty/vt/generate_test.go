package vt

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generate returns n pieces of terminal output: text of all widths, controls,
// and every sequence that changes the screen, with parameters near its size.
func generate(r *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		b.WriteString(generateOne(r))
	}
	return b.String()
}

var words = []string{
	"a", "hello", "the quick brown fox ", "漢字", "日", "e\u0301", "e\u0301\u0302", "👨‍👩‍👧", "🇩🇪", "❤️",
	"\u200d", "한국", "ﬁ", "│─┐", "·", "\u00ad", "\ufffd", "0123456789ABCDEFGHIJ", " ", "    ",
}

// flood is plain lines, more than the tests' screens have rows, and wide as some are.
var flood = strings.Repeat("\r\na\r\n\r\nthis is a line of\r\n0123456789ABCDEF\r\n", 5)

func generateOne(r *rand.Rand) string {
	num := func() string {
		if r.IntN(4) == 0 {
			return ""
		}
		return fmt.Sprint(r.IntN(12))
	}
	pick := func(list string) byte { return list[r.IntN(len(list))] }
	switch r.IntN(16) {
	case 0, 1, 2, 3:
		return words[r.IntN(len(words))]
	case 4:
		return string([]byte{pick("\r\n\n\n\b\t\x0e\x0f\x0b\x07")})
	case 5:
		return "\r\n"
	case 6, 7:
		return fmt.Sprintf("\x1b[%s;%s%c", num(), num(), pick("ABCDEFGHHHIJKLMPSTXZ@`abdefgrsu"))
	case 8:
		return fmt.Sprintf("\x1b[%s%c", num(), pick("ABCDEFGHIJKLMPSTXZ@`abdefgr"))
	case 9:
		return "\x1b" + string([]byte{pick("78DEHM=>NOno69")})
	case 10:
		return "\x1b" + string([]byte{pick("()*+"), pick("0BA")})
	case 11:
		modes := []int{1, 5, 6, 7, 12, 25, 45, 47, 66, 69, 1000, 1003, 1006, 1047, 1048, 1049, 2004, 2026, 2027}
		return fmt.Sprintf("\x1b[?%d%c", modes[r.IntN(len(modes))], pick("hhhlsr"))
	case 12:
		sgr := []string{"", "1", "31", "44", "4:3", "38;5;200", "48;2;1;2;3", "58:5:9", "7", "22;39", "0"}
		return "\x1b[" + sgr[r.IntN(len(sgr))] + "m"
	case 13:
		return fmt.Sprintf("\x1b[%s%c", num(), pick("hl"))
	case 14:
		rare := []string{
			"\x1b[!p", "\x1b#8", "\x1b[1\"q", "\x1b[0\"q", "\x1b[?J", "\x1b[?K", "\x1b[3J",
			"\x1b]2;title\a", "\x1b[22t", "\x1b[23t", "\x1b]8;;http://example.com\x1b\\", "\x1b]8;;\x1b\\",
			"\x1b[>1u", "\x1b[<u", "\x1b[=3u", "\x1b[>4;1m", "\x1b[4 q", "\x1b[2'}", "\x1b[2'~",
			flood, "\x1b[99H\r\n" + flood, "\x1b[2 @", "\x1b[2 A", "\x1b]4;3;#123\a", "\x1b]104\a",
		}
		return rare[r.IntN(len(rare))]
	default:
		return fmt.Sprintf("\x1b[%s;%s;%s;%s$%c", num(), num(), num(), num(), pick("z{"))
	}
}
