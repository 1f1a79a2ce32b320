package vt

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTitle(t *testing.T) {
	for out, want := range map[string]string{
		"\x1b]0;a\a":                                 "a",
		"\x1b]2;“quoted” — 漢字\x1b\\":                 "“quoted” — 漢字",
		"\x1b]2;a\x01b\u009bc\xffd\a":                "abcd",
		"\x1b]1;icon only\a":                         "",
		"\x1b]2;a\a\x1b[22t\x1b]2;b\a\x1b[23t":       "a",
		"\x1b]2;a\a\x1b[22;1t\x1b]2;b\a\x1b[23;2t":   "b",
		"\x1b]2;a\a\x1bc":                            "",
		"\x1b]2;" + strings.Repeat("é", 2000) + "\a": strings.Repeat("é", 512),
	} {
		s := New(Options{})
		fmt.Fprint(s, out)
		if got := s.Title(); got != want {
			t.Errorf("%.40q sets the title %q, want %q", out, got, want)
		}
	}
}

func TestClipboard(t *testing.T) {
	var got []ClipboardRequest
	s := New(Options{Clipboard: func(r ClipboardRequest) { got = append(got, r) }})
	fmt.Fprint(s, "\x1b]52;c;aGVsbG8=\a\x1b]52;p;?\x1b\\\x1b]52;c;!\a")
	want := []ClipboardRequest{
		{Selection: "c", Data: []byte("hello")}, {Selection: "p", Query: true}, {Selection: "c"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if r := s.Replies(); len(r) != 0 {
		t.Errorf("a query is answered with %q before anybody allowed it", r)
	}
	s.ReplyClipboard("p", []byte("text"))
	if r := string(s.Replies()); r != "\x1b]52;p;dGV4dA==\x1b\\" {
		t.Errorf("the answer is %q", r)
	}

	deny := New(Options{})
	fmt.Fprint(deny, "\x1b]52;c;aGVsbG8=\a\x1b]52;c;?\a")
	if r := deny.Replies(); len(r) != 0 {
		t.Errorf("without a policy the clipboard answers %q", r)
	}
}

func TestHyperlinks(t *testing.T) {
	s := New(Options{Cols: 20, Rows: 2})
	fmt.Fprint(s, "\x1b]8;id=1;https://example.com/a;b\x1b\\x\x1b[1my\x1b[0mz\x1b]8;;\x1b\\-\x1b]8;;bad\x01uri\x1b\\b")
	cells, _ := s.Line(nil, 0)
	for i, want := range []string{"https://example.com/a;b", "https://example.com/a;b", "https://example.com/a;b", "", ""} {
		if l, _ := s.Link(cells[i].Style.Link); l.URI != want {
			t.Errorf("cell %d links to %q, want %q", i, l.URI, want)
		}
	}
}

func TestBells(t *testing.T) {
	s := New(Options{})
	fmt.Fprint(s, "a\a\a\x1b]2;t\ab")
	if s.Bells() != 2 {
		t.Errorf("%d bells rang, want 2", s.Bells())
	}
}

func TestCursor(t *testing.T) {
	s := New(Options{Cols: 10, Rows: 3})
	fmt.Fprint(s, "\x1b[2;3H\x1b[5 q\x1b[?25l")
	if got, want := s.Cursor(), (Cursor{X: 2, Y: 1, Shape: CursorBarBlink}); got != want {
		t.Errorf("cursor %+v, want %+v", got, want)
	}
}

func TestSetDefaultColors(t *testing.T) {
	s := New(Options{Background: RGB(0, 0, 0x20)})
	fmt.Fprint(s, "\x1b]11;?\a\x1b[?996n\x1b[?2031h")
	s.SetDefaultColors(RGB(0, 0, 0), RGB(255, 255, 255), 0)
	fmt.Fprint(s, "\x1b]11;?\a")
	want := "\x1b]11;rgb:0000/0000/2020\a\x1b[?997;1n\x1b[?997;2n\x1b]11;rgb:ffff/ffff/ffff\a"
	if got := string(s.Replies()); got != want {
		t.Errorf("replies %q, want %q", got, want)
	}
}
