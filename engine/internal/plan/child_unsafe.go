package plan

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A program is a compiled plan: all that the child reads and writes. Everything in it
// is allocated before the fork.
type program struct {
	ops    []op
	slots  []uintptr
	sock   uintptr
	theirs uintptr         // the parent's end of the socket
	clocks []unix.Timespec // one for each step, in memory shared with the parent
	log    []byte          // shared likewise: a file system context's message
	shared *report         // likewise: the last words
	report report
	fault  *uint32 // nil
	lastOp int     // the last operation whose error was handled, and the error
	last   uintptr
	walk   walker
	reaper reaper
}

// A report is what the child sends: which operation, and the errno if it failed.
type report struct {
	Kind  uint32
	Op    uint32
	Errno uint32
	Value uint32
}

const (
	reportFailure = 1
	reportGate    = 2
)

// exitFailed is the child's exit status after a failure that it reported.
const exitFailed = 127

// interpret carries the program out and never returns. It runs after fork in a
// copy of this process in which no other thread exists: a lock that another thread held
// is held for ever, and the stack must not grow. Hence nosplit, which makes the
// linker prove that the whole chain of calls fits, and raw system calls only.
//
//go:nosplit
//go:norace
//go:noinline
func interpret(p *program) {
	// Held here too, it would hide from the child that the parent is gone.
	syscall.RawSyscall(unix.SYS_CLOSE, p.theirs, 0, 0)
	for pc := 0; pc < len(p.ops); {
		o := &p.ops[pc]
		var r, e uintptr
		switch o.kind {
		case opCall:
			r, e = call(p, o)
		case opBegin:
			syscall.RawSyscall(unix.SYS_CLOCK_GETTIME, unix.CLOCK_MONOTONIC, uintptr(unsafe.Pointer(&p.clocks[o.args[0]])), 0)
		case opMakePath:
			r, e = makePath(&p.walk, p.slots[o.args[0]], o.path, o.args[2] != 0)
		case opExec:
			e = execute(o)
		case opLoad:
			r = uintptr(*o.word)
		case opStore:
			*o.word = uint32(p.slots[o.args[0]])
		case opCheck:
			if equal := *o.word&uint32(o.args[0]) == uint32(o.args[1]); equal == (o.args[3] != 0) {
				e = o.args[2]
			}
		case opJump:
			if o.args[1] == 2 || (p.slots[o.args[0]] == 0) == (o.args[1] == 1) {
				pc = int(o.target)
				continue
			}
		case opKeepOnly:
			keepOnly(o.words)
		case opFail:
			syscall.RawSyscall(unix.SYS_READ, p.slots[o.args[0]], uintptr(unsafe.Pointer(&p.log[0])), uintptr(len(p.log)))
			p.report.Op, p.report.Errno = uint32(p.lastOp), uint32(p.last)
			fail(p)
		case opRename:
			rename(o.dst, o.path)
		case opReap:
			reap(&p.reaper, p.slots[o.args[0]])
		}
		if e == 0 {
			if o.save >= 0 {
				p.slots[o.save] = r
			}
			pc++
			continue
		}
		p.lastOp, p.last = pc, e
		pc = o.after(e, pc)
		if pc >= 0 {
			continue
		}
		p.report.Op = uint32(-pc - 1)
		p.report.Errno = uint32(e)
		break
	}
	fail(p)
}

// after returns where the child goes on after error e of the operation at pc, or
// -pc-1 if the error ends it.
//
//go:nosplit
//go:norace
func (o *op) after(e uintptr, pc int) int {
	for i := uint8(0); i < o.nhandlers; i++ {
		if h := &o.handlers[i]; h.errno == uint32(e) || h.errno == uint32(Any) {
			if h.to < 0 {
				return pc + 1
			}
			return int(h.to)
		}
	}
	return -pc - 1
}

// call makes one system call, or a run of them. EINTR is tried again: the child
// has no signal handlers, so only a stop and continue can cause it.
//
//go:nosplit
//go:norace
func call(p *program, o *op) (r, e uintptr) {
	a := o.args
	for i := range a {
		if o.slots&(1<<i) != 0 {
			a[i] = p.slots[a[i]]
		}
	}
	races := 0
	for n := int32(0); ; {
		r, _, errno := syscall.RawSyscall6(o.nr, a[0], a[1], a[2], a[3], a[4], a[5])
		e := uintptr(errno)
		if e == uintptr(unix.EINTR) {
			continue
		}
		if e == uintptr(unix.EAGAIN) && o.nr == unix.SYS_OPENAT2 && races < maxRaces {
			races++
			continue
		}
		if e == 0 && r < o.min {
			e = uintptr(unix.EPIPE)
		}
		n++
		if n >= o.repeat || (e != 0 && o.after(e, 0) < 0) {
			return r, e
		}
		a[o.repeatArg]++
	}
}

// execute returns only if no candidate could be executed.
//
//go:nosplit
//go:norace
func execute(o *op) uintptr {
	denied := false
	for _, c := range o.words {
		_, _, e := syscall.RawSyscall(unix.SYS_EXECVE, c, o.args[1], o.args[2])
		switch e {
		case unix.ENOENT, unix.ENOTDIR:
		case unix.EACCES:
			denied = true
		default:
			return uintptr(e)
		}
	}
	if denied {
		return uintptr(unix.EACCES)
	}
	return uintptr(unix.ENOENT)
}

// fail reports and ends the child. If a seccomp filter refuses even to exit, it ends
// by a fault, which nothing can refuse.
//
//go:nosplit
//go:norace
func fail(p *program) {
	p.report.Kind = reportFailure
	*p.shared = p.report
	syscall.RawSyscall6(unix.SYS_SENDTO, p.sock, uintptr(unsafe.Pointer(&p.report)), unsafe.Sizeof(p.report), unix.MSG_NOSIGNAL, 0, 0)
	syscall.RawSyscall(unix.SYS_EXIT_GROUP, exitFailed, 0, 0)
	for {
		*p.fault = 0
	}
}
