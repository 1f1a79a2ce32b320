package seccomp

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"berth/engine"
	"berth/engine/internal/caps"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// A simulator runs a program as the kernel does, on packets that are seccomp_data.
type simulator struct{ vm *bpf.VM }

func newSimulator(t testing.TB, prog []unix.SockFilter) simulator {
	t.Helper()
	var ins []bpf.Instruction
	for _, f := range prog {
		ins = append(ins, bpf.RawInstruction{Op: f.Code, Jt: f.Jt, Jf: f.Jf, K: f.K}.Disassemble())
	}
	vm, err := bpf.NewVM(ins)
	if err != nil {
		t.Fatal(err)
	}
	return simulator{vm}
}

func (s simulator) decide(t testing.TB, audit, nr uint32, args [6]uint64) uint32 {
	t.Helper()
	// The VM reads network order, as sockets filters do; the kernel reads words of
	// seccomp_data in the host's.
	data := make([]byte, 0, 64)
	data = binary.BigEndian.AppendUint32(data, nr)
	data = binary.BigEndian.AppendUint32(data, audit)
	data = append(data, make([]byte, 8)...)
	for _, a := range args {
		data = binary.BigEndian.AppendUint32(data, uint32(a))
		data = binary.BigEndian.AppendUint32(data, uint32(a>>32))
	}
	// VM.Run returns how many bytes of a packet are kept, and cuts that to the packet's
	// length only in a socket, so the whole word comes back.
	n, err := s.vm.Run(data)
	if err != nil {
		t.Fatal(err)
	}
	return uint32(n)
}

// expected reads the profile directly, without the compiler's data structures.
func expected(p *specs.LinuxSeccomp, a arch, numbers map[string]uint32, newest, nr uint32, args [6]uint64) uint32 {
	if a.x32 && nr >= x32Bit {
		return unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
	}
	verdict := func(act specs.LinuxSeccompAction, errno *uint) uint32 {
		v, err := action(act, errno)
		if err != nil {
			panic(err)
		}
		return v
	}
	matched, found := uint32(0), false
	for _, c := range p.Syscalls {
		for _, name := range c.Names {
			if n, ok := numbers[name]; !ok || n != nr {
				continue
			}
			if len(c.Args) == 0 {
				return verdict(c.Action, c.ErrnoRet)
			}
			if !found && holds(name, c.Args, args) {
				matched, found = verdict(c.Action, c.ErrnoRet), true
			}
		}
	}
	switch {
	case found:
		return matched
	case nr > newest && p.DefaultAction == specs.ActErrno:
		return unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
	}
	return verdict(p.DefaultAction, p.DefaultErrnoRet)
}

func holds(name string, conds []specs.LinuxSeccompArg, args [6]uint64) bool {
	for _, c := range conds {
		v := args[c.Index]
		if slices.Contains(narrow[name], c.Index) {
			v = uint64(uint32(v))
		}
		ok := false
		switch c.Op {
		case specs.OpEqualTo:
			ok = v == c.Value
		case specs.OpNotEqual:
			ok = v != c.Value
		case specs.OpLessThan:
			ok = v < c.Value
		case specs.OpLessEqual:
			ok = v <= c.Value
		case specs.OpGreaterThan:
			ok = v > c.Value
		case specs.OpGreaterEqual:
			ok = v >= c.Value
		case specs.OpMaskedEqual:
			ok = v&c.Value == c.ValueTwo
		}
		if !ok {
			return false
		}
	}
	return true
}

// interesting are values around those that profiles compare with.
func interesting(p *specs.LinuxSeccomp) []uint64 {
	vs := []uint64{0, 1, 1<<32 - 1, 1 << 32, 1<<64 - 1}
	for _, c := range p.Syscalls {
		for _, a := range c.Args {
			vs = append(vs, a.Value-1, a.Value, a.Value+1, a.Value|1<<32, a.ValueTwo, a.Value^1<<63)
		}
	}
	slices.Sort(vs)
	return slices.Compact(vs)
}

