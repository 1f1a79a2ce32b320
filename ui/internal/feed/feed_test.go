package feed

import (
	"context"
	"errors"
	"testing"
	"time"

	"berth/engine"
)

func progress(id string, n int64, state engine.PullState) engine.Event {
	return engine.Event{Kind: engine.KindPull, ID: id, Pull: &engine.PullProgress{ID: id, Current: n, State: state}}
}

// Whatever the batches, the newest progress arrives, and every other event once and in order.
func TestProgressIsReplacedLifecycleIsNot(t *testing.T) {
	ch := make(chan engine.Event)
	boom := errors.New("log file is gone")
	f := New(&engine.Subscription{Events: ch, Err: func() error { return boom }}, time.Millisecond)
	const n = 500
	go func() {
		defer close(ch)
		for i := range n {
			ch <- progress("p", int64(i), engine.PullActive)
			ch <- engine.Event{Kind: engine.KindContainer, ID: string(rune('a' + i%26))}
		}
		ch <- progress("p", n, engine.PullDone)
	}()
	lifecycle, lastSeen := 0, int64(-1)
	var last *engine.PullProgress
	for {
		batch, ok, err := f.Next(t.Context())
		if !ok {
			if !errors.Is(err, boom) {
				t.Errorf("end with %v", err)
			}
			break
		}
		for _, e := range batch {
			if e.Pull == nil {
				if e.ID != string(rune('a'+lifecycle%26)) {
					t.Fatalf("event %d is %q", lifecycle, e.ID)
				}
				lifecycle++
				continue
			}
			if e.Pull.Current <= lastSeen {
				t.Fatalf("progress goes back to %d", e.Pull.Current)
			}
			lastSeen, last = e.Pull.Current, e.Pull
		}
	}
	if lifecycle != n || last.State != engine.PullDone {
		t.Errorf("%d lifecycle events, last progress %+v", lifecycle, last)
	}
}

func TestNextEndsWithItsContext(t *testing.T) {
	f := New(&engine.Subscription{Events: make(chan engine.Event)}, time.Millisecond)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, ok, err := f.Next(ctx); ok || !errors.Is(err, context.Canceled) {
		t.Errorf("ok %v, error %v", ok, err)
	}
}

// Mere progress waits for a slower frame, and anything else takes it along at once.
func TestLifecycleDoesNotWaitForProgress(t *testing.T) {
	ch := make(chan engine.Event)
	defer close(ch)
	f := New(&engine.Subscription{Events: ch}, time.Millisecond)
	next := func() []engine.Event {
		t.Helper()
		batch, ok, err := f.Next(t.Context())
		if !ok {
			t.Fatal(err)
		}
		return batch
	}
	ch <- progress("p", 1, engine.PullActive)
	next()
	f.mu.Lock()
	f.frame = time.Hour / steady // from here on nothing comes by waiting
	f.last = time.Now().Add(-f.frame)
	f.mu.Unlock()
	ch <- progress("p", 2, engine.PullActive)
	ch <- engine.Event{Kind: engine.KindContainer, ID: "c"}
	batch := next()
	for len(batch) < 2 {
		batch = append(batch, next()...)
	}
	if batch[0].Pull == nil || batch[1].ID != "c" {
		t.Errorf("got %+v", batch)
	}
}
