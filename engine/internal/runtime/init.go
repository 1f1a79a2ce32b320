package runtime

import (
	"berth/engine/internal/caps"
	"berth/engine/internal/plan"

	"golang.org/x/sys/unix"
)

const tellProgram = "program"

// startInit splits the child: it stays as PID 1, and a child of its own goes on to be
// the program. What stays is a loop of raw system calls in a process that nobody inside
// can trace or look into: not dumpable, no descriptors, no capability but CAP_KILL. No program
// of ours is executed in the container, so there is none to overwrite.
func (s *start) startInit() {
	s.Step("start init", "", "Stay as PID 1 to pass signals on and collect orphans; the program becomes its child.", nil)
	all := []uint64{^uint64(0)}
	s.Call(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, all, nil, 8) // before the clone: no SIGCHLD may be missed
	pid, pidfd := s.Clone(0)
	program := s.Label()
	s.JumpIf(pid, true, program)
	s.Call(unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	s.Rename("init")
	s.Tell(tellProgram, []plan.Slot{pidfd}, -1)
	s.Call(unix.SYS_CLOSE_RANGE, 0, closeRangeMax, 0)
	s.Call(unix.SYS_SETSID).Ignore(plan.Any)
	head, _ := plan.Words(headLen - headCapVersion)
	head[0] = unix.LINUX_CAPABILITY_VERSION_3
	kill := uint32(caps.Set(1) << unix.CAP_KILL)
	head[2], head[3] = kill, kill
	s.Call(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	s.Call(unix.SYS_CAPSET, head[:2], head[2:])
	s.Call(unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, int(unix.SIGKILL), 0, 0, 0)
	s.Reap(pid)
	s.Place(program)
	s.Call(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, make([]uint64, 1), nil, 8)
}
