package pull

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"berth/engine"
	"berth/engine/internal/eventlog"
	"berth/engine/internal/reference"
)

// How often a caller, and the shared log, hear of progress.
const (
	reportEvery = 50 * time.Millisecond
	logEvery    = 200 * time.Millisecond
)

// A meter holds the progress of one pull and tells it to the caller and to the log.
type meter struct {
	report  func(engine.PullProgress)
	publish func(...eventlog.Record) error

	mu      sync.Mutex // guards what follows
	state   engine.PullProgress
	rates   []rate
	dirty   bool
	logged  time.Time
	stopped chan struct{}
	done    chan struct{}
}

func newMeter(id string, named reference.Named, report func(engine.PullProgress), publish func(...eventlog.Record) error) *meter {
	m := &meter{report: report, publish: publish, stopped: make(chan struct{}), done: make(chan struct{}), dirty: true}
	m.state = engine.PullProgress{
		ID: id, Ref: named.Familiar(), Name: printedName(named), Tag: tagOrDigest(named),
		State: engine.PullResolving, Started: time.Now(),
	}
	go m.loop()
	return m
}

// loop reports changes, from one goroutine as the contract promises.
func (m *meter) loop() {
	defer close(m.done)
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			m.flush(false)
		case <-m.stopped:
			m.flush(true)
			return
		}
	}
}

func (m *meter) flush(final bool) {
	m.mu.Lock()
	if !m.dirty && !final {
		m.mu.Unlock()
		return
	}
	m.dirty = false
	now := time.Now()
	m.measure(now)
	state := m.state
	state.Layers = append([]engine.LayerProgress(nil), m.state.Layers...)
	toLog := final || now.Sub(m.logged) >= logEvery
	if toLog {
		m.logged = now
	} else {
		m.dirty = true // so that the log gets it with a later tick
	}
	m.mu.Unlock()
	if m.report != nil {
		m.report(state)
	}
	if !toLog {
		return
	}
	if data, err := json.Marshal(state); err == nil {
		// The pull itself does not depend on anybody hearing of it.
		_ = m.publish(eventlog.Record{Time: now, Kind: string(engine.KindPull), Action: string(state.State), ID: state.ID, Data: data})
	}
}

// measure updates rates and sums; mu is held.
func (m *meter) measure(now time.Time) {
	s := &m.state
	s.Current, s.Rate, s.Remaining = 0, 0, 0
	for i := range s.Layers {
		l := &s.Layers[i]
		l.Rate = m.rates[i].at(now, l.Current)
		if l.State == engine.LayerDownloading {
			s.Rate += l.Rate
		}
		s.Current += l.Current
	}
	if left := s.Total - s.Current; left > 0 && s.Rate > 1 {
		s.Remaining = time.Duration(float64(left) / s.Rate * float64(time.Second))
	}
}

// begin tells that the image is resolved.
func (m *meter) begin(img *remoteImage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state.State, m.state.Digest, m.dirty = engine.PullActive, img.target, true
	m.state.Layers = make([]engine.LayerProgress, len(img.layers))
	m.rates = make([]rate, len(img.layers))
	first := map[engine.DiffID]bool{}
	for i, l := range img.layers {
		m.state.Layers[i] = engine.LayerProgress{Digest: l.blob, State: engine.LayerWaiting, Total: l.size}
		if first[l.diff] {
			m.state.Layers[i].State, m.state.Layers[i].Current = engine.LayerExists, l.size
		}
		first[l.diff] = true
		m.state.Total += l.size
	}
}

// note sets a layer's state.
func (m *meter) note(index int, state engine.LayerState, why string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := &m.state.Layers[index]
	if state == engine.LayerUnpacking && l.State == engine.LayerVerifying {
		return // the unpacking overtook the word that the download is complete
	}
	if l.State == state && l.Note == why {
		return
	}
	l.State, l.Note, m.dirty = state, why, true
	if state == engine.LayerDone || state == engine.LayerExists {
		l.Current = l.Total
	}
}

func (m *meter) resumed(index int, n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state.Layers[index].Resumed, m.state.Layers[index].Current = n, n
}

func (m *meter) progress(index int, current int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state.Layers[index].Current, m.dirty = current, true
}

// end reports the last state and returns when that is done.
func (m *meter) end(res engine.PullResult, err error) {
	m.mu.Lock()
	m.state.Ended = time.Now()
	switch {
	case err == nil:
		m.state.State, m.state.ImageID, m.state.Digest = engine.PullDone, res.ImageID, res.Digest
	case engine.ClassOf(err) == engine.ClassCanceled, errors.Is(err, context.Canceled):
		m.state.State, m.state.Error = engine.PullCanceled, err.Error()
	default:
		m.state.State, m.state.Error = engine.PullFailed, err.Error()
	}
	m.mu.Unlock()
	close(m.stopped)
	<-m.done
}

// A rate measures bytes a second over the last seconds by halving older samples' weight.
type rate struct {
	time  time.Time
	bytes int64
	value float64
}

func (r *rate) at(now time.Time, bytes int64) float64 {
	dt := now.Sub(r.time).Seconds()
	switch {
	case r.time.IsZero() || bytes < r.bytes:
		r.time, r.bytes = now, bytes
	case dt >= 0.2:
		sample := float64(bytes-r.bytes) / dt
		if r.value == 0 {
			r.value = sample
		}
		weight := min(dt/2, 1)
		r.value += (sample - r.value) * weight
		r.time, r.bytes = now, bytes
	}
	return r.value
}
