package idmap

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// Start starts cmd, as cmd.Start does, in new namespaces: those of cloneflags
// (CLONE_NEWNS, ...), and unless the mode is Host a user namespace with this mapping,
// where cmd is user 0 and holds all capabilities before its first instruction runs.
// The caller waits for cmd. After an error nothing runs.
//
// Single is a mapping that the Go runtime can write between clone and exec. Ranges
// need newuidmap, and nothing can be called at that point, so:
//
//	parent                                  child
//	clone(CLONE_NEWUSER|...)        ───▶    born with all capabilities, but no ids
//	                                        ambient capabilities: they survive execve without ids
//	                                        PTRACE_TRACEME, execve: stops before its first instruction
//	wait4: stopped                  ◀───
//	newuidmap, newgidmap                    own id becomes 0, the ranges appear
//	PTRACE_DETACH                   ───▶    runs
//
// cmd need not cooperate and no second program is started in between, which a
// handshake by re-execution would cost. The price: under strace -f, which traces the
// child already, it fails; and no other part of the process may wait for any child
// (wait4 with -1) meanwhile. The tracer is this thread, so it stays locked until then.
func (m Mapping) Start(cmd *exec.Cmd, cloneflags uintptr) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	attr := cmd.SysProcAttr
	attr.Cloneflags |= cloneflags
	if m.Mode == Host {
		return cmd.Start()
	}
	attr.Cloneflags |= syscall.CLONE_NEWUSER
	if m.Mode == Single {
		attr.UidMappings, attr.GidMappings = sysMap(m.UIDs), sysMap(m.GIDs)
		return Explain(cmd.Start())
	}
	for c := uintptr(0); c <= unix.CAP_LAST_CAP; c++ {
		if known, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, c, 0, 0, 0); err == nil && known >= 0 {
			attr.AmbientCaps = append(attr.AmbientCaps, c)
		}
	}
	attr.Ptrace = true
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		if errors.Is(err, unix.EPERM) && traced() {
			return engine.Errorf(engine.ClassUnsupported, "start process in user namespace: %w", err).
				WithHint("Another program (strace -f, gdb) traces berth and its children; run it without that.")
		}
		return Explain(err)
	}
	if err := m.release(cmd.Process.Pid); err != nil {
		cmd.Process.Kill() //nolint:errcheck // it may have ended, which is as good
		cmd.Wait()         //nolint:errcheck // its status is ours
		return err
	}
	return nil
}

// release writes the mapping of a child that stops at its execve, and lets it run.
func (m Mapping) release(pid int) error {
	var status unix.WaitStatus
	for {
		_, err := unix.Wait4(pid, &status, 0, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return fmt.Errorf("wait for process in user namespace: %w", err)
		}
		break
	}
	if !status.Stopped() || status.StopSignal() != unix.SIGTRAP {
		return fmt.Errorf("wait for process in user namespace: it ended with status %#x before it began", uint32(status))
	}
	if err := m.Write(pid); err != nil {
		return err
	}
	if err := unix.PtraceDetach(pid); err != nil {
		return fmt.Errorf("release process in user namespace: %w", err)
	}
	return nil
}

// traced reports whether a debugger has hold of this process.
func traced() bool {
	data, err := os.ReadFile("/proc/self/status")
	return err == nil && !strings.Contains(string(data), "TracerPid:\t0\n")
}

func sysMap(ranges []Range) []syscall.SysProcIDMap {
	out := make([]syscall.SysProcIDMap, len(ranges))
	for i, r := range ranges {
		out[i] = syscall.SysProcIDMap{ContainerID: int(r.Container), HostID: int(r.Host), Size: int(r.Size)}
	}
	return out
}
