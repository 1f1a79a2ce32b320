package content

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// A Spool is a blob on its way: one goroutine appends what the network brings,
// another reads from the beginning, as far behind as it likes. So a slow disk or
// processor never stalls a connection, no buffer grows, and after a break the next
// attempt finds what came. The file is removed before the pages reach the disk, if
// all goes well.
type Spool struct {
	file  *os.File
	path  string // empty if it has no name
	start int64  // bytes that an earlier attempt left

	mu     sync.Mutex // guards what follows
	grown  chan struct{}
	size   int64
	closed bool
	err    error
}

// Spool opens the spool of a blob of size bytes. It belongs to the caller alone:
// while another process fills the blob's file, it is a file without name.
func (s *Store) Spool(d engine.Digest, size int64) (*Spool, error) {
	path := filepath.Join(s.root, "ingest", filepath.Base(d.Hex()))
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		f.Close()
		path = ""
		f, err = os.OpenFile(filepath.Join(s.root, "ingest"), os.O_RDWR|unix.O_TMPFILE, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("open spool: %w", err)
	}
	sp := &Spool{file: f, path: path, size: info.Size(), grown: make(chan struct{})}
	if sp.size > size {
		if err := sp.Reset(); err != nil {
			f.Close()
			return nil, err
		}
	}
	sp.start = sp.size
	return sp, nil
}

// Resumed returns how many bytes were there when the spool was opened.
func (s *Spool) Resumed() int64 { return s.start }

// Write appends.
func (s *Spool) Write(p []byte) (int, error) {
	n, err := s.file.WriteAt(p, s.Offset())
	s.mu.Lock()
	s.size += int64(n)
	s.wake()
	s.mu.Unlock()
	if err != nil {
		return n, fmt.Errorf("write spool: %w", err)
	}
	return n, nil
}

// Offset returns how many bytes there are.
func (s *Spool) Offset() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size
}

// Reset forgets all bytes. The reader keeps its position and waits there.
func (s *Spool) Reset() error {
	if err := s.file.Truncate(0); err != nil {
		return fmt.Errorf("reset spool: %w", err)
	}
	s.mu.Lock()
	s.size, s.start = 0, 0
	s.mu.Unlock()
	return nil
}

// End tells the reader that nothing more comes: after err, or for nil since all is there.
func (s *Spool) End(err error) {
	s.mu.Lock()
	s.closed, s.err = true, err
	s.wake()
	s.mu.Unlock()
}

// wake must be called with mu held.
func (s *Spool) wake() {
	close(s.grown)
	s.grown = make(chan struct{})
}

// Reader returns a reader from the beginning that waits for what has not come yet.
func (s *Spool) Reader(ctx context.Context) io.Reader { return &spoolReader{ctx: ctx, spool: s} }

type spoolReader struct {
	ctx   context.Context
	spool *Spool
	pos   int64
}

// Read implements io.Reader.
func (r *spoolReader) Read(p []byte) (int, error) {
	s := r.spool
	for {
		s.mu.Lock()
		size, closed, err, grown := s.size, s.closed, s.err, s.grown
		s.mu.Unlock()
		if left := size - r.pos; left > 0 {
			n, err := s.file.ReadAt(p[:min(left, int64(len(p)))], r.pos)
			r.pos += int64(n)
			if n > 0 {
				return n, nil
			}
			return 0, fmt.Errorf("read spool: %w", err)
		}
		if closed {
			if err == nil {
				err = io.EOF
			}
			return 0, err
		}
		select {
		case <-grown:
		case <-r.ctx.Done():
			return 0, r.ctx.Err()
		}
	}
}

// Discard removes the spool's file, when its content is used or worthless.
func (s *Spool) Discard() error {
	if s.path == "" {
		return nil
	}
	if err := os.Remove(s.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove spool: %w", err)
	}
	return nil
}

// Close ends the use of the spool and keeps its file for the next attempt.
func (s *Spool) Close() error { return s.file.Close() }

// CollectSpools removes the spools that nobody fills and nobody wrote to since
// before, and returns the bytes freed.
func (s *Store) CollectSpools(before time.Time) (int64, error) {
	dir := filepath.Join(s.root, "ingest")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, fmt.Errorf("collect spools: %w", err)
	}
	freed := int64(0)
	for _, e := range entries {
		n, err := collectSpool(filepath.Join(dir, e.Name()), before)
		if err != nil {
			return freed, fmt.Errorf("collect spools: %w", err)
		}
		freed += n
	}
	return freed, nil
}

func collectSpool(path string, before time.Time) (int64, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.ModTime().After(before) {
		return 0, err
	}
	if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil {
		return 0, nil // in use
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	return info.Size(), nil
}
