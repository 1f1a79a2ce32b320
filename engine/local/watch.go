package local

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"berth/engine"
	"berth/engine/internal/eventlog"
)

// eventBuffer is how many events a reader may lag behind before progress is dropped.
const eventBuffer = 256

// Watch implements engine.Watcher.
func (e *Engine) Watch(ctx context.Context, opts engine.WatchOptions) (*engine.Subscription, error) {
	from, err := e.log.End()
	if err != nil {
		return nil, err
	}
	leave := e.guard.enter()
	sub := &engine.Subscription{}
	defer func() {
		if sub.Err == nil { // it did not come to be
			leave()
		}
	}()
	// The position is older than the state, so an event may tell again what the
	// snapshot holds already, but none is missed.
	running, err := e.containers()
	if err != nil {
		return nil, err
	}
	for _, c := range running {
		if c.State.Alive() {
			e.guard.add(c.ID)
		}
	}
	if opts.Snapshot {
		if sub.Snapshot, err = e.snapshot(ctx, running); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(e.ctx, cancel)
	var past []engine.Event
	if !opts.Since.IsZero() {
		if past, err = e.history(ctx, opts); err != nil {
			cancel()
			return nil, err
		}
	}
	t := &teller{Engine: e, opts: opts, seen: map[string]engine.Container{}}
	q := newQueue()
	out := make(chan engine.Event)
	sub.Events = out
	var followErr error
	go func() {
		defer leave()
		defer stop()
		defer cancel()
		q.put(past)
		err := e.log.Follow(ctx, from, func(recs []eventlog.Record) error {
			e.guard.started(recs)
			q.put(t.events(ctx, recs))
			return nil
		})
		if err != nil && ctx.Err() == nil {
			followErr = err
		}
		q.close()
	}()
	go func() {
		defer close(out)
		for {
			ev, ok := q.get(ctx)
			if !ok {
				return
			}
			select {
			case out <- ev:
			case <-ctx.Done():
				return
			}
		}
	}()
	sub.Err = func() error { return followErr }
	return sub, nil
}

// snapshot completes the list of containers with the others.
func (e *Engine) snapshot(ctx context.Context, containers []engine.Container) (s engine.Snapshot, err error) {
	s.Containers = containers
	if s.Images, err = e.ListImages(ctx, engine.ImageListOptions{}); err != nil {
		return s, err
	}
	s.Pulls, err = e.pulls()
	return s, err
}

// pullSilence is how long the log may tell nothing new of a pull before it counts as
// dead: a pull that waits for a registry still reports that it does.
const pullSilence = 30 * time.Second

// pulls returns the pulls under way in any process, as the log has them.
func (e *Engine) pulls() ([]engine.PullProgress, error) {
	latest := map[string]engine.PullProgress{}
	err := e.log.History(time.Now().Add(-pullSilence), time.Time{}, func(recs []eventlog.Record) error {
		for _, r := range recs {
			var p engine.PullProgress
			if r.Kind != string(engine.KindPull) || json.Unmarshal(r.Data, &p) != nil {
				continue
			}
			if latest[p.ID] = p; p.State.Final() {
				delete(latest, p.ID)
			}
		}
		return nil
	})
	out := slices.Collect(maps.Values(latest))
	slices.SortFunc(out, func(a, b engine.PullProgress) int { return a.Started.Compare(b.Started) })
	return out, err
}

// History implements engine.Watcher.
func (e *Engine) History(ctx context.Context, opts engine.WatchOptions) ([]engine.Event, error) {
	if _, err := e.containers(); err != nil { // whose deaths nobody has told yet are told now
		return nil, err
	}
	return e.history(ctx, opts)
}

func (e *Engine) history(ctx context.Context, opts engine.WatchOptions) ([]engine.Event, error) {
	var recs []eventlog.Record
	err := e.log.History(opts.Since, opts.Until, func(rs []eventlog.Record) error {
		recs = append(recs, rs...)
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	return decode(recs, opts), nil
}

// A teller adds to events the state of what they are about.
type teller struct {
	*Engine
	opts engine.WatchOptions
	// seen is the last known state of containers that may be gone when their last
	// events are read.
	seen map[string]engine.Container
}

// events decodes new records and completes them.
func (t *teller) events(ctx context.Context, recs []eventlog.Record) []engine.Event {
	evs := decode(recs, t.opts)
	var images []engine.Image
	for i := range evs {
		ev := &evs[i]
		switch ev.Kind {
		case engine.KindContainer:
			t.container(ev)
		case engine.KindImage:
			if images == nil { // one list serves the whole batch
				if images, _ = t.ListImages(ctx, engine.ImageListOptions{}); images == nil {
					continue
				}
			}
			if at := slices.IndexFunc(images, func(img engine.Image) bool { return about(ev, &img) }); at >= 0 {
				img := images[at]
				ev.Image = &img
			}
		}
	}
	return evs
}

// container sets the state of an event's container: as it is now, or else as the events
// so far tell it.
func (t *teller) container(ev *engine.Event) {
	told := ev.Container
	ev.Container = nil
	if ev.Action == "destroy" {
		delete(t.seen, ev.ID)
		return
	}
	_, c, err := t.load(ev.ID)
	if err != nil {
		known, ok := t.seen[ev.ID]
		switch {
		case told != nil:
			c = *told
		case ok:
			c = known
		default:
			return
		}
		switch ev.Action {
		case "start":
			c.State, c.Started = engine.StateRunning, ev.Time
		case "die":
			c.State, c.Finished, c.Pid = engine.StateExited, ev.Time, 0
			c.ExitCode, _ = strconv.Atoi(ev.Attributes["exitCode"])
		}
	}
	t.seen[ev.ID] = c
	ev.Container = &c
}

// about reports whether an event is about an image: it names it by ID, or as Docker's
// pull events do by reference.
func about(ev *engine.Event, img *engine.Image) bool {
	id := string(img.ID)
	return ev.ID == id || ev.Attributes["image"] == id || slices.Contains(img.RepoTags, ev.ID)
}

// decode turns records into events and leaves out what opts does not select.
func decode(recs []eventlog.Record, opts engine.WatchOptions) []engine.Event {
	var out []engine.Event
	for _, r := range recs {
		kind := engine.EventKind(r.Kind)
		if len(opts.Kinds) > 0 && !slices.Contains(opts.Kinds, kind) {
			continue
		}
		if !opts.Until.IsZero() && r.Time.After(opts.Until) {
			continue
		}
		if opts.Object != "" && r.ID != opts.Object && !bytes.Contains(r.Data, []byte(opts.Object)) {
			continue // most of a log, when one operation is looked for
		}
		ev := engine.Event{Time: r.Time, Kind: kind, Action: r.Action, ID: r.ID, Attributes: r.Attrs}
		switch kind {
		case engine.KindContainer:
			if len(r.Data) > 0 {
				ev.Container = new(engine.Container)
				if json.Unmarshal(r.Data, ev.Container) != nil {
					continue // a line of another version
				}
			}
		case engine.KindStep:
			ev.Step = new(engine.Step)
			if json.Unmarshal(r.Data, ev.Step) != nil {
				continue
			}
		case engine.KindPull:
			ev.Pull = new(engine.PullProgress)
			if json.Unmarshal(r.Data, ev.Pull) != nil {
				continue
			}
		}
		if opts.Object != "" && ev.ID != opts.Object && (ev.Step == nil || ev.Step.Subject != opts.Object) {
			continue
		}
		out = append(out, ev)
	}
	return out
}

// A queue stands between the log and a reader. It never drops a lifecycle event; of
// the progress of one pull it keeps the latest once the reader lags.
type queue struct {
	mu     sync.Mutex // guards the fields below
	events []engine.Event
	closed bool
	wake   chan struct{} // holds a token while there is something to see
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

func (q *queue) put(evs []engine.Event) {
	if len(evs) == 0 {
		return
	}
	q.mu.Lock()
	for _, ev := range evs {
		if len(q.events) >= eventBuffer && ev.Kind == engine.KindPull && !ev.Pull.State.Final() && q.replace(ev) {
			continue
		}
		q.events = append(q.events, ev)
	}
	q.mu.Unlock()
	q.signal()
}

// replace puts a pull's newer progress in the place of its older one.
func (q *queue) replace(ev engine.Event) bool {
	for i := len(q.events) - 1; i >= 0; i-- {
		if old := &q.events[i]; old.Kind == engine.KindPull && old.ID == ev.ID && !old.Pull.State.Final() {
			*old = ev
			return true
		}
	}
	return false
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.signal()
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// get returns the next event; ok is false once the queue is closed and empty, or ctx ended.
func (q *queue) get(ctx context.Context) (ev engine.Event, ok bool) {
	for {
		q.mu.Lock()
		if len(q.events) > 0 {
			ev, q.events = q.events[0], q.events[1:]
			q.mu.Unlock()
			return ev, true
		}
		closed := q.closed
		q.mu.Unlock()
		if closed {
			return ev, false
		}
		select {
		case <-q.wake:
		case <-ctx.Done():
			return ev, false
		}
	}
}
