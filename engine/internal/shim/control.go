package shim

import (
	"encoding/json"
	"time"

	"berth/engine"
	"berth/engine/internal/bundle"
	"berth/pty/session"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// target returns the main run, or an exec's.
func (s *supervisor) target(execID string) (*run, error) {
	if execID != "" {
		if e := s.findExec(execID); e != nil {
			return e.run, nil
		}
		return nil, engine.Errorf(engine.ClassNotFound, "no such exec: %q has ended or never was", execID)
	}
	if r := s.running(); r != nil {
		return r, nil
	}
	return nil, s.notRunning()
}

func (s *supervisor) signal(execID string, n int) error {
	sig, err := signalOf(n)
	if err != nil {
		return err
	}
	r, err := s.target(execID)
	if err != nil {
		return err
	}
	if err := r.prog.Signal(sig); err != nil {
		if engine.ClassOf(err) == engine.ClassConflict {
			return s.notRunning()
		}
		return engine.Errorf(engine.ClassOf(err), "send %s to container %q: %w", unix.SignalName(sig), s.events.container(), err)
	}
	// A frozen process can't take a signal, not even SIGKILL on cgroup v1.
	if sig == unix.SIGKILL && execID == "" {
		_ = s.pause(false)
	}
	return nil
}

func (s *supervisor) resize(execID string, size *wireSize) error {
	if size == nil || size.Cols <= 0 || size.Rows <= 0 {
		return engine.Errorf(engine.ClassInvalid, "a terminal needs a size")
	}
	r, err := s.target(execID)
	if err != nil {
		return err
	}
	r.sess.Resize(session.Size(*size))
	return nil
}

// pause freezes or thaws all processes.
func (s *supervisor) pause(on bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	want, next, action := engine.StateRunning, engine.StatePaused, "pause"
	if !on {
		want, next, action = next, want, "unpause"
	}
	switch {
	case s.main == nil:
		return s.notRunning()
	case s.status.State != want && on:
		return engine.Errorf(engine.ClassConflict, "container %q is already paused", s.events.container())
	case s.status.State != want:
		return engine.Errorf(engine.ClassConflict, "container %q is not paused", s.events.container())
	case s.group == nil:
		return engine.Errorf(engine.ClassUnsupported, "pause container %q: this host lets it have no cgroup with a freezer", s.events.container())
	}
	freeze := s.group.Freeze
	if !on {
		freeze = s.group.Thaw
	}
	if err := freeze(); err != nil {
		return err
	}
	s.status.State = next
	s.record()
	s.events.add(action, nil)
	s.events.flush()
	return nil
}

// update changes the limits and the restart policy of the running container.
func (s *supervisor) update(resources, restart json.RawMessage) error {
	var r *specs.LinuxResources
	if len(resources) > 0 {
		if err := json.Unmarshal(resources, &r); err != nil {
			return engine.Errorf(engine.ClassInvalid, "update container %q: read limits: %w", s.events.container(), err)
		}
	}
	var p *bundle.Restart
	if len(restart) > 0 {
		if err := json.Unmarshal(restart, &p); err != nil {
			return engine.Errorf(engine.ClassInvalid, "update container %q: read restart policy: %w", s.events.container(), err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r != nil {
		if s.group == nil {
			return engine.Errorf(engine.ClassUnsupported, "update container %q: this host lets it have no cgroup", s.events.container())
		}
		if err := s.group.Update(r); err != nil {
			return err
		}
		if s.b.Spec.Linux != nil {
			s.b.Spec.Linux.Resources = r // for the next restart
		}
	}
	if p != nil {
		s.policy = *p
	}
	return nil
}

func (s *supervisor) state() *wireState {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &wireState{Status: s.status}
	if s.logs != nil {
		w.Dropped = s.logs.Dropped()
	}
	if s.main != nil {
		w.Clients = s.main.sess.Clients()
	}
	for id := range s.execs {
		w.Execs = append(w.Execs, id)
	}
	return w
}

func (s *supervisor) listExecs() []wireExecInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]wireExecInfo, 0, len(s.execs))
	for _, e := range s.execs {
		list = append(list, wireExecInfo{
			ID: e.id, Cmd: e.spec.Cmd, User: e.spec.User, TTY: e.spec.TTY, Pid: e.run.prog.Pid(),
			Started: e.run.start.Round(time.Microsecond), Clients: e.run.sess.Clients(), Title: e.run.sess.Title(),
		})
	}
	return list
}
