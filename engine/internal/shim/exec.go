package shim

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"berth/engine"
	"berth/engine/internal/runtime"
	"berth/pty/session"

	"golang.org/x/sys/unix"
)

// An execution is another process in the container, with a session of its own.
type execution struct {
	id   string
	spec *wireExec
	run  *run
	op   *operation
}

// exec starts a process in the container. The client is attached before it runs.
func (s *supervisor) exec(ctx context.Context, spec *wireExec, attach *wireAttach) (*execution, *session.Client, error) {
	s.mu.Lock()
	prog, state := s.prog, s.status.State
	s.mu.Unlock()
	if prog == nil {
		return nil, nil, s.notRunning()
	}
	if state == engine.StatePaused {
		return nil, nil, engine.Errorf(engine.ClassConflict, "container %q is paused", s.events.container()).
			WithHint("`berth unpause %s` thaws it.", s.events.container())
	}
	size := engine.Size(spec.Size)
	if attach != nil && attach.Size != (wireSize{}) && !attach.ReadOnly {
		size = engine.Size(attach.Size)
	}
	io, err := newStdio(spec.TTY, spec.Stdin, size)
	if err != nil {
		return nil, nil, err
	}
	e := &execution{id: newID(), spec: spec, op: s.events.begin("exec")}
	attrs := map[string]string{"execID": e.id, "command": strings.Join(spec.Cmd, " ")}
	s.events.add("exec_create", attrs)
	opts := startOptions(io, e.op.step)
	done := s.reaper.hold()
	s.mu.Lock()
	opts.CgroupProcs = s.procs // none any more if the container has ended, and then the exec fails
	s.mu.Unlock()
	p, err := prog.Exec(ctx, runtime.ExecSpec{
		Args: spec.Cmd, Env: spec.Env, User: spec.User, Cwd: spec.WorkingDir,
		Terminal: spec.TTY, Privileged: spec.Privileged,
	}, opts)
	if err == nil {
		s.reaper.track(p.Pid())
	}
	done()
	if err != nil {
		io.close()
		s.events.flush()
		return nil, nil, engine.AtStep(err, e.op.id, engine.StepOf(err))
	}
	sess, err := io.session(p, session.Config{StdinOnce: attach != nil, SpillDir: s.dir})
	if err != nil {
		_ = p.Signal(unix.SIGKILL)
		_, _ = p.Wait()
		return nil, nil, err
	}
	e.run = &run{prog: p, sess: sess, tty: spec.TTY, start: time.Now(), exited: make(chan struct{})}
	s.mu.Lock()
	s.execs[e.id] = e
	s.mu.Unlock()
	var client *session.Client
	if attach != nil {
		client = e.run.attach(attach, true)
	}
	sess.Start()
	s.events.add("exec_start", attrs)
	go s.finishExec(e)
	return e, client, nil
}

// finishExec waits for an exec's end and announces it.
func (s *supervisor) finishExec(e *execution) {
	s.events.flush()
	r := e.run
	exit := s.wait(r)
	r.sess.StopReading(drainQuiet, drainLimit)
	<-r.sess.Drained()
	r.exit = exit
	s.mu.Lock()
	delete(s.execs, e.id)
	s.mu.Unlock()
	e.op.exit(r.start, exit)
	s.events.add("exec_die", map[string]string{"execID": e.id, "exitCode": fmt.Sprint(exit.Code)})
	s.events.flush()
	r.announce()
	r.sess.Close()
	tidy.soon()
}

// endExecs waits for the execs of a container whose main process is gone: they were
// killed with its PID namespace. In a shared one they are killed here.
func (s *supervisor) endExecs() {
	s.mu.Lock()
	left := make([]*execution, 0, len(s.execs))
	for _, e := range s.execs {
		left = append(left, e)
	}
	s.mu.Unlock()
	for _, e := range left {
		_ = e.run.prog.Signal(unix.SIGKILL) // it may be gone already
	}
	for _, e := range left {
		<-e.run.exited
	}
}

func (s *supervisor) findExec(id string) *execution {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.execs[id]; e != nil {
		return e
	}
	var found *execution
	for full, e := range s.execs {
		if len(id) >= 4 && strings.HasPrefix(full, id) {
			if found != nil {
				return nil
			}
			found = e
		}
	}
	return found
}

func newID() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
