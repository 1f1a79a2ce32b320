package terminal

import (
	"sync"
	"time"

	"berth/engine"
)

// inputLimit is how much typed text waits for a program that does not read. A paste
// of this size is rare; more than that is refused whole, as a keyboard buffer does.
const inputLimit = 8 << 20

// stuckAfter is how long what is typed waits before the user is told.
const stuckAfter = time.Second

// An input is the queue between who types and a program that may not read.
type input struct {
	mu      sync.Mutex        // guards below
	to      engine.Attachment // nil before run
	busy    bool              // run hands something over
	buf     []byte
	size    *engine.Size
	closed  bool
	dropped bool
	writes  int  // under way or done
	waits   bool // the one under way, since stuckAfter

	wake func()
	more chan struct{} // capacity 1
	done chan struct{} // closed by close
}

func newInput(wake func()) *input {
	return &input{wake: wake, more: make(chan struct{}, 1), done: make(chan struct{})}
}

// send hands p over if that needs no waiting, else queues a copy, or drops it when too much
// waits.
func (q *input) send(p []byte) {
	if len(p) == 0 {
		return
	}
	if q.offer(p) {
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

// offer hands p over if nothing waits before it and it needs no waiting.
func (q *input) offer(p []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.to != nil && !q.busy && !q.closed && len(q.buf) == 0 && q.size == nil && engine.Offer(q.to, p)
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
	return q.dropped || q.waits
}

// write hands p over, and has the user told when that takes long. It returns false once
// the attachment has ended.
func (q *input) write(a engine.Attachment, p []byte) bool {
	q.mu.Lock()
	q.writes++
	this := q.writes
	q.mu.Unlock()
	timer := time.AfterFunc(stuckAfter, func() { q.late(this) })
	_, err := a.Write(p)
	timer.Stop()
	q.mu.Lock()
	told := q.waits
	q.writes++ // a timer that runs already is too late
	q.waits = false
	q.mu.Unlock()
	if told {
		q.wake()
	}
	return err == nil
}

func (q *input) late(write int) {
	q.mu.Lock()
	q.waits = q.writes == write
	told := q.waits
	q.mu.Unlock()
	if told {
		q.wake()
	}
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
	q.mu.Lock()
	q.to = a
	q.mu.Unlock()
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
		q.busy = true
		q.mu.Unlock()
		// An error means that the attachment has ended, which its Wait reports.
		if size != nil && a.Resize(*size) != nil {
			return
		}
		if len(out) > 0 {
			if !q.write(a, out) {
				return
			}
		}
		if spare = out; cap(spare) > 1<<20 {
			spare = nil
		}
		q.mu.Lock()
		q.busy = false
		q.mu.Unlock()
	}
}
