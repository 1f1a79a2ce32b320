package shim

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"berth/engine"
	"berth/engine/internal/runtime"
	"berth/pty/session"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// runOnce starts the program, tells the starter, and waits for the program's end. It
// returns an error if the program could not be started.
func (s *supervisor) runOnce(starter *conn, req *wireRequest) error {
	r, err := s.launch(req)
	if err != nil {
		s.fail(err)
		if starter != nil {
			_ = refuse(starter, err) // a starter that is gone reads it from the status
		}
		return err
	}
	var client *session.Client
	if starter != nil && req.Attach != nil {
		client = r.attach(req.Attach, true)
	}
	r.sess.Start()
	// Before the answer: whoever watches takes charge of what is left should this process
	// be killed, and hears of it here.
	s.events.add("start", nil)
	s.events.flush()
	if starter != nil {
		s.answerStart(starter, client, r)
	}
	tidy.soon()
	s.finish(r)
	return nil
}

// answerStart tells the starter that the program runs and serves it from now on.
func (s *supervisor) answerStart(starter *conn, client *session.Client, r *run) {
	err := starter.send(frameResponse, &wireResponse{})
	s.conns.Go(func() {
		defer starter.Close() // nothing is buffered
		switch {
		case client == nil:
		case err != nil:
			client.Close(true)
		default:
			s.stream(starter, client, r)
		}
	})
}

// launch starts the main process and records that it runs.
func (s *supervisor) launch(req *wireRequest) (*run, error) {
	p := s.b.Spec.Process
	size := engine.Size{}
	if p.ConsoleSize != nil {
		size = engine.Size{Cols: int(p.ConsoleSize.Width), Rows: int(p.ConsoleSize.Height)}
	}
	once := false
	if req != nil && req.Attach != nil {
		once = req.Attach.Stdin
		if req.Attach.Size != (wireSize{}) && !req.Attach.ReadOnly {
			size = engine.Size(req.Attach.Size)
		}
	}
	network := s.network // of the first start, that is
	if s.network = nil; network == nil {
		network = runtime.PrepareNetwork(s.b)
	}
	defer network.Close()
	io, err := newStdio(p.Terminal, s.b.Stdin, size)
	if err != nil {
		return nil, err
	}
	group, err := s.launcher.Group(s.b)
	if err != nil {
		io.close()
		return nil, err
	}
	opts := startOptions(io, func(st runtime.Step) { s.events.op.step(st) })
	if group != nil {
		if opts.CgroupProcs, err = group.Procs(); err != nil {
			io.close()
			s.removeCgroup(group)
			return nil, err
		}
	}
	opts.Meanwhile, opts.Network = s.equip, network
	done := s.reaper.hold()
	prog, err := s.launcher.Launch(context.Background(), s.b, opts)
	if err == nil {
		s.reaper.track(prog.Pid())
	}
	done()
	if err != nil {
		closeFiles(opts.CgroupProcs...)
		io.close()
		s.removeCgroup(group)
		return nil, err
	}
	started := time.Now()
	recorded := make(chan error, 1)
	go func() { recorded <- s.recordStart(prog, started) }()
	s.events.flush() // the start's steps, meanwhile
	var sess *session.Session
	if err = <-recorded; err != nil {
		io.close()
	} else {
		sess, err = io.session(prog, session.Config{Log: s.logger(), StdinOnce: once, SpillDir: s.dir})
	}
	if err != nil {
		_ = prog.Signal(unix.SIGKILL)
		_, _ = prog.Wait()
		closeFiles(opts.CgroupProcs...)
		s.removeCgroup(group)
		return nil, err
	}
	r := &run{prog: prog, sess: sess, tty: p.Terminal, start: started, exited: make(chan struct{})}
	s.mu.Lock()
	s.main, s.prog, s.group, s.procs = r, prog, group, opts.CgroupProcs
	s.mu.Unlock()
	return r, nil
}

// recordStart records that the program runs. One of which no list could tell, because the
// disk is full, must not run; and the record of its end has a place to be written to.
func (s *supervisor) recordStart(prog program, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.status
	s.status.State = engine.StateRunning
	s.status.Pid, s.status.PidStart = prog.Pid(), startTime(prog.Pid())
	s.status.Started = at
	s.status.Finished, s.status.ExitCode, s.status.Signal = time.Time{}, 0, 0
	s.status.OOMKilled, s.status.Error = false, ""
	err := s.status.write(s.dir)
	if err == nil {
		return nil
	}
	s.status = before
	class := engine.ClassUnknown
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		class = engine.ClassExhausted
	}
	return engine.Errorf(class, "start container %q: %w", s.events.container(), err)
}

// logger returns what the sessions of the main process write their output to.
func (s *supervisor) logger() func(session.Kind, []byte) {
	if s.logs == nil {
		return nil
	}
	return func(k session.Kind, p []byte) {
		s.logs.Write(k == session.Stderr, p)
		tidy.passed(len(p))
	}
}

