package shim

import (
	"log"
	"os"
	"os/signal"
	"sync"
	"time"

	"berth/engine"
	"berth/engine/internal/bundle"
	"berth/engine/internal/cgroup"
	"berth/engine/internal/logfile"
	"berth/engine/internal/runtime"
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
	network  *runtime.Network // made ahead for the first start, or nil

	mu     sync.Mutex
	status Status
	main   *run // nil while no program runs
	prog   container
	group  *cgroup.Group
	procs  []*os.File // of the group, for execs; used and closed under the reaper's hold only
	execs  map[string]*execution
	policy bundle.Restart
	halted chan struct{} // closed when the restart policy is suspended
	open   map[*conn]bool
	ending bool

	// What is left of a container with --rm, to be deleted last.
	trash   string
	emptied *cgroup.Group
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
		ReadOnly: w.ReadOnly, NoReplay: w.NoReplay, Hold: first && !r.tty, Sizes: w.Sizes && r.tty,
	})
}

// supervise runs the container in dir until its end. starter is the connection to the
// berth that asks for the start.
func supervise(dir string, starter *conn, l launcher, faults *log.Logger) error {
	s := &supervisor{
		dir: dir, launcher: l, faults: faults,
		network: runtime.PrepareNetwork(nil),
		execs:   map[string]*execution{}, halted: make(chan struct{}), open: map[*conn]bool{},
	}
	var first wireRequest
	var early error
	s.converse(starter, func(_ *conn, req wireRequest) bool {
		first = req
		return false
	})
	if first.Op != opStart && first.Op != opResume {
		return nil // who wanted to start it could not prepare that, and tells the user
	}
	if early = s.prepare(); early != nil {
		s.teardown()
		if refuse(starter, early) {
			return nil // the starter tells the user
		}
		return early
	}
	if first.Op == opResume {
		if early = s.equip(); early != nil {
			s.teardown()
			_ = refuse(starter, early)
			return early
		}
		s.resume(starter)
	} else if s.status.RestartCount = 0; s.runOnce(starter, &first) == nil {
		s.restartLoop()
	}
	s.end()
	s.conns.Wait()
	return nil
}

// prepare takes the lock and reads what is to be started.
func (s *supervisor) prepare() (err error) {
	// It may not have been there when this process was started.
	if err := os.Chdir(s.dir); err != nil {
		return err
	}
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
		Signal: old.Signal, OOMKilled: old.OOMKilled, RestartCount: old.RestartCount,
		ShimPid: os.Getpid(), BootID: bootID(),
	}
	s.policy = s.b.Restart
	return nil
}

// equip opens what a running container needs: the first start does so while the child
// is busy with its plan. It may be called again.
func (s *supervisor) equip() (err error) {
	if s.events != nil {
		return nil
	}
	var history error
	s.events, history = openEvents(s.b)
	if err := logFaults(); err != nil {
		return err
	}
	if history != nil {
		s.faults.Print(history) // the container matters more than its history
	}
	protect(s.b.Spec.Process)
	s.reaper.watch()
	s.watchShutdown()
	if s.b.Log.Path != "" {
		s.logs = logfile.NewWriter(s.b.Log.Path, s.b.Log.MaxSize, s.b.Log.MaxFile)
	}
	if s.listener, err = listen(s.dir); err != nil {
		return err
	}
	go s.acceptLoop()
	return nil
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

func (s *supervisor) running() *run {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.main
}

func (s *supervisor) notRunning() error {
	return engine.Errorf(engine.ClassConflict, "container %q is not running", s.events.container())
}
