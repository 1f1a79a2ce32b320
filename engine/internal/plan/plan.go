// Package plan turns a sequence of system calls into data and has a forked child
// carry it out.
//
// Ordinary Go code builds a [Plan]: named steps, each a run of operations with
// their arguments. [Plan.Fork] then makes a child by a raw clone. The child is
// single threaded and never returns to the Go scheduler: it interprets the list with
// raw system calls, allocates nothing, takes no lock and grows no stack, and ends in
// execve or _exit. So nothing of this program has to be started again inside the
// container's namespaces, an error names the operation that failed, and what a
// person is shown is the very list that runs.
//
//	parent (the shim)                        child
//	Fork ──────────── clone3 ──────────────▶ interprets ops
//	Next ◀─ Gate{i}, descriptors ─────────── Gate: send, then wait
//	Reply ─ data, descriptor ──────────────▶ goes on
//	Next ◀─ Failure{op, errno} ───────────── an operation failed: _exit
//	Next ◀─ end of file ──────────────────── execve closed the socket
//
// The package knows operations only; what a container needs is package runtime's.
// It runs in the shim.
package plan

import "fmt"

// A Slot holds the result of an operation, most often a descriptor, until a later
// operation uses it as an argument.
type Slot int

// A Label is a place in the list that an operation can jump forward to.
type Label int

// A Plan is a list of steps under construction. The zero value is empty and ready.
// A Plan is for one Fork and not safe for concurrent use.
type Plan struct {
	steps  []Step
	ops    []op
	args   [][]any // the arguments as given: for showing, and to keep memory alive
	slots  []string
	labels []int
	pinned []any
	gates  []gate
	sock   Slot // 1 + the slot of the child's socket; 0 before the first gate
}

// A Step is a named run of operations.
type Step struct {
	Name    string // "mount overlay"
	Explain string // what it does and why, one plain sentence
	Doing   string // for errors: the clause that says what was being done, with its subject
	Data    any    // what it works on; may be nil

	first, last int
}

// Step begins a step: the operations added from now on belong to it. doing is the
// clause that errors begin with; it may be empty and is the name then.
func (p *Plan) Step(name, doing, explain string, data any) {
	p.endStep()
	if doing == "" {
		doing = name
	}
	p.steps = append(p.steps, Step{Name: name, Explain: explain, Doing: doing, Data: data, first: len(p.ops)})
	p.add(op{kind: opBegin, save: -1, args: [6]uintptr{uintptr(len(p.steps) - 1)}})
}

func (p *Plan) endStep() {
	if n := len(p.steps); n > 0 {
		p.steps[n-1].last = len(p.ops)
	}
}

// Steps returns the steps in order.
func (p *Plan) Steps() []Step {
	p.endStep()
	return p.steps
}

// Slot makes a slot; its name appears where the plan is shown.
func (p *Plan) Slot(name string) Slot {
	p.slots = append(p.slots, name)
	return Slot(len(p.slots) - 1)
}

// Label makes a label that is not placed yet.
func (p *Plan) Label() Label {
	p.labels = append(p.labels, -1)
	return Label(len(p.labels) - 1)
}

// Place puts a label before the next operation. Jumps go forward only, so a plan always ends.
func (p *Plan) Place(l Label) { p.labels[l] = len(p.ops) }

// Call adds a system call. An argument is an integer, nil, a string (passed as
// NUL-terminated bytes), a pointer or slice (its address), or a Slot (its value when
// the call is made). Memory behind arguments must not change before Fork returns.
// Without further instruction any error ends the child and is reported.
func (p *Plan) Call(nr uintptr, args ...any) Op {
	o := op{kind: opCall, nr: nr, save: -1}
	for i, a := range args {
		if s, ok := a.(Slot); ok {
			o.slots |= 1 << i
			o.args[i] = uintptr(s)
			continue
		}
		o.args[i] = p.address(a)
	}
	return p.add(o, args...)
}

// usualSize is more than the operations of most plans.
const usualSize = 768

func (p *Plan) add(o op, args ...any) Op {
	if p.ops == nil {
		p.ops = make([]op, 0, usualSize)
		p.args = make([][]any, 0, usualSize)
		p.pinned = make([]any, 0, usualSize)
	}
	p.ops = append(p.ops, o)
	p.args = append(p.args, args)
	return Op{p, len(p.ops) - 1}
}

