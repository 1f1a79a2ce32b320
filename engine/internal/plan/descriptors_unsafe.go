package plan

import (
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// KeepOnly closes every descriptor but those of the files, the child's socket and
// 0, 1 and 2. It belongs first: the child of a fork has copies of all the shim's
// descriptors, log files and sockets of other clients among them.
func (p *Plan) KeepOnly(files ...*os.File) {
	o := op{kind: opKeepOnly, save: -1, words: []uintptr{0, 1, 2}}
	for _, f := range files {
		if f != nil {
			o.words = append(o.words, f.Fd())
			p.pinned = append(p.pinned, f)
		}
	}
	p.add(o)
}

// sortDescriptors finishes a KeepOnly once the socket is known.
func (o *op) sortDescriptors(sock uintptr) {
	o.words = append(slices.Clone(o.words), sock)
	slices.Sort(o.words)
	o.words = slices.Compact(o.words)
}

//go:nosplit
//go:norace
func keepOnly(sorted []uintptr) {
	from := uintptr(0)
	for _, fd := range sorted {
		if fd > from {
			syscall.RawSyscall(unix.SYS_CLOSE_RANGE, from, fd-1, 0)
		}
		from = fd + 1
	}
	syscall.RawSyscall(unix.SYS_CLOSE_RANGE, from, ^uintptr(0)>>32, 0)
}
