package plan

import (
	"reflect"
	"slices"
	"unsafe"
)

type opKind uint8

const (
	opCall opKind = iota
	opBegin
	opMakePath
	opExec
	opLoad
	opStore
	opCheck
	opJump
	opKeepOnly
	opReap
	opFail
	opRename
)

// maxHandlers bounds the errors that one operation can treat specially. A fixed
// array keeps the child's reads simple.
const maxHandlers = 3

// A handler says where to go on after an error; to < 0 is the next operation.
type handler struct {
	errno uint32
	to    int32
}

// An op is one operation as the child reads it. A container's plan has several hundred.
type op struct {
	kind      opKind
	slots     uint8 // bit i: args[i] names a slot
	repeatArg uint8
	nhandlers uint8
	repeat    int32
	save      int32 // slot for the result, -1 for none
	target    int32 // opJump
	nr        uintptr
	args      [6]uintptr
	min       uintptr
	handlers  [maxHandlers]handler
	word      *uint32
	words     []uintptr // opExec: addresses of paths; opKeepOnly: sorted descriptors
	path      []byte    // opMakePath, opRename: with its NUL
	dst       []byte    // opRename
}

func (o *op) on(errno uintptr, to int32) {
	o.handlers[o.nhandlers] = handler{uint32(errno), to}
	o.nhandlers++
}

// address turns an argument into the word that the kernel gets. What it points to
// is kept alive by Plan.args and Plan.pinned; Go's heap does not move.
func (p *Plan) address(a any) uintptr {
	switch v := a.(type) {
	case nil:
		return 0
	case string:
		b := append([]byte(v), 0)
		p.pinned = append(p.pinned, b)
		return uintptr(unsafe.Pointer(&b[0]))
	}
	v := reflect.ValueOf(a)
	switch {
	case v.CanInt():
		return uintptr(v.Int())
	case v.CanUint():
		return uintptr(v.Uint())
	}
	if v.Kind() == reflect.Slice && v.Len() == 0 {
		return 0
	}
	p.pinned = append(p.pinned, a)
	return v.Pointer()
}

// Strings is a NULL-terminated array of C strings, as execve takes it.
type Strings struct {
	bytes [][]byte
	ptrs  []uintptr
}

// NewStrings makes the array of list.
func NewStrings(list []string) *Strings {
	s := &Strings{}
	for _, v := range list {
		s.Add(append([]byte(v), 0))
	}
	return s
}

// Add appends a string that the caller may still change until the child uses it. It
// must hold a NUL by then.
func (s *Strings) Add(b []byte) {
	if n := len(s.ptrs); n > 0 {
		s.ptrs = s.ptrs[:n-1]
	}
	s.bytes = append(s.bytes, b)
	s.ptrs = append(s.ptrs, uintptr(unsafe.Pointer(&b[0])), 0)
}

// Bytes returns the strings, without what follows their first NUL.
func (s *Strings) Bytes() []string {
	out := make([]string, 0, len(s.bytes))
	for _, b := range s.bytes {
		if i := slices.Index(b, 0); i >= 0 {
			b = b[:i]
		}
		out = append(out, string(b))
	}
	return out
}

func (s *Strings) address() uintptr {
	if len(s.ptrs) == 0 {
		s.ptrs = []uintptr{0}
	}
	return uintptr(unsafe.Pointer(&s.ptrs[0]))
}
