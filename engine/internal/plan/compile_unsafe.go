package plan

import (
	"fmt"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// compile makes the list that the child reads: labels become places, and what is
// known only at the fork is filled in. It changes the plan, which is for one fork.
func (p *Plan) compile(theirs, sock int, c *clocks) *program {
	p.endStep()
	prog := &program{
		ops:    p.ops,
		slots:  make([]uintptr, len(p.slots)),
		sock:   uintptr(sock),
		theirs: uintptr(theirs),
		clocks: c.times,
		log:    c.log,
	}
	if p.sock != 0 {
		prog.slots[p.sock-1] = uintptr(sock)
	}
	for i := range prog.ops {
		o := &prog.ops[i]
		for h := range o.handlers[:o.nhandlers] {
			if to := &o.handlers[h].to; *to >= 0 {
				*to = int32(p.labels[*to])
			}
		}
		switch o.kind {
		case opJump:
			o.target = int32(p.labels[o.target])
		case opKeepOnly:
			o.sortDescriptors(uintptr(sock))
		}
	}
	return prog
}

// clocks is memory that parent and child share: the child writes there when each
// step began, which costs no system call for sending it, and what the kernel says
// about a mount that failed.
type clocks struct {
	mem   []byte
	times []unix.Timespec
	log   []byte
}

// maxLog is more than the kernel's messages have.
const maxLog = 512

func newClocks(n int) (*clocks, error) {
	size := max(n, 1) * int(unsafe.Sizeof(unix.Timespec{}))
	mem, err := unix.Mmap(-1, 0, size+maxLog, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, fmt.Errorf("map memory shared with the child: %w", err)
	}
	return &clocks{mem, unsafe.Slice((*unix.Timespec)(unsafe.Pointer(&mem[0])), n), mem[size:]}, nil
}

// message returns what the kernel said, without the letter for its severity (fsopen(2)).
func (c *clocks) message() string {
	text := strings.TrimSpace(unix.ByteSliceToString(c.log))
	for _, severity := range []string{"e ", "w ", "i "} {
		text = strings.TrimPrefix(text, severity)
	}
	return strings.ToValidUTF8(text, "?")
}

func (c *clocks) free() {
	if c.mem != nil {
		unix.Munmap(c.mem)
		c.mem, c.times, c.log = nil, nil, nil
	}
}
