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
		shared: c.report,
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
// step began, which costs no system call for sending it, what the kernel says about a
// mount that failed, and its own last words, which a seccomp filter may keep from the socket.
type clocks struct {
	mem    []byte
	times  []unix.Timespec
	report *report
	log    []byte
}

// maxLog is more than the kernel's messages have.
const maxLog = 512

func newClocks(n int) (*clocks, error) {
	size := max(n, 1) * int(unsafe.Sizeof(unix.Timespec{}))
	last := size + int(unsafe.Sizeof(report{}))
	mem, err := unix.Mmap(-1, 0, last+maxLog, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, fmt.Errorf("map memory shared with the child: %w", err)
	}
	return &clocks{
		mem:    mem,
		times:  unsafe.Slice((*unix.Timespec)(unsafe.Pointer(&mem[0])), n),
		report: (*report)(unsafe.Pointer(&mem[size])),
		log:    mem[last:],
	}, nil
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
		c.mem, c.times, c.report, c.log = nil, nil, nil, nil
	}
}
