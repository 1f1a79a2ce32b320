package screen

import (
	"cmp"
	"slices"
	"strings"

	"berth/engine"
)

// An Operation is what the engine did for one request, step by step.
type Operation struct {
	ID      string
	Name    string // "start", "pull", ...
	Subject string // container ID or image reference
	Steps   []engine.Step
}

// ReadOperation collects the steps of an operation from events. With id empty it is the
// one whose failure is the newest. Without such steps ok is false.
func ReadOperation(events []engine.Event, id string) (op Operation, ok bool) {
	if id == "" {
		for _, e := range slices.Backward(events) {
			if e.Step != nil && failedStep(*e.Step) {
				id = e.Step.Op
				break
			}
		}
	}
	for _, e := range events {
		s := e.Step
		if s == nil || s.Op != id || id == "" {
			continue
		}
		op.ID, op.Name, op.Subject = s.Op, s.OpName, cmp.Or(s.Subject, op.Subject)
		// What is told of a step's end replaces what was told of its beginning.
		at := slices.IndexFunc(op.Steps, func(o engine.Step) bool { return o.Seq == s.Seq })
		switch {
		case at < 0:
			op.Steps = append(op.Steps, *s)
		case s.Done:
			op.Steps[at] = *s
		}
	}
	slices.SortStableFunc(op.Steps, func(a, b engine.Step) int { return cmp.Compare(a.Seq, b.Seq) })
	return op, len(op.Steps) > 0
}

// failedStep reports whether a step failed, and not because another one did or because
// the user gave up.
func failedStep(s engine.Step) bool {
	return s.Error != "" && !strings.HasSuffix(s.Error, "context canceled")
}

// Failed returns the index of the step that failed: of several, the one that ended first.
// It is -1 if none did.
func (o Operation) Failed() int {
	at := -1
	for i, s := range o.Steps {
		if failedStep(s) && (at < 0 || s.Start.Add(s.Duration).Before(o.Steps[at].Start.Add(o.Steps[at].Duration))) {
			at = i
		}
	}
	if at < 0 {
		at = slices.IndexFunc(o.Steps, func(s engine.Step) bool { return s.Error != "" })
	}
	return at
}
