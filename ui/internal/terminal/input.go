package terminal

import (
	"sync"

	"berth/engine"
)

// inputLimit is how much typed text waits for a program that does not read. A paste
// of this size is rare; more than that is refused whole, as a keyboard buffer does.
const inputLimit = 8 << 20

// An input is the queue between who types and a program that may not read.
type input struct {
	mu      sync.Mutex // guards below
	buf     []byte
	size    *engine.Size
	closed  bool
	dropped bool

	more chan struct{} // capacity 1
	done chan struct{} // closed by close
}

func newInput() *input {
	return &input{more: make(chan struct{}, 1), done: make(chan struct{})}
}

// send queues a copy of p, or drops it when too much waits.
func (q *input) send(p []byte) {
	if len(p) == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.dropped = len(q.buf)+len(p) > inputLimit; q.dropped || q.closed {
		return
	}
	q.buf = append(q.buf, p...)
	q.poke()
}

// resize queues a size; only the newest is told.
func (q *input) resize(s engine.Size) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.size = &s
	q.poke()
}

func (q *input) poke() {
	select {
	case q.more <- struct{}{}:
	default:
	}
}

func (q *input) full() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}

func (q *input) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.closed = true
		close(q.done)
	}
}

// run hands the queue to an attachment until it is closed, and then closes that too.
func (q *input) run(a engine.Attachment) {
	go func() { // by itself, since it ends a Write that waits
		<-q.done
		a.Close()
	}()
	var spare []byte
	for {
		select {
		case <-q.more:
		case <-q.done:
			return
		}
		q.mu.Lock()
		out, size := q.buf, q.size
		q.buf, q.size = spare[:0], nil
		q.mu.Unlock()
		// An error means that the attachment has ended, which its Wait reports.
		if size != nil && a.Resize(*size) != nil {
			return
		}
		if len(out) > 0 {
			if _, err := a.Write(out); err != nil {
				return
			}
		}
		if spare = out; cap(spare) > 1<<20 {
			spare = nil
		}
	}
}
