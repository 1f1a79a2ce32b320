package runtime

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"berth/engine"
	"berth/engine/internal/plan"

	"golang.org/x/sys/unix"
)

// defaultPath is Docker's PATH for an image that sets none.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// environment merges lists of KEY=value, later ones first in rank, and adds what
// every container has. HOME is added later, from passwd; hasHome says that it is there.
func environment(hostname string, terminal bool, lists ...[]string) (env []string, hasHome bool) {
	at := map[string]int{}
	set := func(kv string, override bool) {
		key, _, ok := strings.Cut(kv, "=")
		if !ok || key == "" || strings.IndexByte(kv, 0) >= 0 {
			return
		}
		if i, have := at[key]; !have {
			at[key] = len(env)
			env = append(env, kv)
		} else if override {
			env[i] = kv
		}
	}
	for _, l := range lists {
		for _, kv := range l {
			set(kv, true)
		}
	}
	set("PATH="+defaultPath, false)
	if hostname != "" {
		set("HOSTNAME="+hostname, false)
	}
	if terminal {
		set("TERM=xterm", false)
	}
	_, hasHome = at["HOME"]
	return env, hasHome
}

// candidates returns the paths that execve is tried with.
func candidates(name string, env []string) []string {
	if strings.Contains(name, "/") {
		return []string{name}
	}
	var search string
	for _, kv := range env {
		if v, ok := strings.CutPrefix(kv, "PATH="); ok {
			search = v
		}
	}
	var out []string
	for dir := range strings.SplitSeq(search, ":") {
		if dir == "" {
			dir = "."
		}
		p := path.Join(dir, name)
		if !strings.Contains(p, "/") {
			p = "./" + p
		}
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// checkArgs refuses what can't be an argument vector.
func checkArgs(args []string) error {
	if len(args) == 0 || args[0] == "" {
		return engine.Errorf(engine.ClassInvalid, "no command specified")
	}
	for _, a := range args {
		if strings.IndexByte(a, 0) >= 0 {
			return engine.Errorf(engine.ClassInvalid, "command %q: an argument holds a NUL byte", args[0])
		}
	}
	return nil
}

// openStdio finds the files for descriptors 0 to 2 of a process without a terminal.
func (b *builder) openStdio() error {
	b.stdFiles = [3]*os.File{b.o.Stdin, b.o.Stdout, b.o.Stderr}
	for i, f := range b.stdFiles {
		if f != nil {
			continue
		}
		null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
		if err != nil {
			return fmt.Errorf("open standard streams: %w", err)
		}
		b.opened = append(b.opened, null)
		b.stdFiles[i] = null
	}
	return nil
}

// connect puts the terminal or the pipes on descriptors 0, 1 and 2 and makes the process
// the leader of a session. Pipes become the user's, who may open /dev/stdout again.
func (b *builder) connect() {
	b.Step("connect stdio", "", "Connect the standard streams, and make the process the leader of a session of its own.", nil)
	b.Call(unix.SYS_SETSID).Ignore(uintptr(unix.EPERM))
	if b.slave >= 0 {
		b.Call(unix.SYS_IOCTL, b.slave, unix.TIOCSCTTY, 0)
		b.Call(unix.SYS_FCHOWN, b.slave, b.identity.uid, -1)
		b.stdio = [3]plan.Slot{b.slave, b.slave, b.slave}
	} else {
		// Out of the way first: one may be where another has to go.
		for i, f := range b.stdFiles {
			b.stdio[i] = b.Slot([]string{"stdin", "stdout", "stderr"}[i])
			b.Call(unix.SYS_FCNTL, f.Fd(), unix.F_DUPFD_CLOEXEC, 3).To(b.stdio[i])
			if isPipe(f) {
				b.Call(unix.SYS_FCHOWN, b.stdio[i], b.identity.uid, -1).Ignore(plan.Any)
			}
		}
	}
	for i, s := range b.stdio {
		b.Call(unix.SYS_DUP3, s, i, 0)
	}
	b.Call(unix.SYS_CLOSE_RANGE, 3, closeRangeMax, unix.CLOSE_RANGE_CLOEXEC)
}

// closeRangeMax is close_range(2)'s "no upper end".
const closeRangeMax = uint32(1<<32 - 1)

func isPipe(f *os.File) bool {
	var st unix.Stat_t
	return unix.Fstat(int(f.Fd()), &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFIFO
}

const gateReady = "ready"

// ready is the last that the child says. It comes before the seccomp filter, which need not
// allow it to talk; from here on a failure is told through shared memory. Only if the
// parent has to do something before the program runs does it wait.
func (s *start) ready() {
	s.Step("ready", "", "Everything is prepared: tell the shim, which publishes that the container runs.", nil)
	if s.waits = s.o.BeforeExec != nil || s.join && s.b.Spec.Process.OOMScoreAdj != nil; s.waits {
		s.Gate(gateReady, nil, -1)
		return
	}
	s.Tell(gateReady, nil, -1)
}

// execute becomes the program.
func (b *builder) execute(args, env []string, hasHome bool) {
	b.Step("exec", "", "Replace the start plan by the program. Nothing of Berth remains inside.", args)
	envp := plan.NewStrings(env)
	if !hasHome {
		envp.Add(b.identity.home)
	}
	b.Exec(candidates(args[0], env), plan.NewStrings(args), envp)
}

// resetSignals gives the program the dispositions and the mask that it expects. What
// somebody before the shim ignored would be inherited otherwise.
func (b *builder) resetSignals() {
	// struct sigaction of the kernel: handler, flags, restorer, mask; all zero is SIG_DFL.
	b.Call(unix.SYS_RT_SIGACTION, 1, make([]uint64, 4), nil, 8).Repeat(0, 64).Ignore(uintptr(unix.EINVAL))
	b.Call(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, make([]uint64, 1), nil, 8)
}
