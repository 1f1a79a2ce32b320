package runtime

import (
	"encoding/binary"
	"fmt"
	"os"

	"berth/engine"
	"berth/engine/internal/bundle"
	"berth/engine/internal/caps"
	"berth/engine/internal/plan"

	"golang.org/x/sys/unix"
)

// A start is one plan and the conversation about it.
type start struct {
	builder
	flags uint64
	set   caps.Set // capabilities of a root process
	user  string
	argv  []string
	join  bool // the process joins a running container
	// joinRoot is its root directory.
	joinRoot *os.File
	waits    bool // for goOn, before it becomes the program
}

func newBuilder(b *bundle.Bundle, o Options) (builder, error) {
	if b.Spec == nil || b.Spec.Process == nil || b.Spec.Linux == nil {
		return builder{}, engine.Errorf(engine.ClassInvalid, "start container: the bundle has no process or no Linux part")
	}
	filter, err := parseFilter(b.Seccomp)
	return builder{Plan: &plan.Plan{}, b: b, o: o, dev: -1, devpts: -1, slave: -1, filter: filter}, err
}

// newStart makes the plan of a whole container. The order of the steps is the order
// of the calls here.
func newStart(b *bundle.Bundle, o Options) (*start, error) {
	bld, err := newBuilder(b, o)
	if err != nil {
		return nil, err
	}
	s := &start{builder: bld, user: b.User, argv: b.Spec.Process.Args}
	if err := s.build(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *start) build() (err error) {
	proc := s.b.Spec.Process
	if err := checkArgs(proc.Args); err != nil {
		return err
	}
	if s.flags, err = s.namespaceFlags(); err != nil {
		return err
	}
	if s.set, err = s.capabilities(false); err != nil {
		return err
	}
	if err := s.openStdio(); err != nil {
		return err
	}
	s.begin()
	s.joinCgroup(s.flags&unix.CLONE_NEWCGROUP != 0)
	s.flags &^= unix.CLONE_NEWCGROUP
	if err := s.openSources(); err != nil {
		return err
	}
	if err := s.mountRoot(); err != nil {
		return err
	}
	if err := s.mountAll(); err != nil {
		return err
	}
	s.setHostname()
	s.raiseLoopback()
	s.writeSysctls()
	if proc.Terminal {
		if s.devpts < 0 {
			return engine.Errorf(engine.ClassInvalid, "open terminal: the bundle mounts no devpts")
		}
		s.slave = s.Slot("terminal")
	}
	s.lookUpUser()
	s.mountConsole()
	s.maskPaths()
	s.protectPaths()
	s.openCwd(proc.Cwd, true)
	s.pivot()
	s.enterCwd(proc.Cwd)
	if s.b.Init {
		s.startInit()
	}
	env, hasHome := environment(s.b.Spec.Hostname, proc.Terminal, proc.Env)
	return s.finish(proc.Args, env, hasHome)
}

// finish is what a container's program and an exec have in common.
func (s *start) finish(args, env []string, hasHome bool) error {
	if err := s.setLimits(); err != nil {
		return err
	}
	umask := uint32(0o022)
	if u := s.b.Spec.Process.User.Umask; u != nil {
		umask = *u
	}
	s.connect()
	s.Call(unix.SYS_UMASK, umask)
	// A session keyring of its own, so that the host's keys are out of reach.
	s.Call(unix.SYS_KEYCTL, unix.KEYCTL_JOIN_SESSION_KEYRING, nil).Ignore(plan.Any)
	s.ready()
	s.dropPrivileges(s.set)
	s.execute(args, env, hasHome)
	return nil
}

const gateMaps = "id maps"

// begin is the child's first steps: alone in its new namespaces, with as few
// descriptors as possible.
func (s *start) begin() {
	names := namespaceNames(s.flags)
	var network *os.File // made ahead, or nil
	if wantsNetwork(s.b) {
		network = s.o.Network.wait()
	}
	if network != nil {
		s.flags &^= unix.CLONE_NEWNET
	}
	s.Step("clone", "", "Make a child process in namespaces of its own: it sees its own processes, mounts, network and names.",
		map[string]any{"namespaces": names, "flags": fmt.Sprintf("%#x", s.flags)})
	s.KeepOnly(append(s.keep(), network)...)
	s.resetSignals()
	s.Call(unix.SYS_UMASK, 0) // the modes below are meant as they are written
	if network != nil {
		s.Step("enter network", "", "Enter a network namespace of its own, which was made while the container was.", nil)
		s.Call(unix.SYS_SETNS, network.Fd(), unix.CLONE_NEWNET)
	}
	if !s.userns() {
		return
	}
	s.Step("write id maps", "", "Map the container's user and group ids to ids that belong to this user.", s.b.IDMap)
	// The shim may not be dumpable; its files in /proc then belong to root, and the
	// map could not be written.
	s.Call(unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 1, 0, 0, 0)
	s.Gate(gateMaps, nil, -1)
	s.Call(unix.SYS_SETRESGID, 0, 0, 0)
	s.Call(unix.SYS_SETRESUID, 0, 0, 0)
}

// openCwd opens the working directory while it can still be made.
func (s *start) openCwd(dir string, create bool) {
	if dir == "" {
		dir = "/"
	}
	s.cwd = s.Slot("working directory")
	s.Step("open working directory", fmt.Sprintf("open working directory %q", dir),
		"Find the working directory inside the root, making it if it is missing.", dir)
	if create {
		s.MakePath(s.root, dir, true, s.cwd)
		return
	}
	s.inside(s.root, dir, unix.O_PATH|unix.O_DIRECTORY, s.cwd)
}

// enterCwd enters it and makes sure that it is inside: "(unreachable)" is how getcwd
// tells a directory that is not below the root (CVE-2024-21626).
func (s *start) enterCwd(dir string) {
	s.Step("enter working directory", fmt.Sprintf("enter working directory %q", dir),
		"Enter the working directory and check that it is inside the container.", dir)
	s.Call(unix.SYS_FCHDIR, s.cwd)
	buf, bytes := plan.Words(1024)
	s.Call(unix.SYS_GETCWD, bytes, len(bytes))
	s.Check(&buf[0], 0xff, '/', uintptr(unix.EXDEV))
	s.closeSlot(s.cwd)
}

func parseFilter(data []byte) ([]unix.SockFilter, error) {
	const size = 8
	if len(data)%size != 0 || len(data)/size > unix.BPF_MAXINSNS {
		return nil, engine.Errorf(engine.ClassInvalid, "load seccomp: the bundle's filter has a wrong size")
	}
	filter := make([]unix.SockFilter, len(data)/size)
	for i := range filter {
		d := data[i*size:]
		filter[i] = unix.SockFilter{
			Code: binary.NativeEndian.Uint16(d), Jt: d[2], Jf: d[3], K: binary.NativeEndian.Uint32(d[4:]),
		}
	}
	return filter, nil
}
