package plan

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A reaper is the memory of reap.
type reaper struct {
	all    uint64 // sigset_t with every signal
	status uint32
	info   [16]uint64 // siginfo_t
}

// Reap makes the child an init for the process whose PID is in the slot: it reaps
// whatever ends, passes signals on, and ends with the process's exit status, or 128+n
// after signal n. The signals must be blocked before. Nothing after it is reached.
func (p *Plan) Reap(pid Slot) {
	p.add(op{kind: opReap, save: -1, args: [6]uintptr{uintptr(pid)}}, pid)
}

//go:nosplit
//go:norace
func reap(m *reaper, pid uintptr) {
	m.all = ^uint64(0)
	for {
		sig, _, e := syscall.RawSyscall6(unix.SYS_RT_SIGTIMEDWAIT, uintptr(unsafe.Pointer(&m.all)), uintptr(unsafe.Pointer(&m.info)), 0, unsafe.Sizeof(m.all), 0, 0)
		if e != 0 {
			continue
		}
		if sig != uintptr(unix.SIGCHLD) {
			syscall.RawSyscall(unix.SYS_KILL, pid, sig, 0)
			continue
		}
		for {
			r, _, e := syscall.RawSyscall6(unix.SYS_WAIT4, ^uintptr(0), uintptr(unsafe.Pointer(&m.status)), unix.WNOHANG, 0, 0, 0)
			if e != 0 || r == 0 {
				break
			}
			if r != pid {
				continue
			}
			code := uintptr(m.status>>8) & 0xff
			if s := uintptr(m.status & 0x7f); s != 0 {
				code = 128 + s
			}
			syscall.RawSyscall(unix.SYS_EXIT_GROUP, code, 0, 0)
		}
	}
}
