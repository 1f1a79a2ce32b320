package session

import (
	"errors"
	"os"
	"slices"

	"berth/pty/quickio"

	"golang.org/x/sys/unix"
)

var (
	errNoInput = errors.New("client may not send input")
	errWindow  = errors.New("client sent more input than its window")
)

// maxReplies bounds the answers of the screen that wait for a program that does not
// read them. Whatever is more is dropped: a program that asks without end and never
// reads gets no memory of ours.
const maxReplies = 16 << 10

// An input passes what clients send to the program, in the order in which it came. A
// program that never reads blocks its goroutine and nothing else.
type input struct {
	s    *Session
	f    *os.File      // of a pipe; nil on a terminal
	gate *quickio.Gate // of a terminal

	// Guarded by the stream's mu:

	queue   []piece
	replies int // bytes of the screen's answers in queue
	clients int // attached with Stdin, and they have not closed it
	// endAsked says that a client closed its input: when the last one leaves, the
	// program sees the end. A client that died a moment ago may still be counted when
	// the one that lives says so.
	endAsked bool
	done     bool
	closed   bool
	busy     bool // run writes
	direct   bool // pass does, so that run must not
}

// A piece is input of one client, or of the screen if c is nil.
type piece struct {
	data []byte
	c    *Client
}

// openInput takes over what the program reads from.
func (s *Session) openInput() error {
	in := &input{s: s, f: s.cfg.Stdin}
	if s.cfg.Terminal != nil {
		g, err := quickio.NewGate(s.cfg.Terminal, unix.EPOLLOUT)
		if err != nil {
			return err
		}
		in.gate = g
	}
	s.input = in
	return nil
}

// put queues a copy of p. mu is held.
func (in *input) put(p []byte, c *Client) {
	// Small pieces of one client join: a paste comes in many frames.
	if n := len(in.queue); n > 1 && in.queue[n-1].c == c && len(in.queue[n-1].data)+len(p) <= pipeRead {
		in.queue[n-1].data = append(in.queue[n-1].data, p...)
	} else {
		in.queue = append(in.queue, piece{append([]byte(nil), p...), c})
	}
	in.s.stream.announce()
}

// pass hands p, of one client, to a terminal at once if that takes it and nothing is
// before it: a key waits for no other goroutine. What is left is queued. mu is held, but
// not while the terminal is written to.
func (in *input) pass(p []byte, c *Client) {
	if in.gate == nil || in.direct || in.busy || in.closed || len(in.queue) > 0 || len(p) > minRead {
		in.put(p, c)
		return
	}
	st := in.s.stream
	in.direct = true
	st.mu.Unlock()
	n, _, err := in.gate.TryWrite(p)
	st.mu.Lock()
	in.direct = false
	if err != nil {
		n = 0 // run finds out what it means
	}
	c.took(n)
	switch {
	case n < len(p) && len(in.queue) > 0: // what came meanwhile comes after it
		in.queue = slices.Insert(in.queue, 0, piece{append([]byte(nil), p[n:]...), c})
		st.announce()
	case n < len(p):
		in.put(p[n:], c)
	case len(in.queue) > 0:
		st.announce()
	}
}

// reply queues an answer of the screen. mu is held.
func (in *input) reply(p []byte) {
	if in.replies+len(p) > maxReplies {
		return
	}
	in.replies += len(p)
	in.put(p, nil)
}

// finish closes the standard input after what is queued. mu is held.
func (in *input) finish() {
	in.done = true
	in.s.stream.announce()
}

// close gives up what is queued.
func (in *input) close() {
	st := in.s.stream
	st.mu.Lock()
	in.closed = true
	st.announce()
	st.mu.Unlock()
	if in.gate != nil {
		in.gate.Close()
	}
	if in.f != nil {
		_ = in.f.Close()
	}
}

func (in *input) write(p []byte) error {
	if in.gate != nil {
		_, err := in.gate.Write(p)
		return err
	}
	_, err := in.f.Write(p)
	return err
}

// run writes until the session closes. When the program does not take input any more,
// clients are told that theirs was consumed, so that none hangs on it.
func (in *input) run() {
	st := in.s.stream
	broken := in.f == nil && in.gate == nil
	st.mu.Lock()
	defer st.mu.Unlock()
	for {
		for (len(in.queue) == 0 && !in.done || in.direct) && !in.closed {
			st.cond.Wait()
		}
		if in.closed {
			return
		}
		if len(in.queue) == 0 { // done
			st.mu.Unlock()
			if in.f != nil {
				_ = in.f.Close() // a pipe's end of file; there is nothing to lose
			}
			st.mu.Lock()
			return
		}
		p := in.queue[0]
		in.queue = in.queue[1:]
		if len(in.queue) == 0 {
			in.queue = nil
		}
		if !broken {
			in.busy = true
			st.mu.Unlock()
			err := in.write(p.data)
			st.mu.Lock()
			in.busy, broken = false, err != nil
		}
		if p.c == nil {
			in.replies -= len(p.data)
			continue
		}
		p.c.took(len(p.data))
	}
}
