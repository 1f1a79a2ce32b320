package shim

import "unsafe"

// namePtr returns the address of a C string for prctl. The literal lives for ever.
func namePtr(s string) uintptr {
	return uintptr(unsafe.Pointer(unsafe.StringData(s + "\x00")))
}
