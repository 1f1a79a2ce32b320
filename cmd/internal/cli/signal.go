package cli

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
)

// A signalError is the cause of a context that a signal ended.
type signalError struct{ sig syscall.Signal }

func (e *signalError) Error() string { return "interrupted by " + e.sig.String() }

// signals lets one receiver at a time have the signals that ask the program to end:
// by default they end its context; an attached command takes them over to pass them
// on to its container.
type signals struct {
	incoming chan os.Signal
	done     chan struct{}
	asking   sync.WaitGroup // for signals

	mu      sync.Mutex // guards handler
	handler func(syscall.Signal)
}

// ending are the signals that ask a program to end.
var ending = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}

// catchSignals returns a context that ends with the first such signal. A second
// SIGINT or SIGTERM ends the program at once, in case the first one is stuck.
func catchSignals(parent context.Context) (context.Context, *signals) {
	ctx, cancel := context.WithCancelCause(parent)
	s := &signals{incoming: make(chan os.Signal, 16), done: make(chan struct{})}
	s.handler = func(sig syscall.Signal) {
		if !slices.Contains(ending, os.Signal(sig)) {
			return // takeOver had asked for it, or is about to come
		}
		cancel(&signalError{sig})
		signal.Reset(sig)
	}
	s.ask(ending...)
	go func() {
		for {
			select {
			case <-s.done:
				return
			case sig := <-s.incoming:
				s.mu.Lock()
				handle := s.handler
				s.mu.Unlock()
				handle(sig.(syscall.Signal))
			}
		}
	}()
	return ctx, s
}

// ask asks for signals, and does not wait until it has them: each takes two switches of
// threads, a tenth of a millisecond or more for all. Until then a signal ends the program
// by itself.
func (s *signals) ask(sigs ...os.Signal) {
	if len(sigs) == 0 {
		return // Notify takes that for all there are
	}
	s.asking.Go(func() { signal.Notify(s.incoming, sigs...) })
}

func (s *signals) stop() {
	s.asking.Wait()
	signal.Stop(s.incoming)
	close(s.done)
}

// takeOver sends the signals, and more kinds of them if given, to handle until the
// returned function is called. From then on those more are ignored: the program ends
// soon, and each that is let go costs as much as the asking.
func (s *signals) takeOver(handle func(syscall.Signal), more ...os.Signal) (giveBack func()) {
	s.ask(more...)
	s.asking.Wait()
	s.mu.Lock()
	before := s.handler
	s.handler = handle
	s.mu.Unlock()
	return func() {
		s.mu.Lock()
		s.handler = before
		s.mu.Unlock()
	}
}
