package session

import (
	"time"

	"berth/pty/quickio"
)

const (
	// pipeRead is how much is read from a pipe at once: the default capacity of one; and
	// firstRead what is read until there is more.
	pipeRead  = 64 << 10
	firstRead = 4 << 10
	// announceSize is how much output is collected at most before readers are woken.
	announceSize = 64 << 10
	// lull is how long a reader waits for more in the midst of a burst. Longer ones save
	// little, and on a busy machine the kernel's 64 KiB are full before it is over.
	lull = 250 * time.Microsecond
	// burstGap separates bursts: output after such a pause is passed on at once.
	burstGap = 4 * lull
	// floodSize is how much passed on at once makes a burst a flood, which waits longer for
	// more: each time that all who read are woken costs as much as some kilobytes do.
	floodSize = 4 << 10
	floodLull = 4 * lull
	floodGap  = 4 * floodLull
	// lag is how much later than the clients the screen and the log hear of little, unless there
	// is more.
	lag = 200 * time.Microsecond
)

// A source reads one of the program's outputs into the stream.
//
// A program that prints line by line to a terminal is slower than whoever reads it:
// each line would come alone, and wake the screen, the log and every client for some
// eight bytes; switching between them then takes most of two processors. So in the
// midst of a burst the source waits a moment for more before it wakes
// anybody. The first output after a pause, such as the echo of a key, is passed on at
// once. The kernel holds 64 KiB for a terminal meanwhile: the program is not stopped.
type source struct {
	s    *Session
	gate *quickio.Gate
	kind Kind

	pending   int       // bytes that readers have not been woken for
	announced time.Time // when they were, last
	flood     bool      // it was for much
}

// readSource copies one output to the stream until its end: end of file on a pipe, EIO
// on a terminal whose last process is gone, or StopReading.
func (s *Session) readSource(o output) {
	st := s.stream
	src := &source{s: s, gate: o.gate, kind: o.kind}
	if s.cfg.Terminal != nil {
		for buf := st.reserve(); buf != nil; buf = st.reserve() {
			n := src.read(buf)
			st.commit(o.kind, n)
			if n == 0 {
				break
			}
			src.collected(n)
		}
	} else {
		// Two pipes can't be read straight into one stream: which of them fills it
		// next is not known before.
		buf := make([]byte, firstRead)
		for n := src.read(buf); n > 0; n = src.read(buf) {
			st.write(o.kind, buf[:n])
			src.collected(n)
			if n == len(buf) && n < pipeRead {
				buf = make([]byte, pipeRead)
			}
		}
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if s.readers--; s.readers == 0 {
		st.end()
	}
	st.announce()
}

// read returns how much it read, 0 at the end.
func (r *source) read(buf []byte) int {
	for waited := false; ; {
		n, ready, err := r.gate.Read(buf)
		switch {
		case err != nil:
			return 0
		case ready:
			return n
		case r.flood && time.Since(r.announced) < floodGap:
			quickio.Sleep(floodLull)
			continue
		case r.pending > 0 && !waited && time.Since(r.announced) < burstGap:
			waited = true
			quickio.Sleep(lull)
			continue
		case r.pending > 0:
			if r.announce(); r.flood {
				continue
			}
		}
		if r.gate.Wait() != nil {
			return 0
		}
	}
}

// collected counts what is new in the stream. Little after a pause is passed on without a
// look for more.
func (r *source) collected(n int) {
	if r.pending += n; r.pending >= announceSize || !r.flood && r.pending < floodSize && time.Since(r.announced) >= burstGap {
		r.announce()
	}
}

// announce wakes the readers of the stream.
func (r *source) announce() {
	r.flood = r.pending >= floodSize
	r.pending = 0
	r.announced = time.Now()
	if !r.flood && r.s.screen != nil && r.s.passOn() {
		// What the screen and the log make of it would hold the answer to a key up, on the
		// processor on which that is on its way.
		r.gate.Linger(lag)
	}
	r.s.stream.wake()
}
