package vt

import (
	"fmt"
	"strings"
	"testing"
)

// conform is one sequence on a screen of 10 columns and 4 rows. want is the
// text of the rows, separated by |, blanks at the ends left out; at is the
// cursor's column and row from 1, with * when a wrap is pending.
type conform struct {
	name, source string
	in           string
	want, at     string
	reply        string
}

// Sources: "VT510" is the VT510 Video Terminal Programmer Information (EK-VT510-RM),
// chapter 5; "xterm" is xterm's ctlseqs; "kitty" the keyboard protocol's page.
var conforms = []conform{
	// C0
	{"BS", "VT510 table 4-1", "abc\b\bX", "aXc", "3,1", ""},
	{"BS stops at the margin", "VT510 table 4-1", "\b\bX", "X", "2,1", ""},
	{"BS leaves a pending wrap", "xterm", "0123456789\bX", "01234567X9", "10,1", ""},
	{"HT", "VT510 table 4-1", "a\tb", "a       b", "10,1", ""},
	{"HT stops at the edge", "VT510 table 4-1", "\t\t\tb", "         b", "10,1*", ""},
	{"LF", "VT510 table 4-1", "a\nb", "a| b", "3,2", ""},
	{"LF scrolls", "VT510 table 4-1", "1\r\n2\r\n3\r\n4\r\n5", "2|3|4|5", "2,4", ""},
	{"VT and FF are LF", "VT510 table 4-1", "a\vb\fc", "a| b|  c", "4,3", ""},
	{"CR", "VT510 table 4-1", "abc\rX", "Xbc", "2,1", ""},
	{"SO SI", "VT510 table 4-1", "\x1b)0q\x0eq\x0fq", "q─q", "4,1", ""},
	{"CAN cancels", "VT510 table 4-1", "\x1b[3\x18Ax", "Ax", "3,1", ""},
	{"C0 inside CSI", "VT510 4.3", "ab\x1b[\r1CX", "aX", "3,1", ""},
	{"ESC restarts", "VT510 4.3", "a\x1b[3\x1b[2CX", "a  X", "5,1", ""},
	{"DEL is ignored", "VT510 table 4-1", "a\x7fb", "ab", "3,1", ""},

	// cursor
	{"CUU", "VT510 CUU", "\x1b[4;5H\x1b[2AX", "|    X", "6,2", ""},
	{"CUU 0 is 1", "VT510 CUU", "\x1b[4;5H\x1b[0AX", "||    X", "6,3", ""},
	{"CUU stops at the top margin", "VT510 CUU", "\x1b[2;4r\x1b[3;1H\x1b[9AX", "|X", "2,2", ""},
	{"CUU from above the margin", "VT510 CUU", "\x1b[3;4r\x1b[2;1H\x1b[9AX", "X", "2,1", ""},
	{"CUD", "VT510 CUD", "\x1b[2BX", "||X", "2,3", ""},
	{"CUD stops at the bottom margin", "VT510 CUD", "\x1b[1;2r\x1b[9BX", "|X", "2,2", ""},
	{"CUF", "VT510 CUF", "\x1b[3CX", "   X", "5,1", ""},
	{"CUF stops at the edge", "VT510 CUF", "\x1b[99CX", "         X", "10,1*", ""},
	{"CUB", "VT510 CUB", "abc\x1b[2DX", "aXc", "3,1", ""},
	{"CUB from a pending wrap", "xterm", "0123456789\x1b[DX", "01234567X9", "10,1", ""},
	{"CNL", "VT510 CNL", "abc\x1b[2EX", "abc||X", "2,3", ""},
	{"CPL", "VT510 CPL", "\x1b[3;5H\x1b[FX", "|X", "2,2", ""},
	{"CHA", "VT510 CHA", "abc\x1b[2GX", "aXc", "3,1", ""},
	{"CUP", "VT510 CUP", "\x1b[2;3HX", "|  X", "4,2", ""},
	{"CUP clamps", "VT510 CUP", "\x1b[99;99HX", "|||         X", "10,4*", ""},
	{"CUP 0;0", "VT510 CUP", "ab\x1b[0;0HX", "Xb", "2,1", ""},
	{"HVP", "VT510 HVP", "\x1b[2;3fX", "|  X", "4,2", ""},
	{"HPA", "VT510 HPA", "\x1b[5`X", "    X", "6,1", ""},
	{"HPR", "VT510 HPR", "a\x1b[2aX", "a  X", "5,1", ""},
	{"VPA", "VT510 VPA", "ab\x1b[3dX", "ab||  X", "4,3", ""},
	{"VPR", "VT510 VPR", "ab\x1b[2eX", "ab||  X", "4,3", ""},
	{"CHT", "VT510 CHT", "\x1b[IX", "        X", "10,1", ""},
	{"CBT", "VT510 CBT", "\x1b[10G\x1b[ZX", "        X", "10,1", ""},
	{"DECSC DECRC", "VT510 DECSC", "ab\x1b7\x1b[3;3H\x1b8X", "abX", "4,1", ""},
	{"DECRC without DECSC goes home", "VT510 DECRC", "ab\x1b8X", "Xb", "2,1", ""},
	{"DECRC restores the pending wrap", "xterm", "0123456789\x1b7\x1b[H\x1b8X", "0123456789|X", "2,2", ""},
	{"DECRC restores the charset", "VT510 DECSC", "\x1b(0\x1b7\x1b(B\x1b8q", "─", "2,1", ""},
	{"SCOSC SCORC", "xterm CSI s", "ab\x1b[s\x1b[3;3H\x1b[uX", "abX", "4,1", ""},
	{"IND", "VT510 IND", "a\x1bDb", "a| b", "3,2", ""},
	{"NEL", "VT510 NEL", "a\x1bEb", "a|b", "2,2", ""},
	{"RI", "VT510 RI", "\x1b[2;2Ha\x1bMb", "  b| a", "4,1", ""},
	{"RI scrolls", "VT510 RI", "a\r\nb\x1b[H\x1bMX", "X|a|b", "2,1", ""},
	{"DECBI", "VT510 DECBI", "abc\x1b[1G\x1b6X", "Xabc", "2,1", ""},
	{"DECFI", "VT510 DECFI", "abc\x1b[10G\x1b9", "bc", "10,1", ""},

	// wrapping
	{"pending wrap", "VT510 DECAWM", "0123456789", "0123456789", "10,1*", ""},
	{"wrap", "VT510 DECAWM", "0123456789X", "0123456789|X", "2,2", ""},
	{"CR after the last column", "VT510 DECAWM", "0123456789\r\nX", "0123456789|X", "2,2", ""},
	{"no wrap", "VT510 DECAWM", "\x1b[?7l0123456789XY", "012345678Y", "10,1", ""},
	{"wrap scrolls", "VT510 DECAWM", "\x1b[4;9HabcX", "||        ab|cX", "3,4", ""},
	{"wrap at the right margin", "VT510 DECSLRM", "\x1b[?69h\x1b[3;6s\x1b[1;3HabcdX", "  abcd|  X", "4,2", ""},
	{"SGR keeps the pending wrap", "xterm", "0123456789\x1b[1mX", "0123456789|X", "2,2", ""},
	{"reverse wrap", "xterm ?45", "\x1b[?45h0123456789ab\b\b\bX", "012345678X|ab", "10,1*", ""},

	// erase
	{"ED 0", "VT510 ED", "aaa\r\nbbb\r\nccc\x1b[2;2H\x1b[J", "aaa|b", "2,2", ""},
	{"ED 1", "VT510 ED", "aaa\r\nbbb\r\nccc\x1b[2;2H\x1b[1J", "|  b|ccc", "2,2", ""},
	{"ED 2", "VT510 ED", "aaa\r\nbbb\x1b[2J", "", "4,2", ""},
	{"EL 0", "VT510 EL", "abcd\x1b[2G\x1b[K", "a", "2,1", ""},
	{"EL 1", "VT510 EL", "abcd\x1b[2G\x1b[1K", "  cd", "2,1", ""},
	{"EL 2", "VT510 EL", "abcd\x1b[2G\x1b[2K", "", "2,1", ""},
	{"ECH", "VT510 ECH", "abcd\x1b[2G\x1b[2X", "a  d", "2,1", ""},
	{"ECH stops at the edge", "VT510 ECH", "abcd\r\nef\x1b[1;2H\x1b[99X", "a|ef", "2,1", ""},
	{"DECSED spares protected cells", "VT510 DECSED", "\x1b[1\"qab\x1b[0\"qcd\x1b[?2J", "ab", "5,1", ""},
	{"DECSEL spares protected cells", "VT510 DECSEL", "\x1b[1\"qab\x1b[2\"qcd\x1b[?2K", "ab", "5,1", ""},
	{"ED ignores protection", "VT510 ED", "\x1b[1\"qab\x1b[2J", "", "3,1", ""},
	{"DECALN", "VT510 DECALN", "\x1b[2;3r\x1b#8", "EEEEEEEEEE|EEEEEEEEEE|EEEEEEEEEE|EEEEEEEEEE", "1,1", ""},
	{"DECERA", "VT510 DECERA", "aaaa\r\nbbbb\r\ncccc\x1b[1;2;2;3$z", "a  a|b  b|cccc", "5,3", ""},
	{"DECFRA", "VT510 DECFRA", "\x1b[88;1;2;2;3$x", " XX| XX", "1,1", ""},
	{"DECCRA", "VT510 DECCRA", "ab\r\ncd\x1b[1;1;2;2;1;3;5;1$v", "ab|cd|    ab|    cd", "3,2", ""},

	// insert and delete
	{"ICH", "VT510 ICH", "abcd\x1b[2G\x1b[2@", "a  bcd", "2,1", ""},
	{"ICH pushes off the edge", "VT510 ICH", "0123456789\x1b[2G\x1b[3@", "0   123456", "2,1", ""},
	{"DCH", "VT510 DCH", "abcd\x1b[2G\x1b[2P", "ad", "2,1", ""},
	{"IL", "VT510 IL", "a\r\nb\r\nc\x1b[2H\x1b[L", "a||b|c", "1,2", ""},
	{"IL in margins", "VT510 IL", "a\r\nb\r\nc\r\nd\x1b[1;3r\x1b[2H\x1b[L", "a||b|d", "1,2", ""},
	{"IL outside margins", "VT510 IL", "a\r\nb\r\nc\r\nd\x1b[1;2r\x1b[3;2H\x1b[L", "a|b|c|d", "2,3", ""},
	{"DL", "VT510 DL", "a\r\nb\r\nc\x1b[2H\x1b[M", "a|c", "1,2", ""},
	{"IRM", "VT510 IRM", "abc\x1b[H\x1b[4hXY", "XYabc", "3,1", ""},
	{"DECIC", "VT510 DECIC", "abc\r\ndef\x1b[1;2H\x1b[2'}", "a  bc|d  ef", "2,1", ""},
	{"DECDC", "VT510 DECDC", "abc\r\ndef\x1b[1;2H\x1b['~", "ac|df", "2,1", ""},
	{"SL", "ECMA-48 SL", "abc\r\ndef\x1b[ @", "bc|ef", "4,2", ""},
	{"SR", "ECMA-48 SR", "abc\r\ndef\x1b[ A", " abc| def", "4,2", ""},
	{"REP", "ECMA-48 REP", "ab\x1b[3b", "abbbb", "6,1", ""},

	// scrolling and margins
	{"SU", "VT510 SU", "a\r\nb\r\nc\x1b[S", "b|c", "2,3", ""},
	{"SD", "VT510 SD", "a\r\nb\x1b[T", "|a|b", "2,2", ""},
	{"DECSTBM homes", "VT510 DECSTBM", "abc\x1b[2;3r", "abc", "1,1", ""},
	{"DECSTBM scrolls inside", "VT510 DECSTBM", "1\r\n2\r\n3\r\n4\x1b[2;3r\x1b[3;1H\nX", "1|3|X|4", "2,3", ""},
	{"DECSTBM with bottom above top", "VT510 DECSTBM", "\x1b[3;2r\x1b[4;1H\nX", "|||X", "2,4", ""},
	{"LF below the region", "VT510 DECSTBM", "\x1b[1;2r\x1b[4;1HX\nY", "|||XY", "3,4", ""},
	{"DECOM", "VT510 DECOM", "\x1b[2;3r\x1b[?6h\x1b[1;2HX\x1b[9;1HY", "| X|Y", "2,3", ""},
	{"DECSLRM needs DECLRMM", "VT510 DECSLRM", "\x1b[3;5s\x1b[1;1HX", "X", "2,1", ""},
	{"DECSLRM and CR", "VT510 DECSLRM", "\x1b[?69h\x1b[3;5s\x1b[1;4HX\rY", "  YX", "4,1", ""},
	{"DECSLRM scrolls columns", "VT510 DECSLRM", "abcde\r\nfghij\x1b[?69h\x1b[2;3s\x1b[S", "aghde|f  ij", "1,1", ""},
	{"ICH within DECSLRM", "VT510 ICH", "abcdefgh\x1b[?69h\x1b[2;5s\x1b[1;3H\x1b[@", "ab cdfgh", "3,1", ""},

	// tabs
	{"HTS TBC", "VT510 HTS", "\x1b[3g\x1b[4G\x1bH\r\tX", "   X", "5,1", ""},
	{"TBC 0", "VT510 TBC", "\x1b[9G\x1b[g\r\tX", "         X", "10,1*", ""},
	{"DECST8C", "VT510 DECST8C", "\x1b[3g\x1b[?5W\tX", "        X", "10,1", ""},

	// charsets
	{"DEC graphics", "VT510 table 7-7", "\x1b(0lqk\x1b(B", "┌─┐", "4,1", ""},
	{"UK", "VT510 SCS", "\x1b(A#", "£", "2,1", ""},
	{"SS2", "VT510 SS2", "\x1b*0\x1bNqq", "─q", "3,1", ""},
	{"LS2", "VT510 LS2", "\x1b*0\x1bnqq\x0fq", "──q", "4,1", ""},

	// screens
	{"1049", "xterm ?1049", "ab\x1b[?1049hX\x1b[?1049lc", "abc", "4,1", ""},
	{"1049 is blank", "xterm ?1049", "ab\x1b[?1049h", "", "3,1", ""},
	{"1047", "xterm ?1047", "ab\x1b[?1047h\x1b[2;2HX\x1b[?1047lc", "ab|  c", "4,2", ""},
	{"1048", "xterm ?1048", "ab\x1b[?1048h\x1b[3;3H\x1b[?1048lX", "abX", "4,1", ""},
	{"RIS", "VT510 RIS", "ab\x1b[2;3r\x1b[?6h\x1b(0\x1bcq", "q", "2,1", ""},
	{"DECSTR", "VT510 DECSTR", "ab\x1b[2;3r\x1b[4h\x1b(0\x1b[!pq", "qb", "2,1", ""},

	// wide and combining characters
	{"wide", "UAX #11", "漢字x", "漢字x", "6,1", ""},
	{"wide wraps early", "xterm", "012345678漢", "012345678|漢", "3,2", ""},
	{"overwriting the first half", "xterm", "漢x\x1b[1GA", "A x", "2,1", ""},
	{"overwriting the second half", "xterm", "漢x\x1b[2GA", " Ax", "3,1", ""},
	{"combining", "Unicode 3.6", "e\u0301x", "e\u0301x", "3,1", ""},
	{"combining in the last column", "Unicode 3.6", "012345678e\u0301", "012345678e\u0301", "10,1*", ""},
	{"flag without 2027", "wcwidth", "🇩🇪x", "🇩🇪x", "4,1", ""},
	{"family in 2027", "UAX #29", "\x1b[?2027h👨‍👩‍👧x", "👨‍👩‍👧x", "4,1", ""},
	{"emoji presentation in 2027", "UTS #51", "\x1b[?2027h❤️x", "❤️x", "4,1", ""},
	{"truncated UTF-8", "Unicode 3.9", "\xe6\xbcx", "�x", "3,1", ""},
	{"UTF-8 in OSC", "xterm", "\x1b]2;“title”\x1b\\x", "x", "2,1", ""},

	// strings
	{"OSC ended by BEL", "xterm", "\x1b]2;t\ax", "x", "2,1", ""},
	{"DCS is swallowed", "VT510 4.3", "\x1bP1;2q#0;2\x1b\\x", "x", "2,1", ""},
	{"APC is swallowed", "VT510 4.3", "\x1b_Ga=q;AA\x1b\\x", "x", "2,1", ""},
	{"ESC in a string without a backslash", "VT510 4.3", "\x1b]2;t\x1b[2CX", "  X", "4,1", ""},

	// reports
	{"DA1", "VT510 DA1", "\x1b[c", "", "1,1", primaryDA},
	{"DECID", "VT510 DECID", "\x1bZ", "", "1,1", primaryDA},
	{"DA2", "VT510 DA2", "\x1b[>c", "", "1,1", secondaryDA},
	{"DA3", "VT510 DA3", "\x1b[=c", "", "1,1", tertiaryDA},
	{"XTVERSION", "xterm", "\x1b[>q", "", "1,1", "\x1bP>|berth\x1b\\"},
	{"DSR 5", "VT510 DSR-OS", "\x1b[5n", "", "1,1", "\x1b[0n"},
	{"CPR", "VT510 CPR", "ab\x1b[6n", "ab", "3,1", "\x1b[1;3R"},
	{"CPR with DECOM", "VT510 CPR", "\x1b[2;3r\x1b[?6h\x1b[6n", "", "1,2", "\x1b[1;1R"},
	{"DECXCPR", "VT510 DECXCPR", "\x1b[?6n", "", "1,1", "\x1b[?1;1;1R"},
	{"DECREQTPARM", "VT100 DECREQTPARM", "\x1b[x", "", "1,1", "\x1b[2;1;1;128;128;1;0x"},
	{"DECRQM set", "VT510 DECRQM", "\x1b[?7$p", "", "1,1", "\x1b[?7;1$y"},
	{"DECRQM reset", "VT510 DECRQM", "\x1b[?2026$p", "", "1,1", "\x1b[?2026;2$y"},
	{"DECRQM unknown", "VT510 DECRQM", "\x1b[?12345$p", "", "1,1", "\x1b[?12345;0$y"},
	{"DECRQM ANSI", "VT510 DECRQM", "\x1b[4h\x1b[4$p", "", "1,1", "\x1b[4;1$y"},
	{"DECRQSS SGR", "VT510 DECRQSS", "\x1b[1;31m\x1bP$qm\x1b\\", "", "1,1", "\x1bP1$r0;1;31m\x1b\\"},
	{"DECRQSS DECSTBM", "VT510 DECRQSS", "\x1b[2;3r\x1bP$qr\x1b\\", "", "1,1", "\x1bP1$r2;3r\x1b\\"},
	{"DECRQSS DECSCUSR", "VT510 DECRQSS", "\x1b[5 q\x1bP$q q\x1b\\", "", "1,1", "\x1bP1$r5 q\x1b\\"},
	{"DECRQSS unknown", "xterm", "\x1bP$qz\x1b\\", "", "1,1", "\x1bP0$r\x1b\\"},
	{"OSC 4 query", "xterm", "\x1b]4;1;?\a", "", "1,1", "\x1b]4;1;rgb:cdcd/0000/0000\a"},
	{"OSC 4 set", "xterm", "\x1b]4;1;#123456\a\x1b]4;1;?\a", "", "1,1", "\x1b]4;1;rgb:1212/3434/5656\a"},
	{"OSC 10 and 11 query", "xterm", "\x1b]10;?;?\x1b\\", "", "1,1", "\x1b]10;rgb:e5e5/e5e5/e5e5\x1b\\\x1b]11;rgb:0000/0000/0000\x1b\\"},
	{"OSC 12 set", "xterm", "\x1b]12;rgb:f/8/0\a\x1b]12;?\a", "", "1,1", "\x1b]12;rgb:ffff/8888/0000\a"},
	{"XTGETTCAP", "xterm", "\x1bP+q544e;436f\x1b\\", "", "1,1", "\x1bP1+r544e=787465726D2D323536636F6C6F72\x1b\\\x1bP1+r436f=323536\x1b\\"},
	{"XTGETTCAP unknown", "xterm", "\x1bP+q5858\x1b\\", "", "1,1", "\x1bP0+r5858\x1b\\"},
	{"XTWINOPS 13", "xterm", "\x1b[13t", "", "1,1", "\x1b[3;0;0t"},
	{"XTWINOPS 14", "xterm", "\x1b[14t", "", "1,1", "\x1b[4;64;80t"},
	{"XTWINOPS 16", "xterm", "\x1b[16t", "", "1,1", "\x1b[6;16;8t"},
	{"DECRQSS DECSLPP", "VT510 DECRQSS", "\x1bP$qt\x1b\\", "", "1,1", "\x1bP1$r4t\x1b\\"},
	{"DECRQM of what never changes", "VT510 DECRQM", "\x1b[?2$p\x1b[?3$p", "", "1,1", "\x1b[?2;3$y\x1b[?3;4$y"},
	{"XTWINOPS 18", "xterm", "\x1b[18t", "", "1,1", "\x1b[8;4;10t"},
	{"XTWINOPS 21 tells no title", "xterm", "\x1b]2;evil\a\x1b[21t", "", "1,1", "\x1b]l\x1b\\"},
	{"kitty query", "kitty", "\x1b[>5u\x1b[?u\x1b[<u\x1b[?u", "", "1,1", "\x1b[?5u\x1b[?0u"},
	{"kitty flags per screen", "kitty", "\x1b[>1u\x1b[?1049h\x1b[?u\x1b[?1049l\x1b[?u", "", "1,1", "\x1b[?0u\x1b[?1u"},
	{"kitty change", "kitty", "\x1b[=5u\x1b[=2;2u\x1b[=1;3u\x1b[?u", "", "1,1", "\x1b[?6u"},
	{"XTQMODKEYS", "xterm", "\x1b[>4;2m\x1b[?4m", "", "1,1", "\x1b[>4;2m"},
	{"2048 reports", "in-band size reports", "\x1b[?2048h", "", "1,1", "\x1b[48;4;10;0;0t"},
	{"XTSAVE XTRESTORE", "xterm", "\x1b[?2004h\x1b[?2004s\x1b[?2004l\x1b[?2004r\x1b[?2004$p", "", "1,1", "\x1b[?2004;1$y"},
}

