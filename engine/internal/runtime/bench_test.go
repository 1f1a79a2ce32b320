package runtime

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"berth/engine/internal/bundle"
	"berth/engine/internal/caps"
	"berth/engine/internal/seccomp"

	"golang.org/x/sys/unix"
)

// exitCode is machine code for _exit(0), so that the benchmarks measure the start and
// not the Go runtime of a test program.
var exitCode = map[string][]byte{
	"amd64": {0x31, 0xff, 0xb8, 60, 0, 0, 0, 0x0f, 0x05},                        // xor edi,edi; mov eax,60; syscall
	"arm64": {0, 0, 0x80, 0xd2, 0xa8, 0x0b, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4}, // mov x0,0; mov x8,93; svc 0
}

// writeTrue writes the smallest program that does nothing.
func writeTrue(t testing.TB, name string) {
	t.Helper()
	code, ok := exitCode[runtime.GOARCH]
	if !ok {
		t.Skip("no machine code for this architecture")
	}
	machine := elf.EM_X86_64
	if runtime.GOARCH == "arm64" {
		machine = elf.EM_AARCH64
	}
	const base, head = 0x400000, 64 + 56
	var b bytes.Buffer
	mustDo(t, binary.Write(&b, binary.LittleEndian, elf.Header64{
		Ident: [16]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(machine), Version: 1, Entry: base + head, Phoff: 64,
		Ehsize: 64, Phentsize: 56, Phnum: 1,
	}))
	size := uint64(head + len(code))
	mustDo(t, binary.Write(&b, binary.LittleEndian, elf.Prog64{
		Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X), Vaddr: base, Paddr: base, Filesz: size, Memsz: size, Align: 0x1000,
	}))
	b.Write(code)
	mustDo(t, os.WriteFile(name, b.Bytes(), 0o755))
}

func trueBundle(b *testing.B) *bundle.Bundle {
	lower := image(b, func(root string) { writeTrue(b, root+"/bin/true") })
	bd := testBundle(b, lower)
	bd.Spec.Process.Args = []string{"true"}
	filter, err := seccomp.Compile(nil, caps.Default())
	mustDo(b, err)
	bd.Seccomp = filter
	return bd
}

// cpu reports the processor time per operation of this process and its children, which
// other load on the machine disturbs less than the elapsed time.
func cpu(b *testing.B) func() {
	used := func() (t time.Duration) {
		for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
			var u unix.Rusage
			mustDo(b, unix.Getrusage(who, &u))
			t += time.Duration(u.Utime.Nano() + u.Stime.Nano())
		}
		return t
	}
	before := used()
	return func() { b.ReportMetric(float64((used()-before).Microseconds())/1000/float64(b.N), "cpu-ms/op") }
}

// BenchmarkFloor is a bare fork and exec of the same program.
func BenchmarkFloor(b *testing.B) {
	name := b.TempDir() + "/true"
	writeTrue(b, name)
	defer cpu(b)()
	for b.Loop() {
		mustDo(b, exec.Command(name).Run())
	}
}

func BenchmarkStart(b *testing.B) {
	bd := trueBundle(b)
	defer cpu(b)()
	for b.Loop() {
		p, err := Start(b.Context(), bd, Options{})
		mustDo(b, err)
		_, err = p.Wait()
		mustDo(b, err)
		p.Dismantle()
	}
}

// BenchmarkStartWithoutCgroups tells what showing the cgroups costs.
func BenchmarkStartWithoutCgroups(b *testing.B) {
	bd := trueBundle(b)
	bd.Spec.Mounts = bd.Spec.Mounts[:len(bd.Spec.Mounts)-1]
	defer cpu(b)()
	for b.Loop() {
		p, err := Start(b.Context(), bd, Options{})
		mustDo(b, err)
		_, err = p.Wait()
		mustDo(b, err)
		p.Dismantle()
	}
}

func BenchmarkExec(b *testing.B) {
	bd := trueBundle(b)
	bd.Spec.Process.Args = []string{inside, "copy"}
	p := startSleeper(b, bd)
	defer cpu(b)()
	for b.Loop() {
		x, err := p.Exec(b.Context(), ExecSpec{Args: []string{"true"}}, Options{})
		mustDo(b, err)
		_, err = x.Wait()
		mustDo(b, err)
	}
}

func BenchmarkPlan(b *testing.B) {
	bd := trueBundle(b)
	defer cpu(b)()
	for b.Loop() {
		s, err := newStart(bd, Options{})
		mustDo(b, err)
		s.close()
	}
}
