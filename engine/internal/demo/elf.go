package demo

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
)

// A machine is one processor for which tinyELF can assemble.
type machine struct {
	arch     string // as images name it
	elf      elf.Machine
	pageSize uint64 // the largest that its kernels use: segments must be aligned to it
	// code returns the instructions; the message of n bytes lies right behind them, at address
	// end(len(code)). The length of the result must not depend on the address.
	code func(message uint64, n int) []byte
}

// machines are those of hello-world.
var machines = []machine{
	{arch: "amd64", elf: elf.EM_X86_64, pageSize: 0x1000, code: codeAMD64},
	{arch: "arm64", elf: elf.EM_AARCH64, pageSize: 0x10000, code: codeARM64},
}

const (
	loadAddress = 0x400000
	headers     = 64 + 56 // ELF header and one program header
)

// tinyELF makes a static executable that writes message to standard output with a single
// write(2) and exits with 0, or with 1 if not all of it could be written.
//
// It has one segment, readable and executable, and no sections. Overlapping the two
// headers would save a few bytes more and make readelf, file and emulators stumble.
func tinyELF(m machine, message string) []byte {
	size := len(m.code(loadAddress, len(message)))
	code := m.code(loadAddress+headers+uint64(size), len(message))

	var out bytes.Buffer
	header := elf.Header64{
		Type: uint16(elf.ET_EXEC), Machine: uint16(m.elf), Version: uint32(elf.EV_CURRENT),
		Entry: loadAddress + headers, Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1,
	}
	copy(header.Ident[:], elf.ELFMAG)
	header.Ident[elf.EI_CLASS] = byte(elf.ELFCLASS64)
	header.Ident[elf.EI_DATA] = byte(elf.ELFDATA2LSB)
	header.Ident[elf.EI_VERSION] = byte(elf.EV_CURRENT)
	total := uint64(headers + size + len(message))
	segment := elf.Prog64{
		Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X),
		Vaddr: loadAddress, Paddr: loadAddress, Filesz: total, Memsz: total, Align: m.pageSize,
	}
	// Writing to a buffer can't fail, nor can encoding these fixed-size structs.
	_ = binary.Write(&out, binary.LittleEndian, header)
	_ = binary.Write(&out, binary.LittleEndian, segment)
	out.Write(code)
	out.WriteString(message)
	return out.Bytes()
}

// codeAMD64 assembles for x86-64: Intel SDM volume 2; system calls per the psABI, appendix A.2.
func codeAMD64(message uint64, n int) []byte {
	var c []byte
	c = append(c, 0x6a, 0x01, 0x58)                                        // push 1; pop rax        write
	c = append(c, 0x89, 0xc7)                                              // mov edi, eax           standard output
	c = binary.LittleEndian.AppendUint32(append(c, 0xbe), uint32(message)) // mov esi, message
	c = binary.LittleEndian.AppendUint32(append(c, 0xba), uint32(n))       // mov edx, n
	c = append(c, 0x0f, 0x05)                                              // syscall
	c = append(c, 0x31, 0xff)                                              // xor edi, edi
	c = append(c, 0x39, 0xd0)                                              // cmp eax, edx           all of it?
	c = append(c, 0x40, 0x0f, 0x95, 0xc7)                                  // setne dil
	c = append(c, 0x6a, 0x3c, 0x58)                                        // push 60; pop rax       exit
	return append(c, 0x0f, 0x05)                                           // syscall
}

// codeARM64 assembles for AArch64: Arm ARM, chapter C6; system call numbers of asm-generic/unistd.h.
func codeARM64(message uint64, n int) []byte {
	const instructions = 9
	movz := func(register, value uint32) uint32 { return 0xd2800000 | value<<5 | register }
	// The message follows the last instruction; adr stands second, and counts from itself.
	distance := uint32(4 * (instructions - 1))
	adr := func(register, by uint32) uint32 { return 0x10000000 | by&3<<29 | by>>2<<5 | register }
	var c []byte
	for _, word := range [instructions]uint32{
		movz(0, 1),         // mov x0, #1      standard output
		adr(1, distance),   // adr x1, message
		movz(2, uint32(n)), // mov x2, #n
		movz(8, 64),        // mov x8, #64     write
		0xd4000001,         // svc #0
		0xeb02001f,         // cmp x0, x2      all of it?
		0x9a9f07e0,         // cset x0, ne
		movz(8, 93),        // mov x8, #93     exit
		0xd4000001,         // svc #0
	} {
		c = binary.LittleEndian.AppendUint32(c, word)
	}
	return c
}
