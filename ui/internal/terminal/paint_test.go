package terminal

import (
	"strings"
	"testing"

	"berth/pty/vt"

	"github.com/charmbracelet/x/ansi"
)

func TestLinksIntoTheWebGoOut(t *testing.T) {
	for _, c := range []struct{ osc, want string }{
		{"8;;https://example.org/a", "\x1b]8;row=0;https://example.org/a\x1b\\"},
		{"8;id=n1;HTTP://example.org", "\x1b]8;id=n1:row=0;HTTP://example.org\x1b\\"},
		{"8;;http://example.org/a;b", "\x1b]8;row=0;http://example.org/a%3Bb\x1b\\"},
		{"8;;mailto:a@example.org", "\x1b]8;row=0;mailto:a@example.org\x1b\\"},
		{"8;;file:///etc/passwd", ""},
		{"8;;javascript:alert(1)", ""},
		{"8;;ssh://host", ""},
		{"8;;http://exam\u202eple.org", ""},
	} {
		term, _ := open(t, 20, 1)
		term.Write([]byte("a\x1b]" + c.osc + "\x1b\\link\x1b]8;;\x1b\\ z"))
		line := term.Draw(Look{}, 20, 1)[0]
		begin, _, _ := strings.Cut(line, "link")
		if i := strings.Index(begin, "\x1b]8;"); c.want == "" && i >= 0 && !strings.HasPrefix(begin[i:], endLink) {
			t.Errorf("%q goes out as %q", c.osc, line)
		}
		if !strings.Contains(line, c.want) || c.want != "" && strings.Count(line, endLink) == 0 {
			t.Errorf("%q is drawn as %q", c.osc, line)
		}
	}
}

// A link that goes on at the end of a row ends with the line: what stands beside the pane
// is no part of it.
func TestALinkEndsWithItsLine(t *testing.T) {
	term, _ := open(t, 6, 2)
	term.Write([]byte("\x1b]8;;https://example.org\x1b\\longer than a row"))
	for _, line := range term.Draw(Look{}, 6, 2) {
		if strings.LastIndex(line, "\x1b]8;") != strings.LastIndex(line, endLink) {
			t.Errorf("the link is left open: %q", line)
		}
	}
}

// What a terminal of today and an older one give different widths must not go out, or the
// line would be longer there.
func TestWidthsThatTerminalsDisagreeOn(t *testing.T) {
	for _, c := range []struct{ in, want, clusters string }{
		{"🇩🇪|", "🇩🇪|", "🇩🇪|"},
		{"🇩|", "\ufffd|", "\ufffd|"},
		{"👩\u200d🚀|", "👩🚀|", "👩🚀|"}, // which the program counts as two
		{"\x1b[?2027h👩\u200d🚀|", "👩|", "👩\u200d🚀|"},
		{"\x1b[?2027h👍🏽|", "👍|", "👍🏽|"},
		{"e\u0301|", "e\u0301|", "e\u0301|"},
		{"ᅡ|", "\ufffd|", "\ufffd|"},
		{"漢|", "漢|", "漢|"},
		{"\ue0b0|", "\ue0b0|", "\ue0b0|"},
	} {
		for _, clusters := range []bool{false, true} {
			want := c.want
			if clusters {
				want = c.clusters
			}
			term, _ := open(t, 10, 1)
			term.Write([]byte("\x1b[?25l" + c.in))
			line := term.Draw(Look{Clusters: clusters}, 10, 1)[0]
			if got := strings.TrimRight(ansi.Strip(line), " "); got != want {
				t.Errorf("%q is drawn as %q, not %q (clusters %v)", c.in, got, want, clusters)
			}
			if w := ansi.StringWidth(line); w != 10 {
				t.Errorf("%q makes a line of %d cells", c.in, w)
			}
		}
	}
}

func TestColoursThatTheProgramSet(t *testing.T) {
	term, _ := open(t, 6, 1)
	term.Write([]byte("\x1b]4;1;#102030\x1b\\\x1b]11;#405060\x1b\\\x1b[31mred"))
	line := term.Draw(Look{Foreground: vt.RGB(1, 1, 1)}, 8, 1)[0]
	if want := "\x1b[0;38;2;16;32;48;48;2;64;80;96mred"; !strings.HasPrefix(line, want) {
		t.Errorf("the line is %q", line)
	}
	if rest := line[strings.Index(line, "red")+3:]; !strings.Contains(rest, "48;2;64;80;96m") {
		t.Errorf("the rest of the row has not the background: %q", rest)
	}
	term.Write([]byte("\x1b]104\x1b\\\x1b]111\x1b\\"))
	if line := term.Draw(Look{Foreground: vt.RGB(1, 1, 1)}, 8, 1)[0]; !strings.HasPrefix(line, "\x1b[0;31mred") {
		t.Errorf("after the reset the line is %q", line)
	}
}
