// Package quickio reads and writes descriptors in as few steps as there can be, for what a
// person who types waits for.
//
// What never blocks need not be told to the runtime. Told of a system call in a process that
// was idle, it wakes its monitor first, and that then comes up every few microseconds for a
// while, often on the very processor that the answer to a key is waiting for. Only to wait, in a
// [Gate], is the runtime's affair.
//
// It knows nothing of terminals, sessions or sockets. It runs in berth and in the shim.
package quickio

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Read is read(2), again if a signal ended it. fd must be non-blocking, or known to be
// readable. It returns 0 and no error at the end of the file.
func Read(fd int, p []byte) (int, error) { return call(unix.SYS_READ, fd, p) }

// Write is write(2), again if a signal ended it. fd must be non-blocking.
func Write(fd int, p []byte) (int, error) { return call(unix.SYS_WRITE, fd, p) }

func call(trap uintptr, fd int, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		n, _, errno := unix.RawSyscall(trap, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
			continue
		}
		return 0, errno
	}
}

// Writev writes two pieces with one writev(2); one of them may be empty. fd must be non-blocking.
func Writev(fd int, a, b []byte) (int, error) {
	var iov [2]unix.Iovec
	used := uintptr(0)
	for _, p := range [...][]byte{a, b} {
		if len(p) > 0 {
			iov[used].Base = &p[0]
			iov[used].SetLen(len(p))
			used++
		}
	}
	if used == 0 {
		return 0, nil
	}
	for {
		n, _, errno := unix.RawSyscall(unix.SYS_WRITEV, uintptr(fd), uintptr(unsafe.Pointer(&iov[0])), used)
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
			continue
		}
		return 0, errno
	}
}

// Sleep sleeps in the kernel, and keeps the runtime from doing anything about it: a process
// whose goroutines all sleep goes to sleep as a whole and comes up again for each timer, with
// its monitor. d must be short.
func Sleep(d time.Duration) {
	ts := unix.NsecToTimespec(int64(d))
	_, _, _ = unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&ts)), 0, 0) // a signal ends it early, which harms nothing
}

// Await waits at most d until fd is readable. Like [Sleep], for short times only.
func Await(fd int, d time.Duration) {
	fds := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	ts := unix.NsecToTimespec(int64(d))
	_, _, _ = unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&fds[0])), 1, uintptr(unsafe.Pointer(&ts)), 0, 0, 0) // it is tried in any case
}

// pending takes one event from an epoll instance, if there is one.
func pending(ep int) (bool, error) {
	var ev [1]unix.EpollEvent
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(ep), uintptr(unsafe.Pointer(&ev[0])), 1, 0, 0, 0)
		switch errno {
		case 0:
			return n > 0, nil
		case unix.EINTR:
			continue
		}
		return false, errno
	}
}
