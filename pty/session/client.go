package session

import (
	"fmt"
	"io"
)

// Window is how many bytes of input a client may have under way: passed to Input and
// not yet reported as consumed.
const Window = 256 << 10

// creditBatch is how much consumed input is worth an Output of its own. Less is told with
// the next output: the client has most of its window left.
const creditBatch = Window / 8

// ClientOptions say what a client wants.
type ClientOptions struct {
	Stdout, Stderr bool // which output; a terminal has only Stdout
	Stdin          bool // it may call Input
	Size           Size // of its terminal; zero if it has none
	ReadOnly       bool // Input and Resize are refused
	NoReplay       bool // no repaint when it attaches
	// Sizes asks for the terminal's size where it changes, whoever changed it: another
	// client's window may be the one that counts. Only for terminals.
	Sizes bool
	// Hold keeps everything for this client, however slow it is, rather than cut it
	// off: in Config.SpillDir, and beyond a gigabyte by making the program wait. Only
	// for pipes; a terminal's client gets a repaint instead.
	Hold bool
}

// answers reports whether the client has a terminal that answers queries and may send.
func (o *ClientOptions) answers() bool { return o.Stdin && !o.ReadOnly && o.Size != Size{} }

// An Output is what Next returns.
type Output struct {
	Kind Kind
	// Data is output, or a repaint; nil if there is only Consumed to tell. It is
	// valid until Release.
	Data []byte
	// Size is that of the terminal from here on, if it is another than last told; zero
	// else. Data is nil then. Only for a client that asked for Sizes.
	Size Size
	// Consumed is how many bytes of this client's input the program took since the
	// last Output.
	Consumed int

	v view
}

// A Client is one client of a session. Next and Release belong to one goroutine, the
// other methods may be called from any.
type Client struct {
	s    *Session
	opts ClientOptions

	filter filter
	kept   []byte // what filter let through

	// Guarded by the stream's mu:

	cu     *cursor // nil while it waits for its first repaint
	placed bool    // it has had a place in the stream
	paint  []byte  // to be sent next
	// paintSize is the size that paint is made for, told the one that the client knows.
	paintSize, told Size
	used            uint64 // when it was active last
	consumed        int
	underway        int
	closed          bool
	eof             bool                // it has closed its input
	direct          func(p []byte) bool // see Direct
	waiting         bool                // Next does
}

// Attach adds a client. It is in the stream from now on, or from its repaint on.
func (s *Session) Attach(o ClientOptions) *Client {
	st := s.stream
	st.mu.Lock()
	defer st.mu.Unlock()
	c := &Client{s: s, opts: o}
	s.clients = append(s.clients, c)
	if s.screen != nil {
		s.asking = append(s.asking, c)
		st.announce()
	} else {
		c.cu = st.addCursor(false)
		if o.Hold {
			c.cu.spill = &spill{dir: s.cfg.SpillDir, limit: maxSpill}
		}
		c.placed = true
	}
	if o.Stdin {
		s.input.clients++
	}
	s.touch(c)
	return c
}

// Next blocks for output. It returns io.EOF after the last of it, ErrTooSlow, or
// ErrClosed. After each Output, Release must be called.
func (c *Client) Next() (Output, error) {
	st := c.s.stream
	st.mu.Lock()
	defer st.mu.Unlock()
	for {
		if c.closed {
			return Output{}, ErrClosed
		}
		out := Output{Kind: Stdout, Consumed: c.consumed}
		c.consumed = 0
		if size := c.dueSize(); size != c.told {
			c.told, out.Size = size, size
			return out, nil
		}
		if c.paint != nil {
			out.Data, c.paint = c.paint, nil
			c.filter = filter{}
			return out, nil
		}
		if c.cu != nil && c.cu.lapsed {
			if c.s.screen == nil {
				return Output{}, ErrTooSlow
			}
			c.cu.remove()
			c.cu = nil
			c.s.asking = append(c.s.asking, c)
			st.announce()
		}
		if c.cu != nil {
			if k, p, ok, err := c.cu.spill.next(); err != nil {
				return Output{}, fmt.Errorf("read output from disk: %w", err)
			} else if ok {
				if c.wants(k) {
					out.Kind, out.Data = k, p
					return out, nil
				}
				c.consumed = out.Consumed
				st.announce() // the program may wait for room
				continue
			}
			v, ok := c.cu.peek()
			switch {
			case ok && c.wants(v.kind):
				out.Kind, out.v = v.kind, v
				if out.Data = c.filtered(v); len(out.Data) > 0 {
					return out, nil
				}
				c.cu.releaseLocked(v)
				c.consumed = out.Consumed
				continue
			case ok:
				c.cu.releaseLocked(v)
				c.consumed = out.Consumed
				continue
			case st.ended:
				c.consumed = out.Consumed
				return Output{}, io.EOF
			}
		}
		if out.Consumed >= creditBatch {
			return out, nil
		}
		c.consumed = out.Consumed
		if c.cu == nil && c.s.closed {
			return Output{}, io.EOF
		}
		c.waiting = true
		st.clients.Wait()
		c.waiting = false
	}
}

