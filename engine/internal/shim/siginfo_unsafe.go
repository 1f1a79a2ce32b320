package shim

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// siginfo is the part of siginfo_t that waitid(2) fills for SIGCHLD, on 64-bit Linux.
type siginfo struct {
	signo, errno, code int32
	_                  int32
	pid                int32
	_                  [128 - 20]byte
}

// waitid waits for any child.
func waitid(info *siginfo, options int) error {
	return unix.Waitid(unix.P_ALL, 0, (*unix.Siginfo)(unsafe.Pointer(info)), options, nil)
}
