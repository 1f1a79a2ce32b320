package enginetest

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"berth/engine"
)

// A subscriber is one Watch: a queue without bound whose progress events replace
// the older ones of the same pull that nobody has read yet.
type subscriber struct {
	opts engine.WatchOptions

	mu    sync.Mutex
	queue []engine.Event
	more  chan struct{} // capacity 1
}

func (s *subscriber) push(e engine.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.Pull != nil && !e.Pull.State.Final() {
		s.queue = slices.DeleteFunc(s.queue, func(q engine.Event) bool {
			return q.Pull != nil && q.ID == e.ID && q.Action == "progress"
		})
	}
	s.queue = append(s.queue, e)
	select {
	case s.more <- struct{}{}:
	default:
	}
}

func (s *subscriber) pop() (engine.Event, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return engine.Event{}, false
	}
	e := s.queue[0]
	s.queue = s.queue[1:]
	return e, true
}

func selects(o engine.WatchOptions, e engine.Event) bool {
	switch {
	case len(o.Kinds) > 0 && !slices.Contains(o.Kinds, e.Kind):
		return false
	case !o.Since.IsZero() && e.Time.Before(o.Since), !o.Until.IsZero() && e.Time.After(o.Until):
		return false
	case o.Object != "" && e.ID != o.Object && (e.Step == nil || e.Step.Subject != o.Object):
		return false
	}
	return true
}

// publish stamps an event, keeps it, and hands it to the subscribers. f.mu is held.
func (f *Fake) publish(e engine.Event) {
	e.Time = f.clock.Now()
	if e.Pull == nil || e.Pull.State.Final() {
		f.log = append(f.log, e)
	}
	for s := range f.subs {
		if selects(s.opts, e) {
			s.push(e)
		}
	}
}

// Watch implements engine.Watcher.
func (f *Fake) Watch(ctx context.Context, opts engine.WatchOptions) (*engine.Subscription, error) {
	if err := f.enter(ctx, "Watch", opts.Object); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	s := &subscriber{opts: opts, more: make(chan struct{}, 1)}
	sub := &engine.Subscription{Err: func() error { return nil }}
	if opts.Snapshot {
		sub.Snapshot.Images = f.allImages()
		for _, c := range slices.Backward(f.containers) {
			sub.Snapshot.Containers = append(sub.Snapshot.Containers, c.record())
		}
		for _, p := range f.pulls {
			sub.Snapshot.Pulls = append(sub.Snapshot.Pulls, clonePull(p.p))
		}
		slices.SortFunc(sub.Snapshot.Pulls, func(a, b engine.PullProgress) int { return a.Started.Compare(b.Started) })
	}
	if !opts.Since.IsZero() {
		for _, e := range f.log {
			if selects(opts, e) {
				s.push(e)
			}
		}
	}
	f.subs[s] = struct{}{}
	events := make(chan engine.Event)
	sub.Events = events
	go f.deliver(ctx, s, events)
	return sub, nil
}

func (f *Fake) deliver(ctx context.Context, s *subscriber, events chan<- engine.Event) {
	defer close(events)
	defer func() {
		f.mu.Lock()
		delete(f.subs, s)
		f.mu.Unlock()
	}()
	for {
		e, ok := s.pop()
		if !ok {
			select {
			case <-s.more:
				continue
			case <-ctx.Done():
				return
			case <-f.ctx.Done():
				return
			}
		}
		select {
		case events <- e:
		case <-ctx.Done():
			return
		case <-f.ctx.Done():
			return
		}
	}
}

// History implements engine.Watcher.
func (f *Fake) History(ctx context.Context, opts engine.WatchOptions) ([]engine.Event, error) {
	if err := f.enter(ctx, "History", opts.Object); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []engine.Event
	for _, e := range f.log {
		if selects(opts, e) {
			out = append(out, e)
		}
	}
	return out, nil
}

// A step of an operation as the fake pretends to take it.
type fakeStep struct {
	name, explain string
	data          map[string]any
	took          time.Duration
}

// steps publishes the begin and end of each step of an operation. f.mu is held.
func (f *Fake) steps(opName, subject string, list []fakeStep) {
	f.operate(f.id("op")[:12], opName, subject, list, nil)
}

// fail publishes the steps of an operation of which the last one failed, and returns its
// error as one that came about there. f.mu is held.
func (f *Fake) fail(opName, subject string, list []fakeStep, err error) error {
	return f.operate(f.id("op")[:12], opName, subject, list, err)
}

// operate publishes the steps of an operation; err is the last one's. f.mu is held.
func (f *Fake) operate(op, opName, subject string, list []fakeStep, err error) error {
	for i, st := range list {
		data, jsonErr := json.Marshal(st.data)
		if jsonErr != nil { // maps of strings and numbers always marshal
			data = nil
		}
		s := engine.Step{
			Op: op, OpName: opName, Subject: subject, Seq: i + 1, Name: st.name, Explain: st.explain, Data: data, Start: f.clock.Now(),
		}
		begin := s
		f.publish(engine.Event{Kind: engine.KindStep, Action: "begin", ID: op, Step: &begin})
		s.Done, s.Duration = true, st.took
		if err != nil && i == len(list)-1 {
			s.Error, s.Hint = err.Error(), engine.HintOf(err)
			err = engine.AtStep(err, op, st.name)
		}
		f.publish(engine.Event{Kind: engine.KindStep, Action: "end", ID: op, Step: &s})
	}
	return err
}
