package vt

import (
	"fmt"
	"testing"
)

// modesAfter returns the modes that a program's output leads to.
func modesAfter(out string) Modes {
	s := New(Options{})
	s.Write([]byte(out))
	return s.Modes()
}

func TestAppendKey(t *testing.T) {
	ctrl := func(r rune) Key { return Key{Code: r, Mods: ModCtrl} }
	for _, c := range []struct {
		name, modes string
		key         Key
		want        string
	}{
		{"text", "", Key{Code: 'a', Text: "a"}, "a"},
		{"shifted text", "", Key{Code: 'a', Shifted: 'A', Mods: ModShift, Text: "A"}, "A"},
		{"composed text", "", Key{Code: 'e', Text: "é"}, "é"},
		{"control", "", ctrl('c'), "\x03"},
		{"control space", "", ctrl(' '), "\x00"},
		{"control [", "", ctrl('['), "\x1b"},
		{"control /", "", ctrl('/'), "\x1f"},
		{"control 8", "", ctrl('8'), "\x7f"},
		{"alt", "", Key{Code: 'x', Mods: ModAlt, Text: "x"}, "\x1bx"},
		{"alt control", "", Key{Code: 'x', Mods: ModAlt | ModCtrl}, "\x1b\x18"},
		{"caps lock", "", Key{Code: 'a', Mods: ModCapsLock, Text: "A"}, "A"},
		{"enter", "", Key{Code: KeyEnter}, "\r"},
		{"enter in LNM", "\x1b[20h", Key{Code: KeyEnter}, "\r\n"},
		{"tab", "", Key{Code: KeyTab}, "\t"},
		{"back tab", "", Key{Code: KeyTab, Mods: ModShift}, "\x1b[Z"},
		{"backspace", "", Key{Code: KeyBackspace}, "\x7f"},
		{"control backspace", "", Key{Code: KeyBackspace, Mods: ModCtrl}, "\b"},
		{"backspace in DECBKM", "\x1b[?67h", Key{Code: KeyBackspace}, "\b"},
		{"alt backspace", "", Key{Code: KeyBackspace, Mods: ModAlt}, "\x1b\x7f"},
		{"escape", "", Key{Code: KeyEscape}, "\x1b"},
		{"up", "", Key{Code: KeyUp}, "\x1b[A"},
		{"up in DECCKM", "\x1b[?1h", Key{Code: KeyUp}, "\x1bOA"},
		{"control up in DECCKM", "\x1b[?1h", Key{Code: KeyUp, Mods: ModCtrl}, "\x1b[1;5A"},
		{"home", "", Key{Code: KeyHome}, "\x1b[H"},
		{"delete", "", Key{Code: KeyDelete}, "\x1b[3~"},
		{"shift delete", "", Key{Code: KeyDelete, Mods: ModShift}, "\x1b[3;2~"},
		{"F1", "", Key{Code: KeyF1}, "\x1bOP"},
		{"alt F1", "", Key{Code: KeyF1, Mods: ModAlt}, "\x1b[1;3P"},
		{"F5", "", Key{Code: KeyF5}, "\x1b[15~"},
		{"F12", "", Key{Code: KeyF12}, "\x1b[24~"},
		{"keypad", "", Key{Code: Keypad5}, "5"},
		{"keypad in DECKPAM", "\x1b=", Key{Code: Keypad5}, "\x1bOu"},
		{"keypad enter in DECKPAM", "\x1b=", Key{Code: KeypadEnter}, "\x1bOM"},
		{"keypad enter", "\x1b>", Key{Code: KeypadEnter}, "\r"},
		{"release", "", Key{Code: 'a', Text: "a", Event: KeyReleased}, ""},
		{"locked keyboard", "\x1b[2h", Key{Code: 'a', Text: "a"}, ""},

		{"modifyOtherKeys 1, control c", "\x1b[>4;1m", ctrl('c'), "\x03"},
		{"modifyOtherKeys 1, control ;", "\x1b[>4;1m", ctrl(';'), "\x1b[27;5;59~"},
		{"modifyOtherKeys 1, control enter", "\x1b[>4;1m", Key{Code: KeyEnter, Mods: ModCtrl}, "\x1b[27;5;13~"},
		{"modifyOtherKeys 2, control c", "\x1b[>4;2m", ctrl('c'), "\x1b[27;5;99~"},
		{"modifyOtherKeys 2, shift", "\x1b[>4;2m", Key{Code: 'a', Mods: ModShift, Text: "A"}, "A"},

		{"kitty 1, text", "\x1b[>1u", Key{Code: 'a', Text: "a"}, "a"},
		{"kitty 1, control c", "\x1b[>1u", ctrl('c'), "\x1b[99;5u"},
		{"kitty 1, alt shift x", "\x1b[>1u", Key{Code: 'x', Mods: ModAlt | ModShift}, "\x1b[120;4u"},
		{"kitty 1, escape", "\x1b[>1u", Key{Code: KeyEscape}, "\x1b[27u"},
		{"kitty 1, enter", "\x1b[>1u", Key{Code: KeyEnter}, "\r"},
		{"kitty 1, shift enter", "\x1b[>1u", Key{Code: KeyEnter, Mods: ModShift}, "\x1b[13;2u"},
		{"kitty 1, F3", "\x1b[>1u", Key{Code: KeyF3}, "\x1b[13~"},
		{"kitty 1, up in DECCKM", "\x1b[?1h\x1b[>1u", Key{Code: KeyUp}, "\x1b[A"},
		{"kitty 1, keypad", "\x1b[>1u", Key{Code: Keypad5, Text: "5"}, "\x1b[57404u"},
		{"kitty 1, release", "\x1b[>1u", Key{Code: KeyEscape, Event: KeyReleased}, ""},
		{"kitty 3, release", "\x1b[>3u", Key{Code: KeyEscape, Event: KeyReleased}, "\x1b[27;1:3u"},
		{"kitty 3, repeat", "\x1b[>3u", Key{Code: KeyUp, Event: KeyRepeated}, "\x1b[1;1:2A"},
		{"kitty 3, release of enter", "\x1b[>3u", Key{Code: KeyEnter, Event: KeyReleased}, ""},
		{"kitty 8, text", "\x1b[>8u", Key{Code: 'a', Text: "a"}, "\x1b[97u"},
		{"kitty 12, alternates", "\x1b[>12u", Key{Code: 'с', Shifted: 'С', Base: 'c', Mods: ModShift}, "\x1b[1089:1057:99;2u"},
		{"kitty 24, text", "\x1b[>24u", Key{Code: 'a', Mods: ModShift, Text: "A"}, "\x1b[97;2;65u"},
		{"kitty 24, text without mods", "\x1b[>24u", Key{Code: 'a', Text: "a"}, "\x1b[97;;97u"},
	} {
		if got := string(modesAfter(c.modes).AppendKey(nil, c.key)); got != c.want {
			t.Errorf("%s is sent as %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAppendMouse(t *testing.T) {
	press := MouseEvent{X: 4, Y: 2, Button: MouseLeft}
	release := MouseEvent{X: 4, Y: 2, Button: MouseLeft, Release: true}
	drag := MouseEvent{X: 4, Y: 2, Button: MouseLeft, Motion: true}
	move := MouseEvent{X: 4, Y: 2, Button: MouseNone, Motion: true}
	wheel := MouseEvent{X: 4, Y: 2, Button: MouseWheelDown}
	far := MouseEvent{X: 300, Y: 2}
	for _, c := range []struct {
		name, modes string
		event       MouseEvent
		want        string
	}{
		{"off", "", press, ""},
		{"X10 press", "\x1b[?9h", press, "\x1b[M %#"},
		{"X10 release", "\x1b[?9h", release, ""},
		{"X10 has no modifiers", "\x1b[?9h", MouseEvent{Mods: ModCtrl}, "\x1b[M !!"},
		{"normal press", "\x1b[?1000h", press, "\x1b[M %#"},
		{"normal release", "\x1b[?1000h", release, "\x1b[M#%#"},
		{"normal drag", "\x1b[?1000h", drag, ""},
		{"drag", "\x1b[?1002h", drag, "\x1b[M@%#"},
		{"motion in 1002", "\x1b[?1002h", move, ""},
		{"motion in 1003", "\x1b[?1003h", move, "\x1b[MC%#"},
		{"SGR press", "\x1b[?1000;1006h", press, "\x1b[<0;5;3M"},
		{"SGR release", "\x1b[?1000;1006h", release, "\x1b[<0;5;3m"},
		{"SGR wheel", "\x1b[?1000;1006h", wheel, "\x1b[<65;5;3M"},
		{"SGR modifiers", "\x1b[?1000;1006h", MouseEvent{Mods: ModShift | ModAlt | ModCtrl}, "\x1b[<28;1;1M"},
		{"SGR far", "\x1b[?1000;1006h", far, "\x1b[<0;301;3M"},
		{"far", "\x1b[?1000h", far, ""},
		{"urxvt", "\x1b[?1000;1015h", press, "\x1b[32;5;3M"},
		{"UTF-8 far", "\x1b[?1000;1005h", far, "\x1b[M \u014d#"},
		{"wheel on the primary screen", "", wheel, ""},
		{"wheel on the alternate screen", "\x1b[?1049h", wheel, "\x1b[B\x1b[B\x1b[B"},
		{"wheel without 1007", "\x1b[?1049h\x1b[?1007l", wheel, ""},
		{"reset of another mode", "\x1b[?1003h\x1b[?1000l", press, ""},
	} {
		if got := string(modesAfter(c.modes).AppendMouse(nil, c.event)); got != c.want {
			t.Errorf("%s is sent as %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAppendPaste(t *testing.T) {
	for _, c := range []struct{ modes, text, want string }{
		{"", "a\nb\r\nc\td", "a\rb\rc\td"},
		{"\x1b[?2004h", "a\nb", "\x1b[200~a\rb\x1b[201~"},
		{"\x1b[?2004h", "x\x1b[201~rm\x03\u009b1m", "\x1b[200~x[201~rm1m\x1b[201~"},
		{"", "déjà 漢字", "déjà 漢字"},
	} {
		if got := string(modesAfter(c.modes).AppendPaste(nil, c.text)); got != c.want {
			t.Errorf("%q is pasted as %q, want %q", c.text, got, c.want)
		}
	}
}

func TestAppendFocus(t *testing.T) {
	if got := modesAfter("").AppendFocus(nil, true); len(got) != 0 {
		t.Errorf("a program that did not ask gets %q", got)
	}
	m := modesAfter("\x1b[?1004h")
	if got := string(m.AppendFocus(m.AppendFocus(nil, true), false)); got != "\x1b[I\x1b[O" {
		t.Errorf("focus is sent as %q", got)
	}
}

func ExampleModes_AppendKey() {
	s := New(Options{Cols: 80, Rows: 24})
	fmt.Fprint(s, "\x1b[?1h") // what vim writes
	fmt.Printf("%q\n", s.Modes().AppendKey(nil, Key{Code: KeyUp}))
	// Output: "\x1bOA"
}
