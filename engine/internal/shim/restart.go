package shim

import (
	"time"

	"berth/engine"
)

// Docker's delays between restarts: doubled each time, and back to the first one when
// the program ran for a while.
const (
	firstDelay = 100 * time.Millisecond
	lastDelay  = time.Minute
	steadyRun  = 10 * time.Second
)

// wantsRestart applies the policy to an exit. s.mu is held.
func (s *supervisor) wantsRestart(exit engine.ExitStatus) bool {
	select {
	case <-s.halted:
		return false
	default:
	}
	switch s.policy.Name {
	case "always", "unless-stopped":
		return true
	case "on-failure":
		return exit.Code != 0 && (s.policy.MaxRetry == 0 || s.status.RestartCount < s.policy.MaxRetry)
	}
	return false
}

// restartLoop starts the program again as long as the policy says so.
func (s *supervisor) restartLoop() {
	delay := firstDelay
	for {
		s.mu.Lock()
		again := s.status.State == engine.StateRestarting
		ran := s.status.Finished.Sub(s.status.Started)
		s.mu.Unlock()
		if !again {
			return
		}
		if ran >= steadyRun {
			delay = firstDelay
		}
		select {
		case <-time.After(delay):
		case <-s.halted:
			s.stayDown()
			return
		}
		delay = min(2*delay, lastDelay)
		s.mu.Lock()
		s.status.RestartCount++
		s.mu.Unlock()
		s.events.add("restart", nil)
		if s.runOnce(nil, nil) != nil {
			return
		}
	}
}

// stayDown ends a container that waited for its restart.
func (s *supervisor) stayDown() {
	s.mu.Lock()
	s.status.State = engine.StateExited
	s.record()
	s.mu.Unlock()
	s.shut()
}

// stopRestarting suspends the policy for the rest of this shim's life: the user stops
// the container, and it must stay down.
func (s *supervisor) stopRestarting() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.halted:
	default:
		close(s.halted)
	}
}