// Direct names a function that gets small output of a terminal while Next waits, instead of
// it and without waking its goroutine: an echo takes the shortest way. The function must not
// wait and not call the client. It returns false, having done nothing, if it can't take it
// now: Next brings it then.
func (c *Client) Direct(f func(p []byte) bool) {
	c.s.stream.mu.Lock()
	defer c.s.stream.mu.Unlock()
	c.direct = f
}

// deliver gives direct what is new, and reports whether nothing is left for Next. mu is held.
func (c *Client) deliver() bool {
	if c.direct == nil || !c.waiting || c.closed || c.paint != nil || c.cu == nil || c.cu.lapsed || c.cu.spill != nil ||
		c.dueSize() != c.told || c.filter.holding() || !c.opts.Stdout {
		return false
	}
	for {
		v, ok := c.cu.peek()
		if !ok {
			return true
		}
		mine := !c.opts.answers() || len(c.s.owners) == 0
		if !mine {
			o := c.s.ownerAt(v.pos)
			mine = o == nil || o == c
		}
		if !mine || c.dueSize() != c.told || !c.direct(v.data) {
			c.cu.unpeek(v)
			return false
		}
		c.cu.releaseLocked(v)
	}
}

// dueSize is the size that the client must know before it reads on. mu is held.
func (c *Client) dueSize() Size {
	switch {
	case !c.opts.Sizes || c.s.screen == nil:
		return c.told
	case c.paint != nil:
		return c.paintSize
	case c.cu == nil || c.cu.lapsed:
		return c.told // it gets a repaint first
	}
	return c.s.sizeAt(c.cu.pos())
}

// Release says that the Output's Data is no longer needed.
func (c *Client) Release(o Output) {
	if o.v.c == nil {
		return
	}
	st := c.s.stream
	st.mu.Lock()
	defer st.mu.Unlock()
	if c.cu != nil {
		c.cu.releaseLocked(o.v)
		return
	}
	o.v.c.users--
	st.recycle(o.v.c)
}

func (c *Client) wants(k Kind) bool {
	if k == Stderr {
		return c.opts.Stderr
	}
	return c.opts.Stdout
}

// filtered takes the terminal queries out that another client is to answer.
func (c *Client) filtered(v view) []byte {
	if !c.opts.answers() || len(c.s.owners) == 0 {
		return v.data
	}
	if o := c.s.ownerAt(v.pos); o == nil || o == c {
		if !c.filter.holding() {
			return v.data
		}
		// It became the one to answer in the middle of a sequence.
		c.kept = append(c.filter.flush(c.kept[:0]), v.data...)
		return c.kept
	}
	c.kept = c.filter.apply(c.kept[:0], v.data)
	return c.kept
}

// Input passes bytes to the program. It never blocks: a client that has Window bytes
// under way must wait for Output.Consumed. Input beyond that, or from a client without
// the right to send, is refused and ends nothing.
func (c *Client) Input(p []byte) error {
	st := c.s.stream
	st.mu.Lock()
	defer st.mu.Unlock()
	switch {
	case c.closed:
		return ErrClosed
	case c.opts.ReadOnly || !c.opts.Stdin || c.eof:
		return errNoInput
	case c.underway+len(p) > Window:
		return errWindow
	}
	c.underway += len(p)
	c.s.touch(c)
	c.s.input.pass(p, c)
	return nil
}

// took counts input that the program has taken. mu is held.
func (c *Client) took(n int) {
	c.underway -= n
	if c.consumed += n; c.consumed >= creditBatch {
		c.s.stream.clients.Broadcast()
	}
}

// CloseInput says that this client sends no more. The program's standard input is
// closed once it took what is under way and no other client with Stdin is left, now or
// later. A terminal stays open.
func (c *Client) CloseInput() {
	c.s.stream.mu.Lock()
	defer c.s.stream.mu.Unlock()
	c.closeInputLocked(true)
}

func (c *Client) closeInputLocked(end bool) {
	if !c.opts.Stdin || c.eof {
		return
	}
	c.eof = true
	in := c.s.input
	in.endAsked = in.endAsked || end
	if in.clients--; in.endAsked && in.clients == 0 && c.s.screen == nil {
		in.finish()
	}
}

// Resize tells the size of the client's terminal.
func (c *Client) Resize(size Size) {
	st := c.s.stream
	st.mu.Lock()
	defer st.mu.Unlock()
	if c.closed || c.opts.ReadOnly || size.Cols <= 0 || size.Rows <= 0 {
		return
	}
	c.opts.Size = size
	c.s.touch(c)
}

// Close takes the client out of the session. gone means that it vanished rather than
// detached, which ends the standard input under Config.StdinOnce.
func (c *Client) Close(gone bool) {
	s := c.s
	st := s.stream
	st.mu.Lock()
	defer st.mu.Unlock()
	if c.closed {
		return
	}
	c.closed = true
	c.closeInputLocked(gone && s.cfg.StdinOnce)
	if c.cu != nil {
		c.cu.remove()
		c.cu = nil
	}
	for i, o := range s.clients {
		if o == c {
			s.clients = append(s.clients[:i], s.clients[i+1:]...)
			break
		}
	}
	s.elect()
	st.announce()
}
