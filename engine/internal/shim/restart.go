package shim

import (
	"time"

	"berth/engine"
	"berth/engine/internal/bundle"
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
	return restarts(s.policy, exit.Code, s.status.RestartCount)
}

// restarts applies a policy to how the last run ended.
func restarts(p bundle.Restart, code, count int) bool {
	switch p.Name {
	case "always", "unless-stopped":
		return true
	case "on-failure":
		return code != 0 && (p.MaxRetry == 0 || count < p.MaxRetry)
	}
	return false
}

// resume waits for the restart of a container whose former shim was killed.
func (s *supervisor) resume(starter *conn) {
	s.mu.Lock()
	s.status.State = engine.StateRestarting
	s.record()
	s.mu.Unlock()
	_ = starter.send(frameResponse, &wireResponse{}) // one that is gone wanted the same
	_ = starter.Close()
	s.restartLoop()
}

// firstWait is the delay before the next restart, after so many.
func firstWait(count int) time.Duration {
	delay := firstDelay
	for ; count > 0 && delay < lastDelay; count-- {
		delay *= 2
	}
	return min(delay, lastDelay)
}

// restartLoop starts the program again as long as the policy says so.
func (s *supervisor) restartLoop() {
	s.mu.Lock()
	delay := firstWait(s.status.RestartCount)
	s.mu.Unlock()
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
		s.events.op = s.events.begin("restart")
		s.events.add("restart", nil)
		s.events.flush() // what comes next may be our end
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
		s.status.Halted = true
		s.record() // for whoever settles what this shim leaves when it is killed
	}
}
