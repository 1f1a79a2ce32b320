package vt

import (
	"strconv"
	"unicode/utf8"
)

// AppendKey appends the bytes that a program in these modes expects for a key;
// none for an event that it did not ask for.
func (m Modes) AppendKey(dst []byte, k Key) []byte {
	if m.Has(ModeKeyboardLock) {
		return dst
	}
	if m.Kitty != 0 {
		return m.appendKitty(dst, k)
	}
	if k.Event == KeyReleased {
		return dst
	}
	k.Mods &^= locks
	if f, ok := functionKeys[k.Code]; ok {
		return m.appendFunction(dst, f, k.Mods, KeyPressed)
	}
	if pad, ok := keypadKeys[k.Code]; ok {
		if m.Has(ModeKeypad) && k.Mods == 0 {
			return append(dst, 0x1b, 'O', pad.final)
		}
		k.Code, k.Text = rune(pad.text), ""
		if pad.text != '\r' {
			k.Text = string(pad.text)
		}
	}
	switch k.Code {
	case KeyEnter, KeyTab, KeyBackspace, KeyEscape:
		return m.appendControlKey(dst, k)
	}
	return m.appendText(dst, k)
}

// appendFunction writes CSI n ; mods : event final in its shortest form.
func (m Modes) appendFunction(dst []byte, f functionKey, mods Mods, event KeyEvent) []byte {
	plain := mods == 0 && event == KeyPressed
	if plain && (f.ss3 || f.app && m.Has(ModeCursorKeys)) && m.Kitty == 0 {
		return append(dst, 0x1b, 'O', f.final)
	}
	dst = append(dst, "\x1b["...)
	if f.n != 1 || !plain {
		dst = strconv.AppendInt(dst, int64(f.n), 10)
	}
	dst = appendMods(dst, mods, event)
	return append(dst, f.final)
}

// appendMods appends ;mods or ;mods:event when there is anything to say.
func appendMods(dst []byte, mods Mods, event KeyEvent) []byte {
	if mods == 0 && event == KeyPressed {
		return dst
	}
	dst = strconv.AppendInt(append(dst, ';'), int64(mods)+1, 10)
	if event != KeyPressed {
		dst = strconv.AppendInt(append(dst, ':'), int64(event)+1, 10)
	}
	return dst
}

// appendControlKey writes Enter, Tab, Backspace and Escape.
func (m Modes) appendControlKey(dst []byte, k Key) []byte {
	special := m.ModifyOtherKeys == 2 && k.Mods != 0 ||
		m.ModifyOtherKeys == 1 && k.Mods&(ModCtrl|ModShift) != 0 && k.Code != KeyBackspace && k.Code != KeyEscape
	if special && !(k.Code == KeyTab && k.Mods == ModShift) {
		return appendOther(dst, k)
	}
	if k.Code == KeyTab && k.Mods&ModShift != 0 {
		if k.Mods == ModShift {
			return append(dst, "\x1b[Z"...)
		}
		return append(strconv.AppendInt(append(dst, "\x1b[1;"...), int64(k.Mods)+1, 10), 'Z')
	}
	if k.Mods&ModAlt != 0 {
		dst = append(dst, 0x1b)
	}
	switch k.Code {
	case KeyBackspace:
		if m.Has(ModeBackspaceBS) != (k.Mods&ModCtrl != 0) {
			return append(dst, '\b')
		}
	case KeyEnter:
		if m.Has(ModeNewline) {
			return append(dst, "\r\n"...)
		}
	}
	return append(dst, byte(k.Code))
}

// appendOther writes a key as modifyOtherKeys does (xterm ctlseqs, formatOtherKeys 0).
func appendOther(dst []byte, k Key) []byte {
	dst = strconv.AppendInt(append(dst, "\x1b[27;"...), int64(k.Mods)+1, 10)
	dst = strconv.AppendInt(append(dst, ';'), int64(typed(k)), 10)
	return append(dst, '~')
}

// typed is the character that a key types with shift, but without control.
func typed(k Key) rune {
	if k.Mods&ModShift != 0 && k.Shifted != 0 {
		return k.Shifted
	}
	if r, n := utf8.DecodeRuneInString(k.Text); n > 0 && n == len(k.Text) && r >= ' ' {
		return r
	}
	if k.Mods&ModShift != 0 && k.Code >= 'a' && k.Code <= 'z' {
		return k.Code - 'a' + 'A'
	}
	return k.Code
}

