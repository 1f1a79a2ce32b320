package shim

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"time"

	"berth/engine"
	"berth/engine/internal/bundle"
	"berth/engine/internal/cgroup"
	"berth/engine/internal/logfile"
	"berth/engine/internal/state"
	"berth/pty/session"

	"golang.org/x/sys/unix"
)

// After the program's exit its output is read until nothing came for drainQuiet, at
// most for drainLimit: a process that it left behind may hold the terminal or the
// pipes open for ever.
const (
	drainQuiet = 100 * time.Millisecond
	drainLimit = 2 * time.Second
)

// A supervisor is the shim of one container.
type supervisor struct {
	dir      string
	b        *bundle.Bundle
	launcher launcher
	lock     *os.File
	listener *listener
	logs     *logfile.Writer // used by one session's log goroutine at a time
	events   *events
	faults   *log.Logger
	conns    sync.WaitGroup
	reaper   reaper

	mu     sync.Mutex
	status Status
	main   *run // nil while no program runs
	prog   container
	group  *cgroup.Group
	execs  map[string]*execution
	policy bundle.Restart
	halted chan struct{} // closed when the restart policy is suspended
	open   map[*conn]bool
	ending bool
}

// A run is one process with its session: the container's main one, or an exec's.
type run struct {
	prog   program
	sess   *session.Session
	tty    bool
	start  time.Time
	exited chan struct{} // closed when exit is set and all output was read
	exit   engine.ExitStatus
}

// attach adds a client. first is one that came with the start: on pipes the program
// waits for it rather than lose its output.
func (r *run) attach(w *wireAttach, first bool) *session.Client {
	return r.sess.Attach(session.ClientOptions{
		Stdout: w.Stdout, Stderr: w.Stderr, Stdin: w.Stdin, Size: session.Size(w.Size),
		ReadOnly: w.ReadOnly, NoReplay: w.NoReplay, Hold: first && !r.tty,
	})
}

// supervise runs the container in dir until its end. starter is the connection to the
// berth that asks for the start.
func supervise(dir string, starter *conn, l launcher, faults *log.Logger) error {
	s := &supervisor{
		dir: dir, launcher: l, faults: faults,
		execs: map[string]*execution{}, halted: make(chan struct{}), open: map[*conn]bool{},
	}
	var first wireRequest
	var early error
	s.converse(starter, func(_ *conn, req wireRequest) bool {
		first = req
		return false
	})
	if first.Op != opStart {
		return errors.New("the inherited connection carries no start request")
	}
	if early = s.prepare(); early != nil {
		s.teardown()
		if refuse(starter, early) {
			return nil // the starter tells the user
		}
		return early
	}
	go s.acceptLoop()
	err := s.runOnce(starter, &first)
	if err == nil {
		s.restartLoop()
	}
	s.end()
	s.conns.Wait()
	return nil
}

// prepare takes the lock and opens all that a start needs.
func (s *supervisor) prepare() (err error) {
	if s.b, err = bundle.Read(s.dir); err != nil {
		return err
	}
	if s.b.Spec == nil || s.b.Spec.Process == nil || len(s.b.Spec.Process.Args) == 0 {
		return engine.Errorf(engine.ClassInvalid, "read bundle in %q: it names no program", s.dir)
	}
	if s.b.StopSignal == 0 {
		s.b.StopSignal = int(unix.SIGTERM)
	}
	if s.lock, err = takeLock(s.dir); err != nil {
		return err
	}
	old, err := readRecord(s.dir)
	if err != nil {
		return err
	}
	s.status = Status{
		State: old.State, Started: old.Started, Finished: old.Finished, ExitCode: old.ExitCode,
		ShimPid: os.Getpid(), BootID: bootID(),
	}
	s.policy = s.b.Restart
	if s.listener, err = listen(s.dir); err != nil {
		return err
	}
	if s.b.Log.Path != "" {
		s.logs = logfile.NewWriter(s.b.Log.Path, s.b.Log.MaxSize, s.b.Log.MaxFile)
	}
	if s.events, err = openEvents(s.b); err != nil {
		s.faults.Print(err) // the container matters more than its history
		err = nil
	}
	protect(s.b.Spec.Process)
	s.reaper.watch()
	s.watchShutdown()
	return err
}

// watchShutdown passes SIGTERM on as the container's stop signal: the machine goes
// down, and the program shall have the time that is left. It is not started again.
func (s *supervisor) watchShutdown() {
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, unix.SIGTERM)
	go func() {
		for range ch {
			s.stopRestarting()
			if r := s.running(); r != nil {
				_ = r.prog.Signal(unix.Signal(s.b.StopSignal)) // it may end this moment
			}
		}
	}()
}

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
	if starter != nil {
		s.answerStart(starter, client, r)
	}
	s.events.add("start", nil)
	s.events.flush()
	tidy.soon()
	s.finish(r)
	return nil
}

