package session

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// pipeRead is how much is read from a pipe at once: the default capacity of one.
	pipeRead = 64 << 10
	// announceSize is how much output is collected at most before readers are woken.
	announceSize = 32 << 10
	// lull is how long a reader waits for more in the midst of a burst.
	lull = time.Millisecond
	// burstGap separates bursts: output after such a pause is passed on at once.
	burstGap = 2 * lull
)

// A source reads one of the program's outputs into the stream.
//
// A program that prints line by line to a terminal is slower than whoever reads it:
// each line would come alone, and wake the screen, the log and every client for some
// eight bytes; switching between them then takes most of two processors. So in the
// midst of a burst the source waits a millisecond for more before it wakes
// anybody. The first output after a pause, such as the echo of a key, is passed on at
// once. The kernel holds 64 KiB for a terminal meanwhile: the program is not stopped.
type source struct {
	s    *Session
	f    *os.File
	raw  syscall.RawConn
	kind Kind

	pending   int       // bytes that readers have not been woken for
	announced time.Time // when they were, last
}

// readSource copies one source to the stream until its end: io.EOF from a pipe, EIO
// from a terminal whose last process is gone, os.ErrDeadlineExceeded after StopReading.
func (s *Session) readSource(f *os.File, k Kind) {
	st := s.stream
	if raw, err := f.SyscallConn(); err == nil {
		src := &source{s: s, f: f, raw: raw, kind: k}
		if f == s.cfg.Terminal {
			for buf := st.reserve(); buf != nil; buf = st.reserve() {
				n := src.read(buf)
				st.commit(k, n)
				if n <= 0 {
					break
				}
				src.collected(n)
			}
		} else {
			// Two pipes can't be read straight into one stream: which of them fills it
			// next is not known before.
			buf := make([]byte, pipeRead)
			for n := src.read(buf); n > 0; n = src.read(buf) {
				st.write(k, buf[:n])
				src.collected(n)
			}
		}
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if s.readers--; s.readers == 0 {
		st.end()
	}
	st.cond.Broadcast()
}

// read returns how much it read, 0 at the end.
func (r *source) read(buf []byte) int {
	n := 0
	waited := false
	err := r.raw.Read(func(fd uintptr) bool {
		for {
			var err error
			n, err = unix.Read(int(fd), buf)
			switch {
			case err == unix.EINTR:
				continue
			case err != unix.EAGAIN:
				return true
			case r.pending == 0:
				return false
			case !waited && time.Since(r.announced) < burstGap:
				waited = true
				time.Sleep(lull)
				continue
			}
			r.announce()
			return false
		}
	})
	if err != nil {
		return 0
	}
	return max(n, 0)
}

// collected counts what is new in the stream.
func (r *source) collected(n int) {
	if r.pending += n; r.pending >= announceSize {
		r.announce()
	}
}

// announce wakes the readers of the stream.
func (r *source) announce() {
	r.pending = 0
	r.announced = time.Now()
	r.s.stream.wake()
}