// finish waits for the program's end, reads what it printed last, records the exit and
// announces it.
func (s *supervisor) finish(r *run) {
	exit := s.wait(r)
	var dismantled chan struct{}
	if !s.vanishes() {
		dismantled = s.dismantle()
	}
	s.mu.Lock()
	group, prog := s.group, s.prog
	s.mu.Unlock()
	if group != nil {
		exit.OOMKilled = group.OOMKills() > 0 // a child of the program counts too, as with Docker
	}
	r.sess.StopReading(drainQuiet, drainLimit)
	<-r.sess.Drained()
	if s.logs != nil {
		s.logs.Finish()
		if err := s.logs.Err(); err != nil {
			s.faults.Printf("log: %d entries dropped: %v", s.logs.Dropped(), err)
		}
	}
	s.endExecs()
	if dismantled != nil {
		<-dismantled
	}
	if s.b.AutoRemove {
		s.emptied = group // it will not be started again: removing this can wait
	} else {
		s.removeCgroup(group)
	}
	exit.At = time.Now()
	r.exit = exit

	s.mu.Lock()
	s.main, s.prog, s.group = nil, nil, nil
	again := s.wantsRestart(exit)
	s.status.State = engine.StateExited
	if again {
		s.status.State = engine.StateRestarting
	}
	s.status.Pid, s.status.PidStart = 0, 0
	s.status.ExitCode, s.status.Signal = exit.Code, exit.Signal
	s.status.OOMKilled, s.status.Finished, s.status.Error = exit.OOMKilled, exit.At, exit.Error
	if !s.b.AutoRemove {
		s.record() // with --rm the next step takes the record away; the log has the end
	}
	s.mu.Unlock()
	if exit.OOMKilled {
		s.events.add("oom", nil)
	}
	s.events.begin("exit").exit(r.start, exit)
	s.events.add("die", map[string]string{
		"exitCode": fmt.Sprint(exit.Code), "execDuration": fmt.Sprint(int(exit.At.Sub(r.start).Seconds())),
	})
	if again || !s.b.AutoRemove { // else it is removed now, and both is told at once
		s.events.flush()
	}
	if !again {
		s.shut()
	}
	r.announce()
	r.sess.Close()
	s.leaveGroup()
	if dismantled == nil {
		prog.Dismantle() // not beside what the client waits for: it halts all processors again and again
	}
}

// leaveGroup closes what execs entered the control group by.
func (s *supervisor) leaveGroup() {
	defer s.reaper.hold()() // an exec that begins just now has their numbers in its plan
	s.mu.Lock()
	defer s.mu.Unlock()
	closeFiles(s.procs...)
	s.procs = nil
}

// dismantle takes the main process's mounts down. It comes while the end is recorded.
func (s *supervisor) dismantle() (done chan struct{}) {
	done = make(chan struct{})
	s.mu.Lock()
	prog := s.prog
	s.mu.Unlock()
	go func() {
		prog.Dismantle()
		close(done)
	}()
	return done
}

// vanishes reports whether nobody can tell that the container's mounts outlive it by
// some milliseconds: it is not started again, and nothing of the host's is mounted.
func (s *supervisor) vanishes() bool {
	return s.b.AutoRemove && !slices.ContainsFunc(s.b.Spec.Mounts, func(m specs.Mount) bool {
		return m.Type == "bind" && filepath.Dir(m.Source) != s.dir
	})
}

// wait reaps a process and returns how it ended.
func (s *supervisor) wait(r *run) engine.ExitStatus {
	ws, err := r.prog.Wait()
	s.reaper.untrack(r.prog.Pid())
	x := engine.ExitStatus{At: time.Now()}
	switch {
	case err != nil:
		x.Code, x.Error = 137, fmt.Sprintf("wait for process %d: %v", r.prog.Pid(), err)
	case ws.Signaled():
		x.Signal = int(ws.Signal())
		x.Code = 128 + x.Signal
	default:
		x.Code = ws.ExitStatus()
	}
	return x
}

// fail records that the program could not be started.
func (s *supervisor) fail(err error) {
	code := 128
	switch engine.ClassOf(err) {
	case engine.ClassCommandNotFound:
		code = 127
	case engine.ClassCommandNotInvokable:
		code = 126
	}
	s.mu.Lock()
	if s.status.State != engine.StateCreated {
		s.status.State = engine.StateExited
	}
	s.status.ExitCode, s.status.Signal, s.status.Error = code, 0, err.Error()
	s.record()
	s.mu.Unlock()
	_ = s.equip() // the start may have failed before it; what is needed here never does
	s.events.add("fail", map[string]string{"exitCode": strconv.Itoa(code)})
	s.events.flush()
	s.shut()
}
