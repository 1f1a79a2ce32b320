package plan

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Calls returns the step's operations as text, for people: `fsopen("overlay", 0x1) → fs`.
func (p *Plan) Calls(step int) []string {
	p.endStep()
	s := p.steps[step]
	var out []string
	for i := s.first; i < s.last; i++ {
		if text := p.show(i); text != "" {
			out = append(out, text)
		}
	}
	return out
}

func (p *Plan) failure(i int, errno syscall.Errno) *Failure {
	f := &Failure{Index: i, Errno: errno}
	for _, s := range p.steps {
		if i >= s.first && i < s.last {
			f.Step = s
		}
	}
	f.Call = p.show(i)
	if j := strings.IndexByte(f.Call, '('); j > 0 {
		f.Call = f.Call[:j]
	}
	// A parameter says more than the call that sets it.
	if o := p.ops[i]; o.kind == opCall && o.nr == unix.SYS_FSCONFIG && len(p.args[i]) > 3 {
		if key, ok := p.args[i][2].(string); ok {
			f.Call = fmt.Sprintf("set %q", key)
			if value, ok := p.args[i][3].(string); ok {
				f.Call = fmt.Sprintf("set %q to %q", key, value)
			}
		}
	}
	return f
}

// show renders one operation; "" for those that only move values about.
func (p *Plan) show(i int) string { return string(p.appendShow(nil, i)) }

// appendShow is show by appending: a start shows hundreds of operations.
func (p *Plan) appendShow(dst []byte, i int) []byte {
	o := p.ops[i]
	switch o.kind {
	case opCall:
		dst = p.appendList(append(dst, callName(o.nr)...), p.args[i])
		if o.repeat > 1 {
			dst = strconv.AppendInt(append(dst, " × "...), int64(o.repeat), 10)
		}
	case opMakePath:
		dst = p.appendList(append(dst, "openat2"...), p.args[i])
	case opExec:
		dst = p.appendList(append(dst, "execve"...), p.args[i])
	case opKeepOnly:
		dst = append(dst, "close_range(all others)"...)
	case opReap:
		dst = append(p.appendList(append(dst, "reap("...), p.args[i]), ')')
	case opCheck:
		dst = append(dst, "check"...)
	default:
		return dst
	}
	if o.save >= 0 {
		dst = append(append(dst, " → "...), p.slots[o.save]...)
	}
	return dst
}

func (p *Plan) appendList(dst []byte, args []any) []byte {
	dst = append(dst, '(')
	for i, a := range args {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = p.appendArg(dst, a)
	}
	return append(dst, ')')
}

func (p *Plan) appendArg(dst []byte, a any) []byte {
	switch v := a.(type) {
	case nil:
		return append(dst, "NULL"...)
	case Slot:
		return append(dst, p.slots[v]...)
	case string:
		return strconv.AppendQuote(dst, v)
	case int:
		return appendNumber(dst, int64(v))
	case []string:
		return append(dst, strings.Join(v, " | ")...)
	case *unix.OpenHow:
		return fmt.Appendf(dst, "{flags %#x, resolve %#x}", v.Flags, v.Resolve)
	case *unix.MountAttr:
		return fmt.Appendf(dst, "{set %#x, clear %#x, propagation %#x}", v.Attr_set, v.Attr_clr, v.Propagation)
	}
	v := reflect.ValueOf(a)
	switch {
	case v.CanInt():
		return appendNumber(dst, v.Int())
	case v.CanUint():
		return strconv.AppendUint(append(dst, "0x"...), v.Uint(), 16)
	case v.Kind() == reflect.Slice:
		return append(strconv.AppendInt(append(dst, '['), int64(v.Len()), 10), ']')
	}
	return append(append(dst, '&'), strings.TrimPrefix(strings.TrimPrefix(v.Type().String(), "*"), "unix.")...)
}

func appendNumber(dst []byte, n int64) []byte {
	switch {
	case n == unix.AT_FDCWD:
		return append(dst, "AT_FDCWD"...)
	case n < 0:
		return strconv.AppendInt(dst, n, 10)
	}
	return strconv.AppendUint(append(dst, "0x"...), uint64(n), 16)
}

// callName is the system call's name, from the table of those that plans use.
func callName(nr uintptr) string {
	if n, ok := callNames[nr]; ok {
		return n
	}
	return fmt.Sprintf("syscall %d", nr)
}

var callNames = map[uintptr]string{
	unix.SYS_CAPSET: "capset", unix.SYS_CHDIR: "chdir", unix.SYS_CLONE3: "clone3", unix.SYS_CLOSE: "close",
	unix.SYS_CLOSE_RANGE: "close_range", unix.SYS_DUP3: "dup3", unix.SYS_EXIT_GROUP: "exit_group",
	unix.SYS_FCHDIR: "fchdir", unix.SYS_FCHMOD: "fchmod", unix.SYS_FCHOWN: "fchown", unix.SYS_FCNTL: "fcntl", unix.SYS_FSCONFIG: "fsconfig",
	unix.SYS_FSTATFS: "fstatfs",
	unix.SYS_FSMOUNT: "fsmount", unix.SYS_FSOPEN: "fsopen", unix.SYS_GETCWD: "getcwd", unix.SYS_IOCTL: "ioctl",
	unix.SYS_KEYCTL: "keyctl", unix.SYS_MKDIRAT: "mkdirat", unix.SYS_MKNODAT: "mknodat", unix.SYS_MOUNT: "mount",
	unix.SYS_MOUNT_SETATTR: "mount_setattr", unix.SYS_MOVE_MOUNT: "move_mount", unix.SYS_OPENAT: "openat",
	unix.SYS_OPENAT2: "openat2", unix.SYS_OPEN_TREE: "open_tree", unix.SYS_PIVOT_ROOT: "pivot_root",
	unix.SYS_PRCTL: "prctl", unix.SYS_PRLIMIT64: "prlimit64", unix.SYS_RECVMSG: "recvmsg",
	unix.SYS_RT_SIGACTION: "rt_sigaction", unix.SYS_RT_SIGPROCMASK: "rt_sigprocmask", unix.SYS_SECCOMP: "seccomp",
	unix.SYS_SENDMSG: "sendmsg", unix.SYS_SETDOMAINNAME: "setdomainname", unix.SYS_SETGROUPS: "setgroups",
	unix.SYS_SETHOSTNAME: "sethostname", unix.SYS_SETNS: "setns", unix.SYS_SETRESGID: "setresgid",
	unix.SYS_SETRESUID: "setresuid", unix.SYS_SETSID: "setsid", unix.SYS_SOCKET: "socket",
	unix.SYS_SYMLINKAT: "symlinkat", unix.SYS_UMASK: "umask", unix.SYS_UMOUNT2: "umount2",
	unix.SYS_UNSHARE: "unshare", unix.SYS_WRITE: "write",
}
