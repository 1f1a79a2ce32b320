package plan

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// A gate is a place where the child waits for the parent.
type gate struct {
	name string
	step int
}

// Socket is the slot of the child's end of the socket to the parent.
func (p *Plan) Socket() Slot {
	if p.sock == 0 {
		p.sock = p.Slot("socket") + 1
	}
	return p.sock - 1
}

// Gate makes the child send the descriptors and the value in the slots (value may
// be -1 for none) and wait for [Child.Reply]. The reply's bytes fill into, one buffer after
// the other; a descriptor that comes along is *fd afterwards, for [Plan.Load], else ^0.
// If the parent is gone the child ends.
func (p *Plan) Gate(name string, send []Slot, value Slot, into ...[]byte) (fd *uint32) {
	p.Tell(name, send, value)
	return p.Await(into...)
}

// Await makes the child wait as in Gate, without asking: for a parent that gives its
// reply unasked, and early enough that the child need not sleep.
func (p *Plan) Await(into ...[]byte) (fd *uint32) {
	if len(into) == 0 {
		into = [][]byte{make([]byte, 1)}
	}
	iov := make([]unix.Iovec, len(into))
	for i, b := range into {
		iov[i].Base = &b[0]
		iov[i].SetLen(len(b))
	}
	control := newControl(1)
	msg := &unix.Msghdr{Iov: &iov[0], Iovlen: uint64(len(iov)), Control: control.bytes()}
	msg.SetControllen(control.space())
	p.pinned = append(p.pinned, into, iov, control)
	p.Call(unix.SYS_RECVMSG, p.Socket(), msg, uintptr(unix.MSG_CMSG_CLOEXEC)).AtLeast(1)
	return control.fd(0)
}

// Tell makes the child send as in Gate, and go on.
func (p *Plan) Tell(name string, send []Slot, value Slot) {
	r := &report{Kind: reportGate, Op: uint32(len(p.gates))}
	p.gates = append(p.gates, gate{name: name, step: len(p.steps) - 1})
	if value >= 0 {
		p.Store(&r.Value, value)
	}
	iov := &unix.Iovec{Base: (*byte)(unsafe.Pointer(r))}
	iov.SetLen(int(unsafe.Sizeof(*r)))
	msg := &unix.Msghdr{Iov: iov, Iovlen: 1}
	if len(send) > 0 {
		control := newControl(len(send))
		msg.Control = control.bytes()
		msg.SetControllen(control.space())
		for i, s := range send {
			p.Store(control.fd(i), s)
		}
		p.pinned = append(p.pinned, control)
	}
	p.pinned = append(p.pinned, r, iov)
	p.Call(unix.SYS_SENDMSG, p.Socket(), msg, uintptr(unix.MSG_NOSIGNAL))
}

// A control is one SCM_RIGHTS control message, see cmsg(3), in aligned memory.
type control struct {
	mem []uint64
	n   int
}

func newControl(n int) *control {
	c := &control{mem: make([]uint64, (unix.CmsgSpace(4*n)+7)/8), n: n}
	h := (*unix.Cmsghdr)(unsafe.Pointer(&c.mem[0]))
	h.Level, h.Type = unix.SOL_SOCKET, unix.SCM_RIGHTS
	h.SetLen(unix.CmsgLen(4 * n))
	for i := range n {
		*c.fd(i) = ^uint32(0)
	}
	return c
}

func (c *control) bytes() *byte { return (*byte)(unsafe.Pointer(&c.mem[0])) }

func (c *control) space() int { return unix.CmsgSpace(4 * c.n) }

// fd points at the i-th descriptor.
func (c *control) fd(i int) *uint32 {
	return (*uint32)(unsafe.Add(unsafe.Pointer(&c.mem[0]), unix.CmsgLen(0)+4*i))
}

// Words makes n 32-bit words that a reply can fill, and the same memory as bytes.
func Words(n int) ([]uint32, []byte) {
	w := make([]uint32, n)
	return w, unsafe.Slice((*byte)(unsafe.Pointer(&w[0])), 4*n)
}
