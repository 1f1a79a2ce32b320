package session

import (
	"slices"
	"sync"
	"time"
)

// A Kind is which of the program's streams bytes belong to. A terminal has only Stdout.
type Kind uint8

// The kinds, numbered as the descriptors.
const (
	Stdout Kind = 1
	Stderr Kind = 2
)

const (
	chunkSize = 64 << 10
	// firstChunk is the first one's size: most programs print little.
	firstChunk = 8 << 10
	// maxChunks bounds what the stream keeps for slow readers to 4 MiB. It is the
	// burst that the screen and the log may lag behind without slowing the program.
	maxChunks = 64
	// minRead is the least room that reserve hands out: a terminal gives at most
	// 4095 bytes at once.
	minRead = 4096
	// patience is how long the program waits for an optional reader at the end of what
	// the stream keeps, before that loses its place. One that reads at all frees a chunk
	// in that time and misses nothing; one that doesn't read costs the program this once.
	patience = 250 * time.Millisecond
)

// A chunk is a piece of the stream. Bytes in it never change once committed, so
// readers look at them without holding the lock.
type chunk struct {
	next  *chunk
	base  int64 // position of buf[0]
	buf   []byte
	n     int // bytes committed
	spans []span
	users int  // views handed out
	gone  bool // no longer part of the stream
}

// A span is a run of bytes of one kind that ends at offset end of its chunk.
type span struct {
	kind Kind
	end  int
}

// A stream is a window on the program's output: one or more writers, many readers.
type stream struct {
	mu      sync.Mutex
	cond    sync.Cond // everything but:
	clients sync.Cond // in Next
	// Guarded by mu:
	first, last *chunk
	count       int
	free        [][]byte // at most two buffers to use again
	cursors     []*cursor
	ended       bool
	bounds      []int64     // positions at which views are cut, ascending
	until       time.Time   // when patience with readers of the first chunk ends; zero: not asked for
	impatient   *time.Timer // wakes the writer then
}

func newStream() *stream {
	st := &stream{}
	st.cond.L, st.clients.L = &st.mu, &st.mu
	st.first = &chunk{buf: make([]byte, firstChunk)}
	st.last, st.count = st.first, 1
	return st
}

// head is the position after the last byte.
func (st *stream) head() int64 { return st.last.base + int64(st.last.n) }

// reserve returns room for the next bytes and blocks while required readers lag. It
// returns nil once the stream has ended. Each reserve is followed by one commit. Only
// a stream with a single writer, a terminal's, is written this way.
func (st *stream) reserve() []byte {
	st.mu.Lock()
	defer st.mu.Unlock()
	if !st.waitRoom() {
		return nil
	}
	return st.last.buf[st.last.n:]
}

// write appends a copy of p, for streams with several writers. It blocks while
// required readers lag and drops what comes after the end.
func (st *stream) write(k Kind, p []byte) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for len(p) > 0 && st.waitRoom() {
		n := copy(st.last.buf[st.last.n:], p)
		st.commitLocked(k, n)
		p = p[n:]
	}
}

func (st *stream) waitRoom() bool {
	for !st.ended && !st.room() {
		st.announce() // who is to make room may not know of what there is
		st.cond.Wait()
	}
	return !st.ended
}

// room makes sure that the last chunk has some, dropping the oldest chunk if need be.
func (st *stream) room() bool {
	if len(st.last.buf)-st.last.n >= minRead {
		return true
	}
	if st.count >= maxChunks {
		for _, cu := range st.cursors {
			if cu.required && cu.c == st.first {
				return false
			}
		}
		for _, cu := range st.cursors {
			if cu.c == st.first && cu.spill != nil && !cu.spillOver() {
				return false
			}
		}
		if st.awaits() {
			return false
		}
		for _, cu := range st.cursors {
			if cu.c == st.first {
				cu.c, cu.lapsed = nil, true
			}
		}
		st.dropFirst()
	}
	c := &chunk{base: st.head()}
	if k := len(st.free); k > 0 {
		c.buf, st.free = st.free[k-1], st.free[:k-1]
	} else {
		c.buf = make([]byte, chunkSize)
	}
	st.last.next, st.last = c, c
	st.count++
	return true
}

// awaits reports whether readers of the first chunk still have time to leave it.
func (st *stream) awaits() bool {
	if !slices.ContainsFunc(st.cursors, func(cu *cursor) bool { return cu.c == st.first && cu.spill == nil }) {
		return false
	}
	now := time.Now()
	if st.until.IsZero() {
		st.until = now.Add(patience)
		if st.impatient == nil {
			st.impatient = time.AfterFunc(patience, st.wake)
		} else {
			st.impatient.Reset(patience)
		}
	}
	return now.Before(st.until)
}

func (st *stream) dropFirst() {
	st.until = time.Time{}
	c := st.first
	st.first = c.next
	st.count--
	c.gone = true
	st.recycle(c)
}

// recycle keeps the buffer of a chunk that nobody looks at any more.
func (st *stream) recycle(c *chunk) {
	if c.gone && c.users == 0 && c.buf != nil {
		if len(st.free) < 2 && len(c.buf) == chunkSize {
			st.free = append(st.free, c.buf)
		}
		c.buf = nil
	}
}

// commit makes the first n bytes of what reserve returned part of the stream. Readers
// that sleep are woken by wake only.
func (st *stream) commit(k Kind, n int) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.commitLocked(k, n)
}

func (st *stream) commitLocked(k Kind, n int) {
	if n > 0 {
		c := st.last
		c.n += n
		if i := len(c.spans) - 1; i >= 0 && c.spans[i].kind == k {
			c.spans[i].end = c.n
		} else {
			c.spans = append(c.spans, span{k, c.n})
		}
	}
}

// wake announces what was committed.
func (st *stream) wake() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.announce()
}

// announce wakes who waits. The runtime runs first what it was told of last: a client,
// since a person may look at it; the screen and the log can wait. mu is held.
func (st *stream) announce() {
	st.cond.Broadcast()
	st.clients.Broadcast()
}

// end marks the end of the output. mu is held.
func (st *stream) end() {
	st.ended = true
	st.announce()
}

// waitEnd waits for the end of the output, at most d, and returns the position.
func (st *stream) waitEnd(d time.Duration) (head int64, ended bool) {
	late := false
	t := time.AfterFunc(d, func() {
		st.mu.Lock()
		defer st.mu.Unlock()
		late = true
		st.announce()
	})
	defer t.Stop()
	st.mu.Lock()
	defer st.mu.Unlock()
	for !st.ended && !late {
		st.cond.Wait()
	}
	return st.head(), st.ended
}

// cut makes views end at the present head. mu is held.
func (st *stream) cut() {
	for len(st.bounds) > 0 && st.bounds[0] < st.first.base {
		st.bounds = st.bounds[1:]
	}
	h := st.head()
	if n := len(st.bounds); n == 0 || st.bounds[n-1] != h {
		st.bounds = append(st.bounds, h)
	}
}

// trim drops the chunks that every reader has behind it. mu is held.
func (st *stream) trim() {
	for st.first != st.last {
		for _, cu := range st.cursors {
			if cu.c == st.first {
				return
			}
		}
		st.dropFirst()
	}
}
