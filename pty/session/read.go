package session

import (
	"time"

	"golang.org/x/sys/unix"
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
	gate *gate
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
		n, ready, err := r.gate.try(unix.Read, buf)
		switch {
		case err != nil:
			return 0
		case ready:
			return n
		case r.pending > 0 && r.flood && time.Since(r.announced) < floodGap:
			rest(floodLull)
			continue
		case r.pending > 0 && !waited && time.Since(r.announced) < burstGap:
			waited = true
			rest(lull)
			continue
		case r.pending > 0:
			r.announce()
		}
		if r.gate.wait() != nil {
			return 0
		}
	}
}

// rest sleeps, in the kernel rather than in the runtime. A process of ours whose
// goroutines all sleep goes to sleep as a whole and comes up again for each timer, with
// the runtime's monitor: four thousand times a second that is a third of all its work.
func rest(d time.Duration) {
	ts := unix.NsecToTimespec(int64(d))
	_ = unix.Nanosleep(&ts, nil) // a signal ends it early, which harms nothing
}

// collected counts what is new in the stream.
func (r *source) collected(n int) {
	if r.pending += n; r.pending >= announceSize {
		r.announce()
	}
}

// announce wakes the readers of the stream.
func (r *source) announce() {
	r.flood = r.pending >= floodSize
	r.pending = 0
	r.announced = time.Now()
	r.s.stream.wake()
}
