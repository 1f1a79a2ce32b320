package cgroup

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Version 2 has no device controller, but runs a program at each access to a device
// (BPF_PROG_TYPE_CGROUP_DEVICE; struct bpf_cgroup_dev_ctx in linux/bpf.h). The rules
// are few, so we assemble it ourselves instead of bringing in a compiler's library.

// An insn is struct bpf_insn.
type insn struct {
	code uint8
	regs uint8 // destination in the low half, source in the high half
	off  int16
	imm  int32
}

// Opcodes (linux/bpf_common.h, linux/bpf.h): class, operation, and source K or X.
const (
	ldxW   = 0x61 // dst = *(u32 *)(src + off)
	movX   = 0xbf
	movK   = 0xb7
	rshK   = 0x77
	andK   = 0x54 // 32 bits wide, so that the mask is not sign-extended
	jeqK   = 0x15
	jneK   = 0x55
	exit   = 0x95
	r0, r1 = 0, 1
)

// Registers of our program.
const (
	rType, rAccess, rMajor, rMinor, rScratch = 2, 3, 4, 5, 6
)

// The values in bpf_cgroup_dev_ctx.access_type: the kind of device below, the access above.
const (
	devBlock, devChar             = 1, 2
	accMknod, accRead, accWrite   = 1, 2, 4
	accAll                        = accMknod | accRead | accWrite
	cgroupDevice, progLoad        = unix.BPF_CGROUP_DEVICE, unix.BPF_PROG_LOAD
	progTypeDevice, progAttachCmd = unix.BPF_PROG_TYPE_CGROUP_DEVICE, unix.BPF_PROG_ATTACH
)

// deviceProgram assembles rules: the last one that matches decides, as when they are
// written one after the other in version 1, and nothing is allowed if none does.
func deviceProgram(rules []rule) []insn {
	p := []insn{
		{code: ldxW, regs: rAccess | r1<<4, off: 0},
		{code: movX, regs: rType | rAccess<<4},
		{code: andK, regs: rType, imm: 0xffff},
		{code: rshK, regs: rAccess, imm: 16},
		{code: ldxW, regs: rMajor | r1<<4, off: 4},
		{code: ldxW, regs: rMinor | r1<<4, off: 8},
	}
	for i := len(rules) - 1; i >= 0; i-- {
		p = append(p, rules[i].assemble()...)
	}
	return append(p, insn{code: movK, regs: r0, imm: 0}, insn{code: exit})
}

// assemble returns the rule's part: tests that jump behind it, and a verdict.
func (r rule) assemble() []insn {
	var p []insn
	switch r.kind {
	case 'b':
		p = append(p, insn{code: jneK, regs: rType, imm: devBlock})
	case 'c':
		p = append(p, insn{code: jneK, regs: rType, imm: devChar})
	}
	if acc := r.bits(); acc != accAll {
		// Allowing needs all that is asked for, denying any of it.
		test := insn{code: jneK, regs: rScratch, imm: 0}
		mask := int32(accAll &^ acc)
		if !r.allow {
			test.code, mask = jeqK, int32(acc)
		}
		p = append(p, insn{code: movX, regs: rScratch | rAccess<<4}, insn{code: andK, regs: rScratch, imm: mask}, test)
	}
	if r.major >= 0 {
		p = append(p, insn{code: jneK, regs: rMajor, imm: int32(r.major)})
	}
	if r.minor >= 0 {
		p = append(p, insn{code: jneK, regs: rMinor, imm: int32(r.minor)})
	}
	verdict := int32(0)
	if r.allow {
		verdict = 1
	}
	p = append(p, insn{code: movK, regs: r0, imm: verdict}, insn{code: exit})
	for i := range p {
		if p[i].code == jneK || p[i].code == jeqK {
			p[i].off = int16(len(p) - i - 1)
		}
	}
	return p
}

// attachDevices loads the program of rules and attaches it to the group dir, where it
// stays until the group is removed.
func attachDevices(dir string, rules []rule) error {
	group, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer group.Close()
	prog := deviceProgram(rules)
	license := [...]byte{'A', 'p', 'a', 'c', 'h', 'e', 0} // the program calls nothing that asks for another
	load := struct {
		progType, count uint32
		insns, license  uint64
		logLevel        uint32
		logSize         uint32
		logBuf          uint64
		kernVersion     uint32
		flags           uint32
		name            [16]byte
		ifindex         uint32
		expected        uint32
	}{
		progType: progTypeDevice, count: uint32(len(prog)), expected: cgroupDevice,
		insns: uint64(uintptr(unsafe.Pointer(&prog[0]))), license: uint64(uintptr(unsafe.Pointer(&license[0]))),
	}
	copy(load.name[:], "berth_devices")
	fd, errno := bpf(progLoad, unsafe.Pointer(&load), unsafe.Sizeof(load))
	runtime.KeepAlive(prog)
	runtime.KeepAlive(&license)
	if errno != 0 {
		return fmt.Errorf("load device program: %w", errno)
	}
	defer unix.Close(int(fd))
	attach := struct{ target, prog, kind, flags uint32 }{
		target: uint32(group.Fd()), prog: uint32(fd), kind: cgroupDevice, flags: unix.BPF_F_ALLOW_MULTI,
	}
	_, errno = bpf(progAttachCmd, unsafe.Pointer(&attach), unsafe.Sizeof(attach))
	runtime.KeepAlive(group)
	if errno != 0 {
		return fmt.Errorf("attach device program: %w", errno)
	}
	return nil
}

// bpf calls bpf(2). The kernel gives up checking a program when a signal is pending
// (EAGAIN), and the Go runtime sends itself signals all the time.
func bpf(cmd uintptr, attr unsafe.Pointer, size uintptr) (fd uintptr, errno unix.Errno) {
	for range 100 {
		fd, _, errno = unix.Syscall(unix.SYS_BPF, cmd, uintptr(attr), size)
		if errno != unix.EAGAIN && errno != unix.EINTR {
			break
		}
	}
	return fd, errno
}
