package session

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"berth/pty/vt"
)

func TestFilterTakesQueriesOnly(t *testing.T) {
	queries := []string{
		"\x05", "\x1bZ", "\x1b[c", "\x1b[0c", "\x1b[>c", "\x1b[=c", "\x1b[5n", "\x1b[6n", "\x1b[?6n", "\x1b[?996n",
		"\x1b[?2026$p", "\x1b[4$p", "\x1b[>0q", "\x1b[>q", "\x1b[?u", "\x1b[x", "\x1b[1x", "\x1b[1;1;1;1;5;5*y",
		"\x1b[?4m", "\x1b[?2048h", "\x1b[14;2t", "\x1b[14t", "\x1b[18t", "\x1b[21t", "\x1b[2$w",
		"\x1b]10;?\x07", "\x1b]11;?\x1b\\", "\x1b]4;1;?\x07", "\x1b]52;c;?\x07",
		"\x1bP$qm\x1b\\", "\x1bP+q544e\x1b\\", "\x1b_Gi=1,a=q;AAAA\x1b\\",
	}
	others := []string{
		"\x1b[?2048l", "\x1b[?1;2004h", "\x1b[4:3m", "\x1b[14m", "text", "é€😀", "\x1b[m", "\x1b[1;31m", "\x1b[2J", "\x1b[H", "\x1b[?25l", "\x1b[?1049h", "\x1b[!p", "\x1b[61\"p",
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

// Everything that makes our own screen answer is a query, or each of several clients would.
func TestWhatIsAnsweredIsAQuery(t *testing.T) {
	var tries []string
	for _, prefix := range []string{"", "?", ">", "=", "<"} {
		for _, between := range []string{"", "$", "*", "\"", "!", " ", "'", "+"} {
			for final := byte(0x40); final < 0x7f; final++ {
				for n := -1; n < 60; n++ {
					param := strconv.Itoa(n)
					if n < 0 {
						param = ""
					}
					tries = append(tries, "\x1b["+prefix+param+between+string(final), "\x1b["+prefix+param+";1"+between+string(final))
				}
				for _, n := range []string{"996", "997", "1004", "2004", "2026", "2031", "2048"} {
					tries = append(tries, "\x1b["+prefix+n+between+string(final))
				}
			}
		}
	}
	for c := byte(0x20); c < 0x7f; c++ {
		tries = append(tries, "\x1b"+string(c))
	}
	for n := range 120 {
		for _, body := range []string{"?", "1;?", "1;?;2;?", "c;?", "?;?"} {
			tries = append(tries, fmt.Sprintf("\x1b]%d;%s\x07", n, body))
		}
	}
	for _, name := range []string{"$qm", "$qr", "$q\"p", "$q q", "+q544e", "+q524742;436f"} {
		tries = append(tries, "\x1bP"+name+"\x1b\\")
	}
	for _, in := range tries {
		screen := vt.New(vt.Options{Cols: 20, Rows: 4, Clipboard: func(vt.ClipboardRequest) {}})
		_, _ = screen.Write([]byte(in))
		reply := string(screen.Replies())
		if reply == "" {
			continue
		}
		var f filter
		if got := f.flush(f.apply(nil, []byte(in))); len(got) > 0 {
			t.Errorf("%q is answered with %q, and goes to every client", in, reply)
		}
	}
}
