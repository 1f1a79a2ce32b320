package logfile

import (
	"bytes"
	"fmt"
	"os"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// Defaults for rotation: Docker rotates only when told to, and fills disks.
const (
	DefaultMaxSize = 10 << 20
	DefaultMaxFile = 3
)

// flushSize is how much is encoded before it is written in the midst of a Write.
const flushSize = 64 << 10

// A Writer appends a container's output to its log. Its methods belong to one
// goroutine. No fault of the disk stops it or its caller: what can't be written is
// dropped and counted, and the next Write tries again.
type Writer struct {
	path    string
	maxSize int64
	maxFile int

	f       *os.File // nil while it can't be opened
	size    int64
	buf     []byte // encoded and not yet written
	entries int64  // in buf
	tails   tails  // of what is being written
	partial [2][]byte
	dropped atomic.Int64
	err     error
}

// NewWriter appends to the log at path, which it makes if need be. Values of 0 for
// maxSize, in bytes, and maxFile, the number of files kept, mean the defaults; a
// negative maxSize means no rotation. A log that can't be opened now is tried again
// with every Write; Err tells.
func NewWriter(path string, maxSize int64, maxFile int) *Writer {
	w := &Writer{path: path, maxSize: maxSize, maxFile: maxFile}
	if maxSize == 0 {
		w.maxSize = DefaultMaxSize
	}
	if maxFile <= 0 {
		w.maxFile = DefaultMaxFile
	}
	w.open()
	return w
}

// Write logs output as it came from the program. Lines are kept back until they end,
// are 16 KiB long, or Close; everything else is in the file when Write returns.
func (w *Writer) Write(stderr bool, p []byte) {
	w.tails.set(time.Now())
	part := &w.partial[0]
	if stderr {
		part = &w.partial[1]
	}
	for len(p) > 0 {
		if len(*part) == 0 {
			if n, tail := w.tails.simple(p, stderr); n > 0 {
				w.simpleEntry(p[:n], tail)
				p = p[n+len(tail.end):]
				continue
			}
		}
		n := bytes.IndexByte(p, '\n') + 1
		whole := n > 0
		if !whole {
			n = len(p)
		}
		if room := maxLine - len(*part); n > room || n == room && !whole {
			n, whole = runeStart(p, room), true
		}
		switch {
		case !whole:
			*part = append(*part, p...)
		case len(*part) > 0:
			*part = append(*part, p[:n]...)
			w.entry(*part, stderr)
			*part = (*part)[:0]
		default:
			w.entry(p[:n], stderr)
		}
		p = p[n:]
	}
	w.flush()
}

// runeStart returns the largest cut of p at or before n that splits no character.
func runeStart(p []byte, n int) int {
	if n >= len(p) {
		return len(p)
	}
	for i := n; i > 0 && i > n-utf8.UTFMax; i-- {
		if utf8.RuneStart(p[i]) {
			return i
		}
	}
	return n
}

func (w *Writer) entry(line []byte, stderr bool) {
	start := len(w.buf)
	w.buf = appendEntry(w.buf, line, stderr, w.tails.when)
	w.added(start)
}

// simpleEntry is entry for text that needs no escapes.
func (w *Writer) simpleEntry(text []byte, t *tail) {
	start := len(w.buf)
	w.buf = append(append(append(w.buf, entryHead...), text...), t.json...)
	w.added(start)
}

// added counts the entry at w.buf[start:], in the next file if this one is full.
func (w *Writer) added(start int) {
	w.entries++
	if w.maxSize > 0 && w.size+int64(len(w.buf)) > w.maxSize && w.size+int64(start) > 0 {
		last := append([]byte(nil), w.buf[start:]...)
		w.buf = w.buf[:start]
		w.entries--
		w.flush()
		w.rotate()
		w.buf = append(w.buf, last...)
		w.entries++
	}
	if len(w.buf) >= flushSize {
		w.flush()
	}
}

// flush writes what is encoded, all of it or nothing: half an entry would spoil the
// next one.
func (w *Writer) flush() {
	if len(w.buf) == 0 {
		return
	}
	if w.f == nil {
		w.open()
	}
	if w.f == nil {
		w.drop(w.err)
		return
	}
	n, err := w.f.Write(w.buf)
	if err != nil {
		if n > 0 {
			if terr := w.f.Truncate(w.size); terr != nil {
				w.closeFile() // open again and find the true size
			}
		}
		w.drop(err)
		return
	}
	w.size += int64(n)
	w.reset()
}

func (w *Writer) drop(err error) {
	w.dropped.Add(w.entries)
	w.err = err
	w.reset()
}

func (w *Writer) reset() {
	w.buf, w.entries = w.buf[:0], 0
	if cap(w.buf) > 4*flushSize {
		w.buf = nil
	}
}

func (w *Writer) open() {
	f, err := os.OpenFile(w.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o640)
	if err != nil {
		w.err = err
		return
	}
	fi, err := f.Stat()
	if err != nil {
		w.err = err
		_ = f.Close()
		return
	}
	w.f, w.size = f, fi.Size()
}

func (w *Writer) closeFile() {
	if w.f != nil {
		if err := w.f.Close(); err != nil {
			w.err = err
		}
		w.f = nil
	}
}

// rotate makes path the newest of the old files: path.1. Renaming the older ones first
// leaves at a crash a gap in the numbers at worst, which readers pass over. The oldest is
// removed rather than renamed over: file systems take that for an exchange that must survive
// a crash, and write the new file to the disk at once (ext4(5), auto_da_alloc). Of a flood
// most is gone before it would ever be written.
func (w *Writer) rotate() {
	if w.maxFile == 1 {
		if w.f != nil {
			if err := w.f.Truncate(0); err != nil {
				w.err = err
				return
			}
			w.size = 0
		}
		return
	}
	if err := os.Remove(rotated(w.path, w.maxFile-1)); err != nil && !os.IsNotExist(err) {
		w.err = err
		return
	}
	for i := w.maxFile - 1; i > 0; i-- {
		from := w.path
		if i > 1 {
			from = rotated(w.path, i-1)
		}
		if err := os.Rename(from, rotated(w.path, i)); err != nil && !os.IsNotExist(err) {
			w.err = err // go on with the file as it is; the next entry tries again
			return
		}
	}
	w.closeFile()
	w.open()
}

func rotated(path string, i int) string { return fmt.Sprintf("%s.%d", path, i) }

// Dropped is how many entries could not be written. Any goroutine may ask.
func (w *Writer) Dropped() int64 { return w.dropped.Load() }

// Err is the last fault of the disk; nil if there was none.
func (w *Writer) Err() error { return w.err }

// Finish logs lines that have no end yet, when the program has ended.
func (w *Writer) Finish() {
	w.tails.set(time.Now())
	for i := range w.partial {
		if len(w.partial[i]) > 0 {
			w.entry(w.partial[i], i == 1)
			w.partial[i] = nil
		}
	}
	w.flush()
}

// Close logs unfinished lines and closes the file.
func (w *Writer) Close() {
	w.Finish()
	w.closeFile()
}
