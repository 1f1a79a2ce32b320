package local

import (
	"sync"

	"berth/engine/internal/cgroup"
	"berth/engine/internal/shim"
	"berth/engine/internal/state"
)

// A spare is a shim's process that was started before its container was made, which
// then gets the ID that was chosen for it.
type spare struct {
	mu    sync.Mutex // guards what follows
	id    string     // empty without a process
	given bool       // a container has the ID
	shim  *shim.Spare
}

// ExpectStart says that the next container to be created will be started at once: it
// starts a process for it, which comes up while the container is made. One that no
// container takes ends with the engine. Calling it twice is calling it once.
func (e *Engine) ExpectStart() {
	s := &e.spare
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.id == "" {
		s.id = state.NewID()
		go cgroup.Detect() // meanwhile: the making of a container needs it
		s.shim = shim.Ready(e.state.Dir(s.id))
	}
}

// newID returns the ID of a container to be made.
func (s *spare) newID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.id == "" || s.given {
		return state.NewID()
	}
	s.given = true
	return s.id
}

// giveBack says that no container with this ID was made.
func (s *spare) giveBack(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.id == id {
		s.given = false
	}
}

// take returns the process that waits for the container, or nil.
func (s *spare) take(id string) *shim.Spare {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.id != id {
		return nil
	}
	return s.clear()
}

// close ends a process that no container took.
func (s *spare) close() {
	s.mu.Lock()
	left := s.clear()
	s.mu.Unlock()
	if left != nil {
		left.Close()
	}
}

// clear forgets the process. The caller holds mu.
func (s *spare) clear() *shim.Spare {
	left := s.shim
	s.id, s.given, s.shim = "", false, nil
	return left
}
