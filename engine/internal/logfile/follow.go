package logfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// A watch wakes a follower when something in the log's directory changed.
type watch struct {
	f     *os.File
	ended func() bool
	stops []func() bool
}

// newWatch watches the directory, not the file: the file is renamed and made anew by
// rotations, and may not exist yet.
func newWatch(ctx context.Context, path string, done <-chan struct{}) (*watch, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("follow log %q: make inotify instance: %w", path, err)
	}
	f := os.NewFile(uintptr(fd), "inotify")
	dir := filepath.Dir(path)
	if _, err := unix.InotifyAddWatch(fd, dir, unix.IN_MODIFY|unix.IN_CREATE|unix.IN_MOVED_TO|unix.IN_DELETE_SELF); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("follow log %q: watch %q: %w", path, dir, err)
	}
	w := &watch{f: f}
	doneCtx, cancel := context.WithCancel(ctx)
	if done != nil {
		go func() {
			select {
			case <-done:
				cancel()
			case <-doneCtx.Done():
			}
		}()
	}
	w.ended = func() bool { return doneCtx.Err() != nil }
	w.stops = append(w.stops,
		// Closing makes a pending read return, and a later one too.
		context.AfterFunc(doneCtx, func() { _ = f.Close() }),
		func() bool { cancel(); return true })
	return w, nil
}

// wait blocks until something changed. It returns false when the end was reached.
func (w *watch) wait() bool {
	var buf [4096]byte // whatever happened, the files are looked at
	_, err := w.f.Read(buf[:])
	return err == nil
}

func (w *watch) close() {
	for _, stop := range w.stops {
		stop()
	}
	_ = w.f.Close()
}

// follow delivers from cur on, which may be nil, and from the files that take its place.
func (r *reader) follow(cur *os.File, w *watch) error {
	defer func() {
		if cur != nil {
			_ = cur.Close() // only read
		}
	}()
	for {
		ended := w.ended() // asked before reading: what was written before it is read
		for {
			if cur != nil {
				if err := r.drain(cur); err != nil {
					return err
				}
			}
			next, err := r.successor(cur)
			if err != nil {
				return err
			}
			if next == nil {
				break
			}
			if cur != nil {
				// It was renamed before next was made: what came last is in it now.
				if err := r.drain(cur); err != nil {
					_ = next.Close()
					return err
				}
				_ = cur.Close()
				r.left = r.left[:0]
			}
			cur = next
		}
		if err := r.ctx.Err(); err != nil {
			return err
		}
		if ended {
			return nil
		}
		w.wait()
	}
}

// successor opens the file that follows cur: the log itself if cur is nil or is gone,
// nil if cur still is the log. A follower that lags by several rotations goes through
// the old files one by one.
func (r *reader) successor(cur *os.File) (*os.File, error) {
	if cur == nil {
		return r.openNext(r.path)
	}
	fi, err := cur.Stat()
	if err != nil {
		return nil, fmt.Errorf("follow log %q: %w", r.path, err)
	}
	now, err := os.Stat(r.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil // in the midst of a rotation, or removed
	case err != nil:
		return nil, fmt.Errorf("follow log %q: %w", r.path, err)
	case inode(now) == inode(fi):
		return r.truncated(cur, fi)
	}
	oldest := r.path
	for i := 1; ; i++ {
		name := rotated(r.path, i)
		old, err := os.Stat(name)
		if err != nil {
			break
		}
		if inode(old) == inode(fi) {
			break
		}
		oldest = name
	}
	return r.openNext(oldest)
}

// truncated starts over in a log that keeps one file only and was emptied.
func (r *reader) truncated(cur *os.File, fi os.FileInfo) (*os.File, error) {
	off, err := cur.Seek(0, 1)
	if err != nil {
		return nil, fmt.Errorf("follow log %q: %w", r.path, err)
	}
	if off > fi.Size() {
		if _, err := cur.Seek(0, 0); err != nil {
			return nil, fmt.Errorf("follow log %q: %w", r.path, err)
		}
		r.left = r.left[:0]
		return nil, r.drain(cur)
	}
	return nil, nil
}

func (r *reader) openNext(path string) (*os.File, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("follow log %q: %w", r.path, err)
	}
	return f, nil
}
