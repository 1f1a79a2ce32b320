// Package feed brings the engine's events to the model at most once in a frame. It
// reads the subscription in a goroutine of its own, so that a slow terminal never
// holds the engine up. Progress of one pull is replaced by later progress of the same
// pull; no other event is ever dropped.
package feed

import (
	"context"
	"sync"
	"time"

	"berth/engine"
)

// A Feed is one subscription.
type Feed struct {
	frame time.Duration
	ready chan struct{} // capacity 1: there is something to take

	mu      sync.Mutex
	pending []engine.Event
	urgent  bool                        // something else than more bytes is pending
	states  map[string]engine.PullState // of the pulls that were told of
	at      map[string]int              // pull ID → where its progress lies in pending
	ended   bool
	err     error
	last    time.Time
}

// steady is how many frames mere progress waits. Ten times a second is as smooth as anybody
// reads numbers, and drawing costs a third of what it would in every frame.
const steady = 3

// New reads sub until it ends. Batches are at least frame apart.
func New(sub *engine.Subscription, frame time.Duration) *Feed {
	f := &Feed{frame: frame, ready: make(chan struct{}, 1), at: make(map[string]int), states: make(map[string]engine.PullState)}
	go func() {
		for e := range sub.Events {
			f.add(e)
		}
		f.mu.Lock()
		f.ended = true
		if sub.Err != nil {
			f.err = sub.Err()
		}
		f.mu.Unlock()
		f.wake()
	}()
	return f
}

func (f *Feed) add(e engine.Event) {
	f.mu.Lock()
	if e.Pull == nil {
		f.urgent = true
	} else {
		before, known := f.states[e.ID]
		f.urgent = f.urgent || !known || before != e.Pull.State
		f.states[e.ID] = e.Pull.State
		if e.Pull.State.Final() {
			delete(f.states, e.ID)
		}
		if i, ok := f.at[e.ID]; ok && !f.pending[i].Pull.State.Final() {
			f.pending[i] = e
			f.mu.Unlock()
			f.wake()
			return
		}
		f.at[e.ID] = len(f.pending)
	}
	f.pending = append(f.pending, e)
	f.mu.Unlock()
	f.wake()
}

func (f *Feed) wake() {
	select {
	case f.ready <- struct{}{}:
	default:
	}
}

// Next waits for events, and until a frame has passed since the last batch, or a few if
// a pull's numbers are all that is new. It returns false when the subscription has ended and all its events were taken.
func (f *Feed) Next(ctx context.Context) ([]engine.Event, bool, error) {
	for {
		f.mu.Lock()
		n, ended, err, wait := len(f.pending), f.ended, f.err, f.frame-time.Since(f.last)
		if !f.urgent && !ended {
			wait += (steady - 1) * f.frame
		}
		f.mu.Unlock()
		switch {
		case n > 0 && wait <= 0:
			return f.take(), true, nil
		case n > 0:
			if err := f.sleep(ctx, wait); err != nil {
				return nil, false, err
			}
		case ended:
			return nil, false, err
		default:
			select {
			case <-f.ready:
			case <-ctx.Done():
				return nil, false, ctx.Err()
			}
		}
	}
}

func (f *Feed) take() []engine.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	batch := f.pending
	f.pending, f.urgent, f.last = nil, false, time.Now()
	clear(f.at)
	return batch
}

// sleep waits for a time, or until something comes that may not have to wait as long.
func (f *Feed) sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-f.ready:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