// answerStart tells the starter that the program runs and serves it from now on.
func (s *supervisor) answerStart(starter *conn, client *session.Client, r *run) {
	err := starter.send(frameResponse, wireResponse{})
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
	io, err := newStdio(p.Terminal, s.b.Stdin, size)
	if err != nil {
		return nil, err
	}
	group, err := s.launcher.Group(s.b)
	if err != nil {
		io.close()
		return nil, err
	}
	opts, err := s.options(io, group)
	if err != nil {
		io.close()
		s.removeCgroup(group)
		return nil, err
	}
	done := s.reaper.hold()
	prog, err := s.launcher.Launch(context.Background(), s.b, opts)
	if err == nil {
		s.reaper.track(prog.Pid())
	}
	done()
	closeFiles(opts.CgroupProcs...)
	if err != nil {
		io.close()
		s.removeCgroup(group)
		return nil, err
	}
	sess, err := io.session(prog, session.Config{Log: s.logger(), StdinOnce: once, SpillDir: s.dir})
	if err != nil {
		_ = prog.Signal(unix.SIGKILL)
		_, _ = prog.Wait()
		s.removeCgroup(group)
		return nil, err
	}
	r := &run{prog: prog, sess: sess, tty: p.Terminal, start: time.Now(), exited: make(chan struct{})}
	s.mu.Lock()
	s.main, s.prog, s.group = r, prog, group
	s.status.State = engine.StateRunning
	s.status.Pid, s.status.PidStart = prog.Pid(), startTime(prog.Pid())
	s.status.Started = r.start
	s.status.Finished, s.status.ExitCode, s.status.Signal = time.Time{}, 0, 0
	s.status.OOMKilled, s.status.Error = false, ""
	s.record()
	s.mu.Unlock()
	return r, nil
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
	s.mu.Lock()
	group := s.group
	s.mu.Unlock()
	if group != nil {
		exit.OOMKilled = group.OOMKills() > 0 // a child of the program counts too, as with Docker
		_ = group.Kill()                      // with a PID namespace of its own nobody is left; else all are
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
	s.removeCgroup(group)
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
	s.record()
	s.mu.Unlock()
	if exit.OOMKilled {
		s.events.add("oom", nil)
	}
	s.events.add("die", map[string]string{
		"exitCode": fmt.Sprint(exit.Code), "execDuration": fmt.Sprint(int(exit.At.Sub(r.start).Seconds())),
	})
	s.events.flush()
	if !again {
		s.shut()
	}
	close(r.exited)
	r.sess.Close()
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
	s.events.flush()
	s.shut()
}

// record writes the status. s.mu is held.
func (s *supervisor) record() {
	if err := s.status.write(s.dir); err != nil {
		s.faults.Print(err)
	}
}

// shut ends the container on disk: no client can connect any more, the record is
// final, another shim may start it again, and with --rm it is gone. It comes before
// the exit is announced, so that whoever hears of that finds it so.
func (s *supervisor) shut() {
	s.mu.Lock()
	if s.ending {
		s.mu.Unlock()
		return
	}
	s.ending = true
	s.mu.Unlock()
	s.teardown()
	if s.logs != nil {
		s.logs.Close()
	}
	if s.b.AutoRemove {
		root := filepath.Dir(filepath.Dir(s.dir))
		if err := state.RemoveContainer(root, s.b.ID); err != nil {
			s.faults.Printf("remove container: %v", err)
		}
		s.events.add("destroy", nil)
		s.events.flush()
	}
}

// teardown removes the socket and lets go of the lock, in this order: the socket of a
// later shim must not be removed.
func (s *supervisor) teardown() {
	if s.listener != nil {
		_ = os.Remove(filepath.Join(s.dir, socketName)) // dead without us anyway
		_ = s.listener.f.Close()
	}
	if s.lock != nil {
		_ = s.lock.Close()
	}
}

// end lets go of clients that have nothing to get any more. Those that still read the
// last output keep this process, which holds nothing else by now, alive.
func (s *supervisor) end() {
	if !s.b.AutoRemove {
		if err := syncStatus(s.dir); err != nil {
			s.faults.Print(err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for c, busy := range s.open {
		if !busy {
			_ = c.Close() // the peer sees the end and reads the status from disk
		}
	}
	s.open = nil
}

// busy tells whether a connection carries a stream, which end must not cut. It returns
// false if the end has come.
func (s *supervisor) busy(c *conn, on bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		return false
	}
	s.open[c] = on
	return true
}

func (s *supervisor) forget(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
}

func (s *supervisor) running() *run {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.main
}

func (s *supervisor) notRunning() error {
	return engine.Errorf(engine.ClassConflict, "container %q is not running", s.b.Name)
}

func (s *supervisor) removeCgroup(g *cgroup.Group) {
	if g == nil {
		return
	}
	if err := g.Remove(); err != nil {
		s.faults.Print(err)
	}
}
