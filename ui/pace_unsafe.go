package ui

import (
	"reflect"
	"time"
	"unsafe"

	tea "charm.land/bubbletea/v2"
)

// frames returns the ticker that makes a running program write its frames. Bubble Tea
// doesn't export it; one that keeps it elsewhere gives nil, and frames stay as frequent
// as ever. It is called from the program's own loop, in which alone the field is set.
func frames(p *tea.Program) *time.Ticker {
	f := reflect.ValueOf(p).Elem().FieldByName("ticker")
	if !f.IsValid() || f.Type() != reflect.TypeFor[*time.Ticker]() {
		return nil
	}
	return *(**time.Ticker)(unsafe.Pointer(f.UnsafeAddr()))
}
