package logfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"berth/engine"
)

// Read calls f for each entry of the log at path that opts select, oldest first, and
// returns f's error as it is. With Follow it goes on with new entries, across
// rotations, until done is closed and everything written before was delivered, or ctx
// ends, which is no error. Without Follow, done is not used. A log that does not
// exist is empty. LogEntry.Line is valid until f returns.
func Read(ctx context.Context, path string, opts engine.LogOptions, done <-chan struct{}, f func(engine.LogEntry) error) error {
	var w *watch
	if opts.Follow {
		var err error
		if w, err = newWatch(ctx, path, done); err != nil {
			return err
		}
		defer w.close()
	}
	files, err := openAll(path)
	if err != nil {
		return fmt.Errorf("read log %q: %w", path, err)
	}
	r := &reader{ctx: ctx, path: path, opts: opts, f: f}
	defer func() { r.closeFiles(files) }()
	if files, err = r.seekTail(files); err != nil {
		return fmt.Errorf("read log %q: %w", path, err)
	}
	for len(files) > 0 {
		if err := r.drain(files[0]); err != nil {
			return r.result(err)
		}
		if len(files) == 1 && opts.Follow {
			break
		}
		_ = files[0].Close() // only read
		files = files[1:]
		r.left = r.left[:0] // a cut-off line at the end of a file
	}
	if !opts.Follow {
		return nil
	}
	var cur *os.File
	if len(files) > 0 {
		cur, files = files[0], nil
	}
	return r.result(r.follow(cur, w))
}

var errStop = errors.New("past the last entry wanted")

type reader struct {
	ctx  context.Context
	path string
	opts engine.LogOptions
	f    func(engine.LogEntry) error
	dec  decoder
	buf  []byte
	left []byte // an unfinished line
}

func (r *reader) closeFiles(files []*os.File) {
	for _, f := range files {
		_ = f.Close() // only read
	}
}

// result turns the ways to stop early into success.
func (r *reader) result(err error) error {
	if err == errStop || r.ctx.Err() != nil && errors.Is(err, r.ctx.Err()) {
		return nil
	}
	return err
}

// drain delivers all whole lines from the file's offset on.
func (r *reader) drain(f *os.File) error {
	if r.buf == nil {
		r.buf = make([]byte, 64<<10)
	}
	for {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		n, err := f.Read(r.buf)
		if err := r.lines(r.buf[:n]); err != nil {
			return err
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read log %q: %w", r.path, err)
		}
	}
}

func (r *reader) lines(p []byte) error {
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			r.left = append(r.left, p...)
			return nil
		}
		line := p[:i]
		if len(r.left) > 0 {
			r.left = append(r.left, line...)
			line = r.left
		}
		err := r.line(line)
		r.left = r.left[:0]
		if err != nil {
			return err
		}
		p = p[i+1:]
	}
	return nil
}

func (r *reader) line(line []byte) error {
	e, ok := r.dec.decode(line)
	switch {
	case !ok, e.stderr && !r.opts.Stderr, !e.stderr && !r.opts.Stdout:
		return nil
	case !r.opts.Since.IsZero() && e.time.Before(r.opts.Since):
		return nil
	case !r.opts.Until.IsZero() && e.time.After(r.opts.Until):
		return errStop // entries are in the order of time
	}
	return r.f(engine.LogEntry{Time: e.time, Stderr: e.stderr, Line: e.text})
}

// openAll opens the log's files, oldest first. A rotation in between would make a file
// appear twice or not at all: it is noticed by path being another file, and all is
// opened anew.
func openAll(path string) (files []*os.File, err error) {
	for range 100 {
		files = files[:0]
		f, err := os.Open(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if f != nil {
			files = append(files, f)
		}
		missing := 0
		for i := 1; missing < 2; i++ { // a crash can leave one number out
			old, err := os.Open(rotated(path, i))
			if err != nil {
				missing++
				continue
			}
			files = append(files, old)
		}
		if f == nil && len(files) == 0 {
			return nil, nil
		}
		if f != nil && sameFile(f, path) {
			break
		}
		if _, err := os.Stat(path); f == nil && errors.Is(err, fs.ErrNotExist) {
			break
		}
		for _, f := range files {
			_ = f.Close() // only read
		}
	}
	for i, j := 0, len(files)-1; i < j; i, j = i+1, j-1 {
		files[i], files[j] = files[j], files[i]
	}
	return files, nil
}

func sameFile(f *os.File, path string) bool {
	a, err := f.Stat()
	if err != nil {
		return false
	}
	b, err := os.Stat(path)
	return err == nil && os.SameFile(a, b)
}

// inode identifies a file as long as it is open.
func inode(fi os.FileInfo) uint64 { return fi.Sys().(*syscall.Stat_t).Ino }
