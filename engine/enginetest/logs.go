package enginetest

import (
	"bytes"
	"context"
	"slices"
	"sync"

	"berth/engine"
)

// A logStore keeps what a container's main processes wrote, line by line.
type logStore struct {
	clock Clock

	mu      sync.Mutex
	count   int                         // entries that made brings, before those of entries
	made    func(i int) engine.LogEntry // for logs too long to keep
	entries []engine.LogEntry
	open    [2][]byte     // lines without their end yet: stdout, stderr
	more    chan struct{} // closed at the next entry
}

// SetLog makes n entries the log so far of a container; entry i is made by line
// when it is read, so that a log may be longer than memory.
func (f *Fake) SetLog(id string, n int, line func(i int) engine.LogEntry) error {
	return f.with(context.Background(), "SetLog", id, func(c *container) error {
		c.logs.mu.Lock()
		defer c.logs.mu.Unlock()
		c.logs.count, c.logs.made, c.logs.entries = n, line, nil
		c.logs.wake()
		return nil
	})
}

// Print appends output to the log of a container, and to its clients if it runs,
// as if its program had written it.
func (f *Fake) Print(id, text string) error {
	var p *process
	err := f.with(context.Background(), "Print", id, func(c *container) error {
		if p = c.main; p == nil {
			c.logs.write(false, []byte(text))
		}
		return nil
	})
	if p != nil {
		_, err = p.out.writer(false).Write([]byte(text))
	}
	return err
}

func (s *logStore) write(stderr bool, b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := 0
	if stderr {
		i = 1
	}
	s.open[i] = append(s.open[i], b...)
	for {
		n := bytes.IndexByte(s.open[i], '\n')
		if n < 0 {
			break
		}
		s.add(stderr, s.open[i][:n+1])
		s.open[i] = s.open[i][n+1:]
	}
}

// flush ends the lines that the program did not end.
func (s *logStore) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, rest := range s.open {
		if len(rest) > 0 {
			s.add(i == 1, rest)
		}
		s.open[i] = nil
	}
}

func (s *logStore) add(stderr bool, line []byte) {
	s.entries = append(s.entries, engine.LogEntry{Time: s.clock.Now(), Stderr: stderr, Line: slices.Clone(line)})
	s.wake()
}

func (s *logStore) wake() {
	if s.more != nil {
		close(s.more)
		s.more = nil
	}
}

// at returns entry i, or the channel that tells when there may be one.
func (s *logStore) at(i int) (engine.LogEntry, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case i < s.count:
		return s.made(i), nil
	case i < s.count+len(s.entries):
		return s.entries[i-s.count], nil
	}
	if s.more == nil {
		s.more = make(chan struct{})
	}
	return engine.LogEntry{}, s.more
}

func (s *logStore) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count + len(s.entries)
}

func wanted(o engine.LogOptions, e engine.LogEntry) bool {
	return (e.Stderr && o.Stderr || !e.Stderr && o.Stdout) &&
		(o.Since.IsZero() || !e.Time.Before(o.Since)) && (o.Until.IsZero() || !e.Time.After(o.Until))
}

// Logs implements engine.Streams.
func (f *Fake) Logs(ctx context.Context, id string, opts engine.LogOptions, call func(engine.LogEntry) error) error {
	var store *logStore
	var gone <-chan struct{}
	err := f.with(ctx, "Logs", id, func(c *container) error {
		store = c.logs
		if c.main != nil {
			gone = c.main.gone
		}
		return nil
	})
	if err != nil {
		return err
	}
	i := store.start(opts)
	for {
		e, more := store.at(i)
		if more == nil {
			i++
			if wanted(opts, e) {
				if err := call(e); err != nil {
					return err
				}
			}
			if i%1024 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			continue
		}
		if !opts.Follow || gone == nil {
			return nil
		}
		select {
		case <-more:
		case <-gone:
			gone = nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// start returns the first entry that opts.Tail leaves.
func (s *logStore) start(opts engine.LogOptions) int {
	n := s.len()
	if opts.Tail < 0 {
		return 0
	}
	for left := opts.Tail; n > 0 && left > 0; n-- {
		if e, _ := s.at(n - 1); wanted(opts, e) {
			left--
		}
	}
	return n
}
