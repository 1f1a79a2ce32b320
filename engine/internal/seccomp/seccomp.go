// Package seccomp compiles seccomp profiles in Docker's form to the BPF programs that
// the kernel runs at every system call (seccomp(2)). It neither loads a filter nor needs
// libseccomp. It runs in berth, which puts the result into the bundle.
//
// Where a rule can be read in two ways, the reading is libseccomp's, because profiles
// are written and tested against it: a rule without conditions for a call overrides all
// that have some; of the others the first that matches wins.
package seccomp

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"

	"berth/engine"

	profiles "github.com/moby/profiles/seccomp"
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

//go:generate go run gen.go

// compilerVersion changes whenever the same profile gives another program.
const compilerVersion = 1

// profileModule is where the default profile comes from.
const profileModule = "github.com/moby/profiles/seccomp"

// Version names all that a compiled filter depends on beside the profile file and the
// capabilities: this compiler, the default profile, the kernel and the architecture.
// Filters may be kept as long as it stays the same.
var Version = sync.OnceValue(func() string {
	module := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == profileModule {
				module = m.Version
			}
		}
	}
	var u unix.Utsname
	_ = unix.Uname(&u) // cannot fail with a valid buffer
	return fmt.Sprintf("%d %s %s %s", compilerVersion, module, unix.ByteSliceToString(u.Release[:]), runtime.GOARCH)
})

// Compile returns the filter for a process with these bounding capabilities: struct
// sock_filter after struct sock_filter, 8 bytes each, host byte order. profile is the text of
// a profile in Docker's JSON form; nil is Docker's default. The result is nil if
// the profile confines nothing. ClassInvalid says what is wrong with the profile,
// ClassUnsupported what this compiler can't do.
func Compile(profile []byte, caps []string) ([]byte, error) {
	p, err := resolve(profile, caps)
	if err != nil || p == nil {
		return nil, err
	}
	prog, err := compile(p, runtime.GOARCH)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, 8*len(prog))
	for _, i := range prog {
		out = binary.NativeEndian.AppendUint16(out, i.Code)
		out = append(out, i.Jt, i.Jf)
		out = binary.NativeEndian.AppendUint32(out, i.K)
	}
	return out, nil
}

// resolve decides the profile's conditions: capabilities, architecture, kernel.
func resolve(profile []byte, caps []string) (*specs.LinuxSeccomp, error) {
	spec := &specs.Spec{Process: &specs.Process{Capabilities: &specs.LinuxCapabilities{Bounding: caps}}}
	if profile == nil {
		p, err := profiles.GetDefaultProfile(spec)
		if err != nil {
			return nil, fmt.Errorf("load default seccomp profile: %w", err)
		}
		return p, nil
	}
	var shape struct{ Syscalls []*json.RawMessage }
	if err := json.Unmarshal(profile, &shape); err != nil {
		return nil, engine.Errorf(engine.ClassInvalid, "load seccomp profile: %w", err)
	}
	if slices.Contains(shape.Syscalls, nil) { // LoadProfile would dereference it
		return nil, engine.Errorf(engine.ClassInvalid, "load seccomp profile: a rule is null")
	}
	p, err := profiles.LoadProfile(string(profile), spec)
	if err != nil {
		return nil, engine.Errorf(engine.ClassInvalid, "load seccomp profile: %w", err)
	}
	return p, nil
}

// maxInstructions is the kernel's limit, BPF_MAXINSNS.
const maxInstructions = 4096

// compile makes the program for a native architecture, GOARCH's name.
func compile(p *specs.LinuxSeccomp, goarch string) ([]unix.SockFilter, error) {
	arches, err := architectures(p, goarch)
	if err != nil {
		return nil, err
	}
	// The program is put together from its end, since all jumps lead forward.
	var a assembler
	next := a.ret(unix.SECCOMP_RET_KILL_PROCESS) // an architecture that the profile does not know
	for i := len(arches) - 1; i >= 0; i-- {
		rules, err := ruleSet(p, arches[i])
		if err != nil {
			return nil, err
		}
		body := a.callTree(rules)
		next = a.branch(ifEqual, arches[i].audit, body, next)
	}
	a.load(offArch)
	prog := a.program()
	if len(prog) > maxInstructions {
		return nil, engine.Errorf(engine.ClassUnsupported, "compile seccomp profile: %d instructions, the kernel takes %d", len(prog), maxInstructions)
	}
	return prog, nil
}
