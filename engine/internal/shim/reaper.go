package shim

import (
	"os"
	"os/signal"
	"sync"

	"golang.org/x/sys/unix"
)

// A reaper collects the orphans that come to the shim as a subreaper. Processes that
// the shim started are tracked and left to their own waiters, who need the status.
type reaper struct {
	mu      sync.Mutex // held while a process is being started: it is not tracked yet
	tracked map[int]bool
	kick    chan struct{}
}

// watch starts to collect.
func (r *reaper) watch() {
	r.tracked = map[int]bool{}
	r.kick = make(chan struct{}, 1)
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, unix.SIGCHLD)
	go func() {
		for {
			select {
			case <-ch:
			case <-r.kick:
			}
			r.collect()
		}
	}()
}

// hold keeps the reaper away while children come that nobody tracks yet.
func (r *reaper) hold() (done func()) {
	r.mu.Lock()
	return func() {
		r.mu.Unlock()
		r.again()
	}
}

// track excepts a process. The caller has hold.
func (r *reaper) track(pid int) { r.tracked[pid] = true }

// untrack says that a tracked process was reaped by its waiter.
func (r *reaper) untrack(pid int) {
	r.mu.Lock()
	delete(r.tracked, pid)
	r.mu.Unlock()
	r.again()
}

func (r *reaper) again() {
	select {
	case r.kick <- struct{}{}:
	default:
	}
}

// collect reaps all that have ended, up to a tracked one: its waiter kicks again.
func (r *reaper) collect() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		var info siginfo
		err := waitid(&info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT)
		if err == unix.EINTR {
			continue
		}
		pid := int(info.pid)
		if err != nil || pid == 0 || r.tracked[pid] {
			return
		}
		var ws unix.WaitStatus
		_, _ = unix.Wait4(pid, &ws, unix.WNOHANG, nil) // nobody wants the status
	}
}