// compare checks the program against the profile for every number and many arguments.
func compare(t *testing.T, p *specs.LinuxSeccomp, goarch string) {
	t.Helper()
	prog, err := compile(p, goarch)
	if err != nil {
		t.Fatal(err)
	}
	sim := newSimulator(t, prog)
	arches, err := architectures(p, goarch)
	if err != nil {
		t.Fatal(err)
	}
	values := interesting(p)
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, a := range arches {
		numbers := a.numbers()
		s, err := ruleSet(p, a)
		if err != nil {
			t.Fatal(err)
		}
		checked := 0
		check := func(nr uint32, args [6]uint64) {
			checked++
			want := expected(p, a, numbers, s.newest, nr, args)
			if got := sim.decide(t, a.audit, nr, args); got != want {
				t.Fatalf("%s %d %x: %#x, want %#x", a.name, nr, args, got, want)
			}
		}
		nrs := []uint32{1 << 31, x32Bit - 1, x32Bit, x32Bit + 1, x32Bit + 41, 1<<32 - 1, firstPrivate, firstPrivate + 2, firstPrivate + 5}
		for nr := range uint32(512) {
			nrs = append(nrs, nr)
		}
		for _, nr := range nrs {
			for _, v := range values {
				check(nr, [6]uint64{v, v, v, v, v, v})
			}
			for range 4 {
				var args [6]uint64
				for i := range args {
					args[i] = values[rnd.IntN(len(values))]
				}
				check(nr, args)
			}
		}
		t.Logf("%s: %d decisions, %d instructions", a.name, checked, len(prog))
	}
	if got := sim.decide(t, 0x12345678, 1, [6]uint64{}); got != unix.SECCOMP_RET_KILL_PROCESS {
		t.Errorf("a foreign architecture gets %#x", got)
	}
}

func TestDefaultProfileDecisions(t *testing.T) {
	all := caps.Set(1)<<caps.Count - 1
	for name, list := range map[string][]string{"default": caps.Default(), "none": nil, "all": all.Names(), "ptrace": {"CAP_SYS_PTRACE"}} {
		for _, goarch := range []string{"amd64", "arm64"} {
			t.Run(name+"/"+goarch, func(t *testing.T) {
				p, err := resolve(nil, list)
				if err != nil {
					t.Fatal(err)
				}
				p.Architectures = machines[goarch]
				compare(t, p, goarch)
			})
		}
	}
}

