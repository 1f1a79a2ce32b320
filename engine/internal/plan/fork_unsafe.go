package plan

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The runtime's own preparations for a fork. It exports them to packages outside
// the standard library by name (go.dev/issue/67401); their meaning is that in
// syscall.forkAndExecInChild.

//go:linkname beforeFork syscall.runtime_BeforeFork
func beforeFork()

//go:linkname afterFork syscall.runtime_AfterFork
func afterFork()

//go:linkname afterForkInChild syscall.runtime_AfterForkInChild
func afterForkInChild()

// forker runs functions on one thread that lives as long as the process.
// PR_SET_PDEATHSIG is about the thread that forked, not its process: a child of a
// thread that the Go runtime later ends would be killed with it.
var forker = sync.OnceValue(func() chan<- func() {
	c := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range c {
			f()
		}
	}()
	return c
})

// Fork makes the child with clone3(2) and the given CLONE_NEW* flags and starts
// it on the plan. The child has copies of every descriptor of this process; the
// plan must close them ([Plan.KeepOnly]). The caller owns the Child and must call
// Close. It fails only if clone3 or the making of the socket does.
func (p *Plan) Fork(flags uint64) (*Child, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("make a socket pair for the child: %w", err)
	}
	defer unix.Close(pair[1])
	shared, err := newClocks(len(p.steps))
	if err != nil {
		unix.Close(pair[0])
		return nil, err
	}
	prog := p.compile(pair[0], pair[1], shared)
	// The kernel writes the pidfd through an address that the garbage collector does
	// not see as one. The closure below goes to another goroutine, so call lives on the
	// heap, where nothing moves; on this goroutine's stack it could be moved away.
	call := &struct {
		args  cloneArgs
		pidfd int32
	}{pidfd: -1}
	call.args = cloneArgs{
		flags:      flags | unix.CLONE_PIDFD,
		pidfd:      uint64(uintptr(unsafe.Pointer(&call.pidfd))),
		exitSignal: uint64(unix.SIGCHLD),
	}
	var pid uintptr
	var errno syscall.Errno
	done := make(chan struct{})
	forker() <- func() {
		syscall.ForkLock.Lock()
		pid, errno = fork(&call.args, prog)
		syscall.ForkLock.Unlock()
		close(done)
	}
	<-done
	runtime.KeepAlive(p)
	pidfd := call.pidfd
	if errno != 0 {
		unix.Close(pair[0])
		shared.free()
		return nil, fmt.Errorf("clone with %#x: %w", flags, errno)
	}
	unix.SetNonblock(int(pidfd), true)
	return &Child{
		Pid:    int(pid),
		Pidfd:  os.NewFile(uintptr(pidfd), "pidfd"),
		plan:   p,
		sock:   pair[0],
		clocks: shared,
	}, nil
}

// cloneArgs is struct clone_args of clone3(2) in its first version.
type cloneArgs struct {
	flags, pidfd, childTID, parentTID, exitSignal, stack, stackSize, tls uint64
}

// fork clones. In the child it never returns. The child has its own copy of the
// address space: without CLONE_VM nothing it does can harm the parent, and the small
// shim's few pages cost little to copy.
//
//go:noinline
//go:norace
func fork(args *cloneArgs, prog *program) (pid uintptr, errno syscall.Errno) {
	beforeFork()
	pid, _, errno = syscall.RawSyscall(unix.SYS_CLONE3, uintptr(unsafe.Pointer(args)), unsafe.Sizeof(*args), 0)
	if errno != 0 || pid != 0 {
		afterFork()
		return pid, errno
	}
	afterForkInChild()
	interpret(prog)
	return 0, 0
}

// Clone adds a clone3(2) with flags, in which the child makes a child of its own:
// that one has 0 in pid and is on the same plan; the caller tells them apart with
// JumpIf. pidfd gets a descriptor of the new process.
func (p *Plan) Clone(flags uint64) (pid, pidfd Slot) {
	pid, pidfd = p.Slot("pid"), p.Slot("pidfd")
	word := new(uint32)
	*word = ^uint32(0) // what the new process sees: the kernel writes after the copy
	args := &cloneArgs{flags: flags | unix.CLONE_PIDFD, pidfd: uint64(uintptr(unsafe.Pointer(word)))}
	if flags&unix.CLONE_PARENT == 0 { // with it the exit signal is that of the caller's
		args.exitSignal = uint64(unix.SIGCHLD)
	}
	p.Call(unix.SYS_CLONE3, args, unsafe.Sizeof(*args)).To(pid)
	p.Load(pidfd, word)
	// As Fork has it, so that the parent can wait without a thread.
	p.Call(unix.SYS_FCNTL, pidfd, unix.F_SETFL, unix.O_NONBLOCK).Ignore(uintptr(unix.EBADF))
	return pid, pidfd
}
