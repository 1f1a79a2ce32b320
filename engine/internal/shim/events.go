package shim

import (
	"encoding/json"
	"sync"
	"time"

	"berth/engine"
	"berth/engine/internal/bundle"
	"berth/engine/internal/eventlog"
)

// events collects what the shim has to tell and appends it to the shared log in
// batches: a start makes dozens of steps, and none of them may make it slower.
type events struct {
	log *eventlog.Log // nil without one
	b   *bundle.Bundle

	mu   sync.Mutex
	seq  int
	recs []eventlog.Record
}

func openEvents(b *bundle.Bundle) (*events, error) {
	e := &events{b: b, seq: b.StepOffset}
	if b.EventLog == "" {
		return e, nil
	}
	l, err := eventlog.Open(b.EventLog)
	if err != nil {
		return e, err
	}
	e.log = l
	return e, nil
}

// add puts one of Docker's container events into the batch.
func (e *events) add(action string, attrs map[string]string) {
	if e.log == nil {
		return
	}
	all := map[string]string{"name": e.b.Name}
	for k, v := range attrs {
		all[k] = v
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.recs = append(e.recs, eventlog.Record{
		Time: time.Now(), Kind: string(engine.KindContainer), Action: action, ID: e.b.ID, Attrs: all,
	})
}

// step puts one finished step into the batch.
func (e *events) step(st engine.Step) {
	if e.log == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seq++
	st.Seq, st.Subject = e.seq, e.b.ID
	if st.Op == "" {
		st.Op, st.OpName = e.b.Op, e.b.OpName
	}
	data, err := json.Marshal(st)
	if err != nil {
		return // its Data is not JSON: the step's maker is at fault, the start is not
	}
	e.recs = append(e.recs, eventlog.Record{
		Time: st.Start.Add(st.Duration), Kind: string(engine.KindStep), Action: st.Name, ID: st.Op, Data: data,
	})
}

// flush appends the batch.
func (e *events) flush() {
	e.mu.Lock()
	recs := e.recs
	e.recs = nil
	e.mu.Unlock()
	if e.log == nil || len(recs) == 0 {
		return
	}
	// A full disk costs history, never the container.
	_ = e.log.Append(recs...)
}
