package shell

import (
	"os"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// processes are all children of the shell. It waits for every child of this process, its own
// and the orphans that PID 1 inherits, at one place: os/exec would wait for its own only, and
// a second waiter beside it would steal their statuses.
type processes struct {
	mu      sync.Mutex
	changed *sync.Cond // a process stopped or ended, or a job changed
	live    map[int]*process
	jobs    []*job // background and stopped ones, by number
}

// A process is one child that the shell started.
type process struct {
	pid     int
	job     *job
	status  syscall.WaitStatus
	stopped bool
	ended   bool
}

func newProcesses() *processes {
	p := &processes{live: map[int]*process{}}
	p.changed = sync.NewCond(&p.mu)
	children := make(chan os.Signal, 1)
	signal.Notify(children, unix.SIGCHLD)
	go func() {
		for range children {
			p.reap()
		}
	}()
	return p
}

// reap takes the status of all children that ended or stopped.
func (p *processes) reap() {
	// The lock is held while the kernel forgets the PID: whoever holds it may rely on
	// the process groups of unended processes.
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG|syscall.WUNTRACED, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		child, ok := p.live[pid]
		if !ok {
			continue // an orphan
		}
		child.status = status
		if child.stopped = status.Stopped(); !child.stopped {
			child.ended = true
			delete(p.live, pid)
		}
		p.changed.Broadcast()
	}
}

// start starts a program as a member of the job. With a terminal every job is a process group of
// its own (POSIX, "Job Control"), and a foreground job's group is the terminal's.
func (p *processes) start(path string, argv, env []string, dir string, files [3]*os.File, j *job) (*process, error) {
	if wd, err := syscall.Getwd(); err == nil && wd == dir {
		dir = "" // inherited: this user may be here without being allowed to come here
	}
	attr := &syscall.ProcAttr{Dir: dir, Env: env, Sys: &syscall.SysProcAttr{}}
	for _, f := range files {
		attr.Files = append(attr.Files, f.Fd())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if j.terminal != nil {
		// The group vanishes with its last member; a new one takes over.
		if !j.alive() {
			j.pgid = 0
		}
		attr.Sys.Setpgid, attr.Sys.Pgid = true, j.pgid
	}
	pid, err := syscall.ForkExec(path, argv, attr)
	if err != nil {
		return nil, err
	}
	child := &process{pid: pid, job: j}
	if j.terminal != nil && j.pgid == 0 {
		j.pgid = pid
		if j.foreground {
			j.terminal.give(pid)
			// It may have asked for input before it was in the foreground, and been stopped for that.
			_ = unix.Kill(-pid, unix.SIGCONT)
		}
	}
	p.live[pid] = child
	j.members = append(j.members, child)
	p.changed.Broadcast()
	return child, nil
}

// wait waits until the process has ended or stopped.
func (p *processes) wait(child *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !child.ended && !child.stopped {
		p.changed.Wait()
	}
}
