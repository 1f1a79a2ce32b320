package terminal

import (
	"runtime"

	"berth/pty/vt"

	tea "charm.land/bubbletea/v2"
)

// special are the keys that are not characters, as both packages number them.
var special = map[rune]rune{
	tea.KeyEnter: vt.KeyEnter, tea.KeyTab: vt.KeyTab, tea.KeyBackspace: vt.KeyBackspace, tea.KeyEscape: vt.KeyEscape,
	tea.KeyUp: vt.KeyUp, tea.KeyDown: vt.KeyDown, tea.KeyRight: vt.KeyRight, tea.KeyLeft: vt.KeyLeft, tea.KeyBegin: vt.KeyBegin,
	tea.KeyHome: vt.KeyHome, tea.KeyEnd: vt.KeyEnd, tea.KeyInsert: vt.KeyInsert, tea.KeyDelete: vt.KeyDelete,
	tea.KeyPgUp: vt.KeyPageUp, tea.KeyPgDown: vt.KeyPageDown, tea.KeyMenu: vt.KeyMenu, tea.KeyFind: vt.KeyHome, tea.KeySelect: vt.KeyEnd,
	tea.KeyF1: vt.KeyF1, tea.KeyF2: vt.KeyF2, tea.KeyF3: vt.KeyF3, tea.KeyF4: vt.KeyF4, tea.KeyF5: vt.KeyF5,
	tea.KeyF6: vt.KeyF6, tea.KeyF7: vt.KeyF7, tea.KeyF8: vt.KeyF8, tea.KeyF9: vt.KeyF9, tea.KeyF10: vt.KeyF10,
	tea.KeyF11: vt.KeyF11, tea.KeyF12: vt.KeyF12, tea.KeyF13: vt.KeyF13, tea.KeyF14: vt.KeyF14, tea.KeyF15: vt.KeyF15,
	tea.KeyF16: vt.KeyF16, tea.KeyF17: vt.KeyF17, tea.KeyF18: vt.KeyF18, tea.KeyF19: vt.KeyF19, tea.KeyF20: vt.KeyF20,
	tea.KeyKpEnter: vt.KeypadEnter, tea.KeyKpEqual: vt.KeypadEqual, tea.KeyKpMultiply: vt.KeypadMultiply, tea.KeyKpPlus: vt.KeypadAdd,
	tea.KeyKpComma: vt.KeypadSeparator, tea.KeyKpSep: vt.KeypadSeparator, tea.KeyKpMinus: vt.KeypadSubtract, tea.KeyKpDecimal: vt.KeypadDecimal,
	tea.KeyKpDivide: vt.KeypadDivide, tea.KeyKp0: vt.Keypad0, tea.KeyKp1: vt.Keypad1, tea.KeyKp2: vt.Keypad2, tea.KeyKp3: vt.Keypad3,
	tea.KeyKp4: vt.Keypad4, tea.KeyKp5: vt.Keypad5, tea.KeyKp6: vt.Keypad6, tea.KeyKp7: vt.Keypad7, tea.KeyKp8: vt.Keypad8, tea.KeyKp9: vt.Keypad9,
	tea.KeyKpUp: vt.KeyUp, tea.KeyKpDown: vt.KeyDown, tea.KeyKpLeft: vt.KeyLeft, tea.KeyKpRight: vt.KeyRight, tea.KeyKpBegin: vt.KeyBegin,
	tea.KeyKpHome: vt.KeyHome, tea.KeyKpEnd: vt.KeyEnd, tea.KeyKpInsert: vt.KeyInsert, tea.KeyKpDelete: vt.KeyDelete,
	tea.KeyKpPgUp: vt.KeyPageUp, tea.KeyKpPgDown: vt.KeyPageDown,
}

// modifiers pairs the bits of both packages.
var modifiers = []struct {
	from tea.KeyMod
	to   vt.Mods
}{
	{tea.ModShift, vt.ModShift}, {tea.ModAlt, vt.ModAlt}, {tea.ModCtrl, vt.ModCtrl}, {tea.ModSuper, vt.ModSuper},
	{tea.ModHyper, vt.ModHyper}, {tea.ModMeta, vt.ModMeta}, {tea.ModCapsLock, vt.ModCapsLock}, {tea.ModNumLock, vt.ModNumLock},
}

func mods(m tea.KeyMod) (out vt.Mods) {
	for _, p := range modifiers {
		if m&p.from != 0 {
			out |= p.to
		}
	}
	return out
}

// vtKey is a key as vt encodes it; false for one that no program knows, such as the
// volume keys.
func vtKey(k tea.Key) (vt.Key, bool) {
	out := vt.Key{Code: k.Code, Shifted: k.ShiftedCode, Base: k.BaseCode, Mods: mods(k.Mod), Text: k.Text}
	if k.IsRepeat {
		out.Event = vt.KeyRepeated
	}
	if code, ok := special[k.Code]; ok {
		out.Code = code
		return out, true
	}
	if k.Code > 0x10ffff { // media keys, or a whole cluster that an input method typed
		out.Code = 0
		for _, r := range k.Text {
			out.Code = r
			break
		}
	}
	return out, out.Code != 0 || k.Text != ""
}

// Key sends a key to the program, encoded as its modes want it. The view goes back to
// the newest line.
func (t *Terminal) Key(k tea.KeyPressMsg) {
	key, ok := vtKey(k.Key())
	if !ok {
		return
	}
	t.mu.Lock()
	was := t.view.version
	t.view.live()
	moved := t.view.version != was
	t.in.send(t.screen.Modes().AppendKey(nil, key))
	t.mu.Unlock()
	if moved {
		t.wake()
	}
	// Should it have gone to the queue, who hands it over is awake and waits for this processor,
	// which the rest of the frame would keep for as long as all else takes that a key does.
	runtime.Gosched()
}

// Type sends p as it was typed, if the program is to have it unchanged and it needs no waiting,
// and reports whether it did; if not, nothing happened, and what p means is to be found out.
// p is text, or one control character. Unlike the other methods it may be called from any
// goroutine.
func (t *Terminal) Type(p []byte) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	m, v := t.screen.Modes(), &t.view
	switch {
	case len(p) == 0, t.end != nil, m.Kitty != 0, m.ModifyOtherKeys != 0, m.Has(vt.ModeKeyboardLock),
		p[0] == '\r' && m.Has(vt.ModeNewline), p[0] == 0x7f && m.Has(vt.ModeBackspaceBS),
		v.scroll > 0, v.copying, v.sel != noSelection, !v.pattern.Empty():
		return false
	}
	return t.in.offer(p)
}

// Release tells the program that a key went up, if it asked for that.
func (t *Terminal) Release(k tea.KeyReleaseMsg) {
	key, ok := vtKey(k.Key())
	if !ok {
		return
	}
	key.Event = vt.KeyReleased
	t.mu.Lock()
	defer t.mu.Unlock()
	t.in.send(t.screen.Modes().AppendKey(nil, key))
}

// Paste sends pasted text, between marks if the program asked for them.
func (t *Terminal) Paste(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.view.live()
	t.in.send(t.screen.Modes().AppendPaste(nil, text))
}

// Focus says whether the terminal has the user's attention; a program that asked is told.
func (t *Terminal) Focus(on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.focused == on {
		return
	}
	t.focused = on
	t.in.send(t.screen.Modes().AppendFocus(nil, on))
}
