package local

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"maps"
	"time"

	"berth/engine"
	"berth/engine/internal/eventlog"
	"berth/engine/internal/jsonfields"
)

// An operation publishes the steps of one request.
type operation struct {
	log     *eventlog.Log
	id      string
	name    string
	subject string
	seq     int
}

func (e *Engine) begin(name, subject string) *operation {
	var b [8]byte
	rand.Read(b[:])
	return &operation{log: e.log, id: hex.EncodeToString(b[:]), name: name, subject: subject}
}

// step runs f as a named step and publishes its end: data is what it worked on, read
// after f so that f may fill it in. An error gets the step's name.
//
// The beginning is not published: these steps take microseconds. See long.
func (o *operation) step(name, explain string, data any, f func() error) error {
	s := o.next(name, explain)
	return o.end(s, data, f())
}

// long is step for what may take a while: its beginning is published as well.
func (o *operation) long(name, explain string, data any, f func() error) error {
	s := o.next(name, explain)
	o.tell(s, s.Start, data)
	return o.end(s, data, f())
}

// one publishes a request that is a single step.
func (e *Engine) one(op, subject, name, explain string, data any, f func() error) error {
	return e.begin(op, subject).step(name, explain, data, f)
}

// next is the operation's next step, which begins now.
func (o *operation) next(name, explain string) *engine.Step {
	o.seq++
	return &engine.Step{
		Op: o.id, OpName: o.name, Subject: o.subject, Seq: o.seq,
		Name: name, Explain: explain, Start: time.Now(),
	}
}

// end publishes the end of a step, and returns its error as one that came about there.
func (o *operation) end(s *engine.Step, data any, err error) error {
	s.Duration = time.Since(s.Start)
	s.Done = true
	if err != nil {
		s.Error, s.Hint = err.Error(), engine.HintOf(err)
	}
	o.tell(s, s.Start.Add(s.Duration), data)
	return engine.AtStep(err, o.id, s.Name)
}

func (o *operation) tell(s *engine.Step, at time.Time, data any) {
	s.Data, _ = encodeData(data) // data of ours always encodes; without it the step still tells its name
	// A log that can't be written must not stop the work that it tells about.
	o.log.Append(eventlog.Record{Time: at, Kind: string(engine.KindStep), Action: s.Name, ID: o.id, Data: eventlog.EncodeStep(s)})
}

// publish appends a lifecycle event about a container.
//
// What it tells of has happened. A full disk, or a writer that holds the log, loses the
// event and must not make a failure of it.
func (e *Engine) publish(action string, c *engine.Container, attrs map[string]string) error {
	all := make(map[string]string, len(c.Labels)+len(attrs)+2)
	maps.Copy(all, c.Labels) // first: a label is data and must not replace what we say
	all["image"], all["name"] = c.Image, c.Name
	maps.Copy(all, attrs)
	// Whoever reads this later may find the container gone: the record says how it was.
	data, err := jsonfields.Append(nil, (*containerObject)(c))
	if err != nil {
		return fmt.Errorf("publish %q: %w", action, err)
	}
	err = e.log.Append(eventlog.Record{
		Time: time.Now(), Kind: string(engine.KindContainer), Action: action, ID: c.ID, Attrs: all, Data: data,
	})
	if class := engine.ClassOf(err); class == engine.ClassExhausted || class == engine.ClassUnavailable {
		return nil
	}
	return err
}
