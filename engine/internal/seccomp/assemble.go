package seccomp

import (
	"maps"
	"slices"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Offsets in struct seccomp_data (seccomp(2)). Both architectures are little-endian.
const (
	offNr   = 0
	offArch = 4
	offArgs = 16
)

// The instructions used, classic BPF (linux/bpf_common.h).
const (
	opLoad    = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
	opRet     = unix.BPF_RET | unix.BPF_K
	opJump    = unix.BPF_JMP | unix.BPF_JA
	opAnd     = unix.BPF_ALU | unix.BPF_AND | unix.BPF_K
	ifEqual   = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
	ifGreater = unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K
	ifAtLeast = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
)

// A place is an instruction's position, counted from the end of the program.
type place int

// An assembler builds a program from its end. The last instruction added is the first executed.
type assembler struct {
	code []unix.SockFilter
	rets map[uint32]place
}

// maxJump is how far a conditional jump reaches.
const maxJump = 255

func (a *assembler) add(i unix.SockFilter) place {
	a.code = append(a.code, i)
	return place(len(a.code) - 1)
}

// ret returns a place that ends with the action. A near one is used again.
func (a *assembler) ret(action uint32) place {
	if p, ok := a.rets[action]; ok && len(a.code)-int(p) < maxJump/2 {
		return p
	}
	if a.rets == nil {
		a.rets = map[uint32]place{}
	}
	a.rets[action] = a.add(unix.SockFilter{Code: opRet, K: action})
	return a.rets[action]
}

func (a *assembler) load(offset uint32) place {
	return a.add(unix.SockFilter{Code: opLoad, K: offset})
}

// near returns a place that a conditional jump added next can reach and that leads to p.
// slack is how many instructions may still come between.
func (a *assembler) near(p place, slack int) place {
	if len(a.code)-int(p)-1+slack <= maxJump {
		return p
	}
	return a.add(unix.SockFilter{Code: opJump, K: uint32(len(a.code) - int(p) - 1)})
}

// branch compares the loaded word with k.
func (a *assembler) branch(test uint16, k uint32, yes, no place) place {
	no = a.near(no, 1)
	yes = a.near(yes, 0)
	n := len(a.code)
	return a.add(unix.SockFilter{Code: test, K: k, Jt: uint8(n - int(yes) - 1), Jf: uint8(n - int(no) - 1)})
}

func (a *assembler) program() []unix.SockFilter {
	slices.Reverse(a.code)
	return a.code
}

// A span is a run of numbers, from first to the next span's, with one target.
type span struct {
	first  uint32
	target place
}

// callTree dispatches on the call's number by binary search.
func (a *assembler) callTree(s *set) place {
	numbers := slices.Sorted(maps.Keys(s.calls))
	var spans []span
	put := func(first uint32, action uint32, chain []rule) {
		if len(chain) == 0 && len(spans) > 0 {
			if last := spans[len(spans)-1]; last.target < 0 && uint32(^last.target) == action {
				return
			}
		}
		if len(chain) == 0 {
			// A negative target stands for an action: its return is put near its use.
			spans = append(spans, span{first, ^place(action)})
			return
		}
		spans = append(spans, span{first, a.chain(chain, action)})
	}
	fill := func(from, to uint64) {
		if from < to && from <= uint64(s.newest) {
			put(uint32(from), s.fallback, nil)
		}
		if from = max(from, uint64(s.newest)+1); from < to {
			put(uint32(from), s.unseen, nil)
		}
	}
	at := uint64(0)
	for _, nr := range numbers {
		fill(at, uint64(nr))
		d := s.calls[nr]
		put(nr, d.otherwise, d.rules)
		at = uint64(nr) + 1
	}
	fill(at, 1<<32)
	if s.x32 {
		put(x32Bit, unix.SECCOMP_RET_ERRNO|uint32(unix.ENOSYS), nil)
	}
	a.search(spans)
	return a.load(offNr)
}

// search returns the place that finds the span of the loaded number.
func (a *assembler) search(spans []span) place {
	if len(spans) == 1 {
		if t := spans[0].target; t >= 0 {
			return t
		}
		return a.ret(uint32(^spans[0].target))
	}
	mid := len(spans) / 2
	right := a.search(spans[mid:])
	left := a.search(spans[:mid])
	return a.branch(ifAtLeast, spans[mid].first, right, left)
}

// chain tries rules in order and ends with otherwise.
func (a *assembler) chain(rules []rule, otherwise uint32) place {
	next := a.ret(otherwise)
	for _, r := range slices.Backward(rules) {
		yes := a.ret(r.action)
		for _, c := range slices.Backward(r.conds) {
			yes = a.cond(c, yes, next)
		}
		next = yes
	}
	return next
}

// cond compares one argument, the upper half first.
func (a *assembler) cond(c cond, yes, no place) place {
	low, high := uint32(c.value), uint32(c.value>>32)
	offLow := uint32(offArgs + 8*c.arg)
	test := uint16(ifEqual)
	switch c.op {
	case specs.OpNotEqual:
		yes, no = no, yes
	case specs.OpLessThan: // not >=
		test, yes, no = ifAtLeast, no, yes
	case specs.OpGreaterEqual:
		test = ifAtLeast
	case specs.OpLessEqual: // not >
		test, yes, no = ifGreater, no, yes
	case specs.OpGreaterThan:
		test = ifGreater
	}
	a.branch(test, low, yes, no)
	if c.op == specs.OpMaskedEqual {
		a.add(unix.SockFilter{Code: opAnd, K: uint32(c.mask)})
	}
	here := a.load(offLow)
	if c.narrow {
		return here
	}
	equal := a.branch(ifEqual, high, here, no)
	if test != ifEqual { // a greater upper half decides alone
		a.branch(ifGreater, high, yes, equal)
	}
	if c.op == specs.OpMaskedEqual {
		a.add(unix.SockFilter{Code: opAnd, K: uint32(c.mask >> 32)})
	}
	return a.load(offLow + 4)
}
