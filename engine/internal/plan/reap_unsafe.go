package plan

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"sync"
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

// Rename gives the child another name in ps(1), in place of this program's and its
// arguments, which name paths of the host. A process can't free the memory that
// /proc/PID/cmdline shows, but it can write to its own copy.
func (p *Plan) Rename(name string) {
	p.add(op{kind: opRename, save: -1, path: append([]byte(name), 0), dst: argumentMemory()}, name)
	p.Call(unix.SYS_PRCTL, unix.PR_SET_NAME, name, 0, 0, 0)
}

// argumentMemory is the block of this process's arguments, which the kernel lays out
// and /proc/PID/cmdline shows. It is nil if it can't be found: os.Args may have been
// replaced, and by strings that must not be written to.
var argumentMemory = sync.OnceValue(func() []byte {
	data, err := os.ReadFile("/proc/self/stat")
	if err != nil || len(os.Args) == 0 || os.Args[0] == "" {
		return nil
	}
	// arg_start and arg_end are fields 48 and 49 (proc_pid_stat(5)); the second field
	// may hold spaces and ends at the last parenthesis, the third follows.
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	if len(fields) < 47 {
		return nil
	}
	start, err1 := strconv.ParseUint(fields[45], 10, 64)
	end, err2 := strconv.ParseUint(fields[46], 10, 64)
	first := unsafe.StringData(os.Args[0])
	if err1 != nil || err2 != nil || uint64(uintptr(unsafe.Pointer(first))) != start || end <= start {
		return nil
	}
	return unsafe.Slice(first, end-start)
})

//go:nosplit
//go:norace
func rename(dst, name []byte) {
	for i := range dst {
		if i < len(name) && i < len(dst)-1 {
			dst[i] = name[i]
		} else {
			dst[i] = 0
		}
	}
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