// appendText writes a key that types a character.
func (m Modes) appendText(dst []byte, k Key) []byte {
	r := typed(k)
	if r > 0x10ffff {
		return dst
	}
	control, known := controlCode(r)
	switch {
	case m.ModifyOtherKeys == 2 && k.Mods&^ModShift != 0,
		m.ModifyOtherKeys == 1 && k.Mods&ModCtrl != 0 && (!known || k.Mods&ModShift != 0):
		return appendOther(dst, k)
	}
	if k.Mods&(ModAlt|ModMeta) != 0 {
		dst = append(dst, 0x1b)
	}
	switch {
	case k.Mods&ModCtrl != 0 && known:
		return append(dst, control)
	case k.Text != "" && k.Mods&ModCtrl == 0:
		return append(dst, k.Text...)
	}
	return utf8.AppendRune(dst, r)
}

// controlCode is what control makes of a character, as on a VT220 keyboard.
func controlCode(r rune) (byte, bool) {
	switch {
	case r >= 'a' && r <= 'z':
		return byte(r - 'a' + 1), true
	case r >= '@' && r <= '_':
		return byte(r - '@'), true
	case r == ' ' || r == '2':
		return 0, true
	case r >= '3' && r <= '7':
		return byte(r - '3' + 0x1b), true
	case r == '8' || r == '?':
		return 0x7f, true
	case r == '/':
		return 0x1f, true
	}
	return 0, false
}

// appendKitty writes a key in the kitty keyboard protocol.
func (m Modes) appendKitty(dst []byte, k Key) []byte {
	event := k.Event
	if m.Kitty&KittyEventTypes == 0 {
		if event == KeyReleased {
			return dst
		}
		event = KeyPressed
	}
	if f, ok := functionKeys[k.Code]; ok {
		if k.Code == KeyF3 { // CSI R would be a cursor position report
			f = functionKey{n: 13, final: '~'}
		}
		if k.Code == KeyMenu {
			f = functionKey{n: 57363, final: 'u'}
		}
		return m.appendFunction(dst, f, k.Mods, event)
	}
	code := k.Code
	pad, isPad := keypadKeys[k.Code]
	if isPad {
		code = rune(pad.kitty)
	}
	all := m.Kitty&KittyAllKeys != 0
	mods := k.Mods &^ locks
	switch k.Code {
	case KeyEnter, KeyTab, KeyBackspace:
		// These stay usable in a shell after a program died without
		// restoring the keyboard.
		if !all {
			if event == KeyReleased {
				return dst
			}
			if mods == 0 {
				return append(dst, byte(k.Code))
			}
		}
	case KeyEscape:
	default:
		if !all && mods&^ModShift == 0 && !isPad {
			if event == KeyReleased {
				return dst
			}
			return m.appendText(dst, Key{Code: k.Code, Shifted: k.Shifted, Mods: mods, Text: k.Text})
		}
	}
	return m.appendCSIu(dst, k, code, event)
}

// appendCSIu writes CSI code:shifted:base ; mods:event ; text u.
func (m Modes) appendCSIu(dst []byte, k Key, code rune, event KeyEvent) []byte {
	dst = strconv.AppendInt(append(dst, "\x1b["...), int64(code), 10)
	if m.Kitty&KittyAlternateKeys != 0 {
		shifted := k.Shifted != 0 && k.Mods&ModShift != 0
		base := k.Base != 0 && k.Base != k.Code
		if shifted || base {
			dst = append(dst, ':')
		}
		if shifted {
			dst = strconv.AppendInt(dst, int64(k.Shifted), 10)
		}
		if base {
			dst = strconv.AppendInt(append(dst, ':'), int64(k.Base), 10)
		}
	}
	before := len(dst)
	dst = appendMods(dst, k.Mods, event)
	if m.Kitty&KittyText != 0 && m.Kitty&KittyAllKeys != 0 && event != KeyReleased {
		if len(dst) == before && k.Text != "" {
			dst = append(dst, ';')
		}
		sep := byte(';')
		for _, r := range k.Text {
			if r < ' ' || r >= 0x7f && r < 0xa0 {
				continue
			}
			dst = strconv.AppendInt(append(dst, sep), int64(r), 10)
			sep = ':'
		}
	}
	return append(dst, 'u')
}
