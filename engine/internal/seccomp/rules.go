package seccomp

import (
	"slices"

	"berth/engine"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// A decision is what happens to one system call: rules in order, then otherwise.
type decision struct {
	rules     []rule
	otherwise uint32 // SECCOMP_RET_*
}

// A rule applies if all its conditions hold.
type rule struct {
	conds  []cond
	action uint32
}

// A cond compares one argument.
type cond struct {
	arg    uint
	op     specs.LinuxSeccompOperator
	value  uint64
	mask   uint64 // for OpMaskedEqual
	narrow bool   // only the lower half counts
}

// A set is the decisions of one architecture.
type set struct {
	calls    map[uint32]decision
	fallback uint32
	// newest is the highest number that the profile speaks of. A call beyond it is
	// newer than the profile: it gets ENOSYS, so that programs fall back to an older one
	// instead of giving up at EPERM.
	newest uint32
	unseen uint32 // what calls beyond newest get
	x32    bool
}

// firstPrivate is where the private calls of 32-bit ARM begin; they say nothing about age.
const firstPrivate = 0x0f0000

// x32Bit marks calls of the x32 interface (asm/unistd.h). It is not offered, whatever
// the profile says: hardly a kernel has it, and it is one more way into every call.
const x32Bit = 0x40000000

func ruleSet(p *specs.LinuxSeccomp, a arch) (*set, error) {
	if p.ListenerPath != "" {
		return nil, engine.Errorf(engine.ClassUnsupported, "compile seccomp profile: a listener is not supported")
	}
	fallback, err := action(p.DefaultAction, p.DefaultErrnoRet)
	if err != nil {
		return nil, err
	}
	s := &set{calls: map[uint32]decision{}, fallback: fallback, unseen: fallback, x32: a.x32}
	if p.DefaultAction == specs.ActErrno {
		s.unseen = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
	}
	numbers := a.numbers()
	final := map[uint32]bool{}
	for i := range p.Syscalls {
		call := &p.Syscalls[i]
		act, err := action(call.Action, call.ErrnoRet)
		if err != nil {
			return nil, err
		}
		for _, name := range call.Names {
			nr, ok := numbers[name]
			if !ok {
				continue // of another architecture, or newer than our table
			}
			if nr < firstPrivate {
				s.newest = max(s.newest, nr)
			}
			if final[nr] {
				continue
			}
			if len(call.Args) == 0 {
				final[nr] = true
				s.calls[nr] = decision{otherwise: act}
				continue
			}
			rules, err := conditional(name, call.Args, act)
			if err != nil {
				return nil, err
			}
			d, ok := s.calls[nr]
			if !ok {
				d.otherwise = fallback
			}
			d.rules = append(d.rules, rules...)
			s.calls[nr] = d
		}
	}
	return s, nil
}

// conditional makes the rules of one list of arguments. They are joined by "and", but
// if one argument appears twice each condition is a rule of its own: that is how runc
// reads them, and profiles rely on it.
func conditional(name string, args []specs.LinuxSeccompArg, act uint32) ([]rule, error) {
	var conds []cond
	var seen []uint
	twice := false
	for _, arg := range args {
		if arg.Index > 5 {
			return nil, engine.Errorf(engine.ClassInvalid, "compile seccomp profile: %q has no argument %d", name, arg.Index)
		}
		c := cond{arg: arg.Index, op: arg.Op, value: arg.Value, narrow: slices.Contains(narrow[name], arg.Index)}
		switch arg.Op {
		case specs.OpMaskedEqual:
			c.mask, c.value = arg.Value, arg.ValueTwo
		case specs.OpEqualTo, specs.OpNotEqual, specs.OpLessThan, specs.OpLessEqual, specs.OpGreaterThan, specs.OpGreaterEqual:
		default:
			return nil, engine.Errorf(engine.ClassInvalid, "compile seccomp profile: the operator %q of %q is unknown", arg.Op, name)
		}
		twice = twice || slices.Contains(seen, arg.Index)
		seen = append(seen, arg.Index)
		conds = append(conds, c)
	}
	if !twice {
		return []rule{{conds, act}}, nil
	}
	var rules []rule
	for _, c := range conds {
		rules = append(rules, rule{[]cond{c}, act})
	}
	return rules, nil
}

// narrow lists arguments that the kernel cuts to 32 bits before it looks at them.
// Comparing all 64 would let a caller pass "family > AF_VSOCK" with 1<<32 + AF_ALG and
// still get AF_ALG.
var narrow = map[string][]uint{
	"socket": {0, 1, 2}, "socketpair": {0, 1, 2}, "socketcall": {0}, "personality": {0}, "ioctl": {0, 1}, "fcntl": {0, 1},
	"prctl": {0}, "keyctl": {0}, "bpf": {0}, "kcmp": {2}, "setns": {1}, "kill": {0, 1}, "tgkill": {0, 1, 2},
	"setsockopt": {0, 1, 2}, "getsockopt": {0, 1, 2}, "open": {1}, "openat": {1},
}

// action turns the specification's word into what the filter returns.
func action(a specs.LinuxSeccompAction, data *uint) (uint32, error) {
	errno := uint32(unix.EPERM)
	if data != nil {
		if *data > unix.SECCOMP_RET_DATA {
			return 0, engine.Errorf(engine.ClassInvalid, "compile seccomp profile: %d is no error number", *data)
		}
		errno = uint32(*data)
	}
	switch a {
	case specs.ActAllow:
		return unix.SECCOMP_RET_ALLOW, nil
	case specs.ActErrno:
		return unix.SECCOMP_RET_ERRNO | errno, nil
	case specs.ActKill, specs.ActKillThread:
		return unix.SECCOMP_RET_KILL_THREAD, nil
	case specs.ActKillProcess:
		return unix.SECCOMP_RET_KILL_PROCESS, nil
	case specs.ActTrap:
		return unix.SECCOMP_RET_TRAP, nil
	case specs.ActLog:
		return unix.SECCOMP_RET_LOG, nil
	case specs.ActTrace:
		return unix.SECCOMP_RET_TRACE | errno, nil
	case specs.ActNotify:
		return 0, engine.Errorf(engine.ClassUnsupported, "compile seccomp profile: the action %q is not supported", a)
	}
	return 0, engine.Errorf(engine.ClassInvalid, "compile seccomp profile: the action %q is unknown", a)
}
