package shim

import (
	"os"
	"path/filepath"
	"runtime"

	"berth/engine/internal/cgroup"
	"berth/engine/internal/state"
)

// announce lets those go on who wait for the run's end, and before this goroutine does:
// a client waits for them.
func (r *run) announce() {
	close(r.exited)
	runtime.Gosched()
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
	if s.b.AutoRemove {
		// With the lock held and the socket's file there: if we are killed, the next berth
		// finds the rest undone, here or in the trash.
		root := filepath.Dir(filepath.Dir(s.dir))
		var err error
		if s.trash, err = state.Detach(root, s.b.ID); err != nil {
			s.faults.Printf("remove container: %v", err)
		}
		s.events.add("destroy", nil)
		s.events.flush()
	}
	s.teardown()
	if s.logs != nil {
		s.logs.Close()
	}
}

// teardown removes the socket and lets go of the lock, in this order: the socket of a
// later shim must not be removed.
func (s *supervisor) teardown() {
	if s.listener != nil {
		_ = os.Remove(filepath.Join(s.dir, socketName)) // dead without us anyway
		_ = s.listener.f.Close()
	}
	// The files of a removed container stay ours until this process ends: another berth
	// would else begin to delete them beside us.
	if s.lock != nil && s.trash == "" {
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
	s.removeCgroup(s.emptied)
	if s.trash != "" {
		state.Forget(s.trash)
		_ = state.RemoveTree(s.trash) // what stays, the next berth deletes
	}
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

func (s *supervisor) removeCgroup(g *cgroup.Group) {
	if g == nil {
		return
	}
	if err := g.Remove(); err != nil {
		s.faults.Print(err)
	}
}
