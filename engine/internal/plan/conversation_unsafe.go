package plan

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Child is the parent's view of a forked child. One goroutine uses it at a time.
type Child struct {
	Pid int // in this process's PID namespace
	// Pidfd is non-blocking and belongs to the caller, who may keep it after Close.
	Pidfd *os.File

	plan   *Plan
	sock   int // blocking: waking a thread is quicker than the runtime's poller
	clocks *clocks
}

// A Message is the child at a gate, or telling something.
type Message struct {
	Name  string
	Step  int // index of the step that it is in
	Value int
	Files []*os.File // the receiver closes them
}

// Next blocks until the child says something. It returns io.EOF when nothing of
// the plan runs any more: the program was executed, or the child died. A *[Failure]
// is the child's own last word; the child has exited then and must be reaped.
func (c *Child) Next() (*Message, error) { return c.receive(0) }

// Pending is Next for what has been said already: it does not block, and returns
// io.EOF if there is nothing.
func (c *Child) Pending() (*Message, error) {
	m, err := c.receive(unix.MSG_DONTWAIT)
	if errors.Is(err, unix.EAGAIN) {
		err = io.EOF
	}
	return m, err
}

func (c *Child) receive(flags int) (*Message, error) {
	buf := make([]byte, 64)
	oob := make([]byte, unix.CmsgSpace(4*8))
	n, oobn, _, _, err := unix.Recvmsg(c.sock, buf, oob, unix.MSG_CMSG_CLOEXEC|flags)
	for err == unix.EINTR {
		n, oobn, _, _, err = unix.Recvmsg(c.sock, buf, oob, unix.MSG_CMSG_CLOEXEC|flags)
	}
	if err != nil && !errors.Is(err, unix.ECONNRESET) {
		return nil, fmt.Errorf("receive from the child: %w", err)
	}
	if n == 0 || err != nil {
		if last := *c.clocks.report; last.Kind == reportFailure {
			return nil, c.failure(last)
		}
		return nil, io.EOF
	}
	files, err := received(oob[:oobn])
	if err != nil {
		return nil, err
	}
	if n < int(unsafe.Sizeof(report{})) {
		return nil, fmt.Errorf("receive from the child: %d bytes are no report", n)
	}
	r := (*report)(unsafe.Pointer(&buf[0]))
	if r.Kind == reportFailure {
		return nil, c.failure(*r)
	}
	g := c.plan.gates[r.Op]
	return &Message{Name: g.name, Step: g.step, Value: int(r.Value), Files: files}, nil
}

func (c *Child) failure(r report) *Failure {
	f := c.plan.failure(int(r.Op), syscall.Errno(r.Errno))
	f.Log = c.clocks.message()
	return f
}

func received(oob []byte) ([]*os.File, error) {
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, fmt.Errorf("receive from the child: %w", err)
	}
	var files []*os.File
	for i := range msgs {
		fds, err := unix.ParseUnixRights(&msgs[i])
		if err != nil {
			continue // not descriptors
		}
		for _, fd := range fds {
			files = append(files, os.NewFile(uintptr(fd), "from child"))
		}
	}
	return files, nil
}

// Reply lets the child at a gate go on, with bytes for the gate's buffers (nil: one
// byte that says nothing) and at most one descriptor.
func (c *Child) Reply(data []byte, fd *os.File) error {
	if data == nil {
		data = []byte{0}
	}
	var oob []byte
	if fd != nil {
		oob = unix.UnixRights(int(fd.Fd()))
	}
	err := unix.Sendmsg(c.sock, data, oob, nil, unix.MSG_NOSIGNAL)
	for err == unix.EINTR {
		err = unix.Sendmsg(c.sock, data, oob, nil, unix.MSG_NOSIGNAL)
	}
	if err != nil {
		return fmt.Errorf("answer the child: %w", err)
	}
	return nil
}

// Began returns when each step began, the zero time for those not reached.
func (c *Child) Began() []time.Time {
	var mono unix.Timespec
	unix.ClockGettime(unix.CLOCK_MONOTONIC, &mono)
	now := time.Now()
	out := make([]time.Time, len(c.clocks.times))
	for i, t := range c.clocks.times {
		if t != (unix.Timespec{}) {
			out[i] = now.Add(time.Duration(t.Nano() - mono.Nano()))
		}
	}
	return out
}

// Close frees what the conversation needed. The child runs on if it has got to its
// program; a child still at a gate ends. Pidfd stays open.
func (c *Child) Close() {
	unix.Close(c.sock)
	c.clocks.free()
}
