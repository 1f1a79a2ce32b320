package vt

import (
	"fmt"
	"unicode/utf8"
)

// MouseButton is the number of a button in the mouse protocols.
type MouseButton uint8

// Mouse buttons.
const (
	MouseLeft       MouseButton = 0
	MouseMiddle     MouseButton = 1
	MouseRight      MouseButton = 2
	MouseNone       MouseButton = 3 // motion with no button down
	MouseWheelUp    MouseButton = 64
	MouseWheelDown  MouseButton = 65
	MouseWheelLeft  MouseButton = 66
	MouseWheelRight MouseButton = 67
	MouseBackward   MouseButton = 128
	MouseForward    MouseButton = 129
)

func (b MouseButton) wheel() bool { return b >= MouseWheelUp && b <= MouseWheelRight }

// MouseEvent is what happened to the mouse.
type MouseEvent struct {
	X, Y   int // cell, 0-based
	Button MouseButton
	Mods   Mods // shift, alt and control are reported
	// Motion says that the mouse moved, with Button down or MouseNone;
	// Release that Button went up. Otherwise it went down.
	Motion, Release bool
}

// wheelLines is how many cursor keys one notch of the wheel is worth.
const wheelLines = 3

// AppendMouse appends the bytes that a program in these modes expects for a
// mouse event; none when it did not ask for it. On the alternate screen, a
// wheel that nobody asked for is sent as cursor keys (mode 1007).
func (m Modes) AppendMouse(dst []byte, e MouseEvent) []byte {
	if !m.WantsMouse(e) {
		if m.Mouse == MouseOff && m.Has(ModeAltScreen|ModeAltScroll) && !e.Release {
			return m.appendWheel(dst, e.Button)
		}
		return dst
	}
	b := int(e.Button)
	if m.Mouse != MousePress {
		b |= int(e.Mods&ModShift)<<2 | int(e.Mods&ModAlt)<<2 | int(e.Mods&ModCtrl)<<2
	}
	if e.Motion {
		b |= 32
	}
	x, y := max(e.X, 0)+1, max(e.Y, 0)+1
	if m.Encoding == MouseSGR {
		final := 'M'
		if e.Release {
			final = 'm'
		}
		return fmt.Appendf(dst, "\x1b[<%d;%d;%d%c", b, x, y, final)
	}
	if e.Release {
		b |= 3 // the others do not say which
	}
	switch {
	case m.Encoding == MouseURXVT:
		return fmt.Appendf(dst, "\x1b[%d;%d;%dM", b+32, x, y)
	case m.Encoding == MouseUTF8 && x <= 2015 && y <= 2015:
		dst = append(dst, "\x1b[M"...)
		for _, v := range [...]int{b, x, y} {
			dst = utf8.AppendRune(dst, rune(v+32))
		}
	case m.Encoding == MouseX10Encoding && x <= 223 && y <= 223:
		dst = append(dst, 0x1b, '[', 'M', byte(b+32), byte(x+32), byte(y+32))
	}
	return dst
}

// WantsMouse reports whether the program asked for an event of this kind.
func (m Modes) WantsMouse(e MouseEvent) bool {
	switch m.Mouse {
	case MousePress:
		return !e.Motion && !e.Release && e.Button <= MouseRight
	case MouseNormal:
		return !e.Motion && !(e.Release && e.Button.wheel())
	case MouseDrag:
		return (!e.Motion || e.Button != MouseNone) && !(e.Release && e.Button.wheel())
	case MouseAny:
		return !(e.Release && e.Button.wheel())
	}
	return false
}

func (m Modes) appendWheel(dst []byte, b MouseButton) []byte {
	code := KeyUp
	switch b {
	case MouseWheelUp:
	case MouseWheelDown:
		code = KeyDown
	default:
		return dst
	}
	for range wheelLines {
		dst = m.AppendKey(dst, Key{Code: code})
	}
	return dst
}
