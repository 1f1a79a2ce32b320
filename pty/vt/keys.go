package vt

import "unicode"

// Mods are the modifiers of a key or mouse event, with the bits of the kitty
// keyboard protocol, of which xterm's are the first four.
type Mods uint8

// Modifiers.
const (
	ModShift Mods = 1 << iota
	ModAlt
	ModCtrl
	ModSuper
	ModHyper
	ModMeta
	ModCapsLock
	ModNumLock
)

// locks are modifiers that make no key "modified" in the legacy encodings.
const locks = ModCapsLock | ModNumLock

// KeyEvent says what happened to a key.
type KeyEvent uint8

// Key events. Repeats and releases reach only programs that ask for them.
const (
	KeyPressed KeyEvent = iota
	KeyRepeated
	KeyReleased
)

// Key is one key event, to be encoded by [Modes.AppendKey].
type Key struct {
	// Code is the character that the key types without modifiers, or one of
	// the Key constants.
	Code rune
	// Shifted and Base are the character with shift and that on the standard
	// layout, if known; only the kitty protocol reports them.
	Shifted, Base rune
	Mods          Mods
	// Text is what the key types, if anything.
	Text  string
	Event KeyEvent
}

// Keys that type nothing, or a control character.
const (
	KeyEnter     rune = '\r'
	KeyTab       rune = '\t'
	KeyBackspace rune = 0x7f
	KeyEscape    rune = 0x1b

	KeyUp rune = unicode.MaxRune + 1 + iota
	KeyDown
	KeyRight
	KeyLeft
	KeyBegin
	KeyHome
	KeyEnd
	KeyInsert
	KeyDelete
	KeyPageUp
	KeyPageDown
	KeyF1
	KeyF2
	KeyF3
	KeyF4
	KeyF5
	KeyF6
	KeyF7
	KeyF8
	KeyF9
	KeyF10
	KeyF11
	KeyF12
	KeyF13
	KeyF14
	KeyF15
	KeyF16
	KeyF17
	KeyF18
	KeyF19
	KeyF20
	KeyMenu
	KeypadEnter
	KeypadMultiply
	KeypadAdd
	KeypadSeparator
	KeypadSubtract
	KeypadDecimal
	KeypadDivide
	Keypad0
	Keypad1
	Keypad2
	Keypad3
	Keypad4
	Keypad5
	Keypad6
	Keypad7
	Keypad8
	Keypad9
	KeypadEqual
)

// functionKey is how a key that types nothing is written: CSI n final, where
// the letters have n = 1 that is left out without modifiers.
type functionKey struct {
	n     int
	final byte
	ss3   bool // SS3 final, without modifiers: F1 to F4 always,
	app   bool // and cursor keys in application mode
}

// functionKeys are xterm's (ctlseqs, "PC-Style Function Keys").
var functionKeys = map[rune]functionKey{
	KeyUp: {1, 'A', false, true}, KeyDown: {1, 'B', false, true},
	KeyRight: {1, 'C', false, true}, KeyLeft: {1, 'D', false, true},
	KeyBegin: {1, 'E', false, true}, KeyEnd: {1, 'F', false, true}, KeyHome: {1, 'H', false, true},
	KeyF1: {1, 'P', true, false}, KeyF2: {1, 'Q', true, false},
	KeyF3: {1, 'R', true, false}, KeyF4: {1, 'S', true, false},
	KeyInsert: {n: 2, final: '~'}, KeyDelete: {n: 3, final: '~'},
	KeyPageUp: {n: 5, final: '~'}, KeyPageDown: {n: 6, final: '~'},
	KeyF5: {n: 15, final: '~'}, KeyF6: {n: 17, final: '~'}, KeyF7: {n: 18, final: '~'},
	KeyF8: {n: 19, final: '~'}, KeyF9: {n: 20, final: '~'}, KeyF10: {n: 21, final: '~'},
	KeyF11: {n: 23, final: '~'}, KeyF12: {n: 24, final: '~'}, KeyF13: {n: 25, final: '~'},
	KeyF14: {n: 26, final: '~'}, KeyF15: {n: 28, final: '~'}, KeyF16: {n: 29, final: '~'},
	KeyF17: {n: 31, final: '~'}, KeyF18: {n: 32, final: '~'}, KeyF19: {n: 33, final: '~'},
	KeyF20: {n: 34, final: '~'}, KeyMenu: {n: 29, final: '~'},
}

// keypadKey is a key of the numeric keypad: what it types, its final byte after
// SS3 in application mode (VT510, "Numeric Keypad"), and its number in the
// kitty protocol.
type keypadKey struct {
	text  byte
	final byte
	kitty int
}

var keypadKeys = map[rune]keypadKey{
	Keypad0: {'0', 'p', 57399}, Keypad1: {'1', 'q', 57400}, Keypad2: {'2', 'r', 57401},
	Keypad3: {'3', 's', 57402}, Keypad4: {'4', 't', 57403}, Keypad5: {'5', 'u', 57404},
	Keypad6: {'6', 'v', 57405}, Keypad7: {'7', 'w', 57406}, Keypad8: {'8', 'x', 57407},
	Keypad9: {'9', 'y', 57408}, KeypadDecimal: {'.', 'n', 57409}, KeypadDivide: {'/', 'o', 57410},
	KeypadMultiply: {'*', 'j', 57411}, KeypadSubtract: {'-', 'm', 57412}, KeypadAdd: {'+', 'k', 57413},
	KeypadEnter: {'\r', 'M', 57414}, KeypadEqual: {'=', 'X', 57415}, KeypadSeparator: {',', 'l', 57416},
}
