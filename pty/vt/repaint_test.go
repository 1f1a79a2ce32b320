package vt

import (
	"strings"
	"testing"
)

func TestRepaint(t *testing.T) {
	for name, in := range map[string]string{
		"text":       "hello\r\nworld",
		"wrap":       strings.Repeat("abcdefghij", 5) + "\r\nx",
		"wide wrap":  "123456789" + strings.Repeat("漢字", 12),
		"scrollback": strings.Repeat("line\r\n\x1b[31mred\x1b[m\r\n", 10) + strings.Repeat("long ", 12),
		"pending":    "0123456789",
		"alt":        "shell\x1b[31m\x1b[?1049h\x1b[44m\x1b[2Jvim\x1b[5;5H\x1b7",
		"margins":    "\x1b[2;4r\x1b[?69h\x1b[3;8s\x1b[?6h\x1b[2;2Hxy",
		"links":      "\x1b]8;id=a;http://x/\x1b\\link\x1b]8;;\x1b\\ no",
		"modes":      "\x1b[?1;1002;1006;2004;1004h\x1b[>1u\x1b[>4;2m\x1b[5 q\x1b[?25l",
		"title":      "\x1b]0;a\a\x1b[22;0t\x1b]2;“b”\x1b\\",
		"charset":    "\x1b(0lqk\x1b)0\x0eq",
		"clusters":   "e\u0301 \x1b[?2027h👨‍👩‍👧 🇩🇪 ❤️x",
		"erased":     "\x1b[41mabc\x1b[K\x1b[2;3H\x1b[X\x1b[3;1Habcdefghijkl\x1b[4;1H\x1b[1K",
		"partial":    "abc\x1b[3",
		"utf8":       "abc\xe2\x80",
		"string":     "abc\x1b]2;tit\x1b",
		"tabs":       "\x1b[3g\x1b[1;4H\x1bH",
		"protected":  "\x1b[1\"qabc\x1b[0\"qdef\x1b[?2J",
		"colours":    "\x1b]4;1;rgb:12/34/56\a\x1b]11;#102030\a",
	} {
		t.Run(name, func(t *testing.T) {
			s := New(Options{Cols: 10, Rows: 5})
			s.Write([]byte(in))
			checkRepaint(t, s)
		})
	}
}