func TestConformance(t *testing.T) {
	for _, c := range conforms {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			s := New(Options{Cols: 10, Rows: 4})
			s.Write([]byte(c.in))
			if got := strings.ReplaceAll(s.String(), "\n", "|"); got != c.want {
				t.Errorf("%s: %q gives %q, want %q", c.source, c.in, got, c.want)
			}
			at := fmt.Sprintf("%d,%d", s.cur.x+1, s.cur.y+1)
			if s.cur.pending {
				at += "*"
			}
			if at != c.at {
				t.Errorf("%s: %q leaves the cursor at %s, want %s", c.source, c.in, at, c.at)
			}
			if got := string(s.Replies()); got != c.reply {
				t.Errorf("%s: %q is answered with %q, want %q", c.source, c.in, got, c.reply)
			}
			checkInvariants(t, s)
			checkRepaint(t, s)
		})
	}
}

// TestSGR checks renditions by what they make of the pen.
func TestSGR(t *testing.T) {
	for in, want := range map[string]Style{
		"1;3;9":              {Attrs: Bold | Italic | Strikeout},
		"1;2;22":             {},
		"7;8;53":             {Attrs: Inverse | Invisible | Overline},
		"4":                  {Underline: UnderlineSingle},
		"21":                 {Underline: UnderlineDouble},
		"4:3":                {Underline: UnderlineCurly},
		"4:0":                {},
		"31;102":             {Fg: Indexed(1), Bg: Indexed(10)},
		"38;5;200":           {Fg: Indexed(200)},
		"38:5:200":           {Fg: Indexed(200)},
		"48;2;1;2;3":         {Bg: RGB(1, 2, 3)},
		"48:2:1:2:3":         {Bg: RGB(1, 2, 3)},
		"48:2::1:2:3":        {Bg: RGB(1, 2, 3)},
		"58:2::1:2:3":        {UnderlineColor: RGB(1, 2, 3)},
		"58;5;9":             {UnderlineColor: Indexed(9)},
		"38;5;200;1":         {Fg: Indexed(200), Attrs: Bold},
		"38;2;300;0;0;1":     {Attrs: Bold},
		"38:5;1":             {Attrs: Bold},
		"31;0;1":             {Attrs: Bold},
		"31;;1":              {Attrs: Bold},
		"4:3;31":             {Underline: UnderlineCurly, Fg: Indexed(1)},
		"31;41;39;49":        {},
		"1;38;5":             {Attrs: Bold},
		"4;58;2;1;2;3;59;24": {},
	} {
		s := New(Options{Cols: 10, Rows: 2})
		fmt.Fprintf(s, "\x1b[%smX", in)
		cells, _ := s.Line(nil, 0)
		if cells[0].Style != want {
			t.Errorf("SGR %s gives %+v, want %+v", in, cells[0].Style, want)
		}
	}
}
