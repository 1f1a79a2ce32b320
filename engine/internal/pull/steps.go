package pull

import (
	"encoding/json"
	"sync"
	"time"

	"berth/engine"
	"berth/engine/internal/eventlog"
)

// steps publishes the named steps of one pull.
type steps struct {
	op, subject string
	publish     func(...eventlog.Record) error

	mu  sync.Mutex // guards seq
	seq int
}

// begin publishes that a step begins and returns the function that publishes its end,
// and returns its error as one that came about there.
func (s *steps) begin(name, explain string, data map[string]any) func(error) error {
	s.mu.Lock()
	s.seq++
	step := engine.Step{
		Op: s.op, OpName: "pull", Subject: s.subject, Seq: s.seq, Name: name, Explain: explain, Start: time.Now(),
	}
	s.mu.Unlock()
	step.Data, _ = json.Marshal(data) // maps of strings and numbers
	s.send(step)
	return func(err error) error {
		step.Done, step.Duration = true, time.Since(step.Start)
		if err != nil {
			step.Error, step.Hint = err.Error(), engine.HintOf(err)
		}
		s.send(step)
		return engine.AtStep(err, s.op, name)
	}
}

func (s *steps) send(step engine.Step) {
	data, err := json.Marshal(step)
	if err != nil {
		return
	}
	// The pull itself does not depend on anybody hearing of it.
	_ = s.publish(eventlog.Record{Time: time.Now(), Kind: string(engine.KindStep), Action: step.Name, ID: step.Op, Data: data})
}