// MakePath resolves path inside root, which must be a slot with a directory, as if
// root were "/", and saves an O_PATH descriptor. Missing directories are made with
// mode 0755; if dir is false a missing last element becomes an empty file. Symbolic
// links, dangling ones too, are followed inside root; magic links of procfs are refused
// (ELOOP), because they lead anywhere.
func (p *Plan) MakePath(root Slot, path string, dir bool, to Slot) Op {
	o := op{kind: opMakePath, save: int32(to), path: append([]byte(path), 0)}
	o.args[0] = uintptr(root)
	if dir {
		o.args[2] = 1
	}
	return p.add(o, root, path)
}

// Exec tries execve with each candidate in turn, as execvp(3) does: a missing one is
// passed over, one that is there but denied is remembered, anything else ends the
// search. argv and envp are pointers to NULL-terminated arrays, see [Strings].
func (p *Plan) Exec(candidates []string, argv, envp *Strings) Op {
	o := op{kind: opExec, save: -1}
	for _, c := range candidates {
		o.words = append(o.words, p.address(c))
	}
	o.args[1], o.args[2] = argv.address(), envp.address()
	p.pinned = append(p.pinned, argv, envp)
	return p.add(o, candidates)
}

// Load copies *from, at the time the child gets there, into a slot. It is how an
// answer to a gate becomes an argument.
func (p *Plan) Load(to Slot, from *uint32) {
	p.add(op{kind: opLoad, word: from, save: int32(to)}, from)
}

// Store copies a slot into *to, for structures that a later call points to.
func (p *Plan) Store(to *uint32, from Slot) {
	p.add(op{kind: opStore, word: to, args: [6]uintptr{uintptr(from)}, save: -1}, from)
}

// Check fails with errno unless *word & mask equals want when the child gets there.
func (p *Plan) Check(word *uint32, mask, want uint32, errno uintptr) {
	p.add(op{kind: opCheck, word: word, args: [6]uintptr{uintptr(mask), uintptr(want), errno}, save: -1}, word)
}

// Refuse fails with errno if *word equals value when the child gets there.
func (p *Plan) Refuse(word *uint32, value uint32, errno uintptr) {
	p.add(op{kind: opCheck, word: word, args: [6]uintptr{1<<32 - 1, uintptr(value), errno, 1}, save: -1}, word)
}

// JumpIf jumps when the slot is zero (or not zero).
func (p *Plan) JumpIf(s Slot, zero bool, to Label) {
	o := op{kind: opJump, save: -1, target: int32(to), args: [6]uintptr{uintptr(s)}}
	if zero {
		o.args[1] = 1
	}
	p.add(o, s)
}

// Jump jumps always.
func (p *Plan) Jump(to Label) {
	p.add(op{kind: opJump, save: -1, target: int32(to), args: [6]uintptr{0, 2}})
}

// FailWithLog ends the child with the error of the operation that jumped here. fs is
// the file system context (fsopen(2)) that the error is about: what the kernel has to say
// about it goes into the Failure.
func (p *Plan) FailWithLog(fs Slot) {
	p.add(op{kind: opFail, save: -1, args: [6]uintptr{uintptr(fs)}}, fs)
}

// An Op is an operation just added, to say more about it.
type Op struct {
	p *Plan
	i int
}

func (o Op) op() *op { return &o.p.ops[o.i] }

// To saves the result in a slot.
func (o Op) To(s Slot) Op { o.op().save = int32(s); return o }

// Ignore goes on after these errors as if the call had succeeded; nothing is saved.
func (o Op) Ignore(errnos ...uintptr) Op {
	for _, e := range errnos {
		o.op().on(e, -1)
	}
	return o
}

// Any stands for every error in Ignore and On.
const Any = uintptr(^uint32(0))

// On jumps to a label after this error.
func (o Op) On(errno uintptr, to Label) Op { o.op().on(errno, int32(to)); return o }

// AtLeast makes a smaller result an error (EPIPE): a read that must not meet the end of file.
func (o Op) AtLeast(n uintptr) Op { o.op().min = n; return o }

// Repeat makes the call count times, counting the numbered argument up by one.
func (o Op) Repeat(arg, count int) Op {
	o.op().repeatArg, o.op().repeat = uint8(arg), int32(count)
	return o
}

// A Failure says which operation failed in the child.
type Failure struct {
	Step  Step
	Index int    // of the operation in the list
	Call  string // the operation as shown in the plan
	Errno error  // a syscall.Errno
	Log   string // the kernel's own words, if there are any
}

// Error says what was being done and what the kernel answered.
func (f *Failure) Error() string {
	if f.Log != "" {
		return fmt.Sprintf("%s: %s: %s: %v", f.Step.Doing, f.Call, f.Log, f.Errno)
	}
	return fmt.Sprintf("%s: %s: %v", f.Step.Doing, f.Call, f.Errno)
}

// Unwrap returns the errno.
func (f *Failure) Unwrap() error { return f.Errno }
