package runtime

import (
	"encoding/json"
	"time"

	"berth/engine/internal/jsonfields"
	"berth/engine/internal/plan"
)

// stepData renders what a step works on: its detail and its system calls.
func stepData(p *plan.Plan, i int) json.RawMessage {
	out := []byte{'{'}
	if detail := p.Steps()[i].Data; detail != nil {
		if data, err := json.Marshal(detail); err == nil { // data of ours always encodes
			out = append(append(append(out, `"detail":`...), data...), ',')
		}
	}
	out = append(out, `"calls":[`...)
	for n, call := range p.Calls(i) {
		if n > 0 {
			out = append(out, ',')
		}
		out = jsonfields.AppendString(out, call)
	}
	return append(out, "]}"...)
}

// A reporter publishes steps as far as they are known to have begun.
type reporter struct {
	plan  *plan.Plan
	child *plan.Child
	f     func(Step)
	data  []json.RawMessage // of each step, once rendered
	next  int               // first step not published
}

// render renders the steps ahead of upTo. That takes a while: it is for a moment at which the
// child has much to do without us. Right after the fork is none: the kernel may have put the
// child on this processor, and leaves it there, even if another one is idle.
func (r *reporter) render() {
	if r.f == nil || r.data != nil {
		return
	}
	r.data = make([]json.RawMessage, len(r.plan.Steps()))
	for i := range r.data {
		r.data[i] = stepData(r.plan, i)
	}
}

// upTo publishes the steps before end; the last of them ended at, with err.
func (r *reporter) upTo(end int, at time.Time, err error) {
	if r.f == nil || end <= r.next {
		return
	}
	r.render()
	began := r.child.Began()
	steps := r.plan.Steps()
	for i := r.next; i < end; i++ {
		if began[i].IsZero() {
			continue
		}
		s := Step{Name: steps[i].Name, Explain: steps[i].Explain, Data: r.data[i], Start: began[i]}
		until := at
		if i+1 < end {
			for _, t := range began[i+1 : end] {
				if !t.IsZero() {
					until = t
					break
				}
			}
		}
		s.Duration = max(until.Sub(s.Start), 0)
		if i == end-1 {
			s.Err = err
		}
		r.f(s)
	}
	r.next = end
}
