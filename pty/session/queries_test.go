package session

import (
	"strings"
	"testing"
)

func TestFilterTakesQueriesOnly(t *testing.T) {
	queries := []string{
		"\x05", "\x1bZ", "\x1b[c", "\x1b[0c", "\x1b[>c", "\x1b[=c", "\x1b[5n", "\x1b[6n", "\x1b[?6n", "\x1b[?996n",
		"\x1b[?2026$p", "\x1b[4$p", "\x1b[>0q", "\x1b[>q", "\x1b[?u", "\x1b[x", "\x1b[1x", "\x1b[1;1;1;1;5;5*y",
		"\x1b[14t", "\x1b[18t", "\x1b[21t", "\x1b[2$w",
		"\x1b]10;?\x07", "\x1b]11;?\x1b\\", "\x1b]4;1;?\x07", "\x1b]52;c;?\x07",
		"\x1bP$qm\x1b\\", "\x1bP+q544e\x1b\\", "\x1b_Gi=1,a=q;AAAA\x1b\\",
	}
	others := []string{
		"text", "é€😀", "\x1b[m", "\x1b[1;31m", "\x1b[2J", "\x1b[H", "\x1b[?25l", "\x1b[?1049h", "\x1b[!p", "\x1b[61\"p",
		"\x1b[2 q", "\x1b[u", "\x1b[>1u", "\x1b[<u", "\x1b[=1u", "\x1b[>4;1m", "\x1b[>4n", "\x1b[8;24;80t", "\x1b[22;0t",
		"\x1b[1;1;5;5$x", "\x1b]0;title?\x07", "\x1b]8;;http://x/?a\x1b\\", "\x1b]11;#fff\x07", "\x1b]52;c;aGk=\x07",
		"\x1bPq#0;2;0\x1b\\", "\x1b_Ga=T,f=24;AAAA\x1b\\", "\x1b(0", "\x1b7", "\x1b8", "\x1b=", "\x1bc", "\x1b#8",
		"\x1b[1\x18", "\x1b[1\x1b[2m", "\x1b\x1b[3m", "\r\n", "\x1b]0;" + strings.Repeat("long ", 200) + "\x07",
	}
	check := func(in, want string) {
		t.Helper()
		for step := 1; step <= len(in); step++ {
			var f filter
			var got []byte
			for i := 0; i < len(in); i += step {
				got = f.apply(got, []byte(in[i:min(i+step, len(in))]))
			}
			if got = f.flush(got); string(got) != want {
				t.Errorf("%q in pieces of %d became %q, want %q", in, step, got, want)
				return
			}
		}
	}
	for _, q := range queries {
		check("a"+q+"b", "ab")
		check(q+q, "")
	}
	for _, o := range others {
		check(o, o)
		check("\x1b[6n"+o+"\x1b[c", o)
	}
}

func FuzzFilter(f *testing.F) {
	f.Add([]byte("a\x1b[6nb\x1b]11;?\x07c\x1bP+q544e\x1b\\"), byte(3))
	f.Fuzz(func(t *testing.T, in []byte, step byte) {
		var whole, parts filter
		want := whole.flush(whole.apply(nil, in))
		var got []byte
		n := int(step)%16 + 1
		for i := 0; i < len(in); i += n {
			got = parts.apply(got, in[i:min(i+n, len(in))])
		}
		got = parts.flush(got)
		if string(got) != string(want) {
			t.Errorf("in pieces of %d: %q, at once: %q", n, got, want)
		}
		if len(want) > len(in) {
			t.Errorf("%q grew to %q", in, want)
		}
	})
}
