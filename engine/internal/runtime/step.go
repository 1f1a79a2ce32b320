package runtime

import (
	"encoding/json"
	"time"

	"berth/engine/internal/plan"
)

// MarshalJSON renders the calls as a list of strings.
func (c calls) MarshalJSON() ([]byte, error) {
	list := c.plan.Calls(c.step)
	if list == nil {
		list = []string{}
	}
	return json.Marshal(list)
}

// A reporter publishes steps as far as they are known to have begun.
type reporter struct {
	plan  *plan.Plan
	child *plan.Child
	f     func(Step)
	next  int // first step not published
}

// upTo publishes the steps before end; the last of them ended at, with err.
func (r *reporter) upTo(end int, at time.Time, err error) {
	if r.f == nil || end <= r.next {
		return
	}
	began := r.child.Began()
	steps := r.plan.Steps()
	for i := r.next; i < end; i++ {
		if began[i].IsZero() {
			continue
		}
		s := Step{Name: steps[i].Name, Explain: steps[i].Explain, Data: stepData{steps[i].Data, calls{r.plan, i}}, Start: began[i]}
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
