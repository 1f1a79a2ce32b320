package shim

import (
	"encoding/json"
	"maps"
	"sync"
	"time"

	"berth/engine"
	"berth/engine/internal/bundle"
	"berth/engine/internal/eventlog"
	"berth/engine/internal/runtime"
)

// events collects what the shim has to tell and appends it to the shared log in
// batches: a start makes dozens of steps, and none of them may make it slower.
type events struct {
	log *eventlog.Log // nil without one
	b   *bundle.Bundle

	mu   sync.Mutex // guards recs, name and the sequence numbers of all operations
	recs []pending
	name string     // the container's, which may change while it runs
	op   *operation // whose steps the main process's next start is
}

// An operation is what steps belong to: the start that began in berth, a restart of ours,
// an exec, an end.
type operation struct {
	e        *events
	id, name string
	seq      int
}

// A pending record; a step is encoded when the batch goes out, which is after the start.
type pending struct {
	eventlog.Record
	step *engine.Step
}

func openEvents(b *bundle.Bundle) (*events, error) {
	e := &events{b: b, name: b.Name}
	e.op = &operation{e: e, id: b.Op, name: b.OpName, seq: b.StepOffset}
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

// add puts one of Docker's container events into the batch, or "fail", which Docker does
// not tell: who shows the container would not hear of it else.
func (e *events) add(action string, attrs map[string]string) {
	if e.log == nil {
		return
	}
	all := make(map[string]string, len(e.b.Labels)+len(attrs)+2)
	maps.Copy(all, e.b.Labels) // first: a label is data and must not replace what we say
	all["name"], all["image"] = e.container(), e.b.Image
	maps.Copy(all, attrs)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.recs = append(e.recs, pending{Record: eventlog.Record{
		Time: time.Now(), Kind: string(engine.KindContainer), Action: action, ID: e.b.ID, Attrs: all,
	}})
}

// container returns the container's present name.
func (e *events) container() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.name
}

func (e *events) rename(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.name = name
}

// begin begins an operation that no berth began.
func (e *events) begin(name string) *operation {
	return &operation{e: e, id: newID()[:16], name: name}
}

// step puts one finished step of the operation into the batch.
func (op *operation) step(rs runtime.Step) {
	e := op.e
	if e.log == nil {
		return
	}
	st := publicStep(rs)
	e.mu.Lock()
	defer e.mu.Unlock()
	op.seq++
	st.Seq, st.Subject, st.Op, st.OpName = op.seq, e.b.ID, op.id, op.name
	e.recs = append(e.recs, pending{eventlog.Record{
		Time: st.Start.Add(st.Duration), Kind: string(engine.KindStep), Action: st.Name, ID: st.Op,
	}, &st})
}

// exit puts the end of a program that ran since start into the batch.
func (op *operation) exit(start time.Time, x engine.ExitStatus) {
	data, _ := json.Marshal(struct { // numbers and a flag always encode
		ExitCode, Signal int
		OOMKilled        bool
	}{x.Code, x.Signal, x.OOMKilled})
	op.step(runtime.Step{Name: "exit", Explain: "The program has ended, and its parent, the shim, has taken its exit status.",
		Data: data, Start: start, Duration: time.Since(start)})
}

// flush appends the batch.
func (e *events) flush() {
	e.mu.Lock()
	batch := e.recs
	e.recs = nil
	e.mu.Unlock()
	if e.log == nil || len(batch) == 0 {
		return
	}
	recs := make([]eventlog.Record, 0, len(batch))
	for _, p := range batch {
		if p.step != nil {
			p.Data = eventlog.EncodeStep(p.step)
		}
		recs = append(recs, p.Record)
	}
	// A full disk costs history, never the container.
	_ = e.log.Append(recs...)
}
