package content

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// A Lock is held by this process until Release, or until the process ends in
// whatever way: the kernel drops it.
type Lock struct {
	file   *os.File
	offset int64
}

// A Mode says who else may hold a lock.
type Mode int16

// The modes of a lock.
const (
	Shared    Mode = unix.F_RDLCK
	Exclusive Mode = unix.F_WRLCK
)

// TryLock takes the lock called name, if nobody holds it in a way that excludes
// mode; else it returns nil. A name is one byte of one file, found by hash, so there
// are as many locks as layers and no lock files to clean up. Two names that meet on
// one byte only wait for each other needlessly. The locks belong to the open file
// (fcntl(2), "Open file description locks"), so two callers in one process exclude
// each other too.
func (s *Store) TryLock(name string, mode Mode) (*Lock, error) {
	f, err := os.OpenFile(filepath.Join(s.root, "locks"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock %q: %w", name, err)
	}
	h := fnv.New64a()
	_, _ = io.WriteString(h, name)
	l := &Lock{file: f, offset: int64(h.Sum64() >> 2)}
	err = l.set(int16(mode))
	if err == nil {
		return l, nil
	}
	f.Close()
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
		return nil, nil
	}
	return nil, fmt.Errorf("lock %q: %w", name, err)
}

// Lock waits for the lock called name until ctx ends. The kernel's own waiting
// can't be interrupted from another thread, so it asks again at short intervals.
func (s *Store) Lock(ctx context.Context, name string, mode Mode) (*Lock, error) {
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		l, err := s.TryLock(name, mode)
		if l != nil || err != nil {
			return l, err
		}
		if err := Sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// Sleep waits for d or until ctx ends.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Share turns an exclusive lock into a shared one, with no moment in between at
// which nobody holds it.
func (l *Lock) Share() error { return l.set(int16(Shared)) }

// Release gives the lock up. A nil lock is no lock.
func (l *Lock) Release() {
	if l != nil {
		l.file.Close()
	}
}

func (l *Lock) set(typ int16) error {
	return unix.FcntlFlock(l.file.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: typ, Whence: io.SeekStart, Start: l.offset, Len: 1})
}
