package seccomp

import (
	"slices"
	"strconv"
	"strings"

	"berth/engine"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// An arch is a system call interface of a machine.
type arch struct {
	name  specs.Arch
	audit uint32 // AUDIT_ARCH_*, what seccomp_data.arch says
	table string // "name number" lines
	x32   bool   // shares its audit value with x32's calls
}

var known = map[specs.Arch]arch{
	specs.ArchX86_64:  {specs.ArchX86_64, unix.AUDIT_ARCH_X86_64, callsX8664, true},
	specs.ArchX86:     {specs.ArchX86, unix.AUDIT_ARCH_I386, callsX86, false},
	specs.ArchAARCH64: {specs.ArchAARCH64, unix.AUDIT_ARCH_AARCH64, callsAarch64, false},
	specs.ArchARM:     {specs.ArchARM, unix.AUDIT_ARCH_ARM, callsArm, false},
}

// machines are the interfaces that a machine's kernel can offer, its own first.
var machines = map[string][]specs.Arch{
	"amd64": {specs.ArchX86_64, specs.ArchX86},
	"arm64": {specs.ArchAARCH64, specs.ArchARM},
}

// architectures returns those of the profile that the machine has, its own first and always.
func architectures(p *specs.LinuxSeccomp, goarch string) ([]arch, error) {
	names, ok := machines[goarch]
	if !ok {
		return nil, engine.Errorf(engine.ClassUnsupported, "compile seccomp profile: the architecture %q is not supported", goarch)
	}
	out := []arch{known[names[0]]}
	for _, n := range names[1:] {
		if slices.Contains(p.Architectures, n) {
			out = append(out, known[n])
		}
	}
	return out, nil
}

// numbers reads the table.
func (a arch) numbers() map[string]uint32 {
	out := make(map[string]uint32, 512)
	for line := range strings.Lines(a.table) {
		name, nr, ok := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.ParseUint(nr, 10, 32)
		if ok && err == nil {
			out[name] = uint32(n)
		}
	}
	return out
}
