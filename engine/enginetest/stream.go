package enginetest

import (
	"bytes"
	"io"
	"slices"
	"sync"

	"berth/engine"
)

// A hub spreads a process's output to its log and its clients.
type hub struct {
	tty bool
	log *logStore

	mu      sync.Mutex
	thawed  *sync.Cond
	frozen  bool
	replay  []byte // what was written so far, on a terminal
	clients []*client
	ended   bool
	status  engine.ExitStatus
}

func newHub(tty bool) *hub {
	h := &hub{tty: tty}
	h.thawed = sync.NewCond(&h.mu)
	return h
}

type hubWriter struct {
	h      *hub
	stderr bool
}

func (h *hub) writer(stderr bool) io.Writer { return hubWriter{h, stderr} }

// Write implements io.Writer.
func (w hubWriter) Write(b []byte) (int, error) {
	h := w.h
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.frozen {
		h.thawed.Wait()
	}
	out := slices.Clone(b)
	if h.tty {
		out = bytes.ReplaceAll(out, []byte("\n"), []byte("\r\n"))
		const screenful = 64 << 10
		h.replay = append(h.replay, out...)
		if len(h.replay) > 2*screenful {
			h.replay = slices.Clone(h.replay[len(h.replay)-screenful:])
		}
	}
	if h.log != nil {
		h.log.write(w.stderr, out)
	}
	for _, c := range h.clients {
		c.push(chunk{stderr: w.stderr, data: out})
	}
	return len(b), nil
}

func (h *hub) freeze() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.frozen = true
}

func (h *hub) thaw() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.frozen = false
	h.thawed.Broadcast()
}

func (h *hub) close(st engine.ExitStatus) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended, h.status = true, st
	if h.log != nil {
		h.log.flush()
	}
	for _, c := range h.clients {
		c.end(st, nil)
	}
}

func (h *hub) clientCount() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.clients)
}

type chunk struct {
	stderr bool
	data   []byte
	size   engine.Size // of the terminal from here on; no data then
}

// A client is one engine.Attachment with its queue of output.
type client struct {
	p    *process
	opts engine.AttachOptions

	mu      sync.Mutex
	more    *sync.Cond
	queue   []chunk
	closing bool
	done    chan struct{}
	status  engine.ExitStatus
	err     error
}

// attach connects a client; on a terminal its first bytes are what the program has written so far.
func (p *process) attach(opts engine.AttachOptions) *client {
	c := &client{p: p, opts: opts, done: make(chan struct{})}
	c.more = sync.NewCond(&c.mu)
	if p.tty != nil && opts.Size.Cols > 0 && !opts.ReadOnly {
		p.resize(opts.Size)
	}
	size := p.size()
	p.out.mu.Lock()
	if p.tty != nil {
		c.queue = append(c.queue, chunk{size: size})
	}
	if p.out.tty && !opts.NoReplay && len(p.out.replay) > 0 {
		c.queue = append(c.queue, chunk{data: slices.Clone(p.out.replay)})
	}
	p.out.clients = append(p.out.clients, c)
	if p.out.ended {
		c.closing, c.status = true, p.out.status
	}
	p.out.mu.Unlock()
	go c.deliver()
	return c
}

func (c *client) push(k chunk) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closing {
		c.queue = append(c.queue, k)
		c.more.Signal()
	}
}

func (c *client) end(st engine.ExitStatus, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return
	}
	c.closing, c.status, c.err = true, st, err
	if err != nil {
		c.queue = nil
	}
	c.more.Signal()
}

func (c *client) deliver() {
	defer close(c.done)
	for {
		c.mu.Lock()
		for len(c.queue) == 0 && !c.closing {
			c.more.Wait()
		}
		if len(c.queue) == 0 {
			c.mu.Unlock()
			return
		}
		k := c.queue[0]
		c.queue = c.queue[1:]
		c.mu.Unlock()
		if k.size != (engine.Size{}) {
			if c.opts.OnSize != nil {
				c.opts.OnSize(k.size)
			}
			continue
		}
		w := c.opts.Stdout
		if k.stderr {
			w = c.opts.Stderr
		}
		if w == nil {
			continue
		}
		if _, err := w.Write(k.data); err != nil {
			c.Close()
		}
	}
}

// Write implements engine.Attachment.
func (c *client) Write(b []byte) (int, error) {
	if c.opts.ReadOnly || !c.opts.Stdin {
		return 0, engine.Errorf(engine.ClassPermission, "write to %q: the client may only read", c.p.args[0])
	}
	if c.p.in.isClosed() {
		return 0, io.ErrClosedPipe
	}
	if c.p.tty != nil {
		c.p.tty.input(b)
	} else {
		c.p.in.write(b)
	}
	return len(b), nil
}

// CloseWrite implements engine.Attachment.
func (c *client) CloseWrite() error {
	if c.p.tty != nil || !c.opts.Stdin || c.opts.ReadOnly {
		return nil
	}
	c.p.out.mu.Lock()
	last := !slices.ContainsFunc(c.p.out.clients, func(o *client) bool { return o != c && o.opts.Stdin })
	c.p.out.mu.Unlock()
	if last {
		c.p.in.close()
	}
	return nil
}

// Resize implements engine.Attachment.
func (c *client) Resize(s engine.Size) error {
	if c.opts.ReadOnly {
		return engine.Errorf(engine.ClassPermission, "resize %q: the client may only read", c.p.args[0])
	}
	if c.p.tty != nil {
		c.p.resize(s)
	}
	return nil
}

// Wait implements engine.Attachment.
func (c *client) Wait() (engine.ExitStatus, error) {
	<-c.done
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.status, c.err
}

// Close implements engine.Attachment.
func (c *client) Close() error {
	c.p.out.mu.Lock()
	c.p.out.clients = slices.DeleteFunc(c.p.out.clients, func(o *client) bool { return o == c })
	c.p.out.mu.Unlock()
	c.end(engine.ExitStatus{}, engine.ErrDetached)
	return nil
}
