package shim

import (
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"time"

	"berth/engine"
	"berth/engine/internal/jsonfields"
	"berth/pty/session"
)

// maxInput is the most input in one frame: small enough that credit comes back early.
const maxInput = 32 << 10

// An attachment is the client's end of a stream connection.
type attachment struct {
	c    *conn
	opts engine.AttachOptions
	done chan struct{} // closed when exit and err are set
	exit engine.ExitStatus
	err  error

	mu     sync.Mutex
	cond   sync.Cond // credit grew, or the stream ended
	credit int
	ended  bool
	eof    bool
}

func newAttachment(c *conn, opts *engine.AttachOptions) *attachment {
	a := &attachment{c: c, opts: *opts, done: make(chan struct{}), credit: session.Window}
	a.cond.L = &a.mu
	go a.receive()
	return a
}

// receive writes output to the caller's writers until the end.
func (a *attachment) receive() {
	exit, err := a.pump()
	a.mu.Lock()
	if !a.ended {
		a.end(exit, err)
	}
	a.mu.Unlock()
	_ = a.c.Close() // nothing is buffered
}

// end settles how the stream ended. mu is held.
func (a *attachment) end(exit engine.ExitStatus, err error) {
	a.ended, a.exit, a.err = true, exit, err
	a.cond.Broadcast()
	close(a.done)
}

func (a *attachment) pump() (engine.ExitStatus, error) {
	for {
		t, p, err := a.c.read()
		if err != nil {
			return engine.ExitStatus{}, engine.Errorf(engine.ClassUnavailable, "attach: connection to the container's shim broke: %w", err)
		}
		switch t {
		case frameStdout, frameStderr:
			w := a.opts.Stdout
			if t == frameStderr {
				w = a.opts.Stderr
			}
			if w == nil {
				continue
			}
			if _, err := w.Write(p); err != nil {
				return engine.ExitStatus{}, fmt.Errorf("attach: write output: %w", err)
			}
		case frameCredit:
			if len(p) != 4 {
				return engine.ExitStatus{}, fmt.Errorf("attach: %w", errFrame)
			}
			a.mu.Lock()
			a.credit += int(binary.BigEndian.Uint32(p))
			a.cond.Broadcast()
			a.mu.Unlock()
		case frameSize:
			var size wireSize
			if err := jsonfields.Parse(p, &size); err != nil {
				return engine.ExitStatus{}, fmt.Errorf("attach: %w: %w", errFrame, err)
			}
			if a.opts.OnSize != nil {
				a.opts.OnSize(engine.Size(size))
			}
		case frameExit:
			return decodeExit(p)
		case frameResponse: // why the shim cuts this client off
			var resp wireResponse
			if err := jsonfields.Parse(p, &resp); err != nil || resp.Error == nil {
				return engine.ExitStatus{}, fmt.Errorf("attach: %w", errFrame)
			}
			return engine.ExitStatus{}, resp.Error.err()
		default:
			return engine.ExitStatus{}, fmt.Errorf("attach: %w: type %d", errFrame, t)
		}
	}
}

// Write sends input. It blocks while the program does not read and returns io.ErrClosedPipe
// once the stream has ended.
func (a *attachment) Write(p []byte) (n int, err error) {
	if !a.opts.Stdin || a.opts.ReadOnly {
		return 0, engine.Errorf(engine.ClassPermission, "attach: this client may not send input")
	}
	for len(p) > 0 {
		a.mu.Lock()
		for a.credit == 0 && !a.ended && !a.eof {
			a.cond.Wait()
		}
		if a.ended || a.eof {
			a.mu.Unlock()
			return n, io.ErrClosedPipe
		}
		k := min(len(p), a.credit, maxInput)
		a.credit -= k
		a.mu.Unlock()
		if err := a.c.write(frameStdin, p[:k]); err != nil {
			return n, fmt.Errorf("attach: send input: %w", err)
		}
		n += k
		p = p[k:]
	}
	return n, nil
}

// Offer sends input if that needs no waiting: see engine.Offer.
func (a *attachment) Offer(p []byte) bool {
	if !a.opts.Stdin || a.opts.ReadOnly {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended || a.eof || a.credit < len(p) || !a.c.tryWrite(frameStdin, p) {
		return false
	}
	a.credit -= len(p)
	return true
}

// CloseWrite ends the standard input, if this client is the last with Stdin.
func (a *attachment) CloseWrite() error {
	a.mu.Lock()
	if a.eof || a.ended || !a.opts.Stdin {
		a.mu.Unlock()
		return nil
	}
	a.eof = true
	a.cond.Broadcast()
	a.mu.Unlock()
	return a.c.write(frameCloseStdin, nil)
}

// Resize tells the size of the client's terminal.
func (a *attachment) Resize(s engine.Size) error {
	if a.opts.ReadOnly {
		return engine.Errorf(engine.ClassPermission, "attach: this client may not resize the terminal")
	}
	a.mu.Lock()
	over := a.ended
	a.mu.Unlock()
	if over {
		return nil // a window may change its size after the end
	}
	size := wireSize(s)
	return a.c.send(frameResize, &size)
}

// Wait blocks until the stream has ended.
func (a *attachment) Wait() (engine.ExitStatus, error) {
	<-a.done
	return a.exit, a.err
}

// Close detaches. Wait returns at once, even if a write to Stdout hangs.
func (a *attachment) Close() error {
	a.mu.Lock()
	if a.ended {
		a.mu.Unlock()
		return nil
	}
	a.end(engine.ExitStatus{}, engine.ErrDetached)
	a.mu.Unlock()
	// A shim that is gone needs none; one that is stopped must not stop us.
	_ = a.c.f.SetWriteDeadline(time.Now().Add(time.Second))
	_ = a.c.write(frameDetach, nil)
	_ = a.c.Close() // receive may have been quicker
	return nil
}