func TestCustomProfileDecisions(t *testing.T) {
	for name, text := range map[string]string{
		"allow by default": `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
			{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":5},
			{"names":["ptrace"],"action":"SCMP_ACT_KILL_PROCESS"},
			{"names":["chmod"],"action":"SCMP_ACT_LOG"}]}`,
		"every operator": `{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":13,"architectures":["SCMP_ARCH_X86_64"],"syscalls":[
			{"names":["read"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":5,"op":"SCMP_CMP_EQ"}]},
			{"names":["write"],"action":"SCMP_ACT_ALLOW","args":[{"index":1,"value":4294967301,"op":"SCMP_CMP_NE"}]},
			{"names":["close"],"action":"SCMP_ACT_TRAP","args":[{"index":2,"value":8589934595,"op":"SCMP_CMP_LT"}]},
			{"names":["stat"],"action":"SCMP_ACT_KILL","args":[{"index":3,"value":8589934595,"op":"SCMP_CMP_LE"}]},
			{"names":["fstat"],"action":"SCMP_ACT_ALLOW","args":[{"index":4,"value":8589934595,"op":"SCMP_CMP_GT"}]},
			{"names":["lstat"],"action":"SCMP_ACT_ALLOW","args":[{"index":5,"value":8589934595,"op":"SCMP_CMP_GE"}]},
			{"names":["poll"],"action":"SCMP_ACT_TRACE","errnoRet":7,"args":[{"index":0,"value":12884901891,"valueTwo":4294967297,"op":"SCMP_CMP_MASKED_EQ"}]},
			{"names":["lseek"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"},{"index":1,"value":2,"op":"SCMP_CMP_GT"}]}]}`,
		"unconditional wins": `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[
			{"names":["read"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":5,"op":"SCMP_CMP_EQ"}]},
			{"name":"read","action":"SCMP_ACT_ALLOW"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			p, err := resolve([]byte(text), nil)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, p, "amd64")
		})
	}
}

func TestDefaultProfileDenies(t *testing.T) {
	p, err := resolve(nil, caps.Default())
	if err != nil {
		t.Fatal(err)
	}
	p.Architectures = machines["amd64"]
	prog, err := compile(p, "amd64")
	if err != nil {
		t.Fatal(err)
	}
	sim := newSimulator(t, prog)
	numbers := known[specs.ArchX86_64].numbers()
	const allow, eperm, enosys = uint32(unix.SECCOMP_RET_ALLOW), unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM), unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
	for _, tt := range []struct {
		call string
		args [6]uint64
		want uint32
	}{
		{"read", [6]uint64{}, allow},
		{"socket", [6]uint64{unix.AF_INET}, allow},
		{"socket", [6]uint64{unix.AF_ALG}, eperm},
		{"socket", [6]uint64{1<<32 | unix.AF_ALG}, eperm}, // the kernel cuts it to AF_ALG
		{"socket", [6]uint64{unix.AF_VSOCK}, eperm},
		{"keyctl", [6]uint64{}, eperm},
		{"bpf", [6]uint64{}, eperm},
		{"mount", [6]uint64{}, eperm},
		{"unshare", [6]uint64{}, eperm},
		{"clone", [6]uint64{uint64(unix.SIGCHLD)}, allow},
		{"clone", [6]uint64{unix.CLONE_NEWUSER}, eperm},
		{"clone3", [6]uint64{}, enosys},
		{"personality", [6]uint64{0xffffffff}, allow},
		{"personality", [6]uint64{0x0040000}, eperm},
	} {
		if got := sim.decide(t, unix.AUDIT_ARCH_X86_64, numbers[tt.call], tt.args); got != tt.want {
			t.Errorf("%s(%#x): %#x, want %#x", tt.call, tt.args[0], got, tt.want)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	for _, tt := range []struct {
		text  string
		class engine.Class
	}{
		{`{`, engine.ClassInvalid},
		{`{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[null]}`, engine.ClassInvalid},
		{`{"defaultAction":"SCMP_ACT_NONSENSE"}`, engine.ClassInvalid},
		{`{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_NOTIFY"}]}`, engine.ClassUnsupported},
		{`{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_ERRNO","args":[{"index":6,"op":"SCMP_CMP_EQ"}]}]}`, engine.ClassInvalid},
		{`{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"op":"=="}]}]}`, engine.ClassInvalid},
	} {
		if _, err := Compile([]byte(tt.text), nil); engine.ClassOf(err) != tt.class {
			t.Errorf("%s: %v, want %v", tt.text, err, tt.class)
		}
	}
	if filter, err := Compile([]byte(`{}`), nil); err != nil || filter != nil {
		t.Errorf("an empty profile: %d bytes, %v", len(filter), err)
	}
}

func TestCompileFitsTheKernel(t *testing.T) {
	filter, err := Compile(nil, caps.Default())
	if err != nil {
		t.Fatal(err)
	}
	if len(filter) == 0 || len(filter)%8 != 0 || len(filter)/8 > maxInstructions {
		t.Errorf("filter of %d bytes", len(filter))
	}
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		if _, err := Compile(nil, caps.Default()); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleCompile() {
	filter, err := Compile([]byte(`{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mount"],"action":"SCMP_ACT_ERRNO"}]}`), nil)
	fmt.Println(len(filter) > 0, err)
	// Output: true <nil>
}
